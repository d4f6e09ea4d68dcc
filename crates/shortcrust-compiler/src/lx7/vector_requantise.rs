//! Outputs of eight 32-bit sums at a time.
//!
//! A sum, shifted left and rounded, is split into 16-bit halves, `sum * 2^shift = high * 2^16 + low`. Then
//! `X = high * a + low * b` with `a` close to `b * 2^16`: `low * b` and the lower 15 bits of `a` go into QACC first; what is left of
//! them after a shift by 15 is joined by the upper bits of `a`. The last shift leaves the output in the upper byte of a 16-bit lane,
//! where saturation to 16 bits saturates the byte. [`super::requantise`] proves that `a`, `b` and the rounding constant are exact.

use lx7::asm::{A, Q};

use super::code::{CONSTANTS, Code, Constants};
use super::requantise::{Channel, Rounding, Staircase};

/// Bits that the first shift drops.
const FIRST_SHIFT: u32 = 15;
/// The output is the upper byte of a lane.
const BYTE: u32 = 8;
/// The largest left shift of sums that is tried.
const MOST_LEFT: u32 = 11;
/// Final exponents that are tried, from the most precise on.
const EXPONENTS: u32 = 8;

/// The factors of a lane.
#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    a: i32,
    b: i16,
    rounding: Rounding,
}

/// Requantises sums to bytes.
pub(super) struct VectorRequantiser {
    left: u32,
    last_shift: u32,
    /// Vectors of 16 outputs.
    vectors: usize,
    constants: i32,
    flip: i32,
    /// The activation's bounds, where they are inside a byte's.
    bounds: Option<i32>,
}

impl VectorRequantiser {
    /// For sums of `lanes` (a multiple of 16) lanes, of which lane `n` is the channel `n % channels`. `None` where some channel has
    /// no exact constants.
    pub(super) fn new(channels: &[Channel], lanes: usize, constants: &mut Constants) -> Option<Self> {
        let staircases: Vec<Staircase> = channels
            .iter()
            .map(Channel::staircase)
            .collect::<Option<_>>()?;
        let reach = channels
            .iter()
            .map(|channel| channel.range.1.max(-channel.range.0))
            .max()?;
        let left = (0..=MOST_LEFT)
            .rev()
            .find(|left| (reach << left) + (1 << 15) < 1 << 31)?;
        let largest = staircases
            .iter()
            .filter(|staircase| !staircase.is_flat)
            .map(|staircase| staircase.scale)
            .fold(0.0, f64::max);
        let most = if largest == 0.0 {
            FIRST_SHIFT + BYTE
        } else {
            ((14 + left) as f64 - largest.log2()).floor().clamp(0.0, 62.0) as u32
        };
        let (exponent, chosen) = (FIRST_SHIFT + BYTE..=most)
            .rev()
            .take(EXPONENTS as usize)
            .find_map(|exponent| {
                let lanes: Option<Vec<Lane>> = staircases
                    .iter()
                    .map(|staircase| lane(staircase, left, exponent))
                    .collect();
                Some((exponent, lanes?))
            })?;
        let lane = |index: usize| chosen[index % chosen.len()];
        let start = (0..lanes)
            .step_by(8)
            .map(|first| {
                let of = |value: fn(Lane) -> i32| {
                    (first..first + 8).map(move |index| value(lane(index)) as i16)
                };
                let offset = constants.halves(of(|lane| lane.rounding.start.into()));
                constants.halves(of(|lane| lane.b.into()));
                constants.halves(of(|lane| lane.a & 0x7fff));
                constants.halves(of(|lane| lane.a >> 15));
                constants.halves(of(|lane| lane.rounding.factors.0.into()));
                constants.halves(of(|lane| lane.rounding.factors.1.into()));
                offset
            })
            .min()?;
        let activation = channels.first()?.activation;
        let bounds = ((activation.min, activation.max) != (-128, 127)).then(|| {
            let offset = constants.bytes([activation.min as u8; 16]);
            constants.bytes([activation.max as u8; 16]);
            offset
        });
        Some(Self {
            left,
            last_shift: exponent - FIRST_SHIFT - BYTE,
            vectors: lanes / 16,
            constants: start,
            flip: constants.halves([i16::MIN; 8]),
            bounds,
        })
    }

