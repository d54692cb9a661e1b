//! What COMMAND DOCS says about the generic commands.

use super::ArgKind::{Block, Integer, Key, OneOf, Pattern, PureToken, String, UnixTime};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of DEL.
pub static DEL: Docs = Docs {
    summary: "Deletes one or more keys.",
    since: "1.0.0",
    group: "generic",
    complexity: Some(
        "O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, the individual complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or hash. Removing a single key that holds a string value is O(1).",
    ),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of UNLINK.
pub static UNLINK: Docs = Docs {
    summary: "Asynchronously deletes one or more keys.",
    since: "4.0.0",
    group: "generic",
    complexity: Some(
        "O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to reclaim memory, where N is the number of allocations the deleted objects where composed of.",
    ),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of EXISTS.
pub static EXISTS: Docs = Docs {
    summary: "Determines whether one or more keys exist.",
    since: "1.0.0",
    group: "generic",
    complexity: Some("O(N) where N is the number of keys to check."),
    history: &[("3.0.3", "Accepts multiple `key` arguments.")],
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of TOUCH.
pub static TOUCH: Docs = Docs {
    summary: "Returns the number of existing keys out of those specified after updating the time they were last accessed.",
    since: "3.2.1",
    group: "generic",
    complexity: Some("O(N) where N is the number of keys that will be touched."),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of TYPE.
pub static TYPE: Docs = Docs {
    summary: "Determines the type of value stored at a key.",
    since: "1.0.0",
    group: "generic",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of EXPIRE.
pub static EXPIRE: Docs = Docs {
    summary: "Sets the expiration time of a key in seconds.",
    since: "1.0.0",
    group: "generic",
    complexity: Some("O(1)"),
    history: &[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "seconds", kind: Integer, ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            since: Some("7.0.0"),
            optional: true,
            args: &[
                Arg { name: "nx", kind: PureToken, token: Some("NX"), ..ARG },
                Arg { name: "xx", kind: PureToken, token: Some("XX"), ..ARG },
                Arg { name: "gt", kind: PureToken, token: Some("GT"), ..ARG },
                Arg { name: "lt", kind: PureToken, token: Some("LT"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of PEXPIRE.
pub static PEXPIRE: Docs = Docs {
    summary: "Sets the expiration time of a key in milliseconds.",
    since: "2.6.0",
    group: "generic",
    complexity: Some("O(1)"),
    history: &[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "milliseconds", kind: Integer, ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            since: Some("7.0.0"),
            optional: true,
            args: &[
                Arg { name: "nx", kind: PureToken, token: Some("NX"), ..ARG },
                Arg { name: "xx", kind: PureToken, token: Some("XX"), ..ARG },
                Arg { name: "gt", kind: PureToken, token: Some("GT"), ..ARG },
                Arg { name: "lt", kind: PureToken, token: Some("LT"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of EXPIREAT.
pub static EXPIREAT: Docs = Docs {
    summary: "Sets the expiration time of a key to a Unix timestamp.",
    since: "1.2.0",
    group: "generic",
    complexity: Some("O(1)"),
    history: &[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "unix-time-seconds", kind: UnixTime, ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            since: Some("7.0.0"),
            optional: true,
            args: &[
                Arg { name: "nx", kind: PureToken, token: Some("NX"), ..ARG },
                Arg { name: "xx", kind: PureToken, token: Some("XX"), ..ARG },
                Arg { name: "gt", kind: PureToken, token: Some("GT"), ..ARG },
                Arg { name: "lt", kind: PureToken, token: Some("LT"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of PEXPIREAT.
pub static PEXPIREAT: Docs = Docs {
    summary: "Sets the expiration time of a key to a Unix milliseconds timestamp.",
    since: "2.6.0",
    group: "generic",
    complexity: Some("O(1)"),
    history: &[("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "unix-time-milliseconds", kind: UnixTime, ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            since: Some("7.0.0"),
            optional: true,
            args: &[
                Arg { name: "nx", kind: PureToken, token: Some("NX"), ..ARG },
                Arg { name: "xx", kind: PureToken, token: Some("XX"), ..ARG },
                Arg { name: "gt", kind: PureToken, token: Some("GT"), ..ARG },
                Arg { name: "lt", kind: PureToken, token: Some("LT"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of EXPIRETIME.
pub static EXPIRETIME: Docs = Docs {
    summary: "Returns the expiration time of a key as a Unix timestamp.",
    since: "7.0.0",
    group: "generic",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of PEXPIRETIME.
pub static PEXPIRETIME: Docs = Docs {
    summary: "Returns the expiration time of a key as a Unix milliseconds timestamp.",
    since: "7.0.0",
    group: "generic",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of TTL.
pub static TTL: Docs = Docs {
    summary: "Returns the expiration time in seconds of a key.",
    since: "1.0.0",
    group: "generic",
    complexity: Some("O(1)"),
    history: &[("2.8.0", "Added the -2 reply.")],
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of PTTL.
pub static PTTL: Docs = Docs {
    summary: "Returns the expiration time in milliseconds of a key.",
    since: "2.6.0",
    group: "generic",
    complexity: Some("O(1)"),
    history: &[("2.8.0", "Added the -2 reply.")],
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of PERSIST.
pub static PERSIST: Docs = Docs {
    summary: "Removes the expiration time of a key.",
    since: "2.2.0",
    group: "generic",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of RENAME.
pub static RENAME: Docs = Docs {
    summary: "Renames a key and overwrites the destination.",
    since: "1.0.0",
    group: "generic",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "newkey", kind: Key, key_spec_index: Some(1), ..ARG },
    ],
    ..DOCS
};

/// The documentation of RENAMENX.
pub static RENAMENX: Docs = Docs {
    summary: "Renames a key only when the target key name doesn't exist.",
    since: "1.0.0",
    group: "generic",
    complexity: Some("O(1)"),
    history: &[(
        "3.2.0",
        "The command no longer returns an error when source and destination names are the same.",
    )],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "newkey", kind: Key, key_spec_index: Some(1), ..ARG },
    ],
    ..DOCS
};

/// The documentation of COPY.
pub static COPY: Docs = Docs {
    summary: "Copies the value of a key to a new key.",
    since: "6.2.0",
    group: "generic",
    complexity: Some(
        "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
    ),
    arguments: &[
        Arg { name: "source", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "destination", kind: Key, key_spec_index: Some(1), ..ARG },
        Arg { name: "destination-db", kind: Integer, token: Some("DB"), optional: true, ..ARG },
        Arg { name: "replace", kind: PureToken, token: Some("REPLACE"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of MOVE.
pub static MOVE: Docs = Docs {
    summary: "Moves a key to another database.",
    since: "1.0.0",
    group: "generic",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "db", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of SCAN.
pub static SCAN: Docs = Docs {
    summary: "Iterates over the key names in the database.",
    since: "2.8.0",
    group: "generic",
    complexity: Some(
        "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
    ),
    history: &[("6.0.0", "Added the `TYPE` subcommand.")],
    arguments: &[
        Arg { name: "cursor", kind: Integer, ..ARG },
        Arg { name: "pattern", kind: Pattern, token: Some("MATCH"), optional: true, ..ARG },
        Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
        Arg { name: "type", kind: String, token: Some("TYPE"), since: Some("6.0.0"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of KEYS.
pub static KEYS: Docs = Docs {
    summary: "Returns all key names that match a pattern.",
    since: "1.0.0",
    group: "generic",
    complexity: Some(
        "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.",
    ),
    arguments: &[Arg { name: "pattern", kind: Pattern, ..ARG }],
    ..DOCS
};

/// The documentation of RANDOMKEY.
pub static RANDOMKEY: Docs = Docs {
    summary: "Returns a random key name from the database.",
    since: "1.0.0",
    group: "generic",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of OBJECT.
pub static OBJECT: Docs = Docs {
    summary: "A container for object introspection commands.",
    since: "2.2.3",
    group: "generic",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of OBJECT ENCODING.
pub static OBJECT_ENCODING: Docs = Docs {
    summary: "Returns the internal encoding of a Redis object.",
    since: "2.2.3",
    group: "generic",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of OBJECT FREQ.
pub static OBJECT_FREQ: Docs = Docs {
    summary: "Returns the logarithmic access frequency counter of a Redis object.",
    since: "4.0.0",
    group: "generic",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of OBJECT HELP.
pub static OBJECT_HELP: Docs = Docs {
    summary: "Returns helpful text about the different subcommands.",
    since: "6.2.0",
    group: "generic",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of OBJECT IDLETIME.
pub static OBJECT_IDLETIME: Docs = Docs {
    summary: "Returns the time since the last access to a Redis object.",
    since: "2.2.3",
    group: "generic",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of OBJECT REFCOUNT.
pub static OBJECT_REFCOUNT: Docs = Docs {
    summary: "Returns the reference count of a value of a key.",
    since: "2.2.3",
    group: "generic",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of SORT.
pub static SORT: Docs = Docs {
    summary: "Sorts the elements in a list, a set, or a sorted set, optionally storing the result.",
    since: "1.0.0",
    group: "generic",
    complexity: Some(
        "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements are not sorted, complexity is O(N).",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "by-pattern",
            kind: Pattern,
            display_text: Some("pattern"),
            key_spec_index: Some(1),
            token: Some("BY"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "limit",
            kind: Block,
            token: Some("LIMIT"),
            optional: true,
            args: &[
                Arg { name: "offset", kind: Integer, ..ARG },
                Arg { name: "count", kind: Integer, ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "get-pattern",
            kind: Pattern,
            display_text: Some("pattern"),
            key_spec_index: Some(1),
            token: Some("GET"),
            optional: true,
            multiple: true,
            multiple_token: true,
            ..ARG
        },
        Arg {
            name: "order",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "asc", kind: PureToken, token: Some("ASC"), ..ARG },
                Arg { name: "desc", kind: PureToken, token: Some("DESC"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "sorting", kind: PureToken, token: Some("ALPHA"), optional: true, ..ARG },
        Arg {
            name: "destination",
            kind: Key,
            key_spec_index: Some(2),
            token: Some("STORE"),
            optional: true,
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of SORT_RO.
pub static SORT_RO: Docs = Docs {
    summary: "Returns the sorted elements of a list, a set, or a sorted set.",
    since: "7.0.0",
    group: "generic",
    complexity: Some(
        "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of returned elements. When the elements are not sorted, complexity is O(N).",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "by-pattern",
            kind: Pattern,
            display_text: Some("pattern"),
            key_spec_index: Some(1),
            token: Some("BY"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "limit",
            kind: Block,
            token: Some("LIMIT"),
            optional: true,
            args: &[
                Arg { name: "offset", kind: Integer, ..ARG },
                Arg { name: "count", kind: Integer, ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "get-pattern",
            kind: Pattern,
            display_text: Some("pattern"),
            key_spec_index: Some(1),
            token: Some("GET"),
            optional: true,
            multiple: true,
            multiple_token: true,
            ..ARG
        },
        Arg {
            name: "order",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "asc", kind: PureToken, token: Some("ASC"), ..ARG },
                Arg { name: "desc", kind: PureToken, token: Some("DESC"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "sorting", kind: PureToken, token: Some("ALPHA"), optional: true, ..ARG },
    ],
    ..DOCS
};
