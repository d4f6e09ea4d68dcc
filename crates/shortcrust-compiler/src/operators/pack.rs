//! PACK: tensors of one shape side by side along a new axis.

use super::Lowering;
use super::walk::{axis, expect_same_element, write_part};
use crate::error::{ErrorKind, Result};
use crate::tflite::PackOptions;

/// As CONCATENATION, along an axis that the inputs do not have yet.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: PackOptions = lowering.options()?;
    let output = lowering.output(0)?;
    let shape = lowering.tensor(output).shape.clone();
    let axis = axis(lowering, options.axis, shape.len())?;
    let count = lowering.input_count();
    if usize::try_from(options.values_count) != Ok(count) {
        return Err(lowering.error(
            ErrorKind::Shape,
            format!(
                "it packs {} tensors and has {count} inputs",
                options.values_count
            ),
            "convert the model again",
        ));
    }
    let mut expected = shape.clone();
    expected[axis] = count;
    lowering.expect_shape(output, &expected)?;
    expected.remove(axis);
    let outer: usize = shape[..axis].iter().product();
    let inner: usize = shape[axis + 1..].iter().product();
    for position in 0..count {
        let input = lowering.input(position)?;
        expect_same_element(lowering, input, output)?;
        lowering.expect_shape(input, &expected)?;
        if outer * inner > 0 {
            write_part(
                lowering,
                input,
                output,
                (outer, inner),
                (position * inner, count * inner),
            )?;
        }
    }
    Ok(())
}
