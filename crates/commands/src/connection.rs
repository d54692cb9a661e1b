//! The connection commands: the core that owns the connection carries them out, so these specs name no handlers.

use crate::meta::connection as meta;
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::PING, Route::Connection),
    CommandSpec::new(&meta::ECHO, Route::Connection),
    CommandSpec::new(&meta::SELECT, Route::Connection),
    CommandSpec::new(&meta::HELLO, Route::Connection),
    CommandSpec::new(&meta::AUTH, Route::Connection),
    CommandSpec::new(&meta::QUIT, Route::Connection),
];
