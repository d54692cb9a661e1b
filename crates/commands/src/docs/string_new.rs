//! What COMMAND DOCS says about the string commands that Redis 8.2 does not have.

use super::ArgKind::{Block, Double, Integer, Key, OneOf, PureToken, String, UnixTime};
use super::{ARG, Arg, DOCS, Docs};

const KEY: Arg = Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG };
const EX: Arg = Arg { name: "seconds", kind: Integer, token: Some("EX"), ..ARG };
const PX: Arg = Arg { name: "milliseconds", kind: Integer, token: Some("PX"), ..ARG };
const EXAT: Arg = Arg { name: "unix-time-seconds", kind: UnixTime, token: Some("EXAT"), ..ARG };
const PXAT: Arg = Arg { name: "unix-time-milliseconds", kind: UnixTime, token: Some("PXAT"), ..ARG };

/// The documentation of DELEX.
pub static DELEX: Docs = Docs {
    summary: "Conditionally removes the specified key based on value or digest comparison.",
    since: "8.4.0",
    group: "string",
    complexity: Some("O(1) for IFEQ/IFNE, O(N) for IFDEQ/IFDNE where N is the length of the string value."),
    arguments: &[
        KEY,
        Arg {
            name: "condition",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "ifeq-value", kind: String, token: Some("IFEQ"), ..ARG },
                Arg { name: "ifne-value", kind: String, token: Some("IFNE"), ..ARG },
                Arg { name: "ifdeq-digest", kind: String, token: Some("IFDEQ"), ..ARG },
                Arg { name: "ifdne-digest", kind: String, token: Some("IFDNE"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of DELIFEQ.
pub static DELIFEQ: Docs = Docs {
    summary: "Delete key if value matches string.",
    since: "9.0.0",
    group: "string",
    complexity: Some("O(1)"),
    arguments: &[KEY, Arg { name: "value", kind: String, ..ARG }],
    ..DOCS
};

/// The documentation of DIGEST.
pub static DIGEST: Docs = Docs {
    summary: "Returns the hash digest of a string value as a hexadecimal string.",
    since: "8.4.0",
    group: "string",
    complexity: Some("O(N) where N is the length of the string value."),
    arguments: &[KEY],
    ..DOCS
};

/// The documentation of INCREX.
pub static INCREX: Docs = Docs {
    summary: "Increments the numeric value of a key by a number and sets its expiration time. Uses 0 as initial value if the key doesn't exist.",
    since: "8.8.0",
    group: "string",
    complexity: Some("O(1)"),
    arguments: &[
        KEY,
        Arg {
            name: "increment",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "float", kind: Double, token: Some("BYFLOAT"), ..ARG },
                Arg { name: "integer", kind: Integer, token: Some("BYINT"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "saturate", kind: PureToken, token: Some("SATURATE"), optional: true, ..ARG },
        Arg { name: "lowerbound", kind: String, token: Some("LBOUND"), optional: true, ..ARG },
        Arg { name: "upperbound", kind: String, token: Some("UBOUND"), optional: true, ..ARG },
        Arg {
            name: "expiration",
            kind: OneOf,
            optional: true,
            args: &[
                EX,
                PX,
                EXAT,
                PXAT,
                Arg { name: "persist", kind: PureToken, token: Some("PERSIST"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "enx", kind: PureToken, token: Some("ENX"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of MSETEX.
pub static MSETEX: Docs = Docs {
    summary: "Atomically sets multiple string keys with a shared expiration in a single operation. Supports flexible argument parsing where condition and expiration flags can appear in any order.",
    since: "8.4.0",
    group: "string",
    complexity: Some("O(N) where N is the number of keys to set."),
    arguments: &[
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg {
            name: "data",
            kind: Block,
            multiple: true,
            args: &[KEY, Arg { name: "value", kind: String, ..ARG }],
            ..ARG
        },
        Arg {
            name: "condition",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "nx", kind: PureToken, token: Some("NX"), ..ARG },
                Arg { name: "xx", kind: PureToken, token: Some("XX"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "expiration",
            kind: OneOf,
            optional: true,
            args: &[
                EX,
                PX,
                EXAT,
                PXAT,
                Arg { name: "keepttl", kind: PureToken, token: Some("KEEPTTL"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};
