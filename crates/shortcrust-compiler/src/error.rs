//! What can be wrong with a model, where it is wrong, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

/// A result whose error is [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

/// The class of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The file cannot be read or written.
    File,
    /// The file is not a sound `.tflite` file.
    Format,
    /// The model is sound and uses something that is not supported.
    Unsupported,
    /// Shapes do not fit together.
    Shape,
    /// Scales or zero points do not fit together.
    Quantisation,
    /// The model needs more memory than it is given.
    Budget,
    /// The model is sound, and what was made of it is not: a bug in the compiler.
    Defect,
}

/// Something that makes a model unusable: the place, the problem and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    /// The class of the problem.
    pub kind: ErrorKind,
    /// Where the problem is.
    pub place: Box<Place>,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

/// A place in a model, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The model's file.
    pub file: Option<PathBuf>,
    /// The operator's number in the file and its kind, `3 CONV_2D`.
    pub operator: Option<(usize, String)>,
    /// The tensor's name and shape.
    pub tensor: Option<(String, Vec<usize>)>,
}

impl Error {
    /// An error without a place.
    pub fn new(kind: ErrorKind, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            kind,
            place: Box::default(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// Names the file, unless one is named already.
    pub fn in_file(mut self, file: &Path) -> Self {
        self.place.file.get_or_insert_with(|| file.to_owned());
        self
    }

    /// Names the operator, unless one is named already.
    pub fn at_operator(mut self, number: usize, kind: &str) -> Self {
        self.place
            .operator
            .get_or_insert_with(|| (number, kind.to_owned()));
        self
    }

    /// Names the tensor, unless one is named already.
    pub fn at_tensor(mut self, name: &str, shape: &[usize]) -> Self {
        self.place
            .tensor
            .get_or_insert_with(|| (name.to_owned(), shape.to_vec()));
        self
    }
}

impl fmt::Display for Error {
    /// One line: file, operator, tensor, problem. The remedy is left to the caller's layout.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.place.file {
            write!(f, "{}: ", file.display())?;
        }
        if let Some((number, kind)) = &self.place.operator {
            write!(f, "operator {number} ({kind}): ")?;
        }
        if let Some((name, shape)) = &self.place.tensor {
            write!(f, "tensor `{name}` {shape:?}: ")?;
        }
        f.write_str(&self.problem)
    }
}
