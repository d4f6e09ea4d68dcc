//! TRANSPOSE_CONV. Its inputs are the output's shape, the weights, the image and perhaps a bias.

use shortcrust_kernels::transpose_conv::TransposeConv;

use super::Lowering;
use super::scaling::{activation_range, channel_operands};
use super::windows::{Axis, axes, images, window};
use crate::error::{ErrorKind, Result};
use crate::graph::Element;
use crate::tflite::TransposeConvOptions;

/// Adds the convolution. The output's size is the tensor's, as in TFLite Micro, which does not read the shape input.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: TransposeConvOptions = lowering.options()?;
    let (weights, input, output) = (lowering.input(1)?, lowering.input(2)?, lowering.output(0)?);
    let (batches, image) = images(lowering, input)?;
    let (_, output_image) = images(lowering, output)?;
    lowering.expect_element(weights, Element::Int8)?;
    let [channels, filter_height, filter_width, depth] = axes(lowering, weights)?;
    if depth != image.channels {
        return Err(lowering.tensor(weights).blame(lowering.error(
            ErrorKind::Shape,
            format!(
                "the weights are for {depth} input channels, the input has {}",
                image.channels
            ),
            "convert the model again",
        )));
    }
    lowering.expect_shape(
        output,
        &[batches, output_image.height, output_image.width, channels],
    )?;
    // The padding is that of the forward convolution, from the output to the input.
    let height = Axis {
        taps: filter_height,
        stride: options.stride_h,
        dilation: 1,
    };
    let width = Axis {
        taps: filter_width,
        stride: options.stride_w,
        dilation: 1,
    };
    let rows = height.fit(lowering, output_image.height, options.padding)?;
    let columns = width.fit(lowering, output_image.width, options.padding)?;
    if (rows.output, columns.output) != (image.height, image.width) {
        return Err(lowering.tensor(output).blame(lowering.error(
            ErrorKind::Shape,
            format!(
                "an output of this size comes from an input of {} x {} pixels, the input has {} x {}",
                rows.output, columns.output, image.height, image.width
            ),
            "convert the model again with fixed shapes",
        )));
    }
    let kernel = TransposeConv {
        batches,
        input: image,
        output: output_image,
        window: window((height, rows), (width, columns)),
        input_zero_point: lowering.tensor(input).per_tensor()?.1,
        output_zero_point: lowering.tensor(output).per_tensor()?.1,
        activation: activation_range(lowering, output, options.fused_activation_function)?,
    };
    let bias = lowering.optional_input(3);
    let [bias, multiplier, shift] = channel_operands(lowering, input, weights, 0, bias, output)?;
    let operands = vec![
        lowering.operand(input),
        lowering.operand(weights),
        bias,
        multiplier,
        shift,
    ];
    lowering.count_macs((batches * image.len() * filter_height * filter_width * channels) as u64);
    lowering.step(kernel, operands, output);
    Ok(())
}
