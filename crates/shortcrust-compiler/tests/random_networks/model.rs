//! A graph under construction: tensors of random scales and contents, and the pool that operators read from.

use shortcrust_compiler::graph::{
    Element, Graph, Node, Padding as Folded, Quantisation, Tensor, TensorId,
};
use shortcrust_compiler::tflite::{FusedActivation, Options};

use crate::random::Random;

/// Activations, the frequent one twice.
pub const ACTIVATIONS: [FusedActivation; 5] = [
    FusedActivation::None,
    FusedActivation::None,
    FusedActivation::Relu,
    FusedActivation::Relu6,
    FusedActivation::ReluN1To1,
];

/// Scales from 8 on are beyond the fixed-point arguments of LOGISTIC and TANH.
const LARGEST_SCALE: f32 = 7.0;

/// A graph under construction.
pub struct Model {
    pub random: Random,
    pub graph: Graph,
    /// What operators may read.
    pub pool: Vec<TensorId>,
    /// The most elements of a tensor.
    pub largest: usize,
    /// The most multiply-accumulates of a layer.
    pub most_macs: usize,
    /// Activations often have one of these, so that operators that want equal scales find operands.
    palette: Vec<Quantisation>,
}

impl Model {
    /// A graph without tensors.
    pub fn new(mut random: Random, largest: usize, most_macs: usize) -> Self {
        let center = random.scale(-8.0, 2.0).log2();
        let palette = (0..3)
            .map(|_| quantisation(&mut random, center - 1.0, center + 1.0))
            .collect();
        Self {
            random,
            graph: Graph {
                tensors: Vec::new(),
                nodes: Vec::new(),
                inputs: Vec::new(),
                outputs: Vec::new(),
                faults: Default::default(),
            },
            pool: Vec::new(),
            largest,
            most_macs,
            palette,
        }
    }

    /// Adds a tensor.
    pub fn push(
        &mut self,
        shape: Vec<usize>,
        element: Element,
        quantisation: Option<Quantisation>,
        data: Option<Vec<u8>>,
    ) -> TensorId {
        let name = format!("tensor {}", self.graph.tensors.len());
        self.graph.tensors.push(Tensor {
            name,
            shape,
            element,
            quantisation,
            data,
        });
        TensorId(self.graph.tensors.len() - 1)
    }

    /// Adds an input of the network to the pool.
    pub fn input(&mut self, shape: Vec<usize>, element: Element) -> TensorId {
        let input = self.of_type(shape, element);
        self.graph.inputs.push(input);
        self.pool.push(input);
        input
    }

    /// An activation of any type; integers have a scale.
    pub fn of_type(&mut self, shape: Vec<usize>, element: Element) -> TensorId {
        let mut quantisation = self.quantisation();
        match element {
            Element::Float32 => return self.push(shape, element, None, None),
            Element::UInt8 => quantisation.zero_points[0] += 128,
            Element::Int16 | Element::Int32 => {
                quantisation.zero_points[0] = 0;
                quantisation.scales[0] /= self.random.of(&[1.0, 256.0, 65536.0]);
            }
            _ => {}
        }
        self.push(shape, element, Some(quantisation), None)
    }

    /// A scale and zero point, often one that another tensor has as well.
    pub fn quantisation(&mut self) -> Quantisation {
        if self.random.below(4) > 0 {
            let index = self.random.below(self.palette.len());
            return self.palette[index].clone();
        }
        quantisation(&mut self.random, -8.0, 2.0)
    }

    /// An int8 activation.
    pub fn activation(&mut self, shape: Vec<usize>) -> TensorId {
        let quantisation = self.quantisation();
        self.push(shape, Element::Int8, Some(quantisation), None)
    }

    /// An int8 activation of a real factor times another tensor's scale, within a few bits.
    pub fn activation_near(&mut self, shape: Vec<usize>, scale: f32) -> TensorId {
        let mut quantisation = quantisation(&mut self.random, 0.0, 0.0);
        let spread = self.random.scale(-3.0, 3.0);
        quantisation.scales[0] = (scale * spread).clamp(1e-6, LARGEST_SCALE);
        self.push(shape, Element::Int8, Some(quantisation), None)
    }

