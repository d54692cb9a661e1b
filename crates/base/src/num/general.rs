//! Doubles with 17 digits, as C's `%.17g` prints them: what Redis shows of the scores of a big sorted set in ZSCAN.

use std::io::Write;

/// Significant digits.
const DIGITS: usize = 17;

/// Appends the text of `value` with 17 significant digits, zeros at the end left out: `0.10000000000000001`, `1e+300`,
/// `inf`, `nan`.
pub fn write_f64_17(out: &mut Vec<u8>, value: f64) {
    if !value.is_finite() || value == 0.0 {
        return super::write_f64(out, value);
    }
    // One digit, a point, 16 digits, an exponent.
    let mut text = [0u8; 32];
    let mut rest = &mut text[..];
    if write!(rest, "{:.16e}", value.abs()).is_err() {
        return;
    }
    let (mut digits, mut len, mut exponent) = ([b'0'; DIGITS], 0, 0i32);
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                if let Some(digit) = digits.get_mut(len) {
                    *digit = byte;
                    len += 1;
                }
            }
            b'e' => {
                let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
                exponent = super::parse_i64(text.get(at + 1..end).unwrap_or_default()).unwrap_or(0) as i32;
                break;
            }
            _ => {}
        }
    }
    if value < 0.0 {
        out.push(b'-');
    }
    let used = digits.iter().rposition(|&digit| digit != b'0').map_or(1, |last| last + 1);
    let digits = digits.get(..used).unwrap_or_default();
    if (-4..DIGITS as i32).contains(&exponent) {
        write_plain(out, digits, exponent);
    } else {
        let (first, rest) = digits.split_at(1);
        out.extend_from_slice(first);
        if !rest.is_empty() {
            out.push(b'.');
            out.extend_from_slice(rest);
        }
        out.extend_from_slice(if exponent < 0 { b"e-" } else { b"e+" });
        let exponent = exponent.unsigned_abs();
        if exponent < 10 {
            out.push(b'0');
        }
        super::write_u64(out, u64::from(exponent));
    }
}

/// Writes `d.ddd × 10^exponent` without an exponent.
fn write_plain(out: &mut Vec<u8>, digits: &[u8], exponent: i32) {
    let Ok(whole) = usize::try_from(exponent).map(|exponent| exponent + 1) else {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', exponent.unsigned_abs() as usize - 1));
        return out.extend_from_slice(digits);
    };
    let (before, behind) = digits.split_at(whole.min(digits.len()));
    out.extend_from_slice(before);
    out.extend(std::iter::repeat_n(b'0', whole - before.len()));
    if !behind.is_empty() {
        out.push(b'.');
        out.extend_from_slice(behind);
    }
}

#[cfg(test)]
mod tests {
    use super::write_f64_17;

    fn check(value: f64, expect: &str) {
        let mut out = Vec::new();
        write_f64_17(&mut out, value);
        assert_eq!(String::from_utf8_lossy(&out), expect);
    }

    #[test]
    fn as_c_prints_them() {
        check(0.1, "0.10000000000000001");
        check(6.3, "6.2999999999999998");
        check(-5.5, "-5.5");
        check(6.0, "6");
        check(0.0, "0");
        check(1e16, "10000000000000000");
        check(1e17, "1e+17");
        check(1.5e300, "1.5000000000000001e+300");
        check(0.0001, "0.0001");
        check(0.00001, "1.0000000000000001e-05");
        check(f64::NEG_INFINITY, "-inf");
        check(9007199254740993.0, "9007199254740992");
        check(1.7976931348623157e308, "1.7976931348623157e+308");
        check(5e-324, "4.9406564584124654e-324");
    }
}
