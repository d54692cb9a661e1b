//! Indexes among the arguments.

use base::num;
use ds::array::INDEX_MAX;

use crate::CmdError;

const INVALID: CmdError = CmdError::text_of("ERR invalid array index");

/// An argument as the index of an element.
pub(super) fn parse(arg: &[u8]) -> Result<u64, CmdError> {
    num::parse_u64_freely(arg).filter(|&index| index <= INDEX_MAX).ok_or(INVALID)
}

/// As [`parse`], or the one number behind the greatest index.
pub(super) fn parse_cursor(arg: &[u8]) -> Result<u64, CmdError> {
    num::parse_u64_freely(arg).ok_or(INVALID)
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
