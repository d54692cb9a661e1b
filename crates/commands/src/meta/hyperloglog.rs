//! What COMMAND INFO says about the hyperloglog commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::hyperloglog as docs;

/// The hyperloglog commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[&PFADD, &PFCOUNT, &PFMERGE, &PFDEBUG, &PFSELFTEST];

/// The metadata of PFADD.
pub static PFADD: Meta = Meta {
    name: "pfadd",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::HyperLogLog, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Insert]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::PFADD,
    ..META
};

/// The metadata of PFCOUNT.
pub static PFCOUNT: Meta = Meta {
    name: "pfcount",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::HyperLogLog, Category::Slow]),
    first_key: 1,
    last_key: -1,
    step: 1,
    key_specs: &[KeySpec {
        notes: Some(
            "RW because it may change the internal representation of the key, and propagate to replicas",
        ),
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: -1, step: 1, limit: 0 },
    }],
    docs: &docs::PFCOUNT,
    ..META
};

/// The metadata of PFMERGE.
pub static PFMERGE: Meta = Meta {
    name: "pfmerge",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::HyperLogLog, Category::Slow]),
    first_key: 1,
    last_key: -1,
    step: 1,
    key_specs: &[
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Insert]),
            begin: Begin::Index(1),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
            begin: Begin::Index(2),
            find: Find::Range { last: -1, step: 1, limit: 0 },
        },
    ],
    docs: &docs::PFMERGE,
    ..META
};

/// The metadata of PFDEBUG.
pub static PFDEBUG: Meta = Meta {
    name: "pfdebug",
    arity: 3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Admin]),
    acl: Acl::of(&[
        Category::Write,
        Category::HyperLogLog,
        Category::Admin,
        Category::Slow,
        Category::Dangerous,
    ]),
    first_key: 2,
    last_key: 2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::PFDEBUG,
    ..META
};

/// The metadata of PFSELFTEST.
pub static PFSELFTEST: Meta = Meta {
    name: "pfselftest",
    arity: 1,
    flags: Flags::of(&[Flag::Admin]),
    acl: Acl::of(&[Category::HyperLogLog, Category::Admin, Category::Slow, Category::Dangerous]),
    docs: &docs::PFSELFTEST,
    ..META
};
