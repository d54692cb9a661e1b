//! The sorted set commands.

mod add;
mod blocking;
mod bounds;
mod combine;
mod look;
mod members;
mod pop;
mod random;
mod range;
mod remove;
mod scan;

use bytes::Bytes;
use store::{Class, Db, Key, Kind, SortedSetEdit, SortedSetRef};

use crate::meta::sorted_set as meta;
use crate::{CmdError, CommandSpec, Route, ShardCtx, Step, StepOut, Tx};

pub(crate) use add::{AddOptions, add_all};
pub(crate) use bounds::ScoreRange;
pub use members::Members;

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::ZADD, Route::Key(add::zadd)),
    CommandSpec::new(&meta::ZINCRBY, Route::Key(add::zincrby)),
    CommandSpec::new(&meta::ZREM, Route::Key(remove::zrem)),
    CommandSpec::new(&meta::ZREMRANGEBYRANK, Route::Key(remove::zremrangebyrank)),
    CommandSpec::new(&meta::ZREMRANGEBYSCORE, Route::Key(remove::zremrangebyscore)),
    CommandSpec::new(&meta::ZREMRANGEBYLEX, Route::Key(remove::zremrangebylex)),
    CommandSpec::new(&meta::ZSCORE, Route::Key(look::zscore)),
    CommandSpec::new(&meta::ZMSCORE, Route::Key(look::zmscore)),
    CommandSpec::new(&meta::ZCARD, Route::Key(look::zcard)),
    CommandSpec::new(&meta::ZCOUNT, Route::Key(look::zcount)),
    CommandSpec::new(&meta::ZLEXCOUNT, Route::Key(look::zlexcount)),
    CommandSpec::new(&meta::ZRANK, Route::Key(look::zrank)),
    CommandSpec::new(&meta::ZREVRANK, Route::Key(look::zrevrank)),
    CommandSpec::new(&meta::ZRANGE, Route::Key(range::zrange)),
    CommandSpec::new(&meta::ZREVRANGE, Route::Key(range::zrevrange)),
    CommandSpec::new(&meta::ZRANGEBYSCORE, Route::Key(range::zrangebyscore)),
    CommandSpec::new(&meta::ZREVRANGEBYSCORE, Route::Key(range::zrevrangebyscore)),
    CommandSpec::new(&meta::ZRANGEBYLEX, Route::Key(range::zrangebylex)),
    CommandSpec::new(&meta::ZREVRANGEBYLEX, Route::Key(range::zrevrangebylex)),
    CommandSpec::new(&meta::ZRANGESTORE, Route::Rounds(range::zrangestore, range::zrangestore_rounds)),
    CommandSpec::new(&meta::ZPOPMIN, Route::Key(pop::zpopmin)),
    CommandSpec::new(&meta::ZPOPMAX, Route::Key(pop::zpopmax)),
    CommandSpec::new(&meta::ZMPOP, Route::Rounds(pop::zmpop, pop::zmpop_rounds)),
    CommandSpec::new(&meta::BZPOPMIN, Route::Blocking(&blocking::BZPOPMIN)),
    CommandSpec::new(&meta::BZPOPMAX, Route::Blocking(&blocking::BZPOPMAX)),
    CommandSpec::new(&meta::BZMPOP, Route::Blocking(&blocking::BZMPOP)),
    CommandSpec::new(&meta::ZRANDMEMBER, Route::Key(random::zrandmember)),
    CommandSpec::new(&meta::ZSCAN, Route::Key(scan::zscan)),
    CommandSpec::new(&meta::ZUNION, Route::Rounds(combine::zunion, combine::zunion_rounds)),
    CommandSpec::new(&meta::ZUNIONSTORE, Route::Rounds(combine::zunionstore, combine::zunionstore_rounds)),
    CommandSpec::new(&meta::ZINTER, Route::Rounds(combine::zinter, combine::zinter_rounds)),
    CommandSpec::new(&meta::ZINTERSTORE, Route::Rounds(combine::zinterstore, combine::zinterstore_rounds)),
    CommandSpec::new(&meta::ZINTERCARD, Route::Rounds(combine::zintercard, combine::zintercard_rounds)),
    CommandSpec::new(&meta::ZDIFF, Route::Rounds(combine::zdiff, combine::zdiff_rounds)),
    CommandSpec::new(&meta::ZDIFFSTORE, Route::Rounds(combine::zdiffstore, combine::zdiffstore_rounds)),
];

