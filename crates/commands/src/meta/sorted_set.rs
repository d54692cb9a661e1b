//! What COMMAND INFO says about the sorted_set commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::sorted_set as docs;

/// The sorted_set commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[
    &ZADD,
    &ZINCRBY,
    &ZREM,
    &ZSCORE,
    &ZMSCORE,
    &ZCARD,
    &ZCOUNT,
    &ZLEXCOUNT,
    &ZRANK,
    &ZREVRANK,
    &ZRANGE,
    &ZREVRANGE,
    &ZRANGEBYSCORE,
    &ZREVRANGEBYSCORE,
    &ZRANGEBYLEX,
    &ZREVRANGEBYLEX,
    &ZRANGESTORE,
    &ZREMRANGEBYRANK,
    &ZREMRANGEBYSCORE,
    &ZREMRANGEBYLEX,
    &ZPOPMIN,
    &ZPOPMAX,
    &ZMPOP,
    &BZPOPMIN,
    &BZPOPMAX,
    &BZMPOP,
    &ZRANDMEMBER,
    &ZSCAN,
    &ZUNION,
    &ZUNIONSTORE,
    &ZINTER,
    &ZINTERSTORE,
    &ZINTERCARD,
    &ZDIFF,
    &ZDIFFSTORE,
];

/// The metadata of ZADD.
pub static ZADD: Meta = Meta {
    name: "zadd",
    arity: -4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZADD,
    ..META
};

/// The metadata of ZINCRBY.
pub static ZINCRBY: Meta = Meta {
    name: "zincrby",
    arity: 4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZINCRBY,
    ..META
};

/// The metadata of ZREM.
pub static ZREM: Meta = Meta {
    name: "zrem",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZREM,
    ..META
};

/// The metadata of ZSCORE.
pub static ZSCORE: Meta = Meta {
    name: "zscore",
    arity: 3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZSCORE,
    ..META
};

/// The metadata of ZMSCORE.
pub static ZMSCORE: Meta = Meta {
    name: "zmscore",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZMSCORE,
    ..META
};

/// The metadata of ZCARD.
pub static ZCARD: Meta = Meta {
    name: "zcard",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZCARD,
    ..META
};

/// The metadata of ZCOUNT.
pub static ZCOUNT: Meta = Meta {
    name: "zcount",
    arity: 4,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZCOUNT,
    ..META
};

/// The metadata of ZLEXCOUNT.
pub static ZLEXCOUNT: Meta = Meta {
    name: "zlexcount",
    arity: 4,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZLEXCOUNT,
    ..META
};

/// The metadata of ZRANK.
pub static ZRANK: Meta = Meta {
    name: "zrank",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZRANK,
    ..META
};

/// The metadata of ZREVRANK.
pub static ZREVRANK: Meta = Meta {
    name: "zrevrank",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZREVRANK,
    ..META
};

/// The metadata of ZRANGE.
pub static ZRANGE: Meta = Meta {
    name: "zrange",
    arity: -4,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZRANGE,
    ..META
};

/// The metadata of ZREVRANGE.
pub static ZREVRANGE: Meta = Meta {
    name: "zrevrange",
    arity: -4,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZREVRANGE,
    ..META
};

/// The metadata of ZRANGEBYSCORE.
pub static ZRANGEBYSCORE: Meta = Meta {
    name: "zrangebyscore",
    arity: -4,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZRANGEBYSCORE,
    ..META
};

/// The metadata of ZREVRANGEBYSCORE.
pub static ZREVRANGEBYSCORE: Meta = Meta {
    name: "zrevrangebyscore",
    arity: -4,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZREVRANGEBYSCORE,
    ..META
};

/// The metadata of ZRANGEBYLEX.
pub static ZRANGEBYLEX: Meta = Meta {
    name: "zrangebylex",
    arity: -4,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZRANGEBYLEX,
    ..META
};

/// The metadata of ZREVRANGEBYLEX.
pub static ZREVRANGEBYLEX: Meta = Meta {
    name: "zrevrangebylex",
    arity: -4,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZREVRANGEBYLEX,
    ..META
};

/// The metadata of ZRANGESTORE.
pub static ZRANGESTORE: Meta = Meta {
    name: "zrangestore",
    arity: -5,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 2,
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
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
    ],
    docs: &docs::ZRANGESTORE,
    ..META
};

