//! The geometry that convolutions and pooling share: images, padding, output sizes.

use shortcrust_kernels::shape::{Activation, Image, Window};

use super::Lowering;
use super::quantisation::expect_same_quantisation;
use super::scaling::activation_range;
use crate::error::{ErrorKind, Result};
use crate::graph::{Element, TensorId};
use crate::tflite::{Padding, Pool2DOptions};

/// A tensor of int8 images: how many, and the size of one.
pub(super) fn images(lowering: &Lowering, id: TensorId) -> Result<(usize, Image)> {
    lowering.expect_element(id, Element::Int8)?;
    let [batches, height, width, channels] = axes(lowering, id)?;
    Ok((
        batches,
        Image {
            height,
            width,
            channels,
        },
    ))
}

/// The four axes of an image tensor or a filter. None is empty.
pub(super) fn axes(lowering: &Lowering, id: TensorId) -> Result<[usize; 4]> {
    let tensor = lowering.tensor(id);
    match tensor.shape[..] {
        [a, b, c, d] if !tensor.is_empty() => Ok([a, b, c, d]),
        _ => Err(tensor.blame(lowering.error(
            ErrorKind::Shape,
            "it should have four axes, none of them empty",
            "convert the model again with fixed shapes",
        ))),
    }
}

/// An option that must be 1 or more.
pub(super) fn positive(lowering: &Lowering, name: &str, value: i32) -> Result<usize> {
    match usize::try_from(value) {
        Ok(value) if value > 0 => Ok(value),
        _ => Err(lowering.error(
            ErrorKind::Format,
            format!("its {name} is {value}"),
            "convert the model again",
        )),
    }
}

/// One axis of a window as the options state it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    /// Taps.
    pub(super) taps: usize,
    /// Input positions from one output position to the next.
    pub(super) stride: i32,
    /// Input positions from one tap to the next.
    pub(super) dilation: i32,
}

/// One axis of a window, checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    /// Output positions.
    pub(super) output: usize,
    /// Padding before the input.
    pub(super) padding: usize,
    pub(super) stride: usize,
    pub(super) dilation: usize,
}

impl Axis {
    /// The output size and padding over an input (`ComputeOutSize`, `ComputePaddingWithOffset` of TensorFlow Lite's `padding.h`).
    /// What is odd about the padding goes behind the input.
    pub(super) fn fit(&self, lowering: &Lowering, input: usize, padding: Padding) -> Result<Fit> {
        let (stride, dilation) = (
            positive(lowering, "stride", self.stride)?,
            positive(lowering, "dilation", self.dilation)?,
        );
        let too_large = || {
            lowering.error(
                ErrorKind::Shape,
                format!("its window of {} taps {dilation} apart does not fit an input of {input} positions", self.taps),
                "use a larger input, a smaller window or SAME padding",
            )
        };
        let extent = self
            .taps
            .checked_sub(1)
            .and_then(|taps| taps.checked_mul(dilation))
            .and_then(|reach| reach.checked_add(1))
            .ok_or_else(too_large)?;
        let output = match padding {
            Padding::Same => input.div_ceil(stride),
            Padding::Valid => input.checked_sub(extent).ok_or_else(too_large)? / stride + 1,
        };
        let covered = ((output - 1) * stride)
            .checked_add(extent)
            .ok_or_else(too_large)?;
        Ok(Fit {
            output,
            padding: covered.saturating_sub(input) / 2,
            stride,
            dilation,
        })
    }
}

/// The kernel's window from its two axes.
fn window(height: (Axis, Fit), width: (Axis, Fit)) -> Window {
    Window {
        height: height.0.taps,
        width: width.0.taps,
        stride_height: height.1.stride,
        stride_width: width.1.stride,
        dilation_height: height.1.dilation,
        dilation_width: width.1.dilation,
        pad_top: height.1.padding,
        pad_left: width.1.padding,
    }
}

/// Fits a window over an image, with the padding of a PAD that was folded into the operator, and checks the output's shape.
pub(super) fn fit_window(
    lowering: &Lowering,
    input: TensorId,
    output: TensorId,
    (height, width): (Axis, Axis),
    output_channels: usize,
    padding: Padding,
) -> Result<Window> {
    let (batches, image) = images(lowering, input)?;
    let folded = lowering.node().folded_padding;
    let rows = height.fit(lowering, folded.top + image.height + folded.bottom, padding)?;
    let columns = width.fit(lowering, folded.left + image.width + folded.right, padding)?;
    images(lowering, output)?;
    lowering.expect_shape(
        output,
        &[batches, rows.output, columns.output, output_channels],
    )?;
    let mut window = window((height, rows), (width, columns));
    window.pad_top += folded.top;
    window.pad_left += folded.left;
    Ok(window)
}

/// What the two pooling operators have in common.
pub(super) struct Pooling {
    pub(super) batches: usize,
    pub(super) input: Image,
    pub(super) output: Image,
    pub(super) window: Window,
    pub(super) activation: Activation,
}

/// How far apart the scales of a pooling operator may be (`PoolingPrepare` of TFLite Micro's `pooling_common.cc`).
const SCALE_TOLERANCE: f64 = 1e-6;

/// Checks a pooling operator. Input and output have the same quantisation, as TFLite Micro requires.
pub(super) fn pooling(lowering: &Lowering, input: TensorId, output: TensorId) -> Result<Pooling> {
    let options: Pool2DOptions = lowering.options()?;
    let (batches, image) = images(lowering, input)?;
    let height = Axis {
        taps: positive(lowering, "window height", options.filter_height)?,
        stride: options.stride_h,
        dilation: 1,
    };
    let width = Axis {
        taps: positive(lowering, "window width", options.filter_width)?,
        stride: options.stride_w,
        dilation: 1,
    };
    let window = fit_window(
        lowering,
        input,
        output,
        (height, width),
        image.channels,
        options.padding,
    )?;
    expect_same_quantisation(lowering, output, input, SCALE_TOLERANCE)?;
    Ok(Pooling {
        batches,
        input: image,
        output: images(lowering, output)?.1,
        window,
        activation: activation_range(lowering, output, options.fused_activation_function)?,
    })
}
