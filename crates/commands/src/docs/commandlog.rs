//! What COMMAND DOCS says about the commandlog commands.

use super::ArgKind::{Integer, OneOf, PureToken};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of COMMANDLOG.
pub static COMMANDLOG: Docs = Docs {
    summary: "A container for command log commands.",
    since: "8.1.0",
    group: "server",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of COMMANDLOG GET.
pub static COMMANDLOG_GET: Docs = Docs {
    summary: "Returns the specified command log's entries.",
    since: "8.1.0",
    group: "server",
    complexity: Some("O(N) where N is the number of entries returned"),
    arguments: &[
        Arg { name: "count", kind: Integer, ..ARG },
        Arg {
            name: "type",
            kind: OneOf,
            args: &[
                Arg { name: "slow", kind: PureToken, token: Some("SLOW"), ..ARG },
                Arg { name: "large-request", kind: PureToken, token: Some("LARGE-REQUEST"), ..ARG },
                Arg { name: "large-reply", kind: PureToken, token: Some("LARGE-REPLY"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of COMMANDLOG HELP.
pub static COMMANDLOG_HELP: Docs = Docs {
    summary: "Shows helpful text about the different subcommands.",
    since: "8.1.0",
    group: "server",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of COMMANDLOG LEN.
pub static COMMANDLOG_LEN: Docs = Docs {
    summary: "Returns the number of entries in the specified type of command log.",
    since: "8.1.0",
    group: "server",
    complexity: Some("O(1)"),
    arguments: &[Arg {
        name: "type",
        kind: OneOf,
        args: &[
            Arg { name: "slow", kind: PureToken, token: Some("SLOW"), ..ARG },
            Arg { name: "large-request", kind: PureToken, token: Some("LARGE-REQUEST"), ..ARG },
            Arg { name: "large-reply", kind: PureToken, token: Some("LARGE-REPLY"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of COMMANDLOG RESET.
pub static COMMANDLOG_RESET: Docs = Docs {
    summary: "Clears all entries from the specified type of command log.",
    since: "8.1.0",
    group: "server",
    complexity: Some("O(N) where N is the number of entries in the commandlog"),
    arguments: &[Arg {
        name: "type",
        kind: OneOf,
        args: &[
            Arg { name: "slow", kind: PureToken, token: Some("SLOW"), ..ARG },
            Arg { name: "large-request", kind: PureToken, token: Some("LARGE-REQUEST"), ..ARG },
            Arg { name: "large-reply", kind: PureToken, token: Some("LARGE-REPLY"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};
