//! What COMMAND DOCS says about the string commands.

use super::ArgKind::{Block, Double, Integer, Key, OneOf, PureToken, String, UnixTime};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of SET.
pub static SET: Docs = Docs {
    summary: "Sets the string value of a key, ignoring its type. The key is created if it doesn't exist.",
    since: "1.0.0",
    group: "string",
    complexity: Some("O(1)"),
    history: &[
        ("2.6.12", "Added the `EX`, `PX`, `NX` and `XX` options."),
        ("6.0.0", "Added the `KEEPTTL` option."),
        ("6.2.0", "Added the `GET`, `EXAT` and `PXAT` option."),
        ("7.0.0", "Allowed the `NX` and `GET` options to be used together."),
    ],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "value", kind: String, ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            since: Some("2.6.12"),
            optional: true,
            args: &[
                Arg { name: "nx", kind: PureToken, token: Some("NX"), ..ARG },
                Arg { name: "xx", kind: PureToken, token: Some("XX"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "get", kind: PureToken, token: Some("GET"), since: Some("6.2.0"), optional: true, ..ARG },
        Arg {
            name: "expiration",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "seconds", kind: Integer, token: Some("EX"), since: Some("2.6.12"), ..ARG },
                Arg { name: "milliseconds", kind: Integer, token: Some("PX"), since: Some("2.6.12"), ..ARG },
                Arg {
                    name: "unix-time-seconds",
                    kind: UnixTime,
                    token: Some("EXAT"),
                    since: Some("6.2.0"),
                    ..ARG
                },
                Arg {
                    name: "unix-time-milliseconds",
                    kind: UnixTime,
                    token: Some("PXAT"),
                    since: Some("6.2.0"),
                    ..ARG
                },
                Arg { name: "keepttl", kind: PureToken, token: Some("KEEPTTL"), since: Some("6.0.0"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of GET.
pub static GET: Docs = Docs {
    summary: "Returns the string value of a key.",
    since: "1.0.0",
    group: "string",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of GETSET.
pub static GETSET: Docs = Docs {
    summary: "Returns the previous string value of a key after setting it to a new value.",
    since: "1.0.0",
    group: "string",
    complexity: Some("O(1)"),
    doc_flags: &["deprecated"],
    deprecated_since: Some("6.2.0"),
    replaced_by: Some("`SET` with the `!GET` argument"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "value", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of GETDEL.
pub static GETDEL: Docs = Docs {
    summary: "Returns the string value of a key after deleting the key.",
    since: "6.2.0",
    group: "string",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of GETEX.
pub static GETEX: Docs = Docs {
    summary: "Returns the string value of a key after setting its expiration time.",
    since: "6.2.0",
    group: "string",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "expiration",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "seconds", kind: Integer, token: Some("EX"), ..ARG },
                Arg { name: "milliseconds", kind: Integer, token: Some("PX"), ..ARG },
                Arg { name: "unix-time-seconds", kind: UnixTime, token: Some("EXAT"), ..ARG },
                Arg { name: "unix-time-milliseconds", kind: UnixTime, token: Some("PXAT"), ..ARG },
                Arg { name: "persist", kind: PureToken, token: Some("PERSIST"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of SETNX.
pub static SETNX: Docs = Docs {
    summary: "Set the string value of a key only when the key doesn't exist.",
    since: "1.0.0",
    group: "string",
    complexity: Some("O(1)"),
    doc_flags: &["deprecated"],
    deprecated_since: Some("2.6.12"),
    replaced_by: Some("`SET` with the `NX` argument"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "value", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SETEX.
pub static SETEX: Docs = Docs {
    summary: "Sets the string value and expiration time of a key. Creates the key if it doesn't exist.",
    since: "2.0.0",
    group: "string",
    complexity: Some("O(1)"),
    doc_flags: &["deprecated"],
    deprecated_since: Some("2.6.12"),
    replaced_by: Some("`SET` with the `EX` argument"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "seconds", kind: Integer, ..ARG },
        Arg { name: "value", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of PSETEX.
pub static PSETEX: Docs = Docs {
    summary: "Sets both string value and expiration time in milliseconds of a key. The key is created if it doesn't exist.",
    since: "2.6.0",
    group: "string",
    complexity: Some("O(1)"),
    doc_flags: &["deprecated"],
    deprecated_since: Some("2.6.12"),
    replaced_by: Some("`SET` with the `PX` argument"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "milliseconds", kind: Integer, ..ARG },
        Arg { name: "value", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of APPEND.
pub static APPEND: Docs = Docs {
    summary: "Appends a string to the value of a key. Creates the key if it doesn't exist.",
    since: "2.0.0",
    group: "string",
    complexity: Some(
        "O(1). The amortized time complexity is O(1) assuming the appended value is small and the already present value is of any size, since the dynamic string library used by Redis will double the free space available on every reallocation.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "value", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of STRLEN.
pub static STRLEN: Docs = Docs {
    summary: "Returns the length of a string value.",
    since: "2.2.0",
    group: "string",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of INCR.
pub static INCR: Docs = Docs {
    summary: "Increments the integer value of a key by one. Uses 0 as initial value if the key doesn't exist.",
    since: "1.0.0",
    group: "string",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of DECR.
pub static DECR: Docs = Docs {
    summary: "Decrements the integer value of a key by one. Uses 0 as initial value if the key doesn't exist.",
    since: "1.0.0",
    group: "string",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of INCRBY.
pub static INCRBY: Docs = Docs {
    summary: "Increments the integer value of a key by a number. Uses 0 as initial value if the key doesn't exist.",
    since: "1.0.0",
    group: "string",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "increment", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of DECRBY.
pub static DECRBY: Docs = Docs {
    summary: "Decrements a number from the integer value of a key. Uses 0 as initial value if the key doesn't exist.",
    since: "1.0.0",
    group: "string",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "decrement", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of INCRBYFLOAT.
pub static INCRBYFLOAT: Docs = Docs {
    summary: "Increment the floating point value of a key by a number. Uses 0 as initial value if the key doesn't exist.",
    since: "2.6.0",
    group: "string",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "increment", kind: Double, ..ARG },
    ],
    ..DOCS
};

/// The documentation of MGET.
pub static MGET: Docs = Docs {
    summary: "Atomically returns the string values of one or more keys.",
    since: "1.0.0",
    group: "string",
    complexity: Some("O(N) where N is the number of keys to retrieve."),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of MSET.
pub static MSET: Docs = Docs {
    summary: "Atomically creates or modifies the string values of one or more keys.",
    since: "1.0.1",
    group: "string",
    complexity: Some("O(N) where N is the number of keys to set."),
    arguments: &[Arg {
        name: "data",
        kind: Block,
        multiple: true,
        args: &[
            Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
            Arg { name: "value", kind: String, ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of MSETNX.
pub static MSETNX: Docs = Docs {
    summary: "Atomically modifies the string values of one or more keys only when all keys don't exist.",
    since: "1.0.1",
    group: "string",
    complexity: Some("O(N) where N is the number of keys to set."),
    arguments: &[Arg {
        name: "data",
        kind: Block,
        multiple: true,
        args: &[
            Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
            Arg { name: "value", kind: String, ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of GETRANGE.
pub static GETRANGE: Docs = Docs {
    summary: "Returns a substring of the string stored at a key.",
    since: "2.4.0",
    group: "string",
    complexity: Some(
        "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "start", kind: Integer, ..ARG },
        Arg { name: "end", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SETRANGE.
pub static SETRANGE: Docs = Docs {
    summary: "Overwrites a part of a string value with another by an offset. Creates the key if it doesn't exist.",
    since: "2.2.0",
    group: "string",
    complexity: Some(
        "O(1), not counting the time taken to copy the new string in place. Usually, this string is very small so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the value argument.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "offset", kind: Integer, ..ARG },
        Arg { name: "value", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SUBSTR.
pub static SUBSTR: Docs = Docs {
    summary: "Returns a substring from a string value.",
    since: "1.0.0",
    group: "string",
    complexity: Some(
        "O(N) where N is the length of the returned string. The complexity is ultimately determined by the returned length, but because creating a substring from an existing string is very cheap, it can be considered O(1) for small strings.",
    ),
    doc_flags: &["deprecated"],
    deprecated_since: Some("2.0.0"),
    replaced_by: Some("`GETRANGE`"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "start", kind: Integer, ..ARG },
        Arg { name: "end", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of LCS.
pub static LCS: Docs = Docs {
    summary: "Finds the longest common substring.",
    since: "7.0.0",
    group: "string",
    complexity: Some("O(N*M) where N and M are the lengths of s1 and s2, respectively"),
    arguments: &[
        Arg { name: "key1", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "key2", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "len", kind: PureToken, token: Some("LEN"), optional: true, ..ARG },
        Arg { name: "idx", kind: PureToken, token: Some("IDX"), optional: true, ..ARG },
        Arg { name: "min-match-len", kind: Integer, token: Some("MINMATCHLEN"), optional: true, ..ARG },
        Arg { name: "withmatchlen", kind: PureToken, token: Some("WITHMATCHLEN"), optional: true, ..ARG },
    ],
    ..DOCS
};
