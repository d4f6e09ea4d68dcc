//! What the library asks of the machine that it runs on.

use shortcrust::Cores;

use crate::stack::Stack;

/// A processor with its counters and its memory.
pub trait Machine {
    /// The processor's name.
    const NAME: &'static str;

    /// The cores that networks run on.
    type Cores: Cores;

    /// The cores that networks run on.
    fn cores(&self) -> &Self::Cores;

    /// The cycle counter, which wraps.
    fn cycles(&self) -> u32;

    /// Microseconds since the start.
    fn microseconds(&self) -> u64;

    /// The stack of the core that this runs on.
    fn stack(&self) -> &Stack;

    /// The heap, where there is one.
    fn heap(&self) -> Option<Heap> {
        None
    }
}

/// The state of a heap, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heap {
    /// What is allocated now.
    pub used: usize,
    /// All of it.
    pub total: usize,
}
