//! Hexadecimal doubles, which Redis takes because C's `strtod` does.

/// Exponent digits beyond which the result is infinite or zero anyway.
const EXPONENT_MAX: i64 = 1 << 40;

/// `[+-]0x` hexadecimal digits with an optional `.` among them, and an optional `p` with a decimal exponent of two.
/// Refused are numbers out of range, as by [`super::parse_f64`].
pub(super) fn parse_hex_f64(text: &[u8]) -> Option<f64> {
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let [b'0', b'x' | b'X', rest @ ..] = rest else { return None };
    let end = rest.iter().position(|byte| matches!(byte, b'p' | b'P'));
    let (mantissa, exponent) = match end {
        Some(end) => (rest.get(..end)?, parse_exponent(rest.get(end + 1..)?)?),
        None => (rest, 0),
    };
    let value = assemble(mantissa, exponent)?;
    Some(if negative { -value } else { value })
}

fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = (value * 10 + i64::from(digit - b'0')).min(EXPONENT_MAX);
    }
    Some(if negative { -value } else { value })
}

/// `mantissa × 2^exponent`, rounded once to nearest, ties to even.
fn assemble(mantissa: &[u8], mut exponent: i64) -> Option<f64> {
    // The first 64 significant bits; whether anything follows is kept in the lowest.
    let mut bits = 0u64;
    let (mut after_point, mut digits) = (false, 0u64);
    for &byte in mantissa {
        if byte == b'.' && !after_point {
            after_point = true;
            continue;
        }
        let digit = u64::from((byte as char).to_digit(16)?);
        digits += 1;
        if bits >> 60 == 0 {
            bits = bits << 4 | digit;
            exponent -= if after_point { 4 } else { 0 };
        } else {
            bits |= u64::from(digit != 0);
            exponent += if after_point { 0 } else { 4 };
        }
    }
    if digits == 0 {
        return None;
    }
    if bits == 0 {
        return Some(0.0);
    }
    let shift = bits.leading_zeros();
    round(bits << shift, exponent - i64::from(shift) + 63)
}

/// The double nearest to `1.bbb… × 2^exponent`, the highest bit of `bits` being the 1.
fn round(bits: u64, mut exponent: i64) -> Option<f64> {
    const LOWEST_NORMAL: i64 = -1022;
    const HIGHEST: i64 = 1023;
    let precision = 53 - (LOWEST_NORMAL - exponent).max(0);
    if precision < 0 {
        return None;
    }
    let dropped = 64 - precision as u32;
    let wide = u128::from(bits);
    let (mut kept, rest, half) = (wide >> dropped, wide & ((1 << dropped) - 1), 1u128 << (dropped - 1));
    if rest > half || (rest == half && kept & 1 == 1) {
        kept += 1;
    }
    if exponent >= LOWEST_NORMAL && kept == 1 << 53 {
        kept >>= 1;
        exponent += 1;
    }
    if exponent > HIGHEST || kept == 0 {
        return None;
    }
    // A subnormal has the exponent field 0; one that rounded up to 2^52 becomes the lowest normal by itself.
    let field = if exponent < LOWEST_NORMAL { 0 } else { (exponent + HIGHEST) as u64 };
    let fraction = if field == 0 { kept as u64 } else { kept as u64 & ((1 << 52) - 1) };
    Some(f64::from_bits((field << 52) + fraction))
}

#[cfg(test)]
mod tests {
    use super::parse_hex_f64;
    use proptest::prelude::*;

    #[test]
    fn forms() {
        fn check(text: &str, value: impl Into<Option<f64>>) {
            assert_eq!(parse_hex_f64(text.as_bytes()), value.into(), "{text}");
        }
        check("0x10", 16.0);
        check("0X1.8p1", 3.0);
        check("-0x10", -16.0);
        check("+0x.8", 0.5);
        check("0x8.", 8.0);
        check("0x0p999999999999999999999", 0.0);
        check("0x1p1023", 2f64.powi(1023));
        check("0x1p1024", None);
        check("0x1.fffffffffffff8p1023", None);
        check("0x1.fffffffffffff7p1023", f64::MAX);
        check("0x1p-1074", 5e-324);
        check("0x1p-1075", None);
        check("0x1.1p-1075", 5e-324);
        check("0x1.fffffffffffffp-1023", f64::MIN_POSITIVE);
        check("0x20000000000001", 9_007_199_254_740_992.0);
        check("0x20000000000003", 9_007_199_254_740_996.0);
        check("0x20000000000001000000001p-36", 9_007_199_254_740_994.0);
        for text in
            ["", "0x", "0x.", "0xp1", "0x1p", "0x1p+", "0x1p1.", "0x1..8", "x1", "0x1 ", "0xg", "1", "0x1p1x"]
        {
            check(text, None);
        }
    }

    proptest! {
        #[test]
        fn every_double_is_read_exactly(value in any::<f64>().prop_filter("finite", |value| value.is_finite() && *value != 0.0)) {
            let bits = value.abs().to_bits();
            let (field, fraction) = (bits >> 52, bits & ((1 << 52) - 1));
            let text = if field == 0 {
                format!("0x{fraction:x}p-1074")
            } else {
                format!("0x1.{fraction:013x}p{}", field as i64 - 1023)
            };
            prop_assert_eq!(parse_hex_f64(text.as_bytes()), Some(value.abs()));
        }

        #[test]
        fn never_panics(text in "[+-]?0x[0-9a-f.]{0,30}(p[+-]?[0-9]{0,6})?") {
            parse_hex_f64(text.as_bytes());
        }
    }
}
