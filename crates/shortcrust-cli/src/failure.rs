//! What can go wrong in a command, and how it is shown.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use serde::Serialize;
use shortcrust_compiler::error::Place;

/// A result whose error is [`Failure`].
pub type Result<T> = std::result::Result<T, Failure>;

/// Why a command has no result.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum Failure {
    /// The model is broken or not supported.
    #[error(transparent)]
    #[diagnostic(help("{}", .0.remedy))]
    Model(#[from] Box<shortcrust_compiler::error::Error>),
    /// A file cannot be used.
    #[error("{}: {problem}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        #[help]
        remedy: String,
    },
    /// What is asked for cannot be done.
    #[error("{problem}")]
    Request {
        /// What is wrong.
        problem: String,
        /// What to do about it.
        #[help]
        remedy: String,
    },
}

impl From<shortcrust_compiler::error::Error> for Failure {
    fn from(error: shortcrust_compiler::error::Error) -> Self {
        Failure::Model(Box::new(error))
    }
}

impl Failure {
    /// A failure that a file causes.
    pub fn file(path: &Path, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Failure::File {
            path: path.to_owned(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// A failure that the command line causes.
    pub fn request(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Failure::Request {
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        match self {
            Failure::Model(error) => &error.remedy,
            Failure::File { remedy, .. } | Failure::Request { remedy, .. } => remedy,
        }
    }

    /// Names the file of a model, unless one is named already.
    pub fn in_file(self, path: &Path) -> Self {
        match self {
            Failure::Model(error) => (*error).in_file(path).into(),
            failure => failure,
        }
    }

    /// The failure as programs read it.
    pub fn explain(&self) -> Explanation {
        let place = match self {
            Failure::Model(error) => (*error.place).clone(),
            Failure::File { path, .. } => Place {
                file: Some(path.clone()),
                ..Place::default()
            },
            Failure::Request { .. } => Place::default(),
        };
        let (operator_number, operator) = place.operator.unzip();
        let (tensor, shape) = place.tensor.unzip();
        Explanation {
            message: self.to_string(),
            file: place.file,
            operator_number,
            operator,
            tensor,
            shape,
            problem: self.problem().to_owned(),
            remedy: self.remedy().to_owned(),
        }
    }

    fn problem(&self) -> &str {
        match self {
            Failure::Model(error) => &error.problem,
            Failure::File { problem, .. } | Failure::Request { problem, .. } => problem,
        }
    }
}

/// What went wrong, in parts; those that are not known are null.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Explanation {
    /// Place and problem in one line.
    pub message: String,
    /// The file.
    pub file: Option<PathBuf>,
    /// The operator's number in the model.
    pub operator_number: Option<usize>,
    /// Its kind, `CONV_2D`.
    pub operator: Option<String>,
    /// The tensor's name.
    pub tensor: Option<String>,
    /// Its shape.
    pub shape: Option<Vec<usize>>,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl Explanation {
    /// What is wrong with a command line: the first paragraph says what, the rest how it is written.
    pub fn of_command_line(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let (problem, rest) = text.split_once("\n\n").unwrap_or((&text, ""));
        let problem = problem.trim().trim_start_matches("error: ").to_owned();
        Self {
            message: problem.clone(),
            problem,
            remedy: rest.trim().to_owned(),
            ..Self::default()
        }
    }
}

/// Sets how failures are printed: wrapped for a terminal, in whole lines for a log.
pub fn lay_out() {
    let hook = miette::set_hook(Box::new(|_| {
        let options = miette::MietteHandlerOpts::new();
        Box::new(
            options
                .wrap_lines(std::io::stderr().is_terminal())
                .break_words(false)
                .build(),
        )
    }));
    debug_assert!(hook.is_ok(), "the layout is set once");
}
