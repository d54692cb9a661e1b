//! What COMMAND DOCS says about the array commands, which are those of Redis 8.8.

use super::ArgKind::{Block, Integer, Key, OneOf, PureToken, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of ARCOUNT.
pub static ARCOUNT: Docs = Docs {
    summary: "Returns the number of non-empty elements in an array.",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of ARDEL.
pub static ARDEL: Docs = Docs {
    summary: "Deletes elements at the specified indices in an array.",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(N) where N is the number of indices to delete"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "index", kind: Integer, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ARDELRANGE.
pub static ARDELRANGE: Docs = Docs {
    summary: "Deletes elements in one or more ranges.",
    since: "8.8.0",
    group: "array",
    complexity: Some(
        "Proportional to the number of existing elements / slices touched, not to the numeric span of the requested ranges",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "range",
            kind: Block,
            multiple: true,
            args: &[Arg { name: "start", kind: Integer, ..ARG }, Arg { name: "end", kind: Integer, ..ARG }],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of ARGET.
pub static ARGET: Docs = Docs {
    summary: "Gets the value at an index in an array.",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "index", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ARGETRANGE.
pub static ARGETRANGE: Docs = Docs {
    summary: "Gets values in a range of indices.",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(N) where N is the range length"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "start", kind: Integer, ..ARG },
        Arg { name: "end", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ARGREP.
pub static ARGREP: Docs = Docs {
    summary: "Searches array elements in a range using textual predicates.",
    since: "8.8.0",
    group: "array",
    complexity: Some(
        "O(P * C) where P is the number of visited positions in touched slices and C is the cost of evaluating the predicates on one existing element.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "start", kind: String, ..ARG },
        Arg { name: "end", kind: String, ..ARG },
        Arg {
            name: "predicate",
            kind: OneOf,
            multiple: true,
            args: &[
                Arg {
                    name: "exact",
                    kind: Block,
                    args: &[
                        Arg { name: "exact", kind: PureToken, token: Some("EXACT"), ..ARG },
                        Arg { name: "string", kind: String, ..ARG },
                    ],
                    ..ARG
                },
                Arg {
                    name: "match",
                    kind: Block,
                    args: &[
                        Arg { name: "match", kind: PureToken, token: Some("MATCH"), ..ARG },
                        Arg { name: "string", kind: String, ..ARG },
                    ],
                    ..ARG
                },
                Arg {
                    name: "glob",
                    kind: Block,
                    args: &[
                        Arg { name: "glob", kind: PureToken, token: Some("GLOB"), ..ARG },
                        Arg { name: "pattern", kind: String, ..ARG },
                    ],
                    ..ARG
                },
                Arg {
                    name: "re",
                    kind: Block,
                    args: &[
                        Arg { name: "re", kind: PureToken, token: Some("RE"), ..ARG },
                        Arg { name: "pattern", kind: String, ..ARG },
                    ],
                    ..ARG
                },
            ],
            ..ARG
        },
        Arg {
            name: "options",
            kind: OneOf,
            optional: true,
            multiple: true,
            args: &[
                Arg { name: "and", kind: PureToken, token: Some("AND"), ..ARG },
                Arg { name: "or", kind: PureToken, token: Some("OR"), ..ARG },
                Arg { name: "limit", kind: Integer, token: Some("LIMIT"), ..ARG },
                Arg { name: "withvalues", kind: PureToken, token: Some("WITHVALUES"), ..ARG },
                Arg { name: "nocase", kind: PureToken, token: Some("NOCASE"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of ARINFO.
pub static ARINFO: Docs = Docs {
    summary: "Returns metadata about an array.",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(1), or O(N) with FULL option where N is the number of slices."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "full", kind: PureToken, token: Some("FULL"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ARINSERT.
pub static ARINSERT: Docs = Docs {
    summary: "Inserts one or more values at consecutive indices.",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(N) where N is the number of values"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "value", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ARLASTITEMS.
pub static ARLASTITEMS: Docs = Docs {
    summary: "Returns the most recently inserted elements.",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(N) where N is the count"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "count", kind: Integer, ..ARG },
        Arg { name: "rev", kind: PureToken, token: Some("REV"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ARLEN.
pub static ARLEN: Docs = Docs {
    summary: "Returns the length of an array (max index + 1).",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of ARMGET.
pub static ARMGET: Docs = Docs {
    summary: "Gets values at multiple indices in an array.",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(N) where N is the number of indices"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "index", kind: Integer, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ARMSET.
pub static ARMSET: Docs = Docs {
    summary: "Sets multiple index-value pairs in an array.",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(N) where N is the number of pairs"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "data",
            kind: Block,
            multiple: true,
            args: &[Arg { name: "index", kind: Integer, ..ARG }, Arg { name: "value", kind: String, ..ARG }],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of ARNEXT.
pub static ARNEXT: Docs = Docs {
    summary: "Returns the next index ARINSERT would use.",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of AROP.
pub static AROP: Docs = Docs {
    summary: "Performs aggregate operations on array elements in a range.",
    since: "8.8.0",
    group: "array",
    complexity: Some(
        "O(P) where P is visited positions in touched slices (dense scanned slots + sparse entries), with worst-case O(|end-start|+1) and typical case close to O(N), where N is the number of existing elements in range.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "start", kind: Integer, ..ARG },
        Arg { name: "end", kind: Integer, ..ARG },
        Arg {
            name: "operation",
            kind: OneOf,
            args: &[
                Arg { name: "sum", kind: PureToken, token: Some("SUM"), ..ARG },
                Arg { name: "min", kind: PureToken, token: Some("MIN"), ..ARG },
                Arg { name: "max", kind: PureToken, token: Some("MAX"), ..ARG },
                Arg { name: "and", kind: PureToken, token: Some("AND"), ..ARG },
                Arg { name: "or", kind: PureToken, token: Some("OR"), ..ARG },
                Arg { name: "xor", kind: PureToken, token: Some("XOR"), ..ARG },
                Arg {
                    name: "match",
                    kind: Block,
                    args: &[
                        Arg { name: "match", kind: PureToken, token: Some("MATCH"), ..ARG },
                        Arg { name: "value", kind: String, ..ARG },
                    ],
                    ..ARG
                },
                Arg { name: "used", kind: PureToken, token: Some("USED"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of ARRING.
pub static ARRING: Docs = Docs {
    summary: "Inserts values into a ring buffer of specified size, wrapping and truncating as needed.",
    since: "8.8.0",
    group: "array",
    complexity: Some(
        "O(M) normally, O(N+M) on ring resize, where N is the maximum of the old and new ring size and M is the number of inserted values",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "size", kind: Integer, ..ARG },
        Arg { name: "value", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ARSCAN.
pub static ARSCAN: Docs = Docs {
    summary: "Iterates existing elements in a range, returning index-value pairs.",
    since: "8.8.0",
    group: "array",
    complexity: Some(
        "O(P) where P is visited positions in touched slices (dense scanned slots + sparse entries), with worst-case O(|end-start|+1) and typical case close to O(N), where N is the number of existing elements in range.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "start", kind: Integer, ..ARG },
        Arg { name: "end", kind: Integer, ..ARG },
        Arg { name: "limit", kind: Integer, token: Some("LIMIT"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ARSEEK.
pub static ARSEEK: Docs = Docs {
    summary: "Sets the ARINSERT / ARRING cursor to a specific index.",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "index", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ARSET.
pub static ARSET: Docs = Docs {
    summary: "Sets one or more contiguous values starting at an index in an array.",
    since: "8.8.0",
    group: "array",
    complexity: Some("O(N) where N is the number of values"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "index", kind: Integer, ..ARG },
        Arg { name: "value", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};
