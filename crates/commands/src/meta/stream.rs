//! What COMMAND INFO says about the stream commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::stream as docs;

/// The stream commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[
    &XADD,
    &XLEN,
    &XRANGE,
    &XREVRANGE,
    &XREAD,
    &XDEL,
    &XDELEX,
    &XTRIM,
    &XSETID,
    &XGROUP,
    &XREADGROUP,
    &XACK,
    &XACKDEL,
    &XPENDING,
    &XCLAIM,
    &XAUTOCLAIM,
    &XINFO,
];

/// The metadata of XADD.
pub static XADD: Meta = Meta {
    name: "xadd",
    arity: -5,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    tips: &["nondeterministic_output"],
    key_specs: &[KeySpec {
        notes: Some("UPDATE instead of INSERT because of the optional trimming feature"),
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XADD,
    ..META
};

/// The metadata of XLEN.
pub static XLEN: Meta = Meta {
    name: "xlen",
    arity: 2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::Stream, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XLEN,
    ..META
};

/// The metadata of XRANGE.
pub static XRANGE: Meta = Meta {
    name: "xrange",
    arity: -4,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Stream, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XRANGE,
    ..META
};

/// The metadata of XREVRANGE.
pub static XREVRANGE: Meta = Meta {
    name: "xrevrange",
    arity: -4,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Stream, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XREVRANGE,
    ..META
};

/// The metadata of XREAD.
pub static XREAD: Meta = Meta {
    name: "xread",
    arity: -4,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Blocking, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Read, Category::Stream, Category::Slow, Category::Blocking]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Keyword("STREAMS", 1),
        find: Find::Range { last: -1, step: 1, limit: 2 },
    }],
    docs: &docs::XREAD,
    ..META
};

/// The metadata of XDEL.
pub static XDEL: Meta = Meta {
    name: "xdel",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XDEL,
    ..META
};

/// The metadata of XDELEX.
pub static XDELEX: Meta = Meta {
    name: "xdelex",
    arity: -5,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XDELEX,
    ..META
};

/// The metadata of XTRIM.
pub static XTRIM: Meta = Meta {
    name: "xtrim",
    arity: -4,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    tips: &["nondeterministic_output"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XTRIM,
    ..META
};

/// The metadata of XSETID.
pub static XSETID: Meta = Meta {
    name: "xsetid",
    arity: -3,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XSETID,
    ..META
};

/// The metadata of XGROUP.
pub static XGROUP: Meta = Meta {
    name: "xgroup",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[
        &XGROUP_CREATE,
        &XGROUP_CREATECONSUMER,
        &XGROUP_DELCONSUMER,
        &XGROUP_DESTROY,
        &XGROUP_HELP,
        &XGROUP_SETID,
    ],
    docs: &docs::XGROUP,
    ..META
};

/// The metadata of XGROUP CREATE.
pub static XGROUP_CREATE: Meta = Meta {
    name: "xgroup|create",
    arity: -5,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Insert]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XGROUP_CREATE,
    ..META
};

/// The metadata of XGROUP CREATECONSUMER.
pub static XGROUP_CREATECONSUMER: Meta = Meta {
    name: "xgroup|createconsumer",
    arity: 5,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Insert]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XGROUP_CREATECONSUMER,
    ..META
};

/// The metadata of XGROUP DELCONSUMER.
pub static XGROUP_DELCONSUMER: Meta = Meta {
    name: "xgroup|delconsumer",
    arity: 5,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XGROUP_DELCONSUMER,
    ..META
};

/// The metadata of XGROUP DESTROY.
pub static XGROUP_DESTROY: Meta = Meta {
    name: "xgroup|destroy",
    arity: 4,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XGROUP_DESTROY,
    ..META
};

/// The metadata of XGROUP HELP.
pub static XGROUP_HELP: Meta = Meta {
    name: "xgroup|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Stream, Category::Slow]),
    docs: &docs::XGROUP_HELP,
    ..META
};

/// The metadata of XGROUP SETID.
pub static XGROUP_SETID: Meta = Meta {
    name: "xgroup|setid",
    arity: -5,
    flags: Flags::of(&[Flag::Write]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XGROUP_SETID,
    ..META
};

/// The metadata of XREADGROUP.
pub static XREADGROUP: Meta = Meta {
    name: "xreadgroup",
    arity: -7,
    flags: Flags::of(&[Flag::Write, Flag::Blocking, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Slow, Category::Blocking]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Keyword("STREAMS", 4),
        find: Find::Range { last: -1, step: 1, limit: 2 },
    }],
    docs: &docs::XREADGROUP,
    ..META
};

/// The metadata of XACK.
pub static XACK: Meta = Meta {
    name: "xack",
    arity: -4,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XACK,
    ..META
};

/// The metadata of XACKDEL.
pub static XACKDEL: Meta = Meta {
    name: "xackdel",
    arity: -6,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XACKDEL,
    ..META
};

/// The metadata of XPENDING.
pub static XPENDING: Meta = Meta {
    name: "xpending",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Stream, Category::Slow]),
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
    docs: &docs::XPENDING,
    ..META
};

/// The metadata of XCLAIM.
pub static XCLAIM: Meta = Meta {
    name: "xclaim",
    arity: -6,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    tips: &["nondeterministic_output"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XCLAIM,
    ..META
};

/// The metadata of XAUTOCLAIM.
pub static XAUTOCLAIM: Meta = Meta {
    name: "xautoclaim",
    arity: -6,
    flags: Flags::of(&[Flag::Write, Flag::Fast]),
    acl: Acl::of(&[Category::Write, Category::Stream, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    tips: &["nondeterministic_output"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XAUTOCLAIM,
    ..META
};

/// The metadata of XINFO.
pub static XINFO: Meta = Meta {
    name: "xinfo",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[&XINFO_CONSUMERS, &XINFO_GROUPS, &XINFO_HELP, &XINFO_STREAM],
    docs: &docs::XINFO,
    ..META
};

/// The metadata of XINFO CONSUMERS.
pub static XINFO_CONSUMERS: Meta = Meta {
    name: "xinfo|consumers",
    arity: 4,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Stream, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    tips: &["nondeterministic_output"],
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XINFO_CONSUMERS,
    ..META
};

/// The metadata of XINFO GROUPS.
pub static XINFO_GROUPS: Meta = Meta {
    name: "xinfo|groups",
    arity: 3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Stream, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XINFO_GROUPS,
    ..META
};

/// The metadata of XINFO HELP.
pub static XINFO_HELP: Meta = Meta {
    name: "xinfo|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Stream, Category::Slow]),
    docs: &docs::XINFO_HELP,
    ..META
};

/// The metadata of XINFO STREAM.
pub static XINFO_STREAM: Meta = Meta {
    name: "xinfo|stream",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Stream, Category::Slow]),
    first_key: 2,
    last_key: 2,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(2),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::XINFO_STREAM,
    ..META
};
