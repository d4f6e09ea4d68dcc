//! What convolutions have for each output channel, eight channels at a time.

use crate::shape::Activation;
use crate::taps::block;

/// Output channels computed together.
pub(crate) const LANES: usize = 8;

/// The parameters of all output channels.
#[derive(Clone, Copy)]
pub(crate) struct Channels<'a> {
    pub(crate) bias: &'a [i32],
    /// 0 or positive, as all multipliers of scales are.
    pub(crate) multiplier: &'a [i32],
    pub(crate) shift: &'a [i32],
    pub(crate) zero_point: i32,
    pub(crate) activation: Activation,
}

impl Channels<'_> {
    /// The parameters of eight channels. Channels that do not exist yield values of no meaning.
    pub(crate) fn block(&self, channel: usize) -> ChannelBlock {
        let shift: [i32; LANES] = block(self.shift, channel);
        let right = shift.map(|shift| shift.wrapping_neg().max(0) as u32);
        ChannelBlock {
            bias: block(self.bias, channel),
            left: shift.map(|shift| shift.max(0) as u32),
            any_left: shift.iter().any(|shift| *shift > 0),
            multiplier: block(self.multiplier, channel).map(|multiplier: i32| multiplier as u32),
            half: right.map(|right| 1u32.wrapping_shl(right) >> 1),
            inverse: right.map(|right| 1u32.wrapping_shl(31u32.wrapping_sub(right))),
            zero_point: self.zero_point,
            min: self.activation.min as i16,
            max: self.activation.max as i16,
        }
    }
}

/// Eight channels, prepared for [`ChannelBlock::requantise`].
pub(crate) struct ChannelBlock {
    pub(crate) bias: [i32; LANES],
    left: [u32; LANES],
    any_left: bool,
    multiplier: [u32; LANES],
    /// Half of the final divisor, rounded down.
    half: [u32; LANES],
    /// 2^31 over the final divisor.
    inverse: [u32; LANES],
    zero_point: i32,
    min: i16,
    max: i16,
}

impl ChannelBlock {
    /// Writes the output values of finished sums to the start of `output`, as many as it has room for.
    #[inline(always)]
    pub(crate) fn finish(&self, sums: &mut [i32; LANES], output: &mut [i8]) {
        if let Some(output) = output.first_chunk_mut() {
            self.requantise(sums, output);
        } else {
            let mut all = [0; LANES];
            self.requantise(sums, &mut all);
            output
                .iter_mut()
                .zip(all)
                .for_each(|(output, value)| *output = value);
        }
    }

    /// [`crate::requantise::requantise`] of eight channels. The sums are lost.
    ///
    /// On magnitudes, with a multiplication in place of the last shift: unlike the rule itself, every step is an operation that
    /// vector units have. Both roundings treat signs alike, but for the first's ties, which go upwards. It is a function of its
    /// own, as the compiler vectorises it when it sees no more than it.
    #[inline(never)]
    #[allow(
        clippy::needless_range_loop,
        clippy::indexing_slicing,
        reason = "all arrays have LANES elements"
    )]
    fn requantise(&self, sums: &mut [i32; LANES], output: &mut [i8; LANES]) {
        if self.any_left {
            for lane in 0..LANES {
                sums[lane] = sums[lane].wrapping_shl(self.left[lane]);
            }
        }
        for lane in 0..LANES {
            let sum = sums[lane];
            let sign = sum >> 31;
            let nudge = (1i32 << 30).wrapping_add(sign) as u32;
            let product =
                u64::from(sum.unsigned_abs()).wrapping_mul(u64::from(self.multiplier[lane]));
            let high = (product.wrapping_add(u64::from(nudge)) >> 31) as u32;
            let half = u64::from(high.wrapping_add(self.half[lane]));
            let magnitude = (half.wrapping_mul(u64::from(self.inverse[lane])) >> 31) as i32;
            let value = (magnitude ^ sign)
                .wrapping_sub(sign)
                .wrapping_add(self.zero_point);
            // The range lies within i8, so saturating to i16 first changes nothing.
            let value = value.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16;
            output[lane] = value.max(self.min).min(self.max) as i8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requantise::requantise;
    use proptest::prelude::*;

    fn check(
        sums: [i32; LANES],
        multiplier: [i32; LANES],
        shift: [i32; LANES],
        zero_point: i32,
        activation: Activation,
    ) {
        let channels = Channels {
            bias: &[0; LANES],
            multiplier: &multiplier,
            shift: &shift,
            zero_point,
            activation,
        };
        let mut actual = [0; LANES];
        channels.block(0).finish(&mut { sums }, &mut actual);
        for lane in 0..LANES {
            let expected = requantise(
                sums[lane],
                multiplier[lane],
                shift[lane],
                zero_point,
                activation,
            );
            assert_eq!(
                actual[lane], expected,
                "{} * {} * 2^{}",
                sums[lane], multiplier[lane], shift[lane]
            );
        }
    }

    #[test]
    fn extremes_agree_with_the_rule() {
        let sums = [
            i32::MIN,
            i32::MIN + 1,
            -1,
            0,
            1,
            i32::MAX - 1,
            i32::MAX,
            1 << 30,
        ];
        for multiplier in [0, 1, 1 << 30, (1 << 30) + 1, i32::MAX - 1, i32::MAX] {
            for shift in -31..=30 {
                for zero_point in [-128, 0, 127] {
                    check(
                        sums,
                        [multiplier; LANES],
                        [shift; LANES],
                        zero_point,
                        Activation {
                            min: -128,
                            max: 127,
                        },
                    );
                }
            }
        }
    }

    #[test]
    fn ties_agree_with_the_rule() {
        // A multiplier of 2^30 halves: odd sums are ties of the first rounding, and shifts make ties of the second.
        for start in (-4096..4096).step_by(LANES) {
            for shift in -12..=2 {
                let sums = core::array::from_fn(|lane| start + lane as i32);
                check(
                    sums,
                    [1 << 30; LANES],
                    [shift; LANES],
                    0,
                    Activation {
                        min: -128,
                        max: 127,
                    },
                );
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_rule(
            sums in prop::array::uniform8(prop_oneof![-70_000..70_000i32, any::<i32>()]),
            multiplier in prop::array::uniform8(prop_oneof![Just(0), (1 << 30)..=i32::MAX, 0..=i32::MAX]),
            shift in prop::array::uniform8(prop_oneof![-31..=0i32, -31..=30i32, -12..=-2i32]),
            mostly_right: bool,
            zero_point in -128..=127i32,
            a: i8,
            b: i8,
        ) {
            let shift = if mostly_right { shift.map(|shift| shift.min(0)) } else { shift };
            check(sums, multiplier, shift, zero_point, Activation { min: a.min(b).into(), max: a.max(b).into() });
        }
    }
}
