//! From real scales to the integers that kernels take, as TFLite Micro prepares them.

use shortcrust_kernels::shape::Activation;

use super::Lowering;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Element, TensorId};
use crate::program::Operand;
use crate::tflite::FusedActivation;

/// Splits a factor into `(multiplier, shift)` with `factor = multiplier / 2^31 * 2^shift`.
///
/// `QuantizeMultiplier` of TensorFlow Lite's `internal/quantization_util.cc`: a factor below 2^-32 becomes 0, and one below 0, a
/// slope, has a negative multiplier. `None` for one of 2^30 or more, which the kernels' shift cannot express, and for one that is
/// not finite.
pub(super) fn quantise_multiplier(factor: f64) -> Option<(i32, i32)> {
    if factor == 0.0 {
        return Some((0, 0));
    }
    if !factor.is_finite() {
        return None;
    }
    let (fraction, mut shift) = split(factor);
    let mut multiplier = (fraction * (1u64 << 31) as f64).round() as i64;
    if multiplier == 1 << 31 {
        multiplier /= 2;
        shift += 1;
    }
    match shift {
        ..-31 => Some((0, 0)),
        -31..=30 => Some((multiplier as i32, shift)),
        _ => None,
    }
}

/// `value = fraction * 2^exponent` with a fraction from 0.5 to 1, as C's `frexp`.
fn split(value: f64) -> (f64, i32) {
    const FRACTION_BITS: u32 = 52;
    let bits = value.to_bits();
    match (bits >> FRACTION_BITS) as i32 & 0x7ff {
        0 => {
            // A subnormal value: scaled into the normal range first.
            let (fraction, exponent) = split(value * (1u64 << 63) as f64);
            (fraction, exponent - 63)
        }
        exponent => (
            f64::from_bits(bits & !(0x7ff << FRACTION_BITS) | 1022 << FRACTION_BITS),
            exponent - 1022,
        ),
    }
}

/// [`quantise_multiplier`], or an error at the operator.
pub(super) fn multiplier(lowering: &Lowering, factor: f64) -> Result<(i32, i32)> {
    quantise_multiplier(factor).ok_or_else(|| {
        lowering.error(
            ErrorKind::Quantisation,
            format!("the scales of its inputs are {factor:e} times the scale of its output, the largest supported ratio is 2^30"),
            "convert the model again with a representative dataset that covers the real range of this output",
        )
    })
}

/// [`multiplier`] of a factor between 0 and 1, the ends excluded (`QuantizeMultiplierSmallerThanOneExp` of TensorFlow Lite's
/// `internal/quantization_util.cc`, which stops the program at any other).
pub(super) fn multiplier_below_one(lowering: &Lowering, factor: f64) -> Result<(i32, i32)> {
    if factor > 0.0 && factor < 1.0 {
        return multiplier(lowering, factor);
    }
    Err(lowering.error(
        ErrorKind::Quantisation,
        format!("its scales make the factor {factor:e}, which should lie between 0 and 1"),
        "convert the model again with a representative dataset: a scale of its inputs is 0, or the scale of its output is far too \
         small for them",
    ))
}

/// The output values that a fused activation leaves (`CalculateActivationRangeQuantized` of TensorFlow Lite's `kernel_util.cc`).
pub(super) fn activation_range(
    lowering: &Lowering,
    output: TensorId,
    activation: FusedActivation,
) -> Result<Activation> {
    let (scale, zero_point) = lowering.tensor(output).per_tensor()?;
    let (min, max) = match activation {
        FusedActivation::None => (None, None),
        FusedActivation::Relu => (Some(0.0), None),
        FusedActivation::ReluN1To1 => (Some(-1.0), Some(1.0)),
        FusedActivation::Relu6 => (Some(0.0), Some(6.0)),
        other => {
            return Err(lowering.error(
                ErrorKind::Unsupported,
                format!("its fused activation {other:?} is not supported"),
                "use RELU, RELU6 or RELU_N1_TO_1, or a separate activation layer",
            ));
        }
    };
    let quantise = |real: f32| {
        let steps = (real / scale).round();
        // As the reference compares: in floats.
        if !(i32::MIN as f32..=i32::MAX as f32).contains(&steps) {
            return Err(lowering.tensor(output).blame(lowering.error(
                ErrorKind::Quantisation,
                format!("its scale {scale:e} is too small for the fused activation"),
                "convert the model again with a representative dataset",
            )));
        }
        Ok(zero_point.saturating_add(steps as i32))
    };
    Ok(Activation {
        min: min.map_or(Ok(-128), quantise)?.max(-128),
        max: max.map_or(Ok(127), quantise)?.min(127),
    })
}

/// The bias, multiplier and shift of each output channel, as operands in the kernels' order.
///
/// `weights` is quantised as a whole or along its axis `axis`; each factor is `input scale * weights scale / output scale` in
/// doubles (`PopulateConvolutionQuantizationParams` of TensorFlow Lite's `kernel_util.cc`).
pub(super) fn channel_operands(
    lowering: &mut Lowering,
    input: TensorId,
    weights: TensorId,
    axis: usize,
    bias: Option<TensorId>,
    output: TensorId,
) -> Result<[Operand; 3]> {
    let channels = lowering.tensor(weights).shape[axis];
    let scales = weight_scales(lowering, weights, axis)?;
    let (input_scale, _) = lowering.tensor(input).per_tensor()?;
    let (output_scale, _) = lowering.tensor(output).per_tensor()?;
    let factors = (0..channels).map(|channel| {
        let scale = scales[channel.min(scales.len() - 1)];
        f64::from(input_scale) * f64::from(scale) / f64::from(output_scale)
    });
    channel_operands_of(lowering, factors.collect(), bias)
}

