//! Copies of all memory, and the way back to them.

use super::{CODE, Memory};

/// A copy of all memory at one moment; see [`Memory::snapshot`].
#[derive(Debug, Clone)]
pub struct MemorySnapshot {
    id: u64,
    storages: Vec<(Vec<u8>, Vec<u8>)>,
    code_generation: u64,
}

impl Memory {
    /// Copies all memory.
    pub fn snapshot(&mut self) -> MemorySnapshot {
        self.snapshots += 1;
        self.current_snapshot = self.snapshots;
        for storage in &mut self.storages {
            storage.dirty.fill(false);
        }
        MemorySnapshot {
            id: self.snapshots,
            storages: self
                .storages
                .iter()
                .map(|s| (s.bytes.clone(), s.shadow.clone()))
                .collect(),
            code_generation: self.code_generation,
        }
    }

    /// Goes back to a snapshot of this memory and empties the caches. Going back
    /// to the latest one copies only the pages that changed since.
    pub fn restore(&mut self, snapshot: &MemorySnapshot) {
        let all = snapshot.id != self.current_snapshot;
        for (storage, (bytes, shadow)) in self.storages.iter_mut().zip(&snapshot.storages) {
            for (page, range) in storage.pages() {
                if all || storage.dirty[page] {
                    storage.bytes[range.clone()].copy_from_slice(&bytes[range.clone()]);
                    // Decoded instructions outlive the return; their marks must too.
                    let shadows = storage.shadow[range.clone()].iter_mut().zip(&shadow[range]);
                    shadows.for_each(|(now, then)| *now = *now & CODE | then);
                    storage.dirty[page] = false;
                }
            }
        }
        if self.code_generation != snapshot.code_generation {
            self.code_generation += 1;
        }
        self.current_snapshot = snapshot.id;
        self.take_attention();
        self.flush_caches();
    }
}
