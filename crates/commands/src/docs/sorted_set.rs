//! What COMMAND DOCS says about the sorted_set commands.

use super::ArgKind::{Block, Double, Integer, Key, OneOf, Pattern, PureToken, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of ZADD.
pub static ZADD: Docs = Docs {
    summary: "Adds one or more members to a sorted set, or updates their scores. Creates the key if it doesn't exist.",
    since: "1.2.0",
    group: "sorted-set",
    complexity: Some("O(log(N)) for each item added, where N is the number of elements in the sorted set."),
    history: &[
        ("2.4.0", "Accepts multiple elements."),
        ("3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options."),
        ("6.2.0", "Added the `GT` and `LT` options."),
    ],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            since: Some("3.0.2"),
            optional: true,
            args: &[
                Arg { name: "nx", kind: PureToken, token: Some("NX"), ..ARG },
                Arg { name: "xx", kind: PureToken, token: Some("XX"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "comparison",
            kind: OneOf,
            since: Some("6.2.0"),
            optional: true,
            args: &[
                Arg { name: "gt", kind: PureToken, token: Some("GT"), ..ARG },
                Arg { name: "lt", kind: PureToken, token: Some("LT"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "change",
            kind: PureToken,
            token: Some("CH"),
            since: Some("3.0.2"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "increment",
            kind: PureToken,
            token: Some("INCR"),
            since: Some("3.0.2"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "data",
            kind: Block,
            multiple: true,
            args: &[Arg { name: "score", kind: Double, ..ARG }, Arg { name: "member", kind: String, ..ARG }],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of ZINCRBY.
pub static ZINCRBY: Docs = Docs {
    summary: "Increments the score of a member in a sorted set.",
    since: "1.2.0",
    group: "sorted-set",
    complexity: Some("O(log(N)) where N is the number of elements in the sorted set."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "increment", kind: Integer, ..ARG },
        Arg { name: "member", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZREM.
pub static ZREM: Docs = Docs {
    summary: "Removes one or more members from a sorted set. Deletes the sorted set if all members were removed.",
    since: "1.2.0",
    group: "sorted-set",
    complexity: Some(
        "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.",
    ),
    history: &[("2.4.0", "Accepts multiple elements.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZSCORE.
pub static ZSCORE: Docs = Docs {
    summary: "Returns the score of a member in a sorted set.",
    since: "1.2.0",
    group: "sorted-set",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZMSCORE.
pub static ZMSCORE: Docs = Docs {
    summary: "Returns the score of one or more members in a sorted set.",
    since: "6.2.0",
    group: "sorted-set",
    complexity: Some("O(N) where N is the number of members being requested."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZCARD.
pub static ZCARD: Docs = Docs {
    summary: "Returns the number of members in a sorted set.",
    since: "1.2.0",
    group: "sorted-set",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of ZCOUNT.
pub static ZCOUNT: Docs = Docs {
    summary: "Returns the count of members in a sorted set that have scores within a range.",
    since: "2.0.0",
    group: "sorted-set",
    complexity: Some("O(log(N)) with N being the number of elements in the sorted set."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "min", kind: Double, ..ARG },
        Arg { name: "max", kind: Double, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZLEXCOUNT.
pub static ZLEXCOUNT: Docs = Docs {
    summary: "Returns the number of members in a sorted set within a lexicographical range.",
    since: "2.8.9",
    group: "sorted-set",
    complexity: Some("O(log(N)) with N being the number of elements in the sorted set."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "min", kind: String, ..ARG },
        Arg { name: "max", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZRANK.
pub static ZRANK: Docs = Docs {
    summary: "Returns the index of a member in a sorted set ordered by ascending scores.",
    since: "2.0.0",
    group: "sorted-set",
    complexity: Some("O(log(N))"),
    history: &[("7.2.0", "Added the optional `WITHSCORE` argument.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, ..ARG },
        Arg { name: "withscore", kind: PureToken, token: Some("WITHSCORE"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZREVRANK.
pub static ZREVRANK: Docs = Docs {
    summary: "Returns the index of a member in a sorted set ordered by descending scores.",
    since: "2.0.0",
    group: "sorted-set",
    complexity: Some("O(log(N))"),
    history: &[("7.2.0", "Added the optional `WITHSCORE` argument.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "member", kind: String, ..ARG },
        Arg { name: "withscore", kind: PureToken, token: Some("WITHSCORE"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZRANGE.
pub static ZRANGE: Docs = Docs {
    summary: "Returns members in a sorted set within a range of indexes.",
    since: "1.2.0",
    group: "sorted-set",
    complexity: Some(
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
    ),
    history: &[("6.2.0", "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "start", kind: String, ..ARG },
        Arg { name: "stop", kind: String, ..ARG },
        Arg {
            name: "sortby",
            kind: OneOf,
            since: Some("6.2.0"),
            optional: true,
            args: &[
                Arg { name: "byscore", kind: PureToken, token: Some("BYSCORE"), ..ARG },
                Arg { name: "bylex", kind: PureToken, token: Some("BYLEX"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "rev", kind: PureToken, token: Some("REV"), since: Some("6.2.0"), optional: true, ..ARG },
        Arg {
            name: "limit",
            kind: Block,
            token: Some("LIMIT"),
            since: Some("6.2.0"),
            optional: true,
            args: &[
                Arg { name: "offset", kind: Integer, ..ARG },
                Arg { name: "count", kind: Integer, ..ARG },
            ],
            ..ARG
        },
        Arg { name: "withscores", kind: PureToken, token: Some("WITHSCORES"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZREVRANGE.
pub static ZREVRANGE: Docs = Docs {
    summary: "Returns members in a sorted set within a range of indexes in reverse order.",
    since: "1.2.0",
    group: "sorted-set",
    complexity: Some(
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
    ),
    doc_flags: &["deprecated"],
    deprecated_since: Some("6.2.0"),
    replaced_by: Some("`ZRANGE` with the `REV` argument"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "start", kind: Integer, ..ARG },
        Arg { name: "stop", kind: Integer, ..ARG },
        Arg { name: "withscores", kind: PureToken, token: Some("WITHSCORES"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZRANGEBYSCORE.
pub static ZRANGEBYSCORE: Docs = Docs {
    summary: "Returns members in a sorted set within a range of scores.",
    since: "1.0.5",
    group: "sorted-set",
    complexity: Some(
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
    ),
    doc_flags: &["deprecated"],
    deprecated_since: Some("6.2.0"),
    replaced_by: Some("`ZRANGE` with the `BYSCORE` argument"),
    history: &[("2.0.0", "Added the `WITHSCORES` modifier.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "min", kind: Double, ..ARG },
        Arg { name: "max", kind: Double, ..ARG },
        Arg {
            name: "withscores",
            kind: PureToken,
            token: Some("WITHSCORES"),
            since: Some("2.0.0"),
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
    ],
    ..DOCS
};

/// The documentation of ZREVRANGEBYSCORE.
pub static ZREVRANGEBYSCORE: Docs = Docs {
    summary: "Returns members in a sorted set within a range of scores in reverse order.",
    since: "2.2.0",
    group: "sorted-set",
    complexity: Some(
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
    ),
    doc_flags: &["deprecated"],
    deprecated_since: Some("6.2.0"),
    replaced_by: Some("`ZRANGE` with the `REV` and `BYSCORE` arguments"),
    history: &[("2.1.6", "`min` and `max` can be exclusive.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "max", kind: Double, ..ARG },
        Arg { name: "min", kind: Double, ..ARG },
        Arg { name: "withscores", kind: PureToken, token: Some("WITHSCORES"), optional: true, ..ARG },
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
    ],
    ..DOCS
};

/// The documentation of ZRANGEBYLEX.
pub static ZRANGEBYLEX: Docs = Docs {
    summary: "Returns members in a sorted set within a lexicographical range.",
    since: "2.8.9",
    group: "sorted-set",
    complexity: Some(
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
    ),
    doc_flags: &["deprecated"],
    deprecated_since: Some("6.2.0"),
    replaced_by: Some("`ZRANGE` with the `BYLEX` argument"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "min", kind: String, ..ARG },
        Arg { name: "max", kind: String, ..ARG },
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
    ],
    ..DOCS
};

/// The documentation of ZREVRANGEBYLEX.
pub static ZREVRANGEBYLEX: Docs = Docs {
    summary: "Returns members in a sorted set within a lexicographical range in reverse order.",
    since: "2.8.9",
    group: "sorted-set",
    complexity: Some(
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
    ),
    doc_flags: &["deprecated"],
    deprecated_since: Some("6.2.0"),
    replaced_by: Some("`ZRANGE` with the `REV` and `BYLEX` arguments"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "max", kind: String, ..ARG },
        Arg { name: "min", kind: String, ..ARG },
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
    ],
    ..DOCS
};

/// The documentation of ZRANGESTORE.
pub static ZRANGESTORE: Docs = Docs {
    summary: "Stores a range of members from sorted set in a key.",
    since: "6.2.0",
    group: "sorted-set",
    complexity: Some(
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the destination key.",
    ),
    arguments: &[
        Arg { name: "dst", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "src", kind: Key, key_spec_index: Some(1), ..ARG },
        Arg { name: "min", kind: String, ..ARG },
        Arg { name: "max", kind: String, ..ARG },
        Arg {
            name: "sortby",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "byscore", kind: PureToken, token: Some("BYSCORE"), ..ARG },
                Arg { name: "bylex", kind: PureToken, token: Some("BYLEX"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "rev", kind: PureToken, token: Some("REV"), optional: true, ..ARG },
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
    ],
    ..DOCS
};

/// The documentation of ZREMRANGEBYRANK.
pub static ZREMRANGEBYRANK: Docs = Docs {
    summary: "Removes members in a sorted set within a range of indexes. Deletes the sorted set if all members were removed.",
    since: "2.0.0",
    group: "sorted-set",
    complexity: Some(
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "start", kind: Integer, ..ARG },
        Arg { name: "stop", kind: Integer, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZREMRANGEBYSCORE.
pub static ZREMRANGEBYSCORE: Docs = Docs {
    summary: "Removes members in a sorted set within a range of scores. Deletes the sorted set if all members were removed.",
    since: "1.2.0",
    group: "sorted-set",
    complexity: Some(
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "min", kind: Double, ..ARG },
        Arg { name: "max", kind: Double, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZREMRANGEBYLEX.
pub static ZREMRANGEBYLEX: Docs = Docs {
    summary: "Removes members in a sorted set within a lexicographical range. Deletes the sorted set if all members were removed.",
    since: "2.8.9",
    group: "sorted-set",
    complexity: Some(
        "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "min", kind: String, ..ARG },
        Arg { name: "max", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZPOPMIN.
pub static ZPOPMIN: Docs = Docs {
    summary: "Returns the lowest-scoring members from a sorted set after removing them. Deletes the sorted set if the last member was popped.",
    since: "5.0.0",
    group: "sorted-set",
    complexity: Some(
        "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "count", kind: Integer, optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZPOPMAX.
pub static ZPOPMAX: Docs = Docs {
    summary: "Returns the highest-scoring members from a sorted set after removing them. Deletes the sorted set if the last member was popped.",
    since: "5.0.0",
    group: "sorted-set",
    complexity: Some(
        "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
    ),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "count", kind: Integer, optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZMPOP.
pub static ZMPOP: Docs = Docs {
    summary: "Returns the highest- or lowest-scoring members from one or more sorted sets after removing them. Deletes the sorted set if the last member was popped.",
    since: "7.0.0",
    group: "sorted-set",
    complexity: Some(
        "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.",
    ),
    arguments: &[
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg {
            name: "where",
            kind: OneOf,
            args: &[
                Arg { name: "min", kind: PureToken, token: Some("MIN"), ..ARG },
                Arg { name: "max", kind: PureToken, token: Some("MAX"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of BZPOPMIN.
pub static BZPOPMIN: Docs = Docs {
    summary: "Removes and returns the member with the lowest score from one or more sorted sets. Blocks until a member is available otherwise. Deletes the sorted set if the last element was popped.",
    since: "5.0.0",
    group: "sorted-set",
    complexity: Some("O(log(N)) with N being the number of elements in the sorted set."),
    history: &[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg { name: "timeout", kind: Double, ..ARG },
    ],
    ..DOCS
};

/// The documentation of BZPOPMAX.
pub static BZPOPMAX: Docs = Docs {
    summary: "Removes and returns the member with the highest score from one or more sorted sets. Blocks until a member available otherwise.  Deletes the sorted set if the last element was popped.",
    since: "5.0.0",
    group: "sorted-set",
    complexity: Some("O(log(N)) with N being the number of elements in the sorted set."),
    history: &[("6.0.0", "`timeout` is interpreted as a double instead of an integer.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg { name: "timeout", kind: Double, ..ARG },
    ],
    ..DOCS
};

/// The documentation of BZMPOP.
pub static BZMPOP: Docs = Docs {
    summary: "Removes and returns a member by score from one or more sorted sets. Blocks until a member is available otherwise. Deletes the sorted set if the last element was popped.",
    since: "7.0.0",
    group: "sorted-set",
    complexity: Some(
        "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.",
    ),
    arguments: &[
        Arg { name: "timeout", kind: Double, ..ARG },
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg {
            name: "where",
            kind: OneOf,
            args: &[
                Arg { name: "min", kind: PureToken, token: Some("MIN"), ..ARG },
                Arg { name: "max", kind: PureToken, token: Some("MAX"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZRANDMEMBER.
pub static ZRANDMEMBER: Docs = Docs {
    summary: "Returns one or more random members from a sorted set.",
    since: "6.2.0",
    group: "sorted-set",
    complexity: Some("O(N) where N is the number of members returned"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "options",
            kind: Block,
            optional: true,
            args: &[
                Arg { name: "count", kind: Integer, ..ARG },
                Arg { name: "withscores", kind: PureToken, token: Some("WITHSCORES"), optional: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of ZSCAN.
pub static ZSCAN: Docs = Docs {
    summary: "Iterates over members and scores of a sorted set.",
    since: "2.8.0",
    group: "sorted-set",
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

/// The documentation of ZUNION.
pub static ZUNION: Docs = Docs {
    summary: "Returns the union of multiple sorted sets.",
    since: "6.2.0",
    group: "sorted-set",
    complexity: Some(
        "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
    ),
    arguments: &[
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg { name: "weight", kind: Integer, token: Some("WEIGHTS"), optional: true, multiple: true, ..ARG },
        Arg {
            name: "aggregate",
            kind: OneOf,
            token: Some("AGGREGATE"),
            optional: true,
            args: &[
                Arg { name: "sum", kind: PureToken, token: Some("SUM"), ..ARG },
                Arg { name: "min", kind: PureToken, token: Some("MIN"), ..ARG },
                Arg { name: "max", kind: PureToken, token: Some("MAX"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "withscores", kind: PureToken, token: Some("WITHSCORES"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZUNIONSTORE.
pub static ZUNIONSTORE: Docs = Docs {
    summary: "Stores the union of multiple sorted sets in a key.",
    since: "2.0.0",
    group: "sorted-set",
    complexity: Some(
        "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
    ),
    arguments: &[
        Arg { name: "destination", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(1), multiple: true, ..ARG },
        Arg { name: "weight", kind: Integer, token: Some("WEIGHTS"), optional: true, multiple: true, ..ARG },
        Arg {
            name: "aggregate",
            kind: OneOf,
            token: Some("AGGREGATE"),
            optional: true,
            args: &[
                Arg { name: "sum", kind: PureToken, token: Some("SUM"), ..ARG },
                Arg { name: "min", kind: PureToken, token: Some("MIN"), ..ARG },
                Arg { name: "max", kind: PureToken, token: Some("MAX"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of ZINTER.
pub static ZINTER: Docs = Docs {
    summary: "Returns the intersect of multiple sorted sets.",
    since: "6.2.0",
    group: "sorted-set",
    complexity: Some(
        "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.",
    ),
    arguments: &[
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg { name: "weight", kind: Integer, token: Some("WEIGHTS"), optional: true, multiple: true, ..ARG },
        Arg {
            name: "aggregate",
            kind: OneOf,
            token: Some("AGGREGATE"),
            optional: true,
            args: &[
                Arg { name: "sum", kind: PureToken, token: Some("SUM"), ..ARG },
                Arg { name: "min", kind: PureToken, token: Some("MIN"), ..ARG },
                Arg { name: "max", kind: PureToken, token: Some("MAX"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "withscores", kind: PureToken, token: Some("WITHSCORES"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZINTERSTORE.
pub static ZINTERSTORE: Docs = Docs {
    summary: "Stores the intersect of multiple sorted sets in a key.",
    since: "2.0.0",
    group: "sorted-set",
    complexity: Some(
        "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.",
    ),
    arguments: &[
        Arg { name: "destination", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(1), multiple: true, ..ARG },
        Arg { name: "weight", kind: Integer, token: Some("WEIGHTS"), optional: true, multiple: true, ..ARG },
        Arg {
            name: "aggregate",
            kind: OneOf,
            token: Some("AGGREGATE"),
            optional: true,
            args: &[
                Arg { name: "sum", kind: PureToken, token: Some("SUM"), ..ARG },
                Arg { name: "min", kind: PureToken, token: Some("MIN"), ..ARG },
                Arg { name: "max", kind: PureToken, token: Some("MAX"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of ZINTERCARD.
pub static ZINTERCARD: Docs = Docs {
    summary: "Returns the number of members of the intersect of multiple sorted sets.",
    since: "7.0.0",
    group: "sorted-set",
    complexity: Some(
        "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.",
    ),
    arguments: &[
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg { name: "limit", kind: Integer, token: Some("LIMIT"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZDIFF.
pub static ZDIFF: Docs = Docs {
    summary: "Returns the difference between multiple sorted sets.",
    since: "6.2.0",
    group: "sorted-set",
    complexity: Some(
        "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.",
    ),
    arguments: &[
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
        Arg { name: "withscores", kind: PureToken, token: Some("WITHSCORES"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of ZDIFFSTORE.
pub static ZDIFFSTORE: Docs = Docs {
    summary: "Stores the difference of multiple sorted sets in a key.",
    since: "6.2.0",
    group: "sorted-set",
    complexity: Some(
        "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.",
    ),
    arguments: &[
        Arg { name: "destination", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "numkeys", kind: Integer, ..ARG },
        Arg { name: "key", kind: Key, key_spec_index: Some(1), multiple: true, ..ARG },
    ],
    ..DOCS
};
