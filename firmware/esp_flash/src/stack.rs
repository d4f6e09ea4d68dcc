//! The stack: how much of it was ever used, and whether it overflowed.
//!
//! At the start everything below the current frame is filled with a pattern. What is still the pattern later was never used, so
//! the lowest word that is not marks the deepest moment since.
//!
//! A chip may watch one word, the guard: to write it is an exception. A frame can jump over that word and never write it. Such an
//! overflow shows in what lies around the word: the frames that are called from there save something each.

use core::mem::MaybeUninit;
use core::ptr;

/// The pattern: no address, no small number, no text.
const PAINT: u32 = 0x5ca1_ab1e;

/// What is left unpainted below the frame that paints: its own calls, and on Xtensa the register windows of its callers, which
/// are saved below the stack pointer.
const MARGIN: usize = 512;

/// Using any of so many of the lowest bytes is an overflow.
const ALARM: usize = 64;

/// No frame is larger, see clippy's threshold in the firmware's `.clippy.toml` and `shortcrust fit`: where frames pass so many bytes,
/// one of them leaves a mark.
const LARGEST_FRAME: usize = 1024;

/// The size of a word.
const WORD: usize = size_of::<u32>();

/// The stack of one core; it grows from `top` down to `bottom`.
#[derive(Clone, Copy, Debug)]
pub struct Stack {
    /// The first byte that is watched below the guard word; `bottom`, if there is none.
    watched: usize,
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
        let bottom = bottom.next_multiple_of(WORD);
        Self {
            watched: bottom,
            bottom,
            top: top - top % WORD,
        }
    }

    /// The stack from a guard word up to `top`. What lies from `end` up to the guard word is for the message of an overflow, and
    /// nothing else may have been there; the guard word itself is neither read nor written.
    ///
    /// # Safety
    /// As for [`Stack::new`], of `end..top`; `guard` is a multiple of 4 in it.
    pub const unsafe fn above_guard(end: usize, guard: usize, top: usize) -> Self {
        // SAFETY: the caller's promise.
        let above = unsafe { Self::new(guard + WORD, top) };
        let end = end.next_multiple_of(WORD);
        let watched = match guard.saturating_sub(end) > LARGEST_FRAME {
            true => guard - LARGEST_FRAME,
            false => end,
        };
        Self { watched, ..above }
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
    ///
    /// It reads all that was never used, which takes a chip milliseconds: for what is printed, and never where time is taken.
    pub fn high_water(&self) -> usize {
        let used = words(self.bottom, self.top).find(|&word| self.is_used(word));
        self.top - used.unwrap_or(self.top)
    }

    /// As [`Stack::high_water`] where an earlier mark is known: all is read only if something just below that mark was used.
    pub fn high_water_since(&self, earlier: usize) -> usize {
        let earlier = earlier.min(self.total());
        let mark = self.top - earlier;
        let lowest = self.bottom.max(mark.saturating_sub(LARGEST_FRAME));
        let deeper = words(lowest, mark).any(|word| self.is_used(word));
        if deeper || earlier == 0 {
            return self.high_water();
        }
        earlier
    }

    /// Whether any of the lowest bytes were used, or what is watched below the guard word: at most [`ALARM`] and
    /// [`LARGEST_FRAME`] bytes are read.
    pub fn overflowed(&self) -> bool {
        let lowest = words(self.bottom, self.top.min(self.bottom + ALARM));
        self.below_guard()
            .chain(lowest)
            .any(|word| self.is_used(word))
    }

    /// Whether the caller's frame lies in it: not so where an overflow is just happening.
    pub fn holds_current_frame(&self) -> bool {
        (self.bottom..self.top).contains(&current_frame())
    }

    /// Panics where the stack overflowed, which a frame that jumped over the chip's guard word can do unnoticed.
    ///
    /// It sees what was written. An overflow leaves no mark where one frame reaches over all that is watched and writes nothing
    /// there, which takes a frame of 1 KB or more; where what was written is the pattern; or on the stack of another core.
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

    /// Paints every word from the bottom up to an address, and what is watched below the guard word: a stack pointer, less what
    /// is in use below it.
    pub fn paint_below(&self, end: usize) {
        let end = end.min(self.top);
        let below_guard = self.below_guard().take_while(|&address| address < end);
        for address in below_guard.chain(words(self.bottom, end)) {
            // SAFETY: whoever made this value vouched that the range is memory for frames; what is painted lies below the
            // current frame and all that it can spill, so no frame's content is lost; an interrupt's frames are gone again
            // before the next word is painted.
            unsafe { ptr::with_exposed_provenance_mut::<u32>(address).write_volatile(PAINT) }
        }
    }

    /// The words that are watched below the guard word.
    fn below_guard(&self) -> impl Iterator<Item = usize> {
        words(self.watched, self.bottom.saturating_sub(WORD))
    }

    /// Whether one of its words, or of those that are watched, was written since it was painted.
    fn is_used(&self, address: usize) -> bool {
        // SAFETY: whoever made this value vouched for the memory; every bit pattern is a u32, and a volatile read sees the memory
        // as it is.
        unsafe { ptr::with_exposed_provenance::<u32>(address).read_volatile() != PAINT }
    }
}

