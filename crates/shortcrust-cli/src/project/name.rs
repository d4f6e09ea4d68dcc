//! Names that cargo takes for a package.

use std::fmt;

/// The name of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// Why a name is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A package's name becomes a crate's.
    #[error("a package's name has letters, digits, `-` and `_`, and starts with a letter")]
    Characters,
    /// It would be a keyword in Rust.
    #[error("it is a keyword of Rust")]
    Keyword,
    /// Long names are no file names everywhere.
    #[error("it is longer than 64 characters")]
    Long,
    /// A crate of the compiler or cargo's own folders.
    #[error("cargo and the compiler use this name themselves")]
    Reserved,
    /// A binary of the project.
    #[error("the project has a part of this name")]
    Part,
    /// A crate that the project depends on.
    #[error("the project depends on a crate of this name")]
    Dependency,
}

/// What cargo refuses, warns of, or puts into its target folder.
const RESERVED: [&str; 9] = [
    "test",
    "core",
    "std",
    "alloc",
    "proc_macro",
    "build",
    "deps",
    "examples",
    "incremental",
];

/// The library and the other binaries.
const PARTS: [&str; 3] = ["firmware", "analysis", "serve"];

/// The longest name.
const LONGEST: usize = 64;

impl Name {
    /// Checks a name; `dependencies` are those of the project.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new<'a>(
        name: &str,
        mut dependencies: impl Iterator<Item = &'a str>,
    ) -> Result<Self, NameError> {
        let identifier = name.replace('-', "_");
        let characters = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !name.starts_with(|c: char| c.is_ascii_alphabetic())
            || !identifier.chars().all(characters)
        {
            return Err(NameError::Characters);
        }
        if syn::parse_str::<syn::Ident>(&identifier).is_err() {
            return Err(NameError::Keyword);
        }
        if name.len() > LONGEST {
            return Err(NameError::Long);
        }
        if RESERVED.contains(&identifier.as_str()) {
            return Err(NameError::Reserved);
        }
        if PARTS.contains(&identifier.as_str()) {
            return Err(NameError::Part);
        }
        if dependencies.any(|dependency| dependency.replace('-', "_") == identifier) {
            return Err(NameError::Dependency);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str) -> Result<Name, NameError> {
        Name::new(name, ["esp-hal", "static_cell"].into_iter())
    }

    #[test]
    fn what_cargo_takes_is_taken() {
        for name in ["speech", "key-word_2", "A", "r2d2", &"a".repeat(64)] {
            assert_eq!(check(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn every_refusal_says_why() {
        for (name, error) in [
            ("", NameError::Characters),
            ("2fast", NameError::Characters),
            ("-x", NameError::Characters),
            ("_", NameError::Characters),
            ("a b", NameError::Characters),
            ("größe", NameError::Characters),
            ("a\"b", NameError::Characters),
            ("fn", NameError::Keyword),
            ("async", NameError::Keyword),
            ("test", NameError::Reserved),
            ("proc-macro", NameError::Reserved),
            ("serve", NameError::Part),
            ("static-cell", NameError::Dependency),
            ("esp_hal", NameError::Dependency),
            (&"a".repeat(65), NameError::Long),
        ] {
            assert_eq!(check(name), Err(error), "{name}");
        }
    }
}
