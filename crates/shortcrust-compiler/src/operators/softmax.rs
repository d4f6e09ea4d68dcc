//! SOFTMAX along the innermost axis.

use shortcrust_kernels::softmax::Softmax;

use super::Lowering;
use super::fixed_point_input::radius;
use super::lookup_table::int8_operands;
use super::quantisation::expect_scale;
use super::scaling::multiplier;
use crate::error::{ErrorKind, Result};
use crate::tflite::SoftmaxOptions;

/// Integer bits of the scaled differences.
const DIFFERENCE_BITS: i32 = 5;

/// The most elements of a row: the sum of their exponentials has 12 integer bits.
const LONGEST_ROW: usize = 1 << 12;

/// One kernel call (`CalculateSoftmaxParams` of TFLite Micro's `softmax_common.cc`).
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: SoftmaxOptions = lowering.options()?;
    let (input, output) = int8_operands(lowering)?;
    expect_scale(lowering, output, 1.0 / 256.0, -128)?;
    let (scale, _) = lowering.tensor(input).per_tensor()?;
    let depth = lowering
        .tensor(input)
        .shape
        .last()
        .copied()
        .unwrap_or_default();
    if depth == 0 || depth > LONGEST_ROW {
        return Err(lowering.tensor(input).blame(lowering.error(
            ErrorKind::Unsupported,
            format!("its rows have {depth} elements, 1 to {LONGEST_ROW} are supported"),
            "reduce the number of classes",
        )));
    }
    let unit = f64::from(1 << (31 - DIFFERENCE_BITS));
    let factor = (f64::from(options.beta) * f64::from(scale) * unit).min(f64::from(i32::MAX));
    // The reference demands a factor above 1; real scales are far above.
    if factor <= 1.0 {
        return Err(lowering.tensor(input).blame(lowering.error(
            ErrorKind::Quantisation,
            format!(
                "its scale {scale:e} with beta {} is too small",
                options.beta
            ),
            "convert the model again with a representative dataset",
        )));
    }
    // A factor of 2^31 - 1 has a shift of 31.
    let (input_multiplier, input_left_shift) =
        multiplier(lowering, factor / 2.0).map(|(m, shift)| (m, shift + 1))?;
    let kernel = Softmax {
        rows: lowering.tensor(input).len() / depth,
        depth,
        input_multiplier,
        input_left_shift,
        diff_min: -radius(DIFFERENCE_BITS, input_left_shift),
    };
    let operand = lowering.operand(input);
    lowering.step(kernel, vec![operand], output);
    Ok(())
}
