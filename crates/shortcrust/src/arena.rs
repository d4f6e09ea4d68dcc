//! The memory of a network: the only module with `unsafe`. Every range is checked when the network is compiled.

use core::marker::PhantomData;
use core::slice;

use crate::buffer::{Buffer, Scalar};
use crate::cores::Cores;

/// Every tensor and constant starts at a multiple of this.
const ALIGNMENT: usize = 16;

/// The activations of a network, inputs and outputs included.
#[repr(C, align(16))]
pub struct Arena<const BYTES: usize>([u8; BYTES]);

/// The bytes that one kernel call reads and writes in an arena of `ARENA` bytes.
///
/// A value of this type is a proof: its ranges lie inside the arena, and none that is read meets the one that is written.
pub struct Access<const ARENA: usize, const READS: usize> {
    reads: [(usize, usize); READS],
    write: (usize, usize),
}

impl<const ARENA: usize, const READS: usize> Access<ARENA, READS> {
    /// Ranges are (first byte, bytes).
    ///
    /// # Panics
    /// If a range leaves the arena, is not aligned, or is read and written: in generated code an error of the compiler,
    /// because the call is in a constant.
    pub const fn new(reads: [(usize, usize); READS], write: (usize, usize)) -> Self {
        assert!(
            write.0 <= ARENA && write.1 <= ARENA - write.0,
            "inside the arena"
        );
        let mut index = 0;
        while index < READS {
            let (offset, bytes) = reads[index];
            assert!(
                offset <= ARENA && bytes <= ARENA - offset,
                "inside the arena"
            );
            assert!(
                apart(reads[index], write),
                "what is read and what is written must not overlap"
            );
            index += 1;
        }
        Self { reads, write }
    }

    /// Whether nothing that this reads or writes is written by another, as far as that is known from this one's ranges.
    const fn is_apart_from(&self, write: (usize, usize)) -> bool {
        let mut index = 0;
        while index < READS {
            if !apart(self.reads[index], write) {
                return false;
            }
            index += 1;
        }
        apart(self.write, write)
    }
}

/// Whether two ranges (first byte, bytes) have no byte in common.
const fn apart(a: (usize, usize), b: (usize, usize)) -> bool {
    a.0 + a.1 <= b.0 || b.0 + b.1 <= a.0
}

/// The bytes that two kernel calls read and write at the same time in an arena of `ARENA` bytes.
///
/// A value of this type is a proof: neither writes what the other reads or writes.
pub struct Pair<const ARENA: usize, const FIRST: usize, const SECOND: usize> {
    first: Access<ARENA, FIRST>,
    second: Access<ARENA, SECOND>,
}

impl<const ARENA: usize, const FIRST: usize, const SECOND: usize> Pair<ARENA, FIRST, SECOND> {
    /// Two calls.
    ///
    /// # Panics
    /// If one writes what the other reads or writes: in generated code an error of the compiler, because the call is in a constant.
    pub const fn new(first: Access<ARENA, FIRST>, second: Access<ARENA, SECOND>) -> Self {
        assert!(
            first.is_apart_from(second.write) && second.is_apart_from(first.write),
            "neither half may write what the other uses"
        );
        Self { first, second }
    }
}

/// What one kernel call reads, and what it writes.
type Slices<'a, const READS: usize> = ([&'a [i8]; READS], &'a mut [i8]);

/// A kernel in machine code for the ESP32-S3: output, first input, constants, scratch memory, second input.
///
/// It uses the vector unit's registers (q0 to q7, ACCX, QACC, SAR_BYTE), SAR and the hardware loop; an interrupt handler that uses
/// any of them must save them.
pub type Kernel = unsafe extern "C" fn(*mut i8, *const i8, *const u8, *mut i8, *const i8);

/// The places in an arena of `ARENA` bytes that one call of a [`Kernel`] works on.
///
/// A value of this type is a proof: every place lies inside the arena.
pub struct Call<const ARENA: usize> {
    output: usize,
    inputs: [usize; 2],
    scratch: usize,
}

impl<const ARENA: usize> Call<ARENA> {
    /// Ranges are (first byte, bytes).
    ///
    /// # Panics
    /// If a range leaves the arena: in generated code an error of the compiler, because the call is in a constant.
    pub const fn new(
        output: (usize, usize),
        inputs: [(usize, usize); 2],
        scratch: (usize, usize),
    ) -> Self {
        let ranges = [output, inputs[0], inputs[1], scratch];
        let mut index = 0;
        while index < ranges.len() {
            let (offset, bytes) = ranges[index];
            assert!(
                offset <= ARENA && bytes <= ARENA - offset,
                "inside the arena"
            );
            index += 1;
        }
        Self {
            output: output.0,
            inputs: [inputs[0].0, inputs[1].0],
            scratch: scratch.0,
        }
    }
}

