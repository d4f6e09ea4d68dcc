//! Checks assembler and disassembler against rows of `text TAB hex bytes
//! [TAB address]`.
//!
//! For each row the text must assemble to the bytes, and the bytes must
//! disassemble to text that assembles to the same bytes. Rows without an address
//! lie at a 16-byte aligned one. Prints `N of N rows` last; the exit code is 0
//! only if all rows hold.
//!
//! ```text
//! cargo run --release -p lx7 --example check_encodings -- FILE.tsv...
//! ```

use lx7::{asm, disasm, isa};
use std::process::ExitCode;

fn check(row: &str) -> Result<(), String> {
    let mut columns = row.split('\t');
    let (Some(text), Some(hex)) = (columns.next(), columns.next()) else {
        return Err("not two columns".to_owned());
    };
    let address = match columns.next() {
        None => 0x1000,
        Some(text) => {
            u32::from_str_radix(text.trim_start_matches("0x"), 16).map_err(|e| e.to_string())?
        }
    };
    let digits: Vec<u8> = hex.trim().bytes().collect();
    let pairs = digits.chunks(2).map(|pair| {
        std::str::from_utf8(pair)
            .ok()
            .and_then(|p| u8::from_str_radix(p, 16).ok())
    });
    let bytes: Vec<u8> = pairs
        .collect::<Option<_>>()
        .ok_or("bytes are not hexadecimal")?;
    let assembled = asm::assemble_instruction(text, address).map_err(|e| e.message)?;
    if assembled != bytes {
        return Err(format!("assembles to {assembled:02x?}"));
    }
    let instance = isa::decode(&bytes, address).ok_or("does not decode")?;
    let back = disasm::text(&instance, address);
    match asm::assemble_instruction(&back, address) {
        Ok(again) if again == bytes => Ok(()),
        _ => Err(format!(
            "disassembles to `{back}`, which does not assemble to the same bytes"
        )),
    }
}

fn main() -> ExitCode {
    let (mut rows, mut good) = (0, 0);
    for path in std::env::args().skip(1) {
        let content = match std::fs::read_to_string(&path) {
            Ok(content) => content,
            Err(error) => {
                eprintln!("{path}: {error}");
                return ExitCode::FAILURE;
            }
        };
        for (number, row) in content.lines().enumerate() {
            if row.starts_with('#') || row.trim().is_empty() {
                continue;
            }
            rows += 1;
            match check(row) {
                Ok(()) => good += 1,
                Err(problem) => eprintln!("{path}:{}: {row}: {problem}", number + 1),
            }
        }
    }
    println!("{good} of {rows} rows");
    if rows > 0 && good == rows {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
