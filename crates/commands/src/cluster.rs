//! The commands about a connection's role in a cluster. There is no cluster mode yet, and the core that owns the connection
//! says so.

use crate::meta::cluster as meta;
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::READONLY, Route::Connection),
    CommandSpec::new(&meta::READWRITE, Route::Connection),
    CommandSpec::new(&meta::ASKING, Route::Connection),
];
