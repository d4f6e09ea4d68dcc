//! The tables of the `.tflite` schema that a graph is read from (tensorflow/lite/schema/schema.fbs), field by field.
//!
//! One row a field: the row gives the accessor and the verification.

use super::flatbuffer::{Invalid, Table, Value, Vector, Verifier};
use super::options;

macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident { $($(#[$field_doc:meta])* $number:literal $field:ident: $value:ty $(= $default:expr)?;)* } $(+ $extra:path)?)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(super) struct $table<'a>(Table<'a>);

        impl<'a> Value<'a> for $table<'a> {
            const BYTES: usize = Table::BYTES;
            const BEHIND_OFFSET: bool = Table::BEHIND_OFFSET;

            fn verify(verifier: &mut Verifier<'a>, position: usize) -> Result<(), Invalid> {
                let table = verifier.table(position)?;
                $(verifier.field::<$value>(table, $number)?;)*
                $($extra(verifier, table)?;)?
                Ok(())
            }

            fn read(bytes: &'a [u8], position: usize) -> Self {
                Self(Table::read(bytes, position))
            }
        }

        impl<'a> $table<'a> {
            $(
                $(#[$field_doc])*
                pub(super) fn $field(&self) -> tables!(@result $value $(, $default)?) {
                    let value = self.0.get::<$value>($number);
                    tables!(@value value $(, $default)?)
                }
            )*
        }
    )*};
    (@result $value:ty) => { Option<$value> };
    (@result $value:ty, $default:expr) => { $value };
    (@value $value:ident) => { $value };
    (@value $value:ident, $default:expr) => { $value.unwrap_or($default) };
}

tables! {
    /// The file's root.
    Model {
        0 version: u32 = 0;
        1 operator_codes: Vector<'a, OperatorCode<'a>>;
        2 subgraphs: Vector<'a, SubGraph<'a>>;
        4 buffers: Vector<'a, Buffer<'a>>;
    }

    /// A kind of operator that the file uses.
    OperatorCode {
        /// The code as files before 2020 have it, up to 127.
        0 deprecated_builtin_code: i8 = 0;
        1 custom_code: Vector<'a, u8>;
        3 builtin_code: i32 = 0;
    }

    /// A network.
    SubGraph {
        0 tensors: Vector<'a, Tensor<'a>>;
        1 inputs: Vector<'a, i32>;
        2 outputs: Vector<'a, i32>;
        3 operators: Vector<'a, Operator<'a>>;
    }

    /// A tensor.
    Tensor {
        0 shape: Vector<'a, i32>;
        1 element_type: i8 = 0;
        2 buffer: u32 = 0;
        /// Bytes rather than a string: names are shown, never trusted to be UTF-8.
        3 name: Vector<'a, u8>;
        4 quantization: QuantizationParameters<'a>;
        5 is_variable: bool = false;
        /// Present where the data is stored sparsely.
        6 sparsity: Table<'a>;
    }

    /// Scales and zero points.
    QuantizationParameters {
        2 scale: Vector<'a, f32>;
        3 zero_point: Vector<'a, i64>;
        6 quantized_dimension: i32 = 0;
    }

    /// An operator with its operands.
    Operator {
        0 opcode_index: u32 = 0;
        1 inputs: Vector<'a, i32>;
        2 outputs: Vector<'a, i32>;
        3 builtin_options_type: u8 = 0;
        11 builtin_options_2_type: u8 = 0;
    } + options_unions

    /// A layer that the converter left as a call of a subgraph.
    CompositeOptions {
        0 name: Vector<'a, u8>;
    }

    /// The contents of constants.
    Buffer {
        0 data: Vector<'a, u8>;
        /// Above 1 where the contents lie behind the FlatBuffer.
        2 size: u64 = 0;
    }
}

/// The code of [`CompositeOptions`] among the options that came with StableHLO.
const COMPOSITE: u8 = 21;

/// Fields 4 and 12 of an operator: options tables, of the kinds that fields 3 and 11 name.
fn options_unions<'a>(verifier: &mut Verifier<'a>, operator: Table<'a>) -> Result<(), Invalid> {
    verifier.field::<Table>(operator, 4)?;
    if let Some(options) = operator.get::<Table>(4) {
        options::verify(operator.get(3).unwrap_or_default(), verifier, options)?;
    }
    match operator.get::<u8>(11) {
        Some(COMPOSITE) => verifier.field::<CompositeOptions>(operator, 12),
        _ => Ok(()),
    }
}

impl<'a> Operator<'a> {
    /// The options table; absent where every option has its default.
    pub(super) fn builtin_options(&self) -> Option<Table<'a>> {
        self.0.get(4)
    }

    /// The options of a composite layer.
    pub(super) fn composite(&self) -> Option<CompositeOptions<'a>> {
        match self.builtin_options_2_type() {
            COMPOSITE => self.0.get(12),
            _ => None,
        }
    }
}
