//! RESHAPE: the same bytes under another shape.

use super::Lowering;
use crate::error::{ErrorKind, Result};

/// The output shares the input's storage. TFLite Micro does not read the shape input.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let input = lowering.input(0)?;
    let output = lowering.output(0)?;
    let (from, to) = (lowering.tensor(input), lowering.tensor(output));
    if from.bytes() != to.bytes() || from.element != to.element {
        return Err(to.blame(lowering.error(
            ErrorKind::Shape,
            format!(
                "its input holds {} bytes of {}, it holds {} of {}",
                from.bytes(),
                from.element.name(),
                to.bytes(),
                to.element.name()
            ),
            "make the product of the new shape equal that of the old one",
        )));
    }
    lowering.same_storage(input, output);
    Ok(())
}
