//! All kernels of a program in one piece of code and one block of constants, each once.

use std::collections::HashMap;

use lx7::asm::{A, AssemblyError};

use super::code::Code;
use super::{Function, Routine, routine};
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
    /// For each step, its call; `None` where it runs its portable kernel.
    pub calls: Vec<Option<Call>>,
}

impl MachineCode {
    /// Generates the kernels of a program.
    ///
    /// # Errors
    /// An instruction that a generator got wrong; none is known.
    pub fn generate(program: &Program) -> Result<Self, AssemblyError> {
        let mut code = Self::default();
        let mut known = HashMap::new();
        for step in &program.steps {
            let Some(routine) = routine(program, step) else {
                code.calls.push(None);
                continue;
            };
            let Routine {
                function,
                constants,
                scratch_bytes,
                method,
            } = routine?;
            let next = code.functions.len();
            let index = *known.entry(function.clone()).or_insert(next);
            if index == next {
                code.functions.push(function);
            }
            code.calls.push(Some(Call {
                function: index,
                constants: code.constants.add_bytes(&constants),
                scratch_bytes,
                method,
            }));
        }
        Ok(code)
    }

    /// The scratch memory of each step.
    pub fn scratch_bytes(&self) -> Vec<usize> {
        let bytes = |call: &Option<Call>| call.map_or(0, |call| call.scratch_bytes);
        self.calls.iter().map(bytes).collect()
    }

    /// A function without arguments that lets the core use its vector unit (coprocessor 3 of `CPENABLE`).
    ///
    /// # Errors
    /// As [`MachineCode::generate`].
    pub fn enable() -> Result<Function, AssemblyError> {
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
