//! What COMMAND INFO says about the server commands.

use super::{Acl, Category, Flag, Flags, META, Meta};
use crate::docs::server as docs;

/// The server commands, without the subcommands of containers.
pub static ALL: &[&Meta] =
    &[&COMMAND, &CONFIG, &INFO, &TIME, &DBSIZE, &FLUSHDB, &FLUSHALL, &SWAPDB, &DEBUG, &SHUTDOWN, &LOLWUT];

/// The metadata of COMMAND.
pub static COMMAND: Meta = Meta {
    name: "command",
    arity: -1,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    tips: &["nondeterministic_output_order"],
    subcommands: &[
        &COMMAND_COUNT,
        &COMMAND_DOCS,
        &COMMAND_GETKEYS,
        &COMMAND_GETKEYSANDFLAGS,
        &COMMAND_HELP,
        &COMMAND_INFO,
        &COMMAND_LIST,
    ],
    docs: &docs::COMMAND,
    ..META
};

/// The metadata of COMMAND COUNT.
pub static COMMAND_COUNT: Meta = Meta {
    name: "command|count",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::COMMAND_COUNT,
    ..META
};

/// The metadata of COMMAND DOCS.
pub static COMMAND_DOCS: Meta = Meta {
    name: "command|docs",
    arity: -2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    tips: &["nondeterministic_output_order"],
    docs: &docs::COMMAND_DOCS,
    ..META
};

/// The metadata of COMMAND GETKEYS.
pub static COMMAND_GETKEYS: Meta = Meta {
    name: "command|getkeys",
    arity: -3,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::COMMAND_GETKEYS,
    ..META
};

/// The metadata of COMMAND GETKEYSANDFLAGS.
pub static COMMAND_GETKEYSANDFLAGS: Meta = Meta {
    name: "command|getkeysandflags",
    arity: -3,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::COMMAND_GETKEYSANDFLAGS,
    ..META
};

/// The metadata of COMMAND HELP.
pub static COMMAND_HELP: Meta = Meta {
    name: "command|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::COMMAND_HELP,
    ..META
};

/// The metadata of COMMAND INFO.
pub static COMMAND_INFO: Meta = Meta {
    name: "command|info",
    arity: -2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    tips: &["nondeterministic_output_order"],
    docs: &docs::COMMAND_INFO,
    ..META
};

/// The metadata of COMMAND LIST.
pub static COMMAND_LIST: Meta = Meta {
    name: "command|list",
    arity: -2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    tips: &["nondeterministic_output_order"],
    docs: &docs::COMMAND_LIST,
    ..META
};

/// The metadata of CONFIG.
pub static CONFIG: Meta = Meta {
    name: "config",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[&CONFIG_GET, &CONFIG_HELP, &CONFIG_RESETSTAT, &CONFIG_REWRITE, &CONFIG_SET],
    docs: &docs::CONFIG,
    ..META
};

/// The metadata of CONFIG GET.
pub static CONFIG_GET: Meta = Meta {
    name: "config|get",
    arity: -3,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    docs: &docs::CONFIG_GET,
    ..META
};

/// The metadata of CONFIG HELP.
pub static CONFIG_HELP: Meta = Meta {
    name: "config|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow]),
    docs: &docs::CONFIG_HELP,
    ..META
};

/// The metadata of CONFIG RESETSTAT.
pub static CONFIG_RESETSTAT: Meta = Meta {
    name: "config|resetstat",
    arity: 2,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    docs: &docs::CONFIG_RESETSTAT,
    ..META
};

/// The metadata of CONFIG REWRITE.
pub static CONFIG_REWRITE: Meta = Meta {
    name: "config|rewrite",
    arity: 2,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    docs: &docs::CONFIG_REWRITE,
    ..META
};

/// The metadata of CONFIG SET.
pub static CONFIG_SET: Meta = Meta {
    name: "config|set",
    arity: -4,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    docs: &docs::CONFIG_SET,
    ..META
};

/// The metadata of INFO.
pub static INFO: Meta = Meta {
    name: "info",
    arity: -1,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Dangerous]),
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    docs: &docs::INFO,
    ..META
};

/// The metadata of TIME.
pub static TIME: Meta = Meta {
    name: "time",
    arity: 1,
    flags: Flags::of(&[Flag::Loading, Flag::Stale, Flag::Fast]),
    acl: Acl::of(&[Category::Fast]),
    tips: &["nondeterministic_output"],
    docs: &docs::TIME,
    ..META
};

/// The metadata of DBSIZE.
pub static DBSIZE: Meta = Meta {
    name: "dbsize",
    arity: 1,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Fast]),
    tips: &["request_policy:all_shards", "response_policy:agg_sum"],
    docs: &docs::DBSIZE,
    ..META
};

/// The metadata of FLUSHDB.
pub static FLUSHDB: Meta = Meta {
    name: "flushdb",
    arity: -1,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    docs: &docs::FLUSHDB,
    ..META
};

/// The metadata of FLUSHALL.
pub static FLUSHALL: Meta = Meta {
    name: "flushall",
    arity: -1,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    docs: &docs::FLUSHALL,
    ..META
};

/// The metadata of SWAPDB.
pub static SWAPDB: Meta = Meta {
    name: "swapdb",
    arity: 3,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Fast, Category::Dangerous]),
    docs: &docs::SWAPDB,
    ..META
};

/// The metadata of DEBUG.
pub static DEBUG: Meta = Meta {
    name: "debug",
    arity: -2,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    docs: &docs::DEBUG,
    ..META
};

/// The metadata of SHUTDOWN.
pub static SHUTDOWN: Meta = Meta {
    name: "shutdown",
    arity: -1,
    flags: Flags::of(&[
        Flag::Admin,
        Flag::NoScript,
        Flag::Loading,
        Flag::Stale,
        Flag::NoMulti,
        Flag::AllowBusy,
    ]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    docs: &docs::SHUTDOWN,
    ..META
};

/// The metadata of LOLWUT.
pub static LOLWUT: Meta = Meta {
    name: "lolwut",
    arity: -1,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::Fast]),
    docs: &docs::LOLWUT,
    ..META
};
