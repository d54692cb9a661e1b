//! What commands on collections share: writing elements, and the options of SSCAN, HSCAN and ZSCAN.

use base::Args;
use base::glob::glob_match;
use base::limits::SCAN_KEYS_MAX;
use resp::Reply;
use store::{Dense, Element};

use crate::generic::parse_cursor;
use crate::{CmdError, words};

/// The COUNT that is meant when there is none.
const COUNT_DEFAULT: i64 = 10;
/// Steps of a scan for each element of its COUNT, as in Redis: a sparse page may hold few.
const STEPS_PER_ELEMENT: usize = 10;

/// Replies with an element as a bulk string.
#[inline]
pub(crate) fn bulk<'a>(reply: &mut Reply<'_>, element: impl Into<Dense<'a>>) {
    match element.into() {
        Dense::Bytes(bytes) => reply.bulk(bytes),
        Dense::Int(int) => reply.bulk_int(int),
        Dense::Symbols(symbols) => reply.bulk(symbols.text(&mut [0; 16])),
    }
}

/// The cursor of a scan of a collection: its second argument.
pub(crate) fn cursor(args: Args<'_>) -> Result<u64, CmdError> {
    parse_cursor(args.arg(2)).ok_or(CmdError::InvalidCursor)
}

/// The options of a scan of a collection, from its third argument on.
pub(crate) struct ScanOptions<'a> {
    pattern: Option<&'a [u8]>,
    count: usize,
    /// HSCAN: whether values are left out.
    pub(crate) no_values: bool,
}

impl<'a> ScanOptions<'a> {
    /// Parses the options; those of HSCAN where `of_hash`.
    pub(crate) fn parse(args: Args<'a>, of_hash: bool) -> Result<Self, CmdError> {
        let mut options = ScanOptions { pattern: None, count: 0, no_values: false };
        let mut count = COUNT_DEFAULT;
        let mut words = args.tail(3).iter();
        while let Some(word) = words.next() {
            if words::is(word, "COUNT")
                && let Some(argument) = words.next()
            {
                count = words::int(argument)?;
                if count < 1 {
                    return Err(CmdError::Syntax);
                }
            } else if words::is(word, "MATCH")
                && let Some(pattern) = words.next()
            {
                options.pattern = (pattern != b"*").then_some(pattern);
            } else if words::is(word, "NOVALUES") {
                if !of_hash {
                    return Err(CmdError::text_of("ERR NOVALUES option can only be used in HSCAN"));
                }
                options.no_values = true;
            } else {
                return Err(CmdError::Syntax);
            }
        }
        options.count = usize::try_from(count).unwrap_or(SCAN_KEYS_MAX).min(SCAN_KEYS_MAX);
        Ok(options)
    }

    /// Whether an element's name is wanted.
    #[inline]
    pub(crate) fn wants(&self, name: Element<'_>, scratch: &mut Vec<u8>) -> bool {
        self.pattern.is_none_or(|pattern| glob_match(pattern, name.text(scratch), false))
    }

    /// Scans from a cursor on until COUNT elements were seen. `step` makes a step from a cursor, and returns the next one
    /// and how many elements it has seen.
    pub(crate) fn run(&self, mut cursor: u64, mut step: impl FnMut(u64) -> (u64, usize)) -> u64 {
        let mut seen = 0;
        for _ in 0..self.count * STEPS_PER_ELEMENT {
            let (next, count) = step(cursor);
            cursor = next;
            seen += count;
            if cursor == 0 || seen >= self.count {
                break;
            }
        }
        cursor
    }
}

/// Replies with a page of a scan: the cursor, and elements that are written already.
pub(crate) fn scan_reply(reply: &mut Reply<'_>, cursor: u64, count: usize, elements: &[u8]) {
    reply.array(2);
    reply.bulk(cursor.to_string().as_bytes());
    reply.array(count);
    reply.raw(elements);
}
