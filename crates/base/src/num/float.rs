//! Doubles: the forms that Redis 8.2 reads (`string2d`) and the text that it writes (`d2string`).
//!
//! The digits are those of Redis's own generator, Grisu2: they read back as the same double, and are mostly the fewest that do.

use super::grisu::Digits;

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
/// digits of Grisu2, plain (`0.001`, `12345678901234567000`) or, where that would add many zeros or
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
        write_digits(&Digits::of(value.abs()), out);
    }
}

/// Writes digits in the layout of Redis's `fpconv`.
fn write_digits(number: &Digits, out: &mut Vec<u8>) {
    const PADDING_MAX: i32 = 7;
    const FRACTION_MAX: i32 = 7;
    let digits = number.text();
    let len = digits.len() as i32;
    // The number is `digits × 10^scale` and, with an exponent, `d.ddd × 10^exponent`.
    let (scale, exponent) = (number.scale, number.scale + len - 1);
    if scale >= 0 && exponent < len + PADDING_MAX {
        out.extend_from_slice(digits);
        out.extend(std::iter::repeat_n(b'0', scale as usize));
    } else if scale < 0 && (scale > -FRACTION_MAX || exponent.abs() < 4) {
        match usize::try_from(scale + len) {
            Ok(point @ 1..) => {
                let (whole, fraction) = digits.split_at(point.min(digits.len()));
                out.extend_from_slice(whole);
                out.push(b'.');
                out.extend_from_slice(fraction);
            }
            _ => {
                out.extend_from_slice(b"0.");
                out.extend(std::iter::repeat_n(b'0', (scale + len).unsigned_abs() as usize));
                out.extend_from_slice(digits);
            }
        }
    } else {
        let (first, rest) = digits.split_at(1.min(digits.len()));
        out.extend_from_slice(first);
        if !rest.is_empty() {
            out.push(b'.');
            out.extend_from_slice(rest);
        }
        out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
        super::write_u64(out, u64::from(exponent.unsigned_abs()));
    }
}

#[cfg(test)]
#[path = "float_tests.rs"]
mod tests;
