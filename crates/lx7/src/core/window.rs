//! Register windows: rotation, and overflow and underflow handled on the
//! program's behalf when it has no vectors of its own.
//!
//! The stack layout is the windowed ABI's: a frame's `a0`-`a3` lie in the 16
//! bytes below the stack pointer of the frame it called; `a4`-`a7` (and
//! `a8`-`a11`) lie below the stack pointer of its caller's caller, which is
//! found in the saved `a1` at `sp - 12`. Source: Xtensa ISA Reference Manual,
//! section 4.7.1 and the handlers in its section 8.

use super::{Cause, Core, Done, PS_CALLINC, PS_EXCM, PS_OWB, PS_WOE, Trap};

/// What the window hardware asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WindowVector {
    Overflow,
    Underflow,
}

/// A frame's registers on their way to the stack or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WindowMove {
    /// The direction.
    pub(crate) vector: WindowVector,
    /// The frame's window.
    pub(crate) frame: u32,
    /// How many quads of registers it has: how far away the window of the function is that it called.
    pub(crate) quads: u32,
}

impl WindowVector {
    /// Offset from VECBASE of the handler for `quads` quads of registers.
    pub(crate) fn offset(self, quads: u32) -> u32 {
        (quads - 1) * 0x80
            + if self == WindowVector::Overflow {
                0
            } else {
                0x40
            }
    }
}

impl Core {
    /// Recomputes `window_free` after WINDOWBASE, WINDOWSTART or PS changed.
    #[inline]
    pub(crate) fn update_window_free(&mut self) {
        self.window_free = if self.ps & (PS_WOE | PS_EXCM) != PS_WOE {
            3
        } else {
            let doubled = self.window_start | self.window_start << 16;
            let above = doubled >> (self.window_base + 1) & 7 | 8;
            above.trailing_zeros() as u8
        };
    }

    /// Sets WINDOWBASE.
    pub(crate) fn set_window_base(&mut self, base: u32) {
        self.window_base = base & 15;
        self.update_window_free();
    }

    /// Sets WINDOWSTART.
    pub(crate) fn set_window_start(&mut self, start: u32) {
        self.window_start = start & 0xFFFF;
        self.update_window_free();
    }

    fn frame_exists(&self, window: u32) -> bool {
        self.window_start >> (window & 15) & 1 != 0
    }

    /// Address register `register` counted from window `window`.
    fn frame_register(&mut self, window: u32, register: u32) -> &mut u32 {
        &mut self.ar[(window * 4 + register) as usize & 63]
    }

    /// Makes the `quads` quads above `a3` usable. With handlers of its own, the
    /// program gets a window overflow exception (and `false` is returned: the
    /// instruction has to wait); otherwise frames are written to the stack here.
    pub(crate) fn claim_quads(&mut self, quads: u8) -> Result<bool, Trap> {
        while self.window_free < quads {
            let frame = self.window_base + u32::from(self.window_free) + 1;
            let size = (1..=3).find(|&n| self.frame_exists(frame + n)).unwrap_or(3);
            if self.vectors_set {
                self.enter_window_vector(WindowVector::Overflow, frame, size);
                return Ok(false);
            }
            self.spill(frame, size)
                .map_err(|trap| self.not_moved(trap, WindowVector::Overflow, frame, size))?;
            self.set_window_start(self.window_start & !(1 << (frame & 15)));
        }
        Ok(true)
    }

    fn enter_window_vector(&mut self, vector: WindowVector, frame: u32, quads: u32) {
        self.special[super::special::EPC1] = self.pc;
        let old_base = self.window_base;
        self.ps = self.ps & !PS_OWB | old_base << 8 | PS_EXCM;
        self.set_window_base(frame);
        self.next = self.special[super::special::VECBASE].wrapping_add(vector.offset(quads));
        self.taken = true;
    }

    /// Writes four registers of the frame at `frame` to the stack.
    fn spill_quad(&mut self, frame: u32, quad: u32, address: u32) -> Done {
        let first = ((frame + quad) * 4) as usize & 63;
        let mut bytes = [0; 16];
        for (out, value) in bytes.chunks_exact_mut(4).zip(&self.ar[first..first + 4]) {
            out.copy_from_slice(&value.to_le_bytes());
        }
        self.memory.store(address, bytes)
    }

    /// Reads four registers of the frame at `frame` from the stack.
    fn fill_quad(&mut self, frame: u32, quad: u32, address: u32) -> Done {
        let first = ((frame + quad) * 4) as usize & 63;
        let bytes: &[u8; 16] = self.memory.load(address)?;
        for (value, word) in self.ar[first..first + 4]
            .iter_mut()
            .zip(bytes.chunks_exact(4))
        {
            *value = u32::from_le_bytes(word.try_into().expect("4 bytes"));
        }
        Ok(())
    }

    /// Where the quads of a frame beyond its first lie on the stack.
    fn extra_area(&mut self, frame: u32, quads: u32) -> Result<u32, Trap> {
        let sp = *self.frame_register(frame, 1);
        let caller_sp = self.load32(sp.wrapping_sub(12))?;
        Ok(caller_sp.wrapping_sub(16 * quads))
    }

    /// Writes the frame at `frame`, `quads` quads large, to the stack.
    fn spill(&mut self, frame: u32, quads: u32) -> Done {
        let callee_sp = *self.frame_register(frame + quads, 1);
        self.spill_quad(frame, 0, callee_sp.wrapping_sub(16))?;
        if quads > 1 {
            let area = self.extra_area(frame, quads)?;
            for quad in 1..quads {
                self.spill_quad(frame, quad, area.wrapping_add(16 * (quad - 1)))?;
            }
        }
        self.note_window(quads);
        Ok(())
    }

