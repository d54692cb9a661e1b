//! Indexes among the arguments.

use base::num;
use ds::array::INDEX_MAX;

use crate::CmdError;

const INVALID: CmdError = CmdError::text_of("ERR invalid array index");

/// An argument as the index of an element.
pub(super) fn parse(arg: &[u8]) -> Result<u64, CmdError> {
    parse_any(arg).filter(|&index| index <= INDEX_MAX).ok_or(INVALID)
}

/// As [`parse`], or the one number behind the greatest index.
pub(super) fn parse_cursor(arg: &[u8]) -> Result<u64, CmdError> {
    parse_any(arg).ok_or(INVALID)
}

/// An unsigned integer, as Redis's `string2ull` reads it: what is no canonical integer is read by C's `strtoull`, which
/// skips spaces, knows signs and stops at a NUL.
fn parse_any(arg: &[u8]) -> Option<u64> {
    if let Some(int) = num::parse_i64(arg) {
        return u64::try_from(int).ok();
    }
    let text = arg.split(|&byte| byte == 0).next().unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes() {
        fn check(text: &str, expect: Option<u64>) {
            assert_eq!(parse(text.as_bytes()).ok(), expect, "{text:?}");
        }
        check("0", Some(0));
        check("18446744073709551614", Some(INDEX_MAX));
        check("18446744073709551615", None);
        check("18446744073709551616", None);
        check("007", Some(7));
        check("+5", Some(5));
        check(" 5", Some(5));
        check("5 ", None);
        check("-1", None);
        check("-02", Some(u64::MAX - 1));
        check("", None);
        check("x", None);
        assert_eq!(parse_cursor(b"18446744073709551615").ok(), Some(u64::MAX));
    }
}
