//! Reading fields and changing when they expire: HGETEX.

use base::Args;
use resp::Reply;
use store::{Class, Kind};

use super::fields::{self, Fields, TimeForm};
use crate::{CmdError, ShardCtx, elements, words};

/// What HGETEX does with the expiry of the fields.
#[derive(Clone, Copy)]
enum Change {
    None,
    Persist,
    At(u64),
}

/// HGETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST] FIELDS numfields field [field …]
pub(super) fn hgetex(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let name = args.arg(1);
    fields::check_type(ctx, name)?;
    let now_ms = ctx.now_ms();
    let option = args.arg(2);
    let (change, position) = if let Some(form) = TimeForm::of(option) {
        (Change::At(form.at_ms(args.arg(3), now_ms, "hgetex")?), 4)
    } else if words::is(option, "PERSIST") {
        (Change::Persist, 3)
    } else {
        (Change::None, 2)
    };
    let names = Fields::parse(args, position)?;
    let key = ctx.routed_key(name);
    reply.array(names.len());
    let (mut persisted, mut expires, mut deleted) = (false, false, false);
    let edited = ctx.database().edit(key, Kind::Hash, |draft| {
        let mut hash = draft.as_hash();
        for field in names.iter() {
            let Some(found) = hash.field(field) else {
                reply.null();
                continue;
            };
            elements::bulk(reply, found.value);
            let old = found.expiry_ms;
            match change {
                Change::None => {}
                Change::Persist if old.is_none() => {}
                Change::Persist => {
                    persisted = true;
                    hash.set_expiry(field, None);
                }
                Change::At(at) if at <= now_ms => {
                    deleted = true;
                    hash.remove(field);
                }
                Change::At(at) => {
                    expires = true;
                    hash.set_expiry(field, Some(at));
                }
            }
        }
    })?;
    if expires {
        ctx.event(Class::Hash, "hexpire", name);
    }
    if persisted {
        ctx.event(Class::Hash, "hpersist", name);
    }
    fields::removed(ctx, name, deleted, edited.removed);
    Ok(())
}
