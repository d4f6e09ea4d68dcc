//! `shortcrust inspect`.

use serde_json::json as value;

use crate::{json, model, shortcrust, text};

#[test]
fn totals_are_the_sums_of_the_layers() {
    for (name, macs, layers) in [
        ("sine", 288, 3),
        ("speech", 336_000, 4),
        ("person_detect", 7_157_888, 31),
    ] {
        let report = json(shortcrust().arg("inspect").arg(model(name)));
        let of_layers = report["layers"].as_array().unwrap();
        assert_eq!(report["macs"], macs, "{name}");
        assert_eq!(of_layers.len(), layers, "{name}");
        let sum = |field: &str| {
            of_layers
                .iter()
                .map(|layer| layer[field].as_u64().unwrap())
                .sum::<u64>()
        };
        assert_eq!(sum("macs"), macs, "{name}");
        // Equal constants are stored once and each starts at a multiple of 16 bytes.
        let weights = report["weight_bytes"].as_u64().unwrap();
        assert!(
            weights.abs_diff(sum("weight_bytes")) <= 64 * layers as u64,
            "{name}: {weights}, {}",
            sum("weight_bytes")
        );
        assert!(report["arena_bytes"].as_u64() >= report["lower_bound_bytes"].as_u64());
    }
}

#[test]
fn layers_have_shapes_and_quantisation() {
    let report = json(shortcrust().arg("inspect").arg(model("person_detect")));
    assert_eq!(report["inputs"][0]["shape"], value!([1, 96, 96, 1]));
    assert_eq!(report["inputs"][0]["zero_point"], -1);
    assert_eq!(report["layers"][0]["operator"], "DEPTHWISE_CONV_2D");
    assert_eq!(report["layers"][0]["output_shape"], value!([1, 48, 48, 8]));
    assert_eq!(report["layers"][29]["operator"], "RESHAPE");
    assert_eq!(report["layers"][29]["storage"], "free");
    assert_eq!(report["outputs"][0]["scale"], value!(0.00390625));
}

#[test]
fn the_table_has_a_line_for_each_layer() {
    let text = text(shortcrust().arg("inspect").arg(model("speech")));
    for part in [
        "RESHAPE",
        "DEPTHWISE_CONV_2D",
        "FULLY_CONNECTED",
        "SOFTMAX",
        "1×25×20×8",
        "320,000",
        "free",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "colours in a file");
}

#[test]
fn the_chip_adds_its_cycles() {
    let chip = json(shortcrust().arg("inspect").arg(model("speech")));
    let profile = json(shortcrust().arg("profile").arg(model("speech")));
    let host = json(
        shortcrust()
            .arg("inspect")
            .arg(model("speech"))
            .args(["--on", "host"]),
    );
    assert_eq!(chip["cycles"], profile["cycles"]);
    assert_eq!(chip["portable_mac_share"], profile["portable_mac_share"]);
    assert_eq!(chip["layers"][1]["cycles"], profile["layers"][1]["cycles"]);
    assert!(host.get("cycles").is_none() && host["layers"][1].get("cycles").is_none());
    assert_eq!(chip["macs"], host["macs"]);
    let text = text(shortcrust().arg("inspect").arg(model("speech")));
    assert!(text.contains("simulated cycles"), "{text}");
}
