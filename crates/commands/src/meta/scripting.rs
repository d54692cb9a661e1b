//! What COMMAND INFO says about the scripting commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::scripting as docs;

/// The scripting commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[&EVAL, &EVAL_RO, &EVALSHA, &EVALSHA_RO, &SCRIPT, &FCALL, &FCALL_RO, &FUNCTION];

/// The metadata of EVAL.
pub static EVAL: Meta = Meta {
    name: "eval",
    arity: -3,
    flags: Flags::of(&[
        Flag::NoScript,
        Flag::Stale,
        Flag::SkipMonitor,
        Flag::NoMandatoryKeys,
        Flag::MovableKeys,
    ]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    key_specs: &[KeySpec {
        notes: Some("We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"),
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update]),
        begin: Begin::Index(2),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::EVAL,
    ..META
};

/// The metadata of EVAL_RO.
pub static EVAL_RO: Meta = Meta {
    name: "eval_ro",
    arity: -3,
    flags: Flags::of(&[
        Flag::ReadOnly,
        Flag::NoScript,
        Flag::Stale,
        Flag::SkipMonitor,
        Flag::NoMandatoryKeys,
        Flag::MovableKeys,
    ]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    key_specs: &[KeySpec {
        notes: Some("We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"),
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(2),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::EVAL_RO,
    ..META
};

/// The metadata of EVALSHA.
pub static EVALSHA: Meta = Meta {
    name: "evalsha",
    arity: -3,
    flags: Flags::of(&[
        Flag::NoScript,
        Flag::Stale,
        Flag::SkipMonitor,
        Flag::NoMandatoryKeys,
        Flag::MovableKeys,
    ]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update]),
        begin: Begin::Index(2),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::EVALSHA,
    ..META
};

/// The metadata of EVALSHA_RO.
pub static EVALSHA_RO: Meta = Meta {
    name: "evalsha_ro",
    arity: -3,
    flags: Flags::of(&[
        Flag::ReadOnly,
        Flag::NoScript,
        Flag::Stale,
        Flag::SkipMonitor,
        Flag::NoMandatoryKeys,
        Flag::MovableKeys,
    ]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(2),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::EVALSHA_RO,
    ..META
};

/// The metadata of SCRIPT.
pub static SCRIPT: Meta = Meta {
    name: "script",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[&SCRIPT_DEBUG, &SCRIPT_EXISTS, &SCRIPT_FLUSH, &SCRIPT_HELP, &SCRIPT_KILL, &SCRIPT_LOAD],
    docs: &docs::SCRIPT,
    ..META
};

/// The metadata of SCRIPT DEBUG.
pub static SCRIPT_DEBUG: Meta = Meta {
    name: "script|debug",
    arity: 3,
    flags: Flags::of(&[Flag::NoScript]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    docs: &docs::SCRIPT_DEBUG,
    ..META
};

/// The metadata of SCRIPT EXISTS.
pub static SCRIPT_EXISTS: Meta = Meta {
    name: "script|exists",
    arity: -3,
    flags: Flags::of(&[Flag::NoScript]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    tips: &["request_policy:all_shards", "response_policy:agg_logical_and"],
    docs: &docs::SCRIPT_EXISTS,
    ..META
};

/// The metadata of SCRIPT FLUSH.
pub static SCRIPT_FLUSH: Meta = Meta {
    name: "script|flush",
    arity: -2,
    flags: Flags::of(&[Flag::NoScript]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    docs: &docs::SCRIPT_FLUSH,
    ..META
};

/// The metadata of SCRIPT HELP.
pub static SCRIPT_HELP: Meta = Meta {
    name: "script|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    docs: &docs::SCRIPT_HELP,
    ..META
};

/// The metadata of SCRIPT KILL.
pub static SCRIPT_KILL: Meta = Meta {
    name: "script|kill",
    arity: 2,
    flags: Flags::of(&[Flag::NoScript, Flag::AllowBusy]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    tips: &["request_policy:all_shards", "response_policy:one_succeeded"],
    docs: &docs::SCRIPT_KILL,
    ..META
};

/// The metadata of SCRIPT LOAD.
pub static SCRIPT_LOAD: Meta = Meta {
    name: "script|load",
    arity: 3,
    flags: Flags::of(&[Flag::NoScript, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
    docs: &docs::SCRIPT_LOAD,
    ..META
};

/// The metadata of FCALL.
pub static FCALL: Meta = Meta {
    name: "fcall",
    arity: -3,
    flags: Flags::of(&[
        Flag::NoScript,
        Flag::Stale,
        Flag::SkipMonitor,
        Flag::NoMandatoryKeys,
        Flag::MovableKeys,
    ]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    key_specs: &[KeySpec {
        notes: Some("We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"),
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update]),
        begin: Begin::Index(2),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::FCALL,
    ..META
};

/// The metadata of FCALL_RO.
pub static FCALL_RO: Meta = Meta {
    name: "fcall_ro",
    arity: -3,
    flags: Flags::of(&[
        Flag::ReadOnly,
        Flag::NoScript,
        Flag::Stale,
        Flag::SkipMonitor,
        Flag::NoMandatoryKeys,
        Flag::MovableKeys,
    ]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    key_specs: &[KeySpec {
        notes: Some("We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"),
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(2),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::FCALL_RO,
    ..META
};

/// The metadata of FUNCTION.
pub static FUNCTION: Meta = Meta {
    name: "function",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[
        &FUNCTION_DELETE,
        &FUNCTION_DUMP,
        &FUNCTION_FLUSH,
        &FUNCTION_HELP,
        &FUNCTION_KILL,
        &FUNCTION_LIST,
        &FUNCTION_LOAD,
        &FUNCTION_RESTORE,
        &FUNCTION_STATS,
    ],
    docs: &docs::FUNCTION,
    ..META
};

/// The metadata of FUNCTION DELETE.
pub static FUNCTION_DELETE: Meta = Meta {
    name: "function|delete",
    arity: 3,
    flags: Flags::of(&[Flag::Write, Flag::NoScript]),
    acl: Acl::of(&[Category::Write, Category::Slow, Category::Scripting]),
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    docs: &docs::FUNCTION_DELETE,
    ..META
};

/// The metadata of FUNCTION DUMP.
pub static FUNCTION_DUMP: Meta = Meta {
    name: "function|dump",
    arity: 2,
    flags: Flags::of(&[Flag::NoScript]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    docs: &docs::FUNCTION_DUMP,
    ..META
};

/// The metadata of FUNCTION FLUSH.
pub static FUNCTION_FLUSH: Meta = Meta {
    name: "function|flush",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::NoScript]),
    acl: Acl::of(&[Category::Write, Category::Slow, Category::Scripting]),
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    docs: &docs::FUNCTION_FLUSH,
    ..META
};

/// The metadata of FUNCTION HELP.
pub static FUNCTION_HELP: Meta = Meta {
    name: "function|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    docs: &docs::FUNCTION_HELP,
    ..META
};

/// The metadata of FUNCTION KILL.
pub static FUNCTION_KILL: Meta = Meta {
    name: "function|kill",
    arity: 2,
    flags: Flags::of(&[Flag::NoScript, Flag::AllowBusy]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    tips: &["request_policy:all_shards", "response_policy:one_succeeded"],
    docs: &docs::FUNCTION_KILL,
    ..META
};

/// The metadata of FUNCTION LIST.
pub static FUNCTION_LIST: Meta = Meta {
    name: "function|list",
    arity: -2,
    flags: Flags::of(&[Flag::NoScript]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    tips: &["nondeterministic_output_order"],
    docs: &docs::FUNCTION_LIST,
    ..META
};

/// The metadata of FUNCTION LOAD.
pub static FUNCTION_LOAD: Meta = Meta {
    name: "function|load",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::NoScript]),
    acl: Acl::of(&[Category::Write, Category::Slow, Category::Scripting]),
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    docs: &docs::FUNCTION_LOAD,
    ..META
};

/// The metadata of FUNCTION RESTORE.
pub static FUNCTION_RESTORE: Meta = Meta {
    name: "function|restore",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::NoScript]),
    acl: Acl::of(&[Category::Write, Category::Slow, Category::Scripting]),
    tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
    docs: &docs::FUNCTION_RESTORE,
    ..META
};

/// The metadata of FUNCTION STATS.
pub static FUNCTION_STATS: Meta = Meta {
    name: "function|stats",
    arity: 2,
    flags: Flags::of(&[Flag::NoScript, Flag::AllowBusy]),
    acl: Acl::of(&[Category::Slow, Category::Scripting]),
    tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
    docs: &docs::FUNCTION_STATS,
    ..META
};
