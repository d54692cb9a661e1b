//! The set commands.

mod change;
mod combine;
mod random;
mod read;
mod smove;

use crate::meta::{set as meta, set_new as new};
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::SADD, Route::Key(change::sadd)),
    CommandSpec::new(&meta::SREM, Route::Key(change::srem)),
    CommandSpec::new(&meta::SISMEMBER, Route::Key(read::sismember)),
    CommandSpec::new(&meta::SMISMEMBER, Route::Key(read::smismember)),
    CommandSpec::new(&meta::SMEMBERS, Route::Key(read::smembers)),
    CommandSpec::new(&meta::SCARD, Route::Key(read::scard)),
    CommandSpec::new(&meta::SSCAN, Route::Key(read::sscan)),
    CommandSpec::new(&meta::SPOP, Route::Key(random::spop)),
    CommandSpec::new(&meta::SRANDMEMBER, Route::Key(random::srandmember)),
    CommandSpec::new(&meta::SMOVE, Route::Rounds(smove::smove, smove::smove_rounds)),
    CommandSpec::new(&meta::SINTER, Route::Rounds(combine::sinter, combine::sinter_rounds)),
    CommandSpec::new(&meta::SUNION, Route::Rounds(combine::sunion, combine::sunion_rounds)),
    CommandSpec::new(&meta::SDIFF, Route::Rounds(combine::sdiff, combine::sdiff_rounds)),
    CommandSpec::new(&meta::SINTERSTORE, Route::Rounds(combine::sinterstore, combine::sinterstore_rounds)),
    CommandSpec::new(&meta::SUNIONSTORE, Route::Rounds(combine::sunionstore, combine::sunionstore_rounds)),
    CommandSpec::new(&meta::SDIFFSTORE, Route::Rounds(combine::sdiffstore, combine::sdiffstore_rounds)),
    CommandSpec::new(&meta::SINTERCARD, Route::Rounds(combine::sintercard, combine::sintercard_rounds)),
    CommandSpec::new(&new::SDIFFCARD, Route::Rounds(combine::sdiffcard, combine::sdiffcard_rounds)),
    CommandSpec::new(&new::SUNIONCARD, Route::Rounds(combine::sunioncard, combine::sunioncard_rounds)),
];
