//! What can go wrong in a command, and how it is shown.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

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
