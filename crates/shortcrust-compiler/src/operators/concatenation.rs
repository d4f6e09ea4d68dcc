//! CONCATENATION: inputs one behind the other along an axis, as they are.

use super::Lowering;
use super::quantisation::expect_same_quantisation;
use super::walk::{axis, expect_same_element, write_part};
use crate::error::{ErrorKind, Result};
use crate::tflite::{ConcatenationOptions, FusedActivation};

/// Inputs that are one block of the output live there from the start; the others are copied.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: ConcatenationOptions = lowering.options()?;
    if options.fused_activation_function != FusedActivation::None {
        return Err(lowering.error(
            ErrorKind::Unsupported,
            "it has a fused activation",
            "put the activation into a layer of its own",
        ));
    }
    let output = lowering.output(0)?;
    let shape = lowering.tensor(output).shape.clone();
    let axis = axis(lowering, options.axis, shape.len())?;
    let inputs: Vec<_> = (0..lowering.input_count())
        .map(|position| lowering.input(position))
        .collect::<Result<_>>()?;
    let outer: usize = shape[..axis].iter().product();
    let inner: usize = shape[axis + 1..].iter().product();
    let mut start = 0;
    for &input in &inputs {
        expect_same_element(lowering, input, output)?;
        expect_same_quantisation(lowering, input, output, 0.0)?;
        let mut expected = shape.clone();
        expected[axis] = lowering
            .tensor(input)
            .shape
            .get(axis)
            .copied()
            .unwrap_or_default();
        lowering.expect_shape(input, &expected)?;
        start += expected[axis];
    }
    if start != shape[axis] {
        return Err(lowering.tensor(output).blame(lowering.error(
            ErrorKind::Shape,
            format!(
                "its inputs have {start} elements along axis {axis}, it has {}",
                shape[axis]
            ),
            "convert the model again",
        )));
    }
    start = 0;
    for input in inputs {
        let size = lowering.tensor(input).shape[axis];
        if lowering.tensor(input).is_empty() {
            continue;
        }
        write_part(
            lowering,
            input,
            output,
            (outer, size * inner),
            (start * inner, shape[axis] * inner),
        )?;
        start += size;
    }
    Ok(())
}