/// The place of an input or output in an arena of `ARENA` bytes.
///
/// A value of this type is a proof: a `B` at this place lies inside the arena and is aligned.
pub struct Slot<B, const ARENA: usize> {
    offset: usize,
    buffer: PhantomData<B>,
}

impl<B: Buffer, const ARENA: usize> Slot<B, ARENA> {
    /// A buffer at a byte offset.
    ///
    /// # Panics
    /// If the buffer would leave the arena or not be aligned: in generated code an error of the compiler, because the call is in
    /// a constant.
    pub const fn new(offset: usize) -> Self {
        assert!(
            offset <= ARENA && size_of::<B>() <= ARENA - offset,
            "inside the arena"
        );
        assert!(
            offset.is_multiple_of(ALIGNMENT) && align_of::<B>() <= ALIGNMENT,
            "aligned"
        );
        Self {
            offset,
            buffer: PhantomData,
        }
    }
}

impl<const BYTES: usize> Arena<BYTES> {
    /// An arena of zeros.
    pub const fn new() -> Self {
        Self([0; BYTES])
    }

    /// The slices of one kernel call: what it reads and what it writes.
    #[inline(always)]
    pub fn access<const READS: usize>(
        &mut self,
        access: &Access<BYTES, READS>,
    ) -> Slices<'_, READS> {
        // SAFETY: `self` is borrowed exclusively for the lifetime of the result.
        unsafe { self.base().slices(access) }
    }

    /// The slices of two kernel calls that run at the same time.
    #[inline(always)]
    pub fn pair<const FIRST: usize, const SECOND: usize>(
        &mut self,
        pair: &Pair<BYTES, FIRST, SECOND>,
    ) -> (Slices<'_, FIRST>, Slices<'_, SECOND>) {
        let base = self.base();
        // SAFETY: `self` is borrowed exclusively for the lifetime of the results, and `Pair::new` checked that neither of the two
        // exclusive slices overlaps any slice of the other call.
        unsafe { (base.slices(&pair.first), base.slices(&pair.second)) }
    }

    /// Calls a kernel.
    ///
    /// # Safety
    /// The kernel was generated for these places of the arena and these constants.
    #[inline(always)]
    pub unsafe fn call(&mut self, kernel: Kernel, call: &Call<BYTES>, constants: &[i8]) {
        // SAFETY: the caller's promise.
        unsafe { self.base().call(kernel, call, constants) };
    }

    /// Calls two kernels at the same time; the second core calls `enable` before its own.
    ///
    /// # Safety
    /// As for [`Arena::call`], and neither kernel writes what the other reads or writes.
    #[inline(always)]
    pub unsafe fn call_both(
        &mut self,
        calls: [(Kernel, &Call<BYTES>, &[i8]); 2],
        enable: unsafe extern "C" fn(),
        cores: &impl Cores,
    ) {
        let base = self.base();
        let [first, second] = calls;
        cores.both(
            // SAFETY: the caller's promise.
            || unsafe { base.call(first.0, first.1, first.2) },
            // SAFETY: the caller's promise, and `enable` touches no memory.
            || unsafe {
                enable();
                base.call(second.0, second.1, second.2);
            },
        );
    }

    fn base(&mut self) -> Base<BYTES> {
        Base(self.0.as_mut_ptr().cast())
    }

    /// An input or output.
    #[inline(always)]
    pub fn get<B: Buffer>(&self, slot: &Slot<B, BYTES>) -> &B {
        // SAFETY: `Slot::new` checked that the buffer lies inside the arena, which `self` borrows, and that its offset is a
        // multiple of 16, as the arena's address is. A `Buffer` is an array of numbers of which every bit pattern is a value.
        unsafe { &*self.0.as_ptr().add(slot.offset).cast::<B>() }
    }

    /// An input or output, to be changed.
    #[inline(always)]
    pub fn get_mut<B: Buffer>(&mut self, slot: &Slot<B, BYTES>) -> &mut B {
        // SAFETY: as in `get`; `self` is borrowed exclusively. Every value of `B` is valid as bytes of the arena.
        unsafe { &mut *self.0.as_mut_ptr().add(slot.offset).cast::<B>() }
    }
}

