//! Assembling from Rust.

use super::layout;
use super::program::{AssemblyError, Program};
use crate::isa::{self, File, Instruction, Kind};

/// Address register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct A(pub u8);
/// Floating-point register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct F(pub u8);
/// Vector register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Q(pub u8);
/// MAC16 register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct M(pub u8);
/// Boolean register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct B(pub u8);

/// A place in the program, defined by [`Builder::bind`] before or after its use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label(pub(super) usize);

/// An operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg {
    /// A register.
    Register(File, u8),
    /// A number; for a program-relative operand, an absolute address.
    Number(i64),
    /// The address of a label plus a number.
    Label(Label, i64),
    /// The instruction's own address plus a number.
    Here(i64),
    /// Address of the first label less that of the second, plus a number.
    Difference(Label, Label, i64),
}

macro_rules! register_arg {
    ($($type:ident),*) => {$(
        impl From<$type> for Arg {
            fn from(register: $type) -> Arg {
                Arg::Register(File::$type, register.0)
            }
        }
    )*};
}
register_arg!(A, F, Q, M, B);

impl From<i32> for Arg {
    fn from(number: i32) -> Arg {
        Arg::Number(number.into())
    }
}

impl From<Label> for Arg {
    fn from(label: Label) -> Arg {
        Arg::Label(label, 0)
    }
}

/// Operand lists: tuples of registers, numbers and labels, or a slice of [`Arg`].
pub trait Args {
    /// The operands in assembly order.
    fn into_args(self) -> Vec<Arg>;
}

impl Args for &[Arg] {
    fn into_args(self) -> Vec<Arg> {
        self.to_vec()
    }
}

impl Args for () {
    fn into_args(self) -> Vec<Arg> {
        Vec::new()
    }
}

macro_rules! tuple_args {
    ($($name:ident)*) => {
        impl<$($name: Into<Arg>),*> Args for ($($name,)*) {
            #[allow(non_snake_case)]
            fn into_args(self) -> Vec<Arg> {
                let ($($name,)*) = self;
                vec![$($name.into()),*]
            }
        }
    };
}
tuple_args!(T0);
tuple_args!(T0 T1);
tuple_args!(T0 T1 T2);
tuple_args!(T0 T1 T2 T3);
tuple_args!(T0 T1 T2 T3 T4);
tuple_args!(T0 T1 T2 T3 T4 T5);
tuple_args!(T0 T1 T2 T3 T4 T5 T6);
tuple_args!(T0 T1 T2 T3 T4 T5 T6 T7);

/// A piece of the program before addresses are known.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Instruction {
        instruction: &'static Instruction,
        args: Vec<Arg>,
        line: usize,
    },
    Bytes {
        bytes: Vec<u8>,
        line: usize,
    },
    Word {
        value: Arg,
        size: usize,
        line: usize,
    },
    Bind(Label),
    /// Pad to a multiple of the number.
    Align(u32),
    /// Pad so that the loop instruction that follows has an aligned body.
    AlignLoop,
}

/// Collects instructions and data and turns them into a [`Program`].
///
/// ```
/// use lx7::asm::{Builder, A};
///
/// let mut b = Builder::new();
/// let end = b.label();
/// b.export("sum");
/// b.op("entry", (A(1), 32));
/// b.op("movi.n", (A(4), 0));
/// b.hardware_loop("loopnez", A(2), end);
/// b.op("addi.n", (A(4), A(4), 1));
/// b.bind(end);
/// b.op("mov.n", (A(2), A(4)));
/// b.op("retw.n", ());
/// let program = b.finish(0x4037_8000)?;
/// assert_eq!(program.symbol("sum"), Some(0x4037_8000));
/// # Ok::<(), lx7::asm::AssemblyError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Builder {
    pub(super) items: Vec<Item>,
    pub(super) names: Vec<Option<String>>,
    literals: Vec<(u32, Label)>,
    error: Option<AssemblyError>,
    count: usize,
    line: Option<usize>,
}

impl Builder {
    /// An empty program.
    pub fn new() -> Self {
        Self::default()
    }

    /// A new label without a place.
    pub fn label(&mut self) -> Label {
        self.names.push(None);
        Label(self.names.len() - 1)
    }

    /// A new label that becomes a symbol of the program.
    pub fn named_label(&mut self, name: impl Into<String>) -> Label {
        self.names.push(Some(name.into()));
        Label(self.names.len() - 1)
    }

    /// Puts `label` here.
    pub fn bind(&mut self, label: Label) {
        self.items.push(Item::Bind(label));
    }

    /// Defines a symbol here, on a 4-byte boundary as functions need.
    pub fn export(&mut self, name: impl Into<String>) -> Label {
        self.align(4);
        let label = self.named_label(name);
        self.bind(label);
        label
    }

