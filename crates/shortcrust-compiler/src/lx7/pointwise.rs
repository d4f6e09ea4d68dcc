//! CONV_2D of single pixels with few channels.
//!
//! The pixel's channels, widened, are multiplied one after the other by the weights of eight output channels. Requantisation is
//! folded into the weights, see [`super::scaled_weights`].

use lx7::asm::{A, Q};

use super::code::{CONSTANTS, Code, Constants, INPUT, OUTPUT};
use super::dot_products::DotProducts;
use super::registers::Registers;
use super::scaled_weights::{LANES, LEVEL_BITS, ScaledWeights, Weighted, rounding_factors};
use super::{Portable, Routine};

/// Input channels that registers hold, widened.
const MOST_CHANNELS: usize = 16;
/// Bytes of the stack frame, where pixels that no vector load can read are copied to.
const FRAME: i32 = 16;

const STREAM: A = A(7);
const VALUE: A = A(8);
const BLOCKS: A = A(9);
const PIXELS: A = A(10);
const FIRST: A = A(11);
const LAST: A = A(12);
/// The pixel, widened.
const X: [Q; 2] = [Q(0), Q(1)];
/// Weights, of which one register is multiplied while the other is loaded.
const W: [Q; 2] = [Q(2), Q(3)];
const Y: Q = Q(4);
const SPARE: Q = Q(5);
/// What the pieces of the rounding constant are multiplied by.
const COARSE: Q = Q(6);
const ONE: Q = Q(7);

/// The kernel.
///
/// # Errors
/// Where it cannot compute the layer, or not exactly.
pub(super) fn routine(layer: &DotProducts) -> Result<Routine, Portable> {
    let (ci, co) = (layer.input.channels, layer.output.channels);
    if !layer.is_pixel_by_pixel()
        || ci > MOST_CHANNELS
        || !(co == 4 || co.is_multiple_of(LANES))
        || !layer.output_is_aligned
    {
        return Err(Portable::outside("it is not of pixels of few channels"));
    }
    let inexact = || Portable::outside("no scaled weights are exact");
    let weighted = layer
        .channels()
        .iter()
        .zip(layer.weights.chunks(ci))
        .map(|(channel, weights)| Some((channel.staircase()?, weights.to_vec())))
        .collect::<Option<Vec<Weighted>>>()
        .ok_or_else(inexact)?;
    let exact = [2, 3].into_iter().find_map(|levels| {
        let lanes: Vec<&Weighted> = weighted.iter().collect();
        Some((levels, ScaledWeights::new(&lanes, levels)?))
    });
    let (levels, scaled) = exact.ok_or_else(inexact)?;
    let mut constants = Constants::default();
    let blocks = co.div_ceil(LANES);
    // The blocks are the first of the constants.
    let start = 0;
    for block in 0..blocks {
        let lane = |lane: usize| (block * LANES + lane) % co;
        scaled.pack(&mut constants, lane, |_| (0..ci).collect());
    }
    let activation = layer.activation;
    let bounds = ((activation.min, activation.max) != (-128, 127)).then(|| {
        let offset = constants.bytes([activation.min as u8; 16]);
        constants.bytes([activation.max as u8; 16]);
        offset
    });
    let factors = rounding_factors(&mut constants);
    let kernel = Kernel {
        channels: (ci, co),
        levels,
        blocks,
        start,
        bounds,
    };
    let pixels = layer.batches * layer.output.height * layer.output.width;
    let mut code = Code::kernel(FRAME);
    // What lies behind a pixel's bytes is read, too, and never multiplied.
    code.op("mov.n", (STREAM, A(1)));
    code.op("ee.zero.q", (X[0],));
    code.op("ee.vst.128.ip", (X[0], STREAM, 0));
    code.offset(STREAM, CONSTANTS, factors);
    code.op("ee.vld.128.ip", (COARSE, STREAM, 16));
    code.op("ee.vld.128.ip", (ONE, STREAM, 16));
    code.set(FIRST, LEVEL_BITS as i32);
    code.set(LAST, scaled.last_shift);
    if kernel.blocks == 1 {
        code.repeat_fast(PIXELS, pixels, |code| kernel.pixel(code));
    } else {
        code.repeat(PIXELS, pixels, |code| kernel.pixel(code));
    }
    Ok(Routine {
        function: code.finish()?,
        constants: constants.finish(),
        scratch_bytes: 0,
        method: if levels == 2 {
            "QACC by channel, scaled weights of 30 bits"
        } else {
            "QACC by channel, scaled weights of 45 bits"
        },
    })
}

