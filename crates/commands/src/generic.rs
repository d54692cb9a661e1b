//! The generic commands: those that work on keys of any type.

mod copy;
mod databases;
mod expire;
mod keys;
mod object;
mod rename;
mod scan;
mod sort;
mod ttl;
mod walk;

pub use scan::Page;
pub(crate) use scan::parse_cursor;

use crate::meta::{generic as meta, server as server_meta};
use crate::{CommandSpec, Merge, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::DEL, Route::Keys(keys::del, Merge::Sum)),
    CommandSpec::new(&meta::UNLINK, Route::Keys(keys::del, Merge::Sum)),
    CommandSpec::new(&meta::EXISTS, Route::Keys(keys::exists, Merge::Sum)),
    CommandSpec::new(&meta::TOUCH, Route::Keys(keys::touch, Merge::Sum)),
    CommandSpec::new(&meta::TYPE, Route::Key(keys::type_of)),
    CommandSpec::new(&meta::EXPIRE, Route::Key(expire::expire)),
    CommandSpec::new(&meta::PEXPIRE, Route::Key(expire::pexpire)),
    CommandSpec::new(&meta::EXPIREAT, Route::Key(expire::expireat)),
    CommandSpec::new(&meta::PEXPIREAT, Route::Key(expire::pexpireat)),
    CommandSpec::new(&meta::TTL, Route::Key(ttl::ttl)),
    CommandSpec::new(&meta::PTTL, Route::Key(ttl::pttl)),
    CommandSpec::new(&meta::EXPIRETIME, Route::Key(ttl::expiretime)),
    CommandSpec::new(&meta::PEXPIRETIME, Route::Key(ttl::pexpiretime)),
    CommandSpec::new(&meta::PERSIST, Route::Key(ttl::persist)),
    CommandSpec::new(&meta::RENAME, Route::Rounds(rename::rename, rename::rename_rounds)),
    CommandSpec::new(&meta::RENAMENX, Route::Rounds(rename::renamenx, rename::renamenx_rounds)),
    CommandSpec::new(&meta::COPY, Route::Rounds(copy::copy, copy::copy_rounds)),
    CommandSpec::new(&meta::SORT, Route::Rounds(sort::sort, sort::sort_rounds)),
    CommandSpec::new(&meta::SORT_RO, Route::Rounds(sort::sort_ro, sort::sort_ro_rounds)),
    CommandSpec::new(&meta::MOVE, Route::Key(databases::move_key)),
    CommandSpec::new(&server_meta::SWAPDB, Route::AllShards(databases::swapdb, Merge::AllOk)),
    CommandSpec::container(
        &meta::OBJECT,
        &[
            CommandSpec::new(&meta::OBJECT_ENCODING, Route::Key(object::encoding)),
            CommandSpec::new(&meta::OBJECT_FREQ, Route::Key(object::freq)),
            CommandSpec::new(&meta::OBJECT_HELP, Route::Connection),
            CommandSpec::new(&meta::OBJECT_IDLETIME, Route::Key(object::idletime)),
            CommandSpec::new(&meta::OBJECT_REFCOUNT, Route::Key(object::refcount)),
        ],
    ),
    CommandSpec::new(&meta::SCAN, Route::Walk(scan::scan)),
    CommandSpec::new(&meta::KEYS, Route::AllShards(walk::keys, Merge::Concat)),
    CommandSpec::new(&meta::RANDOMKEY, Route::AllShards(walk::randomkey, Merge::Custom(walk::choose_key))),
];
