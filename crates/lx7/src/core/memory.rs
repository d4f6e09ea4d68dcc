//! Simulated memory: the chip's address windows onto backing storage.
//!
//! Every byte has a shadow byte that says whether it was written and whether
//! it is code; every 4 KiB page remembers whether it changed since the last
//! snapshot, so that going back costs only what was touched.

mod settings;
mod snapshot;

pub use settings::MemorySettings;
pub use snapshot::MemorySnapshot;

use super::cache::{Cache, CacheSettings};
use super::trap::{Cause, Trap};

const WRITTEN: u8 = 1;
const CODE: u8 = 2;
const PAGE_BITS: usize = 12;

/// Whether all shadow bytes have the bit `bit`, in one comparison for the sizes
/// that instructions access.
#[inline(always)]
fn all_have<const N: usize>(shadow: [u8; N], bit: u8) -> bool {
    if N == 16 {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&shadow);
        let bits = u128::from_ne_bytes([bit; 16]);
        u128::from_ne_bytes(bytes) & bits == bits
    } else {
        let (mut bytes, mut bits) = ([0; 8], [0; 8]);
        bytes[..N].copy_from_slice(&shadow);
        bits[..N].fill(bit);
        let bits = u64::from_ne_bytes(bits);
        u64::from_ne_bytes(bytes) & bits == bits
    }
}

/// Number of the internal SRAM's storage.
const SRAM: usize = 1;
/// Internal SRAM on the data side: address, size, place in the storage.
const DATA: (u32, u32, usize) = (0x3FC8_8000, 0x7_8000, 0x8000);

/// Place in the internal SRAM of an access to its data side, where most go.
#[inline(always)]
fn data_offset<const N: usize>(address: u32) -> Option<usize> {
    let offset = address.wrapping_sub(DATA.0) as usize;
    (offset <= DATA.1 as usize - N).then_some(offset + DATA.2)
}

/// What sits behind an address window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// Nothing.
    None,
    /// Internal SRAM, data side.
    Data,
    /// Internal SRAM, instruction side: aligned 4-byte data accesses only.
    Instruction,
    /// Flash through the data cache, read-only.
    FlashData,
    /// Flash through the instruction cache, read-only.
    FlashCode,
    /// PSRAM through the data cache.
    Psram,
}

#[derive(Debug, Clone)]
struct Window {
    base: u32,
    length: u32,
    device: Device,
    storage: usize,
    /// Place of `base` in the storage.
    offset: usize,
}

#[derive(Debug, Clone)]
struct Storage {
    bytes: Vec<u8>,
    shadow: Vec<u8>,
    dirty: Vec<bool>,
}

impl Storage {
    fn new(size: usize) -> Self {
        Storage {
            bytes: vec![0; size],
            shadow: vec![0; size],
            dirty: vec![false; size.div_ceil(1 << PAGE_BITS)],
        }
    }

    fn pages(&self) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> + use<> {
        let size = self.bytes.len();
        (0..self.dirty.len()).map(move |p| (p, p << PAGE_BITS..((p + 1) << PAGE_BITS).min(size)))
    }
}

/// The simulated memory.
#[derive(Debug, Clone)]
pub struct Memory {
    windows: Vec<Window>,
    /// Window of each 64 KiB page; 0 is the empty window.
    pages: Box<[u8]>,
    storages: Vec<Storage>,
    instruction_cache: Cache,
    data_cache: Cache,
    flash_fill: u32,
    psram_fill: u32,
    strict: bool,
    /// Something happened that the clock or the decoder must hear of.
    pub(crate) attention: bool,
    /// Data-cache miss cycles since the clock last took them.
    miss_cycles: u32,
    /// Code was overwritten since then.
    code_written: bool,
    /// Changes whenever bytes that may be code change.
    code_generation: u64,
    snapshots: u64,
    /// Snapshot that the dirty pages are relative to.
    current_snapshot: u64,
}

