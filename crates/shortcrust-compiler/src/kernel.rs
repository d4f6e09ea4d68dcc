//! The kernels a program is made of: one list, from which the executor's calls and the emitter's calls follow.

use bytemuck::{AnyBitPattern, NoUninit};

use crate::graph::Element;

/// A Rust type that kernels read and write.
trait Scalar: AnyBitPattern + NoUninit {
    const ELEMENT: Element;
}

impl Scalar for i8 {
    const ELEMENT: Element = Element::Int8;
}

impl Scalar for i32 {
    const ELEMENT: Element = Element::Int32;
}

impl Scalar for f32 {
    const ELEMENT: Element = Element::Float32;
}

macro_rules! kernels {
    ($($module:ident::$name:ident($($operand:ty),*) -> $output:ty $(, $in_place:ident)?;)*) => {
        /// A kernel of `shortcrust-kernels` with its parameters.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Kernel {
            $(
                #[doc = concat!("[`shortcrust_kernels::", stringify!($module), "::", stringify!($name), "`]")]
                $name(shortcrust_kernels::$module::$name),
            )*
        }

        $(
            impl From<shortcrust_kernels::$module::$name> for Kernel {
                fn from(parameters: shortcrust_kernels::$module::$name) -> Self {
                    Kernel::$name(parameters)
                }
            }
        )*

        impl Kernel {
            /// The kernel's module and type.
            pub fn path(&self) -> (&'static str, &'static str) {
                match self {
                    $(Kernel::$name(_) => (stringify!($module), stringify!($name)),)*
                }
            }

            /// The parameters as a Rust expression: their `Debug` text, which is one by the kernels' contract.
            pub fn parameters(&self) -> String {
                match self {
                    $(Kernel::$name(parameters) => format!("{parameters:?}"),)*
                }
            }

            /// What the kernel takes its operands to hold.
            pub fn operand_elements(&self) -> &'static [Element] {
                match self {
                    $(Kernel::$name(_) => &[$(<$operand as Scalar>::ELEMENT),*],)*
                }
            }

            /// What the kernel takes its output to hold.
            pub fn output_element(&self) -> Element {
                match self {
                    $(Kernel::$name(_) => <$output as Scalar>::ELEMENT,)*
                }
            }

            /// Whether the kernel can overwrite its first operand with its output.
            pub fn works_in_place(&self) -> bool {
                match self {
                    $(Kernel::$name(_) => kernels!(@flag $($in_place)?),)*
                }
            }

            /// Runs the kernel. Slices are aligned to 16 bytes.
            pub fn run(&self, operands: &[&[u8]], output: &mut [u8]) {
                let mut operands = operands.iter();
                match self {
                    $(Kernel::$name(parameters) => parameters.run(
                        $(bytemuck::cast_slice::<u8, $operand>(operands.next().expect("an operand for each parameter")),)*
                        bytemuck::cast_slice_mut::<u8, $output>(output),
                    ),)*
                }
            }

            /// Runs the kernel with its first operand in `output` and its second in `other`.
            ///
            /// # Panics
            /// If the kernel does not work in place.
            pub fn run_in_place(&self, other: &[u8], output: &mut [u8]) {
                match self {
                    $(kernels!(@pattern $name parameters $($in_place)?) => kernels!(@call parameters other output $($in_place)?),)*
                }
            }
        }
    };
    (@flag) => { false };
    (@flag in_place) => { true };
    (@pattern $name:ident $parameters:ident) => { Kernel::$name(_) };
    (@pattern $name:ident $parameters:ident in_place) => { Kernel::$name($parameters) };
    (@call $parameters:ident $other:ident $output:ident) => { unreachable!("the planner asks works_in_place first") };
    (@call $parameters:ident $other:ident $output:ident in_place) => {
        $parameters.run_in_place(bytemuck::cast_slice_mut($output), bytemuck::cast_slice($other))
    };
}

// `in_place`: the kernel has `run_in_place(first_operand_and_output, second_operand)` as well. Kernels that take several types of
// integers, or any type at all, take bytes: i8.
kernels! {
    conv_2d::Conv2d(i8, i8, i32, i32, i32) -> i8;
    depthwise_conv_2d::DepthwiseConv2d(i8, i8, i32, i32, i32) -> i8;
    transpose_conv::TransposeConv(i8, i8, i32, i32, i32) -> i8;
    fully_connected::FullyConnected(i8, i8, i32, i32, i32) -> i8;
    average_pool_2d::AveragePool2d(i8) -> i8;
    max_pool_2d::MaxPool2d(i8) -> i8;
    add::Add(i8, i8) -> i8, in_place;
    sub::Sub(i8, i8) -> i8, in_place;
    mul::Mul(i8, i8) -> i8, in_place;
    maximum::Maximum(i8, i8) -> i8, in_place;
    minimum::Minimum(i8, i8) -> i8, in_place;
    lookup_table::LookupTable(i8, i8) -> i8, in_place;
    softmax::Softmax(i8) -> i8;
    mean::Mean(i8) -> i8;
    sum::Sum(i8) -> i8;
    strided_copy::StridedCopy(i8) -> i8;
    fill::Fill() -> i8;
    gather::Gather(i8, i32) -> i8;
    arg_max::ArgMax(i8) -> i32;
    resize_nearest_neighbor::ResizeNearestNeighbor(i8, i32, i32) -> i8;
    resize_bilinear::ResizeBilinear(i8) -> i8;
    quantize::Quantize(f32) -> i8;
    dequantize::Dequantize(i8) -> f32;
    rescale_integers::RescaleIntegers(i8) -> i8;
}
