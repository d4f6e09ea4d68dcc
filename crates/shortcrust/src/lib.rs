//! Quantised neural networks as static `no_std` Rust.
//!
//! [`model`] compiles an int8 `.tflite` file while your crate is compiled: the network becomes a type whose only field is its
//! arena, the weights become a constant, and running it is a list of calls: of machine code for the vector unit on an ESP32-S3, of
//! portable kernels elsewhere, in both cases bit for bit what TFLite Micro's reference kernels compute. There is no heap, no
//! recursion and no path that panics, and nothing large is ever on the stack.
//!
//! ```
//! #[shortcrust::model("../../models/sine.tflite")]
//! pub struct Sine;
//!
//! // In firmware: `static NET: ConstStaticCell<Sine> = ConstStaticCell::new(Sine::new());`
//! let mut net = Sine::new();
//! net.input_mut()[0] = Sine::INPUT.quantise(1.57);
//! net.run();
//! assert!((Sine::OUTPUT.dequantise(net.output()[0]) - 1.0).abs() < 0.05);
//! ```
#![no_std]

mod arena;
mod buffer;
mod cores;
mod quantisation;

pub use arena::{
    Access, Arena, Call, Constants, Kernel, Pair, Region, Slot, cast, cast_mut, place,
};
pub use buffer::{Buffer, Buffer1D, Buffer2D, Buffer3D, Buffer4D, Buffer5D, Buffer6D, Scalar};
#[cfg(target_has_atomic = "32")]
pub use cores::SecondCore;
pub use cores::{Cores, OneCore};
pub use quantisation::Quantisation;
pub use shortcrust_kernels as kernels;
pub use shortcrust_macros::model;

/// A network: what [`model`] makes of a `.tflite` file.
pub trait Model {
    /// The size of the arena, inputs and outputs included: the RAM that the network needs.
    const ARENA_BYTES: usize;
    /// The size of the constants: weights, biases, requantisation constants and tables.
    const WEIGHT_BYTES: usize;
    /// Whether an ESP32-S3 reads the weights of its machine code from internal RAM; else it reads them from flash.
    const WEIGHTS_IN_RAM: bool;
    /// The cores that large layers are split for: 1 or 2.
    const CORES: usize;
    /// The multiply-accumulates of one run.
    const MACS: u64;
    /// The layers in the order in which they run: the operator's number in the file and its kind.
    const LAYERS: &'static [&'static str];

    /// Computes as [`Model::run_on`], and calls back with the layer's place in [`Model::LAYERS`] after each: for measuring.
    fn run_layers(&mut self, cores: &impl Cores, finished: impl FnMut(usize));

    /// Computes as [`Model::run`], bit for bit. Of a network that was compiled with `cores = 2` the second core takes half of each
    /// large layer.
    fn run_on(&mut self, cores: &impl Cores) {
        self.run_layers(cores, |_| {});
    }

    /// Computes the outputs from the inputs. The inputs' storage is used again: fill every input before every run.
    fn run(&mut self) {
        self.run_on(&OneCore);
    }
}

/// Chooses between code for the ESP32-S3 and code for any other target, in what [`model`] generates.
#[cfg(esp32s3)]
#[doc(hidden)]
#[macro_export]
macro_rules! __on_esp32s3 {
    ({ $($code:tt)* } else { $($portable:tt)* }) => { $($code)* };
}

/// Chooses between code for the ESP32-S3 and code for any other target, in what [`model`] generates.
#[cfg(not(esp32s3))]
#[doc(hidden)]
#[macro_export]
macro_rules! __on_esp32s3 {
    ({ $($code:tt)* } else { $($portable:tt)* }) => { $($portable)* };
}
