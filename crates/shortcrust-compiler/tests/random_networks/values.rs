//! Operators on values: arithmetic, functions of one value, reductions, conversions.

use shortcrust_compiler::graph::{Element, Quantisation, TensorId};
use shortcrust_compiler::tflite::{
    AddOptions, ArgMaxOptions, LeakyReluOptions, MulOptions, Options, ReducerOptions,
    SoftmaxOptions, SubOptions,
};

use crate::model::{ACTIVATIONS, Model};

/// The longest row of a SOFTMAX.
const LONGEST_ROW: usize = 4096;

/// What QUANTIZE and DEQUANTIZE convert into what.
const CONVERSIONS: [(Element, &[Element]); 5] = [
    (
        Element::Float32,
        &[Element::Int8, Element::Int8, Element::Int16],
    ),
    (
        Element::UInt8,
        &[Element::Int8, Element::Int8, Element::Float32],
    ),
    (
        Element::Int8,
        &[
            Element::UInt8,
            Element::Int16,
            Element::Int32,
            Element::Float32,
        ],
    ),
    (
        Element::Int16,
        &[
            Element::Int8,
            Element::Int16,
            Element::Int32,
            Element::Float32,
        ],
    ),
    (Element::Int32, &[Element::Int8, Element::Int16]),
];

/// The most axes that arithmetic and reductions are supported on.
pub const RANK: usize = 6;

impl Model {
    /// An operand that spreads over a shape: of the pool, or a constant; some of its sizes are 1.
    fn spread(&mut self, tensor: TensorId, same_scale: bool) -> TensorId {
        let shape = self.shape(tensor);
        let fits = |other: &[usize]| {
            other.len() <= shape.len()
                && other
                    .iter()
                    .rev()
                    .zip(shape.iter().rev())
                    .all(|(a, b)| a == b || *a == 1)
        };
        let mut smaller = shape[self.random.below(shape.len() + 1)..].to_vec();
        for size in &mut smaller {
            if self.random.once_in(3) {
                *size = 1;
            }
        }
        if same_scale {
            return self.mate(tensor, smaller, fits);
        }
        if !self.random.once_in(6)
            && let Some(other) =
                self.pick(|other| other.element == Element::Int8 && fits(&other.shape))
        {
            return other;
        }
        let quantisation = self.quantisation();
        self.constant(smaller, quantisation)
    }

    /// ADD, SUB, MUL, MAXIMUM or MINIMUM of two tensors, of which one has the output's shape.
    pub fn arithmetic(&mut self) -> Option<TensorId> {
        let large = self.pick_int8(RANK)?;
        let kind = self.random.of(&["ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM"]);
        let orders = matches!(kind, "MAXIMUM" | "MINIMUM");
        let other = self.spread(large, orders);
        let operands = match self.random.once_in(2) {
            true => [large, other],
            false => [other, large],
        };
        let shape = self.shape(large);
        let product = self.scale(large) * self.scale(other);
        let output = match kind {
            _ if orders => self.like(large, shape),
            "MUL" if self.random.once_in(2) => self.activation_near(shape, product * 64.0),
            _ => self.activation(shape),
        };
        let fused_activation_function = self.random.of(&ACTIVATIONS);
        let options = match kind {
            "ADD" => Options::Add(AddOptions {
                fused_activation_function,
            }),
            "SUB" => Options::Sub(SubOptions {
                fused_activation_function,
            }),
            "MUL" => Options::Mul(MulOptions {
                fused_activation_function,
            }),
            _ => Options::None,
        };
        self.node(kind, &operands, &[output], options);
        output.into()
    }

    /// A function of one value.
    pub fn function(&mut self) -> Option<TensorId> {
        let input = self.pick_int8(usize::MAX)?;
        let shape = self.shape(input);
        let kinds = [
            "RELU",
            "RELU6",
            "LEAKY_RELU",
            "LOGISTIC",
            "TANH",
            "HARD_SWISH",
            "QUANTIZE",
        ];
        let kind = self.random.of(&kinds);
        let output = match kind {
            "LOGISTIC" => self.fixed(shape, 1.0 / 256.0, -128),
            "TANH" => self.fixed(shape, 1.0 / 128.0, 0),
            "RELU6" => self.like(input, shape),
            "HARD_SWISH" => {
                let scale = self.scale(input);
                self.activation_near(shape, scale)
            }
            _ if self.random.once_in(3) => self.like(input, shape),
            _ => self.activation(shape),
        };
        let options = match kind {
            "LEAKY_RELU" => Options::LeakyRelu(LeakyReluOptions {
                alpha: self.random.scale(-6.0, 1.0) * self.random.of(&[1.0, 1.0, 1.0, -1.0]),
            }),
            _ => Options::None,
        };
        self.node(kind, &[input], &[output], options);
        output.into()
    }

