//! What COMMAND INFO says about the list commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::list as docs;

/// The list commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[
    &LPUSH,
    &RPUSH,
    &LPUSHX,
    &RPUSHX,
    &LPOP,
    &RPOP,
    &LLEN,
    &LINDEX,
    &LSET,
    &LINSERT,
    &LRANGE,
    &LREM,
    &LTRIM,
    &LPOS,
    &LMOVE,
    &RPOPLPUSH,
    &LMPOP,
    &BLPOP,
    &BRPOP,
    &BLMOVE,
    &BRPOPLPUSH,
    &BLMPOP,
];

/// The metadata of LPUSH.
pub static LPUSH: Meta = Meta {
    name: "lpush",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Insert]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::LPUSH,
    ..META
};

/// The metadata of RPUSH.
pub static RPUSH: Meta = Meta {
    name: "rpush",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Insert]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::RPUSH,
    ..META
};

/// The metadata of LPUSHX.
pub static LPUSHX: Meta = Meta {
    name: "lpushx",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Insert]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::LPUSHX,
    ..META
};

/// The metadata of RPUSHX.
pub static RPUSHX: Meta = Meta {
    name: "rpushx",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Insert]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::RPUSHX,
    ..META
};

/// The metadata of LPOP.
pub static LPOP: Meta = Meta {
    name: "lpop",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::LPOP,
    ..META
};

/// The metadata of RPOP.
pub static RPOP: Meta = Meta {
    name: "rpop",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::RPOP,
    ..META
};

/// The metadata of LLEN.
pub static LLEN: Meta = Meta {
    name: "llen",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::List, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::LLEN,
    ..META
};

/// The metadata of LINDEX.
pub static LINDEX: Meta = Meta {
    name: "lindex",
    arity: 3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::List, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::LINDEX,
    ..META
};

/// The metadata of LSET.
pub static LSET: Meta = Meta {
    name: "lset",
    arity: 4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::LSET,
    ..META
};

/// The metadata of LINSERT.
pub static LINSERT: Meta = Meta {
    name: "linsert",
    arity: 5,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Insert]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::LINSERT,
    ..META
};

/// The metadata of LRANGE.
pub static LRANGE: Meta = Meta {
    name: "lrange",
    arity: 4,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::List, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::LRANGE,
    ..META
};

/// The metadata of LREM.
pub static LREM: Meta = Meta {
    name: "lrem",
    arity: 4,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::LREM,
    ..META
};

/// The metadata of LTRIM.
pub static LTRIM: Meta = Meta {
    name: "ltrim",
    arity: 4,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::LTRIM,
    ..META
};

/// The metadata of LPOS.
pub static LPOS: Meta = Meta {
    name: "lpos",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::List, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::LPOS,
    ..META
};

/// The metadata of LMOVE.
pub static LMOVE: Meta = Meta {
    name: "lmove",
    arity: 5,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow]),
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
    docs: &docs::LMOVE,
    ..META
};

/// The metadata of RPOPLPUSH.
pub static RPOPLPUSH: Meta = Meta {
    name: "rpoplpush",
    arity: 3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow]),
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
    docs: &docs::RPOPLPUSH,
    ..META
};

/// The metadata of LMPOP.
pub static LMPOP: Meta = Meta {
    name: "lmpop",
    arity: -4,
    flags: Flags::of(&[Flag::Write, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::LMPOP,
    ..META
};

/// The metadata of BLPOP.
pub static BLPOP: Meta = Meta {
    name: "blpop",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::Blocking]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow, Category::Blocking]),
    first_key: 1,
    last_key: -2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: -2, step: 1, limit: 0 },
    }],
    docs: &docs::BLPOP,
    ..META
};

/// The metadata of BRPOP.
pub static BRPOP: Meta = Meta {
    name: "brpop",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::Blocking]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow, Category::Blocking]),
    first_key: 1,
    last_key: -2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: -2, step: 1, limit: 0 },
    }],
    docs: &docs::BRPOP,
    ..META
};

/// The metadata of BLMOVE.
pub static BLMOVE: Meta = Meta {
    name: "blmove",
    arity: 6,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Blocking]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow, Category::Blocking]),
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
    docs: &docs::BLMOVE,
    ..META
};

/// The metadata of BRPOPLPUSH.
pub static BRPOPLPUSH: Meta = Meta {
    name: "brpoplpush",
    arity: 4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Blocking]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow, Category::Blocking]),
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
    docs: &docs::BRPOPLPUSH,
    ..META
};

/// The metadata of BLMPOP.
pub static BLMPOP: Meta = Meta {
    name: "blmpop",
    arity: -5,
    flags: Flags::of(&[Flag::Write, Flag::Blocking, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow, Category::Blocking]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(2),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::BLMPOP,
    ..META
};
