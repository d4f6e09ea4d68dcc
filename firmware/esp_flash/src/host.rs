//! This computer as a machine: for tests, and for boards that are none.

extern crate std;

use std::boxed::Box;
use std::time::Instant;

use shortcrust::OneCore;

use crate::Machine;
use crate::stack::Stack;

/// A machine whose stack is pretended: an array that nothing uses.
pub struct Host {
    start: Instant,
    stack: Stack,
}

impl Host {
    /// With a painted stack of 4 KB of which the upper half was used.
    pub fn new() -> Self {
        let memory = Box::leak(Box::new([0u32; 1024]));
        let bottom = memory.as_mut_ptr().expose_provenance();
        // SAFETY: the array is leaked and nobody else's.
        let stack = unsafe { Stack::new(bottom, bottom + size_of_val(memory)) };
        stack.paint_below(bottom + size_of_val(memory) / 2);
        Self {
            start: Instant::now(),
            stack,
        }
    }
}

impl Machine for Host {
    const NAME: &'static str = "host";

    type Cores = OneCore;

    fn cores(&self) -> &OneCore {
        &OneCore
    }

    fn cycles(&self) -> u32 {
        self.start.elapsed().as_nanos() as u32
    }

    fn microseconds(&self) -> u64 {
        self.start.elapsed().as_micros() as u64
    }

    fn stack(&self) -> &Stack {
        &self.stack
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}
