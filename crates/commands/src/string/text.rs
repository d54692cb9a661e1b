//! Strings as text: APPEND, STRLEN.

use base::Args;
use resp::Reply;
use store::{Class, Entry, StringValue};

use super::as_string;
use crate::{CmdError, ShardCtx};

/// APPEND key value
pub(super) fn append(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let text = args.arg(2);
    let max = ctx.limits().proto_max_bulk_len;
    let key = ctx.routed_key(args.arg(1));
    let len = match ctx.database().entry(key) {
        Entry::Occupied(mut found) => {
            let len = as_string(found.value())?.text_len() + text.len();
            if len as u64 > max {
                return Err(CmdError::StringTooLong);
            }
            found.append(text)?
        }
        Entry::Vacant(place) => {
            place.insert(StringValue::Text(text), None);
            text.len()
        }
    };
    ctx.event(Class::String, "append", args.arg(1));
    reply.int(len as i64);
    Ok(())
}

/// STRLEN key
pub(super) fn strlen(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let len = match ctx.database().get(key) {
        Some(value) => as_string(value)?.text_len(),
        None => 0,
    };
    reply.int(len as i64);
    Ok(())
}
