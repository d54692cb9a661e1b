//! What COMMAND DOCS says about the scripting commands.

use super::ArgKind::{Integer, Key, OneOf, PureToken, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of EVAL.
pub static EVAL: Docs = Docs {
    summary: "Executes a server-side Lua script.",
    since: "2.6.0",
    group: "scripting",
    complexity: Some("Depends on the script that is executed."),
    arguments: &[
        Arg { name: "script", kind: String, ..ARG },
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), optional: true, multiple: true, ..ARG },
        Arg { name: "arg", kind: String, optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of EVAL_RO.
pub static EVAL_RO: Docs = Docs {
    summary: "Executes a read-only server-side Lua script.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("Depends on the script that is executed."),
    arguments: &[
        Arg { name: "script", kind: String, ..ARG },
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), optional: true, multiple: true, ..ARG },
        Arg { name: "arg", kind: String, optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of EVALSHA.
pub static EVALSHA: Docs = Docs {
    summary: "Executes a server-side Lua script by SHA1 digest.",
    since: "2.6.0",
    group: "scripting",
    complexity: Some("Depends on the script that is executed."),
    arguments: &[
        Arg { name: "sha1", kind: String, ..ARG },
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), optional: true, multiple: true, ..ARG },
        Arg { name: "arg", kind: String, optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of EVALSHA_RO.
pub static EVALSHA_RO: Docs = Docs {
    summary: "Executes a read-only server-side Lua script by SHA1 digest.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("Depends on the script that is executed."),
    arguments: &[
        Arg { name: "sha1", kind: String, ..ARG },
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), optional: true, multiple: true, ..ARG },
        Arg { name: "arg", kind: String, optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SCRIPT.
pub static SCRIPT: Docs = Docs {
    summary: "A container for Lua scripts management commands.",
    since: "2.6.0",
    group: "scripting",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of SCRIPT DEBUG.
pub static SCRIPT_DEBUG: Docs = Docs {
    summary: "Sets the debug mode of server-side Lua scripts.",
    since: "3.2.0",
    group: "scripting",
    complexity: Some("O(1)"),
    arguments: &[Arg {
        name: "mode",
        kind: OneOf,
        args: &[
            Arg { name: "yes", kind: PureToken, token: Some("YES"), ..ARG },
            Arg { name: "sync", kind: PureToken, token: Some("SYNC"), ..ARG },
            Arg { name: "no", kind: PureToken, token: Some("NO"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of SCRIPT EXISTS.
pub static SCRIPT_EXISTS: Docs = Docs {
    summary: "Determines whether server-side Lua scripts exist in the script cache.",
    since: "2.6.0",
    group: "scripting",
    complexity: Some(
        "O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).",
    ),
    arguments: &[Arg { name: "sha1", kind: String, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of SCRIPT FLUSH.
pub static SCRIPT_FLUSH: Docs = Docs {
    summary: "Removes all server-side Lua scripts from the script cache.",
    since: "2.6.0",
    group: "scripting",
    complexity: Some("O(N) with N being the number of scripts in cache"),
    history: &[("6.2.0", "Added the `ASYNC` and `SYNC` flushing mode modifiers.")],
    arguments: &[Arg {
        name: "flush-type",
        kind: OneOf,
        since: Some("6.2.0"),
        optional: true,
        args: &[
            Arg { name: "async", kind: PureToken, token: Some("ASYNC"), ..ARG },
            Arg { name: "sync", kind: PureToken, token: Some("SYNC"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of SCRIPT HELP.
pub static SCRIPT_HELP: Docs = Docs {
    summary: "Returns helpful text about the different subcommands.",
    since: "5.0.0",
    group: "scripting",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of SCRIPT KILL.
pub static SCRIPT_KILL: Docs = Docs {
    summary: "Terminates a server-side Lua script during execution.",
    since: "2.6.0",
    group: "scripting",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of SCRIPT LOAD.
pub static SCRIPT_LOAD: Docs = Docs {
    summary: "Loads a server-side Lua script to the script cache.",
    since: "2.6.0",
    group: "scripting",
    complexity: Some("O(N) with N being the length in bytes of the script body."),
    arguments: &[Arg { name: "script", kind: String, ..ARG }],
    ..DOCS
};

/// The documentation of FCALL.
pub static FCALL: Docs = Docs {
    summary: "Invokes a function.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("Depends on the function that is executed."),
    arguments: &[
        Arg { name: "function", kind: String, ..ARG },
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), optional: true, multiple: true, ..ARG },
        Arg { name: "arg", kind: String, optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of FCALL_RO.
pub static FCALL_RO: Docs = Docs {
    summary: "Invokes a read-only function.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("Depends on the function that is executed."),
    arguments: &[
        Arg { name: "function", kind: String, ..ARG },
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), optional: true, multiple: true, ..ARG },
        Arg { name: "arg", kind: String, optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of FUNCTION.
pub static FUNCTION: Docs = Docs {
    summary: "A container for function commands.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of FUNCTION DELETE.
pub static FUNCTION_DELETE: Docs = Docs {
    summary: "Deletes a library and its functions.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "library-name", kind: String, ..ARG }],
    ..DOCS
};

/// The documentation of FUNCTION DUMP.
pub static FUNCTION_DUMP: Docs = Docs {
    summary: "Dumps all libraries into a serialized binary payload.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("O(N) where N is the number of functions"),
    ..DOCS
};

/// The documentation of FUNCTION FLUSH.
pub static FUNCTION_FLUSH: Docs = Docs {
    summary: "Deletes all libraries and functions.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("O(N) where N is the number of functions deleted"),
    arguments: &[Arg {
        name: "flush-type",
        kind: OneOf,
        optional: true,
        args: &[
            Arg { name: "async", kind: PureToken, token: Some("ASYNC"), ..ARG },
            Arg { name: "sync", kind: PureToken, token: Some("SYNC"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of FUNCTION HELP.
pub static FUNCTION_HELP: Docs = Docs {
    summary: "Returns helpful text about the different subcommands.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of FUNCTION KILL.
pub static FUNCTION_KILL: Docs = Docs {
    summary: "Terminates a function during execution.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of FUNCTION LIST.
pub static FUNCTION_LIST: Docs = Docs {
    summary: "Returns information about all libraries.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("O(N) where N is the number of functions"),
    arguments: &[
        Arg { name: "library-name-pattern", kind: String, token: Some("LIBRARYNAME"), optional: true, ..ARG },
        Arg { name: "withcode", kind: PureToken, token: Some("WITHCODE"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of FUNCTION LOAD.
pub static FUNCTION_LOAD: Docs = Docs {
    summary: "Creates a library.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("O(1) (considering compilation time is redundant)"),
    arguments: &[
        Arg { name: "replace", kind: PureToken, token: Some("REPLACE"), optional: true, ..ARG },
        Arg { name: "function-code", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of FUNCTION RESTORE.
pub static FUNCTION_RESTORE: Docs = Docs {
    summary: "Restores all libraries from a payload.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("O(N) where N is the number of functions on the payload"),
    arguments: &[
        Arg { name: "serialized-value", kind: String, ..ARG },
        Arg {
            name: "policy",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "flush", kind: PureToken, token: Some("FLUSH"), ..ARG },
                Arg { name: "append", kind: PureToken, token: Some("APPEND"), ..ARG },
                Arg { name: "replace", kind: PureToken, token: Some("REPLACE"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of FUNCTION STATS.
pub static FUNCTION_STATS: Docs = Docs {
    summary: "Returns information about a function during execution.",
    since: "7.0.0",
    group: "scripting",
    complexity: Some("O(1)"),
    ..DOCS
};
