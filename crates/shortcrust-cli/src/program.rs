//! Programs for the ESP32-S3's core: files, addresses, and what is wrong with them.

use std::path::Path;

use lx7::sim::LoadError;

use crate::failure::{Failure, Result};
use crate::files;

/// Where raw bytes go if nothing else is said: the internal memory that holds code and data.
pub const DEFAULT_ADDRESS: &str = "0x40378000";

/// More than the chip can address.
const LIMIT: u64 = 128 << 20;

/// A file with a program.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = files::read_at_most(path, LIMIT)?;
    if bytes.len() as u64 > LIMIT {
        return Err(Failure::file(
            path,
            "it has more bytes than the chip can address",
            "give a program for the ESP32-S3",
        ));
    }
    if bytes.is_empty() {
        return Err(Failure::file(
            path,
            "it is empty",
            "give an ELF executable or raw instructions",
        ));
    }
    Ok(bytes)
}

/// Whether a file says that it is an ELF file; all others are raw bytes.
pub fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF")
}

/// The failure to load a program.
pub fn unloadable(path: &Path, error: &LoadError) -> Failure {
    let remedy = match error {
        LoadError::Format(_) => "give a 32-bit little-endian ELF executable",
        LoadError::Machine(_) => "build it for xtensa-esp32s3",
        LoadError::NothingToLoad => "link it to an executable",
        LoadError::Truncated { .. } => "copy the file again, or link it again",
        LoadError::Place { .. } => {
            "link it for the ESP32-S3's memory; raw bytes go where --at says"
        }
    };
    Failure::file(path, error.to_string(), remedy)
}

/// A 32-bit number, decimal or with `0x`, negative ones in two's complement.
pub fn number(text: &str) -> std::result::Result<u32, String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let parsed = match digits.strip_prefix("0x") {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => digits.parse(),
    };
    match parsed {
        Ok(value) if !negative => Ok(value),
        Ok(value) if value <= 1 << 31 => Ok(value.wrapping_neg()),
        _ => Err("not a 32-bit number, such as 12, -12 or 0x3fc88000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_have_32_bits() {
        assert_eq!(number("12"), Ok(12));
        assert_eq!(number("-1"), Ok(u32::MAX));
        assert_eq!(number("0xffffffff"), Ok(u32::MAX));
        assert_eq!(number("-0x80000000"), Ok(1 << 31));
        for text in ["", "x", "4294967296", "-2147483649", "0x", "--1", "+-1"] {
            assert!(number(text).is_err(), "{text}");
        }
    }
}
