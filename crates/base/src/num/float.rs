//! Doubles: the forms that Redis 8.2 reads (`string2d`) and the text that it writes (`d2string`).
//!
//! The digits come from the shortest text that reads back as the same double. Redis's own generator (Grisu2) gives the same
//! digits but for about one double in a thousand, where it gives one that is longer; see docs/compatibility.md.

/// The double that `text` is, as scores and increments are read: decimal or exponent form, hexadecimal (`0x1.8p3`), `inf` or
/// `infinity` in any case, each with an optional sign. Refused are NaN, empty text, spaces, trailing bytes, and numbers
/// too large for a double or so small that they would become 0.
#[inline]
pub fn parse_f64(text: &[u8]) -> Option<f64> {
    match fast_float2::parse::<f64, _>(text) {
        Ok(value) if value.is_normal() => Some(value),
        Ok(value) => accept_unusual(text, value),
        Err(_) => super::hex::parse_hex_f64(text),
    }
}

/// The double that `text` is, as the borders of score ranges are read: as [`parse_f64`], but too large becomes infinite, too
/// small becomes 0, hexadecimal is refused, and the text ends at a `\0`; nothing before it is 0.
pub fn parse_f64_border(text: &[u8]) -> Option<f64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or(&[]);
    if text.is_empty() {
        return Some(0.0);
    }
    let value = fast_float2::parse::<f64, _>(text).ok()?;
    (!value.is_nan()).then_some(value)
}

/// Zeros, subnormals, infinities and NaN: were they meant, or are they what is left of a number out of range?
#[cold]
fn accept_unusual(text: &[u8], value: f64) -> Option<f64> {
    let meant = if value.is_nan() {
        false
    } else if value.is_infinite() {
        // Only the word has an `n`.
        text.iter().any(|byte| byte.eq_ignore_ascii_case(&b'n'))
    } else if value == 0.0 {
        let mantissa = text.split(|byte| byte.eq_ignore_ascii_case(&b'e')).next().unwrap_or(text);
        !mantissa.iter().any(|byte| matches!(byte, b'1'..=b'9'))
    } else {
        true
    };
    meant.then_some(value)
}

/// Appends the text of `value` that Redis prints: `inf`, `-inf`, `nan`, `-0`; integers up to 2^62 in full; otherwise the
/// shortest digits that read back as `value`, plain (`0.001`, `12345678901234567000`) or, where that would add many zeros or
/// has many decimals, with an exponent (`1.5e-7`, `1e+300`).
pub fn write_f64(out: &mut Vec<u8>, value: f64) {
    const INTEGER_BOUND: f64 = (1u64 << 62) as f64;
    if value.is_nan() {
        out.extend_from_slice(b"nan");
    } else if value.is_infinite() {
        out.extend_from_slice(if value < 0.0 { b"-inf" } else { b"inf" });
    } else if value == 0.0 {
        out.extend_from_slice(if value.is_sign_negative() { b"-0" } else { b"0" });
    } else if value.abs() <= INTEGER_BOUND && value.trunc() == value {
        super::write_i64(out, value as i64);
    } else {
        if value < 0.0 {
            out.push(b'-');
        }
        Decimal::shortest(value.abs()).write(out);
    }
}

/// `0.d1d2d3… × 10^point`, with no zero at either end.
struct Decimal {
    digits: [u8; Decimal::DIGITS_MAX],
    len: usize,
    point: i32,
}

impl Decimal {
    /// No double needs more digits than this.
    const DIGITS_MAX: usize = 17;

    /// The shortest digits of a finite positive number.
    fn shortest(value: f64) -> Self {
        let mut buffer = zmij::Buffer::new();
        Self::from_text(buffer.format_finite(value).as_bytes())
    }

    /// Reads `123`, `12.5`, `0.001`, `1.5e-7`: any usual notation.
    fn from_text(text: &[u8]) -> Self {
        let mut decimal = Self { digits: [b'0'; Self::DIGITS_MAX], len: 0, point: 0 };
        let (mut after_point, mut significant) = (false, 0);
        let mut rest = text.iter();
        for &byte in rest.by_ref() {
            match byte {
                b'0'..=b'9' => {
                    if !after_point && (significant > 0 || byte != b'0') {
                        decimal.point += 1;
                    } else if after_point && significant == 0 && byte == b'0' {
                        decimal.point -= 1;
                    }
                    if significant > 0 || byte != b'0' {
                        if let Some(digit) = decimal.digits.get_mut(significant) {
                            *digit = byte;
                        }
                        significant += 1;
                        if byte != b'0' {
                            decimal.len = significant.min(Self::DIGITS_MAX);
                        }
                    }
                }
                b'.' => after_point = true,
                _ => break,
            }
        }
        let exponent = rest.as_slice();
        let exponent = exponent.strip_prefix(b"+").unwrap_or(exponent);
        decimal.point += super::parse_i64(exponent).unwrap_or(0) as i32;
        decimal
    }

    /// The layout of Redis's `fpconv`.
    fn write(&self, out: &mut Vec<u8>) {
        const PADDING_MAX: i32 = 7;
        const FRACTION_MAX: i32 = 7;
        let digits = self.digits.get(..self.len).unwrap_or(&self.digits);
        let len = self.len as i32;
        // The number is `digits × 10^scale` and, with an exponent, `d.ddd × 10^exponent`.
        let (scale, exponent) = (self.point - len, self.point - 1);
        if scale >= 0 && exponent < len + PADDING_MAX {
            out.extend_from_slice(digits);
            out.extend(std::iter::repeat_n(b'0', scale as usize));
        } else if scale < 0 && (scale > -FRACTION_MAX || exponent.abs() < 4) {
            match usize::try_from(self.point) {
                Ok(point @ 1..) => {
                    let (whole, fraction) = digits.split_at(point.min(digits.len()));
                    out.extend_from_slice(whole);
                    out.push(b'.');
                    out.extend_from_slice(fraction);
                }
                _ => {
                    out.extend_from_slice(b"0.");
                    out.extend(std::iter::repeat_n(b'0', self.point.unsigned_abs() as usize));
                    out.extend_from_slice(digits);
                }
            }
        } else {
            let (first, rest) = digits.split_at(1);
            out.extend_from_slice(first);
            if !rest.is_empty() {
                out.push(b'.');
                out.extend_from_slice(rest);
            }
            out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
            super::write_u64(out, u64::from(exponent.unsigned_abs()));
        }
    }
}

#[cfg(test)]
#[path = "float_tests.rs"]
mod tests;
