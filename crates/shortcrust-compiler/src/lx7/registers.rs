//! Sets of registers: what a piece of code may overwrite, and what it must keep.

use std::fmt;

use lx7::asm::{A, Arg, Q};
use lx7::isa::{File, Instruction, State};

/// A set of registers, of state that instructions use without naming it, and of words of the stack frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Registers(u128);

/// The files, and the first bit of each in a set.
const FILES: [(File, u32); 5] = [
    (File::A, 0),
    (File::Q, 16),
    (File::F, 24),
    (File::M, 40),
    (File::B, 44),
];
/// The first bit of [`State`]s.
const STATES: u32 = 60;
/// The first bit of words of the stack frame, and how many have one.
const SLOTS: u32 = STATES + lx7::isa::STATES as u32;
const MOST_SLOTS: u32 = u128::BITS - SLOTS;

/// Names of the state that kernels use.
const NAMES: [(State, &str); 6] = [
    (State::Sar, "SAR"),
    (State::SarByte, "SAR_BYTE"),
    (State::Accx, "ACCX"),
    (State::QaccL, "QACC_L"),
    (State::QaccH, "QACC_H"),
    (State::Loop, "the hardware loop"),
];

impl Registers {
    pub(super) const NONE: Self = Self(0);
    /// All vector registers.
    pub(super) const VECTORS: Self = Self(0xff << FILES[1].1);
    /// The accumulators of lanes.
    pub(super) const QACC: Self = Self::state(State::QaccL).and(Self::state(State::QaccH));
    /// The accumulator of one sum.
    pub(super) const ACCX: Self = Self::state(State::Accx);
    /// The hardware loop.
    pub(super) const LOOP: Self = Self::state(State::Loop);
    /// The shift amount.
    pub(super) const SAR: Self = Self::state(State::Sar);

    /// The byte shift amount of unaligned loads.
    pub(super) const SAR_BYTE: Self = Self::state(State::SarByte);

    /// Some address registers.
    pub(super) const fn of(registers: &[A]) -> Self {
        let (mut set, mut index) = (0, 0);
        while index < registers.len() {
            set |= 1 << registers[index].0;
            index += 1;
        }
        Self(set)
    }

    /// Some vector registers.
    pub(super) const fn vectors(registers: &[Q]) -> Self {
        let (mut set, mut index) = (0, 0);
        while index < registers.len() {
            set |= 1 << (FILES[1].1 + registers[index].0 as u32);
            index += 1;
        }
        Self(set)
    }

    /// State that instructions use without naming it.
    pub(super) const fn state(state: State) -> Self {
        Self(1 << (STATES + state as u32))
    }

    /// The word of the stack frame that starts at `offset`.
    pub(super) fn slot(offset: i32) -> Self {
        let number = u32::try_from(offset / 4).unwrap_or(MOST_SLOTS);
        Self(1u128.checked_shl(SLOTS + number).unwrap_or(0))
    }

    /// Both sets.
    pub(super) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// What is in both sets.
    pub(super) const fn common(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// What is not in the other set.
    pub(super) const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// All that is not in the set.
    pub(super) const fn others(self) -> Self {
        Self(!self.0)
    }

    /// What an instruction defines, as the core's instruction table says.
    pub(super) fn defined_by(instruction: &Instruction, arguments: &[Arg]) -> Self {
        // A pointer that is moved on by 0 stays what it is.
        let stays = instruction.mnemonic.ends_with(".ip") && arguments.contains(&Arg::Number(0));
        let operands = instruction.operands.iter().zip(arguments);
        let named = operands.filter_map(|(operand, argument)| match argument {
            Arg::Register(File::A, _) if stays && operand.used.is_some() => None,
            Arg::Register(file, number) if operand.defined.is_some() => {
                let (_, first) = FILES.iter().find(|(known, _)| known == file)?;
                Some(Self(1 << (first + u32::from(*number))))
            }
            _ => None,
        });
        let state = instruction.state.iter();
        let implied = state.filter(|state| state.defined.is_some());
        let stored = match (instruction.mnemonic.as_str(), arguments) {
            ("s32i" | "s32i.n", [_, Arg::Register(File::A, 1), Arg::Number(offset)]) => {
                Self::slot(*offset as i32)
            }
            _ => Self::NONE,
        };
        named
            .chain(implied.map(|state| Self::state(state.state)))
            .fold(stored, Self::and)
    }

    fn numbers(self, first: u32, count: u32) -> impl Iterator<Item = u32> {
        (0..count).filter(move |number| self.0 >> (first + number) & 1 == 1)
    }
}

impl fmt::Display for Registers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Vec::new();
        for (file, first) in FILES {
            let numbers = self.numbers(first, u32::from(file.size()));
            names.extend(numbers.map(|number| format!("{}{number}", file.letter())));
        }
        for (state, name) in NAMES {
            if self.common(Self::state(state)) != Self::NONE {
                names.push(name.to_owned());
            }
        }
        let slots = self.numbers(SLOTS, MOST_SLOTS);
        names.extend(slots.map(|number| format!("frame word {number}")));
        f.write_str(&names.join(", "))
    }
}
