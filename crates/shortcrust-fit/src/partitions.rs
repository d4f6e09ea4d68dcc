//! Partition tables: what is wrong with one, row by row. espflash's library reads them, and does not say where it fails.
//!
//! Rules: ESP-IDF's documentation of partition tables, and what the library `esp-idf-part` demands beyond it.

use std::fmt;
use std::str::FromStr;

use esp_idf_part::{AppType, DataType};

/// The most rows: what 0xc00 bytes hold beside the checksum.
const MOST_ROWS: usize = 95;
/// The first bytes of a row of a binary table.
const MAGIC: [u8; 2] = [0xaa, 0x50];
/// The first bytes of the checksum behind the rows of a binary table.
const CHECKSUM: [u8; 2] = [0xeb, 0xeb];
/// The bytes of a row of a binary table.
const ROW: usize = 32;
/// The longest name; what is longer is cut.
const NAME: usize = 16;
/// Where partitions may begin: bootloader and partition table are in front of it.
const FIRST: u64 = 0x9000;
/// The largest partition that holds a program.
const LARGEST_APP: u64 = 16 << 20;
/// The size of the partition that says which program runs.
const OTA_DATA: u64 = 0x2000;
/// The flags of a row, and what the binary table has for them.
const FLAGS: [(&str, u32); 2] = [("encrypted", 1), ("readonly", 2)];

/// What a partition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    App(u8),
    Data(u8),
    Custom,
}

/// A partition.
#[derive(Clone, Debug)]
struct Row {
    /// The line or the entry, counted from 1, that it stands in.
    number: usize,
    name: String,
    kind: Kind,
    offset: u64,
    bytes: u64,
}

/// A sound table.
#[derive(Debug)]
pub struct Table {
    /// `line` in a text, `entry` in a binary table.
    unit: &'static str,
    rows: Vec<Row>,
}

impl Row {
    fn end(&self) -> u64 {
        self.offset + self.bytes
    }

