//! Exponential, reciprocal, logistic and hyperbolic tangent on fixed-point numbers: the arithmetic of gemmlowp's
//! `fixedpoint.h`, which TFLite Micro's int8 SOFTMAX, LOGISTIC and TANH use.
//!
//! A number with `n` integer bits is an `i32` whose unit is `2^(31 - n)`.

use crate::requantise::{rounding_divide_by_pot, saturating_rounding_doubling_high_mul as product};

/// The largest number with no integer bits, which stands for 1.
const ONE: i32 = i32::MAX;

/// `x * 2^exponent`, saturating upwards and rounding downwards (`SaturatingRoundingMultiplyByPOT`).
#[inline]
pub(crate) const fn multiply_by_pot(x: i32, exponent: i32) -> i32 {
    if exponent <= 0 {
        return rounding_divide_by_pot(x, -exponent);
    }
    let threshold = (1 << (31 - exponent)) - 1;
    if x > threshold {
        i32::MAX
    } else if x < -threshold {
        i32::MIN
    } else {
        x << exponent
    }
}

/// `(a + b) / 2`, halves away from zero (`RoundingHalfSum`).
#[inline]
const fn half_sum(a: i32, b: i32) -> i32 {
    let sum = a as i64 + b as i64;
    let sign = if sum >= 0 { 1 } else { -1 };
    ((sum + sign) / 2) as i32
}

/// `exp(a)` for `-1/4 <= a < 0`, no integer bits.
#[inline]
const fn exp_on_last_quarter(a: i32) -> i32 {
    const EXP_OF_MINUS_EIGHTH: i32 = 1_895_147_668;
    const THIRD: i32 = 715_827_883;
    let x = a.wrapping_add(1 << 28);
    let x2 = product(x, x);
    let x3 = product(x2, x);
    let x4 = product(x2, x2);
    let x4_over_4 = multiply_by_pot(x4, -2);
    let tail = multiply_by_pot(
        product(x4_over_4.wrapping_add(x3), THIRD).wrapping_add(x2),
        -1,
    );
    EXP_OF_MINUS_EIGHTH.wrapping_add(product(EXP_OF_MINUS_EIGHTH, x.wrapping_add(tail)))
}

/// `exp(a)` for `a <= 0` with `integer_bits` integer bits; the result has none (`exp_on_negative_values`).
#[inline]
pub(crate) fn exp_on_negative_values(a: i32, integer_bits: i32) -> i32 {
    /// Powers of two from 1/4 on, and the exponentials of their negatives.
    const FACTORS: [(i32, i32); 7] = [
        (-2, 1_672_461_947),
        (-1, 1_302_514_674),
        (0, 790_015_084),
        (1, 290_630_308),
        (2, 39_332_535),
        (3, 720_401),
        (4, 242),
    ];
    if a == 0 {
        return ONE;
    }
    let fractional_bits = 31 - integer_bits;
    let quarter = 1 << (fractional_bits - 2);
    let minus_quarter = (a & (quarter - 1)) - quarter;
    let remainder = minus_quarter.wrapping_sub(a);
    let mut result = exp_on_last_quarter(multiply_by_pot(minus_quarter, integer_bits));
    for (exponent, factor) in FACTORS {
        if integer_bits > exponent && remainder & (1 << (fractional_bits + exponent)) != 0 {
            result = product(result, factor);
        }
    }
    if integer_bits > 5 && a < -(1 << (36 - integer_bits)) {
        0
    } else {
        result
    }
}

/// Newton's iteration for `1 / ((1 + a) / 2)` with two integer bits; `a` from 0 to 1 has none.
#[inline]
const fn reciprocal_of_half_denominator(a: i32) -> i32 {
    const FORTY_EIGHT_SEVENTEENTHS: i32 = 1_515_870_810;
    const MINUS_THIRTY_TWO_SEVENTEENTHS: i32 = -1_010_580_540;
    const ONE_WITH_TWO_BITS: i32 = 1 << 29;
    let half_denominator = half_sum(a, ONE);
    let mut x = FORTY_EIGHT_SEVENTEENTHS
        .wrapping_add(product(half_denominator, MINUS_THIRTY_TWO_SEVENTEENTHS));
    let mut iteration = 0;
    while iteration < 3 {
        let error = ONE_WITH_TWO_BITS.wrapping_sub(product(half_denominator, x));
        x = x.wrapping_add(multiply_by_pot(product(x, error), 2));
        iteration += 1;
    }
    x
}

/// `1 / (1 + a)` for `a` from 0 to 1, no integer bits (`one_over_one_plus_x_for_x_in_0_1`).
#[inline]
pub(crate) const fn one_over_one_plus(a: i32) -> i32 {
    multiply_by_pot(reciprocal_of_half_denominator(a), 1)
}

/// `(1 - a) / (1 + a)` for `a` from 0 to 1, no integer bits (`one_minus_x_over_one_plus_x_for_x_in_0_1`).
#[inline]
const fn one_minus_over_one_plus(a: i32) -> i32 {
    multiply_by_pot(reciprocal_of_half_denominator(a).wrapping_sub(1 << 29), 2)
}

/// `1 / (1 + exp(-a))`, `a` with `integer_bits` integer bits; the result has none.
#[inline]
pub(crate) fn logistic(a: i32, integer_bits: i32) -> i32 {
    if a == 0 {
        return 1 << 30;
    }
    let positive = one_over_one_plus(exp_on_negative_values(
        a.wrapping_abs().wrapping_neg(),
        integer_bits,
    ));
    if a > 0 {
        positive
    } else {
        ONE.wrapping_sub(positive)
    }
}

/// The hyperbolic tangent, `a` with `integer_bits` integer bits; the result has none.
#[inline]
pub(crate) fn tanh(a: i32, integer_bits: i32) -> i32 {
    if a == 0 {
        return 0;
    }
    // Twice the argument is the same number with one integer bit more.
    let positive = one_minus_over_one_plus(exp_on_negative_values(
        a.wrapping_abs().wrapping_neg(),
        integer_bits + 1,
    ));
    if a > 0 {
        positive
    } else {
        positive.wrapping_neg()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn real(raw: i32, integer_bits: i32) -> f64 {
        f64::from(raw) / 2f64.powi(31 - integer_bits)
    }

    #[test]
    fn functions_are_close_to_the_real_ones() {
        for integer_bits in [4, 5] {
            for raw in (i32::MIN + 1..i32::MAX).step_by(9_999_991) {
                let a = real(raw, integer_bits);
                if raw <= 0 {
                    let exp = real(exp_on_negative_values(raw, integer_bits), 0);
                    assert!((exp - a.exp()).abs() < 1e-6, "exp({a}) = {exp}");
                }
                let value = real(logistic(raw, integer_bits), 0);
                assert!(
                    (value - 1.0 / (1.0 + (-a).exp())).abs() < 1e-6,
                    "logistic({a}) = {value}"
                );
                if integer_bits == 4 {
                    let value = real(tanh(raw, integer_bits), 0);
                    assert!((value - a.tanh()).abs() < 1e-6, "tanh({a}) = {value}");
                }
            }
        }
    }

    #[test]
    fn powers_of_two_saturate_and_round() {
        assert_eq!(multiply_by_pot(1 << 29, 1), 1 << 30);
        assert_eq!(multiply_by_pot(1 << 30, 1), i32::MAX);
        assert_eq!(multiply_by_pot(-(1 << 30) - 1, 1), i32::MIN);
        assert_eq!(multiply_by_pot(3, -1), 2);
        assert_eq!(multiply_by_pot(-3, -1), -2);
    }
}
