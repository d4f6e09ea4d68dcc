//! Networks of one operator, of any shape.

use shortcrust_compiler::graph::{
    Element, Graph, Node, Padding as Folded, Quantisation, Tensor, TensorId,
};
use shortcrust_compiler::tflite::{
    AddOptions, Conv2DOptions, DepthwiseConv2DOptions, FullyConnectedOptions, FusedActivation,
    MulOptions, Options, Padding, Pool2DOptions, ReducerOptions, ResizeBilinearOptions,
    ResizeNearestNeighborOptions, SoftmaxOptions, TransposeConvOptions,
};

const INPUT: TensorId = TensorId(0);

/// Bytes that look random and are the same everywhere.
pub fn noise(seed: usize) -> impl Iterator<Item = u8> {
    let mut state = seed as u64 ^ 0x9E37_79B9_7F4A_7C15;
    std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as u8
    })
}

/// A network of one operator under construction.
struct Layer {
    graph: Graph,
    /// By how many octaves the scales of weights differ.
    octaves: i32,
}

impl Layer {
    /// With one input.
    fn new(shape: &[usize]) -> Self {
        let mut layer = Self {
            graph: Graph {
                tensors: Vec::new(),
                nodes: Vec::new(),
                inputs: vec![INPUT],
                outputs: Vec::new(),
                faults: Default::default(),
            },
            octaves: 0,
        };
        layer.activation(shape, 0.05, -3);
        layer
    }

    fn push(
        &mut self,
        shape: &[usize],
        element: Element,
        scale: Option<(Vec<f32>, i32)>,
        data: Option<Vec<u8>>,
    ) -> TensorId {
        self.graph.tensors.push(Tensor {
            name: format!("tensor {}", self.graph.tensors.len()),
            shape: shape.to_vec(),
            element,
            quantisation: scale.map(|(scales, axis)| Quantisation {
                zero_points: vec![0; scales.len()],
                scales,
                axis: axis as usize,
            }),
            data,
        });
        TensorId(self.graph.tensors.len() - 1)
    }

    fn activation(&mut self, shape: &[usize], scale: f32, zero_point: i32) -> TensorId {
        let tensor = self.push(shape, Element::Int8, Some((vec![scale], 0)), None);
        if let Some(quantisation) = &mut self.graph.tensors[tensor.0].quantisation {
            quantisation.zero_points = vec![zero_point];
        }
        tensor
    }

    /// Weights with a scale for each index of an axis.
    fn weights(&mut self, shape: &[usize], axis: i32) -> TensorId {
        let channels = shape[axis as usize];
        let scales = (0..channels as i32)
            .map(|channel| 0.01 * (-(channel % (self.octaves + 1)) as f32).exp2())
            .collect();
        let data = noise(shape.len() + channels)
            .map(|byte| (byte as i8).max(-127) as u8)
            .take(shape.iter().product())
            .collect();
        self.push(shape, Element::Int8, Some((scales, axis)), Some(data))
    }

    fn words(&mut self, values: &[i32]) -> TensorId {
        let data = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.push(&[values.len()], Element::Int32, None, Some(data))
    }

    fn bias(&mut self, channels: usize) -> TensorId {
        let values: Vec<i32> = noise(channels)
            .take(channels)
            .map(|byte| 20 * i32::from(byte as i8))
            .collect();
        self.words(&values)
    }

    /// The output of sums of so many products.
    fn sums(&mut self, shape: &[usize], products: usize) -> TensorId {
        self.activation(shape, 0.05 * 0.01 * 70.0 * (products as f32).sqrt(), 5)
    }

    /// The network, with its only operator.
    fn node(
        mut self,
        kind: &'static str,
        inputs: &[TensorId],
        output: TensorId,
        options: Options,
    ) -> Graph {
        self.graph.nodes.push(Node {
            number: 0,
            kind,
            inputs: inputs.iter().copied().map(Some).collect(),
            outputs: vec![output],
            options,
            folded_padding: Folded::default(),
        });
        self.graph.outputs.push(output);
        self.graph
    }

