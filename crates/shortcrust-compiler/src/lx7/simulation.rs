//! Runs a program on the simulated ESP32-S3.

use std::ops::Range;

use lx7::asm::Program as Assembled;
use lx7::sim::{Fault, LoadError, Simulator, Stalls};

use super::{Call, MachineCode};
use crate::execute::AlignedBytes;
use crate::graph::TensorId;
use crate::plan::Plan;
use crate::program::{Moment, Operand, Part, Program, Step};

/// Where kernels are placed: internal instruction memory behind the instruction cache.
const CODE: u32 = 0x4037_4000;
/// Where instruction memory is data memory, too, and what its first byte is called there.
const SHARED: (u32, u32) = (0x4037_8000, 0x3FC8_8000);
/// Where constants are in flash.
const FLASH: u32 = 0x3C00_0000;
/// The end of data memory that the simulated stack leaves.
const DATA_END: u32 = 0x3FCE_8000;

/// Where the constants of kernels are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// In internal memory, copied there before the first run.
    Ram,
    /// In flash, read through the cache.
    Flash,
}

/// Why a simulation could not start or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// Code, arena and constants do not fit.
    #[error("{what} need {needed} bytes of internal memory, of which {available} are there")]
    Memory {
        /// What does not fit.
        what: &'static str,
        /// Its bytes.
        needed: usize,
        /// Bytes that there are.
        available: usize,
    },
    /// The code cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A step reads, or the network's end shows, what no step has written; a bug in the program.
    #[error("tensor `{tensor}` is read before all of it is written: byte {byte} is missing")]
    Unwritten {
        /// The tensor's name.
        tensor: String,
        /// The first byte of it that is missing.
        byte: usize,
    },
    /// A kernel did something that it must not; a bug in its generator.
    #[error("step {step}: {fault}")]
    Fault {
        /// The step.
        step: usize,
        /// What happened.
        fault: Box<Fault>,
    },
}

/// What a step cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct StepCost {
    /// Cycles; 0 for a step that ran its portable kernel.
    pub cycles: u64,
    /// Instructions.
    pub instructions: u64,
    /// Cycles without an instruction, by cause.
    pub stalls: Stalls,
    /// Bytes of stack.
    pub stack_bytes: u32,
}

/// Where a program is on the chip: addresses as instructions and data see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The kernels, in instruction memory. What exceeds the part that is only that takes up the start of data memory.
    pub code: Range<u32>,
    /// Instruction memory that is not data memory, too.
    pub instruction_memory: Range<u32>,
    /// Data memory, the stack included.
    pub data_memory: Range<u32>,
    /// The arena.
    pub arena: Range<u32>,
    /// The kernels' constants: in data memory or in flash.
    pub constants: Range<u32>,
    /// The stack.
    pub stack: Range<u32>,
    /// Bytes of flash.
    pub flash_bytes: u32,
}

/// A simulated chip with a program in it.
pub struct Simulation<'p> {
    program: &'p Program,
    plan: &'p Plan,
    code: &'p MachineCode,
    simulator: Simulator,
    entries: Vec<u32>,
    arena: u32,
    constants: u32,
    costs: Vec<StepCost>,
}

