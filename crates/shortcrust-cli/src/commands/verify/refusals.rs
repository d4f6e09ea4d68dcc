//! Models that may be refused, and models that must be.

use std::path::{Path, PathBuf};

use shortcrust_compiler::error::ErrorKind;

use crate::failure::{Failure, Result};
use crate::files;
use crate::machine::Processor;

/// The largest list that is read.
const LARGEST: u64 = 16 << 20;

/// Whether networks that run on a processor, on both of its cores or not, run in a place.
type Applies = fn(Processor, bool) -> bool;

/// What a list may say of where a model is refused.
const PLACES: [(&str, Applies); 3] = [
    ("host", |on, _| on == Processor::Host),
    ("esp32s3", |on, _| on == Processor::Esp32S3),
    ("two-cores", |on, two| on == Processor::Esp32S3 && two),
];

/// Which refusals are no failures.
pub enum Refusals {
    /// None.
    Failures,
    /// All.
    Allowed,
    /// Those of the models that a list names, and each of these must be refused.
    Listed {
        /// The list's file.
        list: PathBuf,
        /// The models' names, or the ends of their paths, without `.tflite`.
        names: Vec<PathBuf>,
    },
}

impl Refusals {
    /// Reads the option `--allow-refused`, with or without a list, for networks that run on a processor.
    ///
    /// # Errors
    /// A list that cannot be read.
    pub fn of(option: Option<Option<&Path>>, on: Processor, two_cores: bool) -> Result<Self> {
        let list = match option {
            None => return Ok(Self::Failures),
            Some(None) => return Ok(Self::Allowed),
            Some(Some(list)) => list,
        };
        let bytes = files::read_at_most(list, LARGEST)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut names = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            let (name, place) = line.rsplit_once(" on ").unwrap_or((line, ""));
            let applies = match PLACES.iter().find(|(known, _)| *known == place.trim()) {
                Some((_, applies)) => applies(on, two_cores),
                None if place.is_empty() => true,
                None => {
                    return Err(Failure::file(
                        list,
                        format!("line {}: there is no place `{place}`", index + 1),
                        "write `NAME`, or `NAME on PLACE` with one of host, esp32s3, two-cores",
                    ));
                }
            };
            if applies && !name.is_empty() {
                names.push(PathBuf::from(name.trim()));
            }
        }
        Ok(Self::Listed {
            list: list.to_owned(),
            names,
        })
    }

    /// Whether a model need not be verified, because it failed in this way.
    pub fn excuse(&self, model: &Path, failure: &Failure) -> bool {
        let Failure::Model(error) = failure else {
            return false;
        };
        let refused = match error.kind {
            ErrorKind::Unsupported
            | ErrorKind::Shape
            | ErrorKind::Quantisation
            | ErrorKind::Budget => true,
            // A broken file, unless it is known.
            ErrorKind::Format => matches!(self, Self::Listed { .. }),
            ErrorKind::File | ErrorKind::Defect => false,
        };
        refused
            && match self {
                Self::Failures => false,
                Self::Allowed => true,
                Self::Listed { names, .. } => is_in(names, model),
            }
    }

    /// What is wrong with a model that was not refused.
    pub fn contradiction(&self, model: &Path) -> Option<Failure> {
        match self {
            Self::Listed { list, names } if is_in(names, model) => Some(Failure::file(
                model,
                format!(
                    "{} names it among the refused ones, and it is accepted",
                    list.display()
                ),
                "remove it from the list",
            )),
            _ => None,
        }
    }
}

fn is_in(names: &[PathBuf], model: &Path) -> bool {
    let model = model.with_extension("");
    names.iter().any(|name| model.ends_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, on: Processor, two_cores: bool) -> Vec<PathBuf> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("refused.txt");
        std::fs::write(&path, text).unwrap();
        match Refusals::of(Some(Some(&path)), on, two_cores).unwrap() {
            Refusals::Listed { names, .. } => names,
            _ => panic!("a list"),
        }
    }

    #[test]
    fn lines_apply_where_they_say() {
        let text = "# why\n\na\nb on esp32s3 # too large\nwild/c d on two-cores\ne on host\n";
        let of = |on, two| names(text, on, two);
        let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        assert_eq!(of(Processor::Host, false), paths(&["a", "e"]));
        assert_eq!(of(Processor::Esp32S3, false), paths(&["a", "b"]));
        assert_eq!(of(Processor::Esp32S3, true), paths(&["a", "b", "wild/c d"]));
    }

    #[test]
    fn names_are_whole_parts_of_paths() {
        let names = [PathBuf::from("net.v2"), PathBuf::from("wild/other")];
        for (model, listed) in [
            ("a/net.v2.tflite", true),
            ("net.v2.tflite", true),
            ("a/my_net.v2.tflite", false),
            ("wild/other.tflite", true),
            ("tame/other.tflite", false),
        ] {
            assert_eq!(is_in(&names, Path::new(model)), listed, "{model}");
        }
    }
}
