//! The text assembler: GNU syntax as kernels use it.

use super::builder::{Arg, Builder, Label};
use super::expression::{self, Value};
use super::program::{AssemblyError, Program};
use crate::isa::{self, File, Instruction, Kind};
use std::collections::HashMap;

/// Assembles `source` at address `base`.
///
/// Understood: instructions in GNU syntax, `label:`, local labels (`1:`, `1b`,
/// `1f`), `.`, expressions, comments (`#`, `//`, `/* */`), `;` between
/// statements, and the directives `.align`, `.balign` (bytes), `.p2align`,
/// `.word`, `.long`, `.int`, `.short`, `.half`, `.byte`, `.ascii`, `.asciz`,
/// `.string`, `.space`, `.skip`, `.zero`, `.set`, `.equ`, `.literal`.
/// Directives about sections, symbol types and debugging are accepted and have
/// no effect. Loops with a label as their end are aligned as the GNU assembler
/// aligns them; nothing else is changed or relaxed.
///
/// # Errors
///
/// [`AssemblyError`] with the line and what is wrong with it.
pub fn assemble(source: &str, base: u32) -> Result<Program, AssemblyError> {
    let mut text = Text::default();
    let mut comment = false;
    for (index, line) in source.lines().enumerate() {
        text.builder.set_line(index + 1);
        let line = strip_comments(line, &mut comment);
        for statement in split_outside_quotes(&line, ';') {
            text.statement(statement.trim())
                .map_err(|message| AssemblyError {
                    line: index + 1,
                    message,
                })?;
        }
    }
    text.builder.finish(base)
}

/// Assembles one instruction at address `pc`; `.` in its operands is `pc`.
///
/// # Errors
///
/// What is wrong with it.
pub fn assemble_instruction(text: &str, pc: u32) -> Result<Vec<u8>, AssemblyError> {
    let mut state = Text::default();
    let fail = |message| AssemblyError { line: 1, message };
    state.builder.set_line(1);
    state.instruction(text.trim(), false).map_err(fail)?;
    Ok(state.builder.finish(pc)?.bytes)
}

