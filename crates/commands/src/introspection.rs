//! The commands that look into the server: SLOWLOG, COMMANDLOG, LATENCY, MEMORY, MODULE. Cores carry them out themselves,
//! but for MEMORY USAGE, which asks the key's shard.

mod usage;

use crate::meta::{commandlog, introspection as meta};
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::container(
        &meta::SLOWLOG,
        &[
            CommandSpec::new(&meta::SLOWLOG_GET, Route::Connection),
            CommandSpec::new(&meta::SLOWLOG_HELP, Route::Connection),
            CommandSpec::new(&meta::SLOWLOG_LEN, Route::Connection),
            CommandSpec::new(&meta::SLOWLOG_RESET, Route::Connection),
        ],
    ),
    CommandSpec::container(
        &commandlog::COMMANDLOG,
        &[
            CommandSpec::new(&commandlog::COMMANDLOG_GET, Route::Connection),
            CommandSpec::new(&commandlog::COMMANDLOG_HELP, Route::Connection),
            CommandSpec::new(&commandlog::COMMANDLOG_LEN, Route::Connection),
            CommandSpec::new(&commandlog::COMMANDLOG_RESET, Route::Connection),
        ],
    ),
    CommandSpec::container(
        &meta::LATENCY,
        &[
            CommandSpec::new(&meta::LATENCY_DOCTOR, Route::Connection),
            CommandSpec::new(&meta::LATENCY_GRAPH, Route::Connection),
            CommandSpec::new(&meta::LATENCY_HELP, Route::Connection),
            CommandSpec::new(&meta::LATENCY_HISTOGRAM, Route::Connection),
            CommandSpec::new(&meta::LATENCY_HISTORY, Route::Connection),
            CommandSpec::new(&meta::LATENCY_LATEST, Route::Connection),
            CommandSpec::new(&meta::LATENCY_RESET, Route::Connection),
        ],
    ),
    CommandSpec::container(
        &meta::MEMORY,
        &[
            CommandSpec::new(&meta::MEMORY_DOCTOR, Route::Connection),
            CommandSpec::new(&meta::MEMORY_HELP, Route::Connection),
            CommandSpec::new(&meta::MEMORY_MALLOC_STATS, Route::Connection),
            CommandSpec::new(&meta::MEMORY_PURGE, Route::Connection),
            CommandSpec::new(&meta::MEMORY_STATS, Route::Connection),
            CommandSpec::new(&meta::MEMORY_USAGE, Route::Key(usage::usage)),
        ],
    ),
    CommandSpec::container(
        &meta::MODULE,
        &[
            CommandSpec::new(&meta::MODULE_HELP, Route::Connection),
            CommandSpec::new(&meta::MODULE_LIST, Route::Connection),
            CommandSpec::new(&meta::MODULE_LOAD, Route::Connection),
            CommandSpec::new(&meta::MODULE_LOADEX, Route::Connection),
            CommandSpec::new(&meta::MODULE_UNLOAD, Route::Connection),
        ],
    ),
];
