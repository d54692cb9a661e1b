//! One bit: SETBIT, GETBIT.

use base::Args;
use resp::Reply;
use store::{Class, Entry, Value};

use super::offset;
use crate::string::as_string;
use crate::{CmdError, ShardCtx};

const BAD_BIT: CmdError = CmdError::text_of("ERR bit is not an integer or out of range");

/// SETBIT key offset value
pub(super) fn setbit(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let at = offset(ctx, args.arg(2), None)?;
    let bit = match base::num::parse_i64(args.arg(3)) {
        Some(0) => false,
        Some(1) => true,
        _ => return Err(BAD_BIT),
    };
    let (byte_at, mask) = ((at >> 3) as usize, 0x80 >> (at & 7));
    let key = ctx.routed_key(args.arg(1));
    let mut changed = true;
    let old = match ctx.database().entry(key) {
        Entry::Occupied(mut found) => {
            let mut scratch = Vec::new();
            let old = as_string(found.value())?.text(&mut scratch).get(byte_at).copied();
            let byte = old.unwrap_or(0);
            let new = if bit { byte | mask } else { byte & !mask };
            changed = old != Some(new);
            // As in Redis, the string is made one to be changed even if no bit changes, which OBJECT ENCODING shows.
            if changed || matches!(found.value(), Value::Int(_)) {
                found.set_range(byte_at, &[new])?;
            }
            found.mark_changed();
            byte & mask != 0
        }
        Entry::Vacant(place) => {
            place.set_range(byte_at, &[if bit { mask } else { 0 }])?;
            false
        }
    };
    if changed {
        ctx.event(Class::String, "setbit", args.arg(1));
    }
    reply.int(old.into());
    Ok(())
}

/// GETBIT key offset
pub(super) fn getbit(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let at = offset(ctx, args.arg(2), None)?;
    let key = ctx.routed_key(args.arg(1));
    let mut scratch = Vec::new();
    let byte = match ctx.database().get(key) {
        Some(value) => as_string(value)?.text(&mut scratch).get((at >> 3) as usize).copied().unwrap_or(0),
        None => 0,
    };
    reply.int(i64::from(byte >> (7 - (at & 7)) & 1));
    Ok(())
}
