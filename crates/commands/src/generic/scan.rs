//! SCAN: the keyspace in pages.
//!
//! A cursor of the table is `slot << 39 | position`, so it names its shard too. A call goes on from shard to shard until
//! it has seen as many keys as COUNT says, so that a small keyspace fits into few pages however many shards there are. A large
//! COUNT is worked off in slices, between which shards do other work.

use std::pin::Pin;

use base::glob::glob_match;
use base::limits::SCAN_SLICE_KEYS;
use base::{SLOTS, slot, slots_of_shard};
use resp::Reply;
use store::{Db, Item};

use crate::{CmdError, OwnedArgs, ShardCtx, StepOut, Tx, words};

/// Where the slot begins in a cursor.
const SLOT_SHIFT: u32 = 39;

/// The COUNT that is meant when there is none.
const COUNT_DEFAULT: i64 = 10;

/// Looks beyond one a key that a call may take, for places without keys: a look is bounded, and passes many empty slots.
const SPARE_LOOKS: usize = 16;

/// SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]
struct Query<P> {
    pattern: Option<P>,
    kind: Option<P>,
}

/// What a call may still do.
#[derive(Clone, Copy, Debug)]
struct Budget {
    keys: usize,
    looks: usize,
}

/// What a shard found in its part of a call.
#[derive(Debug)]
pub struct Page {
    cursor: u64,
    budget: Budget,
    found: usize,
    /// The keys as elements of a reply.
    elements: Vec<u8>,
}

impl<P: AsRef<[u8]>> Query<P> {
    /// Parses the cursor and all that follows it.
    fn parse(args: impl IntoIterator<Item = P>) -> Result<(u64, Budget, Self), CmdError> {
        let mut args = args.into_iter().skip(1);
        let cursor = args.next().and_then(|arg| parse_cursor(arg.as_ref())).ok_or(CmdError::InvalidCursor)?;
        let mut count = COUNT_DEFAULT;
        let mut query = Query { pattern: None, kind: None };
        while let Some(option) = args.next() {
            let word = option.as_ref();
            if words::is(word, "NOVALUES") {
                return Err(CmdError::text_of("ERR NOVALUES option can only be used in HSCAN"));
            }
            let argument = args.next().ok_or(CmdError::Syntax)?;
            if words::is(word, "COUNT") {
                count = words::int(argument.as_ref())?;
                if count < 1 {
                    return Err(CmdError::Syntax);
                }
            } else if words::is(word, "MATCH") {
                query.pattern = (argument.as_ref() != b"*").then_some(argument);
            } else if words::is(word, "TYPE") {
                query.kind = Some(argument);
            } else {
                return Err(CmdError::Syntax);
            }
        }
        let keys = usize::try_from(count).unwrap_or(usize::MAX);
        Ok((cursor, Budget { keys, looks: keys.saturating_add(SPARE_LOOKS) }, query))
    }

    fn wants(&self, item: Item<'_>) -> bool {
        let matches = |pattern: &P| glob_match(pattern.as_ref(), item.key(), false);
        let is_kind = |kind: &P| words::is(kind.as_ref(), item.kind().name());
        self.pattern.as_ref().is_none_or(matches) && self.kind.as_ref().is_none_or(is_kind)
    }

    /// Looks at the keys of a shard from `cursor` on. The page's budget is what is left.
    fn page(&self, db: &mut Db<'_>, mut cursor: u64, budget: Budget) -> Page {
        let mut page = Page { cursor, budget, found: 0, elements: Vec::new() };
        while !page.budget.is_spent() {
            let Page { budget, found, elements, .. } = &mut page;
            let mut reply = Reply::new(elements, false);
            let wanted = |item: Item<'_>| {
                budget.keys = budget.keys.saturating_sub(1);
                self.wants(item)
            };
            let next = db.scan(cursor, wanted, |item| {
                *found += 1;
                reply.bulk(item.key());
            });
            budget.looks -= 1;
            page.cursor = next;
            cursor = next;
            if next == 0 {
                break;
            }
        }
        page
    }
}

