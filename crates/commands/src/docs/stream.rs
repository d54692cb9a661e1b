//! What COMMAND DOCS says about the stream commands.

use super::ArgKind::{Block, Integer, Key, OneOf, PureToken, String, UnixTime};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of XADD.
pub static XADD: Docs = Docs {
    summary: "Appends a new message to a stream. Creates the key if it doesn't exist.",
    since: "5.0.0",
    group: "stream",
    complexity: Some(
        "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.",
    ),
    history: &[
        ("6.2.0", "Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option."),
        ("7.0.0", "Added support for the `<ms>-*` explicit ID form."),
        ("8.2.0", "Added the `KEEPREF`, `DELREF` and `ACKED` options."),
    ],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "nomkstream",
            kind: PureToken,
            token: Some("NOMKSTREAM"),
            since: Some("6.2.0"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "condition",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "keepref", kind: PureToken, token: Some("KEEPREF"), ..ARG },
                Arg { name: "delref", kind: PureToken, token: Some("DELREF"), ..ARG },
                Arg { name: "acked", kind: PureToken, token: Some("ACKED"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "trim",
            kind: Block,
            optional: true,
            args: &[
                Arg {
                    name: "strategy",
                    kind: OneOf,
                    args: &[
                        Arg { name: "maxlen", kind: PureToken, token: Some("MAXLEN"), ..ARG },
                        Arg {
                            name: "minid",
                            kind: PureToken,
                            token: Some("MINID"),
                            since: Some("6.2.0"),
                            ..ARG
                        },
                    ],
                    ..ARG
                },
                Arg {
                    name: "operator",
                    kind: OneOf,
                    optional: true,
                    args: &[
                        Arg { name: "equal", kind: PureToken, token: Some("="), ..ARG },
                        Arg { name: "approximately", kind: PureToken, token: Some("~"), ..ARG },
                    ],
                    ..ARG
                },
                Arg { name: "threshold", kind: String, ..ARG },
                Arg {
                    name: "count",
                    kind: Integer,
                    token: Some("LIMIT"),
                    since: Some("6.2.0"),
                    optional: true,
                    ..ARG
                },
            ],
            ..ARG
        },
        Arg {
            name: "id-selector",
            kind: OneOf,
            args: &[
                Arg { name: "auto-id", kind: PureToken, token: Some("*"), ..ARG },
                Arg { name: "id", kind: String, ..ARG },
            ],
            ..ARG
        },
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

/// The documentation of XLEN.
pub static XLEN: Docs = Docs {
    summary: "Return the number of messages in a stream.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of XRANGE.
pub static XRANGE: Docs = Docs {
    summary: "Returns the messages from a stream within a range of IDs.",
    since: "5.0.0",
    group: "stream",
    complexity: Some(
        "O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).",
    ),
    history: &[("6.2.0", "Added exclusive ranges.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "start", kind: String, ..ARG },
        Arg { name: "end", kind: String, ..ARG },
        Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of XREVRANGE.
pub static XREVRANGE: Docs = Docs {
    summary: "Returns the messages from a stream within a range of IDs in reverse order.",
    since: "5.0.0",
    group: "stream",
    complexity: Some(
        "O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).",
    ),
    history: &[("6.2.0", "Added exclusive ranges.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "end", kind: String, ..ARG },
        Arg { name: "start", kind: String, ..ARG },
        Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of XREAD.
pub static XREAD: Docs = Docs {
    summary: "Returns messages from multiple streams with IDs greater than the ones requested. Blocks until a message is available otherwise.",
    since: "5.0.0",
    group: "stream",
    arguments: &[
        Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
        Arg { name: "milliseconds", kind: Integer, token: Some("BLOCK"), optional: true, ..ARG },
        Arg {
            name: "streams",
            kind: Block,
            token: Some("STREAMS"),
            args: &[
                Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
                Arg { name: "id", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of XDEL.
pub static XDEL: Docs = Docs {
    summary: "Returns the number of messages after removing them from a stream.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(1) for each single item to delete in the stream, regardless of the stream size."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "id", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of XDELEX.
pub static XDELEX: Docs = Docs {
    summary: "Deletes one or multiple entries from the stream.",
    since: "8.2.0",
    group: "stream",
    complexity: Some("O(1) for each single item to delete in the stream, regardless of the stream size."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "keepref", kind: PureToken, token: Some("KEEPREF"), ..ARG },
                Arg { name: "delref", kind: PureToken, token: Some("DELREF"), ..ARG },
                Arg { name: "acked", kind: PureToken, token: Some("ACKED"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "ids",
            kind: Block,
            token: Some("IDS"),
            args: &[
                Arg { name: "numids", kind: Integer, ..ARG },
                Arg { name: "id", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of XTRIM.
pub static XTRIM: Docs = Docs {
    summary: "Deletes messages from the beginning of a stream.",
    since: "5.0.0",
    group: "stream",
    complexity: Some(
        "O(N), with N being the number of evicted entries. Constant times are very small however, since entries are organized in macro nodes containing multiple entries that can be released with a single deallocation.",
    ),
    history: &[
        ("6.2.0", "Added the `MINID` trimming strategy and the `LIMIT` option."),
        ("8.2.0", "Added the `KEEPREF`, `DELREF` and `ACKED` options."),
    ],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "trim",
            kind: Block,
            args: &[
                Arg {
                    name: "strategy",
                    kind: OneOf,
                    args: &[
                        Arg { name: "maxlen", kind: PureToken, token: Some("MAXLEN"), ..ARG },
                        Arg {
                            name: "minid",
                            kind: PureToken,
                            token: Some("MINID"),
                            since: Some("6.2.0"),
                            ..ARG
                        },
                    ],
                    ..ARG
                },
                Arg {
                    name: "operator",
                    kind: OneOf,
                    optional: true,
                    args: &[
                        Arg { name: "equal", kind: PureToken, token: Some("="), ..ARG },
                        Arg { name: "approximately", kind: PureToken, token: Some("~"), ..ARG },
                    ],
                    ..ARG
                },
                Arg { name: "threshold", kind: String, ..ARG },
                Arg {
                    name: "count",
                    kind: Integer,
                    token: Some("LIMIT"),
                    since: Some("6.2.0"),
                    optional: true,
                    ..ARG
                },
                Arg {
                    name: "condition",
                    kind: OneOf,
                    optional: true,
                    args: &[
                        Arg { name: "keepref", kind: PureToken, token: Some("KEEPREF"), ..ARG },
                        Arg { name: "delref", kind: PureToken, token: Some("DELREF"), ..ARG },
                        Arg { name: "acked", kind: PureToken, token: Some("ACKED"), ..ARG },
                    ],
                    ..ARG
                },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of XSETID.
pub static XSETID: Docs = Docs {
    summary: "An internal command for replicating stream values.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(1)"),
    history: &[("7.0.0", "Added the `entries_added` and `max_deleted_entry_id` arguments.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "last-id", kind: String, ..ARG },
        Arg {
            name: "entries-added",
            kind: Integer,
            token: Some("ENTRIESADDED"),
            since: Some("7.0.0"),
            optional: true,
            ..ARG
        },
        Arg {
            name: "max-deleted-id",
            kind: String,
            token: Some("MAXDELETEDID"),
            since: Some("7.0.0"),
            optional: true,
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of XGROUP.
pub static XGROUP: Docs = Docs {
    summary: "A container for consumer groups commands.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of XGROUP CREATE.
pub static XGROUP_CREATE: Docs = Docs {
    summary: "Creates a consumer group.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(1)"),
    history: &[("7.0.0", "Added the `entries_read` named argument.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "group", kind: String, ..ARG },
        Arg {
            name: "id-selector",
            kind: OneOf,
            args: &[
                Arg { name: "id", kind: String, ..ARG },
                Arg { name: "new-id", kind: PureToken, token: Some("$"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "mkstream", kind: PureToken, token: Some("MKSTREAM"), optional: true, ..ARG },
        Arg {
            name: "entriesread",
            kind: Integer,
            display_text: Some("entries-read"),
            token: Some("ENTRIESREAD"),
            optional: true,
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of XGROUP CREATECONSUMER.
pub static XGROUP_CREATECONSUMER: Docs = Docs {
    summary: "Creates a consumer in a consumer group.",
    since: "6.2.0",
    group: "stream",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "group", kind: String, ..ARG },
        Arg { name: "consumer", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of XGROUP DELCONSUMER.
pub static XGROUP_DELCONSUMER: Docs = Docs {
    summary: "Deletes a consumer from a consumer group.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(1)"),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "group", kind: String, ..ARG },
        Arg { name: "consumer", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of XGROUP DESTROY.
pub static XGROUP_DESTROY: Docs = Docs {
    summary: "Destroys a consumer group.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(N) where N is the number of entries in the group's pending entries list (PEL)."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "group", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of XGROUP HELP.
pub static XGROUP_HELP: Docs = Docs {
    summary: "Returns helpful text about the different subcommands.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of XGROUP SETID.
pub static XGROUP_SETID: Docs = Docs {
    summary: "Sets the last-delivered ID of a consumer group.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(1)"),
    history: &[("7.0.0", "Added the optional `entries_read` argument.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "group", kind: String, ..ARG },
        Arg {
            name: "id-selector",
            kind: OneOf,
            args: &[
                Arg { name: "id", kind: String, ..ARG },
                Arg { name: "new-id", kind: PureToken, token: Some("$"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "entriesread",
            kind: Integer,
            display_text: Some("entries-read"),
            token: Some("ENTRIESREAD"),
            optional: true,
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of XREADGROUP.
pub static XREADGROUP: Docs = Docs {
    summary: "Returns new or historical messages from a stream for a consumer in a group. Blocks until a message is available otherwise.",
    since: "5.0.0",
    group: "stream",
    complexity: Some(
        "For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1). On the other side when XREADGROUP blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream getting new data.",
    ),
    arguments: &[
        Arg {
            name: "group-block",
            kind: Block,
            token: Some("GROUP"),
            args: &[
                Arg { name: "group", kind: String, ..ARG },
                Arg { name: "consumer", kind: String, ..ARG },
            ],
            ..ARG
        },
        Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
        Arg { name: "milliseconds", kind: Integer, token: Some("BLOCK"), optional: true, ..ARG },
        Arg { name: "noack", kind: PureToken, token: Some("NOACK"), optional: true, ..ARG },
        Arg {
            name: "streams",
            kind: Block,
            token: Some("STREAMS"),
            args: &[
                Arg { name: "key", kind: Key, key_spec_index: Some(0), multiple: true, ..ARG },
                Arg { name: "id", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of XACK.
pub static XACK: Docs = Docs {
    summary: "Returns the number of messages that were successfully acknowledged by the consumer group member of a stream.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(1) for each message ID processed."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "group", kind: String, ..ARG },
        Arg { name: "id", kind: String, multiple: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of XACKDEL.
pub static XACKDEL: Docs = Docs {
    summary: "Acknowledges and deletes one or multiple messages for a stream consumer group.",
    since: "8.2.0",
    group: "stream",
    complexity: Some("O(1) for each message ID processed."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "group", kind: String, ..ARG },
        Arg {
            name: "condition",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "keepref", kind: PureToken, token: Some("KEEPREF"), ..ARG },
                Arg { name: "delref", kind: PureToken, token: Some("DELREF"), ..ARG },
                Arg { name: "acked", kind: PureToken, token: Some("ACKED"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "ids",
            kind: Block,
            token: Some("IDS"),
            args: &[
                Arg { name: "numids", kind: Integer, ..ARG },
                Arg { name: "id", kind: String, multiple: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of XPENDING.
pub static XPENDING: Docs = Docs {
    summary: "Returns the information and entries from a stream consumer group's pending entries list.",
    since: "5.0.0",
    group: "stream",
    complexity: Some(
        "O(N) with N being the number of elements returned, so asking for a small fixed number of entries per call is O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter. When the command returns just the summary and the list of consumers is small, it runs in O(1) time; otherwise, an additional O(N) time for iterating every consumer.",
    ),
    history: &[("6.2.0", "Added the `IDLE` option and exclusive range intervals.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "group", kind: String, ..ARG },
        Arg {
            name: "filters",
            kind: Block,
            optional: true,
            args: &[
                Arg {
                    name: "min-idle-time",
                    kind: Integer,
                    token: Some("IDLE"),
                    since: Some("6.2.0"),
                    optional: true,
                    ..ARG
                },
                Arg { name: "start", kind: String, ..ARG },
                Arg { name: "end", kind: String, ..ARG },
                Arg { name: "count", kind: Integer, ..ARG },
                Arg { name: "consumer", kind: String, optional: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of XCLAIM.
pub static XCLAIM: Docs = Docs {
    summary: "Changes, or acquires, ownership of a message in a consumer group, as if the message was delivered a consumer group member.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(log N) with N being the number of messages in the PEL of the consumer group."),
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "group", kind: String, ..ARG },
        Arg { name: "consumer", kind: String, ..ARG },
        Arg { name: "min-idle-time", kind: String, ..ARG },
        Arg { name: "id", kind: String, multiple: true, ..ARG },
        Arg { name: "ms", kind: Integer, token: Some("IDLE"), optional: true, ..ARG },
        Arg { name: "unix-time-milliseconds", kind: UnixTime, token: Some("TIME"), optional: true, ..ARG },
        Arg { name: "count", kind: Integer, token: Some("RETRYCOUNT"), optional: true, ..ARG },
        Arg { name: "force", kind: PureToken, token: Some("FORCE"), optional: true, ..ARG },
        Arg { name: "justid", kind: PureToken, token: Some("JUSTID"), optional: true, ..ARG },
        Arg { name: "lastid", kind: String, token: Some("LASTID"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of XAUTOCLAIM.
pub static XAUTOCLAIM: Docs = Docs {
    summary: "Changes, or acquires, ownership of messages in a consumer group, as if the messages were delivered to as consumer group member.",
    since: "6.2.0",
    group: "stream",
    complexity: Some("O(1) if COUNT is small."),
    history: &[(
        "7.0.0",
        "Added an element to the reply array, containing deleted entries the command cleared from the PEL",
    )],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "group", kind: String, ..ARG },
        Arg { name: "consumer", kind: String, ..ARG },
        Arg { name: "min-idle-time", kind: String, ..ARG },
        Arg { name: "start", kind: String, ..ARG },
        Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
        Arg { name: "justid", kind: PureToken, token: Some("JUSTID"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of XINFO.
pub static XINFO: Docs = Docs {
    summary: "A container for stream introspection commands.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of XINFO CONSUMERS.
pub static XINFO_CONSUMERS: Docs = Docs {
    summary: "Returns a list of the consumers in a consumer group.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(1)"),
    history: &[("7.2.0", "Added the `inactive` field, and changed the meaning of `idle`.")],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg { name: "group", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of XINFO GROUPS.
pub static XINFO_GROUPS: Docs = Docs {
    summary: "Returns a list of the consumer groups of a stream.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(1)"),
    history: &[("7.0.0", "Added the `entries-read` and `lag` fields")],
    arguments: &[Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG }],
    ..DOCS
};

/// The documentation of XINFO HELP.
pub static XINFO_HELP: Docs = Docs {
    summary: "Returns helpful text about the different subcommands.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of XINFO STREAM.
pub static XINFO_STREAM: Docs = Docs {
    summary: "Returns information about a stream.",
    since: "5.0.0",
    group: "stream",
    complexity: Some("O(1)"),
    history: &[
        ("6.0.0", "Added the `FULL` modifier."),
        (
            "7.0.0",
            "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields",
        ),
        ("7.2.0", "Added the `active-time` field, and changed the meaning of `seen-time`."),
    ],
    arguments: &[
        Arg { name: "key", kind: Key, key_spec_index: Some(0), ..ARG },
        Arg {
            name: "full-block",
            kind: Block,
            optional: true,
            args: &[
                Arg { name: "full", kind: PureToken, token: Some("FULL"), ..ARG },
                Arg { name: "count", kind: Integer, token: Some("COUNT"), optional: true, ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};
