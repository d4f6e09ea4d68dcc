//! A graph of one operator, by the names of its tensors, and the ways in which tests break it.

use shortcrust_compiler::graph::{Element, Graph, Node, Padding, Quantisation, Tensor, TensorId};
use shortcrust_compiler::tflite::{FusedActivation, Options};

/// A graph of one operator.
pub struct Model {
    /// What the compiler gets.
    pub graph: Graph,
}

impl Model {
    /// A graph of one operator whose tensors come with [`Model::input`], [`Model::constant`] and [`Model::output`].
    pub fn new(kind: &'static str, options: Options) -> Self {
        Self {
            graph: Graph {
                tensors: Vec::new(),
                nodes: vec![Node {
                    number: 0,
                    kind,
                    inputs: Vec::new(),
                    outputs: Vec::new(),
                    options,
                    folded_padding: Padding::default(),
                }],
                inputs: Vec::new(),
                outputs: Vec::new(),
                faults: Default::default(),
            },
        }
    }

    fn add(&mut self, name: &str, shape: &[usize], element: Element) -> TensorId {
        let quantisation = (element == Element::Int8).then(|| Quantisation {
            scales: vec![0.5],
            zero_points: vec![3],
            axis: 0,
        });
        self.graph.tensors.push(Tensor {
            name: name.to_owned(),
            shape: shape.to_vec(),
            element,
            quantisation,
            data: None,
        });
        TensorId(self.graph.tensors.len() - 1)
    }

    fn operand(mut self, name: &str, shape: &[usize], element: Element) -> Self {
        let id = self.add(name, shape, element);
        self.node().inputs.push(Some(id));
        self
    }

    /// An input of the operator that is an input of the network; int8 ones have the scale 0.5 and the zero point 3.
    pub fn input(mut self, name: &str, shape: &[usize], element: Element) -> Self {
        self = self.operand(name, shape, element);
        self.compute(name);
        self
    }

    /// A constant input of the operator, int8 ones as [`Model::input`]'s.
    pub fn constant(mut self, name: &str, shape: &[usize], element: Element) -> Self {
        self = self.operand(name, shape, element);
        let tensor = self.tensor(name);
        tensor.data = Some(vec![0; tensor.bytes()]);
        self
    }

    /// A constant input of int32 numbers.
    pub fn numbers(mut self, name: &str, shape: &[usize], numbers: &[i32]) -> Self {
        self = self.constant(name, shape, Element::Int32);
        self.set_numbers(name, numbers);
        self
    }

    /// An output of the operator and of the network.
    pub fn output(mut self, name: &str, shape: &[usize], element: Element) -> Self {
        let id = self.add(name, shape, element);
        self.node().outputs.push(id);
        self.graph.outputs.push(id);
        self
    }

    /// With another scale and zero point of a tensor.
    pub fn quantised(mut self, name: &str, scale: f32, zero_point: i32) -> Self {
        self.quantise(name, scale, zero_point);
        self
    }

    /// With a scale for each index of an axis of a constant, and zero points of 0.
    pub fn by_channel(mut self, name: &str, axis: usize) -> Self {
        let channels = self.tensor(name).shape[axis];
        self.tensor(name).quantisation = Some(Quantisation {
            scales: vec![0.01; channels],
            zero_points: vec![0; channels],
            axis,
        });
        self
    }

    /// The operator.
    pub fn node(&mut self) -> &mut Node {
        &mut self.graph.nodes[0]
    }

    fn id(&self, name: &str) -> TensorId {
        let mut tensors = self.graph.tensors.iter();
        let index = tensors.position(|tensor| tensor.name == name);
        TensorId(index.unwrap_or_else(|| panic!("the graph has no tensor `{name}`")))
    }

    /// A tensor.
    pub fn tensor(&mut self, name: &str) -> &mut Tensor {
        let id = self.id(name);
        &mut self.graph.tensors[id.0]
    }

    /// Changes a tensor's scale and zero point.
    pub fn quantise(&mut self, name: &str, scale: f32, zero_point: i32) {
        self.tensor(name).quantisation = Some(Quantisation {
            scales: vec![scale],
            zero_points: vec![zero_point],
            axis: 0,
        });
    }

    /// Takes a tensor's quantisation away.
    pub fn unquantise(&mut self, name: &str) {
        self.tensor(name).quantisation = None;
    }

    /// The scales and zero points of a tensor that has them.
    pub fn quantisation(&mut self, name: &str) -> &mut Quantisation {
        let quantisation = self.tensor(name).quantisation.as_mut();
        quantisation.unwrap_or_else(|| panic!("`{name}` has no scale"))
    }

    /// Changes what a tensor's elements are; a constant becomes zeros.
    pub fn hold(&mut self, name: &str, element: Element) {
        self.tensor(name).element = element;
        self.refill(name);
    }

    /// Changes a tensor's shape; a constant becomes zeros, unless it keeps its number of elements.
    pub fn reshape(&mut self, name: &str, shape: &[usize]) {
        self.tensor(name).shape = shape.to_vec();
        self.refill(name);
    }

    fn refill(&mut self, name: &str) {
        let tensor = self.tensor(name);
        let bytes = tensor.bytes();
        if let Some(data) = tensor.data.as_mut().filter(|data| data.len() != bytes) {
            *data = vec![0; bytes];
        }
    }

    /// Changes the numbers of an int32 constant.
    pub fn set_numbers(&mut self, name: &str, numbers: &[i32]) {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
        self.tensor(name).data = Some(bytes.collect());
    }

    /// Makes an int32 constant one of int64 with the same numbers.
    pub fn widen(&mut self, name: &str) {
        let tensor = self.tensor(name);
        let numbers = tensor.i32s().expect("a constant of int32");
        let bytes = numbers
            .iter()
            .flat_map(|&number| i64::from(number).to_le_bytes());
        tensor.data = Some(bytes.collect());
        tensor.element = Element::Int64;
    }

    /// Makes a tensor an input of the network, where it was a constant.
    pub fn compute(&mut self, name: &str) {
        let id = self.id(name);
        self.graph.tensors[id.0].data = None;
        self.graph.inputs.push(id);
    }

    /// Leaves an input of the operator out, as files do it with the index -1.
    pub fn leave_out(&mut self, position: usize) {
        self.node().inputs[position] = None;
    }

    /// Gives the operator an output more, like the one that it has.
    pub fn add_output(&mut self) {
        let first = self.node().outputs[0];
        let more = Tensor {
            name: "more".to_owned(),
            ..self.graph.tensors[first.0].clone()
        };
        self.graph.tensors.push(more);
        let id = TensorId(self.graph.tensors.len() - 1);
        self.node().outputs.push(id);
        self.graph.outputs.push(id);
    }

    /// Changes the fused activation of an operator that has that option.
    pub fn fuse(&mut self, activation: FusedActivation) {
        let fused = match &mut self.node().options {
            Options::Add(options) => &mut options.fused_activation_function,
            Options::Concatenation(options) => &mut options.fused_activation_function,
            Options::Conv2D(options) => &mut options.fused_activation_function,
            Options::DepthwiseConv2D(options) => &mut options.fused_activation_function,
            Options::FullyConnected(options) => &mut options.fused_activation_function,
            Options::Mul(options) => &mut options.fused_activation_function,
            Options::Pool2D(options) => &mut options.fused_activation_function,
            Options::Sub(options) => &mut options.fused_activation_function,
            Options::TransposeConv(options) => &mut options.fused_activation_function,
            other => panic!("{other:?} has no fused activation"),
        };
        *fused = activation;
    }
}
