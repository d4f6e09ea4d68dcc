//! Operators on images: convolutions, pooling, resizing; and layers on everything at once.

use shortcrust_compiler::graph::{Element, Quantisation, TensorId};
use shortcrust_compiler::tflite::{
    Conv2DOptions, DepthwiseConv2DOptions, FullyConnectedOptions, Options, Padding, Pool2DOptions,
    ResizeBilinearOptions, ResizeNearestNeighborOptions, TransposeConvOptions,
};

use crate::model::{ACTIVATIONS, Model};

/// A window along one axis, and what it makes of the axis.
#[derive(Clone, Copy)]
struct Axis {
    taps: usize,
    stride: usize,
    dilation: usize,
    output: usize,
}

/// Output channels of convolutions.
const CHANNELS: [usize; 10] = [1, 2, 3, 4, 7, 8, 16, 24, 32, 48];

impl Model {
    /// A window of at most `most` taps along an axis.
    fn axis(&mut self, size: usize, most: usize, padding: Padding) -> Axis {
        let (stride, mut dilation) = (self.random.between(1, 3), self.random.of(&[1, 1, 1, 2]));
        let mut taps = self.random.between(1, most);
        if padding == Padding::Valid {
            taps = taps.min(size);
            if (taps - 1) * dilation + 1 > size {
                dilation = 1;
            }
        }
        let output = match padding {
            Padding::Same => size.div_ceil(stride),
            Padding::Valid => (size - (taps - 1) * dilation - 1) / stride + 1,
        };
        Axis {
            taps,
            stride,
            dilation,
            output,
        }
    }

    /// Windows along the height and the width of an image; now and then one of more than 64 taps.
    fn window(&mut self, input: TensorId) -> ([Axis; 2], Padding) {
        let padding = self.random.of(&[Padding::Same, Padding::Valid]);
        let most = self.random.of(&[1, 2, 3, 3, 5, 5, 9]);
        let shape = self.shape(input);
        let rows = self.axis(shape[1], most, padding);
        let columns = self.axis(shape[2], most, padding);
        ([rows, columns], padding)
    }

    /// The scale that weights should have for an output of `sums` products.
    fn weight_scale(&self, input: TensorId, output: TensorId, sums: usize) -> f32 {
        self.scale(output) / (self.scale(input) * (sums as f32).sqrt() * 60.0)
    }

    /// A convolution of single pixels.
    pub fn pointwise(&mut self, input: TensorId, outputs: usize) -> TensorId {
        let one = |output| Axis {
            taps: 1,
            stride: 1,
            dilation: 1,
            output,
        };
        let shape = self.shape(input);
        let window = [one(shape[1]), one(shape[2])];
        self.windowed(input, window, Padding::Same, outputs)
    }

    /// A convolution with a window of some rows and columns, now and then in groups.
    pub fn convolution(&mut self, input: TensorId) -> Option<TensorId> {
        let outputs = self.random.of(&CHANNELS);
        if self.random.once_in(3) {
            return self
                .affords(input, outputs, 1)
                .then(|| self.pointwise(input, outputs));
        }
        let (window, padding) = self.window(input);
        self.affords(input, outputs, window[0].taps * window[1].taps)
            .then(|| self.windowed(input, window, padding, outputs))
    }

    /// Whether a convolution is small enough.
    fn affords(&self, input: TensorId, outputs: usize, taps: usize) -> bool {
        let shape = self.shape(input);
        let pixels: usize = shape[..3].iter().product();
        pixels * outputs <= self.largest && pixels * outputs * taps * shape[3] <= self.most_macs
    }

    fn windowed(
        &mut self,
        input: TensorId,
        [rows, columns]: [Axis; 2],
        padding: Padding,
        outputs: usize,
    ) -> TensorId {
        let shape = self.shape(input);
        let groups = match (2..=4)
            .find(|groups| shape[3].is_multiple_of(*groups) && outputs.is_multiple_of(*groups))
        {
            Some(groups) if self.random.once_in(8) => groups,
            _ => 1,
        };
        let depth = shape[3] / groups;
        let output = self.activation(vec![shape[0], rows.output, columns.output, outputs]);
        let scale = self.weight_scale(input, output, rows.taps * columns.taps * depth);
        let axis = (!self.random.once_in(4)).then_some(0);
        let weights = self.weights(vec![outputs, rows.taps, columns.taps, depth], axis, scale);
        let inputs = self.with_bias(input, weights, outputs);
        let options = Conv2DOptions {
            padding,
            stride_w: columns.stride as i32,
            stride_h: rows.stride as i32,
            dilation_w_factor: columns.dilation as i32,
            dilation_h_factor: rows.dilation as i32,
            fused_activation_function: self.random.of(&ACTIVATIONS),
        };
        self.node("CONV_2D", &inputs, &[output], Options::Conv2D(options));
        output
    }