/// The metadata of ZREMRANGEBYRANK.
pub static ZREMRANGEBYRANK: Meta = Meta {
    name: "zremrangebyrank",
    arity: 4,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZREMRANGEBYRANK,
    ..META
};

/// The metadata of ZREMRANGEBYSCORE.
pub static ZREMRANGEBYSCORE: Meta = Meta {
    name: "zremrangebyscore",
    arity: 4,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZREMRANGEBYSCORE,
    ..META
};

/// The metadata of ZREMRANGEBYLEX.
pub static ZREMRANGEBYLEX: Meta = Meta {
    name: "zremrangebylex",
    arity: 4,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZREMRANGEBYLEX,
    ..META
};

/// The metadata of ZPOPMIN.
pub static ZPOPMIN: Meta = Meta {
    name: "zpopmin",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZPOPMIN,
    ..META
};

/// The metadata of ZPOPMAX.
pub static ZPOPMAX: Meta = Meta {
    name: "zpopmax",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::ZPOPMAX,
    ..META
};

/// The metadata of ZMPOP.
pub static ZMPOP: Meta = Meta {
    name: "zmpop",
    arity: -4,
    flags: Flags::of(&[Flag::Write, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Slow]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::ZMPOP,
    ..META
};

/// The metadata of BZPOPMIN.
pub static BZPOPMIN: Meta = Meta {
    name: "bzpopmin",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::Blocking, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Fast, Category::Blocking]),
    first_key: 1,
    last_key: -2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: -2, step: 1, limit: 0 },
    }],
    docs: &docs::BZPOPMIN,
    ..META
};

/// The metadata of BZPOPMAX.
pub static BZPOPMAX: Meta = Meta {
    name: "bzpopmax",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::Blocking, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Fast, Category::Blocking]),
    first_key: 1,
    last_key: -2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: -2, step: 1, limit: 0 },
    }],
    docs: &docs::BZPOPMAX,
    ..META
};

/// The metadata of BZMPOP.
pub static BZMPOP: Meta = Meta {
    name: "bzmpop",
    arity: -5,
    flags: Flags::of(&[Flag::Write, Flag::Blocking, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Slow, Category::Blocking]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        begin: Begin::Index(2),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::BZMPOP,
    ..META
};

/// The metadata of ZRANDMEMBER.
pub static ZRANDMEMBER: Meta = Meta {
    name: "zrandmember",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Slow]),
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
    docs: &docs::ZRANDMEMBER,
    ..META
};

/// The metadata of ZSCAN.
pub static ZSCAN: Meta = Meta {
    name: "zscan",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Slow]),
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
    docs: &docs::ZSCAN,
    ..META
};

/// The metadata of ZUNION.
pub static ZUNION: Meta = Meta {
    name: "zunion",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Slow]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::ZUNION,
    ..META
};

/// The metadata of ZUNIONSTORE.
pub static ZUNIONSTORE: Meta = Meta {
    name: "zunionstore",
    arity: -4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 1,
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
            find: Find::KeyNum { at: 0, first: 1, step: 1 },
        },
    ],
    docs: &docs::ZUNIONSTORE,
    ..META
};

/// The metadata of ZINTER.
pub static ZINTER: Meta = Meta {
    name: "zinter",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Slow]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::ZINTER,
    ..META
};

/// The metadata of ZINTERSTORE.
pub static ZINTERSTORE: Meta = Meta {
    name: "zinterstore",
    arity: -4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 1,
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
            find: Find::KeyNum { at: 0, first: 1, step: 1 },
        },
    ],
    docs: &docs::ZINTERSTORE,
    ..META
};

/// The metadata of ZINTERCARD.
pub static ZINTERCARD: Meta = Meta {
    name: "zintercard",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Slow]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::ZINTERCARD,
    ..META
};

/// The metadata of ZDIFF.
pub static ZDIFF: Meta = Meta {
    name: "zdiff",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Read, Category::SortedSet, Category::Slow]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    docs: &docs::ZDIFF,
    ..META
};

/// The metadata of ZDIFFSTORE.
pub static ZDIFFSTORE: Meta = Meta {
    name: "zdiffstore",
    arity: -4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Write, Category::SortedSet, Category::Slow]),
    first_key: 1,
    last_key: 1,
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
            find: Find::KeyNum { at: 0, first: 1, step: 1 },
        },
    ],
    docs: &docs::ZDIFFSTORE,
    ..META
};
