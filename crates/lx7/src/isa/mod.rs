//! The instruction table of the core.
//!
//! Every instruction is one row: mnemonic, bit pattern, operands, implicit
//! state, function unit and execution. Encoder, decoder, disassembler,
//! simulator, clock and the generated reference all read these rows; nothing
//! about an instruction is written anywhere else. Each module below holds the
//! rows of one family together with the functions that execute them.

mod encoding;
mod fused;
mod lanes;
mod operand;
mod reference;
mod state;

mod arithmetic;
mod boolean;
mod branch;
mod call;
mod conditional_move;
mod float_arithmetic;
mod float_compare;
mod float_convert;
mod float_divide;
mod float_memory;
mod float_round;
mod load_store;
mod mac16;
mod multiply_divide;
mod registers;
mod shift;
mod system;
mod window;
mod zero_overhead_loop;

mod vector_accumulator_memory;
mod vector_add;
mod vector_bitwise;
mod vector_broadcast;
mod vector_compare;
mod vector_extract;
mod vector_fft;
mod vector_funnel;
mod vector_gpio;
mod vector_indexed;
mod vector_load;
mod vector_move;
mod vector_multiply;
mod vector_multiply_accumulate;
mod vector_relu;
mod vector_store;
mod vector_zip;

pub use encoding::{Encoding, Field};
pub use operand::{Base, File, Kind, Operand, Values};
pub use reference::reference;
pub use registers::{special_register_name, user_register_name};
pub use state::{Coprocessor, STATES, State, StateUse, Unit};

use crate::core::{Core, Trap};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Most operands that an instruction has.
pub const MAX_OPERANDS: usize = 8;

/// Operand values in assembly order: register numbers, immediates, and absolute
/// addresses for program-relative operands. Unused places are 0.
pub type Operands = [i32; MAX_OPERANDS];

/// Place of [`Instruction::constant`] among the values given to `execute`.
const CONSTANT: usize = MAX_OPERANDS - 1;

/// What executing an instruction returns.
pub type Done = Result<(), Trap>;

/// Executes an instruction: reads all its sources, then writes its results.
pub type Execute = fn(&mut Core, &Operands) -> Done;

/// One instruction of the core.
#[derive(Debug, Clone)]
pub struct Instruction {
    /// Name in assembly text.
    pub mnemonic: String,
    /// Fixed bits and fields of the instruction word.
    pub encoding: Encoding,
    /// Operands in assembly order.
    pub operands: Vec<Operand>,
    /// State that the instruction reads or writes without naming it.
    pub state: Vec<StateUse>,
    /// Function unit that other instructions can find busy.
    pub unit: Unit,
    /// Coprocessor that must be enabled.
    pub coprocessor: Option<Coprocessor>,
    /// Whether control may leave the straight line: branch, jump, call, return.
    pub control: bool,
    /// Whether it stores from the vector unit, which can cost extra cycles.
    pub vector_store: bool,
    /// Executes it.
    pub execute: Execute,
    /// Number handed to `execute` behind the operands.
    pub constant: u8,
    /// The bit pattern as written in the table.
    pub pattern: String,
}

impl Instruction {
    /// Length in bytes: 2, 3 or 4.
    pub fn length(&self) -> u32 {
        u32::from(self.encoding.length)
    }

    /// Builder for a table row.
    fn state<const N: usize>(mut self, state: [StateUse; N]) -> Self {
        self.state.extend(state);
        self
    }

    fn unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    fn fpu(mut self) -> Self {
        self.coprocessor = Some(Coprocessor::Float);
        self
    }

    fn pie(mut self) -> Self {
        self.coprocessor = Some(Coprocessor::Vector);
        self
    }

    fn vector_store(mut self) -> Self {
        self.vector_store = true;
        self
    }

    fn constant(mut self, constant: u8) -> Self {
        self.constant = constant;
        self
    }

    fn control(mut self) -> Self {
        self.control = true;
        self
    }
}

