//! The instruction reference, printed from the table.

use super::{Instruction, Kind, Unit, instructions};
use std::fmt::Write;

/// A Markdown table of all instructions: syntax, bit pattern, operands with
/// range and stages, implicit state, function unit.
pub fn reference() -> String {
    let mut text = String::from(
        "| Syntax | Word, high to low bit | Operands | State | Unit |\n| --- | --- | --- | --- | --- |\n",
    );
    for row in instructions() {
        let names: Vec<&str> = row.operands.iter().map(|o| o.name).collect();
        let _ = writeln!(
            text,
            "| `{} {}` | `{}` | {} | {} | {} |",
            row.mnemonic,
            names.join(", "),
            row.pattern,
            operands(row),
            state(row),
            if row.unit == Unit::None {
                String::new()
            } else {
                format!("{:?}", row.unit)
            },
        );
    }
    text
}

fn stages(used: Option<u8>, defined: Option<u8>) -> String {
    match (used, defined) {
        (Some(u), Some(d)) => format!("read@{u} write@{d}"),
        (Some(u), None) => format!("read@{u}"),
        (None, Some(d)) => format!("write@{d}"),
        (None, None) => String::new(),
    }
}

fn operands(row: &Instruction) -> String {
    let describe = |o: &super::Operand| match o.kind {
        Kind::Register { .. } => format!("{} {}", o.name, stages(o.used, o.defined)),
        Kind::Immediate(v) => format!("{} {}", o.name, v.describe()),
        Kind::Target { values, .. } => format!("{} {}", o.name, values.describe()),
    };
    row.operands
        .iter()
        .map(describe)
        .collect::<Vec<_>>()
        .join("; ")
}

fn state(row: &Instruction) -> String {
    let describe = |s: &super::StateUse| format!("{:?} {}", s.state, stages(s.used, s.defined));
    row.state
        .iter()
        .map(describe)
        .collect::<Vec<_>>()
        .join("; ")
}
