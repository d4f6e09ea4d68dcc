//! AVERAGE_POOL_2D.

use shortcrust_kernels::average_pool_2d::AveragePool2d;

use super::Lowering;
use super::windows::pooling;
use crate::error::Result;

/// Adds the pooling.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let (input, output) = (lowering.input(0)?, lowering.output(0)?);
    let pool = pooling(lowering, input, output)?;
    let kernel = AveragePool2d {
        batches: pool.batches,
        input: pool.input,
        output: pool.output,
        window: pool.window,
        activation: pool.activation,
    };
    let operand = lowering.operand(input);
    lowering.step(kernel, vec![operand], output);
    Ok(())
}
