//! What COMMAND DOCS says about hash commands that are newer than Redis 8.2.

use super::ArgKind::{Key, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of HIMPORT.
pub static HIMPORT: Docs = Docs {
    summary: "A container for session-based hash import commands using fieldsets.",
    since: "8.10.0",
    group: "hash",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of HIMPORT PREPARE.
pub static HIMPORT_PREPARE: Docs = Docs {
    summary: "Defines a session-local fieldset that maps a name to a sorted set of field names.",
    since: "8.10.0",
    group: "hash",
    complexity: Some("O(N*log(N)) where N is the number of fields."),
    arguments: &[
        Arg { name: "fieldset-name", kind: String, ..ARG },
        Arg { name: "field", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of HIMPORT SET.
pub static HIMPORT_SET: Docs = Docs {
    summary: "Creates a fieldset-based hash from values supplied in the order matching a previously prepared fieldset.",
    since: "8.10.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of fields in the fieldset."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "fieldset-name", kind: String, ..ARG },
        Arg { name: "value", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of HIMPORT DISCARD.
pub static HIMPORT_DISCARD: Docs = Docs {
    summary: "Removes a fieldset from the session.",
    since: "8.10.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of fields in the fieldset."),
    arguments: &[Arg { name: "fieldset-name", kind: String, ..ARG }],
    ..DOCS
};

/// The documentation of HIMPORT DISCARDALL.
pub static HIMPORT_DISCARDALL: Docs = Docs {
    summary: "Removes all fieldsets from the session.",
    since: "8.10.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of fieldsets."),
    ..DOCS
};
