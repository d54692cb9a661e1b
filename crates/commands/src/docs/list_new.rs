//! What COMMAND DOCS says about list commands that are newer than Redis 8.2.

use super::ArgKind::{Block, Double, Integer, Key, OneOf, PureToken};
use super::{ARG, Arg, DOCS, Docs};

/// LEFT or RIGHT.
const ENDS: &[Arg] = &[
    Arg { name: "left", kind: PureToken, token: Some("LEFT"), ..ARG },
    Arg { name: "right", kind: PureToken, token: Some("RIGHT"), ..ARG },
];

/// How many elements are moved, and in which order.
const HOW_MANY: Arg = Arg {
    name: "how-many",
    kind: Block,
    optional: true,
    args: &[
        Arg {
            name: "selector",
            kind: OneOf,
            args: &[
                Arg { name: "count", kind: Integer, token: Some("COUNT"), ..ARG },
                Arg { name: "exactly", kind: Integer, token: Some("EXACTLY"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "ordering",
            kind: OneOf,
            args: &[
                Arg { name: "obo", kind: PureToken, token: Some("OBO"), ..ARG },
                Arg { name: "bulk", kind: PureToken, token: Some("BULK"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..ARG
};

/// The documentation of LMOVEM.
pub static LMOVEM: Docs = Docs {
    summary: "Moves up to (or exactly) a number of elements from one list to another and returns them. Deletes the source list if it becomes empty.",
    since: "8.10.0",
    group: "list",
    complexity: Some("O(N) where N is the number of elements moved."),
    arguments: &[
        Arg { name: "source", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "destination", kind: Key, key_spec_index: Some(1), ..ARG },
        Arg { name: "wherefrom", kind: OneOf, args: ENDS, ..ARG },
        Arg { name: "whereto", kind: OneOf, args: ENDS, ..ARG },
        HOW_MANY,
    ],
    ..DOCS
};

/// The documentation of BLMOVEM.
pub static BLMOVEM: Docs = Docs {
    summary: "Moves up to (or exactly) a number of elements from one list to another and returns them. Blocks until the elements are available otherwise. Deletes the source list if it becomes empty.",
    since: "8.10.0",
    group: "list",
    complexity: Some("O(N) where N is the number of elements moved."),
    arguments: &[
        Arg { name: "source", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "destination", kind: Key, key_spec_index: Some(1), ..ARG },
        Arg { name: "wherefrom", kind: OneOf, args: ENDS, ..ARG },
        Arg { name: "whereto", kind: OneOf, args: ENDS, ..ARG },
        Arg { name: "timeout", kind: Double, ..ARG },
        HOW_MANY,
    ],
    ..DOCS
};