/// The same of given factors, one for each output channel. An absent bias is zero.
pub(super) fn channel_operands_of(
    lowering: &mut Lowering,
    factors: Vec<f64>,
    bias: Option<TensorId>,
) -> Result<[Operand; 3]> {
    let channels = factors.len();
    let bias = match bias {
        Some(bias) => {
            lowering.expect_element(bias, Element::Int32)?;
            let tensor = lowering.tensor(bias);
            if tensor.len() != channels {
                return Err(tensor.blame(lowering.error(
                    ErrorKind::Shape,
                    format!(
                        "the bias should have {channels} elements, one for each output channel"
                    ),
                    "convert the model again",
                )));
            }
            lowering.operand(bias)
        }
        None => lowering.constant(&vec![0i32; channels]),
    };
    let pairs: Vec<(i32, i32)> = factors
        .into_iter()
        .map(|factor| multiplier(lowering, factor))
        .collect::<Result<_>>()?;
    let (multipliers, shifts): (Vec<i32>, Vec<i32>) = pairs.into_iter().unzip();
    Ok([
        bias,
        lowering.constant(&multipliers),
        lowering.constant(&shifts),
    ])
}

/// The scales of a convolution's weights: one, or one for each index of `axis`. Zero points must be 0.
fn weight_scales(lowering: &Lowering, weights: TensorId, axis: usize) -> Result<Vec<f32>> {
    let tensor = lowering.tensor(weights);
    let refuse = |problem: String, remedy: &str| -> Error {
        tensor.blame(lowering.error(ErrorKind::Quantisation, problem, remedy))
    };
    let Some(quantisation) = &tensor.quantisation else {
        return Err(refuse(
            "the weights have no scale".into(),
            "convert the model with full int8 quantisation (a representative dataset, TFLITE_BUILTINS_INT8)",
        ));
    };
    let (scales, channels) = (&quantisation.scales, tensor.shape[axis]);
    if scales.len() != 1 && (scales.len() != channels || quantisation.axis != axis) {
        return Err(refuse(
            format!(
                "the weights have {} scales along axis {}; {channels} along axis {axis} are needed, or one",
                scales.len(),
                quantisation.axis
            ),
            "convert the model again",
        ));
    }
    if quantisation
        .zero_points
        .iter()
        .any(|zero_point| *zero_point != 0)
    {
        return Err(refuse(
            "the weights have a zero point other than 0".into(),
            "convert the model again with symmetric weights, as the int8 quantisation specification has them",
        ));
    }
    Ok(scales.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multipliers_follow_quantize_multiplier() {
        let half = 1 << 30;
        assert_eq!(quantise_multiplier(0.0), Some((0, 0)));
        assert_eq!(quantise_multiplier(1.0), Some((half, 1)));
        assert_eq!(quantise_multiplier(0.5), Some((half, 0)));
        assert_eq!(quantise_multiplier(0.75), Some((3 << 29, 0)));
        // Rounds up to 2^31, which halves into the next power of two.
        assert_eq!(quantise_multiplier(1.0 - f64::EPSILON), Some((half, 1)));
        assert_eq!(quantise_multiplier(2f64.powi(-32)), Some((half, -31)));
        assert_eq!(quantise_multiplier(2f64.powi(-32) * 0.75), Some((0, 0)));
        assert_eq!(quantise_multiplier(f64::MIN_POSITIVE / 4.0), Some((0, 0)));
        assert_eq!(
            quantise_multiplier(2f64.powi(29) * 1.5),
            Some((3 << 29, 30))
        );
        assert_eq!(quantise_multiplier(2f64.powi(30)), None);
        assert_eq!(quantise_multiplier(f64::INFINITY), None);
        assert_eq!(quantise_multiplier(f64::NAN), None);
        assert_eq!(quantise_multiplier(f64::NEG_INFINITY), None);
    }

    #[test]
    fn slopes_below_zero_have_negative_multipliers() {
        assert_eq!(quantise_multiplier(-1.0), Some((-(1 << 30), 1)));
        assert_eq!(quantise_multiplier(-0.75), Some((-3 << 29, 0)));
        // -2^31 is a number of 32 bits: it is not halved as 2^31 is.
        assert_eq!(quantise_multiplier(f64::EPSILON - 1.0), Some((i32::MIN, 0)));
        assert_eq!(quantise_multiplier(-(2f64.powi(-32)) * 0.75), Some((0, 0)));
        assert_eq!(quantise_multiplier(-(2f64.powi(30))), None);
    }

    #[test]
    fn split_is_frexp() {
        assert_eq!(split(1.0), (0.5, 1));
        assert_eq!(split(0.9), (0.9, 0));
        assert_eq!(split(f64::MAX), (1.0 - f64::EPSILON / 2.0, 1024));
        assert_eq!(split(f64::from_bits(1)), (0.5, -1073));
        for value in [0.1, 3.7e-9, 12345.678, 1e300, 1e-310] {
            let (fraction, exponent) = split(value);
            assert!((0.5..1.0).contains(&fraction));
            assert_eq!(
                fraction * 2f64.powi(exponent / 2) * 2f64.powi(exponent - exponent / 2),
                value
            );
        }
    }
}
