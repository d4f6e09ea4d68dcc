//! Which memories there are, and what they cost.

use crate::core::cache::CacheSettings;

/// Sizes and places of the memories. Addresses: ESP32-S3 Technical Reference
/// Manual, chapter "System and Memory".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemorySettings {
    /// Bytes of flash behind both flash windows, at most 32 MiB each.
    pub flash_size: u32,
    /// PSRAM in the data window as `(address, bytes)`, if fitted. The address
    /// must lie behind the flash part of the window 0x3C00_0000-0x3DFF_FFFF.
    pub psram: Option<(u32, u32)>,
    /// Instruction cache, in front of flash code.
    pub instruction_cache: CacheSettings,
    /// Data cache, in front of flash data and PSRAM.
    pub data_cache: CacheSettings,
    /// Extra cycles of a line fill from flash.
    pub flash_fill: u32,
    /// Extra cycles of a line fill (and of writing a line back) from PSRAM.
    pub psram_fill: u32,
    /// Check alignment, initialisation and code writes.
    pub strict: bool,
}

impl Default for MemorySettings {
    /// 8 MiB of quad flash at 80 MHz, no PSRAM, the caches of ESP-IDF's default
    /// configuration, strict checks.
    fn default() -> Self {
        MemorySettings {
            flash_size: 8 << 20,
            psram: None,
            instruction_cache: CacheSettings {
                size: 16 << 10,
                ways: 8,
                line: 32,
            },
            data_cache: CacheSettings {
                size: 32 << 10,
                ways: 8,
                line: 32,
            },
            flash_fill: 252,
            psram_fill: 84,
            strict: true,
        }
    }
}
