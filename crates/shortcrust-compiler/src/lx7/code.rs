//! A function under construction: the assembler with loops and pointer arithmetic.

use lx7::asm::{A, Args, AssemblyError, Builder, Label};

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

/// Bytes that a conditional branch reaches, less a margin.
const BRANCH_REACH: usize = 1900;
/// The largest body of a hardware loop, less a margin for alignment.
const LOOP_REACH: usize = 245;

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
    /// becomes the global symbol `name`, in the section `section`; the same listing may come again, in one file or in another that
    /// is linked with it.
    pub fn listing(&self, name: &str, section: &str) -> String {
        let mut text = format!(
            ".ifndef {name}\n.pushsection {section},\"ax\",@progbits\n.balign 16\n.weak {name}\n.type {name},@function\n"
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
        text.push_str(&format!(".size {name}, . - {name}\n.popsection\n.endif\n"));
        text
    }
}

/// A kernel under construction.
#[derive(Clone)]
pub(super) struct Code {
    builder: Builder,
}

impl Code {
    /// A kernel that has just set up its frame, of `frame` bytes (a multiple of 16).
    pub(super) fn kernel(frame: i32) -> Self {
        let mut builder = Builder::new();
        builder.export("kernel");
        builder.op("entry", (A(1), 32 + frame));
        Self { builder }
    }

    /// Appends an instruction.
    pub(super) fn op(&mut self, mnemonic: &str, arguments: impl Args) {
        self.builder.op(mnemonic, arguments);
    }

    /// Loads a number.
    pub(super) fn set(&mut self, register: A, value: i32) {
        self.builder.constant(register, value as u32);
    }

    /// `target = source + distance`.
    pub(super) fn offset(&mut self, target: A, source: A, distance: i32) {
        let low = (distance + 128).rem_euclid(256) - 128;
        let high = distance - low;
        match (high, low) {
            (0, 0) if target == source => {}
            (0, 0) => self.op("mov.n", (target, source)),
            (0, _) => self.op("addi", (target, source, low)),
            _ if (-32768..=32512).contains(&high) => {
                self.op("addmi", (target, source, high));
                self.offset(target, target, low);
            }
            _ => {
                // Every caller keeps a15 free for this.
                self.set(A(15), distance);
                self.op("add.n", (target, source, A(15)));
            }
        }
    }

    /// Moves a pointer.
    pub(super) fn advance(&mut self, pointer: A, distance: i32) {
        self.offset(pointer, pointer, distance);
    }

    /// Runs `body` `count` times with a counter and a branch.
    pub(super) fn repeat(&mut self, counter: A, count: usize, body: impl Fn(&mut Code)) {
        match count {
            0 => {}
            1 => body(self),
            _ => {
                self.set(counter, count as i32);
                let top = self.builder.label();
                self.builder.bind(top);
                body(self);
                self.op("addi.n", (counter, counter, -1));
                self.jump_unless_zero(counter, top, size(&body));
            }
        }
    }

    /// Runs `body` `count` times with a counter in the stack frame. A(15) is overwritten.
    pub(super) fn repeat_on_stack(&mut self, slot: i32, count: usize, body: impl Fn(&mut Code)) {
        if count <= 1 {
            return (0..count).for_each(|_| body(self));
        }
        let counter = A(15);
        self.set(counter, count as i32);
        let top = self.builder.label();
        self.builder.bind(top);
        self.op("s32i.n", (counter, A(1), slot));
        body(self);
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
    /// hardware loop.
    pub(super) fn repeat_fast(&mut self, counter: A, count: usize, body: impl Fn(&mut Code)) {
        match count {
            0 => {}
            1 => body(self),
            _ if size(&body) > LOOP_REACH => self.repeat(counter, count, body),
            _ => {
                self.set(counter, count as i32);
                let end = self.builder.label();
                self.builder.hardware_loop("loop", counter, end);
                body(self);
                self.builder.bind(end);
            }
        }
    }

    /// Runs `body` as often as `counter` says, at least once; the counter is 0 afterwards.
    pub(super) fn while_not_zero(&mut self, counter: A, body: impl Fn(&mut Code)) {
        let top = self.builder.label();
        self.builder.bind(top);
        body(self);
        self.op("addi.n", (counter, counter, -1));
        self.jump_unless_zero(counter, top, size(&body));
    }

    /// Runs `body` as often as `count` says with the hardware loop, or not at all if that is 0.
    pub(super) fn repeat_register(&mut self, count: A, body: impl Fn(&mut Code)) {
        let end = self.builder.label();
        self.builder.hardware_loop("loopnez", count, end);
        body(self);
        self.builder.bind(end);
    }

    /// Runs `then` if `register` is below `limit`, both unsigned, and `otherwise` if not.
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
    pub(super) fn finish(mut self) -> Result<Function, AssemblyError> {
        self.op("retw.n", ());
        let program = self.builder.finish(0)?;
        Ok(Function {
            entry: program.symbol("kernel").unwrap_or_default() as usize,
            bytes: program.bytes,
        })
    }
}

/// The bytes of a piece of code.
fn size(body: &impl Fn(&mut Code)) -> usize {
    let mut code = Code {
        builder: Builder::new(),
    };
    body(&mut code);
    code.builder
        .finish(0)
        .map_or(usize::MAX, |program| program.bytes.len())
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
