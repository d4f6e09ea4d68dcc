//! Registers, memory and the small operations that instructions are made of.

mod cache;
mod memory;
mod trap;
mod window;

pub use cache::CacheSettings;
pub use memory::{Device, Memory, MemorySettings, MemorySnapshot};
pub use trap::{Cause, Trap};
pub(crate) use window::{WindowMove, WindowVector};

use crate::isa::Done;

/// PS.INTLEVEL.
pub const PS_INTLEVEL: u32 = 0xF;
/// PS.EXCM: exception mode.
pub const PS_EXCM: u32 = 1 << 4;
/// PS.UM: user vector mode.
pub const PS_UM: u32 = 1 << 5;
/// PS.OWB: window base before a window exception.
pub const PS_OWB: u32 = 0xF << 8;
/// PS.CALLINC: window increment of the last call.
pub const PS_CALLINC: u32 = 3 << 16;
/// PS.WOE: window overflow detection.
pub const PS_WOE: u32 = 1 << 18;

/// Numbers of the special registers that the simulator itself uses.
pub mod special {
    #![allow(missing_docs)]
    pub const EPC1: usize = 177;
    pub const DEPC: usize = 192;
    pub const EPS2: usize = 194;
    pub const EXCSAVE1: usize = 209;
    pub const CPENABLE: usize = 224;
    pub const VECBASE: usize = 231;
    pub const EXCCAUSE: usize = 232;
    pub const EXCVADDR: usize = 238;
    pub const SCOMPARE1: usize = 12;
}

/// The complete state of the core and its memory.
///
/// Instruction functions work on this; everything about time lives in the
/// simulator.
#[derive(Debug, Clone)]
pub struct Core {
    /// All 64 address registers.
    pub(crate) ar: [u32; 64],
    /// WINDOWBASE, 0-15.
    pub(crate) window_base: u32,
    /// WINDOWSTART.
    pub(crate) window_start: u32,
    /// How many of the register quads `a4`-`a7`, `a8`-`a11`, `a12`-`a15` can be
    /// used before a window overflow.
    pub(crate) window_free: u8,
    /// Floating-point registers, raw bits.
    pub f: [u32; 16],
    /// Vector registers; byte 0 is the lowest.
    pub(crate) q: [[u8; 16]; 8],
    /// MAC16 data registers.
    pub m: [u32; 4],
    /// MAC16 accumulator, sign-extended from 40 bits.
    pub acc: i64,
    /// Booleans, `b0` lowest.
    pub br: u16,
    /// SAR, 6 bits.
    pub sar: u32,
    /// SAR_BYTE, 4 bits.
    pub sar_byte: u32,
    /// ACCX, 40 bits.
    pub accx: u64,
    /// QACC_L then QACC_H in lanes of 20 bits; a 40-bit lane is two neighbours.
    pub qacc: [u32; 16],
    /// UA_STATE.
    pub ua_state: u128,
    /// FFT_BIT_WIDTH, 4 bits.
    pub fft_bit_width: u32,
    /// CPU GPIO outputs, 8 bits.
    pub gpio_out: u32,
    /// CPU GPIO inputs, 8 bits.
    pub gpio_in: u32,
    /// FCR.
    pub fcr: u32,
    /// FSR.
    pub fsr: u32,
    /// THREADPTR.
    pub thread_pointer: u32,
    /// PS.
    pub(crate) ps: u32,
    pub(crate) lbeg: u32,
    pub(crate) lend: u32,
    pub(crate) lcount: u32,
    /// Special registers without a field of their own, by number.
    pub(crate) special: Box<[u32; 256]>,
    /// Address of the instruction being executed.
    pub pc: u32,
    /// Address of the next instruction.
    pub(crate) next: u32,
    /// The instruction jumped.
    pub(crate) taken: bool,
    /// Cycles since reset; CCOUNT is its low half.
    pub(crate) cycle: u64,
    /// Windows were written to or read from the stack; see `spills`.
    pub(crate) window_events: bool,
    /// How often since the clock last asked, by size (4, 8, 12 registers).
    pub(crate) spills: [u32; 3],
    /// What the simulator could not move on the program's behalf.
    pub(crate) unmoved: Option<WindowMove>,
    /// Cycles that the last division takes.
    pub(crate) divide_cycles: u32,
    /// The program has written VECBASE and so has handlers of its own.
    pub(crate) vectors_set: bool,
    /// Inverse of CPENABLE.
    pub(crate) disabled: u8,
    /// Memory.
    pub memory: Memory,
}

