//! Exact floating-point results and their rounding.
//!
//! Single precision, all four rounding modes of FCR, sticky flags in FSR,
//! subnormals in full. NaN results are the default quiet NaN; which payload the
//! chip returns is not published.

use crate::core::Core;

/// Sign bit.
pub(super) const SIGN: u32 = 0x8000_0000;
/// Infinity.
pub(super) const INFINITY: u32 = 0x7F80_0000;
/// The NaN that invalid operations give.
pub(super) const QUIET_NAN: u32 = 0x7FC0_0000;

/// FSR flag of an invalid operation.
pub(super) const INVALID: u32 = 1 << 11;
/// FSR flag of a division by zero.
pub(super) const DIVIDE_BY_ZERO: u32 = 1 << 10;
const OVERFLOW: u32 = 1 << 9;
const UNDERFLOW: u32 = 1 << 8;
/// FSR flag of a rounded result.
pub(super) const INEXACT: u32 = 1 << 7;

/// Rounding modes, in the order of FCR's two low bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    NearestEven,
    Zero,
    Up,
    Down,
}

impl Rounding {
    /// The mode that FCR selects.
    pub(super) fn of(c: &Core) -> Self {
        match c.fcr & 3 {
            0 => Rounding::NearestEven,
            1 => Rounding::Zero,
            2 => Rounding::Up,
            _ => Rounding::Down,
        }
    }
}

/// The number `magnitude * 2^exponent`, negated if `negative`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exact {
    pub negative: bool,
    pub magnitude: u128,
    pub exponent: i32,
}

/// Whether `bits` is a NaN.
pub(super) fn is_nan(bits: u32) -> bool {
    bits & !SIGN > INFINITY
}

/// Whether `bits` is a signaling NaN.
pub(super) fn is_signaling(bits: u32) -> bool {
    is_nan(bits) && bits & 0x40_0000 == 0
}

impl Exact {
    /// The value of a finite number.
    pub(super) fn of(bits: u32) -> Self {
        let field = bits >> 23 & 255;
        let fraction = u128::from(bits & 0x7F_FFFF);
        Exact {
            negative: bits & SIGN != 0,
            magnitude: if field == 0 {
                fraction
            } else {
                fraction | 0x80_0000
            },
            exponent: field.max(1) as i32 - 150,
        }
    }

    /// The product.
    pub(super) fn times(self, other: Exact) -> Exact {
        Exact {
            negative: self.negative != other.negative,
            magnitude: self.magnitude * other.magnitude,
            exponent: self.exponent + other.exponent,
        }
    }

    /// The sum of numbers of at most 64 bits. Bits far below the result's
    /// precision are merged into its lowest bit, which rounds the same.
    pub(super) fn plus(self, other: Exact) -> Exact {
        if self.magnitude == 0 || other.magnitude == 0 {
            return if self.magnitude == 0 { other } else { self };
        }
        let (high, low) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let room = high.magnitude.leading_zeros() as i32 - 2;
        let up = room.min(high.exponent - low.exponent);
        let down = high.exponent - low.exponent - up;
        let a = high.magnitude << up;
        let b = shift_right_sticky(low.magnitude, down as u32);
        let exponent = high.exponent - up;
        if high.negative == low.negative {
            return Exact {
                negative: high.negative,
                magnitude: a + b,
                exponent,
            };
        }
        let negative = if a >= b { high.negative } else { low.negative };
        Exact {
            negative,
            magnitude: a.abs_diff(b),
            exponent,
        }
    }
}

/// Shifts right; the lowest bit also stands for everything shifted out.
fn shift_right_sticky(value: u128, by: u32) -> u128 {
    if by >= 128 {
        return u128::from(value != 0);
    }
    let kept = value >> by;
    kept | u128::from(kept << by != value)
}

/// Rounds to single precision and raises the flags that this calls for.
pub(super) fn round(exact: Exact, mode: Rounding, flags: &mut u32) -> u32 {
    let sign = if exact.negative { SIGN } else { 0 };
    if exact.magnitude == 0 {
        return sign;
    }
    // Exponent of the result's lowest bit: 24 bits, fewer for subnormals.
    let top = 127 - exact.magnitude.leading_zeros() as i32;
    let lowest = (exact.exponent + top - 23).max(-149);
    let drop = lowest - exact.exponent;
    // Two extra bits: half and sticky.
    let extended = if drop >= 2 {
        shift_right_sticky(exact.magnitude, drop as u32 - 2)
    } else {
        exact.magnitude << (2 - drop)
    } as u64;
    let (kept, rest) = ((extended >> 2) as u32, extended & 3);
    let up = match mode {
        Rounding::NearestEven => rest > 2 || rest == 2 && kept & 1 == 1,
        Rounding::Zero => false,
        Rounding::Up => rest != 0 && !exact.negative,
        Rounding::Down => rest != 0 && exact.negative,
    };
    let rounded = kept + u32::from(up);
    // A carry out of the fraction moves into the exponent by itself.
    let biased = ((lowest + 149) as u32) << 23;
    let bits = biased.saturating_add(rounded);
    if rest != 0 {
        *flags |= INEXACT;
        if rounded < 0x80_0000 {
            *flags |= UNDERFLOW;
        }
    }
    if bits >= INFINITY {
        *flags |= OVERFLOW | INEXACT;
        let to_infinity = match mode {
            Rounding::NearestEven => true,
            Rounding::Zero => false,
            Rounding::Up => !exact.negative,
            Rounding::Down => exact.negative,
        };
        return sign | if to_infinity { INFINITY } else { INFINITY - 1 };
    }
    sign | bits
}

