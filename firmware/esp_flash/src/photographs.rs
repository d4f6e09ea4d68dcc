//! The bundled photographs, as the network takes them.

use shortcrust::Buffer4D;

/// The rows and columns of a photograph.
pub const SIDE: usize = 96;

/// A photograph of which it is known what it shows.
pub struct Photograph {
    /// The name of its file.
    pub name: &'static str,
    /// Whether it shows a person.
    pub person: bool,
    /// Grey, row by row, each less 128.
    pixels: &'static [u8; SIDE * SIDE],
}

impl Photograph {
    /// Copies the pixels into a network's input.
    pub fn show(&self, input: &mut Buffer4D<i8, 1, SIDE, SIDE, 1>) {
        bytemuck::cast_slice_mut(input).copy_from_slice(self.pixels);
    }
}

/// All of them; the pixels stay in flash.
pub static PHOTOGRAPHS: [Photograph; 4] = include!(concat!(env!("OUT_DIR"), "/photographs.rs"));
