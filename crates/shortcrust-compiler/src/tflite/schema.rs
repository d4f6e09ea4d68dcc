//! The tables of the `.tflite` schema that a graph is read from (tensorflow/lite/schema/schema.fbs), slot by slot.
//!
//! One row a field: the row gives the accessor and the verification.

use flatbuffers::{
    Follow, ForwardsUOffset, InvalidFlatbuffer, Table, TableVerifier, VOffsetT, Vector, Verifiable,
    Verifier,
};

use super::options;

/// Where the offset of a field stands in a table's vtable.
pub(super) const fn slot(number: VOffsetT) -> VOffsetT {
    4 + 2 * number
}

macro_rules! tables {
    ($($(#[$doc:meta])* $table:ident { $($(#[$field_doc:meta])* $number:literal $field:ident: $wire:ty $(= $default:expr)?;)* } $(+ $extra:path)?)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub(super) struct $table<'a>(Table<'a>);

        impl<'a> Follow<'a> for $table<'a> {
            type Inner = Self;

            unsafe fn follow(bytes: &'a [u8], position: usize) -> Self {
                // SAFETY: the caller promises that a table is at this position.
                Self(unsafe { Table::new(bytes, position) })
            }
        }

        impl<'a> Verifiable for $table<'a> {
            fn run_verifier(verifier: &mut Verifier, position: usize) -> Result<(), InvalidFlatbuffer> {
                let table = verifier.visit_table(position)?
                    $(.visit_field::<$wire>(stringify!($field), slot($number), false)?)*;
                $(let table = $extra(table)?;)?
                table.finish();
                Ok(())
            }
        }

        impl<'a> $table<'a> {
            $(
                $(#[$field_doc])*
                pub(super) fn $field(&self) -> tables!(@result 'a $wire $(, $default)?) {
                    // SAFETY: the file was verified with the type of this row.
                    let value = unsafe { self.0.get::<$wire>(slot($number), None) };
                    tables!(@value value $(, $default)?)
                }
            )*
        }
    )*};
    (@result $life:lifetime $wire:ty) => { Option<<$wire as Follow<$life>>::Inner> };
    (@result $life:lifetime $wire:ty, $default:expr) => { <$wire as Follow<$life>>::Inner };
    (@value $value:ident) => { $value };
    (@value $value:ident, $default:expr) => { $value.unwrap_or($default) };
}

/// A vector of tables.
type Tables<'a, T> = ForwardsUOffset<Vector<'a, ForwardsUOffset<T>>>;
/// A vector of numbers.
type Numbers<'a, T> = ForwardsUOffset<Vector<'a, T>>;

tables! {
    /// The file's root.
    Model {
        0 version: u32 = 0;
        1 operator_codes: Tables<'a, OperatorCode<'a>>;
        2 subgraphs: Tables<'a, SubGraph<'a>>;
        4 buffers: Tables<'a, Buffer<'a>>;
    }

    /// A kind of operator that the file uses.
    OperatorCode {
        /// The code as files before 2020 have it, up to 127.
        0 deprecated_builtin_code: i8 = 0;
        1 custom_code: Numbers<'a, u8>;
        3 builtin_code: i32 = 0;
    }

    /// A network.
    SubGraph {
        0 tensors: Tables<'a, Tensor<'a>>;
        1 inputs: Numbers<'a, i32>;
        2 outputs: Numbers<'a, i32>;
        3 operators: Tables<'a, Operator<'a>>;
    }

    /// A tensor.
    Tensor {
        0 shape: Numbers<'a, i32>;
        1 element_type: i8 = 0;
        2 buffer: u32 = 0;
        /// Bytes rather than a string: names are shown, never trusted to be UTF-8.
        3 name: Numbers<'a, u8>;
        4 quantization: ForwardsUOffset<QuantizationParameters<'a>>;
        5 is_variable: bool = false;
        /// Present where the data is stored sparsely.
        6 sparsity: ForwardsUOffset<SparsityParameters>;
    }

    /// Scales and zero points.
    QuantizationParameters {
        2 scale: Numbers<'a, f32>;
        3 zero_point: Numbers<'a, i64>;
        6 quantized_dimension: i32 = 0;
    }

    /// An operator with its operands.
    Operator {
        0 opcode_index: u32 = 0;
        1 inputs: Numbers<'a, i32>;
        2 outputs: Numbers<'a, i32>;
        3 builtin_options_type: u8 = 0;
    } + options_union

    /// The contents of constants.
    Buffer {
        0 data: Numbers<'a, u8>;
        /// Above 1 where the contents lie behind the FlatBuffer.
        2 size: u64 = 0;
    }
}

/// How a sparse tensor is stored, of which only the presence matters.
pub(super) struct SparsityParameters;

impl<'a> Follow<'a> for SparsityParameters {
    type Inner = Self;

    unsafe fn follow(_bytes: &'a [u8], _position: usize) -> Self {
        Self
    }
}

impl Verifiable for SparsityParameters {
    fn run_verifier(verifier: &mut Verifier, position: usize) -> Result<(), InvalidFlatbuffer> {
        verifier.visit_table(position)?.finish();
        Ok(())
    }
}

/// Slot 4 of an operator: the options table, of the kind that slot 3 names.
fn options_union<'v, 'o, 'b>(
    table: TableVerifier<'v, 'o, 'b>,
) -> Result<TableVerifier<'v, 'o, 'b>, InvalidFlatbuffer> {
    table.visit_union::<u8, _>(
        "builtin_options_type",
        slot(3),
        "builtin_options",
        slot(4),
        false,
        |code, verifier, position| {
            let table = position.saturating_add(verifier.get_uoffset(position)? as usize);
            options::verify(code, verifier.visit_table(table)?)?.finish();
            Ok(())
        },
    )
}

impl<'a> Operator<'a> {
    /// The options table; absent where every option has its default.
    pub(super) fn builtin_options(&self) -> Option<Table<'a>> {
        // SAFETY: verified as a table of the kind that `builtin_options_type` names.
        unsafe { self.0.get::<ForwardsUOffset<Table<'a>>>(slot(4), None) }
    }
}