impl Memory {
    /// Empty memory.
    pub fn new(settings: &MemorySettings) -> Self {
        let mut memory = Memory {
            windows: vec![Window {
                base: 0,
                length: 0,
                device: Device::None,
                storage: 0,
                offset: 0,
            }],
            pages: vec![0; 1 << 16].into(),
            storages: vec![Storage::new(0)],
            instruction_cache: Cache::new(settings.instruction_cache),
            data_cache: Cache::new(settings.data_cache),
            flash_fill: settings.flash_fill,
            psram_fill: settings.psram_fill,
            strict: settings.strict,
            attention: false,
            miss_cycles: 0,
            code_written: false,
            code_generation: 0,
            snapshots: 0,
            current_snapshot: u64::MAX,
        };
        // SRAM 0 is instruction memory only, SRAM 2 data memory only, SRAM 1 is
        // seen from both sides.
        let sram = memory.add_storage(512 << 10);
        debug_assert_eq!(sram, SRAM);
        memory.add_window(DATA.0, DATA.1, Device::Data, sram, DATA.2);
        memory.add_window(0x4037_0000, 0x7_0000, Device::Instruction, sram, 0);
        let flash_size = settings.flash_size.min(32 << 20);
        let data = memory.add_storage(flash_size as usize);
        memory.add_window(0x3C00_0000, flash_size, Device::FlashData, data, 0);
        let code = memory.add_storage(flash_size as usize);
        memory.add_window(0x4200_0000, flash_size, Device::FlashCode, code, 0);
        if let Some((address, size)) = settings.psram {
            let size = size.min(32 << 20);
            let psram = memory.add_storage(size as usize);
            memory.add_window(address & !0xFFFF, size, Device::Psram, psram, 0);
        }
        memory
    }

    fn add_storage(&mut self, size: usize) -> usize {
        self.storages.push(Storage::new(size));
        self.storages.len() - 1
    }

    fn add_window(
        &mut self,
        base: u32,
        length: u32,
        device: Device,
        storage: usize,
        offset: usize,
    ) {
        let index = self.windows.len() as u8;
        self.windows.push(Window {
            base,
            length,
            device,
            storage,
            offset,
        });
        if length > 0 {
            for page in base >> 16..=(base + (length - 1)) >> 16 {
                self.pages[page as usize] = index;
            }
        }
    }

    /// Whether strict checks are on.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Switches the strict checks.
    pub fn set_strict(&mut self, strict: bool) {
        self.strict = strict;
    }

    /// What an address belongs to.
    pub fn device(&self, address: u32) -> Device {
        self.locate(address, 1)
            .map_or(Device::None, |(window, _)| window.device)
    }

    #[inline(always)]
    fn locate(&self, address: u32, size: usize) -> Option<(&Window, usize)> {
        let window = &self.windows[usize::from(self.pages[(address >> 16) as usize])];
        let offset = address.wrapping_sub(window.base);
        let fits = u64::from(offset) + size as u64 <= u64::from(window.length);
        fits.then_some((window, window.offset + offset as usize))
    }

    /// Loads `N` bytes, as an instruction does.
    #[inline(always)]
    pub fn load<const N: usize>(&mut self, address: u32) -> Result<&[u8; N], Trap> {
        let (index, offset) = match data_offset::<N>(address) {
            Some(offset) => (SRAM, offset),
            None => self.access(address, N, false)?,
        };
        let storage = &self.storages[index];
        if self.strict {
            let shadow = storage.shadow[offset..].first_chunk().expect("N bytes");
            if !all_have::<N>(*shadow, WRITTEN) {
                return Err(Trap::at(Cause::Uninitialised, address, N));
            }
        }
        Ok(storage.bytes[offset..].first_chunk().expect("N bytes"))
    }