/// The addresses of words.
fn words(start: usize, end: usize) -> impl Iterator<Item = usize> {
    (start..end).step_by(WORD)
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

    /// Words of the pretended memory.
    const WORDS: usize = 1000;

    /// The first word of the stack above the guard word.
    const BOTTOM: usize = 601;

    /// Uses a word.
    type Use<'a> = &'a dyn Fn(usize);

    /// A test of a stack on a pretended memory of so many words, which the test can use.
    fn with_memory(make: impl FnOnce(usize) -> Stack, test: impl FnOnce(&Stack, Use)) {
        let mut words = [0u32; WORDS];
        let start = words.as_mut_ptr().expose_provenance();
        let use_word = |word: usize| {
            // SAFETY: a word of the array, which is nobody else's.
            unsafe {
                ptr::with_exposed_provenance_mut::<u32>(start + WORD * word).write_volatile(7)
            }
        };
        test(&make(start), &use_word);
    }

    /// A stack of 100 words.
    fn with_stack(test: impl FnOnce(&Stack, Use)) {
        // SAFETY: the memory is nobody else's while the test runs.
        with_memory(|start| unsafe { Stack::new(start, start + 400) }, test);
    }

    /// A stack above a guard word, which lies so many words above the memory's start.
    fn with_guard(guard: usize, test: impl FnOnce(&Stack, Use)) {
        let make = |start: usize| {
            // SAFETY: as above.
            unsafe { Stack::above_guard(start, start + WORD * guard, start + WORD * WORDS) }
        };
        with_memory(make, test);
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

    #[test]
    fn every_lowest_word_is_an_overflow() {
        for word in 0..16 {
            with_stack(|stack, use_word| {
                stack.paint_below(usize::MAX);
                use_word(word);
                assert!(stack.overflowed(), "word {word}");
            });
        }
    }

    #[test]
    fn a_check_reads_nothing_above_the_lowest_words() {
        let mut words = [0u32; ALARM / WORD];
        let bottom = words.as_mut_ptr().expose_provenance();
        // SAFETY: only the lowest words are memory, and the others are neither painted nor read.
        let stack = unsafe { Stack::new(bottom, usize::MAX) };
        stack.paint_below(bottom + ALARM);
        stack.check();
    }

    #[test]
    fn an_overflow_shows_below_the_guard_word() {
        // How many words above the memory's end the guard word lies, and which of the words below it are watched.
        for (guard, watched) in [(BOTTOM - 1, 344..600), (100, 0..100), (0, 0..0)] {
            with_guard(guard, |stack, use_word| {
                use_word(guard);
                stack.paint_below(usize::MAX);
                assert_eq!(stack.total(), (WORDS - guard - 1) * WORD);
                assert!(!stack.overflowed(), "the guard word is the chip's own");
                for word in (0..guard).filter(|word| !watched.contains(word)) {
                    use_word(word);
                }
                use_word(guard + 17);
                assert!(!stack.overflowed(), "guard word {guard}");
            });
            for word in watched.clone().chain(guard + 1..guard + 17) {
                with_guard(guard, |stack, use_word| {
                    stack.paint_below(usize::MAX);
                    use_word(word);
                    assert!(stack.overflowed(), "guard word {guard}, word {word}");
                });
            }
        }
    }

    #[test]
    fn the_guard_word_is_never_written() {
        with_memory(
            // SAFETY: as above.
            |start| unsafe { Stack::above_guard(start, start + 40, start + 400) },
            |stack, use_word| {
                use_word(10);
                stack.paint_below(usize::MAX);
                let guard = ptr::with_exposed_provenance::<u32>(stack.bottom - WORD);
                // SAFETY: a word of the memory.
                assert_eq!(unsafe { guard.read_volatile() }, 7);
            },
        );
    }

    #[test]
    fn a_known_mark_moves_when_something_below_it_was_used() {
        with_guard(0, |stack, use_word| {
            stack.paint_below(usize::MAX);
            assert_eq!(stack.high_water_since(0), 0);
            use_word(WORDS - 10);
            assert_eq!(stack.high_water_since(0), 40);
            assert_eq!(stack.high_water_since(40), 40);
            use_word(WORDS - 5);
            assert_eq!(stack.high_water_since(40), 40);
            use_word(WORDS - 200);
            use_word(WORDS - 400);
            assert_eq!(stack.high_water_since(40), 1600);
            use_word(1);
            assert_eq!(stack.high_water_since(3600), stack.total());
            assert_eq!(stack.high_water_since(usize::MAX), stack.total());
        });
    }
}