impl Core {
    /// A core after reset: windows enabled, window 0, all coprocessors enabled
    /// (as on the chip after its ROM), all other registers 0.
    pub fn new(memory: Memory) -> Self {
        let mut core = Core {
            ar: [0; 64],
            window_base: 0,
            window_start: 1,
            window_free: 3,
            f: [0; 16],
            q: [[0; 16]; 8],
            m: [0; 4],
            acc: 0,
            br: 0,
            sar: 0,
            sar_byte: 0,
            accx: 0,
            qacc: [0; 16],
            ua_state: 0,
            fft_bit_width: 0,
            gpio_out: 0,
            gpio_in: 0,
            fcr: 0,
            fsr: 0,
            thread_pointer: 0,
            ps: PS_WOE | PS_UM,
            lbeg: 0,
            lend: 0,
            lcount: 0,
            special: Box::new([0; 256]),
            pc: 0,
            next: 0,
            taken: false,
            cycle: 0,
            window_events: false,
            spills: [0; 3],
            unmoved: None,
            divide_cycles: 0,
            vectors_set: false,
            disabled: 0,
            memory,
        };
        core.special[special::CPENABLE] = 0xFF;
        core
    }

    /// Puts every register back to its value after reset; memory stays.
    pub fn reset_registers(&mut self) {
        let memory = std::mem::replace(&mut self.memory, Memory::empty());
        *self = Core::new(memory);
    }

    /// Address register of the current window; `register` is 0-15.
    #[inline]
    pub fn a(&self, register: i32) -> u32 {
        self.ar[((self.window_base * 4) as usize + register as usize) & 63]
    }

    /// Sets an address register of the current window; `register` is 0-15.
    #[inline]
    pub fn set_a(&mut self, register: i32, value: u32) {
        self.ar[((self.window_base * 4) as usize + register as usize) & 63] = value;
    }

    /// Place of an address register of the current window among all 64.
    #[inline]
    pub(crate) fn physical(&self, register: u8) -> usize {
        ((self.window_base * 4) as usize + usize::from(register)) & 63
    }

    /// [`Core::set_a`] as the end of an instruction.
    #[inline]
    pub(crate) fn put(&mut self, register: i32, value: u32) -> Done {
        self.set_a(register, value);
        Ok(())
    }

    /// [`Core::set_q`] as the end of an instruction.
    #[inline]
    pub(crate) fn put_q(&mut self, register: i32, value: u128) -> Done {
        self.set_q(register, value);
        Ok(())
    }

    /// Sets a floating-point register as the end of an instruction.
    #[inline]
    pub(crate) fn put_f(&mut self, register: i32, bits: u32) -> Done {
        self.f[register as usize & 15] = bits;
        Ok(())
    }

    /// Raw bits of a floating-point register.
    #[inline]
    pub(crate) fn f(&self, register: i32) -> u32 {
        self.f[register as usize & 15]
    }

    /// Vector register.
    #[inline]
    pub(crate) fn q(&self, register: i32) -> u128 {
        u128::from_le_bytes(self.q[register as usize & 7])
    }

    /// The bytes of a vector register.
    #[inline(always)]
    pub(crate) fn lanes(&self, register: i32) -> &[u8; 16] {
        &self.q[register as usize & 7]
    }

    /// Vector register `register` (0-7); byte 0 is the lowest.
    pub fn vector(&self, register: usize) -> u128 {
        u128::from_le_bytes(self.q[register & 7])
    }

    /// Sets vector register `register` (0-7).
    pub fn set_vector(&mut self, register: usize, value: u128) {
        self.q[register & 7] = value.to_le_bytes();
    }

    /// Sets a vector register.
    #[inline]
    pub(crate) fn set_q(&mut self, register: i32, value: u128) {
        self.q[register as usize & 7] = value.to_le_bytes();
    }

    /// Boolean register.
    #[inline]
    pub(crate) fn b(&self, register: i32) -> bool {
        self.br >> register & 1 != 0
    }

    /// Sets a boolean register as the end of an instruction.
    pub(crate) fn put_b(&mut self, register: i32, value: bool) -> Done {
        self.br = self.br & !(1 << register) | u16::from(value) << register;
        Ok(())
    }

    /// Continues at `target`.
    #[inline]
    pub(crate) fn jump(&mut self, target: u32) -> Done {
        self.next = target;
        self.taken = true;
        Ok(())
    }

    /// Continues at `target` if `condition` holds.
    #[inline]
    pub(crate) fn branch(&mut self, condition: bool, target: i32) -> Done {
        if condition {
            self.next = target as u32;
            self.taken = true;
        }
        Ok(())
    }

    /// Loads a byte, zero-extended.
    #[inline(always)]
    pub(crate) fn load8(&mut self, address: u32) -> Result<u32, Trap> {
        Ok(u32::from(self.memory.load::<1>(address)?[0]))
    }

    /// Loads 2 bytes, zero-extended.
    #[inline(always)]
    pub(crate) fn load16(&mut self, address: u32) -> Result<u32, Trap> {
        Ok(u32::from(u16::from_le_bytes(*self.memory.load(address)?)))
    }

