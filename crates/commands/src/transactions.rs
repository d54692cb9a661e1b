//! The commands of transactions: the core that owns the connection carries them out, so these specs name no handlers.

use crate::meta::transactions as meta;
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::MULTI, Route::Connection),
    CommandSpec::new(&meta::EXEC, Route::Connection),
    CommandSpec::new(&meta::DISCARD, Route::Connection),
    CommandSpec::new(&meta::WATCH, Route::Connection),
    CommandSpec::new(&meta::UNWATCH, Route::Connection),
];
