//! A function under construction: the assembler with loops and pointer arithmetic.

use std::panic::Location;

use lx7::asm::{A, Args, Builder, Label};
use lx7::isa;

use super::portable::Portable;
use super::registers::Registers;

/// The output's address, at the start of every kernel.
pub(super) const OUTPUT: A = A(2);
/// The first input's address.
pub(super) const INPUT: A = A(3);
/// The address of the kernel's constants.
pub(super) const CONSTANTS: A = A(4);
/// The address of the kernel's scratch memory.
pub(super) const SCRATCH: A = A(5);
/// The second input's address.
pub(super) const SECOND: A = A(6);

/// What counters in the stack frame pass through, in kernels that have it free for that.
pub(super) const FRAME_COUNTER: A = A(15);

/// Bytes that a conditional branch reaches, less a margin for the instructions that count.
const BRANCH_REACH: usize = 1900;
/// The largest body of a hardware loop, less a margin for alignment.
const LOOP_REACH: usize = 245;
/// The most that a hardware loop is padded by.
const LOOP_PADDING: usize = 5;

/// Machine code of one kernel. It runs at any multiple of 16.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Function {
    /// Literals, then instructions.
    pub bytes: Vec<u8>,
    /// Where the first instruction is.
    pub entry: usize,
}

impl Function {
    /// The function as text that any assembler for the core accepts: its bytes, with the instructions as comments. The function
    /// becomes the global symbol `name`, in the section `section`.
    pub fn listing(&self, name: &str, section: &str) -> String {
        let mut text = format!(
            ".pushsection {section},\"ax\",@progbits\n.balign 16\n.global {name}\n.type {name},@function\n"
        );
        let bytes = |bytes: &[u8]| {
            let bytes = bytes.iter().map(|byte| format!("{byte:#04x}"));
            format!(".byte {}", bytes.collect::<Vec<_>>().join(","))
        };
        let (literals, instructions) = self.bytes.split_at(self.entry);
        for literal in literals.chunks(4) {
            text.push_str(&bytes(literal));
            text.push('\n');
        }
        text.push_str(&format!("{name}:\n"));
        for line in lx7::disasm::disassemble(instructions, self.entry as u32) {
            text.push_str(&format!("{} # {}\n", bytes(&line.bytes), line.text));
        }
        text.push_str(&format!(".size {name}, . - {name}\n.popsection\n"));
        text
    }
}

/// A kernel under construction.
#[derive(Clone, Default)]
pub(super) struct Code {
    builder: Builder,
    /// What the instructions define, as far as [`Self::overwriting`] asks.
    defined: Registers,
    /// Hardware loops, each of which is padded in front.
    loops: usize,
    /// The first piece that overwrites what it must keep.
    fault: Option<String>,
}

impl Code {
    /// A kernel that has just set up its frame, of `frame` bytes (a multiple of 16).
    pub(super) fn kernel(frame: i32) -> Self {
        let mut code = Self::default();
        code.builder.export("kernel");
        code.op("entry", (A(1), 32 + frame));
        code.defined = Registers::NONE;
        code
    }

    /// Appends an instruction.
    pub(super) fn op(&mut self, mnemonic: &str, arguments: impl Args) {
        let arguments = arguments.into_args();
        if let Some(instruction) = isa::find(mnemonic) {
            let defined = Registers::defined_by(instruction, &arguments);
            self.defined = self.defined.and(defined);
        }
        self.builder.op(mnemonic, &arguments[..]);
    }

    /// Emits a piece that overwrites only registers of its contract. A piece that overwrites others is a fault of the kernel.
    #[track_caller]
    pub(super) fn overwriting(&mut self, contract: Registers, body: impl FnOnce(&mut Code)) {
        let before = std::mem::take(&mut self.defined);
        body(self);
        let broken = self.defined.without(contract);
        self.defined = self.defined.and(before);
        if broken != Registers::NONE && self.fault.is_none() {
            let place = Location::caller();
            let file = place.file().rsplit(['/', '\\']).next().unwrap_or_default();
            let line = place.line();
            self.fault = Some(format!("the code of {file}:{line} overwrites {broken}"));
        }
    }