    /// An operator whose output has the input's scale.
    fn unscaled(
        mut self,
        kind: &'static str,
        others: &[TensorId],
        shape: &[usize],
        options: Options,
    ) -> Graph {
        let output = self.activation(shape, 0.05, -3);
        let inputs: Vec<TensorId> = [INPUT].iter().chain(others).copied().collect();
        self.node(kind, &inputs, output, options)
    }
}

/// CONV_2D over `[height, width, channels]` with a window of rows and columns, strides of 1, and padding of zeros or none.
pub fn convolution(
    [height, width, channels]: [usize; 3],
    [rows, columns]: [usize; 2],
    filters: usize,
    padding: Padding,
) -> Graph {
    dilated(
        [height, width, channels],
        [rows, columns],
        filters,
        padding,
        1,
    )
}

/// [`convolution`] with rows of its window some rows apart.
pub fn dilated(
    [height, width, channels]: [usize; 3],
    [rows, columns]: [usize; 2],
    filters: usize,
    padding: Padding,
    dilation: i32,
) -> Graph {
    let mut layer = Layer::new(&[1, height, width, channels]);
    let weights = layer.weights(&[filters, rows, columns, channels], 0);
    let bias = layer.bias(filters);
    let shape = match padding {
        Padding::Same => [1, height, width, filters],
        Padding::Valid => [1, height + 1 - rows, width + 1 - columns, filters],
    };
    let output = layer.sums(&shape, rows * columns * channels);
    let options = Conv2DOptions {
        padding,
        stride_w: 1,
        stride_h: 1,
        dilation_h_factor: dilation,
        fused_activation_function: FusedActivation::Relu,
        ..Conv2DOptions::default()
    };
    let inputs = [INPUT, weights, bias];
    layer.node("CONV_2D", &inputs, output, Options::Conv2D(options))
}

/// DEPTHWISE_CONV_2D over `[height, width, channels]`, padded with zeros.
pub fn depthwise([height, width, channels]: [usize; 3], [rows, columns]: [usize; 2]) -> Graph {
    let shape = [1, height, width, channels];
    let mut layer = Layer::new(&shape);
    let weights = layer.weights(&[1, rows, columns, channels], 3);
    let bias = layer.bias(channels);
    let output = layer.sums(&shape, rows * columns);
    let options = DepthwiseConv2DOptions {
        padding: Padding::Same,
        stride_w: 1,
        stride_h: 1,
        depth_multiplier: 1,
        fused_activation_function: FusedActivation::Relu6,
        ..DepthwiseConv2DOptions::default()
    };
    let inputs = [INPUT, weights, bias];
    let options = Options::DepthwiseConv2D(options);
    layer.node("DEPTHWISE_CONV_2D", &inputs, output, options)
}

/// TRANSPOSE_CONV of a window of 2 x 2 with strides of 2.
pub fn transposed([height, width, channels]: [usize; 3], filters: usize) -> Graph {
    let mut layer = Layer::new(&[1, height, width, channels]);
    let shape = [1, 2 * height, 2 * width, filters];
    let size = layer.words(&shape.map(|size| size as i32));
    let weights = layer.weights(&[filters, 2, 2, channels], 0);
    let bias = layer.bias(filters);
    let output = layer.sums(&shape, channels);
    let options = TransposeConvOptions {
        padding: Padding::Valid,
        stride_w: 2,
        stride_h: 2,
        fused_activation_function: FusedActivation::Relu,
    };
    let inputs = [size, weights, INPUT, bias];
    let options = Options::TransposeConv(options);
    layer.node("TRANSPOSE_CONV", &inputs, output, options)
}