    /// An activation of the type and the quantisation of another tensor.
    pub fn like(&mut self, tensor: TensorId, shape: Vec<usize>) -> TensorId {
        let (element, quantisation) = {
            let tensor = self.graph.tensor(tensor);
            (tensor.element, tensor.quantisation.clone())
        };
        self.push(shape, element, quantisation, None)
    }

    /// An int8 constant of random values.
    pub fn constant(&mut self, shape: Vec<usize>, quantisation: Quantisation) -> TensorId {
        let data = self.bytes(shape.iter().product());
        self.push(shape, Element::Int8, Some(quantisation), Some(data))
    }

    /// A constant of the type and quantisation of another tensor.
    pub fn constant_like(&mut self, tensor: TensorId, shape: Vec<usize>) -> TensorId {
        let constant = self.like(tensor, shape);
        let count = self.graph.tensor(constant).bytes();
        self.graph.tensors[constant.0].data = Some(match self.element(tensor) {
            Element::Float32 => (0..count / 4)
                .flat_map(|index| (index as f32 / 7.0 - 20.0).to_le_bytes())
                .collect(),
            _ => self.bytes(count),
        });
        constant
    }

    /// A constant of some numbers: axes, sizes, an order; now and then of 64 bits each.
    pub fn numbers(&mut self, values: impl IntoIterator<Item = i32>) -> TensorId {
        let values: Vec<i32> = values.into_iter().collect();
        let shape = vec![values.len()];
        let (element, data) = match self.random.once_in(16) {
            true => {
                let wide = values
                    .iter()
                    .flat_map(|&value| i64::from(value).to_le_bytes());
                (Element::Int64, wide.collect())
            }
            false => (Element::Int32, words(values)),
        };
        self.push(shape, element, None, Some(data))
    }

    /// An int32 constant of indices.
    pub fn indices(&mut self, shape: Vec<usize>, limit: usize) -> TensorId {
        let count = shape.iter().product();
        let values = (0..count)
            .map(|_| self.random.below(limit) as i32)
            .collect();
        self.push(shape, Element::Int32, None, Some(words(values)))
    }

    /// An int32 constant without axes.
    pub fn number(&mut self, value: i32) -> TensorId {
        let data = Some(value.to_le_bytes().to_vec());
        self.push(Vec::new(), Element::Int32, None, data)
    }

