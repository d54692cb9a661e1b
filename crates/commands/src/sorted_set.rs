//! The sorted set commands.

mod add;
mod bounds;
mod combine;
mod look;
mod members;
mod pop;
mod random;
mod range;
mod remove;
mod scan;

use base::Rng;
use bytes::Bytes;
use store::{Class, Db, Key, Kind, SortedSetEdit, SortedSetRef, Value};

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
        None => Ok(SortedSetRef::EMPTY),
    }
}

/// Passes the sorted set of the key that the command was routed by to `look`. For commands that store, any key.
#[inline]
pub(crate) fn with_read<R>(
    ctx: &mut ShardCtx<'_>,
    name: &[u8],
    look: impl FnOnce(SortedSetRef<'_>) -> R,
) -> Result<R, CmdError> {
    let key = ctx.key(name);
    Ok(look(read(&mut ctx.database(), key)?))
}
