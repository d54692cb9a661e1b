//! What COMMAND INFO says about the generic commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::generic as docs;

/// The generic commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[
    &DEL,
    &UNLINK,
    &EXISTS,
    &TOUCH,
    &TYPE,
    &EXPIRE,
    &PEXPIRE,
    &EXPIREAT,
    &PEXPIREAT,
    &EXPIRETIME,
    &PEXPIRETIME,
    &TTL,
    &PTTL,
    &PERSIST,
    &RENAME,
    &RENAMENX,
    &COPY,
    &MOVE,
    &SCAN,
    &KEYS,
    &RANDOMKEY,
    &OBJECT,
    &SORT,
    &SORT_RO,
];

/// The metadata of DEL.
pub static DEL: Meta = Meta {
    name: "del",
    arity: -2,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Slow]),
    first_key: 1,
    last_key: -1,
    step: 1,
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::Remove, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: -1, step: 1, limit: 0 },
    }],
    docs: &docs::DEL,
    ..META
};

/// The metadata of UNLINK.
pub static UNLINK: Meta = Meta {
    name: "unlink",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Fast]),
    first_key: 1,
    last_key: -1,
    step: 1,
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::Remove, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: -1, step: 1, limit: 0 },
    }],
    docs: &docs::UNLINK,
    ..META
};

/// The metadata of EXISTS.
pub static EXISTS: Meta = Meta {
    name: "exists",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Fast]),
    first_key: 1,
    last_key: -1,
    step: 1,
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(1),
        find: Find::Range { last: -1, step: 1, limit: 0 },
    }],
    docs: &docs::EXISTS,
    ..META
};

/// The metadata of TOUCH.
pub static TOUCH: Meta = Meta {
    name: "touch",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Fast]),
    first_key: 1,
    last_key: -1,
    step: 1,
    tips: &["request_policy:multi_shard", "response_policy:agg_sum"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(1),
        find: Find::Range { last: -1, step: 1, limit: 0 },
    }],
    docs: &docs::TOUCH,
    ..META
};

/// The metadata of TYPE.
pub static TYPE: Meta = Meta {
    name: "type",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::TYPE,
    ..META
};

/// The metadata of EXPIRE.
pub static EXPIRE: Meta = Meta {
    name: "expire",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::EXPIRE,
    ..META
};

/// The metadata of PEXPIRE.
pub static PEXPIRE: Meta = Meta {
    name: "pexpire",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::PEXPIRE,
    ..META
};

/// The metadata of EXPIREAT.
pub static EXPIREAT: Meta = Meta {
    name: "expireat",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::EXPIREAT,
    ..META
};

/// The metadata of PEXPIREAT.
pub static PEXPIREAT: Meta = Meta {
    name: "pexpireat",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::PEXPIREAT,
    ..META
};

/// The metadata of EXPIRETIME.
pub static EXPIRETIME: Meta = Meta {
    name: "expiretime",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::EXPIRETIME,
    ..META
};

/// The metadata of PEXPIRETIME.
pub static PEXPIRETIME: Meta = Meta {
    name: "pexpiretime",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::PEXPIRETIME,
    ..META
};

/// The metadata of TTL.
pub static TTL: Meta = Meta {
    name: "ttl",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Fast]),
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
    docs: &docs::TTL,
    ..META
};

/// The metadata of PTTL.
pub static PTTL: Meta = Meta {
    name: "pttl",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Fast]),
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
    docs: &docs::PTTL,
    ..META
};

/// The metadata of PERSIST.
pub static PERSIST: Meta = Meta {
    name: "persist",
    arity: 2,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::PERSIST,
    ..META
};

/// The metadata of RENAME.
pub static RENAME: Meta = Meta {
    name: "rename",
    arity: 3,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Slow]),
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
            flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
            begin: Begin::Index(2),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
    ],
    docs: &docs::RENAME,
    ..META
};

/// The metadata of RENAMENX.
pub static RENAMENX: Meta = Meta {
    name: "renamenx",
    arity: 3,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Fast]),
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
            flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Insert]),
            begin: Begin::Index(2),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
    ],
    docs: &docs::RENAMENX,
    ..META
};

