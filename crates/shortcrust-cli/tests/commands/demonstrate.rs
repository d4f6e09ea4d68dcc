//! Without a command: the demonstration.

use crate::{golden, json, numbers, shortcrust, text};

const CASES: [(&str, &str); 4] = [
    ("astronaut", "person"),
    ("cameraman", "person"),
    ("cat", "no person"),
    ("coffee", "no person"),
];

#[test]
fn it_judges_the_photographs_from_any_folder() {
    let folder = tempfile::tempdir().unwrap();
    let text = text(shortcrust().current_dir(&folder));
    for (name, verdict) in CASES {
        let line = text
            .lines()
            .find(|line| line.trim().starts_with(name))
            .unwrap();
        assert_eq!(line.contains("no person"), verdict == "no person", "{line}");
        assert!(line.contains("person"), "{line}");
    }
    assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
    assert!(text.contains("7,157,888  multiply-accumulates"), "{text}");
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        0,
        "it writes no file"
    );
}

#[test]
fn the_scores_are_those_of_the_reference_kernels() {
    let report = json(&mut shortcrust());
    let golden = golden("person_detect");
    let photographs = report["photographs"].as_array().unwrap();
    assert_eq!(photographs.len(), CASES.len());
    for (photograph, (name, verdict)) in photographs.iter().zip(CASES) {
        assert_eq!(photograph["photograph"], name);
        assert_eq!(photograph["verdict"], verdict);
        let mut cases = golden["cases"].as_array().unwrap().iter();
        let case = cases
            .find(|case| case["name"] == format!("{name}.png"))
            .unwrap();
        assert_eq!(
            photograph["scores"],
            numbers(&crate::contents(&case["outputs"][0])),
            "{name}"
        );
    }
}

#[test]
fn the_arena_is_no_larger_than_the_largest_layer_needs() {
    let report = json(&mut shortcrust());
    let (arena, bound) = (
        report["arena_bytes"].as_u64().unwrap(),
        report["lower_bound_bytes"].as_u64().unwrap(),
    );
    assert!(bound <= arena && arena <= 55_296, "{arena}, {bound}");
    let alive = report["peak"]["alive"].as_array().unwrap();
    let alive: u64 = alive
        .iter()
        .map(|storage| storage["bytes"].as_u64().unwrap())
        .sum();
    assert_eq!(alive, bound);
}

#[test]
fn the_chip_is_simulated_and_its_time_printed() {
    let report = json(&mut shortcrust());
    assert_eq!(report["on"], "esp32s3");
    assert!(report["portable_mac_share"].is_number(), "{report}");
    for photograph in report["photographs"].as_array().unwrap() {
        let cycles = photograph["cycles"].as_f64().unwrap();
        let milliseconds = photograph["milliseconds"].as_f64().unwrap();
        assert!(cycles > 0.0, "{photograph}");
        assert!(
            (milliseconds - cycles / 240_000.0).abs() < 1e-6,
            "{photograph}"
        );
    }
    let text = text(&mut shortcrust());
    for part in ["simulated ESP32-S3", "simulated time", " ms\n", "240 MHz"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
}

#[test]
fn the_processor_can_be_named() {
    let named = json(shortcrust().args(["demonstrate", "--on", "esp32s3"]));
    let default = json(&mut shortcrust());
    assert_eq!(named, default);
    let mut host = json(shortcrust().args(["demonstrate", "--on", "host"]));
    assert_eq!(host["on"], "host");
    for (host, chip) in host["photographs"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .zip(default["photographs"].as_array().unwrap())
    {
        assert_eq!(host["scores"], chip["scores"]);
        assert!(host.get("cycles").is_none(), "{host}");
    }
    let text = text(shortcrust().args(["demonstrate", "--on", "host"]));
    assert!(!text.contains("simulated"), "{text}");
    shortcrust()
        .args(["demonstrate", "--on", "mars"])
        .assert()
        .code(2);
}
