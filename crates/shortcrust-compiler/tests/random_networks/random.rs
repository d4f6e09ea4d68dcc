//! Random numbers that are the same on every machine.

/// A small generator: each seed gives its own sequence.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5)
    }

    /// 31 random bits.
    pub fn next(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    /// A number below a limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit
    }

    /// A number of a range, both ends included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// Whether something happens that does once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of some choices.
    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A real number between two powers of two, evenly in its exponent.
    pub fn scale(&mut self, low: f32, high: f32) -> f32 {
        let part = self.next() as f32 / (1u64 << 31) as f32;
        (low + part * (high - low)).exp2()
    }
}
