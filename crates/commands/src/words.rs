//! Words and numbers among the arguments of a command.

use base::num;

use crate::CmdError;

/// Whether an argument is this word, in any case. Redis compares C strings, so what follows a NUL doesn't count.
#[inline]
pub(crate) fn is(arg: &[u8], word: &str) -> bool {
    let (head, rest) = arg.split_at_checked(word.len()).unwrap_or_default();
    head.eq_ignore_ascii_case(word.as_bytes()) && rest.first().is_none_or(|&byte| byte == 0)
}

/// An argument as an integer.
#[inline]
pub(crate) fn int(arg: &[u8]) -> Result<i64, CmdError> {
    num::parse_i64(arg).ok_or(CmdError::NotInteger)
}

/// An argument as an integer of 32 bits.
pub(crate) fn int32(arg: &[u8]) -> Result<i32, CmdError> {
    i32::try_from(int(arg)?).map_err(|_| CmdError::NotInt32)
}

/// An argument as a count of random elements: any integer that has a negative.
pub(crate) fn count(arg: &[u8]) -> Result<i64, CmdError> {
    const RANGE: &str =
        "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
    match int(arg)? {
        i64::MIN => Err(CmdError::text_of(RANGE)),
        count => Ok(count),
    }
}

/// An argument as an integer of at least 0.
pub(crate) fn positive(arg: &[u8]) -> Result<u64, CmdError> {
    num::parse_i64(arg).and_then(|value| u64::try_from(value).ok()).ok_or(CmdError::NotPositive)
}

/// An argument as an integer whose negative is one too.
pub(crate) fn symmetric(arg: &[u8]) -> Result<i64, CmdError> {
    match int(arg)? {
        i64::MIN => Err(CmdError::text_of(
            "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
        )),
        value => Ok(value),
    }
}

/// An argument as an integer of at least `min`; anything else is refused with this text.
pub(crate) fn at_least(arg: &[u8], min: u64, text: &'static str) -> Result<u64, CmdError> {
    let value = num::parse_i64(arg).and_then(|value| u64::try_from(value).ok());
    value.filter(|&value| value >= min).ok_or(CmdError::text_of(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert!(is(b"EX", "EX") && is(b"eX", "EX") && is(b"ex\0tra", "EX"));
        assert!(!is(b"E", "EX") && !is(b"EXA", "EX") && !is(b"", "EX"));
    }

    #[test]
    fn numbers() {
        assert_eq!(int(b"-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(int(b"1 "), Err(CmdError::NotInteger));
        assert_eq!(int32(b"2147483647"), Ok(i32::MAX));
        assert_eq!(int32(b"2147483648"), Err(CmdError::NotInt32));
        assert_eq!(int32(b"x"), Err(CmdError::NotInteger));
        assert_eq!(positive(b"0"), Ok(0));
        assert_eq!(positive(b"-1"), Err(CmdError::NotPositive));
        assert_eq!(positive(b"x"), Err(CmdError::NotPositive));
    }
}
