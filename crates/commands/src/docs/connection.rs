//! What COMMAND DOCS says about the connection commands.

use super::ArgKind::{Block, Integer, OneOf, PureToken, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of SELECT.
pub static SELECT: Docs = Docs {
    summary: "Changes the selected database.",
    since: "1.0.0",
    group: "connection",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "index", kind: Integer, ..ARG }],
    ..DOCS
};

/// The documentation of PING.
pub static PING: Docs = Docs {
    summary: "Returns the server's liveliness response.",
    since: "1.0.0",
    group: "connection",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "message", kind: String, optional: true, ..ARG }],
    ..DOCS
};

/// The documentation of ECHO.
pub static ECHO: Docs = Docs {
    summary: "Returns the given string.",
    since: "1.0.0",
    group: "connection",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "message", kind: String, ..ARG }],
    ..DOCS
};

/// The documentation of HELLO.
pub static HELLO: Docs = Docs {
    summary: "Handshakes with the Redis server.",
    since: "6.0.0",
    group: "connection",
    complexity: Some("O(1)"),
    history: &[(
        "6.2.0",
        "`protover` made optional; when called without arguments the command reports the current connection's context.",
    )],
    arguments: &[Arg {
        name: "arguments",
        kind: Block,
        optional: true,
        args: &[
            Arg { name: "protover", kind: Integer, ..ARG },
            Arg {
                name: "auth",
                kind: Block,
                token: Some("AUTH"),
                optional: true,
                args: &[
                    Arg { name: "username", kind: String, ..ARG },
                    Arg { name: "password", kind: String, ..ARG },
                ],
                ..ARG
            },
            Arg { name: "clientname", kind: String, token: Some("SETNAME"), optional: true, ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of AUTH.
pub static AUTH: Docs = Docs {
    summary: "Authenticates the connection.",
    since: "1.0.0",
    group: "connection",
    complexity: Some("O(N) where N is the number of passwords defined for the user"),
    history: &[("6.0.0", "Added ACL style (username and password).")],
    arguments: &[
        Arg { name: "username", kind: String, since: Some("6.0.0"), optional: true, ..ARG },
        Arg { name: "password", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of QUIT.
pub static QUIT: Docs = Docs {
    summary: "Closes the connection.",
    since: "1.0.0",
    group: "connection",
    complexity: Some("O(1)"),
    doc_flags: &["deprecated"],
    deprecated_since: Some("7.2.0"),
    replaced_by: Some("just closing the connection"),
    ..DOCS
};

/// The documentation of RESET.
pub static RESET: Docs = Docs {
    summary: "Resets the connection.",
    since: "6.2.0",
    group: "connection",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of CLIENT.
pub static CLIENT: Docs = Docs {
    summary: "A container for client connection commands.",
    since: "2.4.0",
    group: "connection",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of CLIENT CACHING.
pub static CLIENT_CACHING: Docs = Docs {
    summary: "Instructs the server whether to track the keys in the next request.",
    since: "6.0.0",
    group: "connection",
    complexity: Some("O(1)"),
    arguments: &[Arg {
        name: "mode",
        kind: OneOf,
        args: &[
            Arg { name: "yes", kind: PureToken, token: Some("YES"), ..ARG },
            Arg { name: "no", kind: PureToken, token: Some("NO"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of CLIENT GETNAME.
pub static CLIENT_GETNAME: Docs = Docs {
    summary: "Returns the name of the connection.",
    since: "2.6.9",
    group: "connection",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of CLIENT GETREDIR.
pub static CLIENT_GETREDIR: Docs = Docs {
    summary: "Returns the client ID to which the connection's tracking notifications are redirected.",
    since: "6.0.0",
    group: "connection",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of CLIENT HELP.
pub static CLIENT_HELP: Docs = Docs {
    summary: "Returns helpful text about the different subcommands.",
    since: "5.0.0",
    group: "connection",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of CLIENT ID.
pub static CLIENT_ID: Docs = Docs {
    summary: "Returns the unique client ID of the connection.",
    since: "5.0.0",
    group: "connection",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of CLIENT INFO.
pub static CLIENT_INFO: Docs = Docs {
    summary: "Returns information about the connection.",
    since: "6.2.0",
    group: "connection",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of CLIENT KILL.
pub static CLIENT_KILL: Docs = Docs {
    summary: "Terminates open connections.",
    since: "2.4.0",
    group: "connection",
    complexity: Some("O(N) where N is the number of client connections"),
    history: &[
        ("2.8.12", "Added new filter format."),
        ("2.8.12", "`ID` option."),
        ("3.2.0", "Added `master` type in for `TYPE` option."),
        (
            "5.0.0",
            "Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility.",
        ),
        ("6.2.0", "`LADDR` option."),
        ("7.4.0", "`MAXAGE` option."),
    ],
    arguments: &[Arg {
        name: "filter",
        kind: OneOf,
        args: &[
            Arg {
                name: "old-format",
                kind: String,
                display_text: Some("ip:port"),
                deprecated_since: Some("2.8.12"),
                ..ARG
            },
            Arg {
                name: "new-format",
                kind: OneOf,
                multiple: true,
                args: &[
                    Arg {
                        name: "client-id",
                        kind: Integer,
                        token: Some("ID"),
                        since: Some("2.8.12"),
                        optional: true,
                        ..ARG
                    },
                    Arg {
                        name: "client-type",
                        kind: OneOf,
                        token: Some("TYPE"),
                        since: Some("2.8.12"),
                        optional: true,
                        args: &[
                            Arg { name: "normal", kind: PureToken, token: Some("NORMAL"), ..ARG },
                            Arg {
                                name: "master",
                                kind: PureToken,
                                token: Some("MASTER"),
                                since: Some("3.2.0"),
                                ..ARG
                            },
                            Arg { name: "slave", kind: PureToken, token: Some("SLAVE"), ..ARG },
                            Arg {
                                name: "replica",
                                kind: PureToken,
                                token: Some("REPLICA"),
                                since: Some("5.0.0"),
                                ..ARG
                            },
                            Arg { name: "pubsub", kind: PureToken, token: Some("PUBSUB"), ..ARG },
                        ],
                        ..ARG
                    },
                    Arg { name: "username", kind: String, token: Some("USER"), optional: true, ..ARG },
                    Arg {
                        name: "addr",
                        kind: String,
                        display_text: Some("ip:port"),
                        token: Some("ADDR"),
                        optional: true,
                        ..ARG
                    },
                    Arg {
                        name: "laddr",
                        kind: String,
                        display_text: Some("ip:port"),
                        token: Some("LADDR"),
                        since: Some("6.2.0"),
                        optional: true,
                        ..ARG
                    },
                    Arg {
                        name: "skipme",
                        kind: OneOf,
                        token: Some("SKIPME"),
                        optional: true,
                        args: &[
                            Arg { name: "yes", kind: PureToken, token: Some("YES"), ..ARG },
                            Arg { name: "no", kind: PureToken, token: Some("NO"), ..ARG },
                        ],
                        ..ARG
                    },
                    Arg {
                        name: "maxage",
                        kind: Integer,
                        token: Some("MAXAGE"),
                        since: Some("7.4.0"),
                        optional: true,
                        ..ARG
                    },
                ],
                ..ARG
            },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of CLIENT LIST.
pub static CLIENT_LIST: Docs = Docs {
    summary: "Lists open connections.",
    since: "2.4.0",
    group: "connection",
    complexity: Some("O(N) where N is the number of client connections"),
    history: &[
        ("2.8.12", "Added unique client `id` field."),
        ("5.0.0", "Added optional `TYPE` filter."),
        ("6.0.0", "Added `user` field."),
        ("6.2.0", "Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter."),
        ("7.0.0", "Added `resp`, `multi-mem`, `rbs` and `rbp` fields."),
        ("7.0.3", "Added `ssub` field."),
        ("7.2.0", "Added `lib-name` and `lib-ver` fields."),
        ("7.4.0", "Added `watch` field."),
        ("8.0.0", "Added `io-thread` field."),
    ],
    arguments: &[
        Arg {
            name: "client-type",
            kind: OneOf,
            token: Some("TYPE"),
            since: Some("5.0.0"),
            optional: true,
            args: &[
                Arg { name: "normal", kind: PureToken, token: Some("NORMAL"), ..ARG },
                Arg { name: "master", kind: PureToken, token: Some("MASTER"), ..ARG },
                Arg { name: "replica", kind: PureToken, token: Some("REPLICA"), ..ARG },
                Arg { name: "pubsub", kind: PureToken, token: Some("PUBSUB"), ..ARG },
            ],
            ..ARG
        },
        Arg {
            name: "client-id",
            kind: Integer,
            token: Some("ID"),
            since: Some("6.2.0"),
            optional: true,
            multiple: true,
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of CLIENT NO-EVICT.
pub static CLIENT_NO_EVICT: Docs = Docs {
    summary: "Sets the client eviction mode of the connection.",
    since: "7.0.0",
    group: "connection",
    complexity: Some("O(1)"),
    arguments: &[Arg {
        name: "enabled",
        kind: OneOf,
        args: &[
            Arg { name: "on", kind: PureToken, token: Some("ON"), ..ARG },
            Arg { name: "off", kind: PureToken, token: Some("OFF"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of CLIENT NO-TOUCH.
pub static CLIENT_NO_TOUCH: Docs = Docs {
    summary: "Controls whether commands sent by the client affect the LRU/LFU of accessed keys.",
    since: "7.2.0",
    group: "connection",
    complexity: Some("O(1)"),
    arguments: &[Arg {
        name: "enabled",
        kind: OneOf,
        args: &[
            Arg { name: "on", kind: PureToken, token: Some("ON"), ..ARG },
            Arg { name: "off", kind: PureToken, token: Some("OFF"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of CLIENT PAUSE.
pub static CLIENT_PAUSE: Docs = Docs {
    summary: "Suspends commands processing.",
    since: "3.0.0",
    group: "connection",
    complexity: Some("O(1)"),
    history: &[("6.2.0", "`CLIENT PAUSE WRITE` mode added along with the `mode` option.")],
    arguments: &[
        Arg { name: "timeout", kind: Integer, ..ARG },
        Arg {
            name: "mode",
            kind: OneOf,
            since: Some("6.2.0"),
            optional: true,
            args: &[
                Arg { name: "write", kind: PureToken, token: Some("WRITE"), ..ARG },
                Arg { name: "all", kind: PureToken, token: Some("ALL"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of CLIENT REPLY.
pub static CLIENT_REPLY: Docs = Docs {
    summary: "Instructs the server whether to reply to commands.",
    since: "3.2.0",
    group: "connection",
    complexity: Some("O(1)"),
    arguments: &[Arg {
        name: "action",
        kind: OneOf,
        args: &[
            Arg { name: "on", kind: PureToken, token: Some("ON"), ..ARG },
            Arg { name: "off", kind: PureToken, token: Some("OFF"), ..ARG },
            Arg { name: "skip", kind: PureToken, token: Some("SKIP"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of CLIENT SETINFO.
pub static CLIENT_SETINFO: Docs = Docs {
    summary: "Sets information specific to the client or connection.",
    since: "7.2.0",
    group: "connection",
    complexity: Some("O(1)"),
    arguments: &[Arg {
        name: "attr",
        kind: OneOf,
        args: &[
            Arg { name: "libname", kind: String, token: Some("LIB-NAME"), ..ARG },
            Arg { name: "libver", kind: String, token: Some("LIB-VER"), ..ARG },
        ],
        ..ARG
    }],
    ..DOCS
};

/// The documentation of CLIENT SETNAME.
pub static CLIENT_SETNAME: Docs = Docs {
    summary: "Sets the connection name.",
    since: "2.6.9",
    group: "connection",
    complexity: Some("O(1)"),
    arguments: &[Arg { name: "connection-name", kind: String, ..ARG }],
    ..DOCS
};

/// The documentation of CLIENT TRACKING.
pub static CLIENT_TRACKING: Docs = Docs {
    summary: "Controls server-assisted client-side caching for the connection.",
    since: "6.0.0",
    group: "connection",
    complexity: Some("O(1). Some options may introduce additional complexity."),
    arguments: &[
        Arg {
            name: "status",
            kind: OneOf,
            args: &[
                Arg { name: "on", kind: PureToken, token: Some("ON"), ..ARG },
                Arg { name: "off", kind: PureToken, token: Some("OFF"), ..ARG },
            ],
            ..ARG
        },
        Arg { name: "client-id", kind: Integer, token: Some("REDIRECT"), optional: true, ..ARG },
        Arg {
            name: "prefix",
            kind: String,
            token: Some("PREFIX"),
            optional: true,
            multiple: true,
            multiple_token: true,
            ..ARG
        },
        Arg { name: "bcast", kind: PureToken, token: Some("BCAST"), optional: true, ..ARG },
        Arg { name: "optin", kind: PureToken, token: Some("OPTIN"), optional: true, ..ARG },
        Arg { name: "optout", kind: PureToken, token: Some("OPTOUT"), optional: true, ..ARG },
        Arg { name: "noloop", kind: PureToken, token: Some("NOLOOP"), optional: true, ..ARG },
    ],
    ..DOCS
};

/// The documentation of CLIENT TRACKINGINFO.
pub static CLIENT_TRACKINGINFO: Docs = Docs {
    summary: "Returns information about server-assisted client-side caching for the connection.",
    since: "6.2.0",
    group: "connection",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of CLIENT UNBLOCK.
pub static CLIENT_UNBLOCK: Docs = Docs {
    summary: "Unblocks a client blocked by a blocking command from a different connection.",
    since: "5.0.0",
    group: "connection",
    complexity: Some("O(log N) where N is the number of client connections"),
    arguments: &[
        Arg { name: "client-id", kind: Integer, ..ARG },
        Arg {
            name: "unblock-type",
            kind: OneOf,
            optional: true,
            args: &[
                Arg { name: "timeout", kind: PureToken, token: Some("TIMEOUT"), ..ARG },
                Arg { name: "error", kind: PureToken, token: Some("ERROR"), ..ARG },
            ],
            ..ARG
        },
    ],
    ..DOCS
};

/// The documentation of CLIENT UNPAUSE.
pub static CLIENT_UNPAUSE: Docs = Docs {
    summary: "Resumes processing commands from paused clients.",
    since: "6.2.0",
    group: "connection",
    complexity: Some("O(N) Where N is the number of paused clients"),
    ..DOCS
};

/// The documentation of MONITOR.
pub static MONITOR: Docs = Docs {
    summary: "Listens for all requests received by the server in real-time.",
    since: "1.0.0",
    group: "server",
    ..DOCS
};
