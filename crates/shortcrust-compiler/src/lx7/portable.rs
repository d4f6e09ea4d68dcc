//! Why a step has no machine code.

use std::borrow::Cow;

use lx7::asm::AssemblyError;

/// Why a step runs its portable kernel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Portable {
    /// No machine code computes the step: what about it is outside, in words.
    #[error("{0}")]
    Outside(Cow<'static, str>),
    /// A generator emitted what cannot be assembled, or overwrote what it must keep.
    #[error("a bug in shortcrust, please report it: {0}")]
    Fault(String),
}

impl Portable {
    /// Something about the step is outside of what machine code computes.
    pub(super) fn outside(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::Outside(reason.into())
    }
}

impl From<AssemblyError> for Portable {
    fn from(error: AssemblyError) -> Self {
        Self::Fault(error.to_string())
    }
}
