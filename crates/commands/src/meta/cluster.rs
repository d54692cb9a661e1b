//! What COMMAND INFO says about the cluster commands.

use super::{Acl, Category, Flag, Flags, META, Meta};
use crate::docs::cluster as docs;

/// The cluster commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[&READONLY, &READWRITE, &ASKING];

/// The metadata of READONLY.
pub static READONLY: Meta = Meta {
    name: "readonly",
    arity: 1,
    flags: Flags::of(&[Flag::Loading, Flag::Stale, Flag::Fast]),
    acl: Acl::of(&[Category::Fast, Category::Connection]),
    docs: &docs::READONLY,
    ..META
};

/// The metadata of READWRITE.
pub static READWRITE: Meta = Meta {
    name: "readwrite",
    arity: 1,
    flags: Flags::of(&[Flag::Loading, Flag::Stale, Flag::Fast]),
    acl: Acl::of(&[Category::Fast, Category::Connection]),
    docs: &docs::READWRITE,
    ..META
};

/// The metadata of ASKING.
pub static ASKING: Meta = Meta {
    name: "asking",
    arity: 1,
    flags: Flags::of(&[Flag::Fast]),
    acl: Acl::of(&[Category::Fast, Category::Connection]),
    docs: &docs::ASKING,
    ..META
};