    /// Loads 4 bytes.
    #[inline(always)]
    pub(crate) fn load32(&mut self, address: u32) -> Result<u32, Trap> {
        Ok(u32::from_le_bytes(*self.memory.load(address)?))
    }

    /// Stores 4 bytes.
    #[inline(always)]
    pub(crate) fn store32(&mut self, address: u32, value: u32) -> Done {
        self.memory.store(address, value.to_le_bytes())
    }

    /// The address that a vector access of `size` bytes uses: low bits dropped;
    /// an error in strict mode when there were any.
    #[inline(always)]
    fn align(&self, address: u32, size: u32) -> Result<u32, Trap> {
        if address & (size - 1) != 0 && self.memory.is_strict() {
            return Err(Trap::at(Cause::MisalignedVector, address, size as usize));
        }
        Ok(address & !(size - 1))
    }

    /// Vector load of `N` bytes.
    #[inline(always)]
    pub(crate) fn load_aligned<const N: usize>(&mut self, address: u32) -> Result<[u8; N], Trap> {
        let address = self.align(address, N as u32)?;
        Ok(*self.memory.load(address)?)
    }

    /// Vector store of `N` bytes.
    #[inline(always)]
    pub(crate) fn store_aligned<const N: usize>(&mut self, address: u32, bytes: [u8; N]) -> Done {
        let address = self.align(address, N as u32)?;
        self.memory.store(address, bytes)
    }

    /// 128-bit vector load.
    #[inline(always)]
    pub(crate) fn load_q(&mut self, address: u32) -> Result<u128, Trap> {
        let address = self.align(address, 16)?;
        Ok(u128::from_le_bytes(*self.memory.load(address)?))
    }

    /// 128-bit load of the instructions made for unaligned streams, which drop
    /// the low address bits on purpose.
    #[inline(always)]
    pub(crate) fn load_q_stream(&mut self, address: u32) -> Result<u128, Trap> {
        Ok(u128::from_le_bytes(*self.memory.load(address & !15)?))
    }

    /// 128-bit vector store.
    #[inline(always)]
    pub(crate) fn store_q(&mut self, address: u32, value: u128) -> Done {
        self.store_aligned(address, value.to_le_bytes())
    }

    /// Adds to an address register as the end of an instruction.
    #[inline]
    pub(crate) fn advance(&mut self, register: i32, step: u32) -> Done {
        self.set_a(register, self.a(register).wrapping_add(step));
        Ok(())
    }

    /// PS.EXCM.
    #[inline]
    pub(crate) fn in_exception(&self) -> bool {
        self.ps & PS_EXCM != 0
    }

    /// Sets PS and what depends on it.
    pub(crate) fn set_ps(&mut self, ps: u32) {
        self.ps = ps;
        self.update_window_free();
    }

    /// Program counter.
    pub fn pc(&self) -> u32 {
        self.pc
    }

    /// Cycles since reset.
    pub fn cycles(&self) -> u64 {
        self.cycle
    }

    /// WINDOWBASE and WINDOWSTART.
    pub fn window(&self) -> (u32, u32) {
        (self.window_base, self.window_start)
    }

    /// One half of QACC as its 160 bits: 0 is QACC_L, 1 is QACC_H. Byte 0 first.
    pub fn qacc_bytes(&self, half: usize) -> [u8; 20] {
        let lanes = &self.qacc[half * 8..half * 8 + 8];
        let mut bytes = [0; 20];
        for (pair, out) in lanes.chunks_exact(2).zip(bytes.chunks_exact_mut(5)) {
            let lane40 = u64::from(pair[0]) | u64::from(pair[1]) << 20;
            out.copy_from_slice(&lane40.to_le_bytes()[..5]);
        }
        bytes
    }

    /// Sets one half of QACC; see [`Core::qacc_bytes`].
    pub fn set_qacc_bytes(&mut self, half: usize, bytes: &[u8; 20]) {
        let lanes = &mut self.qacc[half * 8..half * 8 + 8];
        for (pair, five) in lanes.chunks_exact_mut(2).zip(bytes.chunks_exact(5)) {
            let mut eight = [0; 8];
            eight[..5].copy_from_slice(five);
            let lane40 = u64::from_le_bytes(eight);
            pair[0] = lane40 as u32 & 0xF_FFFF;
            pair[1] = (lane40 >> 20) as u32;
        }
    }
}

impl Core {
    /// A copy of the registers alone.
    pub(crate) fn without_memory(&mut self) -> Core {
        let memory = std::mem::replace(&mut self.memory, Memory::empty());
        let copy = self.clone();
        self.memory = memory;
        copy
    }

    /// Takes the registers of `other`.
    pub(crate) fn restore_registers(&mut self, other: &Core) {
        let memory = std::mem::replace(&mut self.memory, Memory::empty());
        *self = other.clone();
        self.memory = memory;
    }
}
