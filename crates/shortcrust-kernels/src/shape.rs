//! Shapes and windows shared by the operators. Images are NHWC, channels innermost.

/// The largest number of axes an operator may have.
pub const RANK: usize = 6;

/// The size of one image: one batch entry of an NHWC tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels of a pixel.
    pub channels: usize,
}

impl Image {
    /// The number of elements of one image.
    pub const fn len(&self) -> usize {
        self.height * self.width * self.channels
    }

    /// Whether the image has no element.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The sliding window of a convolution or pooling operator.
///
/// The tap `(row, column)` of output pixel `(y, x)` reads input row `y * stride_height + row * dilation_height - pad_top`
/// (columns alike). A tap outside the input is skipped. Padding below and to the right follows from the output's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rows of the window.
    pub height: usize,
    /// Columns of the window.
    pub width: usize,
    /// Input rows from one output row to the next.
    pub stride_height: usize,
    /// Input columns from one output column to the next.
    pub stride_width: usize,
    /// Input rows from one row of the window to the next.
    pub dilation_height: usize,
    /// Input columns from one column of the window to the next.
    pub dilation_width: usize,
    /// Rows of padding above the input.
    pub pad_top: usize,
    /// Columns of padding left of the input.
    pub pad_left: usize,
}

/// The range that a fused activation leaves to the quantised output, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activation {
    /// The smallest output value, -128 or above.
    pub min: i32,
    /// The largest output value, 127 or below.
    pub max: i32,
}

/// How the inputs of a binary operator spread over its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// The output's shape, with leading ones.
    pub shape: [usize; RANK],
    /// The left input's stride along each axis, in elements; 0 repeats it.
    pub left: [usize; RANK],
    /// The right input's stride along each axis, in elements; 0 repeats it.
    pub right: [usize; RANK],
}
