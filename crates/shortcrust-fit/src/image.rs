//! Flash images, made by espflash's library.

use std::cell::Cell;
use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::sync::Once;

use espflash::flasher::{FlashData, FlashMode, FlashSettings, FlashSize};
use espflash::image_format::idf::{IdfBootloaderFormat, check_idf_bootloader};
use thiserror::Error;

use crate::chip::Chip;
use crate::partitions::Table;

/// What erased flash holds.
const ERASED: u8 = 0xff;

/// More bytes than any partition table has, comments included.
const LARGEST_TABLE: u64 = 1 << 20;

/// Why there is no image.
#[derive(Debug, Error)]
pub enum ImageError {
    /// espflash does not know the chip.
    #[error("espflash does not know the chip `{0}`")]
    Chip(&'static str),
    /// Flash of this size does not exist.
    #[error("there is no flash of {0}; write the size as `4MB`")]
    FlashSize(String),
    /// espflash refuses such a firmware, and the bootloader would not know what it is.
    #[error("it has no app descriptor, without which it cannot be flashed")]
    NoDescriptor,
    /// The partition table is none, or cannot be read.
    #[error("the partition table cannot be used: {0}")]
    Partitions(String),
    /// The program has more bytes than its partition.
    #[error("its program of {program} bytes is too large for the partition of {partition}")]
    TooLarge {
        /// Bytes of the program.
        program: u32,
        /// Bytes of the partition.
        partition: u32,
    },
    /// A partition ends behind the flash.
    #[error("the partitions are too large for a flash of {flash}: {row} ends behind it")]
    SmallFlash {
        /// The flash's size.
        flash: FlashSize,
        /// The row of the table.
        row: String,
    },
    /// The firmware cannot be flashed.
    #[error("no flash image can be made of it: {0}")]
    Format(espflash::Error),
    /// espflash's library panicked, which it does on sections that overlap or are cut off.
    #[error(
        "no flash image can be made of it: its sections overlap, or its app descriptor is damaged"
    )]
    Layout,
}

impl From<espflash::Error> for ImageError {
    fn from(error: espflash::Error) -> Self {
        match error {
            espflash::Error::ElfTooBig(program, partition) => Self::TooLarge { program, partition },
            espflash::Error::PartitionTableDoesNotFit(flash) => Self::SmallFlash {
                flash,
                row: "the last one".to_owned(),
            },
            espflash::Error::Partition(error) => Self::Partitions(error.to_string()),
            espflash::Error::AppPartitionNotFound => Self::Partitions(error.to_string()),
            error => Self::Format(error),
        }
    }
}

impl ImageError {
    /// Whether what was asked for cannot be done, whatever the firmware.
    pub fn is_request(&self) -> bool {
        matches!(self, Self::FlashSize(_) | Self::Partitions(_))
    }
}

/// Bytes at an address of the flash.
pub struct Segment {
    /// The first byte's address.
    pub address: usize,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Bootloader, partition table and program.
pub struct Image {
    /// In the order of their addresses.
    pub segments: Vec<Segment>,
    /// The bytes of the program.
    pub program_bytes: u64,
    /// The bytes of the partition that it goes to.
    pub partition_bytes: u64,
}

/// The flash that an image is made for.
#[derive(Clone, Debug, Default)]
pub struct Flash<'a> {
    /// The partition table as CSV or binary; without it, espflash's own.
    pub partitions: Option<&'a Path>,
    /// Its size, `4MB`; without it, that.
    pub size: Option<&'a str>,
}

impl Image {
    /// The image of an ELF file.
    ///
    /// # Errors
    /// What espflash finds wrong: no app descriptor, no room in the partition.
    pub fn make(chip: &Chip, elf: &[u8], flash: &Flash) -> Result<Self, ImageError> {
        let target: espflash::target::Chip =
            chip.name.parse().map_err(|_| ImageError::Chip(chip.name))?;
        let size = match flash.size {
            None => FlashSize::_4Mb,
            Some(size) => flash_size(size).ok_or(ImageError::FlashSize(size.to_owned()))?,
        };
        let table = flash.partitions.map(table).transpose()?;
        let beyond = table.and_then(|table| table.beyond(size.size().into()));
        if let Some(row) = beyond {
            return Err(ImageError::SmallFlash { flash: size, row });
        }
        check_idf_bootloader(&elf.to_vec()).map_err(|_| ImageError::NoDescriptor)?;
        let settings = FlashSettings::new(Some(FlashMode::Dio), Some(size), None);
        let data = FlashData::new(settings, 0, None, target, target.default_xtal_frequency());
        caught(|| {
            let format = IdfBootloaderFormat::new(elf, &data, flash.partitions, None, None, None)?;
            Ok(Self::of(format))
        })?
    }

    fn of(format: IdfBootloaderFormat) -> Self {
        let numbers = format.metadata();
        let number = |name| numbers.get(name).and_then(|text| text.parse().ok());
        let program_bytes = number("app_size").unwrap_or(0);
        let partition_bytes = number("part_size").unwrap_or(0);
        let segments = format.flash_segments().map(|segment| Segment {
            address: segment.addr as usize,
            bytes: segment.data.into_owned(),
        });
        let mut segments: Vec<Segment> = segments.collect();
        segments.sort_by_key(|segment| segment.address);
        Self {
            segments,
            program_bytes,
            partition_bytes,
        }
    }

    /// Everything from address 0 on, as one file.
    pub fn merged(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for segment in &self.segments {
            bytes.resize(segment.address, ERASED);
            bytes.extend_from_slice(&segment.bytes);
        }
        bytes
    }
}

/// A size that an image's header can name.
fn flash_size(text: &str) -> Option<FlashSize> {
    let size: FlashSize = text.to_uppercase().parse().ok()?;
    size.encode_flash_size().ok().map(|_| size)
}

/// Reads a partition table.
fn table(path: &Path) -> Result<Table, ImageError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST_TABLE).read_to_end(&mut bytes))
        .map_err(|error| ImageError::Partitions(format!("it cannot be read: {error}")))?;
    Table::read(&bytes).map_err(ImageError::Partitions)
}

thread_local! {
    /// Whether a panic of this thread is caught and reported in other words.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// What espflash's library makes of a file, without its panics: it trusts that a linker made the file.
fn caught<T>(make: impl FnOnce() -> T) -> Result<T, ImageError> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let hook = take_hook();
        set_hook(Box::new(move |info| {
            if !CAUGHT.get() {
                hook(info);
            }
        }));
    });
    CAUGHT.set(true);
    let made = catch_unwind(AssertUnwindSafe(make));
    CAUGHT.set(false);
    made.map_err(|_| ImageError::Layout)
}
