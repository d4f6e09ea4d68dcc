//! `shortcrust plan`.

use crate::{failure, json, model, shortcrust, text};

#[test]
fn tensors_that_are_alive_together_lie_apart() {
    for name in ["sine", "speech", "person_detect"] {
        let report = json(shortcrust().arg("plan").arg(model(name)));
        let arena = report["arena_bytes"].as_u64().unwrap();
        let field = |storage: &serde_json::Value, field: &str| storage[field].as_u64().unwrap();
        let allocations = report["allocations"].as_array().unwrap();
        for (index, a) in allocations.iter().enumerate() {
            let end = field(a, "offset") + field(a, "bytes");
            assert!(end <= arena && field(a, "offset") % 16 == 0, "{name}: {a}");
            for b in &allocations[..index] {
                let together = field(a, "first_step") <= field(b, "last_step")
                    && field(b, "first_step") <= field(a, "last_step");
                let apart = end <= field(b, "offset")
                    || field(b, "offset") + field(b, "bytes") <= field(a, "offset");
                assert!(apart || !together, "{name}: {a} and {b}");
            }
        }
        let steps = report["steps"].as_array().unwrap();
        let most = steps.iter().map(|step| field(step, "alive_bytes")).max();
        assert_eq!(most, report["lower_bound_bytes"].as_u64(), "{name}");
    }
}

#[test]
fn the_drawing_has_a_line_for_each_step_and_marks_the_peak() {
    let report = json(shortcrust().arg("plan").arg(model("person_detect")));
    let steps = report["steps"].as_array().unwrap().len();
    let text = text(shortcrust().arg("plan").arg(model("person_detect")));
    let drawn = text
        .lines()
        .filter(|line| line.contains("CONV_2D  ") && line.contains(['█', '▓', '▒', '░']));
    assert!(drawn.count() >= 28, "{text}");
    assert!(steps >= 28);
    assert_eq!(text.matches("◀ peak").count(), 1, "{text}");
    assert!(
        text.contains("55,296") && text.contains("lower bound"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
}

#[test]
fn colours_can_be_forced() {
    let text = text(
        shortcrust()
            .env_remove("NO_COLOR")
            .env("CLICOLOR_FORCE", "1")
            .arg("plan")
            .arg(model("sine")),
    );
    assert!(text.contains("\u{1b}["), "{text}");
}

#[test]
fn the_picture_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("arena.svg");
    let report = json(
        shortcrust()
            .arg("plan")
            .arg(model("speech"))
            .arg("--svg")
            .arg(&path),
    );
    let picture = std::fs::read_to_string(&path).unwrap();
    assert!(
        picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"),
        "{picture}"
    );
    let boxes = report["allocations"].as_array().unwrap().len();
    assert_eq!(picture.matches("<title>").count(), boxes);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_picture_that_cannot_be_written_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/arena.svg");
    let message = failure(
        shortcrust()
            .arg("plan")
            .arg(model("sine"))
            .arg("--svg")
            .arg(&missing),
    );
    assert!(
        message.contains("arena.svg") && message.contains("cannot be written"),
        "{message}"
    );

    let path = folder.path().join("arena.svg");
    failure(
        shortcrust()
            .args(["plan", "missing.tflite", "--svg"])
            .arg(&path),
    );
    assert!(!path.exists(), "a failure leaves no picture");
}
