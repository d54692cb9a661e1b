//! What COMMAND DOCS says about the set commands.

use super::ArgKind::{Integer, Key, Pattern, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of SADD.
pub static SADD: Docs = Docs {
    summary: "Adds one or more members to a set. Creates the key if it doesn't exist.",
    since: "1.0.0",
    group: "set",
    complexity: Some(
        "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    ),
    history: &[("2.4.0", "Accepts multiple `member` arguments.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SREM.
pub static SREM: Docs = Docs {
    summary: "Removes one or more members from a set. Deletes the set if the last member was removed.",
    since: "1.0.0",
    group: "set",
    complexity: Some("O(N) where N is the number of members to be removed."),
    history: &[("2.4.0", "Accepts multiple `member` arguments.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SISMEMBER.
pub static SISMEMBER: Docs = Docs {
    summary: "Determines whether a member belongs to a set.",
    since: "1.0.0",
    group: "set",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SMISMEMBER.
pub static SMISMEMBER: Docs = Docs {
    summary: "Determines whether multiple members belong to a set.",
    since: "6.2.0",
    group: "set",
    complexity: Some("O(N) where N is the number of elements being checked for membership"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SMEMBERS.
pub static SMEMBERS: Docs = Docs {
    summary: "Returns all members of a set.",
    since: "1.0.0",
    group: "set",
    complexity: Some("O(N) where N is the set cardinality."),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of SCARD.
pub static SCARD: Docs = Docs {
    summary: "Returns the number of members in a set.",
    since: "1.0.0",
    group: "set",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of SPOP.
pub static SPOP: Docs = Docs {
    summary: "Returns one or more random members from a set after removing them. Deletes the set if the last member was popped.",
    since: "1.0.0",
    group: "set",
    complexity: Some(
        "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.",
    ),
    history: &[("3.2.0", "Added the `count` argument.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "count", kind: Integer, since: Some("3.2.0"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SRANDMEMBER.
pub static SRANDMEMBER: Docs = Docs {
    summary: "Get one or multiple random members from a set",
    since: "1.0.0",
    group: "set",
    complexity: Some(
        "Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.",
    ),
    history: &[("2.6.0", "Added the optional `count` argument.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "count", kind: Integer, since: Some("2.6.0"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SSCAN.
pub static SSCAN: Docs = Docs {
    summary: "Iterates over members of a set.",
    since: "2.8.0",
    group: "set",
    complexity: Some(
        "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "cursor", kind: Integer, ..ARG },
        Arg { name: "pattern", kind: Pattern, token: Some("MATCH"), optional: true, ..ARG },
        Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SMOVE.
pub static SMOVE: Docs = Docs {
    summary: "Moves a member from one set to another.",
    since: "1.0.0",
    group: "set",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "source", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "destination", kind: Key, key_spec_index: Some(1), ..ARG },
        Arg { name: "member", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SINTER.
pub static SINTER: Docs = Docs {
    summary: "Returns the intersect of multiple sets.",
    since: "1.0.0",
    group: "set",
    complexity: Some(
        "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    ),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of SINTERCARD.
pub static SINTERCARD: Docs = Docs {
    summary: "Returns the number of members of the intersect of multiple sets.",
    since: "7.0.0",
    group: "set",
    complexity: Some(
        "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    ),
    arguments: &[
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg { name: "limit", kind: Integer, token: Some("LIMIT"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SINTERSTORE.
pub static SINTERSTORE: Docs = Docs {
    summary: "Stores the intersect of multiple sets in a key.",
    since: "1.0.0",
    group: "set",
    complexity: Some(
        "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.",
    ),
    arguments: &[
        Arg { name: "destination", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(1), multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SUNION.
pub static SUNION: Docs = Docs {
    summary: "Returns the union of multiple sets.",
    since: "1.0.0",
    group: "set",
    complexity: Some("O(N) where N is the total number of elements in all given sets."),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of SUNIONSTORE.
pub static SUNIONSTORE: Docs = Docs {
    summary: "Stores the union of multiple sets in a key.",
    since: "1.0.0",
    group: "set",
    complexity: Some("O(N) where N is the total number of elements in all given sets."),
    arguments: &[
        Arg { name: "destination", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(1), multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SDIFF.
pub static SDIFF: Docs = Docs {
    summary: "Returns the difference of multiple sets.",
    since: "1.0.0",
    group: "set",
    complexity: Some("O(N) where N is the total number of elements in all given sets."),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of SDIFFSTORE.
pub static SDIFFSTORE: Docs = Docs {
    summary: "Stores the difference of multiple sets in a key.",
    since: "1.0.0",
    group: "set",
    complexity: Some("O(N) where N is the total number of elements in all given sets."),
    arguments: &[
        Arg { name: "destination", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(1), multiple: true, ..ARG },
    ],
    ..DOCS
};