/// FULLY_CONNECTED; scales of its weights lie up to some octaves apart.
pub fn fully_connected(inputs: usize, outputs: usize, octaves: i32) -> Graph {
    let mut layer = Layer::new(&[1, inputs]);
    layer.octaves = octaves;
    let weights = layer.weights(&[outputs, inputs], 0);
    let bias = layer.bias(outputs);
    let output = layer.sums(&[1, outputs], inputs);
    let options = FullyConnectedOptions {
        fused_activation_function: FusedActivation::Relu,
        ..FullyConnectedOptions::default()
    };
    let options = Options::FullyConnected(options);
    layer.node("FULLY_CONNECTED", &[INPUT, weights, bias], output, options)
}

/// A pool of 2 x 2 without padding.
pub fn pool(kind: &'static str, [height, width, channels]: [usize; 3]) -> Graph {
    let options = Pool2DOptions {
        padding: Padding::Valid,
        stride_w: 1,
        stride_h: 1,
        filter_width: 2,
        filter_height: 2,
        fused_activation_function: FusedActivation::None,
    };
    let output = [1, height - 1, width - 1, channels];
    Layer::new(&[1, height, width, channels]).unscaled(kind, &[], &output, Options::Pool2D(options))
}

/// RELU of a line of bytes.
pub fn relu(length: usize) -> Graph {
    Layer::new(&[length]).unscaled("RELU", &[], &[length], Options::None)
}

/// MEAN over the first of two axes.
pub fn mean(reduced: usize, kept: usize) -> Graph {
    let mut layer = Layer::new(&[reduced, kept]);
    let axes = layer.words(&[0]);
    let options = Options::Reducer(ReducerOptions { keep_dims: false });
    layer.unscaled("MEAN", &[axes], &[kept], options)
}

/// SOFTMAX of two rows.
pub fn softmax(depth: usize) -> Graph {
    let mut layer = Layer::new(&[2, depth]);
    let output = layer.activation(&[2, depth], 1.0 / 256.0, -128);
    let options = Options::Softmax(SoftmaxOptions { beta: 1.0 });
    layer.node("SOFTMAX", &[INPUT], output, options)
}

/// ADD or MUL of the input and a constant that is broadcast along some axes.
pub fn with_constant(kind: &'static str, shape: &[usize], constant: &[usize]) -> Graph {
    let mut layer = Layer::new(shape);
    let data = noise(7).take(constant.iter().product()).collect();
    let scale = Some((vec![0.03], 0));
    let constant = layer.push(constant, Element::Int8, scale, Some(data));
    let options = match kind {
        "ADD" => Options::Add(AddOptions::default()),
        "MUL" => Options::Mul(MulOptions::default()),
        _ => Options::None,
    };
    layer.unscaled(kind, &[constant], shape, options)
}

/// TRANSPOSE of two axes.
pub fn transpose(shape: [usize; 2]) -> Graph {
    let mut layer = Layer::new(&shape);
    let order = layer.words(&[1, 0]);
    let turned = [shape[1], shape[0]];
    layer.unscaled("TRANSPOSE", &[order], &turned, Options::None)
}

/// PAD of the second of two axes.
pub fn pad(shape: [usize; 2], amounts: [i32; 2]) -> Graph {
    let mut layer = Layer::new(&shape);
    let paddings = [0, 0, amounts[0], amounts[1]];
    let data = paddings.iter().flat_map(|value: &i32| value.to_le_bytes());
    let data = Some(data.collect());
    let paddings = layer.push(&[2, 2], Element::Int32, None, data);
    let padded = [shape[0], shape[1] + (amounts[0] + amounts[1]) as usize];
    layer.unscaled("PAD", &[paddings], &padded, Options::None)
}

/// A resize to other rows.
pub fn resize(kind: &'static str, [height, width, channels]: [usize; 3], rows: usize) -> Graph {
    let mut layer = Layer::new(&[1, height, width, channels]);
    let size = layer.words(&[rows as i32, width as i32]);
    let options = match kind {
        "RESIZE_BILINEAR" => Options::ResizeBilinear(ResizeBilinearOptions::default()),
        _ => Options::ResizeNearestNeighbor(ResizeNearestNeighborOptions::default()),
    };
    layer.unscaled(kind, &[size], &[1, rows, width, channels], options)
}