    /// What its offset must be a multiple of.
    fn alignment(&self) -> u64 {
        match self.kind {
            Kind::App(_) => 0x1_0000,
            Kind::Data(_) => 0x1000,
            Kind::Custom => 1,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` ({:#x} to {:#x})",
            self.name,
            self.offset,
            self.end()
        )
    }
}

impl Table {
    /// Reads a table, CSV or binary.
    ///
    /// # Errors
    /// What is wrong with it, with the row.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let table = match bytes.starts_with(&MAGIC) {
            true => Self::binary(bytes)?,
            false => Self::text(bytes)?,
        };
        table.check()?;
        Ok(table)
    }

    /// The row that ends behind a flash of so many bytes, in words.
    pub fn beyond(&self, flash: u64) -> Option<String> {
        let row = self.rows.iter().find(|row| row.end() > flash)?;
        Some(format!("{} {}: {row}", self.unit, row.number))
    }

    fn binary(bytes: &[u8]) -> Result<Self, String> {
        let mut rows = Vec::new();
        for (index, entry) in bytes.chunks(ROW).enumerate() {
            let number = index + 1;
            let at = |problem: &str| format!("entry {number}: {problem}");
            if entry.iter().all(|&byte| byte == 0xff) || entry.starts_with(&CHECKSUM) {
                break;
            }
            let entry: &[u8; ROW] = entry.try_into().map_err(|_| at("it is cut off"))?;
            if !entry.starts_with(&MAGIC) {
                return Err(at("it does not begin with 0xaa 0x50"));
            }
            let word = |from: usize| {
                let bytes = [0, 1, 2, 3].map(|byte| entry[from + byte]);
                u32::from_le_bytes(bytes)
            };
            let name = entry[12..12 + NAME].split(|&byte| byte == 0).next();
            let name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
            let kind = Kind::of(entry[2], entry[3]).map_err(|problem| at(&problem))?;
            if word(28) & !FLAGS.iter().fold(0, |all, (_, flag)| all | flag) != 0 {
                return Err(at(&format!("its flags {:#x} are not known", word(28))));
            }
            rows.push(Row {
                number,
                name,
                kind,
                offset: word(4).into(),
                bytes: word(8).into(),
            });
        }
        Ok(Self {
            unit: "entry",
            rows,
        })
    }

    fn text(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| "it is neither text nor a binary table".to_owned())?;
        let mut rows = Vec::new();
        let mut free = FIRST;
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let number = index + 1;
            let row = Row::of_text(number, line, free)
                .map_err(|problem| format!("line {number}: {problem}"))?;
            free = row.end();
            rows.push(row);
        }
        Ok(Self { unit: "line", rows })
    }

    /// Fails unless each row is sound, alone and beside the others.
    fn check(&self) -> Result<(), String> {
        for (index, row) in self.rows.iter().enumerate() {
            let at = |problem: String| Err(format!("{} {}: {problem}", self.unit, row.number));
            if let Some(problem) = row.problem() {
                return at(problem);
            }
            for other in &self.rows[..index] {
                let there = format!("of {} {}", self.unit, other.number);
                if let Some(problem) = row.conflict(other) {
                    return at(format!("{problem} {there}"));
                }
            }
        }
        if self.rows.len() > MOST_ROWS {
            let rows = self.rows.len();
            return Err(format!("it has {rows} partitions, of {MOST_ROWS} at most"));
        }
        match self.rows.iter().any(|row| matches!(row.kind, Kind::App(_))) {
            true => Ok(()),
            false if self.rows.is_empty() => {
                Err("it is empty: there is no partition of type `app`, for the program".to_owned())
            }
            false => {
                let names = self.rows.iter().map(|row| format!("`{}`", row.name));
                let names: Vec<String> = names.collect();
                Err(format!(
                    "there is no partition of type `app`, for the program, among {}",
                    names.join(", ")
                ))
            }
        }
    }
}

impl Row {
    fn of_text(number: usize, line: &str, free: u64) -> Result<Self, String> {
        // As espflash's library reads it.
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.has_headers(false).trim(csv::Trim::All);
        let records = reader.from_reader(line.as_bytes()).into_records().next();
        let record = records.transpose().map_err(|error| error.to_string())?;
        let record = record.unwrap_or_default();
        let field = |index: usize| record.get(index).unwrap_or_default();
        if record.len() < 5 {
            return Err(format!(
                "it has {} fields, and name, type, subtype, offset and size are needed",
                record.len()
            ));
        }
        let name: String = field(0).chars().take(NAME).collect();
        let named = |problem: String| format!("`{name}`: {problem}");
        let kind = Kind::of_text(field(1), field(2)).map_err(named)?;
        for flag in field(5).split(':').filter(|flag| !flag.is_empty()) {
            if !FLAGS.iter().any(|(known, _)| *known == flag) {
                return Err(named(format!(
                    "there is no flag `{flag}`; there are encrypted and readonly"
                )));
            }
        }
        let bytes = number_of("size", field(4)).map_err(named)?;
        let mut row = Self {
            number,
            name: name.clone(),
            kind,
            offset: free,
            bytes,
        };
        row.offset = match field(3) {
            "" => free.next_multiple_of(match kind {
                Kind::App(_) => row.alignment(),
                // As espflash's library places it.
                Kind::Data(_) | Kind::Custom => 4,
            }),
            offset => number_of("offset", offset).map_err(named)?,
        };
        Ok(row)
    }

    /// What is wrong with it alone.
    fn problem(&self) -> Option<String> {
        let alignment = self.alignment();
        if self.end() > 1 << 32 {
            Some(format!("{self} ends behind the 4 GB that a table can name"))
        } else if self.offset < FIRST {
            Some(format!(
                "{self} begins before {FIRST:#x}: bootloader and partition table are there"
            ))
        } else if !self.offset.is_multiple_of(alignment) {
            let kind = if alignment > 0x1000 { "app" } else { "data" };
            Some(format!(
                "{self} of type `{kind}` does not begin at a multiple of {alignment:#x}"
            ))
        } else if matches!(self.kind, Kind::App(_)) && self.bytes > LARGEST_APP {
            Some(format!(
                "{self} is larger than {LARGEST_APP:#x}, which a program may have at most"
            ))
        } else if self.kind == Kind::Data(DataType::Ota as u8) && self.bytes != OTA_DATA {
            Some(format!(
                "{self} of subtype `ota` must have {OTA_DATA:#x} bytes"
            ))
        } else {
            None
        }
    }

    /// What is wrong with it beside an earlier one.
    fn conflict(&self, earlier: &Self) -> Option<String> {
        let unique = [
            Kind::App(AppType::Factory as u8),
            Kind::Data(DataType::Ota as u8),
        ];
        let starts_in = |inner: &Self, outer: &Self| {
            outer.offset <= inner.offset && inner.offset < outer.end() && inner.bytes > 0
        };
        let lies_in = |inner: &Self, outer: &Self| {
            format!("`{}` ({:#x}) lies inside {outer}", inner.name, inner.offset)
        };
        if self.name == earlier.name {
            Some(format!("the name `{}` is that", self.name))
        } else if starts_in(self, earlier) {
            Some(lies_in(self, earlier))
        } else if starts_in(earlier, self) {
            Some(format!("{}; the former is that", lies_in(earlier, self)))
        } else if self.kind == earlier.kind && unique.contains(&self.kind) {
            Some(format!(
                "`{}` has the type and subtype, of which there may be one, of `{}`",
                self.name, earlier.name
            ))
        } else {
            None
        }
    }
}

impl Kind {
    /// From the codes of type and subtype.
    fn of(kind: u8, subtype: u8) -> Result<Self, String> {
        match kind {
            0 if AppType::from_repr(subtype.into()).is_some() => Ok(Self::App(subtype)),
            1 if DataType::from_repr(subtype.into()).is_some() => Ok(Self::Data(subtype)),
            0 | 1 => {
                let name = if kind == 0 { "app" } else { "data" };
                Err(format!(
                    "type `{name}` has no subtype {subtype:#x}; {}",
                    Self::subtypes(kind)
                ))
            }
            0xff => Err("there is no type 0xff".to_owned()),
            _ => Ok(Self::Custom),
        }
    }

    fn of_text(kind: &str, subtype: &str) -> Result<Self, String> {
        let code = match kind {
            "app" => 0,
            "data" => 1,
            kind => byte(kind).ok_or_else(|| {
                format!("there is no type `{kind}`; there are app, data and the numbers to 0xfe")
            })?,
        };
        let unknown = || {
            format!(
                "type `{kind}` has no subtype `{subtype}`; {}",
                Self::subtypes(code)
            )
        };
        let subtype = match code {
            0 => AppType::from_str(subtype).ok().map(|known| known as u8),
            1 => DataType::from_str(subtype).ok().map(|known| known as u8),
            _ => None,
        }
        .or_else(|| byte(subtype))
        .ok_or_else(unknown)?;
        Self::of(code, subtype).map_err(|_| unknown())
    }

    /// The subtypes of a type, in words.
    fn subtypes(kind: u8) -> String {
        let kind = esp_idf_part::Type::from(kind);
        format!("there are {}", kind.subtype_hint())
    }
}

/// A number of bytes, decimal or with `0x`, or with `K` or `M` behind it.
fn number_of(what: &str, text: &str) -> Result<u64, String> {
    let unit = |letter: &[char], unit: u64| {
        let digits = text.strip_suffix(letter)?;
        digits.parse::<u64>().ok()?.checked_mul(unit)
    };
    let number = unit(&['k', 'K'], 1 << 10)
        .or_else(|| unit(&['m', 'M'], 1 << 20))
        .or_else(|| integer(text));
    number
        .filter(|&number| u32::try_from(number).is_ok())
        .ok_or_else(|| {
            format!("its {what} `{text}` is no number of bytes, such as 0x10000, 64K or 1M")
        })
}

fn byte(text: &str) -> Option<u8> {
    integer(text).and_then(|number| number.try_into().ok())
}

/// A number, decimal or with `0x`, `0o` or `0b`; `_` may separate digits.
fn integer(text: &str) -> Option<u64> {
    let text = text.replace('_', "").to_lowercase();
    let bases = [("0x", 16), ("0o", 8), ("0b", 2)];
    let mut bases = bases.iter();
    let found = bases.find_map(|(prefix, base)| Some((text.strip_prefix(prefix)?, *base)));
    let (digits, base) = found.unwrap_or((&text, 10));
    u64::from_str_radix(digits, base).ok()
}
