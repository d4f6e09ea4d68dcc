//! Addresses and bytes.

use super::builder::{Arg, Item, Label};
use super::program::{AssemblyError, Program};
use crate::isa::{self, Instruction, Kind};

struct Layout<'a> {
    items: &'a [Item],
    names: &'a [Option<String>],
    labels: Vec<Option<u32>>,
    /// Address of each item, and of the end.
    addresses: Vec<u32>,
}

fn error(line: usize, message: impl Into<String>) -> AssemblyError {
    AssemblyError {
        line,
        message: message.into(),
    }
}

pub(super) fn assemble(
    items: &[Item],
    names: &[Option<String>],
    base: u32,
) -> Result<Program, AssemblyError> {
    let mut layout = Layout {
        items,
        names,
        labels: vec![None; names.len()],
        addresses: Vec::new(),
    };
    layout.place(base)?;
    let mut program = Program {
        base,
        ..Program::default()
    };
    for (i, item) in items.iter().enumerate() {
        layout.emit(i, item, &mut program)?;
    }
    for (name, address) in names.iter().zip(&layout.labels) {
        if let (Some(name), Some(address)) = (name, address) {
            program.symbols.insert(name.clone(), *address);
        }
    }
    Ok(program)
}

impl Layout<'_> {
    fn place(&mut self, base: u32) -> Result<(), AssemblyError> {
        let mut address = base;
        let mut code = false;
        for (i, item) in self.items.iter().enumerate() {
            self.addresses.push(address);
            let size = match item {
                Item::Instruction { instruction, .. } => {
                    code = true;
                    instruction.length()
                }
                Item::Bytes { bytes, .. } => {
                    code = false;
                    bytes.len() as u32
                }
                Item::Word { size, .. } => {
                    code = false;
                    *size as u32
                }
                Item::Bind(label) => {
                    if self.labels[label.0].replace(address).is_some() {
                        return Err(error(
                            0,
                            format!("label {} has two places", self.name(*label)),
                        ));
                    }
                    0
                }
                Item::Align(alignment) => padding(address, *alignment, code),
                Item::AlignLoop => self.loop_padding(i, address),
            };
            let next = address.checked_add(size);
            address =
                next.ok_or_else(|| error(0, "the program runs past the end of the address space"))?;
        }
        self.addresses.push(address);
        Ok(())
    }

    /// Bytes in front of a loop instruction at `address` so that its body
    /// starts inside one aligned 4-byte fetch.
    fn loop_padding(&self, item: usize, address: u32) -> u32 {
        let mut lengths = self.items[item..].iter().filter_map(|i| match i {
            Item::Instruction { instruction, .. } => Some(instruction.length()),
            _ => None,
        });
        let (Some(own), Some(first)) = (lengths.next(), lengths.next()) else {
            return 0;
        };
        let fits = |pad: &u32| (address + pad + own) % 4 + first <= 4;
        [0, 2, 3, 5].into_iter().find(fits).unwrap_or(0)
    }

    fn name(&self, label: Label) -> String {
        self.names[label.0]
            .clone()
            .unwrap_or_else(|| format!("number {}", label.0))
    }

    fn address(&self, label: Label, line: usize) -> Result<i64, AssemblyError> {
        self.labels[label.0].map(i64::from).ok_or_else(|| {
            error(
                line,
                format!("label {} is used but not defined", self.name(label)),
            )
        })
    }

    /// Number that an argument stands for in an instruction or datum at `here`.
    fn value(&self, arg: Arg, here: u32, line: usize) -> Result<i64, AssemblyError> {
        Ok(match arg {
            Arg::Register(_, number) => number.into(),
            Arg::Number(number) => number,
            Arg::Label(label, offset) => self.address(label, line)? + offset,
            Arg::Here(offset) => i64::from(here) + offset,
            Arg::Difference(a, b, offset) => {
                self.address(a, line)? - self.address(b, line)? + offset
            }
        })
    }

    fn emit(&self, index: usize, item: &Item, program: &mut Program) -> Result<(), AssemblyError> {
        let address = self.addresses[index];
        let size = self.addresses[index + 1] - address;
        match item {
            Item::Instruction {
                instruction,
                args,
                line,
            } => {
                if instruction.mnemonic.starts_with("loop") {
                    self.check_loop(index, args[1], address, *line)?;
                }
                let word = self.encode(instruction, args, address, *line)?;
                program.bytes.extend(&word.to_le_bytes()[..size as usize]);
                program.lines.push((address, size, *line));
            }
            Item::Bytes { bytes, line } => {
                program.bytes.extend(bytes);
                program.lines.push((address, size, *line));
            }
            Item::Word { value, line, .. } => {
                let value = self.value(*value, address, *line)?;
                let bits = 8 * size;
                if value < -1 << (bits - 1) || value >= 1 << bits {
                    return Err(error(
                        *line,
                        format!("{value} does not fit in {size} bytes"),
                    ));
                }
                program.bytes.extend(&value.to_le_bytes()[..size as usize]);
                program.lines.push((address, size, *line));
            }
            Item::Bind(_) => {}
            Item::AlignLoop => program.bytes.extend(nops(size)),
            Item::Align(_) => {
                let behind_code = self.items[..index].iter().rev().find_map(|i| match i {
                    Item::Instruction { .. } => Some(true),
                    Item::Bytes { .. } | Item::Word { .. } => Some(false),
                    _ => None,
                });
                if behind_code == Some(true) {
                    program.bytes.extend(nops(size));
                } else {
                    program.bytes.extend(std::iter::repeat_n(0, size as usize));
                }
            }
        }
        Ok(())
    }

    fn encode(
        &self,
        instruction: &Instruction,
        args: &[Arg],
        address: u32,
        line: usize,
    ) -> Result<u32, AssemblyError> {
        let mut values = Vec::with_capacity(args.len());
        for (operand, arg) in instruction.operands.iter().zip(args) {
            let value = self.value(*arg, address, line)?;
            let wide = matches!(operand.kind, Kind::Target { .. }) && u32::try_from(value).is_ok();
            let fits = i32::try_from(value)
                .ok()
                .or(wide.then_some(value as u32 as i32));
            values
                .push(fits.ok_or_else(|| error(line, format!("{value} does not fit in 32 bits")))?);
        }
        instruction
            .encode(&values, address)
            .map_err(|e| error(line, e.to_string()))
    }

    /// Checks the body of a loop instruction: its length and its last instruction.
    fn check_loop(
        &self,
        index: usize,
        end: Arg,
        address: u32,
        line: usize,
    ) -> Result<(), AssemblyError> {
        let end = self.value(end, address, line)? as u32;
        let body = end.wrapping_sub(self.addresses[index + 1]);
        if body > 256 {
            return Err(error(
                line,
                format!("loop body of {body} bytes; hardware loops take at most 256"),
            ));
        }
        let last = self
            .items
            .iter()
            .enumerate()
            .skip(index + 1)
            .find_map(|(i, item)| match item {
                Item::Instruction {
                    instruction, line, ..
                } if self.addresses[i + 1] == end => Some((instruction, *line)),
                _ => None,
            });
        if let Some((last, line)) = last {
            let name = last.mnemonic.as_str();
            if name.starts_with("call") || matches!(name, "isync" | "waiti" | "rsr.lcount") {
                return Err(error(
                    line,
                    format!("`{name}` must not be the last instruction of a hardware loop"),
                ));
            }
        }
        Ok(())
    }
}

/// Bytes up to a multiple of `alignment`. A gap of 1 has no `nop`; behind code
/// the gap is made larger.
fn padding(address: u32, alignment: u32, code: bool) -> u32 {
    let gap = address.next_multiple_of(alignment) - address;
    if code && gap == 1 {
        gap + alignment.max(2).next_multiple_of(alignment)
    } else {
        gap
    }
}

/// `size` bytes of `nop.n` and `nop`.
fn nops(size: u32) -> Vec<u8> {
    let encode = |name| {
        let nop = isa::find(name).expect("in the table");
        nop.encoding.value.to_le_bytes()[..nop.length() as usize].to_vec()
    };
    let mut bytes = Vec::new();
    if size % 2 == 1 && size > 1 {
        bytes = encode("nop");
    }
    while bytes.len() < size as usize {
        bytes.extend(encode("nop.n"));
    }
    bytes.truncate(size as usize);
    bytes
}
