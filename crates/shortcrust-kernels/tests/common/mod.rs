//! Random operators, and the literal loop over a window that the kernels are compared with.
#![allow(dead_code, reason = "each test file uses a part")]

use proptest::prelude::*;
use shortcrust_kernels::shape::{Activation, Image, Window};

/// A stream of values that follows from a seed (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Bytes; every fourth set is nothing but the extremes, to drive the sums as far as they go.
    pub fn bytes(&mut self, length: usize) -> Vec<i8> {
        let extreme = self.next().is_multiple_of(4);
        (0..length)
            .map(|_| match (extreme, self.next()) {
                (true, value) if value & 1 == 0 => i8::MIN,
                (true, _) => i8::MAX,
                (false, value) => value as i8,
            })
            .collect()
    }

    pub fn zero_point(&mut self) -> i32 {
        [-128, 127, 0, i32::from(self.next() as i8)][self.next() as usize % 4]
    }

    pub fn activation(&mut self) -> Activation {
        let (a, b) = (self.next() as i8, self.next() as i8);
        match self.next() % 3 {
            0 => Activation {
                min: a.min(b).into(),
                max: a.max(b).into(),
            },
            _ => Activation {
                min: -128,
                max: 127,
            },
        }
    }

    /// Bias, multiplier and shift of each output channel: the usual, the extreme and zero.
    pub fn channels(&mut self, count: usize) -> Channels {
        let mut channels = Channels {
            bias: vec![],
            multiplier: vec![],
            shift: vec![],
        };
        for _ in 0..count {
            channels.bias.push(match self.next() % 8 {
                0 => self.next() as i32,
                _ => (self.next() % 20_001) as i32 - 10_000,
            });
            channels.multiplier.push(match self.next() % 8 {
                0 => 0,
                1 => i32::MAX,
                2 => 1 << 30,
                _ => (1 << 30) + (self.next() % (1 << 30)) as i32,
            });
            channels.shift.push(match self.next() % 8 {
                0 => (self.next() % 62) as i32 - 31,
                _ => -((self.next() % 12) as i32),
            });
        }
        channels
    }
}

/// What convolutions have for each output channel.
#[derive(Debug)]
pub struct Channels {
    pub bias: Vec<i32>,
    pub multiplier: Vec<i32>,
    pub shift: Vec<i32>,
}

/// Heights and widths of an input, a window and an output, whether or not they would fit one another in a real network.
pub fn geometry(dilations: usize) -> impl Strategy<Value = (Image, Image, Window)> {
    let pair = |range: core::ops::Range<usize>| (range.clone(), range);
    (
        pair(1..8),
        pair(1..7),
        pair(1..5),
        pair(1..4),
        pair(1..dilations + 1),
        pair(0..5),
    )
        .prop_map(
            |((h, w), (output_h, output_w), window, stride, dilation, pad)| {
                (
                    Image {
                        height: h,
                        width: w,
                        channels: 0,
                    },
                    Image {
                        height: output_h,
                        width: output_w,
                        channels: 0,
                    },
                    Window {
                        height: window.0,
                        width: window.1,
                        stride_height: stride.0,
                        stride_width: stride.1,
                        dilation_height: dilation.0,
                        dilation_width: dilation.1,
                        pad_top: pad.0,
                        pad_left: pad.1,
                    },
                )
            },
        )
}

/// The position of an element in an NHWC tensor.
pub fn offset(image: Image, batch: usize, y: usize, x: usize, channel: usize) -> usize {
    ((batch * image.height + y) * image.width + x) * image.channels + channel
}

/// The taps `(row, column)` of an output pixel that lie inside the input, with the input pixel `(y, x)` they read.
pub fn taps(input: Image, window: Window, y: usize, x: usize) -> Vec<(usize, usize, usize, usize)> {
    let mut taps = vec![];
    for row in 0..window.height {
        for column in 0..window.width {
            let input_y = (y * window.stride_height + row * window.dilation_height) as isize
                - window.pad_top as isize;
            let input_x = (x * window.stride_width + column * window.dilation_width) as isize
                - window.pad_left as isize;
            if (0..input.height as isize).contains(&input_y)
                && (0..input.width as isize).contains(&input_x)
            {
                taps.push((row, column, input_y as usize, input_x as usize));
            }
        }
    }
    taps
}

/// Every `(batch, y, x, channel)` of a tensor, in order.
pub fn elements(
    batches: usize,
    image: Image,
) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    (0..batches * image.len()).map(move |index| {
        let (pixel, channel) = (index / image.channels, index % image.channels);
        let (row, x) = (pixel / image.width, pixel % image.width);
        (row / image.height, row % image.height, x, channel)
    })
}
