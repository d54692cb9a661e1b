//! What COMMAND INFO says about subcommands of CLIENT that Valkey has and Redis 8.2 has not.

use super::{Acl, Category, Flag, Flags, META, Meta};
use crate::docs::{ARG, Arg, ArgKind, DOCS, Docs};

/// Their flags and categories.
const FLAGS: Flags = Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]);
const ACL: Acl = Acl::of(&[Category::Slow, Category::Connection]);

/// The metadata of CLIENT CAPA.
pub static CLIENT_CAPA: Meta = Meta {
    name: "client|capa",
    arity: -3,
    flags: FLAGS,
    acl: ACL,
    docs: &Docs {
        summary: "A client claims its capability.",
        since: "8.0.0",
        group: "connection",
        complexity: Some("O(1)"),
        arguments: &[Arg { name: "capability", kind: ArgKind::String, multiple: true, ..ARG }],
        ..DOCS
    },
    ..META
};

/// The metadata of CLIENT IMPORT-SOURCE.
pub static CLIENT_IMPORT_SOURCE: Meta = Meta {
    name: "client|import-source",
    arity: 3,
    flags: FLAGS,
    acl: ACL,
    docs: &Docs {
        summary: "Marks the connection as one that imports data, where the server is in import mode.",
        since: "8.1.0",
        group: "connection",
        complexity: Some("O(1)"),
        arguments: &[Arg {
            name: "enabled",
            kind: ArgKind::OneOf,
            args: &[
                Arg { name: "on", kind: ArgKind::PureToken, token: Some("ON"), ..ARG },
                Arg { name: "off", kind: ArgKind::PureToken, token: Some("OFF"), ..ARG },
            ],
            ..ARG
        }],
        ..DOCS
    },
    ..META
};
