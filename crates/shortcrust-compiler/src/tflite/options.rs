//! The options tables of the operators: fields, slots and defaults of tensorflow/lite/schema/schema.fbs.
//!
//! One row a field: it gives the struct, its default, the verification and the decoding.

use super::flatbuffer::{Invalid, Table, Vector, Verifier};

/// How a window lies over the borders of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Padding {
    /// The output has the input's size divided by the stride.
    #[default]
    Same,
    /// The window stays inside the image.
    Valid,
}

/// An activation that an operator applies to its output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FusedActivation {
    /// None.
    #[default]
    None,
    /// Not below 0.
    Relu,
    /// From -1 to 1.
    ReluN1To1,
    /// From 0 to 6.
    Relu6,
    /// The hyperbolic tangent.
    Tanh,
    /// One bit of sign.
    SignBit,
}

/// A value of an options table.
trait Field: Sized {
    /// Verifies the field where it is present.
    fn verify<'a>(
        verifier: &mut Verifier<'a>,
        table: Table<'a>,
        number: usize,
    ) -> Result<(), Invalid>;

    /// Reads the field of a verified table; `default` where it is absent, `None` where the value has no meaning.
    fn read(table: Table, number: usize, default: Self) -> Option<Self>;
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Field for $number {
            fn verify<'a>(verifier: &mut Verifier<'a>, table: Table<'a>, number: usize) -> Result<(), Invalid> {
                verifier.field::<$number>(table, number)
            }

            fn read(table: Table, number: usize, default: Self) -> Option<Self> {
                Some(table.get(number).unwrap_or(default))
            }
        }
    )*};
}

numbers!(i8, i32, f32, bool);

macro_rules! enumerations {
    ($($name:ident: $($variant:ident),*;)*) => {$(
        impl Field for $name {
            fn verify<'a>(verifier: &mut Verifier<'a>, table: Table<'a>, number: usize) -> Result<(), Invalid> {
                i8::verify(verifier, table, number)
            }

            fn read(table: Table, number: usize, default: Self) -> Option<Self> {
                let code = i8::read(table, number, default as i8)?;
                [$(Self::$variant),*].into_iter().find(|variant| *variant as i8 == code)
            }
        }
    )*};
}

enumerations! {
    Padding: Same, Valid;
    FusedActivation: None, Relu, ReluN1To1, Relu6, Tanh, SignBit;
}

impl Field for Vec<i32> {
    fn verify<'a>(
        verifier: &mut Verifier<'a>,
        table: Table<'a>,
        number: usize,
    ) -> Result<(), Invalid> {
        verifier.field::<Vector<i32>>(table, number)
    }

    fn read(table: Table, number: usize, default: Self) -> Option<Self> {
        let vector = table.get::<Vector<i32>>(number);
        Some(vector.map_or(default, |vector| vector.iter().collect()))
    }
}

/// An options table, out of [`Options`].
pub trait FromOptions: Sized + Default {
    /// The table; the schema's defaults where the operator has none; `None` where the operator has another operator's table.
    fn from_options(options: &Options) -> Option<Self>;
}

