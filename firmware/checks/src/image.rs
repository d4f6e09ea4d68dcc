//! Flash images, made by espflash's library.

use std::path::Path;

use espflash::flasher::{FlashData, FlashMode, FlashSettings, FlashSize};
use espflash::image_format::idf::IdfBootloaderFormat;
use espflash::target::Chip;
use thiserror::Error;

/// What erased flash holds.
const ERASED: u8 = 0xff;

/// Why there is no image.
#[derive(Debug, Error)]
pub enum ImageError {
    /// espflash does not know the chip.
    #[error("there is no chip `{0}`")]
    Chip(String),
    /// The firmware cannot be flashed.
    #[error("no flash image can be made of it: {0}")]
    Format(#[from] espflash::Error),
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
}

impl Image {
    /// The image of an ELF file for a chip with 4 MB of flash.
    ///
    /// # Errors
    /// An unknown chip, or what espflash finds wrong: no app descriptor, no room in the partition.
    pub fn make(chip: &str, elf: &[u8], partitions: &Path) -> Result<Self, ImageError> {
        let chip: Chip = chip.parse().map_err(|_| ImageError::Chip(chip.into()))?;
        let settings = FlashSettings::new(Some(FlashMode::Dio), Some(FlashSize::_4Mb), None);
        let flash = FlashData::new(settings, 0, None, chip, chip.default_xtal_frequency());
        let format = IdfBootloaderFormat::new(elf, &flash, Some(partitions), None, None, None)?;
        let mut segments: Vec<Segment> = format
            .flash_segments()
            .map(|segment| Segment {
                address: segment.addr as usize,
                bytes: segment.data.into_owned(),
            })
            .collect();
        segments.sort_by_key(|segment| segment.address);
        Ok(Self { segments })
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
