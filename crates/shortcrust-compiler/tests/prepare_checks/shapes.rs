//! Shapes of the operators that move data, and the constants that decide them.

use shortcrust_compiler::tflite::Options;

use crate::{Check, accepted, refused};

const PADDINGS: &[&str] = &["PAD", "PADV2"];

/// What is said about shapes and indices that are not known before the network runs.
pub const NOT_CONSTANT: &str = "it must be a constant and is computed by the network";

pub const CHECKS: &[Check] = &[
    refused(
        &["CONCATENATION"],
        "the output is as long as its inputs together (the reference kernel)",
        |model| model.reshape("out", &[1, 6, 4]),
        "its inputs have 5 elements along axis 1, it has 6",
    ),
    refused(
        &["CONCATENATION"],
        "the other axes are the output's (the reference kernel)",
        |model| model.reshape("right", &[1, 3, 5]),
        "its shape should be [1, 3, 4]",
    ),
    refused(
        &["CONCATENATION"],
        "the axis lies within the output",
        |model| {
            if let Options::Concatenation(options) = &mut model.node().options {
                options.axis = 3;
            }
        },
        "its axis 3 is outside of 3 axes",
    ),
    refused(
        &["EXPAND_DIMS"],
        "the output has an axis more",
        |model| model.reshape("out", &[1, 8]),
        "its shape should be [1, 1, 8]",
    ),
    refused(
        &["EXPAND_DIMS"],
        "the new axis is where the constant says",
        |model| model.reshape("out", &[1, 8, 1]),
        "its shape should be [1, 1, 8]",
    ),
    refused(
        &["EXPAND_DIMS"],
        "the axis lies within the output",
        |model| model.set_numbers("axis", &[3]),
        "the new axis [3] should be one number from -3 to 2",
    ),
    refused(
        &["EXPAND_DIMS"],
        "the axis is one number",
        |model| model.reshape("axis", &[2]),
        "the new axis [0, 0] should be one number",
    ),
    accepted(
        &["EXPAND_DIMS"],
        "the axis is a scalar or a vector",
        |model| model.reshape("axis", &[1, 1]),
        "one number is one number",
    ),
    refused(
        &["ARG_MAX", "EXPAND_DIMS", "SPLIT"],
        "the axis is a constant",
        |model| model.compute("axis"),
        NOT_CONSTANT,
    ),
    refused(
        &["GATHER"],
        "the axis lies within the input",
        |model| {
            if let Options::Gather(options) = &mut model.node().options {
                options.axis = 3;
            }
        },
        "its axis 3 is outside of 3 axes",
    ),
    refused(
        &["GATHER"],
        "there are no more batch axes than axes before the axis, or than indices have",
        |model| {
            if let Options::Gather(options) = &mut model.node().options {
                options.batch_dims = 2;
            }
        },
        "it has 2 batch axes",
    ),
    refused(
        &["GATHER"],
        "batch axes have one size in input and indices",
        |model| {
            if let Options::Gather(options) = &mut model.node().options {
                options.batch_dims = 1;
            }
        },
        "it has 1 batch axes for an input [1, 4, 4], indices [2]",
    ),
    refused(
        &["GATHER"],
        "every index lies within the axis (Eval)",
        |model| model.set_numbers("indices", &[2, 4]),
        "its index 4 is outside of an axis of size 4",
    ),
    refused(
        &["PACK"],
        "inputs have the output's other axes (the kernel)",
        |model| model.reshape("right", &[2, 5]),
        "its shape should be [2, 4]",
    ),
    refused(
        &["UNPACK"],
        "outputs have the input's other axes (the kernel)",
        |model| model.reshape("second", &[2, 5]),
        "its shape should be [2, 4]",
    ),
    refused(
        PADDINGS,
        "there are two amounts for each axis",
        |model| model.reshape("amounts", &[3, 2]),
        "it should hold two amounts, none negative, for each of 4 axes",
    ),
    refused(
        PADDINGS,
        "the output is the input and the amounts",
        |model| model.reshape("out", &[1, 4, 5, 4]),
        "its shape should be [1, 4, 4, 4]",
    ),
    refused(
        PADDINGS,
        "the amounts are constants",
        |model| model.compute("amounts"),
        NOT_CONSTANT,
    ),
    refused(
        &["PADV2"],
        "the value is one number",
        |model| model.reshape("value", &[2]),
        "the padding's value should be ",
    ),
    accepted(
        PADDINGS,
        "the input has at most five axes",
        |model| {
            model.reshape("in", &[1, 1, 1, 2, 2, 4]);
            model.reshape("amounts", &[6, 2]);
            model.set_numbers("amounts", &[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0]);
            model.reshape("out", &[1, 1, 1, 4, 4, 4]);
        },
        "a copy here walks as many axes as remain when axes that follow each other are one",
    ),
    refused(
        &["RESHAPE"],
        "input and output have as many elements",
        |model| model.reshape("out", &[3, 3]),
        "its input holds 8 bytes of int8, it holds 9 of int8",
    ),
    accepted(
        &["RESHAPE"],
        "the shape input is not read",
        |model| model.set_numbers("shape", &[4, 2]),
        "the output tensor has the shape",
    ),
    refused(
        &["SLICE"],
        "beginnings lie within the input (Eval)",
        |model| model.set_numbers("begins", &[0, 5, 0]),
        "the slice from [0, 5, 0] of sizes [1, 2, 4] does not lie inside",
    ),
    refused(
        &["SLICE"],
        "sizes lie within the input (Eval)",
        |model| model.set_numbers("sizes", &[1, 4, 4]),
        "the slice from [0, 1, 0] of sizes [1, 4, 4] does not lie inside",
    ),
    refused(
        &["SLICE"],
        "there is a beginning and a size for each axis",
        |model| model.reshape("sizes", &[2]),
        "does not lie inside",
    ),
    refused(
        &["SLICE"],
        "the output has as many elements as the slice (Eval)",
        |model| model.reshape("out", &[1, 3, 4]),
        "its shape should be [1, 2, 4]",
    ),
    accepted(
        &["SLICE"],
        "the input has at most five axes",
        |model| {
            model.reshape("in", &[1, 1, 1, 1, 4, 4]);
            model.reshape("out", &[1, 1, 1, 1, 2, 4]);
            for (name, numbers) in [
                ("begins", [0, 0, 0, 0, 1, 0]),
                ("sizes", [1, 1, 1, 1, 2, 4]),
            ] {
                model.reshape(name, &[6]);
                model.set_numbers(name, &numbers);
            }
        },
        "a copy here walks as many axes as remain when axes that follow each other are one",
    ),
    refused(
        &["SPLIT"],
        "the axis lies within the input (Eval)",
        |model| model.set_numbers("axis", &[3]),
        "its axis 3 is outside of 3 axes",
    ),
    refused(
        &["SPLIT"],
        "the outputs are equal parts (the kernel)",
        |model| model.reshape("second", &[1, 3, 4]),
        "its shape should be [1, 2, 4]",
    ),
    refused(
        &["SQUEEZE"],
        "the axes that go lie within the input",
        |model| {
            if let Options::Squeeze(options) = &mut model.node().options {
                options.squeeze_dims = vec![3];
            }
        },
        "its axis 3 is outside of 3 axes",
    ),
    refused(
        &["SQUEEZE"],
        "the axes that go have the size 1",
        |model| {
            if let Options::Squeeze(options) = &mut model.node().options {
                options.squeeze_dims = vec![-1];
            }
        },
        "its axis 2 should go and has the size 8, not 1",
    ),
    refused(
        &["SQUEEZE"],
        "the output begins with the axes that stay",
        |model| model.reshape("out", &[8]),
        "its shape should be [1, 8]",
    ),
    refused(
        &["SQUEEZE"],
        "input and output have as many bytes (Eval)",
        |model| model.reshape("out", &[1, 8, 2]),
        "its input holds 8 bytes of int8, it holds 16 of int8",
    ),
    accepted(
        &["SQUEEZE"],
        "the output may end with more axes of size 1",
        |model| model.reshape("out", &[1, 8, 1]),
        "the bytes are the same",
    ),
    accepted(
        &["SQUEEZE"],
        "the input has at most eight axes",
        |model| {
            model.reshape("in", &[1, 1, 1, 1, 1, 1, 1, 1, 8]);
            model.reshape("out", &[1, 1, 1, 1, 1, 1, 1, 8]);
        },
        "the bytes are the same",
    ),
    refused(
        &["STRIDED_SLICE"],
        "beginnings are constants",
        |model| model.compute("begins"),
        NOT_CONSTANT,
    ),
    refused(
        &["STRIDED_SLICE"],
        "ends are constants",
        |model| model.compute("ends"),
        NOT_CONSTANT,
    ),
    refused(
        &["STRIDED_SLICE"],
        "steps are constants",
        |model| model.compute("steps"),
        NOT_CONSTANT,
    ),
    refused(
        &["STRIDED_SLICE"],
        "no step is 0",
        |model| model.set_numbers("steps", &[1, 0, 1]),
        "the slice's range of axis 1 is empty or steps by 0",
    ),
    refused(
        &["STRIDED_SLICE"],
        "the output has the ranges' sizes",
        |model| model.reshape("out", &[1, 3, 4]),
        "its shape should be [1, 2, 4]",
    ),
    refused(
        &["STRIDED_SLICE"],
        "the output has the axes that stay",
        |model| model.reshape("out", &[2, 4]),
        "its shape should be [1, 2, 4]",
    ),
    accepted(
        &["STRIDED_SLICE"],
        "the input has at most four axes",
        |model| {
            model.reshape("in", &[1, 4, 4, 1, 1, 1]);
            model.reshape("out", &[1, 2, 4, 1, 1, 1]);
        },
        "axes without a range are whole",
    ),
    refused(
        &["TRANSPOSE"],
        "the order is a constant",
        |model| model.compute("order"),
        NOT_CONSTANT,
    ),
    refused(
        &["TRANSPOSE"],
        "the order is a vector",
        |model| model.reshape("order", &[1, 3]),
        "its shape should be [3]",
    ),
    refused(
        &["TRANSPOSE"],
        "the order has as many numbers as the input axes",
        |model| model.reshape("order", &[2]),
        "its shape should be [3]",
    ),
    refused(
        &["TRANSPOSE"],
        "the order's axes lie within the input",
        |model| model.set_numbers("order", &[0, 3, 1]),
        "its axis 3 is outside of 3 axes",
    ),
    accepted(
        &["TRANSPOSE"],
        "the order has no negative axes",
        |model| model.set_numbers("order", &[0, -1, 1]),
        "they count from the end, as everywhere",
    ),
    accepted(
        &["TRANSPOSE"],
        "the input has at most five axes",
        |model| {
            model.reshape("in", &[1, 1, 1, 1, 2, 4]);
            model.reshape("out", &[1, 1, 1, 1, 4, 2]);
            model.reshape("order", &[6]);
            model.set_numbers("order", &[0, 1, 2, 3, 5, 4]);
        },
        "a copy here walks as many axes as remain when axes that follow each other are one",
    ),
    accepted(
        &["CONCATENATION"],
        "there are at most ten inputs (64 in later versions)",
        |model| {
            let first = model.node().inputs[0];
            model.node().inputs = vec![first; 65];
            model.reshape("out", &[1, 130, 4]);
        },
        "inputs are copied one by one",
    ),
    accepted(
        &["CONCATENATION"],
        "inputs have at most six axes",
        |model| {
            for (name, length) in [("in", 2), ("right", 3), ("out", 5)] {
                model.reshape(name, &[1, length, 1, 1, 1, 2, 2]);
            }
        },
        "what lies before and behind the axis is one number each",
    ),
];
