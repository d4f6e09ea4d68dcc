//! What the library asks of a network that it serves.

use shortcrust::Model;

/// A network whose input and output the firmware can fill and read without knowing their shapes.
pub trait Network: Model {
    /// The name that a host is told.
    const NAME: &'static str;

    /// The input's elements, in the order of its shape. A run uses their storage again.
    fn input_mut(&mut self) -> &mut [i8];

    /// The output's elements.
    fn output(&self) -> &[i8];
}