/// A table row: one instruction without implicit state.
fn row<const N: usize>(
    mnemonic: impl Into<String>,
    pattern: impl Into<String>,
    operands: [Operand; N],
    execute: Execute,
) -> Instruction {
    let pattern = pattern.into();
    let names: Vec<&str> = operands.iter().map(|o| o.name).collect();
    Instruction {
        mnemonic: mnemonic.into(),
        encoding: Encoding::parse(&pattern, &names),
        operands: operands.to_vec(),
        state: Vec::new(),
        unit: Unit::None,
        coprocessor: None,
        control: false,
        vector_store: false,
        execute,
        constant: 0,
        pattern,
    }
}

/// Why operands do not fit an instruction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperandError {
    /// Wrong number of operands.
    #[error("`{mnemonic}` takes {expected} operands, not {found}")]
    Count {
        /// Instruction.
        mnemonic: String,
        /// Operands it has.
        expected: usize,
        /// Operands given.
        found: usize,
    },
    /// A register that the operand cannot name.
    #[error(
        "operand {position} (`{name}`) of `{mnemonic}` cannot be register {value}; allowed: {allowed}"
    )]
    Register {
        /// Instruction.
        mnemonic: String,
        /// Operand, counted from 1.
        position: usize,
        /// Field name of the operand.
        name: &'static str,
        /// Register number given.
        value: i32,
        /// Registers it can name.
        allowed: String,
    },
    /// A number out of range or off the step.
    #[error("operand {position} (`{name}`) of `{mnemonic}` cannot be {value}; allowed: {allowed}")]
    Value {
        /// Instruction.
        mnemonic: String,
        /// Operand, counted from 1.
        position: usize,
        /// Field name of the operand.
        name: &'static str,
        /// Number given.
        value: i64,
        /// Numbers it can take.
        allowed: String,
    },
    /// A target out of reach or misaligned.
    #[error("the target of `{mnemonic}` is {value} bytes from its base; allowed: {allowed}")]
    Distance {
        /// Instruction.
        mnemonic: String,
        /// Distance asked for.
        value: i64,
        /// Distances it can take.
        allowed: String,
    },
    /// Two results in one register, which the core forbids.
    #[error(
        "`{mnemonic}` writes {register} twice (operands `{first}` and `{second}`); use two registers"
    )]
    WrittenTwice {
        /// Instruction.
        mnemonic: String,
        /// Register written twice.
        register: String,
        /// First operand.
        first: &'static str,
        /// Second operand.
        second: &'static str,
    },
}

impl Instruction {
    /// Instruction word for `operands` (one for each operand, in assembly
    /// order; targets as absolute addresses) at address `pc`.
    ///
    /// # Errors
    ///
    /// [`OperandError`] names the operand that does not fit and what fits.
    pub fn encode(&self, operands: &[i32], pc: u32) -> Result<u32, OperandError> {
        if operands.len() != self.operands.len() {
            return Err(OperandError::Count {
                mnemonic: self.mnemonic.clone(),
                expected: self.operands.len(),
                found: operands.len(),
            });
        }
        if let Some((first, second)) = self.written_twice(operands) {
            let file = self.operands[first].file().expect("a register");
            return Err(OperandError::WrittenTwice {
                mnemonic: self.mnemonic.clone(),
                register: format!("{}{}", file.letter(), operands[first]),
                first: self.operands[first].name,
                second: self.operands[second].name,
            });
        }
        let mut word = self.encoding.value;
        for (i, (operand, value)) in self.operands.iter().zip(operands).enumerate() {
            let field = &self.encoding.fields[i];
            let bits = match operand.kind {
                Kind::Register { file, first, step } => {
                    register_field(*value, first, step, field.width()).ok_or_else(|| {
                        let last = first + ((1 << field.width()) - 1) * step;
                        let numbers = (first..=last).step_by(step.into());
                        let allowed: Vec<_> =
                            numbers.map(|n| format!("{}{n}", file.letter())).collect();
                        OperandError::Register {
                            mnemonic: self.mnemonic.clone(),
                            position: i + 1,
                            name: operand.name,
                            value: *value,
                            allowed: allowed.join(", "),
                        }
                    })?
                }
                Kind::Immediate(values) => {
                    values.encode(*value).ok_or_else(|| OperandError::Value {
                        mnemonic: self.mnemonic.clone(),
                        position: i + 1,
                        name: operand.name,
                        value: i64::from(*value),
                        allowed: values.describe(),
                    })?
                }
                Kind::Target { values, base } => {
                    let distance = (*value as u32).wrapping_sub(base.address(pc)) as i32;
                    values
                        .encode(distance)
                        .ok_or_else(|| OperandError::Distance {
                            mnemonic: self.mnemonic.clone(),
                            value: i64::from(distance),
                            allowed: values.describe(),
                        })?
                }
            };
            word |= field.insert(bits);
        }
        Ok(word)
    }

