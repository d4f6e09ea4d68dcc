//! Reasons why an instruction cannot complete.

use std::fmt;

/// Why an instruction stopped, with the address it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trap {
    /// What happened.
    pub cause: Cause,
    /// Size of the access in bytes, for memory causes.
    pub size: u8,
    /// Address, stack pointer or code that the cause speaks of.
    pub address: u32,
}

/// What happened. The causes up to [`Cause::Debug`] are exceptions of the core,
/// which a program with vectors of its own can handle; the others stop the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// No legal instruction, or one that is illegal in this state.
    IllegalInstruction,
    /// `syscall`.
    Syscall,
    /// Access of a size that the memory does not support.
    LoadStoreError,
    /// `movsp` while the caller's registers are on the stack.
    Alloca,
    /// Division by 0.
    DivideByZero,
    /// Misaligned address where hardware does not fix it.
    LoadStoreAlignment,
    /// Jump to an address without instruction memory.
    FetchProhibited,
    /// Load from an address without memory.
    LoadProhibited,
    /// Store to an address without writable memory.
    StoreProhibited,
    /// Floating-point instruction while CPENABLE bit 0 is 0.
    FloatDisabled,
    /// Vector instruction while CPENABLE bit 3 is 0.
    VectorDisabled,
    /// `break`; the address holds its two operands.
    Debug,
    /// Strict mode: vector access at an address that is not a multiple of its width.
    MisalignedVector,
    /// Strict mode: load of bytes that nothing has written.
    Uninitialised,
    /// Strict mode: store to loaded code.
    CodeWrite,
    /// Strict mode: stack pointer below the limit.
    StackOverflow,
    /// An instruction or operand whose behaviour is not published.
    Unimplemented,
    /// `waiti`: no interrupt will ever come.
    WaitsForever,
    /// `simcall`: the program asks the host for something.
    Simcall,
}

impl Cause {
    /// Number in EXCCAUSE, for exceptions of the core.
    pub fn exception_number(self) -> Option<u32> {
        Some(match self {
            Cause::IllegalInstruction => 0,
            Cause::Syscall => 1,
            Cause::LoadStoreError => 3,
            Cause::Alloca => 5,
            Cause::DivideByZero => 6,
            Cause::LoadStoreAlignment => 9,
            Cause::FetchProhibited => 20,
            Cause::LoadProhibited => 28,
            Cause::StoreProhibited => 29,
            Cause::FloatDisabled => 32,
            Cause::VectorDisabled => 35,
            _ => return None,
        })
    }
}

impl Trap {
    /// A trap that concerns no address.
    pub fn new(cause: Cause) -> Self {
        Trap {
            cause,
            size: 0,
            address: 0,
        }
    }

    /// A trap at a memory address.
    pub fn at(cause: Cause, address: u32, size: usize) -> Self {
        Trap {
            cause,
            size: size as u8,
            address,
        }
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, size) = (self.address, self.size);
        match self.cause {
            Cause::IllegalInstruction => write!(f, "illegal instruction"),
            Cause::Syscall => write!(f, "`syscall` without an exception vector"),
            Cause::LoadStoreError => write!(
                f,
                "{size}-byte access at {address:#010x}: instruction memory takes aligned 4-byte accesses only"
            ),
            Cause::Alloca => write!(f, "`movsp` while the caller's registers are on the stack"),
            Cause::DivideByZero => write!(f, "integer division by zero"),
            Cause::LoadStoreAlignment => write!(
                f,
                "{size}-byte access at {address:#010x}, which is not a multiple of {size}"
            ),
            Cause::FetchProhibited => write!(
                f,
                "jump to {address:#010x}, where there is no instruction memory"
            ),
            Cause::LoadProhibited => write!(
                f,
                "{size}-byte load from {address:#010x}, where there is no memory"
            ),
            Cause::StoreProhibited => write!(
                f,
                "{size}-byte store to {address:#010x}, where there is no writable memory"
            ),
            Cause::FloatDisabled => {
                write!(f, "floating-point instruction while CPENABLE bit 0 is 0")
            }
            Cause::VectorDisabled => write!(f, "vector instruction while CPENABLE bit 3 is 0"),
            Cause::Debug => write!(f, "`break`"),
            Cause::MisalignedVector => write!(
                f,
                "vector access of {size} bytes at {address:#010x}, which is not a multiple of {size}; the chip would silently use {:#010x}",
                address & !(u32::from(size) - 1)
            ),
            Cause::Uninitialised => write!(
                f,
                "{size}-byte load from {address:#010x}, which nothing has written"
            ),
            Cause::CodeWrite => write!(f, "{size}-byte store to {address:#010x}, which holds code"),
            Cause::StackOverflow => write!(
                f,
                "stack pointer {address:#010x} is below the stack's limit"
            ),
            Cause::Unimplemented => write!(
                f,
                "the behaviour of this instruction with these operands is not published"
            ),
            Cause::WaitsForever => write!(
                f,
                "`waiti`: no interrupt is modelled, the program would wait forever"
            ),
            Cause::Simcall => write!(f, "unknown `simcall` number {address}"),
        }
    }
}

impl std::error::Error for Trap {}