    /// Random bytes, often extreme ones or all near 0.
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let style = self.random.below(4);
        let random = &mut self.random;
        let value = |random: &mut Random| match style {
            0 => random.of(&[-127i8, 127]),
            1 => random.below(5) as i8 - 2,
            _ => (random.below(255) as i32 - 127) as i8,
        };
        (0..count).map(|_| value(random) as u8).collect()
    }

    /// Weights with a scale for each index of an axis, or one for all, such that an output at `scale` neither vanishes nor all
    /// saturates, within a few bits.
    pub fn weights(&mut self, shape: Vec<usize>, axis: Option<usize>, scale: f32) -> TensorId {
        let spread = self.random.of(&[0.0, 1.0, 3.0, 9.0]);
        let center = scale.clamp(1e-12, 1e6).log2() + self.random.scale(-3.0, 3.0).log2();
        let scales: Vec<f32> = (0..axis.map_or(1, |axis| shape[axis]))
            .map(|_| self.random.scale(center - spread, center))
            .collect();
        let quantisation = Quantisation {
            zero_points: vec![0; scales.len()],
            scales,
            axis: axis.unwrap_or_default(),
        };
        self.constant(shape, quantisation)
    }

    /// A bias whose scales are those of the input times those of the weights.
    pub fn bias(&mut self, input: TensorId, weights: TensorId, channels: usize) -> TensorId {
        let reach = self.random.of(&[1, 1_000, 100_000, 1 << 28]);
        let data = (0..channels)
            .flat_map(|_| (self.random.below(2 * reach) as i32 - reach as i32).to_le_bytes())
            .collect();
        let scale = self.scale(input);
        let weights = &self.graph.tensor(weights).quantisation;
        let quantisation = weights.as_ref().map(|weights| Quantisation {
            scales: weights.scales.iter().map(|weight| scale * weight).collect(),
            zero_points: vec![0; weights.scales.len()],
            axis: 0,
        });
        self.push(vec![channels], Element::Int32, quantisation, Some(data))
    }

    /// Adds an operator; what it writes can be read.
    pub fn node(
        &mut self,
        kind: &'static str,
        inputs: &[TensorId],
        outputs: &[TensorId],
        options: Options,
    ) {
        self.graph.nodes.push(Node {
            number: self.graph.nodes.len(),
            kind,
            inputs: inputs.iter().copied().map(Some).collect(),
            outputs: outputs.to_vec(),
            options,
            folded_padding: Folded::default(),
        });
        self.pool.extend(outputs);
    }

    /// An operator once more, on another tensor of the same shape: both may share code and constants.
    pub fn again(&mut self) -> Option<TensorId> {
        let count = self.graph.nodes.len();
        let index = self.random.below(count.max(1));
        let mut node = self.graph.nodes.get(index)?.clone();
        let inputs = &mut node.inputs;
        let data = inputs
            .iter_mut()
            .flatten()
            .find(|id| self.pool.contains(id))?;
        let shape = self.shape(*data);
        *data = self.mate(*data, shape.clone(), |other| *other == shape[..]);
        let outputs: Vec<_> = node
            .outputs
            .iter()
            .map(|&output| self.like(output, self.shape(output)))
            .collect();
        let inputs: Vec<TensorId> = node.inputs.into_iter().flatten().collect();
        self.node(node.kind, &inputs, &outputs, node.options);
        outputs.last().copied()
    }

    /// The shape of a tensor.
    pub fn shape(&self, tensor: TensorId) -> Vec<usize> {
        self.graph.tensor(tensor).shape.clone()
    }

    /// What a tensor holds.
    pub fn element(&self, tensor: TensorId) -> Element {
        self.graph.tensor(tensor).element
    }

    /// The scale of a tensor that is quantised as a whole.
    pub fn scale(&self, tensor: TensorId) -> f32 {
        let quantisation = self.graph.tensor(tensor).quantisation.as_ref();
        quantisation.map_or(1.0, |quantisation| quantisation.scales[0])
    }

    /// A tensor of the pool, rather a late one.
    pub fn pick(&mut self, wanted: impl Fn(&Tensor) -> bool) -> Option<TensorId> {
        let fitting: Vec<TensorId> = self
            .pool
            .iter()
            .copied()
            .filter(|&id| wanted(self.graph.tensor(id)))
            .collect();
        let count = fitting.len();
        match count {
            0 => None,
            _ if self.random.below(2) == 0 => {
                Some(fitting[count - 1 - self.random.below(count.min(3))])
            }
            _ => Some(self.random.of(&fitting)),
        }
    }

    /// An int8 tensor of the pool with at most `axes` axes.
    pub fn pick_int8(&mut self, axes: usize) -> Option<TensorId> {
        self.pick(|tensor| tensor.element == Element::Int8 && tensor.shape.len() <= axes)
    }

    /// A tensor of the pool with images in it.
    pub fn pick_image(&mut self) -> Option<TensorId> {
        self.pick(|tensor| tensor.element == Element::Int8 && tensor.shape.len() == 4)
    }

    /// A tensor that has the type and quantisation of another and a shape that `fits`: of the pool, or a constant of `shape`.
    pub fn mate(
        &mut self,
        tensor: TensorId,
        shape: Vec<usize>,
        fits: impl Fn(&[usize]) -> bool,
    ) -> TensorId {
        let (element, quantisation) = {
            let tensor = self.graph.tensor(tensor);
            (tensor.element, tensor.quantisation.clone())
        };
        if !self.random.once_in(8)
            && let Some(mate) = self.pick(|mate| {
                mate.element == element && mate.quantisation == quantisation && fits(&mate.shape)
            })
        {
            return mate;
        }
        self.constant_like(tensor, shape)
    }
}

/// A scale between two powers of two and, often, an extreme zero point.
fn quantisation(random: &mut Random, low: f32, high: f32) -> Quantisation {
    let zero_point = match random.below(3) {
        0 => -128,
        1 => random.of(&[127, 0, -1, 1, -127]),
        _ => random.below(256) as i32 - 128,
    };
    Quantisation {
        scales: vec![random.scale(low, high)],
        zero_points: vec![zero_point],
        axis: 0,
    }
}

fn words(values: Vec<i32>) -> Vec<u8> {
    values.into_iter().flat_map(i32::to_le_bytes).collect()
}