/// `a * b + addend`, rounded once in the mode of FCR, with flags in FSR.
pub(super) fn multiply_add(c: &mut Core, a: u32, b: u32, addend: u32) -> u32 {
    let mode = Rounding::of(c);
    multiply_add_in(mode, &mut c.fsr, a, b, addend)
}

/// `a * b + addend`, rounded once in `mode`.
pub(super) fn multiply_add_in(mode: Rounding, flags: &mut u32, a: u32, b: u32, addend: u32) -> u32 {
    if mode == Rounding::NearestEven
        && let Some((bits, inexact)) = common_case(a, b, addend)
    {
        *flags |= if inexact { INEXACT } else { 0 };
        return bits;
    }
    let [x, y, z] = [a, b, addend].map(f32::from_bits);
    if x.is_nan() || y.is_nan() || z.is_nan() {
        if [a, b, addend].into_iter().any(is_signaling) {
            *flags |= INVALID;
        }
        return QUIET_NAN;
    }
    let sign = (a ^ b) & SIGN;
    if x.is_infinite() || y.is_infinite() {
        let opposite = z.is_infinite() && addend & SIGN != sign;
        if x == 0.0 || y == 0.0 || opposite {
            *flags |= INVALID;
            return QUIET_NAN;
        }
        return sign | INFINITY;
    }
    if z.is_infinite() {
        return addend;
    }
    let product = Exact::of(a).times(Exact::of(b));
    let mut sum = product.plus(Exact::of(addend));
    if sum.magnitude == 0 {
        let same = sign == addend & SIGN;
        sum.negative = if same {
            sign != 0
        } else {
            mode == Rounding::Down
        };
    }
    round(sum, mode, flags)
}

/// The result and whether it was rounded, for finite numbers well inside the
/// range. The product is exact in double precision; the sum is made odd when it
/// is not exact, so that the second rounding cannot go wrong.
fn common_case(a: u32, b: u32, addend: u32) -> Option<(u32, bool)> {
    let [x, y, z] = [a, b, addend].map(|v| f64::from(f32::from_bits(v)));
    let product = x * y;
    let sum = product + z;
    let back = sum - product;
    let error = (product - (sum - back)) + (z - back);
    let odd = if error == 0.0 || sum.to_bits() & 1 == 1 {
        sum
    } else if (error > 0.0) == (sum > 0.0) {
        f64::from_bits(sum.to_bits() + 1)
    } else {
        f64::from_bits(sum.to_bits() - 1)
    };
    let result = odd as f32;
    let usual = 1e-36..1e38;
    usual
        .contains(&result.abs())
        .then(|| (result.to_bits(), error != 0.0 || f64::from(result) != sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> impl Iterator<Item = u32> {
        let edges = [
            0,
            1,
            2,
            0x7F_FFFF,
            0x80_0000,
            0x80_0001,
            0x3F80_0000,
            0x3F7F_FFFF,
            0x7F7F_FFFF,
            INFINITY,
        ];
        let mut state = 12345u64;
        let random = std::iter::repeat_with(move || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 32) as u32
        });
        edges
            .into_iter()
            .flat_map(|e| [e, e | SIGN])
            .chain(random.take(200))
    }

    #[test]
    fn nearest_results_match_the_host() {
        let mut flags = 0;
        for a in numbers() {
            for b in numbers() {
                let [x, y] = [a, b].map(f32::from_bits);
                let check = |got: u32, want: f32| {
                    let same = got == want.to_bits() || is_nan(got) && want.is_nan();
                    assert!(same, "{x:e} {y:e}: {:e} not {want:e}", f32::from_bits(got));
                };
                let mode = Rounding::NearestEven;
                check(multiply_add_in(mode, &mut flags, a, 0x3F80_0000, b), x + y);
                check(
                    multiply_add_in(mode, &mut flags, a, b, (a ^ b) & SIGN),
                    x * y,
                );
                check(
                    multiply_add_in(mode, &mut flags, a, b, 0x3F80_0001),
                    x.mul_add(y, f32::from_bits(0x3F80_0001)),
                );
            }
        }
    }

    #[test]
    fn directed_modes_bracket_the_exact_value_and_set_flags() {
        let third = |mode| {
            let mut flags = 0;
            let exact = Exact {
                negative: false,
                magnitude: (1 << 100) / 3,
                exponent: -100,
            };
            (round(exact, mode, &mut flags), flags)
        };
        let (down, up) = (third(Rounding::Down), third(Rounding::Up));
        assert_eq!((up.0, down.1, up.1), (down.0 + 1, INEXACT, INEXACT));
        assert_eq!(third(Rounding::Zero), down);
        let mut flags = 0;
        let huge = Exact {
            negative: false,
            magnitude: 1,
            exponent: 200,
        };
        assert_eq!(round(huge, Rounding::Zero, &mut flags), INFINITY - 1);
        assert_eq!(flags, OVERFLOW | INEXACT);
    }
}
