//! Parts of strings: GETRANGE, SUBSTR, SETRANGE.

use base::Args;
use resp::Reply;
use store::{Class, Entry};

use super::as_string;
use crate::{CmdError, ShardCtx, words};

/// GETRANGE key start end; SUBSTR too. Negative positions count from the end.
pub(super) fn getrange(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let (start, end) = (words::int(args.arg(2))?, words::int(args.arg(3))?);
    let key = ctx.routed_key(args.arg(1));
    let mut scratch = Vec::new();
    let text = match ctx.database().get(key) {
        Some(value) => {
            let text = as_string(value)?.text(&mut scratch);
            reply.bulk(part(text, start, end));
            return Ok(());
        }
        None => &[],
    };
    reply.bulk(text);
    Ok(())
}

/// The part from `start` to `end`, both included; positions before the text mean its first byte.
fn part(text: &[u8], start: i64, end: i64) -> &[u8] {
    let len = text.len() as i64;
    // Both count from the end, and in the wrong order: Redis looks before it moves them into the text.
    if start < 0 && end < 0 && start > end {
        return &[];
    }
    let place = |at: i64| if at < 0 { (at + len).max(0) } else { at };
    let (start, end) = (place(start), place(end).min(len - 1));
    if start > end {
        return &[];
    }
    text.get(start as usize..=end as usize).unwrap_or_default()
}

/// SETRANGE key offset value
pub(super) fn setrange(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let offset = words::int(args.arg(2))?;
    let offset = u64::try_from(offset).map_err(|_| CmdError::text_of("ERR offset is out of range"))?;
    let value = args.arg(3);
    let max = ctx.limits().proto_max_bulk_len;
    let key = ctx.routed_key(args.arg(1));
    let fits = value.is_empty() || offset.checked_add(value.len() as u64).is_some_and(|end| end <= max);
    let offset = usize::try_from(offset).map_err(|_| CmdError::StringTooLong)?;
    let len = match ctx.database().entry(key) {
        Entry::Occupied(mut found) => {
            let len = as_string(found.value())?.text_len();
            match (value.is_empty(), fits) {
                (true, _) => Ok(len),
                (_, true) => Ok(found.set_range(offset, value)?),
                (_, false) => Err(CmdError::StringTooLong),
            }
        }
        Entry::Vacant(_) if !fits => Err(CmdError::StringTooLong),
        Entry::Vacant(place) => Ok(place.set_range(offset, value)?),
    };
    let len = len?;
    if !value.is_empty() {
        ctx.event(Class::String, "setrange", args.arg(1));
    }
    reply.int(len as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::part;

    /// The rules word by word, in a wider type.
    fn oracle(text: &[u8], start: i64, end: i64) -> Vec<u8> {
        let len = text.len() as i128;
        let place = |at: i64| {
            let at = i128::from(at);
            if at < 0 { (at + len).max(0) } else { at }
        };
        if start < 0 && end < 0 && start > end {
            return Vec::new();
        }
        let inside = |at: i128| at >= place(start) && at <= place(end);
        text.iter().enumerate().filter(|&(at, _)| inside(at as i128)).map(|(_, &byte)| byte).collect()
    }

    proptest! {
        #[test]
        fn parts(text in proptest::collection::vec(any::<u8>(), 0..8), start in -10i64..10, end in -10i64..10) {
            prop_assert_eq!(part(&text, start, end), &oracle(&text, start, end)[..]);
        }

        #[test]
        fn parts_at_any_place(start: i64, end: i64) {
            prop_assert_eq!(part(b"text", start, end), &oracle(b"text", start, end)[..]);
        }
    }
}