    /// What sums start with, so that their halves are rounded.
    pub(super) fn start(&self) -> i32 {
        1 << (15 - self.left)
    }

    /// Sets SAR, which must stay until the last call of [`Self::emit`].
    pub(super) fn prepare(&self, code: &mut Code) {
        code.op("ssai", (self.left as i32,));
    }

    /// Requantises the sums at `sums` to bytes at `output`, a multiple of 16; both pointers move on. A(7), A(10) to A(12), A(15)
    /// and all vector registers are overwritten.
    pub(super) fn emit(&self, code: &mut Code, sums: A, output: A) {
        let (last, stream, counter, first) = (A(7), A(10), A(11), A(12));
        code.offset(stream, CONSTANTS, self.flip);
        code.op("ee.vld.128.ip", (Q(7), stream, 0));
        code.offset(stream, CONSTANTS, self.constants);
        code.set(first, FIRST_SHIFT as i32);
        code.set(last, self.last_shift as i32);
        code.repeat_fast(counter, self.vectors, |code| {
            for y in [Q(4), Q(5)] {
                code.op("ee.vld.128.ip", (Q(0), sums, 16));
                code.op("ee.vld.128.ip", (Q(1), sums, 16));
                code.op("ee.vsl.32", (Q(0), Q(0)));
                code.op("ee.vsl.32", (Q(1), Q(1)));
                code.op("ee.ldqa.s16.128.ip", (stream, 16));
                code.op("ee.vld.128.ip", (Q(2), stream, 16));
                code.op("ee.vunzip.16", (Q(0), Q(1)));
                code.op("ee.vld.128.ip", (Q(3), stream, 16));
                code.op("ee.xorq", (Q(0), Q(0), Q(7)));
                code.op("ee.vmulas.s16.qacc.ld.ip", (Q(2), stream, 16, Q(0), Q(2)));
                code.op("ee.vmulas.s16.qacc.ld.ip", (Q(3), stream, 16, Q(1), Q(3)));
                code.op("ee.vld.128.ip", (Q(6), stream, 16));
                code.op("ee.srcmb.s16.qacc", (y, first, 0));
                code.op("ee.vmulas.s16.qacc", (Q(1), Q(2)));
                code.op("ee.vmulas.s16.qacc", (Q(3), Q(6)));
                code.op("ee.srcmb.s16.qacc", (y, last, 0));
            }
            code.op("ee.vunzip.8", (Q(4), Q(5)));
            if let Some(bounds) = self.bounds {
                code.offset(A(15), CONSTANTS, bounds);
                code.op("ee.vld.128.ip", (Q(0), A(15), 16));
                code.op("ee.vld.128.ip", (Q(1), A(15), 16));
                code.op("ee.vmax.s8", (Q(5), Q(5), Q(0)));
                code.op("ee.vmin.s8", (Q(5), Q(5), Q(1)));
            }
            code.op("ee.vst.128.ip", (Q(5), output, 16));
        });
    }
}

/// Exact factors of a channel for `2^exponent`.
fn lane(staircase: &Staircase, left: u32, exponent: u32) -> Option<Lane> {
    let scale = if staircase.is_flat { 0.0 } else { staircase.scale };
    let a = (scale * f64::from(exponent as i32 - left as i32 + 16).exp2()).round();
    if a >= f64::from(1 << 30) {
        return None;
    }
    let a = a as i32;
    // Where the upper half goes up by one, the lower half falls by less than 2^16: `X` must rise all the same.
    let b = [(a + (1 << 15)) >> 16, a >> 16]
        .into_iter()
        .find(|b| i64::from(a) >= i64::from(*b) * ((1 << 16) - (1 << left)))?;
    let x = |sum: i64| {
        let scaled = sum << left;
        let high = (scaled + (1 << 15)) >> 16;
        let low = scaled - (high << 16);
        i128::from(high * i64::from(a) + low * i64::from(b))
    };
    let rounding = Rounding::between(staircase.rounding(exponent, x)?)?;
    Some(Lane {
        a,
        b: i16::try_from(b).ok()?,
        rounding,
    })
}