    /// Line that the next items come from, for error messages.
    pub(super) fn set_line(&mut self, line: usize) {
        self.line = Some(line);
    }

    pub(super) fn fail(&mut self, line: usize, message: String) {
        if self.error.is_none() {
            self.error = Some(AssemblyError { line, message });
        }
    }

    fn next_line(&mut self) -> usize {
        self.count += 1;
        self.line.unwrap_or(self.count)
    }

    /// Appends an instruction. Mistakes are reported by [`Builder::finish`],
    /// with the number of the instruction.
    pub fn op(&mut self, mnemonic: &str, args: impl Args) {
        let line = self.next_line();
        let Some(instruction) = isa::find(mnemonic) else {
            return self.fail(line, format!("`{mnemonic}` is no instruction of this core"));
        };
        let args = args.into_args();
        if let Some(message) = wrong_kind(instruction, &args) {
            return self.fail(line, message);
        }
        self.items.push(Item::Instruction {
            instruction,
            args,
            line,
        });
    }

    /// Appends `loop`, `loopnez` or `loopgtz` with `count` and `end`, padded in
    /// front so that the first instruction of the body needs a single fetch.
    pub fn hardware_loop(&mut self, mnemonic: &str, count: A, end: Label) {
        self.items.push(Item::AlignLoop);
        self.op(mnemonic, (count, end));
    }

    pub(super) fn align_loop(&mut self) {
        self.items.push(Item::AlignLoop);
    }

    /// Loads a 32-bit constant: `movi` if it fits, else a literal placed in
    /// front of the program.
    pub fn constant(&mut self, register: A, value: u32) {
        if (-2048..2048).contains(&(value as i32)) {
            return self.op("movi", (register, value as i32));
        }
        let known = self.literals.iter().find(|l| l.0 == value).map(|l| l.1);
        let label = known.unwrap_or_else(|| {
            let label = self.label();
            self.literals.push((value, label));
            label
        });
        self.op("l32r", (register, label));
    }

    /// Pads to a multiple of `alignment`, with `nop`s behind instructions.
    pub fn align(&mut self, alignment: u32) {
        self.items.push(Item::Align(alignment.max(1)));
    }

    /// Appends data.
    pub fn bytes(&mut self, bytes: impl Into<Vec<u8>>) {
        let line = self.next_line();
        self.items.push(Item::Bytes {
            bytes: bytes.into(),
            line,
        });
    }

    /// Appends a 32-bit word.
    pub fn word(&mut self, value: impl Into<Arg>) {
        self.datum(value.into(), 4);
    }

    pub(super) fn datum(&mut self, value: Arg, size: usize) {
        let line = self.next_line();
        self.items.push(Item::Word { value, size, line });
    }

    /// Assigns addresses from `base` and encodes.
    ///
    /// # Errors
    ///
    /// The first instruction that does not exist, has an operand that does not
    /// fit, writes a register twice, or ends a hardware loop although it must
    /// not; a loop body of more than 256 bytes; a label without a place.
    pub fn finish(mut self, base: u32) -> Result<Program, AssemblyError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if !self.literals.is_empty() {
            let mut pool = vec![Item::Align(4)];
            for (value, label) in &self.literals {
                pool.push(Item::Bind(*label));
                pool.push(Item::Word {
                    value: Arg::Number((*value).into()),
                    size: 4,
                    line: 0,
                });
            }
            self.items.splice(0..0, pool);
        }
        layout::assemble(&self.items, &self.names, base)
    }
}

/// What is wrong with the kinds of the operands.
fn wrong_kind(instruction: &Instruction, args: &[Arg]) -> Option<String> {
    if instruction.operands.len() != args.len() {
        let names: Vec<&str> = instruction.operands.iter().map(|o| o.name).collect();
        return Some(format!(
            "`{}` takes {} operands ({}), not {}",
            instruction.mnemonic,
            names.len(),
            names.join(", "),
            args.len()
        ));
    }
    for (i, (operand, arg)) in instruction.operands.iter().zip(args).enumerate() {
        let expected = match (operand.kind, arg) {
            (Kind::Register { file, .. }, Arg::Register(f, _)) if file == *f => continue,
            (Kind::Register { file, .. }, _) => {
                format!("a register {0}0-{0}{1}", file.letter(), file.size() - 1)
            }
            (Kind::Immediate(values), Arg::Register(..)) => {
                format!("a number, {}", values.describe())
            }
            (Kind::Target { .. }, Arg::Register(..)) => "a label or address".to_owned(),
            _ => continue,
        };
        let (name, mnemonic) = (operand.name, &instruction.mnemonic);
        return Some(format!(
            "operand {} (`{name}`) of `{mnemonic}` must be {expected}",
            i + 1
        ));
    }
    None
}
