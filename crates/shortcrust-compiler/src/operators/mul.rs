//! MUL with broadcasting.

use shortcrust_kernels::mul::Mul;

use super::Lowering;
use super::broadcast::Binary;
use super::scaling::{activation_range, multiplier};
use crate::error::Result;
use crate::tflite::MulOptions;

/// One kernel call (`CalculateOpDataMul` of TFLite Micro's `mul_common.cc`).
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: MulOptions = lowering.options()?;
    let binary = Binary::new(lowering, true)?;
    let (left_scale, left_zero_point) = lowering.tensor(binary.left).per_tensor()?;
    let (right_scale, right_zero_point) = lowering.tensor(binary.right).per_tensor()?;
    let (output_scale, output_zero_point) = lowering.tensor(binary.output).per_tensor()?;
    let factor = f64::from(left_scale) * f64::from(right_scale) / f64::from(output_scale);
    let (multiplier, shift) = multiplier(lowering, factor)?;
    let kernel = Mul {
        broadcast: binary.broadcast,
        left_zero_point,
        right_zero_point,
        output_zero_point,
        multiplier,
        shift,
        activation: activation_range(lowering, binary.output, options.fused_activation_function)?,
    };
    let operands = binary.operands(lowering);
    lowering.step(kernel, operands, binary.output);
    Ok(())
}