    /// Positions of two operands that would write the same register.
    fn written_twice(&self, operands: &[i32]) -> Option<(usize, usize)> {
        let written = |i: &usize| self.operands[*i].defined.is_some();
        let same = |a: usize, b: usize| {
            self.operands[a].file() == self.operands[b].file() && operands[a] == operands[b]
        };
        let n = self.operands.len();
        (0..n).filter(written).find_map(|a| {
            (a + 1..n)
                .filter(written)
                .find(|&b| same(a, b))
                .map(|b| (a, b))
        })
    }

    /// Operand values of `word` at `pc`, or `None` when the word is not a legal
    /// instance of this instruction.
    fn decode(&self, word: u32, pc: u32) -> Option<Operands> {
        if word & self.encoding.mask != self.encoding.value {
            return None;
        }
        let mut values = [0; MAX_OPERANDS];
        values[CONSTANT] = self.constant.into();
        for (i, operand) in self.operands.iter().enumerate() {
            let field = &self.encoding.fields[i];
            let bits = field.extract(word);
            values[i] = match operand.kind {
                Kind::Register { first, step, .. } => {
                    i32::from(first) + bits as i32 * i32::from(step)
                }
                Kind::Immediate(v) => v.decode(bits, field.width())?,
                Kind::Target { values, base } => {
                    let distance = values.decode(bits, field.width())?;
                    base.address(pc).wrapping_add(distance as u32) as i32
                }
            };
        }
        self.written_twice(&values[..self.operands.len()])
            .is_none()
            .then_some(values)
    }
}

fn register_field(value: i32, first: u8, step: u8, width: u32) -> Option<u32> {
    let index = value.checked_sub(first.into())?;
    let (index, step) = (u32::try_from(index).ok()?, u32::from(step));
    (index.is_multiple_of(step) && index / step < 1 << width).then_some(index / step)
}

/// An instruction with its operand values.
#[derive(Debug, Clone, Copy)]
pub struct Instance {
    /// Table row.
    pub instruction: &'static Instruction,
    /// Operand values; see [`Operands`].
    pub operands: Operands,
}

impl Instance {
    /// Length in bytes.
    pub fn length(&self) -> u32 {
        self.instruction.length()
    }

    /// The operands that the instruction has.
    pub fn operands(&self) -> &[i32] {
        &self.operands[..self.instruction.operands.len()]
    }
}

