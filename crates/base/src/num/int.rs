//! Integers: a strict reader (Redis's `string2ll`) and a writer that puts out two digits at a time.

/// Longest text of an `i64` or `u64`, `-9223372036854775808` or `18446744073709551615`.
const DIGITS_MAX: usize = 20;

/// Two digits for each number below 100.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

/// The integer that `text` is, in the one form that Redis takes: an optional `-`, then `0` or digits without a leading
/// zero. No `+`, no spaces, no `-0`, nothing beyond 64 bits. What this accepts, [`write_i64`] gives back unchanged.
#[inline]
pub fn parse_i64(text: &[u8]) -> Option<i64> {
    match text {
        [b'-', digits @ ..] => {
            let magnitude = parse_u64(digits)?;
            // `-0` is refused; the magnitude of the minimum is one more than the maximum.
            if magnitude == 0 { None } else { 0i64.checked_sub_unsigned(magnitude) }
        }
        digits => i64::try_from(parse_u64(digits)?).ok(),
    }
}

/// The unsigned integer that `text` is: `0` or digits without a leading zero, at most 64 bits.
#[inline]
pub fn parse_u64(text: &[u8]) -> Option<u64> {
    let (&first, rest) = text.split_first()?;
    let first = first.wrapping_sub(b'0');
    if first == 0 {
        return rest.is_empty().then_some(0);
    }
    if first > 9 || text.len() > DIGITS_MAX {
        return None;
    }
    let mut value = u64::from(first);
    // Eighteen further digits cannot overflow; the twentieth in all is added with care.
    let (plain, last) = rest.split_at(rest.len().min(DIGITS_MAX - 2));
    for &byte in plain {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    for &byte in last {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(value)
}

/// The unsigned integer that `text` is as Redis's `string2ull` reads it: what is no canonical integer is read by C's
/// `strtoull`, which skips spaces, knows signs and leading zeros, and stops at a NUL.
pub fn parse_u64_freely(text: &[u8]) -> Option<u64> {
    if let Some(int) = parse_i64(text) {
        return u64::try_from(int).ok();
    }
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let text = text.get(text.iter().take_while(|&byte| is_space(byte)).count()..)?;
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    let value = digits.iter().try_fold(0u64, |value, &byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })?;
    Some(if negative { value.wrapping_neg() } else { value })
}

/// Appends `value` in decimal.
#[inline]
pub fn write_i64(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    write_u64(out, value.unsigned_abs());
}

/// Appends `value` in decimal.
#[inline]
pub fn write_u64(out: &mut Vec<u8>, value: u64) {
    if value < 10 {
        out.push(b'0' + value as u8);
        return;
    }
    if value < 100 {
        out.extend_from_slice(&PAIRS[value as usize]);
        return;
    }
    write_long(out, value);
}

fn write_long(out: &mut Vec<u8>, mut value: u64) {
    let mut text = [0u8; DIGITS_MAX];
    let mut start = DIGITS_MAX;
    while value >= 100 {
        start -= 2;
        text[start..start + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    if value >= 10 {
        start -= 2;
        text[start..start + 2].copy_from_slice(&PAIRS[value as usize]);
    } else {
        start -= 1;
        text[start] = b'0' + value as u8;
    }
    out.extend_from_slice(&text[start..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strict_forms() {
        fn check(text: &str, value: impl Into<Option<i64>>) {
            assert_eq!(parse_i64(text.as_bytes()), value.into(), "{text:?}");
        }
        check("0", 0);
        check("1", 1);
        check("-1", -1);
        check("9223372036854775807", i64::MAX);
        check("-9223372036854775808", i64::MIN);
        for text in [
            "",
            "-",
            "+1",
            " 1",
            "1 ",
            "01",
            "00",
            "-0",
            "-01",
            "--1",
            "1.0",
            "1e3",
            "0x1",
            "9223372036854775808",
        ] {
            check(text, None);
        }
        for text in
            ["-9223372036854775809", "18446744073709551616", "99999999999999999999", "100000000000000000000"]
        {
            check(text, None);
        }
        assert_eq!(parse_u64(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_u64(b"18446744073709551616"), None);
        assert_eq!(parse_u64(b"99999999999999999999"), None);
        assert_eq!(parse_u64(b"-1"), None);
    }

    proptest! {
        #[test]
        fn text_round_trips(value: i64, shift in 0u32..64) {
            let value = value >> shift;
            let mut text = Vec::new();
            write_i64(&mut text, value);
            prop_assert_eq!(&text, &value.to_string().into_bytes());
            prop_assert_eq!(parse_i64(&text), Some(value));
        }

        #[test]
        fn unsigned_round_trips(value: u64, shift in 0u32..64) {
            let value = value >> shift;
            let mut text = Vec::new();
            write_u64(&mut text, value);
            prop_assert_eq!(&text, &value.to_string().into_bytes());
            prop_assert_eq!(parse_u64(&text), Some(value));
        }

        #[test]
        fn accepted_is_canonical(text in "[-+0-9 ]{0,22}") {
            if let Some(value) = parse_i64(text.as_bytes()) {
                prop_assert_eq!(value.to_string(), text);
            } else if let Ok(value) = text.parse::<i64>() {
                prop_assert_ne!(value.to_string(), text);
            }
        }
    }
}