struct Kernel {
    /// Input and output channels.
    channels: (usize, usize),
    levels: usize,
    /// Blocks of eight output channels.
    blocks: usize,
    /// In the constants: the blocks, and the bounds of the activation.
    start: i32,
    bounds: Option<i32>,
}

impl Kernel {
    /// What [`Self::pixel`] overwrites.
    const OVERWRITTEN: Registers = Registers::of(&[STREAM, VALUE, BLOCKS, INPUT, OUTPUT])
        .and(Registers::vectors(&[X[0], X[1], W[0], W[1], Y, SPARE]))
        .and(Registers::QACC)
        .and(Registers::LOOP);

    fn pixel(&self, code: &mut Code) {
        code.overwriting(Self::OVERWRITTEN, |code| {
            self.load(code);
            code.offset(STREAM, CONSTANTS, self.start);
            let held = Registers::of(&[INPUT]).and(Registers::vectors(&X));
            code.repeat_fast(BLOCKS, self.blocks, |code| {
                code.keeping(held, |code| self.block(code));
            });
        });
    }

    /// Loads a pixel and widens it.
    fn load(&self, code: &mut Code) {
        let channels = self.channels.0;
        match channels {
            4 => code.op("ee.vldbc.32.ip", (X[0], INPUT, 4)),
            8 => code.op("ee.vld.l.64.ip", (X[0], INPUT, 8)),
            16 => code.op("ee.vld.128.ip", (X[0], INPUT, 16)),
            _ => {
                for first in (0..channels).step_by(2) {
                    let values = [VALUE, STREAM];
                    let last = channels.min(first + 2);
                    for channel in first..last {
                        code.op("l8ui", (values[channel % 2], INPUT, channel as i32));
                    }
                    for channel in first..last {
                        code.op("s8i", (values[channel % 2], A(1), channel as i32));
                    }
                }
                code.advance(INPUT, channels as i32);
                code.op("mov.n", (STREAM, A(1)));
                code.op("ee.vld.128.ip", (X[0], STREAM, 0));
            }
        }
        code.op("ee.zero.q", (SPARE,));
        code.op("ee.vcmp.lt.s8", (X[1], X[0], SPARE));
        code.op("ee.vzip.8", (X[0], X[1]));
    }

    /// Eight output channels of the pixel.
    fn block(&self, code: &mut Code) {
        let (ci, co) = self.channels;
        let mut turn = 0;
        code.op("ee.ldqa.s16.128.ip", (STREAM, 16));
        for w in W {
            code.op("ee.vld.128.ip", (w, STREAM, 16));
        }
        for level in 0..self.levels {
            if level > 0 {
                // The vector that this shift gives is of no use.
                code.op("ee.srcmb.s16.qacc", (Y, FIRST, 0));
            }
            for channel in 0..ci {
                let (w, x) = (W[turn % 2], X[channel / LANES]);
                turn += 1;
                let lane = (channel % LANES) as i32;
                code.op("ee.vsmulas.s16.qacc.ld.incp", (w, STREAM, w, x, lane));
            }
            if 0 < level && level + 1 < self.levels {
                let w = W[turn % 2];
                turn += 1;
                code.op("ee.vmulas.s16.qacc.ld.ip", (w, STREAM, 16, w, ONE));
            }
        }
        code.op("ee.vmulas.s16.qacc", (W[turn % 2], COARSE));
        code.op("ee.vmulas.s16.qacc", (W[(turn + 1) % 2], ONE));
        code.op("ee.srcmb.s16.qacc", (Y, LAST, 0));
        code.op("ee.vunzip.8", (Y, SPARE));
        if let Some(bounds) = self.bounds {
            code.offset(VALUE, CONSTANTS, bounds);
            code.op("ee.vld.128.ip", (W[0], VALUE, 16));
            code.op("ee.vld.128.ip", (W[1], VALUE, 16));
            code.op("ee.vmax.s8", (SPARE, SPARE, W[0]));
            code.op("ee.vmin.s8", (SPARE, SPARE, W[1]));
        }
        if co == 4 {
            code.op("ee.movi.32.a", (SPARE, VALUE, 0));
            code.op("s32i.n", (VALUE, OUTPUT, 0));
            code.op("addi.n", (OUTPUT, OUTPUT, 4));
        } else {
            code.op("ee.vst.l.64.ip", (SPARE, OUTPUT, LANES as i32));
        }
    }
}