macro_rules! options {
    ($($(#[$doc:meta])* $code:literal $variant:ident($name:ident) { $($(#[$field_doc:meta])* $number:literal $field:ident: $kind:ty = $default:expr;)* })*) => {
        /// An operator's options table.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub enum Options {
            /// No table: every option has its default.
            #[default]
            None,
            /// The table of an operator that has no options here, by its code in the schema.
            Other(u8),
            /// A table with a value that has no meaning, by the name of its field.
            Meaningless(&'static str),
            /// What the file calls an operator that the schema does not name: a custom operator's name, or a builtin's code.
            Named(String),
            $(
                #[doc = concat!("[`", stringify!($name), "`]")]
                $variant($name),
            )*
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq)]
            pub struct $name {
                $(
                    $(#[$field_doc])*
                    pub $field: $kind,
                )*
            }

            impl Default for $name {
                fn default() -> Self {
                    Self { $($field: $default),* }
                }
            }

            impl FromOptions for $name {
                fn from_options(options: &Options) -> Option<Self> {
                    match options {
                        Options::None => Some(Self::default()),
                        Options::$variant(table) => Some(table.clone()),
                        _ => None,
                    }
                }
            }
        )*

        /// Verifies the options table of a code, and nothing for a code that is not listed.
        pub(super) fn verify<'a>(
            code: u8,
            verifier: &mut Verifier<'a>,
            table: Table<'a>,
        ) -> Result<(), Invalid> {
            match code {
                $($code => {
                    $(<$kind as Field>::verify(verifier, table, $number)?;)*
                })*
                _ => {}
            }
            Ok(())
        }

        /// Reads the options table of a code.
        pub(super) fn read(code: u8, table: Table) -> Options {
            match code {
                0 => Options::None,
                $($code => Options::$variant($name {
                    $($field: match Field::read(table, $number, $default) {
                        Some(value) => value,
                        None => return Options::Meaningless(stringify!($field)),
                    },)*
                }),)*
                other => Options::Other(other),
            }
        }
    };
}

