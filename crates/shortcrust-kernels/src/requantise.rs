//! Requantisation: from an accumulator's scale to the output's, in integers.
//!
//! A real factor is a pair of a 31-bit fraction (`multiplier`, from 2^30 to 2^31 - 1, or 0) and a power of two (`shift`):
//! `factor = multiplier / 2^31 * 2^shift`. A negative factor, which only the slope of LEAKY_RELU can be, has a negative fraction.
//! The rules are those of gemmlowp's `fixedpoint.h` and of TensorFlow Lite's `internal/common.cc` with double rounding, as TFLite
//! Micro builds them.

use crate::shape::Activation;

/// The high half of `2 * a * b`, rounded to nearest with ties upwards.
///
/// The one product that does not fit, `i32::MIN * i32::MIN`, saturates to `i32::MAX`.
#[inline]
pub const fn saturating_rounding_doubling_high_mul(a: i32, b: i32) -> i32 {
    let product = (a as i64).wrapping_mul(b as i64);
    // The reference adds a nudge that depends on the product's sign and divides towards zero: the same as this floor.
    let high = product.wrapping_add(1 << 30) >> 31;
    if high > i32::MAX as i64 {
        i32::MAX
    } else {
        high as i32
    }
}

/// `x / 2^exponent`, rounded to nearest with ties away from zero. The exponent is 0 to 31.
#[inline]
pub const fn rounding_divide_by_pot(x: i32, exponent: i32) -> i32 {
    debug_assert!(0 <= exponent && exponent <= 31);
    let wide = x as i64;
    let half = 1i64.wrapping_shl(exponent as u32) >> 1;
    // A negative tie must fall below its half; with exponent 0 there is no tie and nothing to correct.
    let correction = if exponent > 0 { wide >> 63 } else { 0 };
    wide.wrapping_add(half)
        .wrapping_add(correction)
        .wrapping_shr(exponent as u32) as i32
}

/// `x` times the factor `(multiplier, shift)`, rounded twice as TFLite Micro's reference does.
///
/// The shift is -31 to 30; a positive one shifts `x` left first and wraps.
#[inline]
pub const fn multiply_by_quantized_multiplier(x: i32, multiplier: i32, shift: i32) -> i32 {
    let (left, right) = if shift > 0 {
        (shift, 0)
    } else {
        (0, shift.wrapping_neg())
    };
    let high = saturating_rounding_doubling_high_mul(x.wrapping_shl(left as u32), multiplier);
    rounding_divide_by_pot(high, right)
}

/// The output value of an accumulator: rescaled, moved to the output's zero point, and clamped.
#[inline]
pub const fn requantise(
    accumulator: i32,
    multiplier: i32,
    shift: i32,
    zero_point: i32,
    activation: Activation,
) -> i8 {
    let value =
        multiply_by_quantized_multiplier(accumulator, multiplier, shift).wrapping_add(zero_point);
    let value = if value < activation.min {
        activation.min
    } else {
        value
    };
    (if value > activation.max {
        activation.max
    } else {
        value
    }) as i8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// gemmlowp's rule to the letter.
    fn high_mul_rule(a: i32, b: i32) -> i32 {
        if a == b && a == i32::MIN {
            return i32::MAX;
        }
        let product = i64::from(a) * i64::from(b);
        let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
        ((product + nudge) / (1 << 31)) as i32
    }

    /// gemmlowp's rule to the letter.
    fn divide_rule(x: i32, exponent: i32) -> i32 {
        let mask = ((1i64 << exponent) - 1) as i32;
        let remainder = x & mask;
        let threshold = (mask >> 1) + i32::from(x < 0);
        (x >> exponent) + i32::from(remainder > threshold)
    }

    fn edges() -> impl Iterator<Item = i32> {
        let near = |x: i32| {
            [
                x.wrapping_sub(2),
                x.wrapping_sub(1),
                x,
                x.wrapping_add(1),
                x.wrapping_add(2),
            ]
        };
        (0..32)
            .flat_map(move |bit| near(1i32.wrapping_shl(bit)))
            .chain((0..32).flat_map(move |bit| near((-1i32).wrapping_shl(bit))))
    }

    #[test]
    fn ties_and_limits_follow_the_reference() {
        assert_eq!(
            saturating_rounding_doubling_high_mul(i32::MIN, i32::MIN),
            i32::MAX
        );
        assert_eq!(saturating_rounding_doubling_high_mul(1, 1 << 30), 1);
        assert_eq!(saturating_rounding_doubling_high_mul(-1, 1 << 30), 0);
        assert_eq!(rounding_divide_by_pot(5, 1), 3);
        assert_eq!(rounding_divide_by_pot(-5, 1), -3);
        assert_eq!(rounding_divide_by_pot(i32::MIN, 31), -1);
        assert_eq!(rounding_divide_by_pot(i32::MAX, 31), 1);
        assert_eq!(
            multiply_by_quantized_multiplier(1 << 30, 1 << 30, 2),
            0,
            "the left shift wraps"
        );
        for a in edges() {
            for b in edges() {
                assert_eq!(
                    saturating_rounding_doubling_high_mul(a, b),
                    high_mul_rule(a, b),
                    "{a} * {b}"
                );
            }
            for exponent in 0..32 {
                assert_eq!(
                    rounding_divide_by_pot(a, exponent),
                    divide_rule(a, exponent),
                    "{a} / 2^{exponent}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn high_mul(a: i32, b: i32) {
            prop_assert_eq!(saturating_rounding_doubling_high_mul(a, b), high_mul_rule(a, b));
        }

        #[test]
        fn divide(x: i32, exponent in 0..32i32) {
            prop_assert_eq!(rounding_divide_by_pot(x, exponent), divide_rule(x, exponent));
        }

        #[test]
        fn requantise_clamps(x: i32, multiplier in 0..=i32::MAX, shift in -31..=30i32, zero_point in -128..=127, a: i8, b: i8) {
            let activation = Activation { min: i32::from(a.min(b)), max: i32::from(a.max(b)) };
            let shifted = x.wrapping_mul(1 << shift.max(0));
            let value = divide_rule(high_mul_rule(shifted, multiplier), (-shift).max(0)).wrapping_add(zero_point);
            prop_assert_eq!(
                i32::from(requantise(x, multiplier, shift, zero_point, activation)),
                value.clamp(activation.min, activation.max)
            );
        }
    }
}
