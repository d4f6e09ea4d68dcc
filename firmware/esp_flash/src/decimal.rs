//! Real numbers as text.

use core::fmt;

/// A number with three digits behind the point. The standard library's text of a number takes more than 1 KB of stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decimal(pub f32);

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let half = if self.0 < 0.0 { -0.5 } else { 0.5 };
        let thousandths = (self.0 * 1000.0 + half) as i64;
        match thousandths {
            _ if self.0.is_nan() => formatter.write_str("NaN"),
            i64::MIN => formatter.write_str("-large"),
            i64::MAX => formatter.write_str("large"),
            _ => {
                let sign = if thousandths < 0 { "-" } else { "" };
                let size = thousandths.unsigned_abs();
                write!(formatter, "{sign}{}.{:03}", size / 1000, size % 1000)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn three_digits_are_rounded_to() {
        let numbers = [0.0, 0.9976, 1.9996, -0.0004, -0.05, -12.3456, 1234.5];
        let texts = [
            "0.000", "0.998", "2.000", "0.000", "-0.050", "-12.346", "1234.500",
        ];
        for (number, text) in numbers.into_iter().zip(texts) {
            assert_eq!(Decimal(number).to_string(), text);
        }
    }

    #[test]
    fn what_has_no_digits_has_a_name() {
        assert_eq!(Decimal(f32::NAN).to_string(), "NaN");
        assert_eq!(Decimal(f32::INFINITY).to_string(), "large");
        assert_eq!(Decimal(-1e30).to_string(), "-large");
    }
}