options! {
    /// CONV_2D.
    1 Conv2D(Conv2DOptions) {
        /// Over the borders.
        0 padding: Padding = Padding::Same;
        /// Columns from one output column to the next.
        1 stride_w: i32 = 0;
        /// Rows from one output row to the next.
        2 stride_h: i32 = 0;
        /// Of the output.
        3 fused_activation_function: FusedActivation = FusedActivation::None;
        /// Columns from one tap to the next.
        4 dilation_w_factor: i32 = 1;
        /// Rows from one tap to the next.
        5 dilation_h_factor: i32 = 1;
    }

    /// DEPTHWISE_CONV_2D.
    2 DepthwiseConv2D(DepthwiseConv2DOptions) {
        /// Over the borders.
        0 padding: Padding = Padding::Same;
        /// Columns from one output column to the next.
        1 stride_w: i32 = 0;
        /// Rows from one output row to the next.
        2 stride_h: i32 = 0;
        /// Output channels for each input channel; kernels take it from the shapes.
        3 depth_multiplier: i32 = 0;
        /// Of the output.
        4 fused_activation_function: FusedActivation = FusedActivation::None;
        /// Columns from one tap to the next.
        5 dilation_w_factor: i32 = 1;
        /// Rows from one tap to the next.
        6 dilation_h_factor: i32 = 1;
    }

    /// AVERAGE_POOL_2D and MAX_POOL_2D.
    5 Pool2D(Pool2DOptions) {
        /// Over the borders.
        0 padding: Padding = Padding::Same;
        /// Columns from one output column to the next.
        1 stride_w: i32 = 0;
        /// Rows from one output row to the next.
        2 stride_h: i32 = 0;
        /// Columns of the window.
        3 filter_width: i32 = 0;
        /// Rows of the window.
        4 filter_height: i32 = 0;
        /// Of the output.
        5 fused_activation_function: FusedActivation = FusedActivation::None;
    }

    /// FULLY_CONNECTED.
    8 FullyConnected(FullyConnectedOptions) {
        /// Of the output.
        0 fused_activation_function: FusedActivation = FusedActivation::None;
        /// 0 for row-major weights, 1 for shuffled ones.
        1 weights_format: i8 = 0;
        /// Whether the output keeps the input's outer axes.
        2 keep_num_dims: bool = false;
    }

    /// SOFTMAX.
    9 Softmax(SoftmaxOptions) {
        /// The factor of the exponent.
        0 beta: f32 = 0.0;
    }

    /// CONCATENATION.
    10 Concatenation(ConcatenationOptions) {
        /// The axis that grows; negative ones count from the end.
        0 axis: i32 = 0;
        /// Of the output.
        1 fused_activation_function: FusedActivation = FusedActivation::None;
    }

    /// ADD.
    11 Add(AddOptions) {
        /// Of the output.
        0 fused_activation_function: FusedActivation = FusedActivation::None;
    }

    /// RESIZE_BILINEAR.
    15 ResizeBilinear(ResizeBilinearOptions) {
        /// Whether the corners of input and output coincide.
        2 align_corners: bool = false;
        /// Whether pixels are taken at their centres.
        3 half_pixel_centers: bool = false;
    }

    /// RESHAPE.
    17 Reshape(ReshapeOptions) {
        /// The new shape, where no tensor gives it.
        0 new_shape: Vec<i32> = Vec::new();
    }

    /// MUL.
    21 Mul(MulOptions) {
        /// Of the output.
        0 fused_activation_function: FusedActivation = FusedActivation::None;
    }

    /// GATHER.
    23 Gather(GatherOptions) {
        /// The axis that is indexed; negative ones count from the end.
        0 axis: i32 = 0;
        /// Outer axes that input and indices have in common.
        1 batch_dims: i32 = 0;
    }

    /// MEAN and SUM.
    27 Reducer(ReducerOptions) {
        /// Whether reduced axes stay, with size 1.
        0 keep_dims: bool = false;
    }

    /// SUB.
    28 Sub(SubOptions) {
        /// Of the output.
        0 fused_activation_function: FusedActivation = FusedActivation::None;
    }

    /// SQUEEZE.
    30 Squeeze(SqueezeOptions) {
        /// The axes that go.
        0 squeeze_dims: Vec<i32> = Vec::new();
    }

    /// STRIDED_SLICE; bit n of a mask is for axis n.
    32 StridedSlice(StridedSliceOptions) {
        /// Axes that begin at their first element.
        0 begin_mask: i32 = 0;
        /// Axes that end at their last element.
        1 end_mask: i32 = 0;
        /// The place of an ellipsis.
        2 ellipsis_mask: i32 = 0;
        /// Axes of size 1 that are added.
        3 new_axis_mask: i32 = 0;
        /// Axes that become one index and go.
        4 shrink_axis_mask: i32 = 0;
        /// Whether ends are relative to the beginnings.
        5 offset: bool = false;
    }

    /// SPLIT.
    35 Split(SplitOptions) {
        /// The number of outputs.
        0 num_splits: i32 = 0;
    }

    /// ARG_MAX.
    40 ArgMax(ArgMaxOptions) {
        /// The output's element type, a code of the schema's TensorType.
        0 output_type: i8 = 0;
    }

    /// TRANSPOSE_CONV.
    49 TransposeConv(TransposeConvOptions) {
        /// Over the borders.
        0 padding: Padding = Padding::Same;
        /// Output columns from one input column to the next.
        1 stride_w: i32 = 0;
        /// Output rows from one input row to the next.
        2 stride_h: i32 = 0;
        /// Of the output.
        3 fused_activation_function: FusedActivation = FusedActivation::None;
    }

    /// PACK.
    59 Pack(PackOptions) {
        /// The number of inputs.
        0 values_count: i32 = 0;
        /// The new axis; negative ones count from the end.
        1 axis: i32 = 0;
    }

    /// UNPACK.
    64 Unpack(UnpackOptions) {
        /// The number of outputs.
        0 num: i32 = 0;
        /// The axis that goes; negative ones count from the end.
        1 axis: i32 = 0;
    }

    /// RESIZE_NEAREST_NEIGHBOR.
    74 ResizeNearestNeighbor(ResizeNearestNeighborOptions) {
        /// Whether the corners of input and output coincide.
        0 align_corners: bool = false;
        /// Whether pixels are taken at their centres.
        1 half_pixel_centers: bool = false;
    }

    /// LEAKY_RELU.
    75 LeakyRelu(LeakyReluOptions) {
        /// The slope below 0.
        0 alpha: f32 = 0.0;
    }
}
