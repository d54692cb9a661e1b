//! What COMMAND INFO says about the string commands that Redis 8.2 does not have.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::string_new as docs;

/// The one key of a command.
const fn one_key(flags: &[KeyFlag]) -> KeySpec {
    KeySpec {
        notes: None,
        flags: KeyFlags::of(flags),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }
}

/// The metadata of DELEX (Redis 8.4).
pub static DELEX: Meta = Meta {
    name: "delex",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::String, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[one_key(&[KeyFlag::ReadWrite, KeyFlag::Delete, KeyFlag::VariableFlags])],
    docs: &docs::DELEX,
    ..META
};

/// The metadata of DELIFEQ (Valkey 9.0).
pub static DELIFEQ: Meta = Meta {
    name: "delifeq",
    arity: 3,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Write, Category::String, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[one_key(&[KeyFlag::Remove, KeyFlag::Access, KeyFlag::Delete])],
    docs: &docs::DELIFEQ,
    ..META
};

/// The metadata of DIGEST (Redis 8.4).
pub static DIGEST: Meta = Meta {
    name: "digest",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::String, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[one_key(&[KeyFlag::ReadOnly, KeyFlag::Access])],
    docs: &docs::DIGEST,
    ..META
};

/// The metadata of INCREX (Redis 8.8).
pub static INCREX: Meta = Meta {
    name: "increx",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::String, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[one_key(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])],
    docs: &docs::INCREX,
    ..META
};

/// The metadata of MSETEX (Redis 8.4).
pub static MSETEX: Meta = Meta {
    name: "msetex",
    arity: -4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Write, Category::String, Category::Slow]),
    tips: &["request_policy:multi_shard", "response_policy:all_succeeded"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::KeyNum { at: 0, first: 1, step: 2 },
    }],
    docs: &docs::MSETEX,
    ..META
};