    /// Emits code that does not overwrite what is `held`.
    #[track_caller]
    pub(super) fn keeping(&mut self, held: Registers, body: impl FnOnce(&mut Code)) {
        self.overwriting(held.others(), body);
    }

    /// Loads a number.
    pub(super) fn set(&mut self, register: A, value: i32) {
        self.defined = self.defined.and(Registers::of(&[register]));
        self.builder.constant(register, value as u32);
    }

    /// `target = source + distance`, for any distance.
    pub(super) fn offset(&mut self, target: A, source: A, distance: i32) {
        let low = i32::from(distance as i8);
        let mut high = i64::from(distance) - i64::from(low);
        if target != source && high != step_of_addmi(high) {
            self.set(target, distance);
            return self.op("add.n", (target, target, source));
        }
        let mut from = source;
        while high != 0 {
            let step = step_of_addmi(high);
            self.op("addmi", (target, from, step as i32));
            high -= step;
            from = target;
        }
        match low {
            0 if from == target => {}
            0 => self.op("mov.n", (target, from)),
            _ => self.op("addi", (target, from, low)),
        }
    }

    /// Moves a pointer by any distance.
    pub(super) fn advance(&mut self, pointer: A, distance: i32) {
        self.offset(pointer, pointer, distance);
    }

    /// Moves a pointer by any distance in at most two instructions: `scratch` takes a distance that one `addmi` does not reach.
    pub(super) fn advance_through(&mut self, scratch: A, pointer: A, distance: i32) {
        let high = i64::from(distance) - i64::from(distance as i8);
        if high == step_of_addmi(high) {
            return self.advance(pointer, distance);
        }
        self.set(scratch, distance);
        self.op("add.n", (pointer, pointer, scratch));
    }

    /// Runs `body`, of up to 128 KB, `count` times with a counter, which it keeps, and a branch.
    #[track_caller]
    pub(super) fn repeat(&mut self, counter: A, count: usize, body: impl Fn(&mut Code)) {
        match count {
            0 => {}
            1 => body(self),
            _ => {
                self.set(counter, count as i32);
                self.while_not_zero(counter, body);
            }
        }
    }

    /// Runs `body` `count` times with a counter in a word of the stack frame, which it keeps. In between, the counter is in a register
    /// that the body may use.
    #[track_caller]
    pub(super) fn repeat_on_stack(
        &mut self,
        (counter, slot): (A, i32),
        count: usize,
        body: impl Fn(&mut Code),
    ) {
        if count <= 1 {
            return (0..count).for_each(|_| body(self));
        }
        self.set(counter, count as i32);
        let top = self.builder.label();
        self.builder.bind(top);
        self.op("s32i.n", (counter, A(1), slot));
        self.keeping(Registers::slot(slot), &body);
        self.op("l32i.n", (counter, A(1), slot));
        self.op("addi.n", (counter, counter, -1));
        self.jump_unless_zero(counter, top, size(&body));
    }

    /// Jumps back over code of about `bytes`.
    fn jump_unless_zero(&mut self, register: A, target: Label, bytes: usize) {
        if bytes < BRANCH_REACH {
            self.op("bnez", (register, target));
        } else {
            let end = self.builder.label();
            self.op("beqz", (register, end));
            self.op("j", (target,));
            self.builder.bind(end);
        }
    }

    /// Runs `body` `count` times with the hardware loop, or with a branch where the body is too long for it. The body has no other
    /// hardware loop. It keeps the counter if it is too long.
    #[track_caller]
    pub(super) fn repeat_fast(&mut self, counter: A, count: usize, body: impl Fn(&mut Code)) {
        match count {
            0 => {}
            1 => body(self),
            _ if size(&body) > LOOP_REACH => self.repeat(counter, count, body),
            _ => {
                self.set(counter, count as i32);
                self.hardware_loop("loop", counter, body);
            }
        }
    }

    /// Runs `body` as often as `counter` says, at least once; the counter is 0 afterwards.
    #[track_caller]
    pub(super) fn while_not_zero(&mut self, counter: A, body: impl Fn(&mut Code)) {
        let top = self.builder.label();
        self.builder.bind(top);
        self.keeping(Registers::of(&[counter]), &body);
        self.op("addi.n", (counter, counter, -1));
        self.jump_unless_zero(counter, top, size(&body));
    }

