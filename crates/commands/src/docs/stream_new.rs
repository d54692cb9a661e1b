//! What COMMAND DOCS says about stream commands that are newer than Redis 8.2.

use super::ArgKind::{Block, Integer, Key, OneOf, PureToken, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of XNACK.
pub static XNACK: Docs = Docs {
    summary: "Releases pending messages back to the group's PEL without acknowledging them, making them available for re-delivery.",
    since: "8.8.0",
    group: "stream",
    complexity: Some("O(1) for each message ID processed."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "group", kind: String, ..ARG },
        Arg {
            name: "mode",
            kind: OneOf,
            args: &[
                Arg { name: "silent", kind: PureToken, token: Some("SILENT"), ..ARG },
                Arg { name: "fail", kind: PureToken, token: Some("FAIL"), ..ARG },
                Arg { name: "fatal", kind: PureToken, token: Some("FATAL"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "ids",
            kind: Block,
            token: Some("IDS"),
            args: &[
                Arg { name: "numids", kind: Integer, ..ARG },
                Arg { name: "id", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
        Arg { name: "count", kind: Integer, token: Some("RETRYCOUNT"), optional: true, ..ARG },
        Arg { name: "force", kind: PureToken, token: Some("FORCE"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of XCFGSET.
pub static XCFGSET: Docs = Docs {
    summary: "Sets the IDMP configuration parameters for a stream.",
    since: "8.6.0",
    group: "stream",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "idmp-duration", kind: Integer, token: Some("IDMP-DURATION"), optional: true, ..ARG },
        Arg { name: "idmp-maxsize", kind: Integer, token: Some("IDMP-MAXSIZE"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of XIDMPRECORD.
pub static XIDMPRECORD: Docs = Docs {
    summary: "An internal command for setting IDMP metadata on an existing stream message.",
    since: "8.8.0",
    group: "stream",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "pid", kind: String, ..ARG },
        Arg { name: "iid", kind: String, ..ARG },
        Arg { name: "stream-id", kind: String, ..ARG },
    ],
    ..DOCS
};
