//! What COMMAND INFO says about the bitmap commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::bitmap as docs;

/// The bitmap commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[&SETBIT, &GETBIT, &BITCOUNT, &BITPOS, &BITOP, &BITFIELD, &BITFIELD_RO];

/// The metadata of SETBIT.
pub static SETBIT: Meta = Meta {
    name: "setbit",
    arity: 4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::Bitmap, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::SETBIT,
    ..META
};

/// The metadata of GETBIT.
pub static GETBIT: Meta = Meta {
    name: "getbit",
    arity: 3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::Bitmap, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::GETBIT,
    ..META
};

/// The metadata of BITCOUNT.
pub static BITCOUNT: Meta = Meta {
    name: "bitcount",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Bitmap, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::BITCOUNT,
    ..META
};

/// The metadata of BITPOS.
pub static BITPOS: Meta = Meta {
    name: "bitpos",
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly]),
    acl: Acl::of(&[Category::Read, Category::Bitmap, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::BITPOS,
    ..META
};

/// The metadata of BITOP.
pub static BITOP: Meta = Meta {
    name: "bitop",
    arity: -4,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::Bitmap, Category::Slow]),
    first_key: 2,
    last_key: -1,
    step: 1,
    key_specs: &[
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
            begin: Begin::Index(2),
            find: Find::Range { last: 0, step: 1, limit: 0 },
        },
        KeySpec {
            notes: None,
            flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
            begin: Begin::Index(3),
            find: Find::Range { last: -1, step: 1, limit: 0 },
        },
    ],
    docs: &docs::BITOP,
    ..META
};

/// The metadata of BITFIELD.
pub static BITFIELD: Meta = Meta {
    name: "bitfield",
    arity: -2,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom]),
    acl: Acl::of(&[Category::Write, Category::Bitmap, Category::Slow]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: Some("This command allows both access and modification of the key"),
        flags: KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update, KeyFlag::VariableFlags]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::BITFIELD,
    ..META
};

/// The metadata of BITFIELD_RO.
pub static BITFIELD_RO: Meta = Meta {
    name: "bitfield_ro",
    arity: -2,
    flags: Flags::of(&[Flag::ReadOnly, Flag::Fast]),
    acl: Acl::of(&[Category::Read, Category::Bitmap, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::BITFIELD_RO,
    ..META
};