/// The first byte of an arena that somebody has borrowed exclusively, for as long as this is used.
#[derive(Clone, Copy)]
struct Base<const BYTES: usize>(*mut i8);

// SAFETY: it is an address; what may be done with it from where is said by the functions that use it.
unsafe impl<const BYTES: usize> Send for Base<BYTES> {}
// SAFETY: as above.
unsafe impl<const BYTES: usize> Sync for Base<BYTES> {}

impl<const BYTES: usize> Base<BYTES> {
    /// The slices of one kernel call.
    ///
    /// # Safety
    /// Nobody else uses the range that is written, or changes those that are read, for the lifetime of the result.
    #[inline(always)]
    unsafe fn slices<'a, const READS: usize>(
        self,
        access: &Access<BYTES, READS>,
    ) -> Slices<'a, READS> {
        // SAFETY: `Access::new` checked that every range lies inside the arena, and that no range that is read meets the one that
        // is written: the only exclusive slice overlaps no other of this call; of other calls the caller says so. The arena's
        // bytes are initialised, and i8 and u8 have the same layout.
        unsafe {
            let reads = access
                .reads
                .map(|(offset, bytes)| slice::from_raw_parts(self.0.add(offset), bytes));
            let write = slice::from_raw_parts_mut(self.0.add(access.write.0), access.write.1);
            (reads, write)
        }
    }

    /// Calls a kernel.
    ///
    /// # Safety
    /// As for [`Arena::call`], and nobody else uses what the kernel writes, or changes what it reads.
    #[inline(always)]
    unsafe fn call(self, kernel: Kernel, call: &Call<BYTES>, constants: &[i8]) {
        // SAFETY: `Call::new` checked that every place lies inside the arena; what the kernel does with them is the caller's
        // promise.
        unsafe {
            kernel(
                self.0.add(call.output),
                self.0.add(call.inputs[0]),
                constants.as_ptr().cast(),
                self.0.add(call.scratch),
                self.0.add(call.inputs[1]),
            );
        }
    }
}

impl<const BYTES: usize> Default for Arena<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

