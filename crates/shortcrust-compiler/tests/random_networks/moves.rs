//! Operators that move data: most of them are views, or write into a part of a larger tensor.

use shortcrust_compiler::graph::{Element, TensorId};
use shortcrust_compiler::tflite::{
    ConcatenationOptions, GatherOptions, Options, PackOptions, ReshapeOptions, SplitOptions,
    SqueezeOptions, StridedSliceOptions, UnpackOptions,
};

use crate::model::Model;

/// The most axes that a shape gets in small steps.
const MOST_AXES: usize = 7;

impl Model {
    /// A tensor of the pool to be moved: with at least one axis, of few enough that slices of it are kernels.
    fn pick_movable(&mut self) -> Option<TensorId> {
        self.pick(|tensor| (1..=MOST_AXES).contains(&tensor.shape.len()))
    }

    /// An axis as an option states it, now and then counted from the end.
    fn stated(&mut self, axis: usize, rank: usize) -> i32 {
        match self.random.once_in(3) {
            true => axis as i32 - rank as i32,
            false => axis as i32,
        }
    }

    /// RESHAPE, EXPAND_DIMS or SQUEEZE.
    pub fn reshape(&mut self) -> Option<TensorId> {
        let input = self.pick(|tensor| tensor.shape.len() <= MOST_AXES)?;
        let mut shape = self.shape(input);
        match self.random.below(4) {
            0 if shape.len() < MOST_AXES => {
                let axis = self.random.below(shape.len() + 1);
                let stated = self.stated(axis, shape.len() + 1);
                shape.insert(axis, 1);
                let output = self.like(input, shape);
                let axis = self.number(stated);
                self.node("EXPAND_DIMS", &[input, axis], &[output], Options::None);
                output.into()
            }
            1 if shape.contains(&1) => {
                let axes: Vec<usize> = (0..shape.len()).filter(|&axis| shape[axis] == 1).collect();
                let squeezed: Vec<usize> = match self.random.once_in(2) {
                    true => axes,
                    false => vec![self.random.of(&axes)],
                };
                let squeeze_dims = squeezed.iter().map(|&axis| axis as i32).collect();
                let kept = (0..shape.len()).filter(|axis| !squeezed.contains(axis));
                let output = self.like(input, kept.map(|axis| shape[axis]).collect());
                let options = Options::Squeeze(SqueezeOptions { squeeze_dims });
                self.node("SQUEEZE", &[input], &[output], options);
                output.into()
            }
            _ => {
                let shape = self.factors(shape.iter().product());
                self.reshape_to(input, shape).into()
            }
        }
    }

    /// RESHAPE to a shape, which a tensor or the options state.
    pub fn reshape_to(&mut self, input: TensorId, shape: Vec<usize>) -> TensorId {
        let output = self.like(input, shape.clone());
        let new_shape: Vec<i32> = shape.into_iter().map(|size| size as i32).collect();
        if self.random.once_in(2) {
            let options = Options::Reshape(ReshapeOptions { new_shape });
            self.node("RESHAPE", &[input], &[output], options);
        } else {
            let sizes = self.numbers(new_shape);
            self.node("RESHAPE", &[input, sizes], &[output], Options::None);
        }
        output
    }

    /// A shape of a number of elements, most often an image.
    pub fn factors(&mut self, mut count: usize) -> Vec<usize> {
        let axes = self.random.of(&[4, 4, 4, 4, 1, 2, 3, 5]);
        let mut shape: Vec<usize> = (1..axes)
            .map(|_| {
                let divisors: Vec<usize> = (1..=count.min(64))
                    .filter(|divisor| count.is_multiple_of(*divisor))
                    .collect();
                let divisor = self.random.of(&divisors);
                count /= divisor;
                divisor
            })
            .collect();
        shape.push(count);
        let last = self.random.below(shape.len());
        shape.swap(last, axes - 1);
        shape
    }

