//! SQUEEZE: axes of size 1 go.

use super::walk::axis;
use super::{Lowering, reshape};
use crate::error::{ErrorKind, Result};
use crate::tflite::SqueezeOptions;

/// The axes that the options name go, all of size 1 where they name none; TFLite Micro allows more axes of size 1 at the output's end.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: SqueezeOptions = lowering.options()?;
    let (input, output) = (lowering.input(0)?, lowering.output(0)?);
    let shape = lowering.tensor(input).shape.clone();
    let mut goes = vec![false; shape.len()];
    for chosen in &options.squeeze_dims {
        let axis = axis(lowering, *chosen, shape.len())?;
        if shape[axis] != 1 {
            return Err(lowering.tensor(input).blame(lowering.error(
                ErrorKind::Shape,
                format!(
                    "its axis {axis} should go and has the size {}, not 1",
                    shape[axis]
                ),
                "convert the model again",
            )));
        }
        goes[axis] = true;
    }
    if options.squeeze_dims.is_empty() {
        goes = shape.iter().map(|&size| size == 1).collect();
    }
    let kept: Vec<usize> = shape
        .iter()
        .zip(goes)
        .filter(|(_, goes)| !goes)
        .map(|(&size, _)| size)
        .collect();
    if !lowering.tensor(output).shape.starts_with(&kept) {
        lowering.expect_shape(output, &kept)?;
    }
    reshape::lower(lowering)
}
