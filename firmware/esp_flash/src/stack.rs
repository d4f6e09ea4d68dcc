//! The stack: how much of it was ever used, and whether it overflowed.
//!
//! At the start everything below the current frame is filled with a pattern. What is still the pattern later was never used, so
//! the lowest word that is not marks the deepest moment since.

use core::mem::MaybeUninit;
use core::ptr;

/// The pattern: no address, no small number, no text.
const PAINT: u32 = 0x5ca1_ab1e;

/// What is left unpainted below the frame that paints: its own calls, and on Xtensa the register windows of its callers, which
/// are saved below the stack pointer.
const MARGIN: usize = 512;

/// Overwriting this much of the lowest paint is an overflow.
const ALARM: usize = 64;

/// The stack of one core; it grows from `top` down to `bottom`.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    bottom: usize,
    top: usize,
}

impl Stack {
    /// The stack between two addresses. The last word that may be painted ends at `top`.
    ///
    /// # Safety
    /// `bottom..top` must be memory for the stack of the running core alone, and stay so: nothing but frames lives there, and no
    /// frame ever reads what it did not write. Whoever calls stands on this stack.
    pub const unsafe fn new(bottom: usize, top: usize) -> Self {
        Self {
            bottom: bottom.next_multiple_of(align_of::<u32>()),
            top: top - top % align_of::<u32>(),
        }
    }

    /// All of it, in bytes.
    pub const fn total(&self) -> usize {
        self.top - self.bottom
    }

    /// Paints what is below the current frame.
    #[inline(never)]
    pub fn paint(&self) {
        self.paint_below(current_frame().saturating_sub(MARGIN));
    }

    /// The most bytes that were ever in use since the stack was painted.
    pub fn high_water(&self) -> usize {
        self.total() - self.untouched()
    }

    /// Whether the lowest paint is gone.
    pub fn overflowed(&self) -> bool {
        self.untouched() < ALARM
    }

    /// Whether the caller's frame lies in it: not so where an overflow is just happening.
    pub fn holds_current_frame(&self) -> bool {
        (self.bottom..self.top).contains(&current_frame())
    }

    /// Panics where the stack overflowed, which a frame that jumped over the chip's guard word can do unnoticed.
    ///
    /// # Panics
    /// If it overflowed.
    pub fn check(&self) {
        assert!(
            !self.overflowed(),
            "stack overflow: all {} bytes of the stack were used",
            self.total()
        );
    }

    /// Paints every word from the bottom up to an address: a stack pointer, less what is in use below it.
    pub fn paint_below(&self, end: usize) {
        for address in (self.bottom..end.min(self.top)).step_by(size_of::<u32>()) {
            // SAFETY: whoever made this value vouched that the range is memory for frames; what is painted lies below the
            // current frame and all that it can spill, so no frame's content is lost; an interrupt's frames are gone again
            // before the next word is painted.
            unsafe { ptr::with_exposed_provenance_mut::<u32>(address).write_volatile(PAINT) }
        }
    }

    /// The bytes of paint above the bottom.
    fn untouched(&self) -> usize {
        (self.bottom..self.top)
            .step_by(size_of::<u32>())
            .take_while(|&address| {
                // SAFETY: as above; every bit pattern is a u32, and a volatile read sees the memory as it is.
                unsafe { ptr::with_exposed_provenance::<u32>(address).read_volatile() == PAINT }
            })
            .count()
            * size_of::<u32>()
    }
}

/// An address in the frame of the function that calls.
#[inline(always)]
fn current_frame() -> usize {
    let here = MaybeUninit::<u32>::uninit();
    here.as_ptr().expose_provenance()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pretended stack of 100 words.
    fn with_stack(test: impl FnOnce(&Stack, &dyn Fn(usize))) {
        let mut words = [0u32; 100];
        let bottom = words.as_mut_ptr().expose_provenance();
        // SAFETY: the array is nobody else's while the test runs.
        let stack = unsafe { Stack::new(bottom, bottom + size_of_val(&words)) };
        let use_word = |word: usize| {
            // SAFETY: a word of the array.
            unsafe { ptr::with_exposed_provenance_mut::<u32>(bottom + 4 * word).write_volatile(7) }
        };
        test(&stack, &use_word);
    }

    #[test]
    fn the_deepest_word_marks_the_high_water() {
        with_stack(|stack, use_word| {
            stack.paint_below(usize::MAX);
            assert_eq!((stack.total(), stack.high_water()), (400, 0));
            use_word(90);
            assert_eq!(stack.high_water(), 40);
            use_word(50);
            use_word(60);
            assert_eq!(stack.high_water(), 200);
            assert!(!stack.overflowed());
        });
    }

    #[test]
    fn what_is_in_use_is_not_painted() {
        with_stack(|stack, use_word| {
            use_word(70);
            stack.paint_below(stack.bottom + 70 * 4);
            assert_eq!(stack.high_water(), 120);
        });
    }

    #[test]
    #[should_panic(expected = "stack overflow: all 400 bytes")]
    fn an_overflow_is_called_by_its_name() {
        with_stack(|stack, use_word| {
            stack.paint_below(usize::MAX);
            use_word(16);
            stack.check();
            use_word(15);
            stack.check();
        });
    }
}
