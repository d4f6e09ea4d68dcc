//! The guide's lines of code are in the files that it names, and its links lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The chapters: name and text.
fn chapters() -> Vec<(String, String)> {
    let folder = root().join("docs/guide");
    let entries = fs::read_dir(&folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let chapters: Vec<_> = paths
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    assert_eq!(
        chapters.len(),
        7,
        "five chapters, an index, troubleshooting"
    );
    chapters
}

/// Spaces and line breaks as single spaces: code is wrapped as its formatter likes.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn lines_of_code_are_where_they_are_said_to_be() {
    let mut claims = 0;
    for (chapter, text) in chapters() {
        // `file`: `code`
        let parts: Vec<&str> = text.split('`').collect();
        for window in parts.windows(3) {
            let [file, ": ", code] = window else { continue };
            let path = root().join(file);
            assert!(path.is_file(), "{chapter}: there is no {file}");
            let source = words(&fs::read_to_string(path).unwrap());
            assert!(
                source.contains(&words(code)),
                "{chapter}: {file} has no `{code}`"
            );
            claims += 1;
        }
    }
    assert!(claims > 30, "{claims} lines of code");
}

#[test]
fn links_lead_somewhere() {
    for (chapter, text) in chapters() {
        for link in text.split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            if !target.starts_with("http") {
                let path = root().join("docs/guide").join(target);
                assert!(path.exists(), "{chapter}: {target}");
            }
        }
    }
}