    /// Stores `N` bytes, as an instruction does.
    #[inline(always)]
    pub fn store<const N: usize>(&mut self, address: u32, bytes: [u8; N]) -> Result<(), Trap> {
        let (index, offset) = match data_offset::<N>(address) {
            Some(offset) => (SRAM, offset),
            None => self.access(address, N, true)?,
        };
        let storage = &mut self.storages[index];
        let shadow: &mut [u8; N] = storage.shadow[offset..].first_chunk_mut().expect("N bytes");
        if !all_have(shadow.map(|s| !s), CODE) {
            if self.strict {
                return Err(Trap::at(Cause::CodeWrite, address, N));
            }
            self.code_generation += 1;
            (self.attention, self.code_written) = (true, true);
            shadow.iter_mut().for_each(|s| *s |= WRITTEN);
        } else {
            *shadow = [WRITTEN; N];
        }
        *storage.bytes[offset..].first_chunk_mut().expect("N bytes") = bytes;
        storage.dirty[offset >> PAGE_BITS] = true;
        storage.dirty[(offset + N - 1) >> PAGE_BITS] = true;
        Ok(())
    }

    /// Place of an access that is not to plain data memory, after its rules and
    /// cache costs.
    #[cold]
    fn access(&mut self, address: u32, size: usize, write: bool) -> Result<(usize, usize), Trap> {
        let prohibited = if write {
            Cause::StoreProhibited
        } else {
            Cause::LoadProhibited
        };
        let Some((window, offset)) = self.locate(address, size) else {
            return Err(Trap::at(prohibited, address, size));
        };
        let (device, place) = (window.device, (window.storage, offset));
        self.slow_access(device, address, size, write)?;
        Ok(place)
    }

    /// Rules and cache costs of everything but plain data memory.
    fn slow_access(
        &mut self,
        device: Device,
        address: u32,
        size: usize,
        write: bool,
    ) -> Result<(), Trap> {
        let prohibited = if write {
            Cause::StoreProhibited
        } else {
            Cause::LoadProhibited
        };
        let fill = match device {
            Device::Data => return Ok(()),
            Device::None => return Err(Trap::at(prohibited, address, size)),
            Device::Instruction if size != 4 || !address.is_multiple_of(4) => {
                return Err(Trap::at(Cause::LoadStoreError, address, size));
            }
            Device::Instruction => return Ok(()),
            Device::FlashData | Device::FlashCode if write => {
                return Err(Trap::at(Cause::StoreProhibited, address, size));
            }
            Device::FlashData => self.flash_fill,
            // A literal next to flash code comes through the data cache too.
            Device::FlashCode => self.flash_fill,
            Device::Psram => self.psram_fill,
        };
        let last = address.wrapping_add(size as u32 - 1);
        let lines = [address, last];
        let count =
            1 + usize::from(self.data_cache.line_of(address) != self.data_cache.line_of(last));
        for line in &lines[..count] {
            let outcome = self.data_cache.access(*line, write);
            self.attention |= outcome.miss;
            self.miss_cycles +=
                fill * u32::from(outcome.miss) + self.psram_fill * u32::from(outcome.write_back);
        }
        Ok(())
    }

    /// Data-miss cycles, and whether code was overwritten, since the last call.
    #[cold]
    pub(crate) fn take_attention(&mut self) -> (u32, bool) {
        self.attention = false;
        (
            std::mem::take(&mut self.miss_cycles),
            std::mem::take(&mut self.code_written),
        )
    }

    /// Cycles to fetch an instruction at `address` beyond an internal one.
    pub(crate) fn fetch_cost(&mut self, address: u32, length: u32) -> u32 {
        let first = self.instruction_cache.line_of(address);
        let last = self.instruction_cache.line_of(address + length - 1);
        let mut cost = 0;
        for line in first..=last {
            let address = line * self.instruction_cache.settings().line;
            cost += self.flash_fill * u32::from(self.instruction_cache.access(address, false).miss);
        }
        cost
    }

    /// Up to four instruction bytes at `address`, and whether they come through
    /// the instruction cache; `None` where no instruction can be fetched.
    pub(crate) fn fetch(&self, address: u32) -> Option<([u8; 4], usize, bool)> {
        let (window, offset) = self.locate(address, 1)?;
        if !matches!(window.device, Device::Instruction | Device::FlashCode) {
            return None;
        }
        let left = (window.offset + window.length as usize - offset).min(4);
        let storage = &self.storages[window.storage];
        // Beyond what was written there is no instruction.
        let written = storage.shadow[offset..offset + left]
            .iter()
            .take_while(|s| **s & WRITTEN != 0);
        let left = if self.strict { written.count() } else { left };
        let mut bytes = [0; 4];
        bytes[..left].copy_from_slice(&storage.bytes[offset..offset + left]);
        Some((bytes, left, window.device == Device::FlashCode))
    }

