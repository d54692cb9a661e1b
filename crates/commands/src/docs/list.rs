//! What COMMAND DOCS says about the list commands.

use super::ArgKind::{Double, Integer, Key, OneOf, PureToken, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of LPUSH.
pub static LPUSH: Docs = Docs {
    summary: "Prepends one or more elements to a list. Creates the key if it doesn't exist.",
    since: "1.0.0",
    group: "list",
    complexity: Some(
        "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    ),
    history: &[("2.4.0", "Accepts multiple `element` arguments.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "element", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of RPUSH.
pub static RPUSH: Docs = Docs {
    summary: "Appends one or more elements to a list. Creates the key if it doesn't exist.",
    since: "1.0.0",
    group: "list",
    complexity: Some(
        "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    ),
    history: &[("2.4.0", "Accepts multiple `element` arguments.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "element", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of LPUSHX.
pub static LPUSHX: Docs = Docs {
    summary: "Prepends one or more elements to a list only when the list exists.",
    since: "2.2.0",
    group: "list",
    complexity: Some(
        "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    ),
    history: &[("4.0.0", "Accepts multiple `element` arguments.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "element", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of RPUSHX.
pub static RPUSHX: Docs = Docs {
    summary: "Appends an element to a list only when the list exists.",
    since: "2.2.0",
    group: "list",
    complexity: Some(
        "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
    ),
    history: &[("4.0.0", "Accepts multiple `element` arguments.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "element", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of LPOP.
pub static LPOP: Docs = Docs {
    summary: "Returns the first elements in a list after removing it. Deletes the list if the last element was popped.",
    since: "1.0.0",
    group: "list",
    complexity: Some("O(N) where N is the number of elements returned"),
    history: &[("6.2.0", "Added the `count` argument.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "count", kind: Integer, since: Some("6.2.0"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of RPOP.
pub static RPOP: Docs = Docs {
    summary: "Returns and removes the last elements of a list. Deletes the list if the last element was popped.",
    since: "1.0.0",
    group: "list",
    complexity: Some("O(N) where N is the number of elements returned"),
    history: &[("6.2.0", "Added the `count` argument.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "count", kind: Integer, since: Some("6.2.0"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of LLEN.
pub static LLEN: Docs = Docs {
    summary: "Returns the length of a list.",
    since: "1.0.0",
    group: "list",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of LINDEX.
pub static LINDEX: Docs = Docs {
    summary: "Returns an element from a list by its index.",
    since: "1.0.0",
    group: "list",
    complexity: Some(
        "O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last element of the list O(1).",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "index", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of LSET.
pub static LSET: Docs = Docs {
    summary: "Sets the value of an element in a list by its index.",
    since: "1.0.0",
    group: "list",
    complexity: Some(
        "O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "index", kind: Integer, ..ARG },
        Arg { name: "element", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of LINSERT.
pub static LINSERT: Docs = Docs {
    summary: "Inserts an element before or after another element in a list.",
    since: "2.2.0",
    group: "list",
    complexity: Some(
        "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "where",
            kind: OneOf,
            args: &[
                Arg { name: "before", kind: PureToken, token: Some("BEFORE"), ..ARG },
                Arg { name: "after", kind: PureToken, token: Some("AFTER"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "pivot", kind: String, ..ARG },
        Arg { name: "element", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of LRANGE.
pub static LRANGE: Docs = Docs {
    summary: "Returns a range of elements from a list.",
    since: "1.0.0",
    group: "list",
    complexity: Some(
        "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is the number of elements in the specified range.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "start", kind: Integer, ..ARG },
        Arg { name: "stop", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of LREM.
pub static LREM: Docs = Docs {
    summary: "Removes elements from a list. Deletes the list if the last element was removed.",
    since: "1.0.0",
    group: "list",
    complexity: Some("O(N+M) where N is the length of the list and M is the number of elements removed."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "count", kind: Integer, ..ARG },
        Arg { name: "element", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of LTRIM.
pub static LTRIM: Docs = Docs {
    summary: "Removes elements from both ends a list. Deletes the list if all elements were trimmed.",
    since: "1.0.0",
    group: "list",
    complexity: Some("O(N) where N is the number of elements to be removed by the operation."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "start", kind: Integer, ..ARG },
        Arg { name: "stop", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of LPOS.
pub static LPOS: Docs = Docs {
    summary: "Returns the index of matching elements in a list.",
    since: "6.0.6",
    group: "list",
    complexity: Some(
        "O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant time.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "element", kind: String, ..ARG },
        Arg { name: "rank", kind: Integer, token: Some("RANK"), optional: true, ..ARG },
        Arg { name: "num-matches", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
        Arg { name: "len", kind: Integer, token: Some("MAXLEN"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of LMOVE.
pub static LMOVE: Docs = Docs {
    summary: "Returns an element after popping it from one list and pushing it to another. Deletes the list if the last element was moved.",
    since: "6.2.0",
    group: "list",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "source", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "destination", kind: Key, key_spec_index: Some(1), ..ARG },
        Arg {
            name: "wherefrom",
            kind: OneOf,
            args: &[
                Arg { name: "left", kind: PureToken, token: Some("LEFT"), ..ARG },
                Arg { name: "right", kind: PureToken, token: Some("RIGHT"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "whereto",
            kind: OneOf,
            args: &[
                Arg { name: "left", kind: PureToken, token: Some("LEFT"), ..ARG },
                Arg { name: "right", kind: PureToken, token: Some("RIGHT"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of RPOPLPUSH.
pub static RPOPLPUSH: Docs = Docs {
    summary: "Returns the last element of a list after removing and pushing it to another list. Deletes the list if the last element was popped.",
    since: "1.2.0",
    group: "list",
    complexity: Some("O(1)"),
    doc_flags: &["deprecated"],
    deprecated_since: Some("6.2.0"),
    replaced_by: Some("`LMOVE` with the `RIGHT` and `LEFT` arguments"),
    arguments: &[
        Arg { name: "source", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "destination", kind: Key, key_spec_index: Some(1), ..ARG },
    ],
    ..DOCS
};

/// The documentation of LMPOP.
pub static LMPOP: Docs = Docs {
    summary: "Returns multiple elements from a list after removing them. Deletes the list if the last element was popped.",
    since: "7.0.0",
    group: "list",
    complexity: Some(
        "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
    ),
    arguments: &[
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg {
            name: "where",
            kind: OneOf,
            args: &[
                Arg { name: "left", kind: PureToken, token: Some("LEFT"), ..ARG },
                Arg { name: "right", kind: PureToken, token: Some("RIGHT"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of BLPOP.
pub static BLPOP: Docs = Docs {
    summary: "Removes and returns the first element in a list. Blocks until an element is available otherwise. Deletes the list if the last element was popped.",
    since: "2.0.0",
    group: "list",
    complexity: Some("O(N) where N is the number of provided keys."),
    history: &[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg { name: "timeout", kind: Double, ..ARG },
    ],
    ..DOCS
};

/// The documentation of BRPOP.
pub static BRPOP: Docs = Docs {
    summary: "Removes and returns the last element in a list. Blocks until an element is available otherwise. Deletes the list if the last element was popped.",
    since: "2.0.0",
    group: "list",
    complexity: Some("O(N) where N is the number of provided keys."),
    history: &[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg { name: "timeout", kind: Double, ..ARG },
    ],
    ..DOCS
};

/// The documentation of BLMOVE.
pub static BLMOVE: Docs = Docs {
    summary: "Pops an element from a list, pushes it to another list and returns it. Blocks until an element is available otherwise. Deletes the list if the last element was moved.",
    since: "6.2.0",
    group: "list",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "source", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "destination", kind: Key, key_spec_index: Some(1), ..ARG },
        Arg {
            name: "wherefrom",
            kind: OneOf,
            args: &[
                Arg { name: "left", kind: PureToken, token: Some("LEFT"), ..ARG },
                Arg { name: "right", kind: PureToken, token: Some("RIGHT"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "whereto",
            kind: OneOf,
            args: &[
                Arg { name: "left", kind: PureToken, token: Some("LEFT"), ..ARG },
                Arg { name: "right", kind: PureToken, token: Some("RIGHT"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "timeout", kind: Double, ..ARG },
    ],
    ..DOCS
};

/// The documentation of BRPOPLPUSH.
pub static BRPOPLPUSH: Docs = Docs {
    summary: "Pops an element from a list, pushes it to another list and returns it. Block until an element is available otherwise. Deletes the list if the last element was popped.",
    since: "2.2.0",
    group: "list",
    complexity: Some("O(1)"),
    doc_flags: &["deprecated"],
    deprecated_since: Some("6.2.0"),
    replaced_by: Some("`BLMOVE` with the `RIGHT` and `LEFT` arguments"),
    history: &[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
    arguments: &[
        Arg { name: "source", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "destination", kind: Key, key_spec_index: Some(1), ..ARG },
        Arg { name: "timeout", kind: Double, ..ARG },
    ],
    ..DOCS
};

/// The documentation of BLMPOP.
pub static BLMPOP: Docs = Docs {
    summary: "Pops the first element from one of multiple lists. Blocks until an element is available otherwise. Deletes the list if the last element was popped.",
    since: "7.0.0",
    group: "list",
    complexity: Some(
        "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
    ),
    arguments: &[
        Arg { name: "timeout", kind: Double, ..ARG },
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg {
            name: "where",
            kind: OneOf,
            args: &[
                Arg { name: "left", kind: PureToken, token: Some("LEFT"), ..ARG },
                Arg { name: "right", kind: PureToken, token: Some("RIGHT"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
    ],
    ..DOCS
};
