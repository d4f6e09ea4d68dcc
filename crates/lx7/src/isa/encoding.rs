//! Bit patterns of instruction words, as the manual writes them.
//!
//! A pattern lists the word from its most to its least significant bit:
//! `0` and `1` are opcode bits, `name[high:low]` or `name[bit]` are bits of the
//! operand called `name`, and spaces separate. Opcode bits must stand apart
//! from names. The word is stored little-endian in memory.

/// A run of consecutive operand bits inside the instruction word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// Lowest bit of the run in the instruction word.
    word_bit: u8,
    /// Lowest bit of the run in the operand's field.
    field_bit: u8,
    /// Number of bits.
    width: u8,
}

/// Where one operand's field lies in the instruction word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Field {
    runs: Vec<Run>,
}

impl Field {
    /// Number of bits in the field.
    pub fn width(&self) -> u32 {
        self.runs.iter().map(|r| u32::from(r.width)).sum()
    }

    /// Reads the field from an instruction word.
    pub fn extract(&self, word: u32) -> u32 {
        self.runs.iter().fold(0, |value, r| {
            value | (word >> r.word_bit & ones(r.width)) << r.field_bit
        })
    }

    /// The instruction-word bits that hold `value`.
    pub fn insert(&self, value: u32) -> u32 {
        self.runs.iter().fold(0, |word, r| {
            word | (value >> r.field_bit & ones(r.width)) << r.word_bit
        })
    }
}

fn ones(width: u8) -> u32 {
    ((1u64 << width) - 1) as u32
}

/// The fixed bits of an instruction and the fields of its operands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoding {
    /// Bits that are the same in every instance.
    pub mask: u32,
    /// Value of the fixed bits.
    pub value: u32,
    /// Instruction length in bytes: 2, 3 or 4.
    pub length: u8,
    /// One field for each operand, in operand order.
    pub fields: Vec<Field>,
}

impl Encoding {
    /// Parses a pattern for operands called `names`.
    ///
    /// # Panics
    ///
    /// If the pattern is malformed. Patterns are constants of this crate, and
    /// a unit test parses all of them.
    pub(super) fn parse(pattern: &str, names: &[&str]) -> Self {
        let tokens: Vec<&str> = pattern.split_whitespace().collect();
        let width_of = |token: &str| match token.split_once('[') {
            None => token.len(),
            Some((_, range)) => {
                let (high, low) = bit_range(range);
                usize::from(high - low + 1)
            }
        };
        let total: usize = tokens.iter().map(|t| width_of(t)).sum();
        assert!(matches!(total, 16 | 24 | 32), "{pattern}: {total} bits");
        let mut encoding = Encoding {
            mask: 0,
            value: 0,
            length: (total / 8) as u8,
            fields: vec![Field::default(); names.len()],
        };
        let mut position = total;
        for token in tokens {
            let width = width_of(token);
            position -= width;
            match token.split_once('[') {
                None => {
                    encoding.mask |= ones(width as u8) << position;
                    let bits = u32::from_str_radix(token, 2).expect("opcode bits");
                    encoding.value |= bits << position;
                }
                Some((name, range)) => {
                    let operand = names.iter().position(|n| *n == name);
                    let operand = operand.unwrap_or_else(|| panic!("{pattern}: no operand {name}"));
                    encoding.fields[operand].runs.push(Run {
                        word_bit: position as u8,
                        field_bit: bit_range(range).1,
                        width: width as u8,
                    });
                }
            }
        }
        encoding
    }
}

/// Reads `high:low]` or `bit]`.
fn bit_range(text: &str) -> (u8, u8) {
    let text = text.trim_end_matches(']');
    let (high, low) = text.split_once(':').unwrap_or((text, text));
    (high.parse().expect("bit"), low.parse().expect("bit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_fields_come_back_in_order() {
        let e = Encoding::parse(
            "1 imm[7] qu[2:1] 0011 qu[0] imm[6:0] as[3:0] 0100",
            &["qu", "as", "imm"],
        );
        assert_eq!(e.length, 3);
        let word =
            e.value | e.fields[0].insert(5) | e.fields[1].insert(9) | e.fields[2].insert(0x81);
        assert_eq!(e.fields[0].extract(word), 5);
        assert_eq!(e.fields[1].extract(word), 9);
        assert_eq!(e.fields[2].extract(word), 0x81);
        assert_eq!(word & e.mask, e.value);
    }
}