    /// Runs `body` as often as `count` says with the hardware loop, or not at all if that is 0.
    #[track_caller]
    pub(super) fn repeat_register(&mut self, count: A, body: impl Fn(&mut Code)) {
        self.hardware_loop("loopnez", count, body);
    }

    #[track_caller]
    fn hardware_loop(&mut self, mnemonic: &str, count: A, body: impl Fn(&mut Code)) {
        let end = self.builder.label();
        self.builder.hardware_loop(mnemonic, count, end);
        self.loops += 1;
        self.keeping(Registers::LOOP, body);
        self.defined = self.defined.and(Registers::LOOP);
        self.builder.bind(end);
    }

    /// Runs `then` if `register` is below `limit`, both unsigned, and `otherwise` (at most 100 bytes) if not.
    pub(super) fn if_below(
        &mut self,
        register: A,
        limit: A,
        then: impl FnOnce(&mut Code),
        otherwise: impl FnOnce(&mut Code),
    ) {
        let (below, end) = (self.builder.label(), self.builder.label());
        self.op("bltu", (register, limit, below));
        otherwise(self);
        self.op("j", (end,));
        self.builder.bind(below);
        then(self);
        self.builder.bind(end);
    }

    /// Returns, and assembles.
    ///
    /// # Errors
    /// An instruction that cannot be assembled, or a piece that overwrites what it must keep: a bug of a generator.
    pub(super) fn finish(mut self) -> Result<Function, Portable> {
        // The return address and the stack pointer.
        let broken = self.defined.common(Registers::of(&[A(0), A(1)]));
        if broken != Registers::NONE {
            return Err(Portable::Fault(format!("the kernel overwrites {broken}")));
        }
        if let Some(fault) = self.fault {
            return Err(Portable::Fault(fault));
        }
        self.op("retw.n", ());
        let program = self.builder.finish(0)?;
        Ok(Function {
            entry: program.symbol("kernel").unwrap_or_default() as usize,
            bytes: program.bytes,
        })
    }
}

/// As much of a distance as one `addmi` adds.
fn step_of_addmi(distance: i64) -> i64 {
    distance.clamp(-32_768, 32_512)
}

/// The bytes of a piece of code at most.
fn size(body: &impl Fn(&mut Code)) -> usize {
    let mut code = Code::default();
    body(&mut code);
    let padding = code.loops * LOOP_PADDING;
    code.builder
        .finish(0)
        .map_or(usize::MAX, |program| program.bytes.len() + padding)
}

/// The constants of a kernel under construction: every entry starts at a multiple of 16.
#[derive(Default)]
pub(super) struct Constants {
    bytes: Vec<u8>,
}

impl Constants {
    /// Appends bytes, and says where they start.
    pub(super) fn bytes(&mut self, values: impl IntoIterator<Item = u8>) -> i32 {
        let start = self.bytes.len().next_multiple_of(16);
        self.bytes.resize(start, 0);
        self.bytes.extend(values);
        start as i32
    }

    /// Appends 16-bit numbers.
    pub(super) fn halves(&mut self, values: impl IntoIterator<Item = i16>) -> i32 {
        self.bytes(values.into_iter().flat_map(i16::to_le_bytes))
    }

    /// Appends 32-bit numbers.
    pub(super) fn words(&mut self, values: impl IntoIterator<Item = i32>) -> i32 {
        self.bytes(values.into_iter().flat_map(i32::to_le_bytes))
    }

    /// The constants, with as many bytes behind them as kernels read ahead.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if !self.bytes.is_empty() {
            self.bytes(std::iter::repeat_n(0, 32));
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTER: A = A(8);
    const OTHER: A = A(9);

    fn fault(body: impl FnOnce(&mut Code)) -> String {
        let mut code = Code::kernel(16);
        body(&mut code);
        match code.finish() {
            Err(Portable::Fault(fault)) => fault,
            other => panic!("{other:?} is no fault"),
        }
    }

