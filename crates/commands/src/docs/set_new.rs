//! What COMMAND DOCS says about set commands that are newer than Redis 8.2.

use super::ArgKind::{Integer, Key, PureToken};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of SDIFFCARD.
pub static SDIFFCARD: Docs = Docs {
    summary: "Returns the number of members of the difference between the first set and all successive sets.",
    ..CARD
};

/// The documentation of SUNIONCARD.
pub static SUNIONCARD: Docs =
    Docs { summary: "Returns the number of members of the union of multiple sets.", ..CARD };

/// What both have in common.
const CARD: Docs = Docs {
    since: "8.10.0",
    group: "set",
    complexity: Some("O(N) where N is the total number of elements in all given sets."),
    arguments: &[
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg { name: "approx", kind: PureToken, token: Some("APPROX"), optional: true, ..ARG },
        Arg { name: "limit", kind: Integer, token: Some("LIMIT"), optional: true, ..ARG },
    ],
    ..DOCS
};
