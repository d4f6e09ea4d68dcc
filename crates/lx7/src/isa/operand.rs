//! Operands: which register file or which numbers, in which direction, and at
//! which pipeline stage.

/// A register file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum File {
    /// Address registers `a0`-`a15`, the window onto 64 physical ones.
    A,
    /// Floating-point registers `f0`-`f15`.
    F,
    /// 128-bit vector registers `q0`-`q7`.
    Q,
    /// MAC16 data registers `m0`-`m3`.
    M,
    /// Booleans `b0`-`b15`.
    B,
}

impl File {
    /// Prefix of the register names.
    pub fn letter(self) -> char {
        match self {
            File::A => 'a',
            File::F => 'f',
            File::Q => 'q',
            File::M => 'm',
            File::B => 'b',
        }
    }

    /// Number of registers that an instruction can name.
    pub fn size(self) -> u8 {
        match self {
            File::A | File::F | File::B => 16,
            File::Q => 8,
            File::M => 4,
        }
    }
}

/// The numbers an immediate can take and how they become field bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// `min..=max` in steps of `step`; the field holds `(value - offset) / step`
    /// modulo its width.
    Range {
        /// Smallest value.
        min: i32,
        /// Largest value.
        max: i32,
        /// Distance of neighbours.
        step: i32,
        /// Value whose field is 0.
        offset: i32,
    },
    /// The field is an index into this list.
    List(&'static [i32]),
}

impl Values {
    /// Field bits of `value`, or `None` when it is not allowed.
    pub fn encode(self, value: i32) -> Option<u32> {
        match self {
            Values::Range {
                min,
                max,
                step,
                offset,
            } => {
                let in_range = (min..=max).contains(&value);
                let difference = value.wrapping_sub(offset);
                (in_range && difference % step == 0).then_some((difference / step) as u32)
            }
            Values::List(list) => list.iter().position(|v| *v == value).map(|i| i as u32),
        }
    }

    /// Value of a field of `width` bits, or `None` when no value has it.
    pub fn decode(self, field: u32, width: u32) -> Option<i32> {
        match self {
            Values::Range {
                min,
                max,
                step,
                offset,
            } => {
                let span = i64::from(step) << width;
                let mut value = i64::from(offset) + i64::from(field) * i64::from(step);
                if value > i64::from(max) {
                    value -= span;
                }
                (value >= i64::from(min)).then_some(value as i32)
            }
            Values::List(list) => list.get(field as usize).copied(),
        }
    }

    /// The allowed values in words, for error messages.
    pub fn describe(self) -> String {
        match self {
            Values::Range {
                min, max, step: 1, ..
            } => format!("{min} to {max}"),
            Values::Range { min, max, step, .. } => format!("{min} to {max} in steps of {step}"),
            Values::List(list) => {
                let mut sorted = list.to_vec();
                sorted.sort_unstable();
                let texts: Vec<String> = sorted.iter().map(i32::to_string).collect();
                format!("one of {}", texts.join(", "))
            }
        }
    }
}

/// The address a program-relative operand counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The instruction's own address.
    Own,
    /// The instruction's own address rounded down to a multiple of 4.
    Down4,
    /// The instruction's own address rounded up to a multiple of 4.
    Up4,
}

impl Base {
    /// The base address for an instruction at `pc`.
    pub fn address(self, pc: u32) -> u32 {
        match self {
            Base::Own => pc,
            Base::Down4 => pc & !3,
            Base::Up4 => pc.wrapping_add(3) & !3,
        }
    }
}

/// What an operand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Register number `first + step * field`.
    Register {
        /// Register file.
        file: File,
        /// Lowest register.
        first: u8,
        /// Distance of neighbours.
        step: u8,
    },
    /// A number.
    Immediate(Values),
    /// An address, encoded relative to the instruction.
    Target {
        /// Allowed distances from the base.
        values: Values,
        /// What the distance counts from.
        base: Base,
    },
}

/// One operand of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operand {
    /// Field name, as in the encoding pattern.
    pub name: &'static str,
    /// Register file or allowed numbers.
    pub kind: Kind,
    /// Pipeline stage that reads the register, if it is read.
    pub used: Option<u8>,
    /// Pipeline stage that produces the register, if it is written.
    pub defined: Option<u8>,
}

impl Operand {
    /// The register file of a register operand.
    pub fn file(&self) -> Option<File> {
        match self.kind {
            Kind::Register { file, .. } => Some(file),
            _ => None,
        }
    }
}

