//! What COMMAND INFO says about hash commands that are newer than Redis 8.2.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::hash_new as docs;

/// The metadata of HIMPORT.
pub static HIMPORT: Meta = Meta {
    name: "himport",
    arity: -2,
    acl: Acl::of(&[Category::Hash, Category::Slow]),
    subcommands: &[&HIMPORT_DISCARD, &HIMPORT_DISCARDALL, &HIMPORT_PREPARE, &HIMPORT_SET],
    docs: &docs::HIMPORT,
    ..META
};

/// The metadata of HIMPORT PREPARE.
pub static HIMPORT_PREPARE: Meta = Meta {
    name: "himport|prepare",
    arity: -4,
    flags: Flags::of(&[Flag::DenyOom]),
    acl: Acl::of(&[Category::Hash, Category::Slow]),
    tips: &["request_policy:all_shards"],
    docs: &docs::HIMPORT_PREPARE,
    ..META
};

/// The metadata of HIMPORT SET.
pub static HIMPORT_SET: Meta = Meta {
    name: "himport|set",
    arity: -5,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::Hash, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::HIMPORT_SET,
    ..META
};

/// The metadata of HIMPORT DISCARD.
pub static HIMPORT_DISCARD: Meta = Meta {
    name: "himport|discard",
    arity: 3,
    acl: Acl::of(&[Category::Hash, Category::Slow]),
    tips: &["request_policy:all_shards"],
    docs: &docs::HIMPORT_DISCARD,
    ..META
};

/// The metadata of HIMPORT DISCARDALL.
pub static HIMPORT_DISCARDALL: Meta = Meta {
    name: "himport|discardall",
    arity: 2,
    acl: Acl::of(&[Category::Hash, Category::Slow]),
    tips: &["request_policy:all_shards"],
    docs: &docs::HIMPORT_DISCARDALL,
    ..META
};
