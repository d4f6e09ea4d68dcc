//! TRANSPOSE_CONV. Its inputs are the output's shape, the weights, the image and perhaps a bias.

use shortcrust_kernels::shape::Window;
use shortcrust_kernels::transpose_conv::TransposeConv;

use super::Lowering;
use super::scaling::{activation_range, channel_operands};
use super::windows::{axes, images, positive};
use crate::error::{ErrorKind, Result};
use crate::graph::Element;
use crate::tflite::{Padding, TransposeConvOptions};

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
    let stride_height = positive(lowering, "stride", options.stride_h)?;
    let stride_width = positive(lowering, "stride", options.stride_w)?;
    let window = Window {
        height: filter_height,
        width: filter_width,
        stride_height,
        stride_width,
        dilation_height: 1,
        dilation_width: 1,
        pad_top: padding_before(
            output_image.height,
            filter_height,
            stride_height,
            options.padding,
        ),
        pad_left: padding_before(
            output_image.width,
            filter_width,
            stride_width,
            options.padding,
        ),
    };
    let kernel = TransposeConv {
        batches,
        input: image,
        output: output_image,
        window,
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

/// The padding before an axis of the output: that of the forward convolution over an axis of this size (`ComputeOutSize`,
/// `ComputePaddingWithOffset` of TensorFlow Lite's `padding.h`), whatever the size of the input is.
fn padding_before(output: usize, taps: usize, stride: usize, padding: Padding) -> usize {
    let [output, taps, stride] = [output, taps, stride].map(|size| size as i64);
    // Towards zero for an output that is smaller than the window, as C divides.
    let positions = match padding {
        Padding::Same => (output + stride - 1) / stride,
        Padding::Valid => (output + stride - taps) / stride,
    };
    let covered = (positions - 1) * stride + taps;
    (covered - output).max(0) as usize / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_follows_from_the_output_alone() {
        let valid = |output, taps, stride| padding_before(output, taps, stride, Padding::Valid);
        assert_eq!([67, 64, 60, 90].map(|output| valid(output, 5, 2)), [0; 4]);
        assert_eq!([valid(1, 7, 4), valid(2, 7, 4)], [1, 0]);
        let same = |output, taps, stride| padding_before(output, taps, stride, Padding::Same);
        assert_eq!([8, 7, 1].map(|output| same(output, 5, 2)), [1, 2, 2]);
        assert_eq!(same(3, 2, 4), 0);
    }
}
