//! What COMMAND DOCS says about the hash commands.

use super::ArgKind::{Block, Double, Integer, Key, OneOf, Pattern, PureToken, String, UnixTime};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of HSET.
pub static HSET: Docs = Docs {
    summary: "Creates or modifies the value of a field in a hash.",
    since: "2.0.0",
    group: "hash",
    complexity: Some(
        "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with multiple field/value pairs.",
    ),
    history: &[("4.0.0", "Accepts multiple `field` and `value` arguments.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "data",
            kind: Block,
            multiple: true,
            args: &[Arg { name: "field", kind: String, ..ARG }, Arg { name: "value", kind: String, ..ARG }],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HGET.
pub static HGET: Docs = Docs {
    summary: "Returns the value of a field in a hash.",
    since: "2.0.0",
    group: "hash",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "field", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of HGETALL.
pub static HGETALL: Docs = Docs {
    summary: "Returns all fields and values in a hash.",
    since: "2.0.0",
    group: "hash",
    complexity: Some("O(N) where N is the size of the hash."),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of HDEL.
pub static HDEL: Docs = Docs {
    summary: "Deletes one or more fields and their values from a hash. Deletes the hash if no fields remain.",
    since: "2.0.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of fields to be removed."),
    history: &[("2.4.0", "Accepts multiple `field` arguments.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "field", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of HINCRBY.
pub static HINCRBY: Docs = Docs {
    summary: "Increments the integer value of a field in a hash by a number. Uses 0 as initial value if the field doesn't exist.",
    since: "2.0.0",
    group: "hash",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "field", kind: String, ..ARG },
        Arg { name: "increment", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of HMSET.
pub static HMSET: Docs = Docs {
    summary: "Sets the values of multiple fields.",
    since: "2.0.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of fields being set."),
    doc_flags: &["deprecated"],
    deprecated_since: Some("4.0.0"),
    replaced_by: Some("`HSET` with multiple field-value pairs"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "data",
            kind: Block,
            multiple: true,
            args: &[Arg { name: "field", kind: String, ..ARG }, Arg { name: "value", kind: String, ..ARG }],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HMGET.
pub static HMGET: Docs = Docs {
    summary: "Returns the values of all fields in a hash.",
    since: "2.0.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of fields being requested."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "field", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of HSETNX.
pub static HSETNX: Docs = Docs {
    summary: "Sets the value of a field in a hash only when the field doesn't exist.",
    since: "2.0.0",
    group: "hash",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "field", kind: String, ..ARG },
        Arg { name: "value", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of HEXISTS.
pub static HEXISTS: Docs = Docs {
    summary: "Determines whether a field exists in a hash.",
    since: "2.0.0",
    group: "hash",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "field", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of HLEN.
pub static HLEN: Docs = Docs {
    summary: "Returns the number of fields in a hash.",
    since: "2.0.0",
    group: "hash",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of HKEYS.
pub static HKEYS: Docs = Docs {
    summary: "Returns all fields in a hash.",
    since: "2.0.0",
    group: "hash",
    complexity: Some("O(N) where N is the size of the hash."),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of HVALS.
pub static HVALS: Docs = Docs {
    summary: "Returns all values in a hash.",
    since: "2.0.0",
    group: "hash",
    complexity: Some("O(N) where N is the size of the hash."),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of HSTRLEN.
pub static HSTRLEN: Docs = Docs {
    summary: "Returns the length of the value of a field.",
    since: "3.2.0",
    group: "hash",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "field", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of HINCRBYFLOAT.
pub static HINCRBYFLOAT: Docs = Docs {
    summary: "Increments the floating point value of a field by a number. Uses 0 as initial value if the field doesn't exist.",
    since: "2.6.0",
    group: "hash",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "field", kind: String, ..ARG },
        Arg { name: "increment", kind: Double, ..ARG },
    ],
    ..DOCS
};

/// The documentation of HRANDFIELD.
pub static HRANDFIELD: Docs = Docs {
    summary: "Returns one or more random fields from a hash.",
    since: "6.2.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of fields returned"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "options",
            kind: Block,
            optional: true,
            args: &[
                Arg { name: "count", kind: Integer, ..ARG },
                Arg { name: "withvalues", kind: PureToken, token: Some("WITHVALUES"), optional: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HSCAN.
pub static HSCAN: Docs = Docs {
    summary: "Iterates over fields and values of a hash.",
    since: "2.8.0",
    group: "hash",
    complexity: Some(
        "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "cursor", kind: Integer, ..ARG },
        Arg { name: "pattern", kind: Pattern, token: Some("MATCH"), optional: true, ..ARG },
        Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
        Arg { name: "novalues", kind: PureToken, token: Some("NOVALUES"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of HEXPIRE.
pub static HEXPIRE: Docs = Docs {
    summary: "Set expiry for hash field using relative time to expire (seconds)",
    since: "7.4.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of specified fields"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "seconds", kind: Integer, ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "nx", kind: PureToken, token: Some("NX"), ..ARG },
                Arg { name: "xx", kind: PureToken, token: Some("XX"), ..ARG },
                Arg { name: "gt", kind: PureToken, token: Some("GT"), ..ARG },
                Arg { name: "lt", kind: PureToken, token: Some("LT"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "fields",
            kind: Block,
            token: Some("FIELDS"),
            args: &[
                Arg { name: "numfields", kind: Integer, ..ARG },
                Arg { name: "field", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HPEXPIRE.
pub static HPEXPIRE: Docs = Docs {
    summary: "Set expiry for hash field using relative time to expire (milliseconds)",
    since: "7.4.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of specified fields"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "milliseconds", kind: Integer, ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "nx", kind: PureToken, token: Some("NX"), ..ARG },
                Arg { name: "xx", kind: PureToken, token: Some("XX"), ..ARG },
                Arg { name: "gt", kind: PureToken, token: Some("GT"), ..ARG },
                Arg { name: "lt", kind: PureToken, token: Some("LT"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "fields",
            kind: Block,
            token: Some("FIELDS"),
            args: &[
                Arg { name: "numfields", kind: Integer, ..ARG },
                Arg { name: "field", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HEXPIREAT.
pub static HEXPIREAT: Docs = Docs {
    summary: "Set expiry for hash field using an absolute Unix timestamp (seconds)",
    since: "7.4.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of specified fields"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "unix-time-seconds", kind: UnixTime, ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "nx", kind: PureToken, token: Some("NX"), ..ARG },
                Arg { name: "xx", kind: PureToken, token: Some("XX"), ..ARG },
                Arg { name: "gt", kind: PureToken, token: Some("GT"), ..ARG },
                Arg { name: "lt", kind: PureToken, token: Some("LT"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "fields",
            kind: Block,
            token: Some("FIELDS"),
            args: &[
                Arg { name: "numfields", kind: Integer, ..ARG },
                Arg { name: "field", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HPEXPIREAT.
pub static HPEXPIREAT: Docs = Docs {
    summary: "Set expiry for hash field using an absolute Unix timestamp (milliseconds)",
    since: "7.4.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of specified fields"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "unix-time-milliseconds", kind: UnixTime, ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "nx", kind: PureToken, token: Some("NX"), ..ARG },
                Arg { name: "xx", kind: PureToken, token: Some("XX"), ..ARG },
                Arg { name: "gt", kind: PureToken, token: Some("GT"), ..ARG },
                Arg { name: "lt", kind: PureToken, token: Some("LT"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "fields",
            kind: Block,
            token: Some("FIELDS"),
            args: &[
                Arg { name: "numfields", kind: Integer, ..ARG },
                Arg { name: "field", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HEXPIRETIME.
pub static HEXPIRETIME: Docs = Docs {
    summary: "Returns the expiration time of a hash field as a Unix timestamp, in seconds.",
    since: "7.4.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of specified fields"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "fields",
            kind: Block,
            token: Some("FIELDS"),
            args: &[
                Arg { name: "numfields", kind: Integer, ..ARG },
                Arg { name: "field", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HPEXPIRETIME.
pub static HPEXPIRETIME: Docs = Docs {
    summary: "Returns the expiration time of a hash field as a Unix timestamp, in msec.",
    since: "7.4.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of specified fields"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "fields",
            kind: Block,
            token: Some("FIELDS"),
            args: &[
                Arg { name: "numfields", kind: Integer, ..ARG },
                Arg { name: "field", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HTTL.
pub static HTTL: Docs = Docs {
    summary: "Returns the TTL in seconds of a hash field.",
    since: "7.4.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of specified fields"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "fields",
            kind: Block,
            token: Some("FIELDS"),
            args: &[
                Arg { name: "numfields", kind: Integer, ..ARG },
                Arg { name: "field", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HPTTL.
pub static HPTTL: Docs = Docs {
    summary: "Returns the TTL in milliseconds of a hash field.",
    since: "7.4.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of specified fields"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "fields",
            kind: Block,
            token: Some("FIELDS"),
            args: &[
                Arg { name: "numfields", kind: Integer, ..ARG },
                Arg { name: "field", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HPERSIST.
pub static HPERSIST: Docs = Docs {
    summary: "Removes the expiration time for each specified field",
    since: "7.4.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of specified fields"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "fields",
            kind: Block,
            token: Some("FIELDS"),
            args: &[
                Arg { name: "numfields", kind: Integer, ..ARG },
                Arg { name: "field", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HGETEX.
pub static HGETEX: Docs = Docs {
    summary: "Get the value of one or more fields of a given hash key, and optionally set their expiration.",
    since: "8.0.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of specified fields"),
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
        Arg {
            name: "fields",
            kind: Block,
            token: Some("FIELDS"),
            args: &[
                Arg { name: "numfields", kind: Integer, ..ARG },
                Arg { name: "field", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HSETEX.
pub static HSETEX: Docs = Docs {
    summary: "Set the value of one or more fields of a given hash key, and optionally set their expiration.",
    since: "8.0.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of fields being set."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "fnx", kind: PureToken, token: Some("FNX"), ..ARG },
                Arg { name: "fxx", kind: PureToken, token: Some("FXX"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "expiration",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "seconds", kind: Integer, token: Some("EX"), ..ARG },
                Arg { name: "milliseconds", kind: Integer, token: Some("PX"), ..ARG },
                Arg { name: "unix-time-seconds", kind: UnixTime, token: Some("EXAT"), ..ARG },
                Arg { name: "unix-time-milliseconds", kind: UnixTime, token: Some("PXAT"), ..ARG },
                Arg { name: "keepttl", kind: PureToken, token: Some("KEEPTTL"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "fields",
            kind: Block,
            token: Some("FIELDS"),
            args: &[
                Arg { name: "numfields", kind: Integer, ..ARG },
                Arg {
                    name: "data",
                    kind: Block,
                    multiple: true,
                    args: &[
                        Arg { name: "field", kind: String, ..ARG },
                        Arg { name: "value", kind: String, ..ARG },
                    ],
                    ..ARG
                },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of HGETDEL.
pub static HGETDEL: Docs = Docs {
    summary: "Returns the value of a field and deletes it from the hash.",
    since: "8.0.0",
    group: "hash",
    complexity: Some("O(N) where N is the number of specified fields"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "fields",
            kind: Block,
            token: Some("FIELDS"),
            args: &[
                Arg { name: "numfields", kind: Integer, ..ARG },
                Arg { name: "field", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};
