//! What a stopped move of a window was about.
//!
//! Any instruction that needs registers can make a frame move to the stack, and a return can bring one back. Where that fails, the
//! instruction is not to blame: a stack pointer is.

use super::Simulator;
use super::report::Frame;
use crate::core::{WindowMove, WindowVector};
use std::fmt;

/// A frame whose registers could not be moved between a window and the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowFault {
    /// To the stack (window overflow), not back (underflow).
    pub spill: bool,
    /// How many registers the frame has: 4, 8 or 12.
    pub registers: u32,
    /// The frame, at the call that it waits for.
    pub frame: Frame,
    /// Its stack pointer, where that is known.
    pub stack_pointer: Option<u32>,
    /// The function that it called, below whose stack pointer the base-save area lies.
    pub callee: Frame,
    /// First of the 16 bytes for `a0`-`a3` of the frame.
    pub base_save_area: u32,
}

impl fmt::Display for WindowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moved = match self.spill {
            true => "window overflow: registers were to be freed by a spill of",
            false => "window underflow: back from the stack were to come",
        };
        write!(
            f,
            "{moved} a0-a{} of {}",
            self.registers - 1,
            self.frame.name
        )?;
        if let Some(stack_pointer) = self.stack_pointer {
            write!(f, ", whose stack pointer is {stack_pointer:#010x}")?;
        }
        write!(
            f,
            ";\nthe base-save area of a0-a3 is {:#010x}, below the stack pointer {:#010x} of {}",
            self.base_save_area,
            self.base_save_area.wrapping_add(16),
            self.callee.name
        )?;
        if self.registers > 4 {
            write!(
                f,
                ";\na4-a{} lie below the stack pointer of its caller, which is saved below its own",
                self.registers - 1
            )?;
        }
        Ok(())
    }
}

impl Simulator {
    /// The move that stopped the run, if one did.
    pub(super) fn window_fault(&self) -> Option<WindowFault> {
        let (unmoved, mut window, mut pc) = self.core.interrupted_move()?;
        let WindowMove {
            vector,
            frame,
            quads,
        } = unmoved;
        let register = |window: u32, r: u32| self.core.ar[(window * 4 + r) as usize & 63];
        let callee = (frame + quads) & 15;
        // From the instruction outwards to the function that the frame called; each return address tells the next window.
        for _ in 0..16 {
            if window == callee {
                break;
            }
            let return_address = register(window, 0);
            pc = self.call_before(return_address);
            window = window.wrapping_sub(return_address >> 30) & 15;
        }
        let base_save_area = register(callee, 1).wrapping_sub(16);
        let spill = vector == WindowVector::Overflow;
        // On its way back it is in its register as soon as the base-save area was read.
        let stack_pointer = register(frame, 1);
        let known = spill || self.word(base_save_area.wrapping_add(4)) == Some(stack_pointer);
        Some(WindowFault {
            spill,
            registers: 4 * quads,
            frame: self.frame_at(self.call_before(register(callee, 0))),
            stack_pointer: known.then_some(stack_pointer),
            callee: self.frame_at(pc),
            base_save_area,
        })
    }
}
