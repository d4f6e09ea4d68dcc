//! `shortcrust operators`.

use std::collections::BTreeSet;

use crate::{json, project, shortcrust, text};

#[test]
fn they_are_listed_in_order() {
    let report = json(shortcrust().arg("operators"));
    let names: Vec<&str> = report["operators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    assert!(
        names.is_sorted() && names.contains(&"CONV_2D") && names.contains(&"SOFTMAX"),
        "{names:?}"
    );
    let text = text(shortcrust().arg("operators"));
    assert!(
        names
            .iter()
            .all(|name| text.lines().any(|line| line == *name)),
        "{text}"
    );
}

#[test]
fn each_has_a_golden_network() {
    let report = json(shortcrust().arg("operators"));
    let supported = report["operators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap().to_owned());
    let mut verified = BTreeSet::new();
    for folder in ["models", "crates/shortcrust-cli/tests/data/operators"] {
        for file in std::fs::read_dir(project(folder)).unwrap() {
            let path = file.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "tflite")
            {
                let report = json(shortcrust().arg("inspect").arg(&path));
                let layers = report["layers"].as_array().unwrap();
                verified.extend(
                    layers
                        .iter()
                        .map(|layer| layer["operator"].as_str().unwrap().to_owned()),
                );
            }
        }
    }
    let missing: Vec<String> = supported.filter(|name| !verified.contains(name)).collect();
    assert!(missing.is_empty(), "no golden network has {missing:?}");
}
