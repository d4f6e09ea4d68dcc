//! CONV_2D, grouped or not.

use shortcrust_kernels::conv_2d::Conv2d;

use super::Lowering;
use super::scaling::{activation_range, channel_operands};
use super::windows::{Axis, axes, fit_window, images};
use crate::error::{ErrorKind, Result};
use crate::graph::Element;
use crate::tflite::Conv2DOptions;

/// Adds the convolution.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: Conv2DOptions = lowering.options()?;
    let (input, weights, output) = (lowering.input(0)?, lowering.input(1)?, lowering.output(0)?);
    let (batches, image) = images(lowering, input)?;
    lowering.expect_element(weights, Element::Int8)?;
    let [channels, filter_height, filter_width, depth] = axes(lowering, weights)?;
    let groups = image.channels / depth;
    if groups == 0 || groups * depth != image.channels || !channels.is_multiple_of(groups) {
        return Err(lowering.tensor(weights).blame(lowering.error(
            ErrorKind::Shape,
            format!("weights for {depth} channels and {channels} filters do not divide an input of {} channels into groups", image.channels),
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
    let kernel = Conv2d {
        batches,
        input: image,
        output: images(lowering, output)?.1,
        window,
        groups,
        input_zero_point: lowering.tensor(input).per_tensor()?.1,
        output_zero_point: lowering.tensor(output).per_tensor()?.1,
        activation: activation_range(lowering, output, options.fused_activation_function)?,
    };
    let bias = lowering.optional_input(2);
    let [bias, multiplier, shift] = channel_operands(lowering, input, weights, 0, bias, output)?;
    let operands = vec![
        lowering.operand(input),
        lowering.operand(weights),
        bias,
        multiplier,
        shift,
    ];
    lowering
        .count_macs((batches * kernel.output.len() * filter_height * filter_width * depth) as u64);
    lowering.step(kernel, operands, output);
    Ok(())
}
