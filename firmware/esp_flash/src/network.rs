//! What the library asks of a network that it serves.

use shortcrust::Model;

/// A network with one input and one output, which the firmware can fill and read without knowing their types and shapes.
pub trait Network: Model {
    /// The name that a host is told.
    const NAME: &'static str;

    /// The input's elements, in the order of its shape, little-endian. A run uses their storage again.
    fn input_bytes_mut(&mut self) -> &mut [u8];

    /// The output's elements, in the order of its shape, little-endian.
    fn output_bytes(&self) -> &[u8];
}
