//! What an assembly produces.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Machine code at a fixed address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Program {
    /// Address of the first byte.
    pub base: u32,
    /// Code and data.
    pub bytes: Vec<u8>,
    /// Addresses of the named labels.
    pub symbols: BTreeMap<String, u32>,
    /// Address, length and source line (from 1) of each instruction or datum,
    /// in address order. Builders count instructions instead of lines.
    pub lines: Vec<(u32, u32, usize)>,
}

impl Program {
    /// Address of a label.
    pub fn symbol(&self, name: &str) -> Option<u32> {
        self.symbols.get(name).copied()
    }

    /// Address, bytes and text of each line of `source`, which this program was
    /// assembled from.
    pub fn listing(&self, source: &str) -> String {
        let mut text = String::new();
        let mut entries = self.lines.iter().peekable();
        for (index, line) in source.lines().enumerate() {
            let mut first = true;
            while let Some((address, length, _)) = entries.next_if(|e| e.2 == index + 1) {
                let start = (address - self.base) as usize;
                let bytes = &self.bytes[start..start + *length as usize];
                let hex: String = bytes.iter().take(8).map(|b| format!("{b:02x}")).collect();
                let _ = writeln!(
                    text,
                    "{address:08x} {hex:<16} {}",
                    if first { line } else { "" }
                );
                first = false;
            }
            if first {
                let _ = writeln!(text, "{:25} {line}", "");
            }
        }
        text
    }
}

/// What is wrong with a piece of assembly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct AssemblyError {
    /// Source line, from 1; in a builder, the number of the instruction.
    pub line: usize,
    /// What is wrong and what is allowed.
    pub message: String,
}
