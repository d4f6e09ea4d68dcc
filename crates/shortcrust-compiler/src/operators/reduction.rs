//! MEAN and SUM along any axes.

use shortcrust_kernels::mean::Mean;
use shortcrust_kernels::shape::RANK;
use shortcrust_kernels::sum::Sum;

use super::Lowering;
use super::scaling::multiplier;
use super::walk::axis;
use crate::error::{ErrorKind, Result};
use crate::graph::{Element, TensorId};

/// MEAN. The division by the number of elements goes into the multiplier (`QuantizedMeanOrSum` of TensorFlow Lite's
/// `reference/reduce.h`).
pub fn lower_mean(lowering: &mut Lowering) -> Result<()> {
    let Reduction {
        input,
        output,
        shape,
        reduced,
        elements,
    } = Reduction::new(lowering)?;
    let Scales {
        zero_points,
        output_zero_point,
        multiplier,
        shift,
    } = scales(lowering, input, output, elements)?;
    // As large a shift as neither the product nor the kernel's range forbids.
    let bits = (63 - elements.leading_zeros() as i32)
        .min(32)
        .min(31 + shift);
    let multiplier = ((i64::from(multiplier) << bits) / elements as i64) as i32;
    let kernel = Mean {
        shape,
        reduced,
        zero_points,
        output_zero_point,
        multiplier,
        shift: shift - bits,
    };
    let operand = lowering.operand(input);
    lowering.step(kernel, vec![operand], output);
    Ok(())
}

/// SUM.
pub fn lower_sum(lowering: &mut Lowering) -> Result<()> {
    let Reduction {
        input,
        output,
        shape,
        reduced,
        elements,
    } = Reduction::new(lowering)?;
    let Scales {
        zero_points,
        output_zero_point,
        multiplier,
        shift,
    } = scales(lowering, input, output, elements)?;
    let kernel = Sum {
        shape,
        reduced,
        zero_points,
        output_zero_point,
        multiplier,
        shift,
    };
    let operand = lowering.operand(input);
    lowering.step(kernel, vec![operand], output);
    Ok(())
}

/// The operands and axes, checked.
struct Reduction {
    input: TensorId,
    output: TensorId,
    shape: [usize; RANK],
    reduced: [bool; RANK],
    /// Input elements behind one output.
    elements: u64,
}

impl Reduction {
    fn new(lowering: &Lowering) -> Result<Self> {
        let (input, axes, output) = (lowering.input(0)?, lowering.input(1)?, lowering.output(0)?);
        lowering.expect_element(input, Element::Int8)?;
        lowering.expect_element(output, Element::Int8)?;
        let sizes = lowering.tensor(input).shape.clone();
        if sizes.len() > RANK || lowering.tensor(input).is_empty() {
            return Err(lowering.tensor(input).blame(lowering.error(
                ErrorKind::Unsupported,
                format!("it should have elements, and at most {RANK} axes"),
                "merge axes with a RESHAPE before it",
            )));
        }
        let first = RANK - sizes.len();
        let (mut shape, mut reduced) = ([1; RANK], [false; RANK]);
        shape[first..].copy_from_slice(&sizes);
        for chosen in lowering.tensor(axes).i32s()? {
            reduced[first + axis(lowering, chosen, sizes.len())?] = true;
        }
        let elements = (0..RANK)
            .filter(|&axis| reduced[axis])
            .map(|axis| shape[axis] as u64)
            .product();
        if lowering.tensor(output).len() as u64 * elements != lowering.tensor(input).len() as u64 {
            return Err(lowering.tensor(output).blame(lowering.error(
                ErrorKind::Shape,
                format!("it should have one element for every {elements} of the input's"),
                "convert the model again",
            )));
        }
        Ok(Self {
            input,
            output,
            shape,
            reduced,
            elements,
        })
    }
}

/// What both operators prepare alike.
struct Scales {
    zero_points: i32,
    output_zero_point: i32,
    multiplier: i32,
    shift: i32,
}

fn scales(lowering: &Lowering, input: TensorId, output: TensorId, elements: u64) -> Result<Scales> {
    // TFLite Micro takes a tensor without a scale for one with the scale and the zero point 0.
    let per_tensor = |id: TensorId| match lowering.tensor(id).quantisation {
        Some(_) => lowering.tensor(id).per_tensor(),
        None => Ok((0.0, 0)),
    };
    let (input_scale, input_zero_point) = per_tensor(input)?;
    let (output_scale, output_zero_point) = per_tensor(output)?;
    let (multiplier, shift) = if input_scale == 0.0 || output_scale == 0.0 {
        // It makes the multiplier 0 of what is no number or infinite: the output is its zero point.
        (0, 0)
    } else {
        multiplier(lowering, f64::from(input_scale) / f64::from(output_scale))?
    };
    // At most 64 Mi elements of at most 128: within 33 bits, wrapped as the reference's int32 is.
    let zero_points = (i64::from(input_zero_point) * elements as i64) as i32;
    Ok(Scales {
        zero_points,
        output_zero_point,
        multiplier,
        shift,
    })
}
