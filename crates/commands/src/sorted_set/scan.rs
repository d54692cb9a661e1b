//! ZSCAN.

use base::Args;
use base::glob::glob_match;
use base::limits::SCAN_KEYS_MAX;
use base::num::{write_f64, write_f64_17};
use resp::Reply;
use store::SortedSetRef;

use super::with_read;
use crate::elements::scan_reply;
use crate::generic::parse_cursor;
use crate::{CmdError, ShardCtx, words};

/// The COUNT that is meant when there is none.
const COUNT_DEFAULT: i64 = 10;
/// Looks beyond one a member that a call may take, for pages without members.
const SPARE_LOOKS: usize = 16;

/// The options.
struct Options<'a> {
    pattern: Option<&'a [u8]>,
    count: usize,
    scores: bool,
}

impl<'a> Options<'a> {
    fn parse(mut args: impl Iterator<Item = &'a [u8]>) -> Result<Self, CmdError> {
        let mut options = Options { pattern: None, count: COUNT_DEFAULT as usize, scores: true };
        while let Some(word) = args.next() {
            if words::is(word, "NOSCORES") {
                options.scores = false;
            } else if words::is(word, "NOVALUES") {
                return Err(CmdError::text_of("ERR NOVALUES option can only be used in HSCAN"));
            } else if words::is(word, "COUNT") {
                let count = words::int(args.next().ok_or(CmdError::Syntax)?)?;
                if count < 1 {
                    return Err(CmdError::Syntax);
                }
                options.count = usize::try_from(count).unwrap_or(SCAN_KEYS_MAX).min(SCAN_KEYS_MAX);
            } else if words::is(word, "MATCH") {
                options.pattern = Some(args.next().ok_or(CmdError::Syntax)?);
            } else {
                return Err(CmdError::Syntax);
            }
        }
        Ok(options)
    }
}

/// ZSCAN key cursor [MATCH pattern] [COUNT count] [NOSCORES]
///
/// As in Redis, the options are not looked at if there is no key. (NOSCORES is Valkey's.)
pub(super) fn zscan(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let cursor = parse_cursor(args.arg(2)).ok_or(CmdError::InvalidCursor)?;
    with_read(ctx, args.arg(1), |set| {
        let mut elements = Vec::new();
        let (mut found, mut next) = (0, 0);
        if !set.is_empty() {
            let options = Options::parse(args.tail(3).iter())?;
            next = page(set, cursor, &options, reply.is_resp3(), &mut found, &mut elements);
        }
        scan_reply(reply, next, found, &elements);
        Ok(())
    })?
}

/// Writes members from a cursor on; returns the cursor to go on with.
fn page(
    set: SortedSetRef<'_>,
    mut cursor: u64,
    options: &Options<'_>,
    resp3: bool,
    found: &mut usize,
    elements: &mut Vec<u8>,
) -> u64 {
    // Redis prints the scores of big and small sorted sets in different ways.
    let write = if matches!(set, SortedSetRef::Big(_)) { write_f64_17 } else { write_f64 };
    let (mut seen, mut looks, mut text) = (0, 0, Vec::new());
    while seen < options.count && looks < options.count + SPARE_LOOKS {
        let mut reply = Reply::new(elements, resp3);
        cursor = set.scan(cursor, |score, member| {
            seen += 1;
            if options.pattern.is_some_and(|pattern| !glob_match(pattern, member, false)) {
                return;
            }
            *found += 1;
            reply.bulk(member);
            if options.scores {
                *found += 1;
                text.clear();
                write(&mut text, score);
                reply.bulk(&text);
            }
        });
        looks += 1;
        if cursor == 0 {
            break;
        }
    }
    cursor
}
