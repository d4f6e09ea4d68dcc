//! ADD with broadcasting.

use shortcrust_kernels::add::Add;

use super::Lowering;
use super::broadcast::Binary;
use super::scaling::activation_range;
use super::sum_scales::sum_scales;
use crate::error::Result;
use crate::tflite::AddOptions;

/// One kernel call.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: AddOptions = lowering.options()?;
    let binary = Binary::new(lowering, true)?;
    let activation = activation_range(lowering, binary.output, options.fused_activation_function)?;
    let kernel = Add {
        broadcast: binary.broadcast,
        scales: sum_scales(lowering, &binary, activation)?,
    };
    let operands = binary.operands(lowering);
    lowering.step(kernel, operands, binary.output);
    Ok(())
}
