//! Removing a key if its value is the right one: DELEX (Redis 8.4), DELIFEQ (Valkey 9).

use base::Args;
use resp::Reply;
use store::Class;

use super::as_string;
use super::condition::ValueCondition;
use crate::{CmdError, ShardCtx};

/// DELEX key [IFEQ value | IFNE value | IFDEQ digest | IFDNE digest]
///
/// As in Redis, the condition is looked at only when there is a string to compare it with.
pub(super) fn delex(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let removed = match args.len() {
        2 => ctx.database().remove(key),
        4 => match ctx.database().occupied(key) {
            Some(found) => {
                if as_string(found.value()).is_err() {
                    return Err(CmdError::text_of(
                        "ERR Key should be of string type if conditions are specified",
                    ));
                }
                let condition = ValueCondition::named(args.arg(2), args.arg(3))
                    .ok_or(CmdError::text_of("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE"))?;
                let removed = condition.holds(found.value())?;
                if removed {
                    found.remove();
                }
                removed
            }
            None => false,
        },
        _ => return Err(CmdError::Arity("delex".into())),
    };
    if removed {
        ctx.event(Class::Generic, "del", args.arg(1));
    }
    reply.int(removed.into());
    Ok(())
}

/// DELIFEQ key value
pub(super) fn delifeq(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let removed = match ctx.database().occupied(key) {
        Some(found) if as_string(found.value())?.text(&mut Vec::new()) == args.arg(2) => {
            found.remove();
            true
        }
        _ => false,
    };
    if removed {
        ctx.event(Class::Generic, "del", args.arg(1));
    }
    reply.int(removed.into());
    Ok(())
}
