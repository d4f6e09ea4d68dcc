//! DEPTHWISE_CONV_2D.

use shortcrust_kernels::depthwise_conv_2d::DepthwiseConv2d;

use super::Lowering;
use super::scaling::{activation_range, channel_operands};
use super::windows::{Axis, axes, fit_window, images};
use crate::error::{ErrorKind, Result};
use crate::graph::Element;
use crate::tflite::DepthwiseConv2DOptions;

/// Adds the convolution. The depth multiplier follows from the shapes; the option that repeats it is deprecated.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: DepthwiseConv2DOptions = lowering.options()?;
    let (input, weights, output) = (lowering.input(0)?, lowering.input(1)?, lowering.output(0)?);
    let (batches, image) = images(lowering, input)?;
    lowering.expect_element(weights, Element::Int8)?;
    let [one, filter_height, filter_width, channels] = axes(lowering, weights)?;
    if one != 1 || !channels.is_multiple_of(image.channels) {
        return Err(lowering.tensor(weights).blame(lowering.error(
            ErrorKind::Shape,
            format!("the weights' shape should be [1, height, width, a multiple of the input's {} channels]", image.channels),
            "convert the model again",
        )));
    }
    let height = Axis {
        taps: filter_height,
        stride: options.stride_h,
        dilation: options.dilation_h_factor,
    };
    let width = Axis {
        taps: filter_width,
        stride: options.stride_w,
        dilation: options.dilation_w_factor,
    };
    let window = fit_window(
        lowering,
        input,
        output,
        (height, width),
        channels,
        options.padding,
    )?;
    let kernel = DepthwiseConv2d {
        batches,
        input: image,
        output: images(lowering, output)?.1,
        window,
        depth_multiplier: channels / image.channels,
        input_zero_point: lowering.tensor(input).per_tensor()?.1,
        output_zero_point: lowering.tensor(output).per_tensor()?.1,
        activation: activation_range(lowering, output, options.fused_activation_function)?,
    };
    let bias = lowering.optional_input(2);
    let [bias, multiplier, shift] = channel_operands(lowering, input, weights, 3, bias, output)?;
    let operands = vec![
        lowering.operand(input),
        lowering.operand(weights),
        bias,
        multiplier,
        shift,
    ];
    lowering.count_macs((batches * kernel.output.len() * filter_height * filter_width) as u64);
    lowering.step(kernel, operands, output);
    Ok(())
}
