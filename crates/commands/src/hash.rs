//! The hash commands.

mod change;
mod counter;
mod expire;
mod fields;
mod getex;
mod import;
mod random;
mod read;
mod setex;

use crate::meta::{hash as meta, hash_new as new};
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::HSET, Route::Key(change::hset)),
    CommandSpec::new(&meta::HMSET, Route::Key(change::hmset)),
    CommandSpec::new(&meta::HSETNX, Route::Key(change::hsetnx)),
    CommandSpec::new(&meta::HDEL, Route::Key(change::hdel)),
    CommandSpec::new(&meta::HGETDEL, Route::Key(change::hgetdel)),
    CommandSpec::new(&meta::HGET, Route::Key(read::hget)),
    CommandSpec::new(&meta::HMGET, Route::Key(read::hmget)),
    CommandSpec::new(&meta::HGETALL, Route::Key(read::hgetall)),
    CommandSpec::new(&meta::HKEYS, Route::Key(read::hkeys)),
    CommandSpec::new(&meta::HVALS, Route::Key(read::hvals)),
    CommandSpec::new(&meta::HLEN, Route::Key(read::hlen)),
    CommandSpec::new(&meta::HSTRLEN, Route::Key(read::hstrlen)),
    CommandSpec::new(&meta::HEXISTS, Route::Key(read::hexists)),
    CommandSpec::new(&meta::HSCAN, Route::Key(read::hscan)),
    CommandSpec::new(&meta::HRANDFIELD, Route::Key(random::hrandfield)),
    CommandSpec::new(&meta::HINCRBY, Route::Key(counter::hincrby)),
    CommandSpec::new(&meta::HINCRBYFLOAT, Route::Key(counter::hincrbyfloat)),
    CommandSpec::new(&meta::HEXPIRE, Route::Key(expire::hexpire)),
    CommandSpec::new(&meta::HPEXPIRE, Route::Key(expire::hpexpire)),
    CommandSpec::new(&meta::HEXPIREAT, Route::Key(expire::hexpireat)),
    CommandSpec::new(&meta::HPEXPIREAT, Route::Key(expire::hpexpireat)),
    CommandSpec::new(&meta::HTTL, Route::Key(expire::httl)),
    CommandSpec::new(&meta::HPTTL, Route::Key(expire::hpttl)),
    CommandSpec::new(&meta::HEXPIRETIME, Route::Key(expire::hexpiretime)),
    CommandSpec::new(&meta::HPEXPIRETIME, Route::Key(expire::hpexpiretime)),
    CommandSpec::new(&meta::HPERSIST, Route::Key(expire::hpersist)),
    CommandSpec::new(&meta::HGETEX, Route::Key(getex::hgetex)),
    CommandSpec::new(&meta::HSETEX, Route::Key(setex::hsetex)),
    CommandSpec::container(
        &new::HIMPORT,
        &[
            CommandSpec::new(&new::HIMPORT_DISCARD, Route::Connection),
            CommandSpec::new(&new::HIMPORT_DISCARDALL, Route::Connection),
            CommandSpec::new(&new::HIMPORT_PREPARE, Route::Connection),
            CommandSpec::new(&new::HIMPORT_SET, Route::Key(import::himport_set)),
        ],
    ),
];
