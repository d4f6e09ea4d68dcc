//! A set-associative cache with least-recently-used replacement.

/// Geometry of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSettings {
    /// Capacity in bytes.
    pub size: u32,
    /// Lines in a set.
    pub ways: u32,
    /// Bytes of a line, a power of two.
    pub line: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Line {
    /// Line number plus 1; 0 is empty.
    tag: u32,
    dirty: bool,
}

/// What an access did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The line had to be fetched.
    pub miss: bool,
    /// A changed line had to be written back for it.
    pub write_back: bool,
}

/// Which lines a cache holds; the data itself stays in memory.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    settings: CacheSettings,
    line_bits: u32,
    ways: usize,
    sets: usize,
    /// Sets one after another, each from most to least recently used.
    lines: Vec<Line>,
}

impl Cache {
    pub(crate) fn new(settings: CacheSettings) -> Self {
        let line = settings.line.max(4).next_power_of_two();
        let ways = settings.ways.max(1) as usize;
        let sets = (settings.size / line) as usize / ways;
        let sets = sets.max(1);
        Cache {
            settings: CacheSettings { line, ..settings },
            line_bits: line.trailing_zeros(),
            ways,
            sets,
            lines: vec![Line::default(); ways * sets],
        }
    }

    pub(crate) fn settings(&self) -> CacheSettings {
        self.settings
    }

    pub(crate) fn line_of(&self, address: u32) -> u32 {
        address >> self.line_bits
    }

    pub(crate) fn flush(&mut self) {
        self.lines.fill(Line::default());
    }

    pub(crate) fn access(&mut self, address: u32, write: bool) -> Outcome {
        let number = self.line_of(address);
        let set = number as usize % self.sets * self.ways;
        let lines = &mut self.lines[set..set + self.ways];
        let found = lines.iter().position(|l| l.tag == number + 1);
        let place = found.unwrap_or(self.ways - 1);
        let mut line = lines[place];
        let write_back = found.is_none() && line.dirty;
        if found.is_none() {
            line = Line {
                tag: number + 1,
                dirty: false,
            };
        }
        line.dirty |= write;
        lines.copy_within(..place, 1);
        lines[0] = line;
        Outcome {
            miss: found.is_none(),
            write_back,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_line_of_a_set_goes() {
        let mut cache = Cache::new(CacheSettings {
            size: 128,
            ways: 2,
            line: 32,
        });
        let miss = |cache: &mut Cache, address| cache.access(address, false).miss;
        assert!(miss(&mut cache, 0) && miss(&mut cache, 64));
        assert!(!miss(&mut cache, 31) && !miss(&mut cache, 64));
        assert!(miss(&mut cache, 128), "third line of the set");
        assert!(miss(&mut cache, 0), "was least recently used");
        assert!(!miss(&mut cache, 128));
        cache.access(128, true);
        cache.access(0, false);
        assert!(cache.access(64, false).write_back, "128 was changed");
    }
}
