//! The commands of scripts: the core that owns the connection finds the place where a script runs, so these specs name no handlers.

use crate::meta::{scripting as meta, scripting_new as new};
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::EVAL, Route::Connection),
    CommandSpec::new(&meta::EVAL_RO, Route::Connection),
    CommandSpec::new(&meta::EVALSHA, Route::Connection),
    CommandSpec::new(&meta::EVALSHA_RO, Route::Connection),
    CommandSpec::new(&meta::FCALL, Route::Connection),
    CommandSpec::new(&meta::FCALL_RO, Route::Connection),
    CommandSpec::container(
        &meta::FUNCTION,
        &[
            CommandSpec::new(&meta::FUNCTION_DELETE, Route::Connection),
            CommandSpec::new(&meta::FUNCTION_DUMP, Route::Connection),
            CommandSpec::new(&meta::FUNCTION_FLUSH, Route::Connection),
            CommandSpec::new(&meta::FUNCTION_HELP, Route::Connection),
            CommandSpec::new(&meta::FUNCTION_KILL, Route::Connection),
            CommandSpec::new(&meta::FUNCTION_LIST, Route::Connection),
            CommandSpec::new(&meta::FUNCTION_LOAD, Route::Connection),
            CommandSpec::new(&meta::FUNCTION_RESTORE, Route::Connection),
            CommandSpec::new(&meta::FUNCTION_STATS, Route::Connection),
        ],
    ),
    CommandSpec::container(
        &meta::SCRIPT,
        &[
            CommandSpec::new(&meta::SCRIPT_DEBUG, Route::Connection),
            CommandSpec::new(&meta::SCRIPT_EXISTS, Route::Connection),
            CommandSpec::new(&meta::SCRIPT_FLUSH, Route::Connection),
            CommandSpec::new(&meta::SCRIPT_HELP, Route::Connection),
            CommandSpec::new(&meta::SCRIPT_KILL, Route::Connection),
            CommandSpec::new(&meta::SCRIPT_LOAD, Route::Connection),
            CommandSpec::new(&new::SCRIPT_SHOW, Route::Connection),
        ],
    ),
];
