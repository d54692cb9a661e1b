//! What COMMAND INFO says about the set commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::set as docs;

/// The set commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[
    &SADD,
    &SREM,
    &SISMEMBER,
    &SMISMEMBER,
    &SMEMBERS,
    &SCARD,
    &SPOP,
    &SRANDMEMBER,
    &SSCAN,
    &SMOVE,
    &SINTER,
    &SINTERCARD,
    &SINTERSTORE,
    &SUNION,
    &SUNIONSTORE,
    &SDIFF,
    &SDIFFSTORE,
];

/// The metadata of SADD.
pub static SADD: Meta = Meta {
    name: "sadd",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::Set, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Insert]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::SADD,
    ..META
};

/// The metadata of SREM.
pub static SREM: Meta = Meta {
    name: "srem",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::Set, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::SREM,
    ..META
};

/// The metadata of SISMEMBER.
pub static SISMEMBER: Meta = Meta {
    name: "sismember",
    arity: 3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::Set, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::SISMEMBER,
    ..META
};

/// The metadata of SMISMEMBER.
pub static SMISMEMBER: Meta = Meta {
    name: "smismember",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::Set, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::SMISMEMBER,
    ..META
};

/// The metadata of SMEMBERS.
pub static SMEMBERS: Meta = Meta {
    name: "smembers",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Set, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    tips: &["nondeterministic_output_order"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::SMEMBERS,
    ..META
};

/// The metadata of SCARD.
pub static SCARD: Meta = Meta {
    name: "scard",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::Set, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::SCARD,
    ..META
};

/// The metadata of SPOP.
pub static SPOP: Meta = Meta {
    name: "spop",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::Set, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    tips: &["nondeterministic_output"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::SPOP,
    ..META
};

/// The metadata of SRANDMEMBER.
pub static SRANDMEMBER: Meta = Meta {
    name: "srandmember",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Set, Category::Slow]),
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
    docs: &docs::SRANDMEMBER,
    ..META
};

/// The metadata of SSCAN.
pub static SSCAN: Meta = Meta {
    name: "sscan",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Set, Category::Slow]),
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
    docs: &docs::SSCAN,
    ..META
};

/// The metadata of SMOVE.
pub static SMOVE: Meta = Meta {
    name: "smove",
    arity: 4,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::Set, Category::Fast]),
    first_key: 1,
    last_key: 2,
    step: 1,
    key_specs: &[
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
            begin: Begin::Index(1),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Insert]),
            begin: Begin::Index(2),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
    ],
    docs: &docs::SMOVE,
    ..META
};

/// The metadata of SINTER.
pub static SINTER: Meta = Meta {
    name: "sinter",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Set, Category::Slow]),
    first_key: 1,
    last_key: -1,
    step: 1,
    tips: &["nondeterministic_output_order"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: -1, step: 1, limit: 0 },
    }],
    docs: &docs::SINTER,
    ..META
};

/// The metadata of SINTERCARD.
pub static SINTERCARD: Meta = Meta {
    name: "sintercard",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Read, Category::Set, Category::Slow]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::SINTERCARD,
    ..META
};

/// The metadata of SINTERSTORE.
pub static SINTERSTORE: Meta = Meta {
    name: "sinterstore",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::Set, Category::Slow]),
    first_key: 1,
    last_key: -1,
    step: 1,
    key_specs: &[
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
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
    docs: &docs::SINTERSTORE,
    ..META
};

/// The metadata of SUNION.
pub static SUNION: Meta = Meta {
    name: "sunion",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Set, Category::Slow]),
    first_key: 1,
    last_key: -1,
    step: 1,
    tips: &["nondeterministic_output_order"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: -1, step: 1, limit: 0 },
    }],
    docs: &docs::SUNION,
    ..META
};

/// The metadata of SUNIONSTORE.
pub static SUNIONSTORE: Meta = Meta {
    name: "sunionstore",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::Set, Category::Slow]),
    first_key: 1,
    last_key: -1,
    step: 1,
    key_specs: &[
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
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
    docs: &docs::SUNIONSTORE,
    ..META
};

/// The metadata of SDIFF.
pub static SDIFF: Meta = Meta {
    name: "sdiff",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Set, Category::Slow]),
    first_key: 1,
    last_key: -1,
    step: 1,
    tips: &["nondeterministic_output_order"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: -1, step: 1, limit: 0 },
    }],
    docs: &docs::SDIFF,
    ..META
};

/// The metadata of SDIFFSTORE.
pub static SDIFFSTORE: Meta = Meta {
    name: "sdiffstore",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::Set, Category::Slow]),
    first_key: 1,
    last_key: -1,
    step: 1,
    key_specs: &[
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
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
    docs: &docs::SDIFFSTORE,
    ..META
};
