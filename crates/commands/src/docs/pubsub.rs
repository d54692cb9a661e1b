//! What COMMAND DOCS says about the pubsub commands.

use super::ArgKind::{Pattern, String};
use super::{ARG, Arg, DOCS, Docs};

/// The documentation of SUBSCRIBE.
pub static SUBSCRIBE: Docs = Docs {
    summary: "Listens for messages published to channels.",
    since: "2.0.0",
    group: "pubsub",
    complexity: Some("O(N) where N is the number of channels to subscribe to."),
    arguments: &[Arg { name: "channel", kind: String, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of UNSUBSCRIBE.
pub static UNSUBSCRIBE: Docs = Docs {
    summary: "Stops listening to messages posted to channels.",
    since: "2.0.0",
    group: "pubsub",
    complexity: Some("O(N) where N is the number of channels to unsubscribe."),
    arguments: &[Arg { name: "channel", kind: String, optional: true, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of PSUBSCRIBE.
pub static PSUBSCRIBE: Docs = Docs {
    summary: "Listens for messages published to channels that match one or more patterns.",
    since: "2.0.0",
    group: "pubsub",
    complexity: Some("O(N) where N is the number of patterns to subscribe to."),
    arguments: &[Arg { name: "pattern", kind: Pattern, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of PUNSUBSCRIBE.
pub static PUNSUBSCRIBE: Docs = Docs {
    summary: "Stops listening to messages published to channels that match one or more patterns.",
    since: "2.0.0",
    group: "pubsub",
    complexity: Some("O(N) where N is the number of patterns to unsubscribe."),
    arguments: &[Arg { name: "pattern", kind: Pattern, optional: true, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of SSUBSCRIBE.
pub static SSUBSCRIBE: Docs = Docs {
    summary: "Listens for messages published to shard channels.",
    since: "7.0.0",
    group: "pubsub",
    complexity: Some("O(N) where N is the number of shard channels to subscribe to."),
    arguments: &[Arg { name: "shardchannel", kind: String, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of SUNSUBSCRIBE.
pub static SUNSUBSCRIBE: Docs = Docs {
    summary: "Stops listening to messages posted to shard channels.",
    since: "7.0.0",
    group: "pubsub",
    complexity: Some("O(N) where N is the number of shard channels to unsubscribe."),
    arguments: &[Arg { name: "shardchannel", kind: String, optional: true, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of PUBLISH.
pub static PUBLISH: Docs = Docs {
    summary: "Posts a message to a channel.",
    since: "2.0.0",
    group: "pubsub",
    complexity: Some(
        "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
    ),
    arguments: &[Arg { name: "channel", kind: String, ..ARG }, Arg { name: "message", kind: String, ..ARG }],
    ..DOCS
};

/// The documentation of SPUBLISH.
pub static SPUBLISH: Docs = Docs {
    summary: "Post a message to a shard channel",
    since: "7.0.0",
    group: "pubsub",
    complexity: Some("O(N) where N is the number of clients subscribed to the receiving shard channel."),
    arguments: &[
        Arg { name: "shardchannel", kind: String, ..ARG },
        Arg { name: "message", kind: String, ..ARG },
    ],
    ..DOCS
};

/// The documentation of PUBSUB.
pub static PUBSUB: Docs = Docs {
    summary: "A container for Pub/Sub commands.",
    since: "2.8.0",
    group: "pubsub",
    complexity: Some("Depends on subcommand."),
    ..DOCS
};

/// The documentation of PUBSUB CHANNELS.
pub static PUBSUB_CHANNELS: Docs = Docs {
    summary: "Returns the active channels.",
    since: "2.8.0",
    group: "pubsub",
    complexity: Some(
        "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
    ),
    arguments: &[Arg { name: "pattern", kind: Pattern, optional: true, ..ARG }],
    ..DOCS
};

/// The documentation of PUBSUB HELP.
pub static PUBSUB_HELP: Docs = Docs {
    summary: "Returns helpful text about the different subcommands.",
    since: "6.2.0",
    group: "pubsub",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of PUBSUB NUMPAT.
pub static PUBSUB_NUMPAT: Docs = Docs {
    summary: "Returns a count of unique pattern subscriptions.",
    since: "2.8.0",
    group: "pubsub",
    complexity: Some("O(1)"),
    ..DOCS
};

/// The documentation of PUBSUB NUMSUB.
pub static PUBSUB_NUMSUB: Docs = Docs {
    summary: "Returns a count of subscribers to channels.",
    since: "2.8.0",
    group: "pubsub",
    complexity: Some("O(N) for the NUMSUB subcommand, where N is the number of requested channels"),
    arguments: &[Arg { name: "channel", kind: String, optional: true, multiple: true, ..ARG }],
    ..DOCS
};

/// The documentation of PUBSUB SHARDCHANNELS.
pub static PUBSUB_SHARDCHANNELS: Docs = Docs {
    summary: "Returns the active shard channels.",
    since: "7.0.0",
    group: "pubsub",
    complexity: Some(
        "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).",
    ),
    arguments: &[Arg { name: "pattern", kind: Pattern, optional: true, ..ARG }],
    ..DOCS
};

/// The documentation of PUBSUB SHARDNUMSUB.
pub static PUBSUB_SHARDNUMSUB: Docs = Docs {
    summary: "Returns the count of subscribers of shard channels.",
    since: "7.0.0",
    group: "pubsub",
    complexity: Some(
        "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
    ),
    arguments: &[Arg { name: "shardchannel", kind: String, optional: true, multiple: true, ..ARG }],
    ..DOCS
};
