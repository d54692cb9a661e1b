//! What COMMAND INFO says about the transactions commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::transactions as docs;

/// The transactions commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[&MULTI, &EXEC, &DISCARD, &WATCH, &UNWATCH];

/// The metadata of MULTI.
pub static MULTI: Meta = Meta {
    name: "multi",
    arity: 1,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::Fast, Flag::AllowBusy]),
    acl: Acl::of(&[Category::Fast, Category::Transaction]),
    docs: &docs::MULTI,
    ..META
};

/// The metadata of EXEC.
pub static EXEC: Meta = Meta {
    name: "exec",
    arity: 1,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::SkipSlowlog]),
    acl: Acl::of(&[Category::Slow, Category::Transaction]),
    docs: &docs::EXEC,
    ..META
};

/// The metadata of DISCARD.
pub static DISCARD: Meta = Meta {
    name: "discard",
    arity: 1,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::Fast, Flag::AllowBusy]),
    acl: Acl::of(&[Category::Fast, Category::Transaction]),
    docs: &docs::DISCARD,
    ..META
};

/// The metadata of WATCH.
pub static WATCH: Meta = Meta {
    name: "watch",
    arity: -2,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::Fast, Flag::AllowBusy]),
    acl: Acl::of(&[Category::Fast, Category::Transaction]),
    first_key: 1,
    last_key: -1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(1),
        find: Find::Range { last: -1, step: 1, limit: 0 },
    }],
    docs: &docs::WATCH,
    ..META
};

/// The metadata of UNWATCH.
pub static UNWATCH: Meta = Meta {
    name: "unwatch",
    arity: 1,
    flags: Flags::of(&[Flag::NoScript, Flag::Loading, Flag::Stale, Flag::Fast, Flag::AllowBusy]),
    acl: Acl::of(&[Category::Fast, Category::Transaction]),
    docs: &docs::UNWATCH,
    ..META
};