    /// Input and weights, most often with a bias.
    fn with_bias(&mut self, input: TensorId, weights: TensorId, outputs: usize) -> Vec<TensorId> {
        let mut inputs = vec![input, weights];
        if !self.random.once_in(8) {
            inputs.push(self.bias(input, weights, outputs));
        }
        inputs
    }

    /// A convolution of each channel by itself.
    pub fn depthwise(&mut self, input: TensorId) -> Option<TensorId> {
        let ([rows, columns], padding) = self.window(input);
        let multiplier = self.random.of(&[1, 1, 1, 2, 3]);
        let shape = self.shape(input);
        let outputs = shape[3] * multiplier;
        let taps = rows.taps * columns.taps;
        if !self.affords(input, outputs, 1)
            || shape.iter().product::<usize>() * multiplier * taps > self.most_macs
        {
            return None;
        }
        let output = self.activation(vec![shape[0], rows.output, columns.output, outputs]);
        let scale = self.weight_scale(input, output, taps);
        let axis = (!self.random.once_in(4)).then_some(3);
        let weights = self.weights(vec![1, rows.taps, columns.taps, outputs], axis, scale);
        let inputs = self.with_bias(input, weights, outputs);
        let options = DepthwiseConv2DOptions {
            padding,
            stride_w: columns.stride as i32,
            stride_h: rows.stride as i32,
            depth_multiplier: multiplier as i32,
            dilation_w_factor: columns.dilation as i32,
            dilation_h_factor: rows.dilation as i32,
            fused_activation_function: self.random.of(&ACTIVATIONS),
        };
        let options = Options::DepthwiseConv2D(options);
        self.node("DEPTHWISE_CONV_2D", &inputs, &[output], options);
        output.into()
    }

    /// A transposed convolution, whose output is as large as a forward convolution's input may be.
    pub fn transpose_convolution(&mut self, input: TensorId) -> Option<TensorId> {
        let padding = self.random.of(&[Padding::Same, Padding::Valid]);
        let shape = self.shape(input);
        let outputs = self.random.of(&CHANNELS[..7]);
        let [rows, columns] = [1, 2].map(|axis| {
            let (taps, stride) = (self.random.between(1, 4), self.random.between(1, 3));
            let least = match padding {
                Padding::Same => (shape[axis] - 1) * stride + 1,
                Padding::Valid => (shape[axis] - 1) * stride + taps,
            };
            // Files state any size: the output is cropped, or larger than what reaches it.
            let output = match self.random.once_in(4) {
                true => self
                    .random
                    .between(least.saturating_sub(3).max(1), least + stride + 2),
                false => self.random.between(least, least + stride - 1),
            };
            (taps, stride, output)
        });
        let elements = shape[0] * rows.2 * columns.2 * outputs;
        let taps = rows.0 * columns.0;
        if elements > self.largest || elements * taps * shape[3] > self.most_macs {
            return None;
        }
        let output = self.activation(vec![shape[0], rows.2, columns.2, outputs]);
        let scale = self.weight_scale(input, output, taps * shape[3]);
        let axis = (!self.random.once_in(4)).then_some(0);
        let weights = self.weights(vec![outputs, rows.0, columns.0, shape[3]], axis, scale);
        let sizes = self.shape(output);
        let sizes = self.numbers(sizes.into_iter().map(|size| size as i32));
        let mut inputs = vec![sizes, weights, input];
        if !self.random.once_in(8) {
            inputs.push(self.bias(input, weights, outputs));
        }
        let options = TransposeConvOptions {
            padding,
            stride_w: columns.1 as i32,
            stride_h: rows.1 as i32,
            fused_activation_function: self.random.of(&ACTIVATIONS),
        };
        let options = Options::TransposeConv(options);
        self.node("TRANSPOSE_CONV", &inputs, &[output], options);
        output.into()
    }

    /// A pooling.
    pub fn pool(&mut self, input: TensorId) -> Option<TensorId> {
        let padding = self.random.of(&[Padding::Same, Padding::Valid]);
        let shape = self.shape(input);
        let most = self.random.of(&[2, 3, 5, 12]);
        let [rows, columns] = [shape[1], shape[2]].map(|size| {
            let (taps, stride) = (self.random.between(1, most), self.random.between(1, 3));
            match padding {
                Padding::Same => (taps, stride, size.div_ceil(stride)),
                Padding::Valid => {
                    let taps = taps.min(size);
                    (taps, stride, (size - taps) / stride + 1)
                }
            }
        });
        let elements = shape[0] * rows.2 * columns.2 * shape[3];
        if elements * rows.0 * columns.0 > self.most_macs {
            return None;
        }
        let output = self.like(input, vec![shape[0], rows.2, columns.2, shape[3]]);
        let options = Pool2DOptions {
            padding,
            stride_w: columns.1 as i32,
            stride_h: rows.1 as i32,
            filter_width: columns.0 as i32,
            filter_height: rows.0 as i32,
            fused_activation_function: self.random.of(&ACTIVATIONS),
        };
        let kind = self.random.of(&["MAX_POOL_2D", "AVERAGE_POOL_2D"]);
        self.node(kind, &[input], &[output], Options::Pool2D(options));
        output.into()
    }

