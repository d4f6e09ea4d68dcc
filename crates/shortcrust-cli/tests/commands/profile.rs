//! `shortcrust profile`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{failure, json, model, shortcrust, text};

fn profile(name: &str) -> assert_cmd::Command {
    let mut command = shortcrust();
    command.arg("profile").arg(model(name));
    command
}

fn layers(report: &Value) -> &Vec<Value> {
    report["layers"].as_array().unwrap()
}

fn sum(layers: &[Value], field: &str) -> u64 {
    layers
        .iter()
        .map(|layer| layer[field].as_u64().unwrap())
        .sum()
}

/// Writes a profile of a model with the cycles of its layers changed.
fn earlier(folder: &Path, name: &str, change: impl Fn(u64) -> u64) -> PathBuf {
    let mut report = json(&mut profile(name));
    for layer in report["layers"].as_array_mut().unwrap() {
        layer["cycles"] = change(layer["cycles"].as_u64().unwrap()).into();
    }
    let path = folder.join("earlier.json");
    std::fs::write(&path, report.to_string()).unwrap();
    path
}

#[test]
fn totals_are_the_sums_of_the_layers() {
    for name in ["sine", "speech", "person_detect"] {
        let report = json(&mut profile(name));
        let of_layers = layers(&report);
        assert_eq!(report["weights"], "ram", "{name}");
        assert_eq!(report["cycles"], sum(of_layers, "cycles"), "{name}");
        assert_eq!(report["macs"], sum(of_layers, "macs"), "{name}");
        let share = report["portable_mac_share"].as_f64().unwrap();
        let portable: u64 = of_layers
            .iter()
            .filter(|layer| layer["portable"] == true)
            .map(|layer| layer["macs"].as_u64().unwrap())
            .sum();
        assert_eq!(
            share,
            portable as f64 / report["macs"].as_f64().unwrap(),
            "{name}"
        );
        // Layers share code.
        assert!(
            report["code_bytes"].as_u64().unwrap()
                <= sum(of_layers, "code_bytes") + 16 * of_layers.len() as u64
        );
        for layer in of_layers {
            let stalls = layer["stalls"].as_object().unwrap();
            let stalled: u64 = stalls.values().map(|cycles| cycles.as_u64().unwrap()).sum();
            let cycles = layer["cycles"].as_u64().unwrap();
            assert!(stalled <= cycles, "{name}: {layer}");
            let (macs, limit) = (
                layer["macs"].as_f64().unwrap(),
                layer["limit_share"].as_f64(),
            );
            assert!(
                limit.is_none_or(|limit| (limit - macs / cycles as f64 / 16.0).abs() < 1e-9),
                "{name}: {layer}"
            );
            assert!(
                limit.is_none_or(|limit| limit <= 1.0),
                "faster than the chip can be: {layer}"
            );
        }
    }
}

#[test]
fn a_profile_can_be_repeated() {
    assert_eq!(json(&mut profile("speech")), json(&mut profile("speech")));
}

#[test]
fn weights_in_flash_cost_time() {
    let ram = json(profile("speech").args(["--weights", "ram"]));
    let flash = json(profile("speech").args(["--weights", "flash"]));
    assert_eq!(flash["weights"], "flash");
    assert!(flash["cycles"].as_u64() > ram["cycles"].as_u64());
    assert!(flash["stalls"]["data_miss"].as_u64() > Some(0));
    assert_eq!(ram["stalls"]["data_miss"], 0);
}

