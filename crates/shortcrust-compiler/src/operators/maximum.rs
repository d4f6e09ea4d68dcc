//! MAXIMUM with broadcasting.

use shortcrust_kernels::maximum::Maximum;

use super::Lowering;
use super::broadcast::Binary;
use crate::error::Result;

/// One kernel call on the quantised values, as TFLite Micro does it: scales are taken to be equal.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let binary = Binary::new(lowering, true)?;
    let operands = binary.operands(lowering);
    lowering.step(
        Maximum {
            broadcast: binary.broadcast,
        },
        operands,
        binary.output,
    );
    Ok(())
}
