//! Reads `.tflite` files.

/// An operator's options table.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Options {
    /// No table: every option has its default.
    #[default]
    None,
}
