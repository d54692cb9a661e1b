//! What COMMAND DOCS says about the transactions commands.

use super::ArgKind::Key;
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of MULTI.
pub static MULTI: Docs = Docs {
    summary: "Starts a transaction.",
    since: "1.2.0",
    group: "transactions",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of EXEC.
pub static EXEC: Docs = Docs {
    summary: "Executes all commands in a transaction.",
    since: "1.2.0",
    group: "transactions",
    complexity: Some("Depends on commands in the transaction"),
    ..DOCS
};

/// The documentation of DISCARD.
pub static DISCARD: Docs = Docs {
    summary: "Discards a transaction.",
    since: "2.0.0",
    group: "transactions",
    complexity: Some("O(N), when N is the number of queued commands"),
    ..DOCS
};

/// The documentation of WATCH.
pub static WATCH: Docs = Docs {
    summary: "Monitors changes to keys to determine the execution of a transaction.",
    since: "2.2.0",
    group: "transactions",
    complexity: Some("O(1) for every key."),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of UNWATCH.
pub static UNWATCH: Docs = Docs {
    summary: "Forgets about watched keys of a transaction.",
    since: "2.2.0",
    group: "transactions",
    complexity: Some("O(1)"),
    ..DOCS
};