    /// TRANSPOSE.
    pub fn transpose(&mut self) -> Option<TensorId> {
        let input = self.pick_movable()?;
        let shape = self.shape(input);
        let mut order: Vec<usize> = (0..shape.len()).collect();
        for place in 0..order.len() {
            let other = self.random.below(order.len());
            order.swap(place, other);
        }
        let output = self.like(input, order.iter().map(|&axis| shape[axis]).collect());
        let order = self.numbers(order.into_iter().map(|axis| axis as i32));
        self.node("TRANSPOSE", &[input, order], &[output], Options::None);
        output.into()
    }

    /// SLICE.
    pub fn slice(&mut self) -> Option<TensorId> {
        let input = self.pick_movable()?;
        let shape = self.shape(input);
        let (mut begins, mut sizes, mut part) = (Vec::new(), Vec::new(), Vec::new());
        for &size in &shape {
            let begin = match self.random.once_in(2) {
                true => 0,
                false => self.random.below(size),
            };
            let rest = size - begin;
            let length = match self.random.once_in(2) {
                true => rest,
                false => self.random.between(1, rest),
            };
            let to_the_end = length == rest && self.random.once_in(2);
            begins.push(begin as i32);
            sizes.push(if to_the_end { -1 } else { length as i32 });
            part.push(length);
        }
        let output = self.like(input, part);
        let (begins, sizes) = (self.numbers(begins), self.numbers(sizes));
        self.node("SLICE", &[input, begins, sizes], &[output], Options::None);
        output.into()
    }

    /// STRIDED_SLICE with masks, forwards and backwards.
    pub fn strided_slice(&mut self) -> Option<TensorId> {
        let input = self.pick_movable()?;
        self.strided_slice_of(input).into()
    }

    /// STRIDED_SLICE of a tensor.
    pub fn strided_slice_of(&mut self, input: TensorId) -> TensorId {
        let shape = self.shape(input);
        let ranges = match self.random.once_in(4) {
            true => self.random.between(1, shape.len()),
            false => shape.len(),
        };
        let mut options = StridedSliceOptions::default();
        let (mut begins, mut ends, mut strides) = (Vec::new(), Vec::new(), Vec::new());
        let mut part = Vec::new();
        for (axis, &size) in shape.iter().enumerate() {
            if axis >= ranges {
                part.push(size);
                continue;
            }
            // Masks have 32 bits.
            let bit = 1i32.checked_shl(axis as u32).unwrap_or_default();
            let stride: i32 = self.random.of(&[1, 1, 1, 2, 3, -1, -2]);
            let count = self
                .random
                .between(1, size.div_ceil(stride.unsigned_abs() as usize));
            let reach = (count - 1) * stride.unsigned_abs() as usize;
            let low = self.random.below(size - reach);
            let (mut begin, mut end) = match stride > 0 {
                true => (low as i32, (low + reach) as i32 + 1),
                false => ((low + reach) as i32, low as i32 - 1),
            };
            let first = begin == if stride > 0 { 0 } else { size as i32 - 1 };
            let last = end == if stride > 0 { size as i32 } else { -1 };
            if bit != 0 && count == 1 && self.random.once_in(3) {
                options.shrink_axis_mask |= bit;
                end = begin + 1;
            } else {
                part.push(count);
                if first && bit != 0 && self.random.once_in(2) {
                    options.begin_mask |= bit;
                    begin = self.random.below(9) as i32 - 4;
                }
                // An end before the first element cannot be a number: -1 is the last element.
                let before = end < 0;
                if before || last && bit != 0 && self.random.once_in(2) {
                    options.end_mask |= bit;
                    end = self.random.below(9) as i32 - 4;
                    if before && bit == 0 {
                        end = -1 - size as i32;
                    }
                }
            }
            begins.push(begin);
            ends.push(end);
            strides.push(stride);
        }
        let output = self.like(input, part);
        let ranges = [begins, ends, strides].map(|numbers| self.numbers(numbers));
        let inputs = [&[input][..], &ranges].concat();
        let options = Options::StridedSlice(options);
        self.node("STRIDED_SLICE", &inputs, &[output], options);
        output
    }

