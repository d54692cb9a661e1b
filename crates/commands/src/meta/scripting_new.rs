//! What COMMAND INFO says about subcommands of SCRIPT that Valkey has and Redis 8.2 has not.

use super::{Acl, Category, Flag, Flags, META, Meta};
use crate::docs::{ARG, Arg, ArgKind, DOCS, Docs};

/// The metadata of SCRIPT SHOW.
pub static SCRIPT_SHOW: Meta = Meta {
    name: "script|show",
    arity: 3,
    flags: Flags::of(&[Flag::NoScript, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    docs: &Docs {
        summary: "Show server-side Lua script in the script cache.",
        since: "8.0.0",
        group: "scripting",
        complexity: Some("O(1)."),
        arguments: &[Arg { name: "sha1", kind: ArgKind::String, ..ARG }],
        ..DOCS
    },
    ..META
};