/// The metadata of COPY.
pub static COPY: Meta = Meta {
    name: "copy",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Slow]),
    first_key: 1,
    last_key: 2,
    step: 1,
    key_specs: &[
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
            begin: Begin::Index(1),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
            begin: Begin::Index(2),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
    ],
    docs: &docs::COPY,
    ..META
};

/// The metadata of MOVE.
pub static MOVE: Meta = Meta {
    name: "move",
    arity: 3,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Keyspace, Category::Write, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::MOVE,
    ..META
};

/// The metadata of SCAN.
pub static SCAN: Meta = Meta {
    name: "scan",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Slow]),
    tips: &["nondeterministic_output", "request_policy:special", "response_policy:special"],
    docs: &docs::SCAN,
    ..META
};

/// The metadata of KEYS.
pub static KEYS: Meta = Meta {
    name: "keys",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Slow, Category::Dangerous]),
    tips: &["request_policy:all_shards", "nondeterministic_output_order"],
    docs: &docs::KEYS,
    ..META
};

/// The metadata of RANDOMKEY.
pub static RANDOMKEY: Meta = Meta {
    name: "randomkey",
    arity: 1,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Slow]),
    tips: &["request_policy:all_shards", "response_policy:special", "nondeterministic_output"],
    docs: &docs::RANDOMKEY,
    ..META
};

/// The metadata of OBJECT.
pub static OBJECT: Meta = Meta {
    name: "object",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[&OBJECT_ENCODING, &OBJECT_FREQ, &OBJECT_HELP, &OBJECT_IDLETIME, &OBJECT_REFCOUNT],
    docs: &docs::OBJECT,
    ..META
};

/// The metadata of OBJECT ENCODING.
pub static OBJECT_ENCODING: Meta = Meta {
    name: "object|encoding",
    arity: 3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    tips: &["nondeterministic_output"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::OBJECT_ENCODING,
    ..META
};

/// The metadata of OBJECT FREQ.
pub static OBJECT_FREQ: Meta = Meta {
    name: "object|freq",
    arity: 3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    tips: &["nondeterministic_output"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::OBJECT_FREQ,
    ..META
};

/// The metadata of OBJECT HELP.
pub static OBJECT_HELP: Meta = Meta {
    name: "object|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Keyspace, Category::Slow]),
    docs: &docs::OBJECT_HELP,
    ..META
};

/// The metadata of OBJECT IDLETIME.
pub static OBJECT_IDLETIME: Meta = Meta {
    name: "object|idletime",
    arity: 3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    tips: &["nondeterministic_output"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::OBJECT_IDLETIME,
    ..META
};

/// The metadata of OBJECT REFCOUNT.
pub static OBJECT_REFCOUNT: Meta = Meta {
    name: "object|refcount",
    arity: 3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Keyspace, Category::Read, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    tips: &["nondeterministic_output"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::OBJECT_REFCOUNT,
    ..META
};

/// The metadata of SORT.
pub static SORT: Meta = Meta {
    name: "sort",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::MovableKeys]),
    acl: Acl::of(&[
        Category::Write,
        Category::Set,
        Category::SortedSet,
        Category::List,
        Category::Slow,
        Category::Dangerous,
    ]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
            begin: Begin::Index(1),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
        KeySpec {
            notes: Some(
                "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
            ),
            flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
            begin: Begin::Unknown,
            find: Find::Unknown,
        },
        KeySpec {
            notes: Some(
                "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear anywhere in the argument array",
            ),
            flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
            begin: Begin::Unknown,
            find: Find::Unknown,
        },
    ],
    docs: &docs::SORT,
    ..META
};

/// The metadata of SORT_RO.
pub static SORT_RO: Meta = Meta {
    name: "sort_ro",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::MovableKeys]),
    acl: Acl::of(&[
        Category::Read,
        Category::Set,
        Category::SortedSet,
        Category::List,
        Category::Slow,
        Category::Dangerous,
    ]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
            begin: Begin::Index(1),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
        KeySpec {
            notes: Some(
                "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the content of the key we sort",
            ),
            flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
            begin: Begin::Unknown,
            find: Find::Unknown,
        },
    ],
    docs: &docs::SORT_RO,
    ..META
};