    /// SPLIT into equal parts, or UNPACK into parts without the axis.
    pub fn split(&mut self) -> Option<TensorId> {
        let input = self.pick_movable()?;
        let shape = self.shape(input);
        let axis = self.random.below(shape.len());
        let stated = self.stated(axis, shape.len());
        let mut part = shape.clone();
        if shape[axis] <= 8 && self.random.once_in(2) {
            part.remove(axis);
            let outputs: Vec<_> = (0..shape[axis])
                .map(|_| self.like(input, part.clone()))
                .collect();
            let num = shape[axis] as i32;
            let options = Options::Unpack(UnpackOptions { num, axis: stated });
            self.node("UNPACK", &[input], &outputs, options);
            return outputs.last().copied();
        }
        let counts: Vec<usize> = (1..=12)
            .filter(|count| shape[axis].is_multiple_of(*count))
            .collect();
        let count = self.random.of(&counts);
        part[axis] /= count;
        let outputs: Vec<_> = (0..count).map(|_| self.like(input, part.clone())).collect();
        let axis = self.number(stated);
        let options = Options::Split(SplitOptions {
            num_splits: count as i32,
        });
        self.node("SPLIT", &[axis, input], &outputs, options);
        outputs.last().copied()
    }

    /// PACK of tensors of one shape.
    pub fn pack(&mut self) -> Option<TensorId> {
        let first = self.pick(|tensor| tensor.shape.len() < MOST_AXES)?;
        let mut shape = self.shape(first);
        let mut inputs = vec![first];
        for _ in 0..self.random.below(4) {
            inputs.push(self.mate(first, shape.clone(), |other| *other == shape[..]));
        }
        if inputs.len() * shape.iter().product::<usize>() > self.largest {
            return None;
        }
        let axis = self.random.below(shape.len() + 1);
        shape.insert(axis, inputs.len());
        let axis = self.stated(axis, shape.len());
        let output = self.like(first, shape);
        let values_count = inputs.len() as i32;
        let options = Options::Pack(PackOptions { values_count, axis });
        self.node("PACK", &inputs, &[output], options);
        output.into()
    }

    /// CONCATENATION, also of a tensor with itself.
    pub fn concatenation(&mut self) -> Option<TensorId> {
        let first = self.pick_movable()?;
        let mut shape = self.shape(first);
        let axis = match self.random.below(3) {
            0 => self.random.below(shape.len()),
            // Parts of the outermost axis that has several elements can live in the whole.
            _ => shape.iter().position(|&size| size > 1).unwrap_or_default(),
        };
        let mut inputs = vec![first];
        let most = self.random.of(&[2, 3, 4, 16]);
        for _ in 0..self.random.between(1, most) {
            let fits = |other: &[usize]| {
                let axes = || shape.iter().zip(other).enumerate();
                other.len() == shape.len() && axes().all(|(at, (a, b))| at == axis || a == b)
            };
            let mut alone = shape.clone();
            alone[axis] = self.random.of(&[0, 1, 2, 3, 16, 16]);
            inputs.push(self.mate(first, alone, fits));
        }
        let sizes = inputs
            .iter()
            .map(|&input| self.graph.tensor(input).shape[axis]);
        let size = sizes.sum::<usize>();
        let stated = self.stated(axis, shape.len());
        shape[axis] = size;
        if shape.iter().product::<usize>() > self.largest {
            return None;
        }
        let output = self.like(first, shape);
        let options = ConcatenationOptions {
            axis: stated,
            ..ConcatenationOptions::default()
        };
        let options = Options::Concatenation(options);
        self.node("CONCATENATION", &inputs, &[output], options);
        output.into()
    }