impl<'p> Simulation<'p> {
    /// Loads code and constants. Of the arena only the inputs are written, with zeros: nothing else may be read before a step has
    /// written it.
    ///
    /// # Errors
    /// When they do not fit.
    pub fn new(
        program: &'p Program,
        plan: &'p Plan,
        code: &'p MachineCode,
        weights: Weights,
    ) -> Result<Self, SimulationError> {
        let mut simulator = Simulator::default();
        let mut entries = Vec::new();
        let mut bytes = Vec::new();
        for function in &code.functions {
            bytes.resize(bytes.len().next_multiple_of(16), 0);
            entries.push(CODE + (bytes.len() + function.entry) as u32);
            bytes.extend_from_slice(&function.bytes);
        }
        let code_end = CODE + bytes.len().next_multiple_of(16) as u32;
        let arena = SHARED.1 + code_end.saturating_sub(SHARED.0);
        let symbols = entries.iter().enumerate();
        let symbols = symbols.map(|(index, entry)| (format!("kernel_{index}"), *entry));
        simulator.load_program(&Assembled {
            base: CODE,
            symbols: symbols.collect(),
            bytes,
            lines: Vec::new(),
        })?;
        let arena_end = arena + plan.arena_bytes.next_multiple_of(16) as u32;
        let constant_bytes = code.constants.bytes();
        let constants = match weights {
            Weights::Ram => arena_end,
            Weights::Flash => FLASH,
        };
        let needed = plan.arena_bytes
            + match weights {
                Weights::Ram => constant_bytes.len(),
                Weights::Flash => 0,
            };
        let available = DATA_END.saturating_sub(arena) as usize;
        if needed > available {
            return Err(SimulationError::Memory {
                what: "arena and weights",
                needed,
                available,
            });
        }
        if !constant_bytes.is_empty() {
            simulator.load_blob(constants, constant_bytes)?;
        }
        let mut simulation = Self {
            program,
            plan,
            code,
            simulator,
            entries,
            arena,
            constants,
            costs: vec![StepCost::default(); program.steps.len()],
        };
        for (index, &input) in program.graph.inputs.iter().enumerate() {
            simulation.set_input(index, &vec![0; program.graph.tensor(input).bytes()]);
        }
        Ok(simulation)
    }

    /// Where code, arena and constants are.
    pub fn placement(&self) -> Placement {
        let settings = self.simulator.settings();
        let range = |start: u32, bytes: usize| start..start + bytes as u32;
        Placement {
            code: range(CODE, self.code.code_bytes()),
            instruction_memory: CODE..SHARED.0,
            data_memory: SHARED.1..settings.stack_top,
            arena: range(self.arena, self.plan.arena_bytes),
            constants: range(self.constants, self.code.constants.bytes().len()),
            stack: settings.stack_limit..settings.stack_top,
            flash_bytes: settings.memory.flash_size,
        }
    }

    /// Writes the network's input of a number, before each run: running may overwrite it.
    pub fn set_input(&mut self, index: usize, bytes: &[u8]) {
        let input = self.program.whole(self.program.graph.inputs[index]);
        let address = self.address(input);
        self.write(address, bytes);
    }

    /// The bytes of the network's output of a number.
    pub fn output(&self, index: usize) -> &[u8] {
        self.tensor(self.program.graph.outputs[index])
    }

    /// The bytes of a tensor: meaningful from the step that completes it until its storage is used again.
    pub fn tensor(&self, tensor: TensorId) -> &[u8] {
        let whole = self.program.whole(tensor);
        self.read(self.address(whole), whole.bytes)
    }

    /// What each step of the last run cost; of two halves that run at the same time, the faster costs no cycles.
    pub fn costs(&self) -> &[StepCost] {
        &self.costs
    }

    /// Runs the whole program.
    ///
    /// # Errors
    /// When a kernel misbehaves, or when something is read that no step has written.
    pub fn run(&mut self) -> Result<(), SimulationError> {
        self.run_observed(|_, _| {})
    }

    /// Runs the whole program, and shows each operator's index with the memory as it is after the operator's last step.
    ///
    /// # Errors
    /// When a kernel misbehaves.
    pub fn run_observed(
        &mut self,
        mut observe: impl FnMut(usize, &Self),
    ) -> Result<(), SimulationError> {
        let steps = &self.program.steps;
        for (index, step) in steps.iter().enumerate() {
            self.begin(index);
            match &self.code.calls[index] {
                Ok(call) => self.call(index, step, call)?,
                Err(_) => self.run_portable(step)?,
            }
            if steps
                .get(index + 1)
                .is_none_or(|next| next.node != step.node)
            {
                observe(step.node, self);
            }
        }
        for moment in self.program.moments() {
            self.overlap(moment);
        }
        let mut outputs = self.program.graph.outputs.iter();
        outputs.try_for_each(|&output| self.expect_written(self.program.whole(output)))
    }

