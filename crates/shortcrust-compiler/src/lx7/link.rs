//! All kernels of a program in one piece of code and one block of constants, each once.

use std::collections::HashMap;

use lx7::asm::A;

use super::code::Code;
use super::{Function, Portable, Routine, routine};
use crate::constants::{Constant, Constants};
use crate::program::Program;

/// How a step calls its kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Index into [`MachineCode::functions`].
    pub function: usize,
    /// The kernel's constants.
    pub constants: Constant,
    /// The scratch memory that it needs.
    pub scratch_bytes: usize,
    /// How it computes, in words.
    pub method: &'static str,
}

/// The kernels of a program.
#[derive(Clone, Debug, Default)]
pub struct MachineCode {
    /// The kernels; steps of the same shapes share theirs.
    pub functions: Vec<Function>,
    /// What the kernels read: packed weights and requantisation constants.
    pub constants: Constants,
    /// For each step, its call, or why it runs its portable kernel.
    pub calls: Vec<Result<Call, Portable>>,
}

impl MachineCode {
    /// Generates the kernels of a program: of the steps that have one.
    pub fn generate(program: &Program) -> Self {
        let mut code = Self::default();
        let mut known = HashMap::new();
        for step in &program.steps {
            let call = routine(program, step).map(|routine| code.add(&mut known, routine));
            code.calls.push(call);
        }
        code
    }

    fn add(&mut self, known: &mut HashMap<Function, usize>, routine: Routine) -> Call {
        let next = self.functions.len();
        let function = *known.entry(routine.function.clone()).or_insert(next);
        if function == next {
            self.functions.push(routine.function);
        }
        Call {
            function,
            constants: self.constants.add_bytes(&routine.constants),
            scratch_bytes: routine.scratch_bytes,
            method: routine.method,
        }
    }

    /// The scratch memory of each step.
    pub fn scratch_bytes(&self) -> Vec<usize> {
        let calls = self.calls.iter();
        calls
            .map(|call| call.as_ref().map_or(0, |call| call.scratch_bytes))
            .collect()
    }

    /// A function without arguments that lets the core use its vector unit (coprocessor 3 of `CPENABLE`).
    ///
    /// # Errors
    /// A bug of the generator; none is known.
    pub fn enable() -> Result<Function, Portable> {
        let mut code = Code::kernel(0);
        code.op("rsr.cpenable", (A(2),));
        code.op("movi.n", (A(3), 1 << 3));
        code.op("or", (A(2), A(2), A(3)));
        code.op("wsr.cpenable", (A(2),));
        code.op("rsync", ());
        code.finish()
    }

    /// Bytes of all kernels, each at a multiple of 16.
    pub fn code_bytes(&self) -> usize {
        self.functions
            .iter()
            .map(|function| function.bytes.len().next_multiple_of(16))
            .sum()
    }
}