    /// A resizing, mostly to a multiple.
    pub fn resize(&mut self, input: TensorId) -> Option<TensorId> {
        let shape = self.shape(input);
        let factor = self.random.between(1, 3);
        let sizes = [shape[1], shape[2]].map(|size| match self.random.once_in(3) {
            true => self.random.between(1, 2 * size),
            false => size * factor,
        });
        let resized = vec![shape[0], sizes[0], sizes[1], shape[3]];
        if resized.iter().product::<usize>() > self.largest {
            return None;
        }
        let size = self.numbers(sizes.map(|size| size as i32));
        let output = self.like(input, resized);
        let (align_corners, half_pixel_centers) =
            self.random
                .of(&[(false, false), (true, false), (false, true)]);
        let (kind, options) = if self.random.once_in(2) {
            let options = ResizeNearestNeighborOptions {
                align_corners,
                half_pixel_centers,
            };
            let options = Options::ResizeNearestNeighbor(options);
            ("RESIZE_NEAREST_NEIGHBOR", options)
        } else {
            let options = ResizeBilinearOptions {
                align_corners,
                half_pixel_centers,
            };
            ("RESIZE_BILINEAR", Options::ResizeBilinear(options))
        };
        self.node(kind, &[input, size], &[output], options);
        output.into()
    }

    /// A fully connected layer over the innermost axis, or over everything behind the outermost one.
    pub fn fully_connected(&mut self, input: TensorId, outputs: usize) -> Option<TensorId> {
        let shape = self.shape(input);
        let keep_num_dims = self.random.once_in(2);
        let depth = match keep_num_dims {
            true => *shape.last()?,
            false => shape.get(1..)?.iter().product(),
        };
        let batches = shape.iter().product::<usize>() / depth;
        let output = match keep_num_dims {
            true => [&shape[..shape.len() - 1], &[outputs]].concat(),
            false => vec![batches, outputs],
        };
        if batches * outputs > self.largest || batches * outputs * depth > self.most_macs {
            return None;
        }
        let output = self.activation(output);
        let scale = self.weight_scale(input, output, depth);
        let axis = self.random.once_in(3).then_some(0);
        let mut weights = self.weights(vec![outputs, depth], axis, scale);
        if axis.is_none() && self.random.once_in(8) {
            self.graph.tensors[weights.0].quantisation = Some(Quantisation {
                scales: vec![self.scale(weights)],
                zero_points: vec![self.random.below(256) as i32 - 128],
                axis: 0,
            });
        }
        if axis.is_none() && self.random.once_in(6) {
            weights = self.computed(weights);
        }
        self.connect(input, weights, output, keep_num_dims);
        output.into()
    }

    /// Products of the rows of two tensors, as attention has them: the weights are an activation.
    pub fn products_of_rows(&mut self) -> Option<TensorId> {
        let input =
            self.pick(|tensor| tensor.element == Element::Int8 && !tensor.shape.is_empty())?;
        let shape = self.shape(input);
        let (depth, outer) = shape.split_last()?;
        let rows = self
            .pick(|tensor| tensor.element == Element::Int8 && tensor.shape.last() == Some(depth))?;
        let outputs = self.shape(rows).iter().product::<usize>() / depth;
        let elements = outer.iter().product::<usize>() * outputs;
        if elements > self.largest || elements * depth > self.most_macs {
            return None;
        }
        let weights = self.reshape_to(rows, vec![outputs, *depth]);
        let scale = self.scale(input) * self.scale(weights) * (*depth as f32).sqrt() * 60.0;
        let output = self.activation_near([outer, &[outputs]].concat(), scale);
        self.connect(input, weights, output, true);
        output.into()
    }

    fn connect(&mut self, input: TensorId, weights: TensorId, output: TensorId, keep: bool) {
        let outputs = self.shape(weights)[0];
        let inputs = self.with_bias(input, weights, outputs);
        let options = FullyConnectedOptions {
            fused_activation_function: self.random.of(&ACTIVATIONS),
            keep_num_dims: keep,
            ..FullyConnectedOptions::default()
        };
        let options = Options::FullyConnected(options);
        self.node("FULLY_CONNECTED", &inputs, &[output], options);
    }

    /// Weights that an operator makes of a constant: their transpose, or the same bytes in another shape.
    fn computed(&mut self, weights: TensorId) -> TensorId {
        let shape = self.shape(weights);
        let output = self.like(weights, shape.clone());
        if self.random.once_in(2) {
            self.graph.tensors[weights.0].shape = vec![shape[1], shape[0]];
            let order = self.numbers([1, 0]);
            self.node("TRANSPOSE", &[weights, order], &[output], Options::None);
        } else {
            self.graph.tensors[weights.0].shape = vec![shape[0] * shape[1]];
            let sizes = self.numbers(shape.iter().map(|&size| size as i32));
            self.node("RESHAPE", &[weights, sizes], &[output], Options::None);
        }
        self.pool.pop();
        output
    }
}