    /// An int8 activation of a scale that its operator demands.
    fn fixed(&mut self, shape: Vec<usize>, scale: f32, zero_point: i32) -> TensorId {
        let quantisation = Quantisation {
            scales: vec![scale],
            zero_points: vec![zero_point],
            axis: 0,
        };
        self.push(shape, Element::Int8, Some(quantisation), None)
    }

    /// SOFTMAX.
    pub fn softmax(&mut self) -> Option<TensorId> {
        let input = self.pick(|tensor| {
            let row = tensor.shape.last();
            tensor.element == Element::Int8 && row.is_some_and(|&row| row <= LONGEST_ROW)
        })?;
        let shape = self.shape(input);
        let output = self.fixed(shape, 1.0 / 256.0, -128);
        let beta = self.random.of(&[1.0, 1.0, 0.5, 3.0]);
        let options = Options::Softmax(SoftmaxOptions { beta });
        self.node("SOFTMAX", &[input], &[output], options);
        output.into()
    }

    /// MEAN or SUM along some axes.
    pub fn reduction(&mut self) -> Option<TensorId> {
        let input = self.pick_int8(RANK)?;
        let shape = self.shape(input);
        if shape.is_empty() {
            return None;
        }
        let chosen: Vec<bool> = match shape.len() == 4 && self.random.once_in(2) {
            true => vec![false, true, true, false],
            false => shape.iter().map(|_| self.random.once_in(2)).collect(),
        };
        let keep_dims = self.random.once_in(2);
        let axes: Vec<i32> = (0..shape.len())
            .filter(|&axis| chosen[axis])
            .map(|axis| match self.random.once_in(4) {
                true => axis as i32 - shape.len() as i32,
                false => axis as i32,
            })
            .collect();
        if axes.is_empty() {
            return None;
        }
        let reduced = shape.iter().zip(&chosen);
        let reduced = reduced.filter_map(|(&size, &chosen)| match chosen {
            true => keep_dims.then_some(1),
            false => Some(size),
        });
        let scale = self.scale(input);
        let output = self.activation_near(reduced.collect(), scale);
        let axes = self.numbers(axes);
        let options = Options::Reducer(ReducerOptions { keep_dims });
        let kind = self.random.of(&["MEAN", "MEAN", "SUM"]);
        self.node(kind, &[input, axes], &[output], options);
        output.into()
    }

    /// ARG_MAX along an axis.
    pub fn arg_max(&mut self) -> Option<TensorId> {
        let input = self.pick_int8(RANK)?;
        let mut shape = self.shape(input);
        if shape.is_empty() {
            return None;
        }
        let axis = self.random.below(shape.len());
        shape.remove(axis);
        let output = self.push(shape, Element::Int32, None, None);
        let axis = self.number(axis as i32);
        let options = Options::ArgMax(ArgMaxOptions { output_type: 2 });
        self.node("ARG_MAX", &[input, axis], &[output], options);
        output.into()
    }

    /// QUANTIZE or DEQUANTIZE to another type.
    pub fn conversion(&mut self) -> Option<TensorId> {
        let input = self.pick(|tensor| {
            let is_scaled = tensor.quantisation.is_some() || tensor.element == Element::Float32;
            is_scaled && CONVERSIONS.iter().any(|(from, _)| *from == tensor.element)
        })?;
        let from = self.element(input);
        let fitting: Vec<Element> = CONVERSIONS
            .iter()
            .filter(|conversion| conversion.0 == from)
            .flat_map(|(_, to)| *to)
            .copied()
            .collect();
        let to = self.random.of(&fitting);
        let output = self.of_type(self.shape(input), to);
        let kind = match to {
            Element::Float32 => "DEQUANTIZE",
            _ => "QUANTIZE",
        };
        self.node(kind, &[input], &[output], Options::None);
        output.into()
    }
}