/// Removes comments; `inside` says whether a block comment is open.
fn strip_comments(line: &str, inside: &mut bool) -> String {
    let mut kept = String::new();
    let mut quoted = false;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if *inside {
            *inside = !rest.starts_with("*/");
            rest = &rest[if *inside { c.len_utf8() } else { 2 }..];
        } else if !quoted && rest.starts_with("/*") {
            *inside = true;
            kept.push(' ');
            rest = &rest[2..];
        } else if !quoted && (c == '#' || rest.starts_with("//")) {
            break;
        } else {
            quoted ^= c == '"' && !kept.ends_with('\\');
            kept.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    kept
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (i, c) in text.char_indices() {
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        if c == separator && !quoted {
            parts.push(&text[start..i]);
            start = i + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

#[derive(Default)]
struct LocalLabel {
    last: Option<Label>,
    next: Option<Label>,
}

#[derive(Default)]
struct Text {
    builder: Builder,
    labels: HashMap<String, Label>,
    local: HashMap<u32, LocalLabel>,
    constants: HashMap<String, i64>,
    /// Where `.` in a data directive is.
    here: Option<Label>,
}

impl Text {
    fn statement(&mut self, mut text: &str) -> Result<(), String> {
        while let Some((name, rest)) = text.split_once(':') {
            let name = name.trim();
            if name.is_empty()
                || !name
                    .chars()
                    .all(|c| c.is_alphanumeric() || "_.$".contains(c))
            {
                break;
            }
            self.define(name);
            text = rest.trim();
        }
        if text.is_empty() {
            Ok(())
        } else if text.starts_with('.') {
            self.directive(text)
        } else {
            self.instruction(text, true)
        }
    }

    fn define(&mut self, name: &str) {
        let label = if let Ok(number) = name.parse() {
            let next = self.local.entry(number).or_default().next.take();
            let label = next.unwrap_or_else(|| self.builder.label());
            self.local.entry(number).or_default().last = Some(label);
            label
        } else {
            self.named(name)
        };
        self.builder.bind(label);
    }

    fn named(&mut self, name: &str) -> Label {
        if let Some(label) = self.labels.get(name) {
            return *label;
        }
        let label = self.builder.named_label(name);
        self.labels.insert(name.to_owned(), label);
        label
    }

    fn label(&mut self, name: &str) -> Result<Label, String> {
        let (number, direction) = name.split_at(name.len().saturating_sub(1));
        if let (Ok(number), "b" | "f") = (number.parse::<u32>(), direction) {
            let local = self.local.entry(number).or_default();
            return if direction == "b" {
                local.last.ok_or_else(|| {
                    format!("there is no local label {number} in front of this line")
                })
            } else {
                Ok(*local.next.get_or_insert_with(|| self.builder.label()))
            };
        }
        Ok(self.named(name))
    }

    fn expression(&self, text: &str) -> Result<Value, String> {
        expression::parse(text, &|name| self.constants.get(name).copied())
    }

    fn constant(&self, text: &str) -> Result<i64, String> {
        let value = self.expression(text)?;
        if value.plus.is_empty() && value.minus.is_empty() {
            Ok(value.number)
        } else {
            Err(format!("`{text}` must be a number"))
        }
    }

    /// Operand from an expression.
    fn arg(&mut self, text: &str) -> Result<Arg, String> {
        let value = self.expression(text)?;
        match (value.plus.as_slice(), value.minus.as_slice()) {
            ([], []) => Ok(Arg::Number(value.number)),
            ([dot], []) if dot == "." => Ok(match self.here {
                Some(label) => Arg::Label(label, value.number),
                None => Arg::Here(value.number),
            }),
            ([a], []) => Ok(Arg::Label(self.label(a)?, value.number)),
            ([a], [b]) => {
                let (a, b) = (self.point(a)?, self.point(b)?);
                Ok(Arg::Difference(a, b, value.number))
            }
            _ => Err(format!("`{text}` is no label plus or minus a number")),
        }
    }

    /// A label in a difference, where `.` needs a label of its own.
    fn point(&mut self, name: &str) -> Result<Label, String> {
        if name != "." {
            return self.label(name);
        }
        let label = self.builder.label();
        self.builder.bind(label);
        Ok(label)
    }

    fn instruction(&mut self, text: &str, align_loops: bool) -> Result<(), String> {
        let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let mut mnemonic = name.trim_start_matches('_').to_ascii_lowercase();
        let mut operands: Vec<&str> = if rest.trim().is_empty() {
            Vec::new()
        } else {
            rest.split(',').map(str::trim).collect()
        };
        expand_alias(&mut mnemonic, &mut operands);
        let instruction = isa::find(&mnemonic)
            .ok_or_else(|| format!("`{mnemonic}` is no instruction of this core"))?;
        let args = self.args(instruction, &operands)?;
        if align_loops
            && mnemonic.starts_with("loop")
            && matches!(args.get(1), Some(Arg::Label(..)))
        {
            self.builder.align_loop();
        }
        self.builder.op(&mnemonic, args.as_slice());
        Ok(())
    }

    fn args(&mut self, instruction: &Instruction, operands: &[&str]) -> Result<Vec<Arg>, String> {
        let mut args = Vec::new();
        for (i, text) in operands.iter().enumerate() {
            let kind = instruction.operands.get(i).map(|o| o.kind);
            args.push(match (register(text), kind) {
                (Some((file, number)), _) => Arg::Register(file, number),
                (None, Some(Kind::Register { file, .. })) => {
                    return Err(format!(
                        "operand {} of `{}` must be a register {2}0-{2}{3}, not `{text}`",
                        i + 1,
                        instruction.mnemonic,
                        file.letter(),
                        file.size() - 1
                    ));
                }
                (None, _) => self.arg(text)?,
            });
        }
        Ok(args)
    }

    fn directive(&mut self, text: &str) -> Result<(), String> {
        let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        let parts: Vec<&str> = split_outside_quotes(rest, ',')
            .into_iter()
            .map(str::trim)
            .collect();
        let size = match name {
            ".word" | ".long" | ".int" | ".4byte" => 4,
            ".short" | ".half" | ".hword" | ".2byte" => 2,
            ".byte" => 1,
            _ => 0,
        };
        match name {
            _ if size > 0 => {
                let here = self.builder.label();
                self.builder.bind(here);
                self.here = Some(here);
                for part in parts {
                    let value = self.arg(part);
                    self.builder.datum(value?, size);
                }
                self.here = None;
            }
            ".align" | ".balign" | ".p2align" => {
                let number = self.constant(parts[0])?;
                let bytes = if name == ".p2align" {
                    1i64.checked_shl(number as u32).unwrap_or(0)
                } else {
                    number
                };
                let allowed = u32::try_from(bytes)
                    .ok()
                    .filter(|b| b.is_power_of_two() && *b <= 1 << 16);
                let bytes = allowed
                    .ok_or_else(|| format!("alignment {number} is no power of two up to 65536"))?;
                self.builder.align(bytes);
            }
            ".space" | ".skip" | ".zero" => {
                let count = self.constant(parts[0])?;
                let fill = parts.get(1).map_or(Ok(0), |p| self.constant(p))?;
                let allowed = usize::try_from(count).ok().filter(|c| *c <= 1 << 24);
                let count = allowed
                    .ok_or_else(|| format!("{count} bytes of space; allowed: 0 to 16777216"))?;
                self.builder.bytes(vec![fill as u8; count]);
            }
            ".ascii" | ".asciz" | ".string" => {
                for part in parts {
                    let mut bytes = string(part)?;
                    if name != ".ascii" {
                        bytes.push(0);
                    }
                    self.builder.bytes(bytes);
                }
            }
            ".set" | ".equ" => {
                let [symbol, value] = parts[..] else {
                    return Err(format!("`{name}` takes a name and a number"));
                };
                let value = self.constant(value)?;
                self.constants.insert(symbol.to_owned(), value);
            }
            ".literal" => {
                let [symbol, values @ ..] = &parts[..] else {
                    unreachable!("split gives a part")
                };
                self.builder.align(4);
                self.define(symbol);
                for value in values {
                    let value = self.arg(value)?;
                    self.builder.datum(value, 4);
                }
            }
            ".text" | ".data" | ".section" | ".previous" | ".global" | ".globl" | ".weak"
            | ".hidden" | ".local" | ".type" | ".size" | ".file" | ".ident" | ".loc"
            | ".literal_position" | ".begin" | ".end" => {}
            _ if name.starts_with(".cfi_") => {}
            _ => return Err(format!("`{name}` is no directive of this assembler")),
        }
        Ok(())
    }
}

/// Replaces forms that GNU as accepts for instructions of another name.
fn expand_alias(mnemonic: &mut String, operands: &mut Vec<&str>) {
    match (mnemonic.as_str(), operands.as_slice()) {
        ("mov", [target, source]) => {
            let (target, source) = (*target, *source);
            *operands = vec![target, source, source];
            *mnemonic = "or".to_owned();
        }
        ("rsr" | "wsr" | "xsr" | "rur" | "wur", [register, name]) => {
            let number = |find: fn(u8) -> Option<&'static str>| name.parse().ok().and_then(find);
            let known = if mnemonic.ends_with("sr") {
                number(isa::special_register_name)
            } else {
                number(isa::user_register_name)
            };
            *mnemonic = format!(
                "{mnemonic}.{}",
                known.map_or_else(|| name.to_ascii_lowercase(), str::to_owned)
            );
            *operands = vec![*register];
        }
        ("lsiu", _) => *mnemonic = "lsip".to_owned(),
        ("ssiu", _) => *mnemonic = "ssip".to_owned(),
        ("lsxu", _) => *mnemonic = "lsxp".to_owned(),
        ("ssxu", _) => *mnemonic = "ssxp".to_owned(),
        _ => {}
    }
}

/// Register file and number of a register name.
fn register(text: &str) -> Option<(File, u8)> {
    if text == "sp" {
        return Some((File::A, 1));
    }
    let file = match text.chars().next()? {
        'a' => File::A,
        'f' => File::F,
        'q' => File::Q,
        'm' => File::M,
        'b' => File::B,
        _ => return None,
    };
    let digits = &text[1..];
    let canonical = digits == "0" || !digits.starts_with('0');
    let number: u8 = digits
        .parse()
        .ok()
        .filter(|_| canonical && digits.bytes().all(|b| b.is_ascii_digit()))?;
    (number < file.size()).then_some((file, number))
}

/// The bytes of a quoted string.
fn string(text: &str) -> Result<Vec<u8>, String> {
    let inner = text
        .strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .ok_or_else(|| format!("`{text}` is no quoted string"))?;
    let mut bytes = Vec::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        let c = match c {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some('0') => '\0',
                Some(other) => other,
                None => return Err("a string ends in a backslash".to_owned()),
            },
            c => c,
        };
        bytes.extend(c.encode_utf8(&mut [0; 4]).bytes());
    }
    Ok(bytes)
}
