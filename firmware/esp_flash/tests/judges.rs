//! The demonstration and the analysis on the host.

use std::collections::BTreeMap;

use esp_flash::analysis::{Measurements, RUNS};
use esp_flash::host::Host;
use esp_flash::inference;
use esp_flash::networks::PersonDetect;
use shortcrust::Model;

/// What the command's demonstration says of the same photographs: no person, person.
const SCORES: [(&str, i8, i8); 4] = [
    ("astronaut", -114, 114),
    ("cameraman", -114, 114),
    ("cat", 96, -96),
    ("coffee", 111, -111),
];

#[test]
fn photographs_are_judged_as_the_command_judges_them() {
    let mut net = Box::new(PersonDetect::new());
    let mut text = String::new();
    let right = inference::round(&mut net, &Host::new(), &mut text).unwrap();
    assert_eq!(right, SCORES.len());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), SCORES.len() + 1, "{text}");
    for (line, (name, no_person, person)) in lines.iter().zip(SCORES) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let expected = format!("{name} no person {no_person} person {person}");
        assert_eq!(words[..6].join(" "), expected);
        let verdict = if person > no_person {
            "person"
        } else {
            "no person"
        };
        assert!(words[6..].join(" ").starts_with(verdict), "{line}");
        assert!(line.ends_with(" ms"), "{line}");
    }
    assert!(lines[4].contains("stack 2048 of 4096 bytes"), "{text}");
}

#[test]
fn every_line_of_the_analysis_is_a_word_and_pairs() {
    let mut net = Box::new(PersonDetect::new());
    let mut measurements = Box::new(Measurements::new());
    let mut text = String::new();
    let right = inference::analyse(&mut net, &mut measurements, &Host::new(), &mut text).unwrap();
    assert_eq!(right, RUNS);
    let mut lines = BTreeMap::<&str, Vec<BTreeMap<&str, &str>>>::new();
    for line in text.lines() {
        let (word, pairs) = line.split_once(' ').unwrap();
        let pairs = pairs.split(' ').map(|pair| pair.split_once('=').unwrap());
        lines.entry(word).or_default().push(pairs.collect());
    }
    let layers = &lines["layer"];
    assert_eq!(layers.len(), PersonDetect::LAYERS.len());
    let number = |pairs: &BTreeMap<&str, &str>, key: &str| pairs[key].parse::<u64>().unwrap();
    let medians: u64 = layers.iter().map(|layer| number(layer, "median")).sum();
    let latency = &lines["latency"][0];
    assert!(number(latency, "minimum") <= number(latency, "median"));
    assert!(number(latency, "median") <= number(latency, "maximum"));
    // A layer's median may be another run's than the whole's, but the layers are all that a run does.
    assert!(medians <= number(latency, "maximum"), "{text}");
    assert_eq!(number(&lines["stack"][0], "used"), 2048);
    assert_eq!(number(&lines["stack"][0], "total"), 4096);
    assert_eq!(
        number(&lines["network"][0], "arena"),
        PersonDetect::ARENA_BYTES as u64
    );
    assert_eq!(number(&lines["verdicts"][0], "right"), RUNS as u64);
}
