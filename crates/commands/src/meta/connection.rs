//! What COMMAND INFO says about the connection commands.

use super::{Acl, Category, Flag, Flags, META, Meta};
use crate::docs::connection as docs;

/// The connection commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[&SELECT, &PING, &ECHO, &HELLO, &AUTH, &QUIT, &RESET, &CLIENT, &MONITOR];

/// The metadata of SELECT.
pub static SELECT: Meta = Meta {
    name: "select",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale, Flag::Fast]),
    acl: Acl::of(&[Category::Fast, Category::Connection]),
    docs: &docs::SELECT,
    ..META
};

/// The metadata of PING.
pub static PING: Meta = Meta {
    name: "ping",
    arity: -1,
    flags: Flags::of(&[Flag::Fast]),
    acl: Acl::of(&[Category::Fast, Category::Connection]),
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    docs: &docs::PING,
    ..META
};

/// The metadata of ECHO.
pub static ECHO: Meta = Meta {
    name: "echo",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale, Flag::Fast]),
    acl: Acl::of(&[Category::Fast, Category::Connection]),
    docs: &docs::ECHO,
    ..META
};

/// The metadata of HELLO.
pub static HELLO: Meta = Meta {
    name: "hello",
    arity: -1,
    flags: Flags::of(&[
        Flag::NoScript,
        Flag::Loading,
        Flag::Stale,
        Flag::Fast,
        Flag::NoAuth,
        Flag::AllowBusy,
    ]),
    acl: Acl::of(&[Category::Fast, Category::Connection]),
    docs: &docs::HELLO,
    ..META
};

/// The metadata of AUTH.
pub static AUTH: Meta = Meta {
    name: "auth",
    arity: -2,
    flags: Flags::of(&[
        Flag::NoScript,
        Flag::Loading,
        Flag::Stale,
        Flag::Fast,
        Flag::NoAuth,
        Flag::AllowBusy,
    ]),
    acl: Acl::of(&[Category::Fast, Category::Connection]),
    docs: &docs::AUTH,
    ..META
};

/// The metadata of QUIT.
pub static QUIT: Meta = Meta {
    name: "quit",
    arity: -1,
    flags: Flags::of(&[
        Flag::NoScript,
        Flag::Loading,
        Flag::Stale,
        Flag::Fast,
        Flag::NoAuth,
        Flag::AllowBusy,
    ]),
    acl: Acl::of(&[Category::Fast, Category::Connection]),
    docs: &docs::QUIT,
    ..META
};

/// The metadata of RESET.
pub static RESET: Meta = Meta {
    name: "reset",
    arity: 1,
    flags: Flags::of(&[
        Flag::NoScript,
        Flag::Loading,
        Flag::Stale,
        Flag::Fast,
        Flag::NoAuth,
        Flag::AllowBusy,
    ]),
    acl: Acl::of(&[Category::Fast, Category::Connection]),
    docs: &docs::RESET,
    ..META
};

/// The metadata of CLIENT.
pub static CLIENT: Meta = Meta {
    name: "client",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[
        &CLIENT_CACHING,
        &CLIENT_GETNAME,
        &CLIENT_GETREDIR,
        &CLIENT_HELP,
        &CLIENT_ID,
        &CLIENT_INFO,
        &CLIENT_KILL,
        &CLIENT_LIST,
        &CLIENT_NO_EVICT,
        &CLIENT_NO_TOUCH,
        &CLIENT_PAUSE,
        &CLIENT_REPLY,
        &CLIENT_SETINFO,
        &CLIENT_SETNAME,
        &CLIENT_TRACKING,
        &CLIENT_TRACKINGINFO,
        &CLIENT_UNBLOCK,
        &CLIENT_UNPAUSE,
    ],
    docs: &docs::CLIENT,
    ..META
};

/// The metadata of CLIENT CACHING.
pub static CLIENT_CACHING: Meta = Meta {
    name: "client|caching",
    arity: 3,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::CLIENT_CACHING,
    ..META
};

