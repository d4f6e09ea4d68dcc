//! Two cores: each takes half of every large layer of a network that was compiled for two.

#[cfg(target_has_atomic = "32")]
mod second_core;

#[cfg(target_has_atomic = "32")]
pub use second_core::SecondCore;

/// The cores that a network runs on.
pub trait Cores {
    /// Runs both, at the same time where there are two cores, and returns when both have ended.
    fn both(&self, first: impl FnOnce(), second: impl FnOnce() + Send);
}

/// The core that calls, and no other.
#[derive(Clone, Copy, Debug, Default)]
pub struct OneCore;

impl Cores for OneCore {
    fn both(&self, first: impl FnOnce(), second: impl FnOnce() + Send) {
        first();
        second();
    }
}