impl Budget {
    /// The part of it for one go.
    fn slice(self) -> Self {
        Budget { keys: self.keys.min(SCAN_SLICE_KEYS), looks: self.looks.min(SCAN_SLICE_KEYS) }
    }

    /// What is left when of a slice this much is left.
    fn after(self, slice: Self, left: Self) -> Self {
        Budget {
            keys: self.keys.saturating_sub(slice.keys - left.keys),
            looks: self.looks.saturating_sub(slice.looks - left.looks),
        }
    }

    fn is_spent(self) -> bool {
        self.keys == 0 || self.looks == 0
    }
}

/// SCAN cursor [MATCH pattern] [COUNT count] [TYPE type], over the shards one after the other
pub(super) fn scan(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let (mut cursor, mut budget, _) = Query::parse(args.clone())?;
        let (mut found, mut elements) = (0, Vec::new());
        let shards = tx.topology.shards;
        loop {
            let slot = u16::try_from(cursor >> SLOT_SHIFT).ok().filter(|&slot| slot < SLOTS);
            // A cursor past the last slot is at the end.
            let Some(shard) = slot.map(|slot| slot::shard_of_slot(slot, shards)) else {
                cursor = 0;
                break;
            };
            let args = args.clone();
            let slice = budget.slice();
            let step = move |ctx: &mut ShardCtx<'_>| match Query::parse(args) {
                Ok((_, _, query)) => StepOut::Page(query.page(&mut ctx.database(), cursor, slice)),
                Err(error) => StepOut::Failed(error),
            };
            let Some(StepOut::Page(page)) = tx.round(vec![(shard, Box::new(step))]).await.pop() else {
                break;
            };
            found += page.found;
            elements.extend_from_slice(&page.elements);
            budget = budget.after(slice, page.budget);
            cursor = match page.cursor {
                0 if shard + 1 < shards => u64::from(slots_of_shard(shard + 1, shards).start) << SLOT_SHIFT,
                cursor => cursor,
            };
            if cursor == 0 || budget.is_spent() {
                break;
            }
        }
        tx.reply(|reply| write(reply, cursor, found, &elements));
        Ok(())
    })
}

fn write(reply: &mut Reply<'_>, cursor: u64, found: usize, elements: &[u8]) {
    reply.array(2);
    reply.bulk(cursor.to_string().as_bytes());
    reply.array(found);
    reply.raw(elements);
}

/// A cursor as Redis reads it, with C's `strtoull`: spaces before it, a sign and leading zeros are fine, and a NUL ends
/// it; but negative numbers in canonical form are not.
pub(crate) fn parse_cursor(text: &[u8]) -> Option<u64> {
    let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
    if let Some(int) = base::num::parse_i64(text) {
        return u64::try_from(int).ok();
    }
    let start = text.iter().position(|byte| !matches!(byte, b' ' | b'\t'..=b'\r'))?;
    let text = text.get(start..).unwrap_or_default();
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let digits =
        std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let value: u64 = digits.parse().ok()?;
    Some(if negative { value.wrapping_neg() } else { value })
}

#[cfg(test)]
mod tests {
    use super::parse_cursor;

    #[test]
    fn cursors() {
        fn check(text: &[u8], cursor: impl Into<Option<u64>>) {
            assert_eq!(parse_cursor(text), cursor.into(), "{}", text.escape_ascii());
        }
        for zero in [&b"0"[..], b"+0", b"-0", b"-00", b" 0", b"00", b"0\0x"] {
            check(zero, 0);
        }
        check(b"\t 05", 5);
        check(b"-05", 5u64.wrapping_neg());
        check(b"18446744073709551615", u64::MAX);
        for bad in [&b"18446744073709551616"[..], b"", b"x", b"-1", b"0 ", b"+", b"+-5", b"0x10", b" "] {
            check(bad, None);
        }
    }
}