#[test]
fn the_text_has_a_line_for_each_layer_and_the_totals() {
    let report = json(&mut profile("person_detect"));
    let text = text(&mut profile("person_detect"));
    for layer in layers(&report) {
        let start = format!(
            "{} {} ",
            layer["number"],
            layer["operator"].as_str().unwrap()
        );
        let line = |line: &str| {
            line.split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
                .starts_with(&start)
        };
        assert!(text.lines().any(line), "{start}is missing:\n{text}");
    }
    for part in [
        "7,157,888  multiply-accumulates",
        "weights in RAM",
        "240 MHz",
        "of the limit",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(
        text.lines().skip(1).all(|line| line.chars().count() <= 100),
        "{text}"
    );
}

#[test]
fn what_became_slower_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let report = json(profile("speech").arg("--compare").arg(earlier(
        folder.path(),
        "speech",
        |cycles| cycles,
    )));
    assert_eq!(report["comparison"]["regression"], false);
    assert_eq!(report["comparison"]["layers"], serde_json::json!([]));

    let faster = earlier(folder.path(), "speech", |cycles| cycles - cycles / 20);
    let output = profile("speech")
        .arg("--compare")
        .arg(&faster)
        .assert()
        .code(1)
        .get_output()
        .clone();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("slower than before") && text.contains("+5.3 %"),
        "{text}"
    );
    let output = profile("speech")
        .arg("--compare")
        .arg(&faster)
        .arg("--json")
        .assert()
        .code(1)
        .get_output()
        .clone();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["comparison"]["regression"], true);
    let changed = report["comparison"]["layers"].as_array().unwrap();
    assert!(
        changed
            .iter()
            .all(|layer| layer["old_cycles"].as_u64() < layer["new_cycles"].as_u64()),
        "{report}"
    );

    let slower = earlier(folder.path(), "speech", |cycles| 2 * cycles);
    let text = crate::text(profile("speech").arg("--compare").arg(&slower));
    assert!(
        text.contains("-50.0 %") && text.contains("no slower"),
        "{text}"
    );
}

#[test]
fn what_cannot_be_compared_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let other = earlier(folder.path(), "sine", |cycles| cycles);
    let message = failure(profile("speech").arg("--compare").arg(&other));
    assert!(message.contains("another network"), "{message}");
    let message = failure(profile("speech").arg("--compare").arg(model("speech")));
    assert!(message.contains("not a profile"), "{message}");
    let message = failure(
        profile("speech")
            .arg("--compare")
            .arg(folder.path().join("missing.json")),
    );
    assert!(message.contains("cannot be read"), "{message}");
}

#[test]
fn the_page_shows_each_layer_and_needs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let report = json(profile("person_detect").arg("--html").arg(&path));
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
    let (_, drawing) = page.split_once("class=\"graph\"").unwrap();
    let (drawing, rest) = drawing.split_once("</svg>").unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let drawing = words(drawing);
    for layer in layers(&report) {
        let title = format!(
            "{} {} ",
            layer["number"],
            layer["operator"].as_str().unwrap()
        );
        assert!(drawing.contains(&title), "{title}has no box");
        let cycles = layer["cycles"].as_u64().unwrap();
        if cycles > 0 {
            let cycles = grouped(cycles);
            assert!(
                drawing.contains(&format!("{cycles} cycles")),
                "{title}has no bar"
            );
            assert!(
                rest.contains(&format!("<td>{cycles}</td>")),
                "{title}has no line"
            );
        }
    }
    for part in [
        "IRAM",
        "DRAM",
        "Flash",
        "free",
        "peak: 55,296 bytes alive",
        "prefers-color-scheme",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
    // The namespace's name is no address that a browser asks for.
    let page = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
    for external in ["http", "src=", "href=", "@import", "<script"] {
        assert!(!page.contains(external), "{external}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// A number with separators between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<_> = groups
        .map(|group| std::str::from_utf8(group).unwrap())
        .collect();
    groups.join(",")
}

#[test]
fn a_failure_leaves_no_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    failure(
        shortcrust()
            .args(["profile", "missing.tflite", "--html"])
            .arg(&path),
    );
    failure(
        profile("sine")
            .arg("--compare")
            .arg(model("sine"))
            .arg("--html")
            .arg(&path),
    );
    assert!(!path.exists());
    let message = failure(
        profile("sine")
            .arg("--html")
            .arg(folder.path().join("missing/page.html")),
    );
    assert!(message.contains("cannot be written"), "{message}");
}

#[test]
fn the_page_says_how_many_cores_were_simulated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.html");
    for (cores, words, limit) in [
        ("1", "One core was simulated", "the least possible: 16 "),
        (
            "2",
            "Both cores, which share each large layer, were simulated",
            "the least possible: 32 ",
        ),
    ] {
        json(
            profile("speech")
                .args(["--cores", cores, "--html"])
                .arg(&path),
        );
        let page = std::fs::read_to_string(&path).unwrap();
        assert!(page.contains(words) && page.contains(limit), "{cores}");
    }
}