struct Table {
    rows: Vec<Instruction>,
    by_mnemonic: HashMap<String, usize>,
    /// Rows that can match, by the low byte of the word, most specific first.
    by_low_byte: Vec<Vec<usize>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let rows: Vec<Instruction> = [
        arithmetic::rows(),
        boolean::rows(),
        branch::rows(),
        call::rows(),
        conditional_move::rows(),
        float_arithmetic::rows(),
        float_compare::rows(),
        float_convert::rows(),
        float_divide::rows(),
        float_memory::rows(),
        load_store::rows(),
        mac16::rows(),
        multiply_divide::rows(),
        registers::rows(),
        shift::rows(),
        system::rows(),
        window::rows(),
        zero_overhead_loop::rows(),
        vector_accumulator_memory::rows(),
        vector_add::rows(),
        vector_bitwise::rows(),
        vector_broadcast::rows(),
        vector_compare::rows(),
        vector_extract::rows(),
        vector_fft::rows(),
        vector_funnel::rows(),
        vector_gpio::rows(),
        vector_indexed::rows(),
        vector_load::rows(),
        vector_move::rows(),
        vector_multiply::rows(),
        vector_multiply_accumulate::rows(),
        vector_relu::rows(),
        vector_store::rows(),
        vector_zip::rows(),
    ]
    .concat();
    let by_mnemonic = rows
        .iter()
        .enumerate()
        .map(|(i, r)| (r.mnemonic.clone(), i))
        .collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(rows[i].encoding.mask.count_ones()));
    let by_low_byte = (0..256u32)
        .map(|byte| {
            let matches = |i: &usize| {
                let e: &Encoding = &rows[*i].encoding;
                (byte ^ e.value) & e.mask & 0xff == 0
            };
            order.iter().copied().filter(matches).collect()
        })
        .collect();
    Table {
        rows,
        by_mnemonic,
        by_low_byte,
    }
});

/// All instructions of the core.
pub fn instructions() -> &'static [Instruction] {
    &TABLE.rows
}

/// The instruction called `mnemonic` (lower case).
pub fn find(mnemonic: &str) -> Option<&'static Instruction> {
    TABLE.by_mnemonic.get(mnemonic).map(|&i| &TABLE.rows[i])
}

/// Length in bytes of the instruction that starts with `first_byte`.
pub fn length_of(first_byte: u8) -> u32 {
    match first_byte & 15 {
        0..=7 => 3,
        8..=13 => 2,
        _ => 4,
    }
}

/// Decodes the instruction at the start of `bytes`, located at address `pc`.
/// `None` when the bytes are too few or no legal instruction.
pub fn decode(bytes: &[u8], pc: u32) -> Option<Instance> {
    let length = length_of(*bytes.first()?);
    let bytes = bytes.get(..length as usize)?;
    let word = bytes
        .iter()
        .rev()
        .fold(0, |word, b| word << 8 | u32::from(*b));
    TABLE.by_low_byte[usize::from(bytes[0])]
        .iter()
        .find_map(|&i| {
            let instruction = &TABLE.rows[i];
            if instruction.length() != length {
                return None;
            }
            let operands = instruction.decode(word, pc)?;
            Some(Instance {
                instruction,
                operands,
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mnemonics_and_encodings_are_unique() {
        let mut seen = HashMap::new();
        for row in instructions() {
            let key = (row.encoding.mask, row.encoding.value, row.encoding.length);
            assert_eq!(seen.insert(key, &row.mnemonic), None, "{}", row.mnemonic);
            assert!(std::ptr::eq(find(&row.mnemonic).unwrap(), row));
        }
    }

    #[test]
    fn every_bit_of_every_word_is_fixed_or_a_field() {
        for row in instructions() {
            let ones = (1u64 << (8 * row.length())) - 1;
            let covered = row
                .encoding
                .fields
                .iter()
                .fold(row.encoding.mask, |bits, f| {
                    let field = f.insert(u32::MAX);
                    assert_eq!(bits & field, 0, "{}: overlapping bits", row.mnemonic);
                    bits | field
                });
            assert_eq!(u64::from(covered), ones, "{}", row.mnemonic);
            assert_eq!(
                length_of(row.encoding.value as u8),
                row.length(),
                "{}",
                row.mnemonic
            );
        }
    }

    #[test]
    fn sixty_one_instructions_write_two_registers_of_a_file() {
        let count = instructions().iter().filter(|r| {
            let same = vec![0; r.operands.len()];
            r.written_twice(&same).is_some()
        });
        assert_eq!(count.count(), 61);
    }
}
