//! What COMMAND INFO says about the pubsub commands.

use super::{Acl, Begin, Category, Find, Flag, Flags, KeyFlag, KeyFlags, KeySpec, META, Meta};
use crate::docs::pubsub as docs;

/// The pubsub commands, without the subcommands of containers.
pub static ALL: &[&Meta] = &[
    &SUBSCRIBE,
    &UNSUBSCRIBE,
    &PSUBSCRIBE,
    &PUNSUBSCRIBE,
    &SSUBSCRIBE,
    &SUNSUBSCRIBE,
    &PUBLISH,
    &SPUBLISH,
    &PUBSUB,
];

/// The metadata of SUBSCRIBE.
pub static SUBSCRIBE: Meta = Meta {
    name: "subscribe",
    arity: -2,
    flags: Flags::of(&[Flag::PubSub, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::PubSub, Category::Slow]),
    docs: &docs::SUBSCRIBE,
    ..META
};

/// The metadata of UNSUBSCRIBE.
pub static UNSUBSCRIBE: Meta = Meta {
    name: "unsubscribe",
    arity: -1,
    flags: Flags::of(&[Flag::PubSub, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::PubSub, Category::Slow]),
    docs: &docs::UNSUBSCRIBE,
    ..META
};

/// The metadata of PSUBSCRIBE.
pub static PSUBSCRIBE: Meta = Meta {
    name: "psubscribe",
    arity: -2,
    flags: Flags::of(&[Flag::PubSub, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::PubSub, Category::Slow]),
    docs: &docs::PSUBSCRIBE,
    ..META
};

/// The metadata of PUNSUBSCRIBE.
pub static PUNSUBSCRIBE: Meta = Meta {
    name: "punsubscribe",
    arity: -1,
    flags: Flags::of(&[Flag::PubSub, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::PubSub, Category::Slow]),
    docs: &docs::PUNSUBSCRIBE,
    ..META
};

/// The metadata of SSUBSCRIBE.
pub static SSUBSCRIBE: Meta = Meta {
    name: "ssubscribe",
    arity: -2,
    flags: Flags::of(&[Flag::PubSub, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::PubSub, Category::Slow]),
    first_key: 1,
    last_key: -1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::NotKey]),
        begin: Begin::Index(1),
        find: Find::Range { last: -1, step: 1, limit: 0 },
    }],
    docs: &docs::SSUBSCRIBE,
    ..META
};

/// The metadata of SUNSUBSCRIBE.
pub static SUNSUBSCRIBE: Meta = Meta {
    name: "sunsubscribe",
    arity: -1,
    flags: Flags::of(&[Flag::PubSub, Flag::NoScript, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::PubSub, Category::Slow]),
    first_key: 1,
    last_key: -1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::NotKey]),
        begin: Begin::Index(1),
        find: Find::Range { last: -1, step: 1, limit: 0 },
    }],
    docs: &docs::SUNSUBSCRIBE,
    ..META
};

/// The metadata of PUBLISH.
pub static PUBLISH: Meta = Meta {
    name: "publish",
    arity: 3,
    flags: Flags::of(&[Flag::PubSub, Flag::Loading, Flag::Stale, Flag::Fast]),
    acl: Acl::of(&[Category::PubSub, Category::Fast]),
    docs: &docs::PUBLISH,
    ..META
};

/// The metadata of SPUBLISH.
pub static SPUBLISH: Meta = Meta {
    name: "spublish",
    arity: 3,
    flags: Flags::of(&[Flag::PubSub, Flag::Loading, Flag::Stale, Flag::Fast]),
    acl: Acl::of(&[Category::PubSub, Category::Fast]),
    first_key: 1,
    last_key: 1,
    step: 1,
    key_specs: &[KeySpec {
        notes: None,
        flags: KeyFlags::of(&[KeyFlag::NotKey]),
        begin: Begin::Index(1),
        find: Find::Range { last: 0, step: 1, limit: 0 },
    }],
    docs: &docs::SPUBLISH,
    ..META
};

/// The metadata of PUBSUB.
pub static PUBSUB: Meta = Meta {
    name: "pubsub",
    arity: -2,
    flags: Flags::of(&[]),
    acl: Acl::of(&[Category::Slow]),
    subcommands: &[
        &PUBSUB_CHANNELS,
        &PUBSUB_HELP,
        &PUBSUB_NUMPAT,
        &PUBSUB_NUMSUB,
        &PUBSUB_SHARDCHANNELS,
        &PUBSUB_SHARDNUMSUB,
    ],
    docs: &docs::PUBSUB,
    ..META
};

/// The metadata of PUBSUB CHANNELS.
pub static PUBSUB_CHANNELS: Meta = Meta {
    name: "pubsub|channels",
    arity: -2,
    flags: Flags::of(&[Flag::PubSub, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::PubSub, Category::Slow]),
    docs: &docs::PUBSUB_CHANNELS,
    ..META
};

/// The metadata of PUBSUB HELP.
pub static PUBSUB_HELP: Meta = Meta {
    name: "pubsub|help",
    arity: 2,
    flags: Flags::of(&[Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::Slow]),
    docs: &docs::PUBSUB_HELP,
    ..META
};

/// The metadata of PUBSUB NUMPAT.
pub static PUBSUB_NUMPAT: Meta = Meta {
    name: "pubsub|numpat",
    arity: 2,
    flags: Flags::of(&[Flag::PubSub, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::PubSub, Category::Slow]),
    docs: &docs::PUBSUB_NUMPAT,
    ..META
};

/// The metadata of PUBSUB NUMSUB.
pub static PUBSUB_NUMSUB: Meta = Meta {
    name: "pubsub|numsub",
    arity: -2,
    flags: Flags::of(&[Flag::PubSub, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::PubSub, Category::Slow]),
    docs: &docs::PUBSUB_NUMSUB,
    ..META
};

/// The metadata of PUBSUB SHARDCHANNELS.
pub static PUBSUB_SHARDCHANNELS: Meta = Meta {
    name: "pubsub|shardchannels",
    arity: -2,
    flags: Flags::of(&[Flag::PubSub, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::PubSub, Category::Slow]),
    docs: &docs::PUBSUB_SHARDCHANNELS,
    ..META
};

/// The metadata of PUBSUB SHARDNUMSUB.
pub static PUBSUB_SHARDNUMSUB: Meta = Meta {
    name: "pubsub|shardnumsub",
    arity: -2,
    flags: Flags::of(&[Flag::PubSub, Flag::Loading, Flag::Stale]),
    acl: Acl::of(&[Category::PubSub, Category::Slow]),
    docs: &docs::PUBSUB_SHARDNUMSUB,
    ..META
};
