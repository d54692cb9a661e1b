//! The commands about the process as a whole: what there is, how it is configured, how it does. Cores carry them out
//! themselves, so these specs name no handlers.

use crate::meta::server as meta;
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::container(
        &meta::COMMAND,
        &[
            CommandSpec::new(&meta::COMMAND_COUNT, Route::Connection),
            CommandSpec::new(&meta::COMMAND_DOCS, Route::Connection),
            CommandSpec::new(&meta::COMMAND_GETKEYS, Route::Connection),
            CommandSpec::new(&meta::COMMAND_GETKEYSANDFLAGS, Route::Connection),
            CommandSpec::new(&meta::COMMAND_HELP, Route::Connection),
            CommandSpec::new(&meta::COMMAND_INFO, Route::Connection),
            CommandSpec::new(&meta::COMMAND_LIST, Route::Connection),
        ],
    ),
    CommandSpec::container(
        &meta::CONFIG,
        &[
            CommandSpec::new(&meta::CONFIG_GET, Route::Connection),
            CommandSpec::new(&meta::CONFIG_HELP, Route::Connection),
            CommandSpec::new(&meta::CONFIG_RESETSTAT, Route::Connection),
            CommandSpec::new(&meta::CONFIG_REWRITE, Route::Connection),
            CommandSpec::new(&meta::CONFIG_SET, Route::Connection),
        ],
    ),
    CommandSpec::new(&meta::INFO, Route::Connection),
    CommandSpec::new(&meta::LOLWUT, Route::Connection),
    CommandSpec::new(&meta::TIME, Route::Connection),
    CommandSpec::new(&meta::SHUTDOWN, Route::Connection),
];
