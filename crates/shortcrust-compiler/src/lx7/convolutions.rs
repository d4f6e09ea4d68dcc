//! Which kernel a convolution becomes.

use shortcrust_kernels::conv_2d::Conv2d;
use shortcrust_kernels::depthwise_conv_2d::DepthwiseConv2d;
use shortcrust_kernels::fully_connected::FullyConnected;
use shortcrust_kernels::shape::{Image, Window};
use shortcrust_kernels::transpose_conv::TransposeConv;

use super::choose::choose;
use super::depthwise::Depthwise;
use super::dot_products::DotProducts;
use super::{Portable, Routine, Source, pointwise};

/// Pixels on which kernels are compared: a multiple of what any of them computes at a time.
const TRIAL_PIXELS: usize = 48;

/// CONV_2D.
pub(super) fn conv_2d(source: &Source, kernel: &Conv2d) -> Result<Routine, Portable> {
    let layer = DotProducts {
        batches: kernel.batches,
        input: kernel.input,
        output: kernel.output,
        window: within(kernel.window, kernel.input, kernel.output),
        groups: kernel.groups,
        input_zero_point: kernel.input_zero_point,
        output_zero_point: kernel.output_zero_point,
        activation: kernel.activation,
        weights: source.bytes(1)?,
        bias: source.words(2)?,
        multiplier: source.words(3)?,
        shift: source.words(4)?,
        output_is_aligned: source.output_is_aligned(),
        spread: (1, 1),
    };
    let dot_products = layer.routine();
    let pointwise = pointwise::routine(&layer);
    if let Err(Portable::Outside(_)) = pointwise {
        return dot_products;
    }
    let pixels = layer.batches * layer.output.height * layer.output.width;
    let row = |image: Image| Image {
        height: 1,
        width: pixels.min(TRIAL_PIXELS),
        ..image
    };
    let trial = DotProducts {
        batches: 1,
        input: row(layer.input),
        output: row(layer.output),
        ..layer
    };
    choose(
        [dot_products, pointwise],
        [trial.routine(), pointwise::routine(&trial)],
        trial.input.len().max(trial.output.len()),
    )
}

/// FULLY_CONNECTED: a convolution of single pixels.
pub(super) fn fully_connected(
    source: &Source,
    kernel: &FullyConnected,
) -> Result<Routine, Portable> {
    if kernel.weights_zero_point != 0 {
        return Err(Portable::outside(
            "its weights have a zero point other than 0",
        ));
    }
    let pixel = |channels| Image {
        height: 1,
        width: 1,
        channels,
    };
    let layer = DotProducts {
        batches: kernel.batches,
        input: pixel(kernel.input_depth),
        output: pixel(kernel.output_depth),
        window: single_tap(),
        groups: 1,
        input_zero_point: kernel.input_zero_point,
        output_zero_point: kernel.output_zero_point,
        activation: kernel.activation,
        weights: source.bytes(1)?,
        bias: source.words(2)?,
        multiplier: source.words(3)?,
        shift: source.words(4)?,
        output_is_aligned: source.output_is_aligned(),
        spread: (1, 1),
    };
    layer.routine()
}

/// DEPTHWISE_CONV_2D; where each input channel has several output channels, a convolution in groups.
pub(super) fn depthwise_conv_2d(
    source: &Source,
    kernel: &DepthwiseConv2d,
) -> Result<Routine, Portable> {
    let layer = Depthwise {
        batches: kernel.batches,
        input: kernel.input,
        output: kernel.output,
        window: within(kernel.window, kernel.input, kernel.output),
        input_zero_point: kernel.input_zero_point,
        output_zero_point: kernel.output_zero_point,
        activation: kernel.activation,
        weights: source.bytes(1)?,
        bias: source.words(2)?,
        multiplier: source.words(3)?,
        shift: source.words(4)?,
        output_is_aligned: source.output_is_aligned(),
    };
    match layer.routine() {
        Err(Portable::Outside(_)) => {}
        routine => return routine,
    }
    let channels = kernel.output.channels;
    let weights = source.bytes(1)?;
    let taps = weights.len() / channels;
    let by_channel = (0..channels)
        .flat_map(|channel| (0..taps).map(move |tap| tap * channels + channel))
        .map(|index| weights[index])
        .collect();
    let layer = DotProducts {
        batches: kernel.batches,
        input: kernel.input,
        output: kernel.output,
        window: within(kernel.window, kernel.input, kernel.output),
        groups: kernel.input.channels,
        input_zero_point: kernel.input_zero_point,
        output_zero_point: kernel.output_zero_point,
        activation: kernel.activation,
        weights: by_channel,
        bias: source.words(2)?,
        multiplier: source.words(3)?,
        shift: source.words(4)?,
        output_is_aligned: source.output_is_aligned(),
        spread: (1, 1),
    };
    layer.routine()
}

/// TRANSPOSE_CONV: a convolution, with its window turned round, of the input spread out over zero points.
pub(super) fn transpose_conv(source: &Source, kernel: &TransposeConv) -> Result<Routine, Portable> {
    let window = kernel.window;
    let (taps, depth) = (window.height * window.width, kernel.input.channels);
    if window.pad_top >= window.height || window.pad_left >= window.width {
        return Err(Portable::outside("its padding is as large as its window"));
    }
    let spread = (window.stride_height, window.stride_width);
    let image = Image {
        height: (kernel.input.height - 1) * spread.0 + 1,
        width: (kernel.input.width - 1) * spread.1 + 1,
        channels: depth,
    };
    // Most of an image that the output crops further would be spread out in vain.
    if image.height > kernel.output.height + window.height
        || image.width > kernel.output.width + window.width
    {
        return Err(Portable::outside("its output leaves out much of the image"));
    }
    let turned = |filter: &[i8]| {
        let taps = filter.chunks(depth).rev();
        taps.flatten().copied().collect::<Vec<_>>()
    };
    let layer = DotProducts {
        batches: kernel.batches,
        input: image,
        output: kernel.output,
        window: Window {
            stride_height: 1,
            stride_width: 1,
            pad_top: window.height - 1 - window.pad_top,
            pad_left: window.width - 1 - window.pad_left,
            ..window
        },
        groups: 1,
        input_zero_point: kernel.input_zero_point,
        output_zero_point: kernel.output_zero_point,
        activation: kernel.activation,
        weights: source
            .bytes(1)?
            .chunks(taps * depth)
            .flat_map(turned)
            .collect(),
        bias: source.words(2)?,
        multiplier: source.words(3)?,
        shift: source.words(4)?,
        output_is_aligned: source.output_is_aligned(),
        spread,
    };
    layer.routine()
}

/// The same window with strides that are no longer than the image where there is one position only: these are never taken.
fn within(window: Window, input: Image, output: Image) -> Window {
    let stride = |stride: usize, input: usize, output: usize| match output {
        1 => stride.min(input),
        _ => stride,
    };
    Window {
        stride_height: stride(window.stride_height, input.height, output.height),
        stride_width: stride(window.stride_width, input.width, output.width),
        ..window
    }
}

fn single_tap() -> Window {
    Window {
        height: 1,
        width: 1,
        stride_height: 1,
        stride_width: 1,
        dilation_height: 1,
        dilation_width: 1,
        pad_top: 0,
        pad_left: 0,
    }
}
