//! From a file to a planned program: the whole compiler in order.

use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::graph::Graph;
use crate::lx7::MachineCode;
use crate::plan::Plan;
use crate::program::Program;
use crate::{operators, passes, tflite};

/// A compiled network: what to run, and where its activations live.
#[derive(Clone, Debug)]
pub struct Network {
    /// The kernel calls.
    pub program: Program,
    /// The arena.
    pub plan: Plan,
    /// Machine code for the ESP32-S3.
    pub code: MachineCode,
}

impl Network {
    /// Compiles the contents of a `.tflite` file.
    ///
    /// # Errors
    /// What is wrong with the model, or not supported.
    pub fn compile(bytes: &[u8]) -> Result<Self> {
        Self::from_graph(tflite::read(bytes)?)
    }

    /// Compiles a graph.
    ///
    /// # Errors
    /// What is wrong with the graph, or not supported.
    pub fn from_graph(mut graph: Graph) -> Result<Self> {
        passes::simplify(&mut graph)?;
        let mut program = operators::lower(graph)?;
        passes::optimise(&mut program);
        Ok(Self::generate(program))
    }

    /// The same network for two cores: large steps are halves that may run at the same time.
    ///
    /// # Errors
    /// As [`Network::compile`].
    pub fn on_two_cores(self) -> Result<Self> {
        let mut program = self.program;
        passes::split(&mut program);
        Ok(Self::generate(program))
    }

    fn generate(program: Program) -> Self {
        let code = MachineCode::generate(&program);
        let plan = Plan::with_scratch(&program, &code.scratch_bytes());
        Self {
            program,
            plan,
            code,
        }
    }

    /// Compiles a `.tflite` file.
    ///
    /// # Errors
    /// As [`Network::compile`], and when the file cannot be read; the error names the file.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| {
            Error::new(
                ErrorKind::File,
                format!("it cannot be read: {error}"),
                "check the path and its permissions",
            )
            .in_file(path)
        })?;
        Self::compile(&bytes).map_err(|error| error.in_file(path))
    }
}
