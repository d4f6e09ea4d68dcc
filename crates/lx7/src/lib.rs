//! The ESP32-S3's core on a laptop: assembler, disassembler, simulator and clock
//! for its Xtensa LX7 with the vector extension PIE.
//!
//! ```
//! use lx7::{asm, sim::Simulator};
//!
//! let program = asm::assemble(
//!     "
//! add:    entry   a1, 16          # windowed ABI: arguments in a2, a3
//!         add.n   a2, a2, a3
//!         retw.n
//!     ",
//!     0x4037_8000,
//! )?;
//! let mut sim = Simulator::default();
//! sim.load_program(&program)?;
//! let result = sim.call("add", &[40, 2])?;
//! assert_eq!((result.value(), result.instructions, result.cycles), (42, 3, 5));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`isa`]: the instruction table, from which everything else derives;
//!   [`isa::reference`] prints it.
//! - [`asm`]: [`asm::assemble`] for text, [`asm::Builder`] for Rust code.
//! - [`disasm`]: bytes to text that assembles to the same bytes.
//! - [`core`]: registers, memory, register windows.
//! - [`sim`]: programs, calls, budgets, profiles, reports.
//!
//! # Memory map
//!
//! | Address | Memory |
//! | --- | --- |
//! | 0x3FC8_8000-0x3FCF_FFFF | internal SRAM, data side |
//! | 0x4037_0000-0x403D_FFFF | internal SRAM, instruction side; 0x4037_8000 is 0x3FC8_8000 |
//! | 0x3C00_0000 | flash, data window, read-only |
//! | 0x4200_0000 | flash, instruction window, read-only |
//! | as set | PSRAM in the data window, if [`core::MemorySettings::psram`] is set |
//!
//! # Strict mode
//!
//! On by default. A vector access at an address that is not a multiple of its
//! width, a load of bytes that nothing wrote, a store to code or flash, a stack
//! below its limit, an illegal or unpublished instruction stop the run with a
//! [`sim::Fault`]: place, code around it, registers, call stack. The loads made
//! for unaligned streams (`ee.ld.128.usar.*`, `ee.src.q.ld.*`, `*.qup`) may be
//! misaligned. Scalar accesses may, too; the core handles them in hardware.
//!
//! # A worked example: an int8 dot product
//!
//! `examples/dot_product.S` multiplies arrays of any length and alignment. Its
//! inner loop takes two lines of 16 bytes through the funnel shifter:
//!
//! ```text
//!         loop    a5, blocks_end
//!         ee.ld.128.usar.ip q1, a7, 16            # next line of a; SAR_BYTE from a
//!         ee.src.q.qup    q2, q0, q1              # 16 bytes of a
//!         ee.ld.128.usar.ip q4, a8, 16            # next line of b; SAR_BYTE from b
//!         ee.src.q.qup    q5, q3, q4              # 16 bytes of b
//!         ee.vmulas.s8.accx q2, q5
//! blocks_end:
//! ```
//!
//! For 1000 elements, 3 and 9 bytes off alignment, `cargo run --release -p lx7
//! --example dot_product` checks the result against plain Rust and prints 523
//! cycles. The profile says where they go:
//!
//! ```text
//! address   executed    cycles  instruction                     stalls
//! 40378029         62        62  ee.ld.128.usar.ip q1, a7, 16
//! 4037802c         62       124  ee.src.q.qup q2, q0, q1        operand 62
//! 4037802f         62        62  ee.ld.128.usar.ip q4, a8, 16
//! 40378032         62       124  ee.src.q.qup q5, q3, q4        operand 62
//! 40378035         62        62  ee.vmulas.s8.accx q2, q5
//! ```
//!
//! Both shifts wait a cycle for the line loaded just before. Multiplying each
//! block one block later, between load and shift, fills one of the two gaps
//! (`examples/dot_product_scheduled.S`): 463 cycles, 6 instead of 7 for a block.
//!
//! ```text
//! 4037802d         62        62  ee.ld.128.usar.ip q1, a7, 16
//! 40378030         62        62  ee.vmulas.s8.accx q2, q5
//! 40378033         62        62  ee.src.q.qup q2, q0, q1
//! 40378036         62        62  ee.ld.128.usar.ip q4, a8, 16
//! 40378039         62       124  ee.src.q.qup q5, q3, q4        operand 62
//! ```
//!
//! # What the clock assumes
//!
//! One instruction a cycle, in order; a result of stage SA used at stage SB keeps
//! two instructions `SA - SB + 1` cycles apart; results reach a register in
//! program order. Stages and units are in the
//! instruction table, the rest in [`sim::ClockSettings`] and
//! [`core::MemorySettings`]. Sources: TRM is the ESP32-S3 Technical Reference
//! Manual, ISA the Xtensa Instruction Set Architecture Reference Manual, CFG the
//! chip's published core description, HW published measurements on the chip, GCC
//! the pipeline model of its Xtensa back end, IDF the defaults of ESP-IDF.
//!
//! | Assumption | Value | Source | Confidence |
//! | --- | --- | --- | --- |
//! | stages of vector instructions | table | TRM, CFG, HW for 13 pairs | high |
//! | stage at which a partly written vector register is read | 2 | HW, one case | medium |
//! | vector unit busy before `ee.srcmb` | 1 cycle | CFG, HW | high |
//! | the same before `ee.srs.accx`, `ee.fft.ams`, `ee.fft.cmul` | 1 cycle | CFG | medium |
//! | scalar results | next instruction | ISA, HW | high |
//! | loads from internal memory | 1 cycle later | ISA, HW | high |
//! | 32-bit and 16-bit products | 1 cycle later | GCC | low |
//! | MAC16 | next instruction | guess | low |
//! | `rsr` | 1 cycle later | GCC | low |
//! | `rur`, `wur`, writes of SAR | next instruction | guess | low |
//! | division | 2 to 17 cycles by quotient length, unit busy | HW, sources differ | low |
//! | float add, multiply, multiply-add | 4 cycles to a dependent | GCC | low |
//! | float conversions, moves, comparisons, division helpers | 2 cycles to a dependent | GCC, guess | low |
//! | taken branch, jump, call, return | 2 cycles | TRM, ISA; jumps and calls a guess | high; medium |
//! | target instruction crosses a 4-byte boundary | 1 cycle | ISA | medium |
//! | hardware loop: back edge | 0, or 1 if the first instruction crosses a boundary | ISA; the crossing a guess | high; low |
//! | hardware loop: start | 0 | HW gives less than a cycle a pass in short loops | low |
//! | vector store | 0.6 cycles on average, added in whole cycles | HW for `ee.vst.128.ip`, others a guess | medium; low |
//! | scalar stores | never wait for the write buffer | ISA | medium |
//! | misaligned scalar access | nothing extra | guess | low |
//! | window overflow or underflow of 4, 8, 12 registers, without own vectors | 11, 18, 22 cycles | guess: instructions and refills | low |
//! | exception entry | 2 cycles | guess | low |
//! | instruction cache | 16 KiB, 8 ways, lines of 32 bytes | IDF | high |
//! | data cache | 32 KiB, 8 ways, lines of 32 bytes, write-back | IDF, TRM | high; medium |
//! | replacement | least recently used | guess | unknown |
//! | line fill from quad flash at 80 MHz | 252 cycles | transfer time and wait clocks | low |
//! | line fill and write-back, octal PSRAM at 80 MHz | 84 cycles | transfer time and wait clocks | low |
//! | the core during a miss | stands still | guess | medium |
//!
//! # What is not modelled
//!
//! Interrupts and timers, the second core, peripherals, the MMU, debug and TLB
//! instructions (they stop the run as unpublished), and the meaning of a last
//! operand of 1 in `ee.srcmb.*` and `ee.srs.accx`. See [`isa`] for the sources of
//! single instructions where the manual is silent.

pub mod asm;
pub mod core;
pub mod disasm;
pub mod isa;
pub mod sim;
