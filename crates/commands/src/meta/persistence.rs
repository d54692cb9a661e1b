//! What COMMAND INFO says about the persistence commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::persistence as docs;

/// The persistence commands, without the subcommands of containers.
pub static ALL: &[&Meta] =
    &[&DUMP, &RESTORE, &RESTORE_ASKING, &MIGRATE, &SAVE, &BGSAVE, &LASTSAVE, &BGREWRITEAOF, &WAIT, &WAITAOF];

/// The metadata of DUMP.
pub static DUMP: Meta = Meta {
    name: "dump",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    tips: &["nondeterministic_output"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::DUMP,
    ..META
};

/// The metadata of RESTORE.
pub static RESTORE: Meta = Meta {
    name: "restore",
    arity: -4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Slow, Category::Dangerous]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::RESTORE,
    ..META
};

/// The metadata of RESTORE-ASKING.
pub static RESTORE_ASKING: Meta = Meta {
    name: "restore-asking",
    arity: -4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Asking]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Slow, Category::Dangerous]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::RESTORE_ASKING,
    ..META
};

/// The metadata of MIGRATE.
pub static MIGRATE: Meta = Meta {
    name: "migrate",
    arity: -6,
    flags: Flags::of(&[Flag::Write, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Slow, Category::Dangerous]),
    first_key: 3,
    last_key: 3,
    step: 1,
    tips: &["nondeterministic_output"],
    key_specs: &[
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
            begin: Begin::Index(3),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete, KeyFlag::Incomplete]),
            begin: Begin::Keyword("KEYS", -2),
            find: Find::Range { last: -1, step: 1, limit: 0 },
        },
    ],
    docs: &docs::MIGRATE,
    ..META
};

/// The metadata of SAVE.
pub static SAVE: Meta = Meta {
    name: "save",
    arity: 1,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::NoAsyncLoading, Flag::NoMulti]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    docs: &docs::SAVE,
    ..META
};

/// The metadata of BGSAVE.
pub static BGSAVE: Meta = Meta {
    name: "bgsave",
    arity: -1,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::NoAsyncLoading]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    docs: &docs::BGSAVE,
    ..META
};

/// The metadata of LASTSAVE.
pub static LASTSAVE: Meta = Meta {
    name: "lastsave",
    arity: 1,
    flags: Flags::of(&[Flag::Loading, Flag::Stale, Flag::Fast]),
    acl: Acl::of(&[Category::Admin, Category::Fast, Category::Dangerous]),
    tips: &["nondeterministic_output"],
    docs: &docs::LASTSAVE,
    ..META
};

/// The metadata of BGREWRITEAOF.
pub static BGREWRITEAOF: Meta = Meta {
    name: "bgrewriteaof",
    arity: 1,
    flags: Flags::of(&[Flag::Admin, Flag::NoScript, Flag::NoAsyncLoading]),
    acl: Acl::of(&[Category::Admin, Category::Slow, Category::Dangerous]),
    docs: &docs::BGREWRITEAOF,
    ..META
};

/// The metadata of WAIT.
pub static WAIT: Meta = Meta {
    name: "wait",
    arity: 3,
    flags: Flags::of(&[Flag::Blocking]),
    acl: Acl::of(&[Category::Slow, Category::Blocking, Category::Connection]),
    tips: &["request_policy:all_shards", "response_policy:agg_min"],
    docs: &docs::WAIT,
    ..META
};

/// The metadata of WAITAOF.
pub static WAITAOF: Meta = Meta {
    name: "waitaof",
    arity: 4,
    flags: Flags::of(&[Flag::Blocking]),
    acl: Acl::of(&[Category::Slow, Category::Blocking, Category::Connection]),
    tips: &["request_policy:all_shards", "response_policy:agg_min"],
    docs: &docs::WAITAOF,
    ..META
};