    /// PAD or PADV2; a frame around images is often one that convolutions can take over.
    pub fn pad(&mut self, input: TensorId) -> Option<TensorId> {
        let shape = self.shape(input);
        let image = shape.len() == 4 && !self.random.once_in(3);
        let amounts: Vec<usize> = (0..2 * shape.len())
            .map(|side| match image && !(2..6).contains(&side) {
                true => 0,
                false => self.random.of(&[0, 0, 1, 1, 2, 3]),
            })
            .collect();
        let padded = shape.iter().zip(amounts.chunks(2));
        let padded: Vec<usize> = padded
            .map(|(size, sides)| size + sides[0] + sides[1])
            .collect();
        if padded.iter().product::<usize>() > self.largest {
            return None;
        }
        let output = self.like(input, padded);
        let pairs = self.numbers(amounts.into_iter().map(|amount| amount as i32));
        self.graph.tensors[pairs.0].shape = vec![shape.len(), 2];
        if self.random.once_in(2) {
            self.node("PAD", &[input, pairs], &[output], Options::None);
        } else {
            let value = self.constant_like(input, vec![1]);
            if self.random.once_in(2) {
                let quantisation = self.graph.tensor(input).quantisation.as_ref();
                let zero_point = quantisation.map_or(0, |quantisation| quantisation.zero_points[0]);
                self.graph.tensors[value.0].data = Some(vec![zero_point as u8]);
            }
            self.node("PADV2", &[input, pairs, value], &[output], Options::None);
        }
        output.into()
    }

    /// GATHER by constant indices, or by those that an ARG_MAX computes.
    pub fn gather(&mut self) -> Option<TensorId> {
        let input = self.pick_movable()?;
        let shape = self.shape(input);
        let axis = self.random.below(shape.len());
        let batch_dims = match axis {
            0 => 0,
            _ => usize::from(self.random.once_in(3)),
        };
        let count = self.random.between(1, 5);
        let own = [&shape[..batch_dims], &[count]].concat();
        let indices = match self.computed_indices(shape[axis]) {
            Some(indices) if batch_dims == 0 && self.random.once_in(2) => indices,
            _ => self.indices(own, shape[axis]),
        };
        let chosen = &self.shape(indices)[batch_dims..];
        let gathered = [&shape[..axis], chosen, &shape[axis + 1..]].concat();
        if gathered.iter().product::<usize>() > self.largest || gathered.len() > MOST_AXES {
            return None;
        }
        let output = self.like(input, gathered);
        let axis = self.stated(axis, shape.len());
        let batch_dims = batch_dims as i32;
        let options = Options::Gather(GatherOptions { axis, batch_dims });
        self.node("GATHER", &[input, indices], &[output], options);
        output.into()
    }

    /// The output of an ARG_MAX whose indices lie inside of an axis of `size`.
    fn computed_indices(&self, size: usize) -> Option<TensorId> {
        let nodes = self
            .graph
            .nodes
            .iter()
            .filter(|node| node.kind == "ARG_MAX");
        let mut inside = nodes.filter(|node| {
            let [Some(input), Some(axis)] = node.inputs[..] else {
                return false;
            };
            let axis = self.graph.tensor(axis).i32s();
            let axis = axis
                .ok()
                .and_then(|axis| axis.first().copied())
                .unwrap_or_default();
            self.graph.tensor(input).shape[axis as usize] <= size
        });
        inside.next().map(|node| node.outputs[0])
    }

    /// An image behind everything that makes images rare: int8, of four axes.
    pub fn image(&mut self) -> Option<TensorId> {
        if let Some(image) = self.pick_image() {
            return Some(image);
        }
        let input = self.pick(|tensor| tensor.element == Element::Int8)?;
        let count: usize = self.shape(input).iter().product();
        let mut shape = self.factors(count);
        shape.resize(shape.len().max(4), 1);
        let merged = shape[3..].iter().product();
        shape.truncate(3);
        shape.push(merged);
        self.reshape_to(input, shape).into()
    }
}
