//! What COMMAND INFO says about the geo commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::geo as docs;

/// The geo commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[
    &GEOADD,
    &GEODIST,
    &GEOHASH,
    &GEOPOS,
    &GEORADIUS,
    &GEORADIUS_RO,
    &GEORADIUSBYMEMBER,
    &GEORADIUSBYMEMBER_RO,
    &GEOSEARCH,
    &GEOSEARCHSTORE,
];

/// The metadata of GEOADD.
pub static GEOADD: Meta = Meta {
    name: "geoadd",
    arity: -5,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::Geo, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::GEOADD,
    ..META
};

/// The metadata of GEODIST.
pub static GEODIST: Meta = Meta {
    name: "geodist",
    arity: -4,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Geo, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::GEODIST,
    ..META
};

/// The metadata of GEOHASH.
pub static GEOHASH: Meta = Meta {
    name: "geohash",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Geo, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::GEOHASH,
    ..META
};

/// The metadata of GEOPOS.
pub static GEOPOS: Meta = Meta {
    name: "geopos",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Geo, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::GEOPOS,
    ..META
};

/// The metadata of GEORADIUS.
pub static GEORADIUS: Meta = Meta {
    name: "georadius",
    arity: -6,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Write, Category::Geo, Category::Slow]),
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
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
            begin: Begin::Keyword("STORE", 6),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
            begin: Begin::Keyword("STOREDIST", 6),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
    ],
    docs: &docs::GEORADIUS,
    ..META
};

/// The metadata of GEORADIUS_RO.
pub static GEORADIUS_RO: Meta = Meta {
    name: "georadius_ro",
    arity: -6,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Geo, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::GEORADIUS_RO,
    ..META
};

/// The metadata of GEORADIUSBYMEMBER.
pub static GEORADIUSBYMEMBER: Meta = Meta {
    name: "georadiusbymember",
    arity: -5,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Write, Category::Geo, Category::Slow]),
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
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
            begin: Begin::Keyword("STORE", 5),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
            begin: Begin::Keyword("STOREDIST", 5),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
    ],
    docs: &docs::GEORADIUSBYMEMBER,
    ..META
};

/// The metadata of GEORADIUSBYMEMBER_RO.
pub static GEORADIUSBYMEMBER_RO: Meta = Meta {
    name: "georadiusbymember_ro",
    arity: -5,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Geo, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::GEORADIUSBYMEMBER_RO,
    ..META
};

/// The metadata of GEOSEARCH.
pub static GEOSEARCH: Meta = Meta {
    name: "geosearch",
    arity: -7,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Geo, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::GEOSEARCH,
    ..META
};

/// The metadata of GEOSEARCHSTORE.
pub static GEOSEARCHSTORE: Meta = Meta {
    name: "geosearchstore",
    arity: -8,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::Geo, Category::Slow]),
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
    docs: &docs::GEOSEARCHSTORE,
    ..META
};
