//! How many inputs and outputs operators have.

use std::ops::RangeInclusive;

use crate::error::{Error, ErrorKind, Result};
use crate::graph::Node;

const ONE: RangeInclusive<usize> = 1..=1;
const SOME: RangeInclusive<usize> = 1..=usize::MAX;

/// The inputs, optional ones included, and the outputs of operators. TFLite Micro counts those of most operators, TensorFlow Lite
/// those of all: what is too much would not be read, or not be written.
const COUNTS: &[(RangeInclusive<usize>, RangeInclusive<usize>, &[&str])] = &[
    (
        ONE,
        ONE,
        &[
            "AVERAGE_POOL_2D",
            "DEQUANTIZE",
            "HARD_SWISH",
            "LEAKY_RELU",
            "LOGISTIC",
            "MAX_POOL_2D",
            "QUANTIZE",
            "RELU",
            "RELU6",
            "SOFTMAX",
            "SQUEEZE",
            "TANH",
        ],
    ),
    (1..=2, ONE, &["RESHAPE"]),
    (
        2..=2,
        ONE,
        &[
            "ADD",
            "ARG_MAX",
            "EXPAND_DIMS",
            "GATHER",
            "MAXIMUM",
            "MEAN",
            "MINIMUM",
            "MUL",
            "RESIZE_BILINEAR",
            "RESIZE_NEAREST_NEIGHBOR",
            "SUB",
            "SUM",
            "TRANSPOSE",
        ],
    ),
    (
        2..=3,
        ONE,
        &[
            "CONV_2D",
            "DEPTHWISE_CONV_2D",
            "FULLY_CONNECTED",
            "PAD",
            "PADV2",
        ],
    ),
    (3..=3, ONE, &["SLICE"]),
    (3..=4, ONE, &["TRANSPOSE_CONV"]),
    (4..=4, ONE, &["STRIDED_SLICE"]),
    (SOME, ONE, &["CONCATENATION", "PACK"]),
    (ONE, SOME, &["UNPACK"]),
    (2..=2, SOME, &["SPLIT"]),
];

/// Fails unless an operator has as many inputs and outputs as its kernel reads and writes.
pub(super) fn check(node: &Node) -> Result<()> {
    let row = COUNTS.iter().find(|(.., kinds)| kinds.contains(&node.kind));
    let Some((inputs, outputs, _)) = row else {
        return Ok(());
    };
    expect("inputs", node.inputs.len(), inputs)?;
    expect("outputs", node.outputs.len(), outputs)
}

fn expect(what: &str, found: usize, range: &RangeInclusive<usize>) -> Result<()> {
    if range.contains(&found) {
        return Ok(());
    }
    let needed = match (*range.start(), *range.end()) {
        (least, usize::MAX) => format!("at least {least}"),
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    };
    Err(Error::new(
        ErrorKind::Format,
        format!("the number of its {what} is {found}, it should be {needed}"),
        "convert the model again",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operators::OPERATORS;

    #[test]
    fn every_operator_is_in_one_row() {
        for operator in OPERATORS {
            let rows = COUNTS
                .iter()
                .filter(|(.., kinds)| kinds.contains(&operator.name));
            assert_eq!(rows.count(), 1, "{}", operator.name);
        }
    }
}