impl File {
    fn operand(self, name: &'static str, used: Option<u8>, defined: Option<u8>) -> Operand {
        let kind = Kind::Register {
            file: self,
            first: 0,
            step: 1,
        };
        Operand {
            name,
            kind,
            used,
            defined,
        }
    }

    /// A register read at stage 1.
    pub(super) fn input(self, name: &'static str) -> Operand {
        self.operand(name, Some(1), None)
    }

    /// A register read at `stage`.
    pub(super) fn input_at(self, name: &'static str, stage: u8) -> Operand {
        self.operand(name, Some(stage), None)
    }

    /// A register ready after stage 1.
    pub(super) fn output(self, name: &'static str) -> Operand {
        self.operand(name, None, Some(1))
    }

    /// A register ready after `stage`.
    pub(super) fn output_at(self, name: &'static str, stage: u8) -> Operand {
        self.operand(name, None, Some(stage))
    }

    /// A register read and rewritten in stage 1.
    pub(super) fn inout(self, name: &'static str) -> Operand {
        self.operand(name, Some(1), Some(1))
    }

    /// A register read at stage `used`, ready after stage `defined`.
    pub(super) fn inout_at(self, name: &'static str, used: u8, defined: u8) -> Operand {
        self.operand(name, Some(used), Some(defined))
    }

    /// The first of `step` neighbouring registers, all read at stage 1.
    pub(super) fn aligned_in(self, name: &'static str, step: u8) -> Operand {
        let kind = Kind::Register {
            file: self,
            first: 0,
            step,
        };
        Operand {
            name,
            kind,
            used: Some(1),
            defined: None,
        }
    }

    /// Register `first` or the one after it, read at stage 1.
    pub(super) fn pair_in(self, name: &'static str, first: u8) -> Operand {
        let kind = Kind::Register {
            file: self,
            first,
            step: 1,
        };
        Operand {
            name,
            kind,
            used: Some(1),
            defined: None,
        }
    }
}

fn number(name: &'static str, kind: Kind) -> Operand {
    Operand {
        name,
        kind,
        used: None,
        defined: None,
    }
}

/// A number `min..=max` in steps of `step`, field 0 meaning 0.
pub(super) fn imm(name: &'static str, min: i32, max: i32, step: i32) -> Operand {
    imm_from(name, min, max, step, 0)
}

/// A number `min..=max` in steps of `step`, field 0 meaning `offset`.
pub(super) fn imm_from(name: &'static str, min: i32, max: i32, step: i32, offset: i32) -> Operand {
    number(
        name,
        Kind::Immediate(Values::Range {
            min,
            max,
            step,
            offset,
        }),
    )
}

/// A number from a list.
pub(super) fn list(name: &'static str, values: &'static [i32]) -> Operand {
    number(name, Kind::Immediate(Values::List(values)))
}

fn target(min: i32, max: i32, step: i32, offset: i32, base: Base) -> Operand {
    number(
        "target",
        Kind::Target {
            values: Values::Range {
                min,
                max,
                step,
                offset,
            },
            base,
        },
    )
}

/// A branch target, `min..=max` bytes from the instruction.
pub(super) fn branch_target(min: i32, max: i32) -> Operand {
    target(min, max, 1, 4, Base::Own)
}

/// The end of a hardware loop, behind the instruction.
pub(super) fn loop_target() -> Operand {
    target(4, 259, 1, 4, Base::Own)
}

/// The 4-byte aligned entry of a called function.
pub(super) fn call_target() -> Operand {
    target(-524_284, 524_288, 4, 4, Base::Down4)
}

/// A 4-byte aligned literal in front of the instruction.
pub(super) fn literal() -> Operand {
    target(-262_144, -4, 4, 0, Base::Up4)
}

/// Comparison constants of `beqi`, `bnei`, `bgei` and `blti`.
pub(super) static B4: [i32; 16] = [-1, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256];
/// Comparison constants of `bgeui` and `bltui`.
pub(super) static B4U: [i32; 16] = [
    32768, 65536, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 32, 64, 128, 256,
];
/// Addends of `addi.n`.
pub(super) static ADDI_N: [i32; 16] = [-1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// Shift amounts of `slli`; the field holds 32 less the amount.
pub(super) static SLLI: [i32; 32] = {
    let mut amounts = [0; 32];
    let mut i = 0;
    while i < 32 {
        amounts[i] = 32 - i as i32;
        i += 1;
    }
    amounts
};