    /// Reads the frame at `frame`, `quads` quads large, from the stack of the
    /// current frame.
    fn fill(&mut self, frame: u32, quads: u32) -> Done {
        let callee_sp = self.a(1);
        self.fill_quad(frame, 0, callee_sp.wrapping_sub(16))?;
        if quads > 1 {
            let area = self.extra_area(frame, quads)?;
            for quad in 1..quads {
                self.fill_quad(frame, quad, area.wrapping_add(16 * (quad - 1)))?;
            }
        }
        self.note_window(quads);
        Ok(())
    }

    /// Remembers what a trap is about.
    #[cold]
    fn not_moved(&mut self, trap: Trap, vector: WindowVector, frame: u32, quads: u32) -> Trap {
        let frame = frame & 15;
        self.unmoved = Some(WindowMove {
            vector,
            frame,
            quads,
        });
        trap
    }

    /// The move that stopped the program, and the window and the address of the instruction that asked for it: a move of the
    /// simulator's, or of the program's own handler.
    pub(crate) fn interrupted_move(&self) -> Option<(WindowMove, u32, u32)> {
        if let Some(unmoved) = self.unmoved {
            return Some((unmoved, self.window_base, self.pc));
        }
        let offset = self.pc.wrapping_sub(self.special[super::special::VECBASE]);
        let handles = self.vectors_set && self.ps & PS_EXCM != 0 && offset < 3 * 0x80;
        handles.then(|| {
            let vector = match offset & 0x40 {
                0 => WindowVector::Overflow,
                _ => WindowVector::Underflow,
            };
            let handled = WindowMove {
                vector,
                frame: self.window_base,
                quads: offset / 0x80 + 1,
            };
            let window = (self.ps & PS_OWB) >> 8;
            (handled, window, self.special[super::special::EPC1])
        })
    }

    fn note_window(&mut self, quads: u32) {
        self.spills[quads as usize - 1] += 1;
        self.window_events = true;
    }

    /// Cost of the windows moved since the last call, given the cost of each size.
    #[cold]
    pub(crate) fn take_window_events(&mut self, costs: &[u32; 3]) -> u32 {
        self.window_events = false;
        let counts = std::mem::take(&mut self.spills);
        counts.iter().zip(costs).map(|(n, cost)| n * cost).sum()
    }

    /// `entry`: opens the frame that the last call asked for.
    pub(crate) fn enter_frame(&mut self, sp_register: i32, frame_size: u32) -> Done {
        let increment = (self.ps & PS_CALLINC) >> 16;
        if sp_register > 3 || self.ps & (PS_WOE | PS_EXCM) != PS_WOE {
            return Err(Trap::new(Cause::IllegalInstruction));
        }
        if !self.claim_quads(increment as u8)? {
            return Ok(());
        }
        let sp = self.a(sp_register).wrapping_sub(frame_size);
        *self.frame_register(self.window_base + increment, sp_register as u32) = sp;
        let base = (self.window_base + increment) & 15;
        self.window_base = base;
        self.set_window_start(self.window_start | 1 << base);
        Ok(())
    }

    /// `retw`: returns to the caller's frame.
    pub(crate) fn leave_frame(&mut self) -> Done {
        let return_address = self.a(0);
        let increment = return_address >> 30;
        let nearest = (1..=3).find(|&n| self.frame_exists(self.window_base.wrapping_sub(n)));
        let wrong = nearest.is_some_and(|n| n != increment);
        if increment == 0 || wrong || self.ps & (PS_WOE | PS_EXCM) != PS_WOE {
            return Err(Trap::new(Cause::IllegalInstruction));
        }
        let caller = self.window_base.wrapping_sub(increment) & 15;
        if nearest.is_none() {
            if self.vectors_set {
                self.enter_window_vector(WindowVector::Underflow, caller, increment);
                return Ok(());
            }
            self.fill(caller, increment)
                .map_err(|trap| self.not_moved(trap, WindowVector::Underflow, caller, increment))?;
        }
        let start = self.window_start & !(1 << self.window_base) | 1 << caller;
        self.ps = self.ps & !PS_CALLINC | increment << 16;
        self.window_base = caller;
        self.set_window_start(start);
        self.jump(return_address & 0x3FFF_FFFF | self.pc & 0xC000_0000)
    }

    /// `movsp`: moves the stack pointer, with the caller's registers if they
    /// are saved below it.
    pub(crate) fn move_stack_pointer(&mut self, target: i32, source: i32) -> Done {
        let spilled = !(1..=3).any(|n| self.frame_exists(self.window_base.wrapping_sub(n)));
        if spilled && self.window_start.count_ones() > 0 && self.ps & PS_WOE != 0 {
            if self.vectors_set {
                return Err(Trap::new(Cause::Alloca));
            }
            let (old, new) = (self.a(target), self.a(source));
            for i in 1..=4 {
                let value = self.load32(old.wrapping_sub(4 * i))?;
                self.store32(new.wrapping_sub(4 * i), value)?;
            }
        }
        self.put(target, self.a(source))
    }

    /// `rfwo` and `rfwu`: ends a window handler.
    pub(crate) fn return_from_window(&mut self, restored: bool) -> Done {
        if self.ps & PS_EXCM == 0 {
            return Err(Trap::new(Cause::IllegalInstruction));
        }
        let bit = 1 << self.window_base;
        self.window_start = if restored {
            self.window_start | bit
        } else {
            self.window_start & !bit
        };
        self.ps &= !PS_EXCM;
        self.set_window_base((self.ps & PS_OWB) >> 8);
        self.jump(self.special[super::special::EPC1])
    }
}
