//! What COMMAND INFO says about set commands that are newer than Redis 8.2.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::set_new as docs;

/// The metadata of SDIFFCARD.
pub static SDIFFCARD: Meta = Meta { name: "sdiffcard", docs: &docs::SDIFFCARD, ..CARD };

/// The metadata of SUNIONCARD.
pub static SUNIONCARD: Meta = Meta { name: "sunioncard", docs: &docs::SUNIONCARD, ..CARD };

/// What both have in common.
const CARD: Meta = Meta {
    arity: -3,
    flags: Flags::of(&[Flag::ReadOnly, Flag::MovableKeys]),
    acl: Acl::of(&[Category::Read, Category::Set, Category::Slow]),
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::ReadOnly, KeyFlag::Access]),
        begin: Begin::Index(1),
        find: Find::KeyNum { at: 0, first: 1, step: 1 },
    }],
    ..META
};
