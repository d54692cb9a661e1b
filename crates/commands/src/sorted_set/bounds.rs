//! Ranges of scores and of members, as ZRANGE and its relatives write them.

use std::ops::Range;

use base::num::parse_f64_border;
use store::SortedSetRef;

use crate::CmdError;

/// A range of scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ScoreRange {
    /// The least score.
    pub(crate) min: f64,
    /// The greatest score.
    pub(crate) max: f64,
    /// Whether the least score itself is left out.
    pub(crate) min_open: bool,
    /// Whether the greatest score itself is left out.
    pub(crate) max_open: bool,
}

impl ScoreRange {
    /// Parses both ends: a number, with `(` before it if it is left out itself.
    pub(super) fn parse(min: &[u8], max: &[u8]) -> Result<Self, CmdError> {
        let side = |text: &[u8]| match text {
            [b'(', text @ ..] => parse_f64_border(text).map(|score| (score, true)),
            text => parse_f64_border(text).map(|score| (score, false)),
        };
        let (Some((min, min_open)), Some((max, max_open))) = (side(min), side(max)) else {
            return Err(CmdError::text_of("ERR min or max is not a float"));
        };
        Ok(ScoreRange { min, max, min_open, max_open })
    }

    /// The ranks of the members with such scores.
    pub(crate) fn ranks(self, set: SortedSetRef<'_>) -> Range<usize> {
        let ScoreRange { min, max, min_open, max_open } = self;
        let from = if min_open {
            set.partition_by_score(|score| score <= min)
        } else {
            set.partition_by_score(|score| score < min)
        };
        let to = if max_open {
            set.partition_by_score(|score| score < max)
        } else {
            set.partition_by_score(|score| score <= max)
        };
        from..to.max(from)
    }
}

/// One end of a range of members.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Side<'a> {
    /// Before all members.
    First,
    /// Behind all members.
    Last,
    /// This member, itself left out.
    Open(&'a [u8]),
    /// This member, itself included.
    Closed(&'a [u8]),
}

impl<'a> Side<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        // What follows a NUL is not looked at.
        let alone = |rest: &[u8]| rest.first().is_none_or(|&byte| byte == 0);
        match text {
            [b'-', rest @ ..] if alone(rest) => Some(Side::First),
            [b'+', rest @ ..] if alone(rest) => Some(Side::Last),
            [b'(', member @ ..] => Some(Side::Open(member)),
            [b'[', member @ ..] => Some(Side::Closed(member)),
            _ => None,
        }
    }
}

/// A range of members, for sorted sets whose scores are all equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LexRange<'a> {
    min: Side<'a>,
    max: Side<'a>,
}

impl<'a> LexRange<'a> {
    /// Parses both ends: `-`, `+`, `(member` or `[member`.
    pub(super) fn parse(min: &'a [u8], max: &'a [u8]) -> Result<Self, CmdError> {
        match (Side::parse(min), Side::parse(max)) {
            (Some(min), Some(max)) => Ok(LexRange { min, max }),
            _ => Err(CmdError::text_of("ERR min or max not valid string range item")),
        }
    }

    /// The ranks of the members in the range.
    pub(super) fn ranks(self, set: SortedSetRef<'_>) -> Range<usize> {
        let from = match self.min {
            Side::First => 0,
            Side::Last => set.len(),
            Side::Open(min) => set.partition(|_, member| member <= min),
            Side::Closed(min) => set.partition(|_, member| member < min),
        };
        let to = match self.max {
            Side::First => 0,
            Side::Last => set.len(),
            Side::Open(max) => set.partition(|_, member| member < max),
            Side::Closed(max) => set.partition(|_, member| member <= max),
        };
        from..to.max(from)
    }
}

/// The ranks from one index to another, both included; negative ones count from the end.
pub(super) fn ranks_between(start: i64, stop: i64, len: usize) -> Range<usize> {
    let len = len as i64;
    let absolute = |index: i64| if index < 0 { index + len } else { index };
    let (start, stop) = (absolute(start).max(0), absolute(stop).min(len - 1));
    if start > stop { 0..0 } else { start as usize..stop as usize + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes() {
        assert_eq!(ranks_between(0, -1, 3), 0..3);
        assert_eq!(ranks_between(-2, -1, 3), 1..3);
        assert_eq!(ranks_between(-9, 9, 3), 0..3);
        assert_eq!(ranks_between(2, 1, 3), 0..0);
        assert_eq!(ranks_between(3, 9, 3), 0..0);
        assert_eq!(ranks_between(i64::MIN, i64::MAX, 0), 0..0);
        assert_eq!(ranks_between(0, -5, 3), 0..0);
    }

    #[test]
    fn scores() {
        let range = |min: &[u8], max: &[u8]| ScoreRange::parse(min, max).ok();
        let of = |min, max, min_open, max_open| Some(ScoreRange { min, max, min_open, max_open });
        assert_eq!(range(b"1", b"(2.5"), of(1.0, 2.5, false, true));
        assert_eq!(range(b"(-inf", b"+inf"), of(f64::NEG_INFINITY, f64::INFINITY, true, false));
        for bad in [&b"x"[..], b"nan", b"((1", b"1 "] {
            assert_eq!(range(bad, b"1"), None, "{}", bad.escape_ascii());
            assert_eq!(range(b"1", bad), None, "{}", bad.escape_ascii());
        }
    }

    #[test]
    fn members() {
        let range = |min: &'static [u8], max: &'static [u8]| LexRange::parse(min, max).ok();
        assert_eq!(range(b"-", b"+"), Some(LexRange { min: Side::First, max: Side::Last }));
        assert_eq!(range(b"[a", b"("), Some(LexRange { min: Side::Closed(b"a"), max: Side::Open(b"") }));
        for bad in [&b""[..], b"a", b"-x", b"+inf"] {
            assert_eq!(range(bad, b"+"), None);
            assert_eq!(range(b"-", bad), None);
        }
    }
}
