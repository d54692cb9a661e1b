//! What COMMAND INFO says about the commandlog commands.

use super::{Acl, Category, Flag, Flags, META, Meta};
use crate::docs::commandlog as docs;

/// The commandlog commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[&COMMANDLOG];

/// The metadata of COMMANDLOG.
pub static COMMANDLOG: Meta = Meta {
    name: "commandlog",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[&COMMANDLOG_GET, &COMMANDLOG_HELP, &COMMANDLOG_LEN, &COMMANDLOG_RESET],
    docs: &docs::COMMANDLOG,
    ..META
};

/// The metadata of COMMANDLOG GET.
pub static COMMANDLOG_GET: Meta = Meta {
    name: "commandlog|get",
    arity: 4,
    flags: Flags::of(&[Flag::Admin, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_nodes", "nondeterministic_output"],
    docs: &docs::COMMANDLOG_GET,
    ..META
};

/// The metadata of COMMANDLOG HELP.
pub static COMMANDLOG_HELP: Meta = Meta {
    name: "commandlog|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow]),
    docs: &docs::COMMANDLOG_HELP,
    ..META
};

/// The metadata of COMMANDLOG LEN.
pub static COMMANDLOG_LEN: Meta = Meta {
    name: "commandlog|len",
    arity: 3,
    flags: Flags::of(&[Flag::Admin, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
    docs: &docs::COMMANDLOG_LEN,
    ..META
};

/// The metadata of COMMANDLOG RESET.
pub static COMMANDLOG_RESET: Meta = Meta {
    name: "commandlog|reset",
    arity: 3,
    flags: Flags::of(&[Flag::Admin, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    docs: &docs::COMMANDLOG_RESET,
    ..META
};