/// The sorted set of a key, as a read command looks it up; empty if there is no key.
#[inline]
pub(crate) fn read<'d>(db: &'d mut Db<'_>, key: Key<'_>) -> Result<SortedSetRef<'d>, CmdError> {
    match db.get(key) {
        Some(value) => Ok(value.as_sorted_set()?),
        None => Ok(SortedSetRef::empty()),
    }
}

/// As [`read`], not counted as a lookup.
fn peek<'d>(db: &'d mut Db<'_>, key: Key<'_>) -> Result<SortedSetRef<'d>, CmdError> {
    match db.peek(key) {
        Some(item) => Ok(item.value().as_sorted_set()?),
        None => Ok(SortedSetRef::empty()),
    }
}

/// Passes the sorted set of a key to `look`.
#[inline]
pub(crate) fn with_key<R>(
    ctx: &mut ShardCtx<'_>,
    key: Key<'_>,
    look: impl FnOnce(SortedSetRef<'_>) -> R,
) -> Result<R, CmdError> {
    Ok(look(read(&mut ctx.database(), key)?))
}

/// As [`with_key`], for the key that the command was routed by.
#[inline]
pub(crate) fn with_read<R>(
    ctx: &mut ShardCtx<'_>,
    name: &[u8],
    look: impl FnOnce(SortedSetRef<'_>) -> R,
) -> Result<R, CmdError> {
    let key = ctx.routed_key(name);
    with_key(ctx, key, look)
}

/// Passes the sorted set of a key to `change`, be it there or not. Tells `event` if it has changed, and that the key is gone if
/// no member is left.
#[inline]
fn edit<R>(
    ctx: &mut ShardCtx<'_>,
    key: Key<'_>,
    event: &'static str,
    change: impl FnOnce(&mut SortedSetEdit<'_, '_>) -> R,
) -> Result<R, CmdError> {
    let edited = ctx.database().edit(key, Kind::SortedSet, |draft| change(&mut draft.as_sorted_set()))?;
    if edited.changed {
        ctx.event(Class::SortedSet, event, key.bytes);
        if edited.removed {
            ctx.event(Class::Generic, "del", key.bytes);
        }
    }
    Ok(edited.result)
}

/// Sets a key to a sorted set of these members, or removes it if there are none.
pub(crate) fn store_members(ctx: &mut ShardCtx<'_>, name: &[u8], members: &Members, event: &'static str) {
    let key = ctx.key(name);
    let mut db = ctx.database();
    let value = db.build(|draft| {
        let mut set = draft.as_sorted_set();
        if members.are_sorted() {
            return set.fill(members.iter());
        }
        set.expect(members.len(), &[]);
        members.iter().for_each(|(score, member)| set.add(score, member));
    });
    match value {
        Some(value) => {
            db.put(key, value);
            drop(db);
            ctx.event(Class::SortedSet, event, name);
        }
        None if db.remove(key) => {
            drop(db);
            ctx.event(Class::Generic, "del", name);
        }
        None => {}
    }
}

/// What a step that finds members hands back.
pub(crate) fn members_out(found: Result<Members, CmdError>) -> StepOut {
    match found {
        Ok(members) => StepOut::Members(vec![members]),
        Err(error) => StepOut::Failed(error),
    }
}

/// For commands that store what they find in one key to another: finds in the first round, stores in the last, and replies
/// with the number of members.
pub(crate) async fn move_members(
    tx: &Tx,
    source: &[u8],
    destination: Bytes,
    event: &'static str,
    find: Step,
) -> Result<(), CmdError> {
    let members = match tx.round(vec![(tx.topology.shard_of(source), find)]).await.pop() {
        Some(StepOut::Members(mut members)) => members.pop().unwrap_or_default(),
        Some(StepOut::Failed(error)) => return Err(error),
        _ => return Ok(()),
    };
    tx.reply(|reply| reply.int(members.len() as i64));
    let shard = tx.topology.shard_of(&destination);
    let store: Step = Box::new(move |ctx| {
        store_members(ctx, &destination, &members, event);
        StepOut::Done
    });
    tx.last_round(vec![(shard, store)]).await;
    Ok(())
}
