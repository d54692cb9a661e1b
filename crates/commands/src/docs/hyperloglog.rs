//! What COMMAND DOCS says about the hyperloglog commands.

use super::ArgKind::{Key, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of PFADD.
pub static PFADD: Docs = Docs {
    summary: "Adds elements to a HyperLogLog key. Creates the key if it doesn't exist.",
    since: "2.8.9",
    group: "hyperloglog",
    complexity: Some("O(1) to add every element."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "element", kind: String, optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of PFCOUNT.
pub static PFCOUNT: Docs = Docs {
    summary: "Returns the approximated cardinality of the set(s) observed by the HyperLogLog key(s).",
    since: "2.8.9",
    group: "hyperloglog",
    complexity: Some(
        "O(1) with a very small average constant time when called with a single key. O(N) with N being the number of keys, and much bigger constant times, when called with multiple keys.",
    ),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of PFMERGE.
pub static PFMERGE: Docs = Docs {
    summary: "Merges one or more HyperLogLog values into a single key.",
    since: "2.8.9",
    group: "hyperloglog",
    complexity: Some("O(N) to merge N HyperLogLogs, but with high constant times."),
    arguments: &[
        Arg { name: "destkey", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "sourcekey", kind: Key, key_spec_index: Some(1), optional: true, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of PFDEBUG.
pub static PFDEBUG: Docs = Docs {
    summary: "Internal commands for debugging HyperLogLog values.",
    since: "2.8.9",
    group: "hyperloglog",
    complexity: Some("N/A"),
    doc_flags: &["syscmd"],
    arguments: &[
        Arg { name: "subcommand", kind: String, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
    ],
    ..DOCS
};

/// The documentation of PFSELFTEST.
pub static PFSELFTEST: Docs = Docs {
    summary: "An internal command for testing HyperLogLog values.",
    since: "2.8.9",
    group: "hyperloglog",
    complexity: Some("N/A"),
    doc_flags: &["syscmd"],
    ..DOCS
};