    /// Forgets what earlier steps left in the storages that are in use from this step on, so that nobody can read it.
    ///
    /// Vectors reach beyond the end of what is read, and kernels fill their scratch memory themselves: these count as written.
    fn begin(&mut self, index: usize) {
        let (program, plan) = (self.program, self.plan);
        let inputs: Vec<TensorId> = program
            .graph
            .inputs
            .iter()
            .map(|&id| program.root(id).0)
            .collect();
        for allocation in &plan.allocations {
            if allocation.lifetime.first == index && !inputs.contains(&allocation.tensor) {
                let start = self.arena + allocation.offset as u32;
                self.simulator.memory_mut().forget(start, allocation.bytes);
            }
        }
        let step = &program.steps[index];
        for operand in &step.operands {
            if let Operand::Tensor(part) = operand {
                let end = self.address(*part) + part.bytes as u32;
                self.touch(end, (end.next_multiple_of(16) - end) as usize);
            }
        }
        let scratch = plan.scratch[index];
        self.touch(self.arena + scratch.offset as u32, scratch.bytes);
    }

    /// Counts bytes as written, whatever they are.
    fn touch(&mut self, address: u32, bytes: usize) {
        let contents = self.read(address, bytes).to_vec();
        self.write(address, &contents);
    }

    fn expect_written(&self, part: Part) -> Result<(), SimulationError> {
        let address = self.address(part);
        let memory = self.simulator.memory();
        match memory.first_unwritten(address, part.bytes) {
            None => Ok(()),
            Some(missing) => Err(SimulationError::Unwritten {
                tensor: self.program.graph.tensor(part.tensor).name.clone(),
                byte: part.offset + (missing - address) as usize,
            }),
        }
    }

    /// Lets the steps of a moment cost what the slowest of them does.
    fn overlap(&mut self, moment: Moment) {
        let slowest = moment.clone().max_by_key(|&step| self.costs[step].cycles);
        for step in moment.filter(|&step| Some(step) != slowest) {
            self.costs[step] = StepCost {
                stack_bytes: self.costs[step].stack_bytes,
                ..StepCost::default()
            };
        }
    }

    fn call(&mut self, index: usize, step: &Step, call: &Call) -> Result<(), SimulationError> {
        let output = self.address(step.output);
        let input = |position: usize| match step.operands.get(position) {
            Some(Operand::Tensor(part)) => self.address(*part),
            _ => 0,
        };
        let arguments = [
            output,
            input(0),
            self.constants + call.constants.offset as u32,
            self.arena + self.plan.scratch[index].offset as u32,
            input(1),
        ];
        self.simulator.paint_stack();
        let result = self
            .simulator
            .call_at(self.entries[call.function], &arguments)
            .map_err(|fault| SimulationError::Fault { step: index, fault })?;
        self.costs[index] = StepCost {
            cycles: result.cycles,
            instructions: result.instructions,
            stalls: result.stalls,
            stack_bytes: self.simulator.stack_reserved(),
        };
        Ok(())
    }

    /// Runs a step's portable kernel on the simulated memory.
    fn run_portable(&mut self, step: &Step) -> Result<(), SimulationError> {
        for operand in &step.operands {
            if let Operand::Tensor(part) = operand {
                self.expect_written(*part)?;
            }
        }
        let operands: Vec<AlignedBytes> = step
            .operands
            .iter()
            .map(|operand| match operand {
                Operand::Tensor(part) => {
                    AlignedBytes::copy_of(self.read(self.address(*part), part.bytes))
                }
                Operand::Constant(constant) => AlignedBytes::copy_of(
                    &self.program.constants.bytes()
                        [constant.offset..constant.offset + constant.bytes],
                ),
            })
            .collect();
        let operands: Vec<&[u8]> = operands.iter().map(AlignedBytes::get).collect();
        let address = self.address(step.output);
        let mut output = AlignedBytes::copy_of(self.read(address, step.output.bytes));
        if step.in_place {
            step.kernel.run_in_place(operands[1], output.get_mut());
        } else {
            step.kernel.run(&operands, output.get_mut());
        }
        self.write(address, output.get());
        Ok(())
    }

    fn address(&self, part: Part) -> u32 {
        let offset = self.plan.offset(self.program, part.tensor);
        self.arena + (offset.expect("steps use planned tensors") + part.offset) as u32
    }

    fn read(&self, address: u32, bytes: usize) -> &[u8] {
        let memory = self.simulator.memory();
        memory.read(address, bytes).expect("the arena is in memory")
    }

    fn write(&mut self, address: u32, bytes: &[u8]) {
        let memory = self.simulator.memory_mut();
        memory
            .write(address, bytes)
            .expect("the arena is in memory");
    }
}
