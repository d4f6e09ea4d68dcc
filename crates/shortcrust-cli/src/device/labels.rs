//! Folders of labelled pictures, and how often a network is right about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use walkdir::WalkDir;

use crate::failure::{Failure, Result};
use crate::files;
use crate::input::Kind;

/// The most that a list of labels may have.
const LARGEST: u64 = 1 << 20;

/// A file of which it is known what a network should say.
#[derive(Debug, PartialEq, Eq)]
pub struct Example {
    /// The file.
    pub path: PathBuf,
    /// The number of its label.
    pub label: usize,
}

/// The labels in the order of the network's outputs: the lines of a file, or the sorted names of the folders.
pub fn labels(folder: &Path, list: Option<&Path>) -> Result<Vec<String>> {
    match list {
        Some(path) => {
            let bytes = files::read_at_most(path, LARGEST)?;
            let text = String::from_utf8_lossy(&bytes);
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            Ok(lines.map(str::to_owned).collect())
        }
        None => Ok(folders(folder)?.into_keys().collect()),
    }
}

/// Every picture and every .npy file in the folders of the labels.
pub fn examples(folder: &Path, labels: &[String]) -> Result<Vec<Example>> {
    let mut examples = Vec::new();
    for (name, path) in folders(folder)? {
        let label = labels.iter().position(|label| *label == name).ok_or_else(|| {
            Failure::file(
                &path,
                format!("`{name}` is no label; the labels are {}", labels.join(", ")),
                "name the folders as the labels, in the order of the network's outputs with --labels FILE",
            )
        })?;
        let mut found: Vec<PathBuf> = WalkDir::new(&path)
            .into_iter()
            .filter_map(|entry| Some(entry.ok()?.into_path()))
            .filter(|path| Kind::of(path) != Kind::Bytes)
            .collect();
        found.sort();
        examples.extend(found.into_iter().map(|path| Example { path, label }));
    }
    if examples.is_empty() {
        return Err(Failure::file(
            folder,
            "there are no labelled pictures in it",
            "make a folder for each label in it, with .png, .jpg, .bmp or .npy files",
        ));
    }
    Ok(examples)
}

/// The folders in a folder, by name.
fn folders(folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let entries = folder
        .read_dir()
        .map_err(|error| files::unreadable(folder, &error))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let folders = paths.filter(|path| path.is_dir()).filter_map(|path| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some((name, path))
    });
    Ok(folders.collect())
}

/// How often which label was taken for which.
#[derive(Debug, Serialize)]
pub struct Confusion {
    /// The labels.
    pub labels: Vec<String>,
    /// For each label, how often the network said each.
    pub counts: Vec<Vec<usize>>,
}

impl Confusion {
    /// No answers yet.
    pub fn new(labels: Vec<String>) -> Self {
        let counts = vec![vec![0; labels.len()]; labels.len()];
        Self { labels, counts }
    }

    /// Notes an answer.
    pub fn note(&mut self, label: usize, said: usize) {
        self.counts[label][said] += 1;
    }

    /// Answers.
    pub fn total(&self) -> usize {
        self.counts.iter().flatten().sum()
    }

    /// Right answers.
    pub fn right(&self) -> usize {
        (0..self.labels.len())
            .map(|label| self.counts[label][label])
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_labels_in_alphabetical_order() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "b/2.png",
            "a/1.JPG",
            "a/deep/3.npy",
            "a/notes.txt",
            "loose.png",
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, []).unwrap();
        }
        let names = labels(folder.path(), None).unwrap();
        assert_eq!(names, ["a", "b"]);
        let found = examples(folder.path(), &names).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|example| {
                (
                    example
                        .path
                        .strip_prefix(folder.path())
                        .unwrap()
                        .to_str()
                        .unwrap(),
                    example.label,
                )
            })
            .collect();
        assert_eq!(found, [("a/1.JPG", 0), ("a/deep/3.npy", 0), ("b/2.png", 1)]);

        let list = folder.path().join("labels.txt");
        std::fs::write(&list, "b\n\n a \n").unwrap();
        let names = labels(folder.path(), Some(&list)).unwrap();
        assert_eq!(names, ["b", "a"]);
        assert_eq!(examples(folder.path(), &names).unwrap()[0].label, 1);
        let failure = examples(folder.path(), &names[..1]).unwrap_err();
        assert!(failure.to_string().contains("`a` is no label"), "{failure}");
    }

    #[test]
    fn a_folder_without_pictures_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(examples(folder.path(), &[]).is_err());
        assert!(labels(&folder.path().join("none"), None).is_err());
    }

    #[test]
    fn right_answers_are_on_the_diagonal() {
        let mut confusion = Confusion::new(vec!["a".into(), "b".into()]);
        for (label, said) in [(0, 0), (0, 1), (1, 1), (1, 1)] {
            confusion.note(label, said);
        }
        assert_eq!((confusion.right(), confusion.total()), (3, 4));
        assert_eq!(confusion.counts, [[1, 1], [0, 2]]);
    }
}
