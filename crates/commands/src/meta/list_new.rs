//! What COMMAND INFO says about list commands that are newer than Redis 8.2.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::list_new as docs;

/// The metadata of LMOVEM.
pub static LMOVEM: Meta = Meta {
    name: "lmovem",
    arity: -5,
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
    docs: &docs::LMOVEM,
    ..META
};

/// The metadata of BLMOVEM.
pub static BLMOVEM: Meta = Meta {
    name: "blmovem",
    arity: -6,
    flags: Flags::of(&[Flag::Write, Flag::DenyOom, Flag::Blocking]),
    acl: Acl::of(&[Category::Write, Category::List, Category::Slow, Category::Blocking]),
    docs: &docs::BLMOVEM,
    ..LMOVEM
};
