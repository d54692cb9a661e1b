//! The server commands: what concerns the process as a whole, and what concerns all keys.

mod debug;
mod flush;

use crate::meta::server as meta;
use crate::{CommandSpec, Merge, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::DBSIZE, Route::AllShards(flush::dbsize, Merge::Sum)),
    CommandSpec::new(&meta::FLUSHDB, Route::AllShards(flush::flushdb, Merge::AllOk)),
    CommandSpec::new(&meta::FLUSHALL, Route::AllShards(flush::flushall, Merge::AllOk)),
    CommandSpec::new(&meta::DEBUG, Route::Rounds(debug::debug, debug::debug_rounds)),
];
