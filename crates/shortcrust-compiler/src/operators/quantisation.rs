//! What the scales and zero points of an operator's tensors have to do with each other.

use super::Lowering;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Element, Tensor, TensorId};

/// Fails unless a tensor has the quantisation of another, `like`; scales may be `tolerance` apart.
///
/// For operators that move values without changing them: under another quantisation the same values are other reals. What is wider
/// than 8 bits is not compared, as in TFLite Micro.
pub(super) fn expect_same_quantisation(
    lowering: &Lowering,
    id: TensorId,
    like: TensorId,
    tolerance: f64,
) -> Result<()> {
    let (tensor, other) = (lowering.tensor(id), lowering.tensor(like));
    let same = match (&tensor.quantisation, &other.quantisation) {
        (Some(one), Some(two)) => {
            one.zero_points == two.zero_points
                && one.scales.len() == two.scales.len()
                && (one.scales.iter().zip(&two.scales))
                    .all(|(one, two)| (f64::from(*one) - f64::from(*two)).abs() <= tolerance)
        }
        (one, two) => one.is_none() && two.is_none(),
    };
    if same || !matches!(tensor.element, Element::Int8 | Element::UInt8) {
        return Ok(());
    }
    Err(refuse(
        lowering,
        id,
        format!(
            "it has {}, and `{}` has {}: this operator keeps values as they are, so both should be the same",
            describe(tensor),
            other.name,
            describe(other)
        ),
        "convert the model again, or insert a layer that requantises (an int8 QUANTIZE)",
    ))
}

/// Fails unless the output has the zero point that the operator's kernel writes.
pub(super) fn expect_zero_point(
    lowering: &Lowering,
    output: TensorId,
    zero_point: i32,
) -> Result<()> {
    let (_, found) = lowering.tensor(output).per_tensor()?;
    if found == zero_point {
        return Ok(());
    }
    Err(refuse(
        lowering,
        output,
        format!(
            "its zero point is {found}, and this operator writes with the zero point {zero_point}"
        ),
        "convert the model again with a current converter",
    ))
}

/// Fails unless the output has the scale and the zero point that the operator's kernel writes.
pub(super) fn expect_scale(
    lowering: &Lowering,
    output: TensorId,
    scale: f32,
    zero_point: i32,
) -> Result<()> {
    expect_zero_point(lowering, output, zero_point)?;
    let (found, _) = lowering.tensor(output).per_tensor()?;
    if found == scale {
        return Ok(());
    }
    Err(refuse(
        lowering,
        output,
        format!(
            "its scale is {found:e}, and this operator writes with the scale 1/{}",
            1.0 / scale
        ),
        "convert the model again with a current converter",
    ))
}

fn refuse(lowering: &Lowering, id: TensorId, problem: String, remedy: &str) -> Error {
    (lowering.tensor(id)).blame(lowering.error(ErrorKind::Quantisation, problem, remedy))
}

/// A tensor's quantisation in words.
fn describe(tensor: &Tensor) -> String {
    match &tensor.quantisation {
        None => "no scale".to_owned(),
        Some(quantisation) => match (&quantisation.scales[..], &quantisation.zero_points[..]) {
            ([scale], [zero_point]) => {
                format!("the scale {scale:e} and the zero point {zero_point}")
            }
            (scales, _) => format!("{} scales along axis {}", scales.len(), quantisation.axis),
        },
    }
}