    /// Marks bytes as code, so that stores to them are seen.
    pub(crate) fn mark_code(&mut self, address: u32, size: usize) {
        if let Some((window, offset)) = self.locate(address, size) {
            let index = window.storage;
            self.storages[index].shadow[offset..offset + size]
                .iter_mut()
                .for_each(|s| *s |= CODE);
        }
    }

    /// Number that changes whenever code may have changed.
    pub(crate) fn code_generation(&self) -> u64 {
        self.code_generation
    }

    /// Writes bytes from outside the simulation: no rule but the address map
    /// applies, code and flash included.
    ///
    /// # Errors
    ///
    /// [`Trap`] when part of the range has no memory.
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), Trap> {
        let located = self
            .locate(address, bytes.len())
            .map(|(w, o)| (w.storage, o, w.device));
        let Some((index, offset, device)) = located else {
            return Err(Trap::at(
                Cause::StoreProhibited,
                address,
                bytes.len().min(255),
            ));
        };
        if bytes.is_empty() {
            return Ok(());
        }
        let storage = &mut self.storages[index];
        let range = offset..offset + bytes.len();
        let code = storage.shadow[range.clone()].iter().any(|s| s & CODE != 0);
        if code || matches!(device, Device::Instruction | Device::FlashCode) {
            self.code_generation += 1;
        }
        storage.bytes[range.clone()].copy_from_slice(bytes);
        storage.shadow[range.clone()]
            .iter_mut()
            .for_each(|s| *s |= WRITTEN);
        storage.dirty[range.start >> PAGE_BITS..=(range.end - 1) >> PAGE_BITS].fill(true);
        Ok(())
    }

    /// Reads bytes from outside the simulation, written or not.
    ///
    /// # Errors
    ///
    /// [`Trap`] when part of the range has no memory.
    pub fn read(&self, address: u32, size: usize) -> Result<&[u8], Trap> {
        let (window, offset) = self
            .locate(address, size)
            .ok_or_else(|| Trap::at(Cause::LoadProhibited, address, size.min(255)))?;
        Ok(&self.storages[window.storage].bytes[offset..offset + size])
    }

    /// The first byte of a range that nothing has written, or that has no memory; `None` where all of it is written.
    pub fn first_unwritten(&self, address: u32, size: usize) -> Option<u32> {
        let Some((window, offset)) = self.locate(address, size) else {
            return Some(address);
        };
        let shadow = &self.storages[window.storage].shadow[offset..offset + size];
        let place = shadow.iter().position(|state| state & WRITTEN == 0)?;
        Some(address + place as u32)
    }

    /// Forgets that a range was written, so that strict mode reports loads of it.
    pub fn forget(&mut self, address: u32, size: usize) {
        if let Some((window, offset)) = self.locate(address, size) {
            let index = window.storage;
            self.storages[index].shadow[offset..offset + size]
                .iter_mut()
                .for_each(|s| *s &= !WRITTEN);
        }
    }

    /// Empties both caches, as after reset.
    pub fn flush_caches(&mut self) {
        self.instruction_cache.flush();
        self.data_cache.flush();
    }

    /// Memory without any window.
    pub(crate) fn empty() -> Self {
        let cache = CacheSettings {
            size: 0,
            ways: 1,
            line: 4,
        };
        Memory {
            windows: vec![Window {
                base: 0,
                length: 0,
                device: Device::None,
                storage: 0,
                offset: 0,
            }],
            pages: Box::new([]),
            storages: Vec::new(),
            instruction_cache: Cache::new(cache),
            data_cache: Cache::new(cache),
            flash_fill: 0,
            psram_fill: 0,
            strict: true,
            attention: false,
            miss_cycles: 0,
            code_written: false,
            code_generation: 0,
            snapshots: 0,
            current_snapshot: u64::MAX,
        }
    }
}