/// The metadata of CLIENT GETNAME.
pub static CLIENT_GETNAME: Meta = Meta {
    name: "client|getname",
    arity: 2,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::CLIENT_GETNAME,
    ..META
};

/// The metadata of CLIENT GETREDIR.
pub static CLIENT_GETREDIR: Meta = Meta {
    name: "client|getredir",
    arity: 2,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::CLIENT_GETREDIR,
    ..META
};

/// The metadata of CLIENT HELP.
pub static CLIENT_HELP: Meta = Meta {
    name: "client|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::CLIENT_HELP,
    ..META
};

/// The metadata of CLIENT ID.
pub static CLIENT_ID: Meta = Meta {
    name: "client|id",
    arity: 2,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::CLIENT_ID,
    ..META
};

/// The metadata of CLIENT INFO.
pub static CLIENT_INFO: Meta = Meta {
    name: "client|info",
    arity: 2,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    tips: &["nondeterministic_output"],
    docs: &docs::CLIENT_INFO,
    ..META
};

/// The metadata of CLIENT KILL.
pub static CLIENT_KILL: Meta = Meta {
    name: "client|kill",
    arity: -3,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous, Category::Connection]),
    docs: &docs::CLIENT_KILL,
    ..META
};

/// The metadata of CLIENT LIST.
pub static CLIENT_LIST: Meta = Meta {
    name: "client|list",
    arity: -2,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous, Category::Connection]),
    tips: &["nondeterministic_output"],
    docs: &docs::CLIENT_LIST,
    ..META
};

/// The metadata of CLIENT NO-EVICT.
pub static CLIENT_NO_EVICT: Meta = Meta {
    name: "client|no-evict",
    arity: 3,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous, Category::Connection]),
    docs: &docs::CLIENT_NO_EVICT,
    ..META
};

/// The metadata of CLIENT NO-TOUCH.
pub static CLIENT_NO_TOUCH: Meta = Meta {
    name: "client|no-touch",
    arity: 3,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::CLIENT_NO_TOUCH,
    ..META
};

/// The metadata of CLIENT PAUSE.
pub static CLIENT_PAUSE: Meta = Meta {
    name: "client|pause",
    arity: -3,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous, Category::Connection]),
    docs: &docs::CLIENT_PAUSE,
    ..META
};

/// The metadata of CLIENT REPLY.
pub static CLIENT_REPLY: Meta = Meta {
    name: "client|reply",
    arity: 3,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::CLIENT_REPLY,
    ..META
};

/// The metadata of CLIENT SETINFO.
pub static CLIENT_SETINFO: Meta = Meta {
    name: "client|setinfo",
    arity: 4,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    docs: &docs::CLIENT_SETINFO,
    ..META
};

/// The metadata of CLIENT SETNAME.
pub static CLIENT_SETNAME: Meta = Meta {
    name: "client|setname",
    arity: 3,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    docs: &docs::CLIENT_SETNAME,
    ..META
};

/// The metadata of CLIENT TRACKING.
pub static CLIENT_TRACKING: Meta = Meta {
    name: "client|tracking",
    arity: -3,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::CLIENT_TRACKING,
    ..META
};

/// The metadata of CLIENT TRACKINGINFO.
pub static CLIENT_TRACKINGINFO: Meta = Meta {
    name: "client|trackinginfo",
    arity: 2,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Connection]),
    docs: &docs::CLIENT_TRACKINGINFO,
    ..META
};

/// The metadata of CLIENT UNBLOCK.
pub static CLIENT_UNBLOCK: Meta = Meta {
    name: "client|unblock",
    arity: -3,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous, Category::Connection]),
    docs: &docs::CLIENT_UNBLOCK,
    ..META
};

/// The metadata of CLIENT UNPAUSE.
pub static CLIENT_UNPAUSE: Meta = Meta {
    name: "client|unpause",
    arity: 2,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous, Category::Connection]),
    docs: &docs::CLIENT_UNPAUSE,
    ..META
};

/// The metadata of MONITOR.
pub static MONITOR: Meta = Meta {
    name: "monitor",
    arity: 1,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    docs: &docs::MONITOR,
    ..META
};