    #[test]
    fn a_piece_that_overwrites_what_it_must_keep_is_a_fault() {
        let broken = fault(|code| {
            code.overwriting(Registers::of(&[COUNTER]), |code| code.set(OTHER, 1 << 20));
        });
        assert!(broken.ends_with("overwrites a9"), "{broken}");
        let broken = fault(|code| {
            code.keeping(Registers::SAR, |code| code.op("ssai", (3,)));
        });
        assert!(broken.ends_with("SAR"), "{broken}");
        let broken = fault(|code| code.repeat(COUNTER, 2, |code| code.advance(COUNTER, 4)));
        assert!(broken.ends_with("a8"), "{broken}");
        let broken = fault(|code| {
            code.repeat_on_stack((OTHER, 4), 2, |code| {
                code.op("s32i.n", (COUNTER, A(1), 4));
            });
        });
        assert!(broken.ends_with("frame word 1"), "{broken}");
        let broken = fault(|code| {
            code.repeat_fast(COUNTER, 2, |code| {
                code.repeat_fast(OTHER, 2, |code| code.advance(INPUT, 1));
            });
        });
        assert!(broken.ends_with("the hardware loop"), "{broken}");
        assert!(fault(|code| code.advance(A(1), 16)).ends_with("a1"));
    }

    #[test]
    fn what_keeps_its_contract_is_no_fault() {
        let mut code = Code::kernel(16);
        code.overwriting(Registers::of(&[COUNTER, INPUT]), |code| {
            code.repeat(COUNTER, 2, |code| {
                // Moved on by 0 it stays.
                let held = Registers::of(&[OTHER]);
                code.keeping(held, |code| code.op("l32i.n", (INPUT, OTHER, 0)));
            });
        });
        code.finish().expect("no fault");
    }

    /// What a kernel makes of a pointer and a number beside it.
    fn run(body: impl FnOnce(&mut Code)) -> (u32, u32) {
        let mut code = Code::kernel(16);
        body(&mut code);
        // The results, into the word that the last argument points to.
        code.op("s32i.n", (OUTPUT, CONSTANTS, 0));
        code.op("s32i.n", (INPUT, CONSTANTS, 4));
        let function = code.finish().expect("it assembles");
        let mut simulator = lx7::sim::Simulator::default();
        let (base, data) = (0x4037_4000, 0x3FC9_0000);
        let program = lx7::asm::Program {
            base,
            bytes: function.bytes,
            ..lx7::asm::Program::default()
        };
        simulator.load_program(&program).expect("it fits");
        simulator.load_blob(data, &[0; 16]).expect("it fits");
        let entry = base + function.entry as u32;
        simulator
            .call_at(entry, &[1000, 2000, data])
            .expect("no fault");
        let result = simulator.memory().read(data, 8).expect("in memory");
        let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|byte| result[at + byte]));
        (word(0), word(4))
    }

    #[test]
    fn pointers_reach_any_distance() {
        let edges = [
            0,
            127,
            128,
            255,
            256,
            32_512,
            32_639,
            32_640,
            65_279,
            65_280,
            1 << 22,
        ];
        for distance in edges
            .into_iter()
            .flat_map(|edge| [edge, edge + 1, -edge, -edge - 1])
        {
            let moved = |from: u32| from.wrapping_add_signed(distance);
            let of = run(|code| code.offset(OUTPUT, INPUT, distance));
            assert_eq!(of, (moved(2000), 2000), "{distance}");
            let advanced = run(|code| code.advance(OUTPUT, distance));
            assert_eq!(advanced, (moved(1000), 2000), "{distance}");
            let through = run(|code| code.advance_through(OTHER, OUTPUT, distance));
            assert_eq!(through, (moved(1000), 2000), "{distance}");
        }
    }

    #[test]
    fn loops_of_any_length_run_as_often_as_they_say() {
        // Bodies on both sides of what a hardware loop and a branch reach.
        for instructions in [1, 70, 80, 81, 82, 83, 90, 600, 630, 640, 700, 15_000] {
            let body = |code: &mut Code| {
                for _ in 0..instructions {
                    code.op("addi", (OUTPUT, OUTPUT, 1));
                }
            };
            let expected = (1000 + 3 * instructions, 2000);
            assert_eq!(run(|code| code.repeat_fast(COUNTER, 3, body)), expected);
            assert_eq!(run(|code| code.repeat(COUNTER, 3, body)), expected);
            let on_stack = run(|code| code.repeat_on_stack((COUNTER, 4), 3, body));
            assert_eq!(on_stack, expected);
        }
    }
}
