//! What an operator's lowering sees of its node, and what it may add to the program.

use bytemuck::NoUninit;

use super::{numbers, unsupported};
use crate::constants::{ALIGNMENT, Constants};
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Element, Graph, Node, Tensor, TensorId};
use crate::kernel::Kernel;
use crate::program::{Operand, Part, Program, Step, View};
use crate::tflite::{FromOptions, Options};

/// Lowers every operator of a graph.
///
/// # Errors
/// Names the operators that are not supported, or the first that its lowering refuses.
pub fn lower(graph: Graph) -> Result<Program> {
    let operators = unsupported::find(&graph)?;
    let mut program = Program {
        steps: Vec::new(),
        views: vec![None; graph.tensors.len()],
        macs: vec![0; graph.nodes.len()],
        constants: Constants::default(),
        graph,
    };
    for (index, operator) in operators.into_iter().enumerate() {
        let result = (operator.lower)(&mut Lowering {
            program: &mut program,
            index,
        });
        result.map_err(|error| program.graph.nodes[index].blame(error))?;
    }
    Ok(program)
}

/// One operator on its way into the program.
pub struct Lowering<'p> {
    program: &'p mut Program,
    index: usize,
}

impl Lowering<'_> {
    /// The operator.
    pub fn node(&self) -> &Node {
        &self.program.graph.nodes[self.index]
    }

    /// A tensor of the graph.
    pub fn tensor(&self, id: TensorId) -> &Tensor {
        self.program.graph.tensor(id)
    }

    /// The number of inputs, absent ones included.
    pub fn input_count(&self) -> usize {
        self.node().inputs.len()
    }

    /// A required input.
    pub fn input(&self, position: usize) -> Result<TensorId> {
        self.optional_input(position).ok_or_else(|| {
            self.error(
                ErrorKind::Format,
                format!("input {position} is missing"),
                "convert the model again",
            )
        })
    }

    /// An input that may be absent.
    pub fn optional_input(&self, position: usize) -> Option<TensorId> {
        self.node().inputs.get(position).copied().flatten()
    }

    /// An output.
    pub fn output(&self, position: usize) -> Result<TensorId> {
        self.node().outputs.get(position).copied().ok_or_else(|| {
            self.error(
                ErrorKind::Format,
                format!("output {position} is missing"),
                "convert the model again",
            )
        })
    }

    /// The operator's options; the schema's defaults where it has none.
    pub fn options<T: FromOptions>(&self) -> Result<T> {
        let options = &self.node().options;
        T::from_options(options).ok_or_else(|| {
            let problem = match options {
                Options::Meaningless(field) => format!("its option `{field}` has no meaning"),
                _ => "its options belong to another operator".to_owned(),
            };
            self.error(ErrorKind::Format, problem, "convert the model again")
        })
    }

    /// An error at this operator.
    pub fn error(
        &self,
        kind: ErrorKind,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Error {
        self.node().blame(Error::new(kind, problem, remedy))
    }

    /// Fails unless a tensor holds `element`.
    pub fn expect_element(&self, id: TensorId, element: Element) -> Result<()> {
        if self.tensor(id).element == element {
            return Ok(());
        }
        let error = numbers::refuse(&self.program.graph, id, Some(element));
        Err(self.node().blame(error))
    }

    /// Fails unless a tensor has `shape`.
    pub fn expect_shape(&self, id: TensorId, shape: &[usize]) -> Result<()> {
        let tensor = self.tensor(id);
        if tensor.shape == shape {
            return Ok(());
        }
        Err(tensor.blame(self.error(
            ErrorKind::Shape,
            format!("its shape should be {shape:?}"),
            "convert the model again with fixed shapes",
        )))
    }

    /// A tensor as something a kernel reads: an activation, or its contents when it is a constant.
    pub fn operand(&mut self, id: TensorId) -> Operand {
        match &self.program.graph.tensors[id.0].data {
            Some(data) => Operand::Constant(self.program.constants.add_bytes(data)),
            None => Operand::Tensor(self.program.whole(id)),
        }
    }

    /// A whole tensor, to be written.
    pub fn whole(&self, id: TensorId) -> Part {
        self.program.whole(id)
    }

    /// Adds a constant that the lowering computed.
    pub fn constant<T: NoUninit>(&mut self, values: &[T]) -> Operand {
        Operand::Constant(self.program.constants.add(values))
    }

    /// Adds a kernel call that writes a whole tensor.
    pub fn step(&mut self, kernel: impl Into<Kernel>, operands: Vec<Operand>, output: TensorId) {
        self.partial_step(kernel, operands, self.whole(output));
    }

    /// Adds a kernel call that writes a part of a tensor.
    pub fn partial_step(
        &mut self,
        kernel: impl Into<Kernel>,
        operands: Vec<Operand>,
        output: Part,
    ) {
        self.program.steps.push(Step {
            node: self.index,
            kernel: kernel.into(),
            operands,
            output,
            in_place: false,
            beside: false,
        });
    }

    /// States the operator's multiply-accumulates.
    pub fn count_macs(&mut self, macs: u64) {
        self.program.macs[self.index] = macs;
    }

    /// Lets `output` have the storage of `input`: the operator costs nothing.
    ///
    /// A constant input is copied, for a constant has no storage in the arena.
    pub fn same_storage(&mut self, input: TensorId, output: TensorId) {
        if !self.share(output, input, 0) {
            let bytes = self.tensor(output).bytes();
            let operand = self.operand(input);
            self.step(
                shortcrust_kernels::strided_copy::StridedCopy::contiguous(bytes),
                vec![operand],
                output,
            );
        }
    }

    /// Tries to place `tensor` at a byte offset of the storage of `of`. Fails where a constant is involved, where the tensor
    /// has a place already, or where it would not be aligned.
    pub fn share(&mut self, tensor: TensorId, of: TensorId, offset: usize) -> bool {
        let possible = offset.is_multiple_of(ALIGNMENT)
            && self.program.views[tensor.0].is_none()
            && self.tensor(tensor).data.is_none()
            && self.tensor(of).data.is_none()
            && self.program.root(of).0 != tensor;
        if possible {
            self.program.views[tensor.0] = Some(View { of, offset });
        }
        possible
    }
}
