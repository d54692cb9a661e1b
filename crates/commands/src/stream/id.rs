//! Ids among the arguments of a command.

use base::num;
use ds::stream::StreamId;

use crate::CmdError;

/// Longest text of an id.
const TEXT_MAX_BYTES: usize = 127;

const INVALID: CmdError = CmdError::text_of("ERR Invalid stream ID specified as stream command argument");

/// An id, `ms-seq` or `ms`, whose number is then `seq`.
pub(super) fn strict(arg: &[u8], seq: u64) -> Result<StreamId, CmdError> {
    let (ms, given) = parts(arg)?;
    Ok(StreamId::new(ms, given.map_or(Ok(seq), |given| num::parse_u64_freely(given).ok_or(INVALID))?))
}

/// The id of an entry to be added: `ms-seq`, or `ms-*` for the next number, which is then `None`. (`ms` is `ms-0`.)
pub(super) fn to_add(arg: &[u8]) -> Result<(u64, Option<u64>), CmdError> {
    match parts(arg)? {
        (ms, Some(b"*")) => Ok((ms, None)),
        (ms, Some(seq)) => Ok((ms, Some(num::parse_u64_freely(seq).ok_or(INVALID)?))),
        (ms, None) => Ok((ms, Some(0))),
    }
}

/// An id, or `-` for the smallest and `+` for the greatest.
pub(super) fn open(arg: &[u8], seq: u64) -> Result<StreamId, CmdError> {
    match arg {
        b"-" => Ok(StreamId::MIN),
        b"+" => Ok(StreamId::MAX),
        _ => strict(arg, seq),
    }
}

/// The start of an interval: the first id that belongs to it.
pub(super) fn start(arg: &[u8]) -> Result<StreamId, CmdError> {
    match arg {
        [b'(', rest @ ..] if !rest.is_empty() => {
            strict(rest, 0)?.next().ok_or(CmdError::text_of("ERR invalid start ID for the interval"))
        }
        _ => open(arg, 0),
    }
}

/// The end of an interval: the last id that belongs to it.
pub(super) fn end(arg: &[u8]) -> Result<StreamId, CmdError> {
    match arg {
        [b'(', rest @ ..] if !rest.is_empty() => {
            strict(rest, u64::MAX)?.prev().ok_or(CmdError::text_of("ERR invalid end ID for the interval"))
        }
        _ => open(arg, u64::MAX),
    }
}

/// Time and text of the number.
fn parts(arg: &[u8]) -> Result<(u64, Option<&[u8]>), CmdError> {
    if arg.len() > TEXT_MAX_BYTES {
        return Err(INVALID);
    }
    // Redis looks at a C string.
    let arg = arg.split(|&byte| byte == 0).next().unwrap_or_default();
    let mut halves = arg.splitn(2, |&byte| byte == b'-');
    let ms = halves.next().and_then(num::parse_u64_freely).ok_or(INVALID)?;
    Ok((ms, halves.next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids() {
        assert_eq!(strict(b"1-2", 9), Ok(StreamId::new(1, 2)));
        assert_eq!(strict(b"1", 9), Ok(StreamId::new(1, 9)));
        assert_eq!(strict(b"18446744073709551615-18446744073709551615", 0), Ok(StreamId::MAX));
        assert_eq!(strict(b"007-01", 0), Ok(StreamId::new(7, 1)));
        for wrong in
            [&b""[..], b"-", b"+", b"-1", b"1-", b"1--2", b"1-*", b"x", b"18446744073709551616", &[b'1'; 128]]
        {
            assert_eq!(strict(wrong, 0), Err(INVALID), "{}", wrong.escape_ascii());
        }
        assert_eq!(to_add(b"5-*"), Ok((5, None)));
        assert_eq!(to_add(b"5"), Ok((5, Some(0))));
        assert_eq!(start(b"(1-1"), Ok(StreamId::new(1, 2)));
        assert_eq!(end(b"(1"), Ok(StreamId::new(1, u64::MAX - 1)));
        assert_eq!(end(b"(1-0"), Ok(StreamId::new(0, u64::MAX)));
        assert!(start(b"(-").is_err() && start(b"(18446744073709551615-18446744073709551615").is_err());
        assert!(end(b"(0-0").is_err() && start(b"(").is_err());
    }
}
