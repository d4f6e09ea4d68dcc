//! STRIDED_SLICE: a box out of a tensor, with steps, backwards too.

use super::Lowering;
use super::walk::{Walk, expect_same_element, read_part, strides};
use crate::error::{ErrorKind, Result};
use crate::tflite::StridedSliceOptions;

/// Begins, ends and strides are constants. The rules are those of TensorFlow Lite's `internal/strided_slice_logic.h`.
pub fn lower(lowering: &mut Lowering) -> Result<()> {
    let options: StridedSliceOptions = lowering.options()?;
    let (input, output) = (lowering.input(0)?, lowering.output(0)?);
    expect_same_element(lowering, input, output)?;
    if options.ellipsis_mask != 0 || options.new_axis_mask != 0 {
        return Err(lowering.error(
            ErrorKind::Unsupported,
            "it has an ellipsis or adds axes",
            "write the slice with one range for each axis, and add axes with a reshape",
        ));
    }
    let shape = lowering.tensor(input).shape.clone();
    let constants: Vec<Vec<i32>> = (1..=3)
        .map(|position| lowering.tensor(lowering.input(position)?).i32s())
        .collect::<Result<_>>()?;
    let [begins, ends, steps] = &constants[..] else {
        unreachable!("three inputs were read")
    };
    let wrong = |problem: String| {
        lowering.tensor(input).blame(lowering.error(
            ErrorKind::Shape,
            problem,
            "convert the model again",
        ))
    };
    // Ranges may be given for the outer axes only.
    if begins.len() > shape.len() || ends.len() != begins.len() || steps.len() != begins.len() {
        return Err(wrong(format!(
            "the slice has {} ranges for {} axes",
            begins.len(),
            shape.len()
        )));
    }
    let input_strides = strides(&shape);
    let (mut part, mut kept, mut offset, mut walk_strides) =
        (Vec::new(), Vec::new(), 0, Vec::new());
    for (axis, (&size, &stride)) in shape.iter().zip(&input_strides).enumerate() {
        let has = |mask: i32| mask >> axis & 1 == 1;
        let range = match begins.get(axis) {
            Some(&begin) => Range {
                begin: (!has(options.begin_mask)).then_some(i64::from(begin)),
                end: (!has(options.end_mask)).then_some(i64::from(ends[axis])),
                step: i64::from(steps[axis]),
                end_is_relative: options.offset,
                shrinks: has(options.shrink_axis_mask),
            },
            None => Range {
                begin: None,
                end: None,
                step: 1,
                end_is_relative: false,
                shrinks: false,
            },
        };
        let (first, count) = range.resolve(size as i64).ok_or_else(|| {
            wrong(format!(
                "the slice's range of axis {axis} is empty or steps by 0"
            ))
        })?;
        part.push(count);
        if !range.shrinks {
            kept.push(count);
        }
        offset += first * stride;
        walk_strides.push(stride as isize * range.step as isize);
    }
    lowering.expect_shape(output, &kept)?;
    let walk = Walk::gather(&part, offset, walk_strides);
    read_part(lowering, input, output, &walk)
}

/// The range of one axis; `None` for an end that a mask leaves open.
struct Range {
    begin: Option<i64>,
    end: Option<i64>,
    step: i64,
    end_is_relative: bool,
    shrinks: bool,
}

impl Range {
    /// The first index and the number of indices; `None` where that number is 0.
    fn resolve(&self, size: i64) -> Option<(usize, usize)> {
        if self.step == 0 {
            return None;
        }
        let forwards = self.step > 0;
        let (lowest, highest) = if forwards { (0, size) } else { (-1, size - 1) };
        let wrap = |index: i64| if index < 0 { index + size } else { index };
        let first = match self.begin {
            Some(begin) => wrap(begin).clamp(lowest, highest),
            None if forwards => 0,
            None => size - 1,
        };
        let count = if self.shrinks {
            1
        } else {
            let end = match self.end {
                Some(end) if self.end_is_relative => (first + end).clamp(lowest, highest),
                Some(end) => wrap(end).clamp(lowest, highest),
                None if forwards => size,
                None => -1,
            };
            (end - first + self.step - self.step.signum()) / self.step
        };
        let inside = (0..size).contains(&first) && count > 0;
        inside.then_some((first as usize, count as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(
        begin: Option<i64>,
        end: Option<i64>,
        step: i64,
        size: i64,
    ) -> Option<(usize, usize)> {
        Range {
            begin,
            end,
            step,
            end_is_relative: false,
            shrinks: false,
        }
        .resolve(size)
    }

    #[test]
    fn ranges_follow_python() {
        assert_eq!(resolve(Some(1), Some(-1), 1, 6), Some((1, 4)));
        assert_eq!(resolve(Some(1), None, 2, 6), Some((1, 3)));
        assert_eq!(resolve(None, None, -1, 5), Some((4, 5)));
        assert_eq!(resolve(None, None, -2, 5), Some((4, 3)));
        assert_eq!(resolve(Some(-3), None, 1, 5), Some((2, 3)));
        assert_eq!(resolve(Some(3), Some(99), 1, 5), Some((3, 2)));
        assert_eq!(resolve(Some(4), Some(1), 1, 5), None);
        assert_eq!(resolve(Some(0), Some(3), 0, 5), None);
        assert_eq!(resolve(Some(-9), Some(2), 1, 5), Some((0, 2)));
    }

    #[test]
    fn a_shrinking_axis_is_one_index() {
        let range = Range {
            begin: Some(-1),
            end: Some(0),
            step: 1,
            end_is_relative: false,
            shrinks: true,
        };
        assert_eq!(range.resolve(4), Some((3, 1)));
    }
}
