//! GET, and GET with a change of the key: GETDEL, GETEX.

use base::Args;
use resp::Reply;
use store::{Class, Entry};

use super::bulk;
use super::expiry::{Choice, ExpiryOption};
use crate::{CmdError, ShardCtx};

/// GET key
#[inline]
pub(super) fn get(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    match ctx.database().get(key) {
        Some(value) => bulk(reply, value)?,
        None => reply.null(),
    }
    Ok(())
}

/// GETDEL key
pub(super) fn getdel(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let removed = match ctx.database().entry_counted(key) {
        Entry::Occupied(found) => {
            bulk(reply, found.value())?;
            found.remove();
            true
        }
        Entry::Vacant(_) => {
            reply.null();
            false
        }
    };
    if removed {
        ctx.event(Class::Generic, "del", args.arg(1));
    }
    Ok(())
}

/// GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]
///
/// The time is looked at only when there is a string to give it to, as Redis does.
pub(super) fn getex(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let mut expiry = ExpiryOption::default();
    let mut at = 2;
    while at < args.len() {
        match expiry.take(args.arg(at), args.get(at + 1), ("PERSIST", Choice::Persist))? {
            0 => return Err(CmdError::Syntax),
            taken => at += taken,
        }
    }
    let now_ms = ctx.now_ms();
    let key = ctx.routed_key(args.arg(1));
    let event = match ctx.database().entry_counted(key) {
        Entry::Occupied(mut found) => {
            bulk(reply, found.value())?;
            match expiry.at_ms(now_ms, "getex")? {
                Some(at) if at <= now_ms => {
                    found.remove();
                    Some("del")
                }
                Some(at) => {
                    found.set_expiry(Some(at));
                    Some("expire")
                }
                None if expiry.choice == Some(Choice::Persist) && found.expiry_ms().is_some() => {
                    found.set_expiry(None);
                    Some("persist")
                }
                None => None,
            }
        }
        Entry::Vacant(_) => {
            reply.null();
            None
        }
    };
    event.into_iter().for_each(|event| ctx.event(Class::Generic, event, args.arg(1)));
    Ok(())
}
