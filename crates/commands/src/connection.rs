//! The connection commands: the core that owns the connection carries them out, so these specs name no handlers.

use crate::meta::{connection as meta, connection_new as new};
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::PING, Route::Connection),
    CommandSpec::new(&meta::ECHO, Route::Connection),
    CommandSpec::new(&meta::SELECT, Route::Connection),
    CommandSpec::new(&meta::HELLO, Route::Connection),
    CommandSpec::new(&meta::AUTH, Route::Connection),
    CommandSpec::new(&meta::QUIT, Route::Connection),
    CommandSpec::new(&meta::RESET, Route::Connection),
    CommandSpec::container(
        &meta::CLIENT,
        &[
            CommandSpec::new(&meta::CLIENT_CACHING, Route::Connection),
            CommandSpec::new(&new::CLIENT_CAPA, Route::Connection),
            CommandSpec::new(&meta::CLIENT_GETNAME, Route::Connection),
            CommandSpec::new(&meta::CLIENT_GETREDIR, Route::Connection),
            CommandSpec::new(&meta::CLIENT_HELP, Route::Connection),
            CommandSpec::new(&meta::CLIENT_ID, Route::Connection),
            CommandSpec::new(&new::CLIENT_IMPORT_SOURCE, Route::Connection),
            CommandSpec::new(&meta::CLIENT_INFO, Route::Connection),
            CommandSpec::new(&meta::CLIENT_KILL, Route::Connection),
            CommandSpec::new(&meta::CLIENT_LIST, Route::Connection),
            CommandSpec::new(&meta::CLIENT_NO_EVICT, Route::Connection),
            CommandSpec::new(&meta::CLIENT_NO_TOUCH, Route::Connection),
            CommandSpec::new(&meta::CLIENT_PAUSE, Route::Connection),
            CommandSpec::new(&meta::CLIENT_REPLY, Route::Connection),
            CommandSpec::new(&meta::CLIENT_SETINFO, Route::Connection),
            CommandSpec::new(&meta::CLIENT_SETNAME, Route::Connection),
            CommandSpec::new(&meta::CLIENT_TRACKING, Route::Connection),
            CommandSpec::new(&meta::CLIENT_TRACKINGINFO, Route::Connection),
            CommandSpec::new(&meta::CLIENT_UNBLOCK, Route::Connection),
            CommandSpec::new(&meta::CLIENT_UNPAUSE, Route::Connection),
        ],
    ),
    CommandSpec::new(&meta::MONITOR, Route::Connection),
];