/// The constants of a network: weights, biases, requantisation constants and tables, little-endian.
#[repr(C, align(16))]
pub struct Constants<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Constants<BYTES> {
    /// Takes the bytes, in a constant expression.
    pub const fn new(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// The values in a region.
    #[inline(always)]
    pub fn get<T: Scalar>(&self, region: &Region<T, BYTES>) -> &[T] {
        // SAFETY: `Region::new` checked that the values lie inside the block and that their offset is a multiple of their
        // size, as the block's address is; every bit pattern is a value of a `Scalar`.
        unsafe { slice::from_raw_parts(self.0.as_ptr().add(region.offset).cast(), region.count) }
    }
}

/// The place of numbers in constants of `BYTES` bytes.
///
/// A value of this type is a proof: the numbers lie inside the constants and are aligned.
pub struct Region<T, const BYTES: usize> {
    offset: usize,
    count: usize,
    scalar: PhantomData<T>,
}

impl<T: Scalar, const BYTES: usize> Region<T, BYTES> {
    /// So many bytes of numbers, from a first byte on.
    ///
    /// # Panics
    /// If they leave the constants or are not aligned: in generated code an error of the compiler, because the call is in a
    /// constant.
    pub const fn new(offset: usize, bytes: usize) -> Self {
        let (offset, bytes) = place::<T>(offset, bytes);
        assert!(
            offset <= BYTES && bytes <= BYTES - offset,
            "inside the constants"
        );
        Self {
            offset,
            count: bytes / size_of::<T>(),
            scalar: PhantomData,
        }
    }
}

/// The range (first byte, bytes) of numbers in an arena or in constants, which [`cast`] and [`cast_mut`] lose none of.
///
/// # Panics
/// If it is not aligned or ends within a number: in generated code an error of the compiler, because the call is in a constant.
pub const fn place<T: Scalar>(offset: usize, bytes: usize) -> (usize, usize) {
    assert!(
        offset.is_multiple_of(size_of::<T>()) && align_of::<T>() <= size_of::<T>(),
        "aligned"
    );
    assert!(bytes.is_multiple_of(size_of::<T>()), "whole numbers");
    (offset, bytes)
}

/// The numbers that lie in a slice of bytes: all of them where [`place`] made its range.
#[inline(always)]
pub fn cast<T: Scalar>(bytes: &[i8]) -> &[T] {
    // SAFETY: every bit pattern is a value of a `Scalar`; `align_to` sees to the alignment.
    unsafe { bytes.align_to::<T>().1 }
}

/// The numbers that lie in a slice of bytes, to be changed.
#[inline(always)]
pub fn cast_mut<T: Scalar>(bytes: &mut [i8]) -> &mut [T] {
    // SAFETY: as in `cast`, and every value of a `Scalar` is valid as bytes.
    unsafe { bytes.align_to_mut::<T>().1 }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::panic;

    use super::*;
    use crate::Buffer2D;

    #[test]
    fn a_call_sees_its_own_ranges() {
        const IN: Slot<Buffer2D<i8, 1, 3>, 48> = Slot::new(16);
        const OUT: Slot<Buffer2D<i32, 1, 2>, 48> = Slot::new(32);
        const ACCESS: Access<48, 1> = Access::new([(16, 3)], (32, 8));
        let mut arena = Arena::<48>::new();
        arena.get_mut(&IN).copy_from_slice(&[1, -2, 3]);
        let ([input], output) = arena.access(&ACCESS);
        assert_eq!(input, [1, -2, 3]);
        cast_mut::<i32>(output).copy_from_slice(&[-7, 1 << 20]);
        assert_eq!(arena.get(&OUT).0, [[-7, 1 << 20]]);
    }

    #[test]
    #[should_panic(expected = "overlap")]
    fn reading_what_is_written_is_refused() {
        Access::<64, 2>::new([(0, 16), (32, 16)], (47, 1));
    }

    #[test]
    fn halves_share_what_they_read() {
        const PAIR: Pair<48, 1, 1> = Pair::new(
            Access::new([(0, 16)], (16, 16)),
            Access::new([(0, 16)], (32, 16)),
        );
        let mut arena = Arena::<48>::new();
        arena.0[..16].fill(5);
        let (([input], first), ([same], second)) = arena.pair(&PAIR);
        first.copy_from_slice(input);
        second.copy_from_slice(same);
        assert_eq!(arena.0, [5; 48]);
    }

    #[test]
    #[should_panic(expected = "neither half")]
    fn halves_that_write_the_same_bytes_are_refused() {
        Pair::<48, 0, 0>::new(Access::new([], (0, 17)), Access::new([], (16, 16)));
    }

    #[test]
    #[should_panic(expected = "neither half")]
    fn a_half_that_reads_what_the_other_writes_is_refused() {
        Pair::<48, 1, 0>::new(Access::new([(8, 16)], (32, 16)), Access::new([], (0, 16)));
    }

    #[test]
    #[should_panic(expected = "inside")]
    fn a_slot_outside_of_the_arena_is_refused() {
        Slot::<Buffer2D<i8, 1, 3>, 16>::new(16);
    }

    #[test]
    fn constants_are_little_endian_numbers() {
        static CONSTANTS: Constants<20> =
            Constants::new(*b"\x01\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xfe\xff\xff\xff");
        const BYTES: Region<i8, 20> = Region::new(0, 2);
        const WORD: Region<i32, 20> = Region::new(16, 4);
        const NOTHING: Region<i32, 20> = Region::new(20, 0);
        assert_eq!(CONSTANTS.get(&BYTES), [1, -1]);
        assert_eq!(CONSTANTS.get(&WORD), [-2]);
        assert_eq!(CONSTANTS.get(&NOTHING), []);
    }

    /// Whether a region is refused, and in which words.
    fn refusal<T: Scalar>(offset: usize, bytes: usize) -> Option<&'static str> {
        let refused = panic::catch_unwind(|| Region::<T, 20>::new(offset, bytes));
        refused.err().map(|words| *words.downcast().unwrap())
    }

    #[test]
    fn constants_outside_of_the_block_are_refused() {
        for (offset, bytes) in [(16, 5), (20, 1), (21, 0), (0, 21), (1, usize::MAX)] {
            let refused = refusal::<i8>(offset, bytes);
            assert_eq!(refused, Some("inside the constants"), "{offset}, {bytes}");
        }
        assert_eq!(refusal::<i8>(0, 20), None);
        assert_eq!(refusal::<f32>(20, 4), Some("inside the constants"));
    }

    #[test]
    fn numbers_that_would_be_cut_are_refused() {
        assert_eq!(refusal::<i32>(2, 4), Some("aligned"));
        assert_eq!(refusal::<i32>(4, 6), Some("whole numbers"));
        assert_eq!(place::<i32>(4, 8), (4, 8));
        assert_eq!(place::<u8>(3, 5), (3, 5));
    }
}
