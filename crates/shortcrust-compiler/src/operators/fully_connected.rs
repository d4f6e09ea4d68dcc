//! FULLY_CONNECTED.

use shortcrust_kernels::fully_connected::FullyConnected;

use super::Lowering;
use super::scaling::{activation_range, channel_operands, channel_operands_of};
use crate::error::{ErrorKind, Result};
use crate::graph::{Element, TensorId};
use crate::tflite::FullyConnectedOptions;

/// Adds the layer. Every axis of the input but the depth is a batch.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: FullyConnectedOptions = lowering.options()?;
    let (input, weights, output) = (lowering.input(0)?, lowering.input(1)?, lowering.output(0)?);
    for id in [input, weights, output] {
        lowering.expect_element(id, Element::Int8)?;
    }
    if options.weights_format != 0 {
        return Err(lowering.error(
            ErrorKind::Unsupported,
            "its weights are stored in a shuffled format",
            "convert the model again without shuffled weights",
        ));
    }
    let [output_depth, input_depth] = lowering.tensor(weights).shape[..] else {
        return Err(lowering.tensor(weights).blame(lowering.error(
            ErrorKind::Shape,
            "the weights should have two axes, output and input depth",
            "convert the model again",
        )));
    };
    let (from, to) = (lowering.tensor(input), lowering.tensor(output));
    let fits = !from.is_empty()
        && from.len().is_multiple_of(input_depth)
        && to.shape.last() == Some(&output_depth)
        && from.len() / input_depth * output_depth == to.len();
    if !fits {
        return Err(to.blame(lowering.error(
            ErrorKind::Shape,
            format!(
                "weights of {output_depth} x {input_depth} do not make this output of an input with the shape {:?}",
                from.shape
            ),
            "convert the model again with fixed shapes",
        )));
    }
    let batches = from.len() / input_depth;
    let weights_zero_point = weights_zero_point(lowering, weights);
    let kernel = FullyConnected {
        batches,
        input_depth,
        output_depth,
        input_zero_point: from.per_tensor()?.1,
        weights_zero_point,
        output_zero_point: to.per_tensor()?.1,
        activation: activation_range(lowering, output, options.fused_activation_function)?,
    };
    let bias = lowering.optional_input(2);
    let [bias, multiplier, shift] = match lowering.tensor(weights).per_tensor() {
        Ok((scale, _)) => {
            let factor = whole_tensor_factor(lowering, input, scale, bias, output)?;
            channel_operands_of(lowering, vec![factor; output_depth], bias)?
        }
        Err(_) => channel_operands(lowering, input, weights, 0, bias, output)?,
    };
    let operands = vec![
        lowering.operand(input),
        lowering.operand(weights),
        bias,
        multiplier,
        shift,
    ];
    lowering.count_macs((batches * input_depth * output_depth) as u64);
    lowering.step(kernel, operands, output);
    Ok(())
}

/// The zero point of weights that are quantised as a whole; weights with a scale per channel have none.
fn weights_zero_point(lowering: &Lowering, weights: TensorId) -> i32 {
    lowering
        .tensor(weights)
        .per_tensor()
        .map_or(0, |(_, zero_point)| zero_point)
}

/// The factor of weights that are quantised as a whole: the product of the scales is a float here, unlike elsewhere, and the
/// bias must have about the same scale (`GetQuantizedConvolutionMultipler` of TensorFlow Lite's `kernel_util.cc`).
fn whole_tensor_factor(
    lowering: &Lowering,
    input: TensorId,
    scale: f32,
    bias: Option<TensorId>,
    output: TensorId,
) -> Result<f64> {
    let (input_scale, _) = lowering.tensor(input).per_tensor()?;
    let (output_scale, _) = lowering.tensor(output).per_tensor()?;
    if let Some(bias) = bias {
        let tensor = lowering.tensor(bias);
        let bias_scale = tensor.per_tensor().map_or(0.0, |(scale, _)| scale);
        let difference = (f64::from(input_scale) * f64::from(scale) - f64::from(bias_scale)).abs();
        if difference / f64::from(output_scale) > 0.02 {
            return Err(tensor.blame(lowering.error(
                ErrorKind::Quantisation,
                format!("the bias has the scale {bias_scale:e}, it should be the input's times the weights', {:e}", input_scale * scale),
                "convert the model again",
            )));
        }
    }
    Ok(f64::from(input_scale * scale) / f64::from(output_scale))
}
