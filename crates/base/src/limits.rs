//! Every limit of the engine by name, with its reason. A queue, loop or buffer without a limit here is a defect.
//!
//! Sizes end in `_BYTES`, counts in `_MAX`, times in `_MS` or `_US`.

/// Longest inline command, and longest `*` or `$` count line. Redis: `PROTO_INLINE_MAX_SIZE`; a client that sends no
/// line end for so long does not speak the protocol.
pub const INLINE_MAX_BYTES: usize = 64 * 1024;

/// Largest bulk argument unless `proto-max-bulk-len` says otherwise; it also bounds a string value. Redis's default.
pub const BULK_DEFAULT_MAX_BYTES: u64 = 512 * 1024 * 1024;

/// Smallest value that `proto-max-bulk-len` takes. Redis's minimum.
pub const BULK_CONFIG_MIN_BYTES: u64 = 1024 * 1024;

/// Largest unfinished frame that a connection may hold, unless `client-query-buffer-limit` says otherwise. Redis's
/// default.
pub const QUERY_BUFFER_MAX_BYTES: usize = 1024 * 1024 * 1024;

/// Most bytes that one frame can have whatever is configured: arguments are 32-bit ranges ([`crate::ArgRange`]).
pub const FRAME_MAX_BYTES: u64 = u32::MAX as u64;

/// Most arguments of a command. Redis counts them in an `int`.
pub const MULTIBULK_MAX: u32 = i32::MAX as u32;

/// Most arguments of a command before `AUTH`, so that a stranger cannot make us hold memory. Redis's value.
pub const UNAUTHENTICATED_MULTIBULK_MAX: u32 = 10;

/// Largest bulk argument before `AUTH`. Redis's value.
pub const UNAUTHENTICATED_BULK_MAX_BYTES: u64 = 16_384;

/// Deepest nesting that the reply reader follows: deeper than any reply of ours (`COMMAND DOCS` has 9), small enough
/// for a stack on the stack.
pub const REPLY_DEPTH_MAX: usize = 32;

/// Parcels of keys (MIGRATE) that a core makes and sends at a time; further ones wait, with their keys locked. Each takes the memory of
/// its values as bytes, and a thread.
pub const PARCELS_MAX: usize = 16;

/// Connections to other servers that are kept for the next parcel. Redis's value.
pub const LINKS_IDLE_MAX: usize = 64;

/// How long they are kept. Redis's value.
pub const LINK_IDLE_MS: u64 = 10_000;

/// Most star groups of a glob pattern that are tried; a pattern with more matches nothing. Redis's nesting limit.
pub const GLOB_STARS_MAX: usize = 1000;

/// Most elements that one call of HSCAN, SSCAN or ZSCAN looks at, whatever its COUNT: about a millisecond, so that a client
/// cannot stop a shard.
pub const SCAN_KEYS_MAX: usize = 10_000;

/// Most keys that SCAN looks at in one go, whatever its COUNT: some hundred microseconds, and then others have their turn.
pub const SCAN_SLICE_KEYS: usize = 2_000;

/// Replies that a connection may have outstanding before no more of its commands are taken. Bounds what a pipeline can
/// queue at other shards and in the stash; deeper pipelines than this gain nothing.
pub const REPLIES_OUTSTANDING_MAX: u32 = 1024;

/// Bytes of replies that a connection may have unsent, waiting for their turn, or (as far as that can be foreseen) under
/// way, before no more of its commands are taken. A client that does not read its replies is paused here, long before any
/// limit drops it. One more command may add what its own reply takes.
pub const REPLIES_PAUSE_BYTES: usize = 1024 * 1024;

/// What the replies of a new connection are taken to be like until some have been seen: its first burst can be of the
/// largest values, so it gets 16 commands, not [`REPLIES_OUTSTANDING_MAX`].
pub const REPLY_FORECAST_START_BYTES: usize = 64 * 1024;

/// Small replies in a row that make a connection's larger ones forgotten.
pub const REPLY_FORECAST_MEMORY_MAX: u32 = 64;

/// Replies of about so many bytes and more are not written at once: their collection is viewed, and the reply written bit by
/// bit. Below this it takes a fraction of a millisecond and no more memory than a connection may have unsent anyway.
pub const STREAMED_REPLY_MIN_BYTES: usize = 256 * 1024;

/// What is written at a time of such a reply: some ten to hundred microseconds, and enough for a send to be worth its cost.
pub const STREAM_SLICE_BYTES: usize = 64 * 1024;

/// A connection gets no more of such a reply while it has so much unsent: enough to keep a fast client busy while the next slice
/// is on its way from another shard.
pub const STREAM_AHEAD_BYTES: usize = 256 * 1024;

/// What a core writes in one turn of all such replies: others wait for this, so it is some hundred microseconds.
pub const STREAM_TURN_BYTES: usize = 256 * 1024;

/// How long a connection that we have ended is still read, and what comes thrown away, until its peer ends it too: what
/// a peer sends to a closed connection resets it, and may take our last replies with it. Long enough for a round trip
/// around the world.
pub const LINGER_MS: u64 = 500;

/// Bytes that may come in that time: what a client may have on its way before it reads our last words.
pub const LINGER_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Such connections of a core; further ones are closed at once. They count as clients, so they need no files of their own.
pub const LINGERING_MAX: usize = 64;

/// Batches that a core may have unanswered at each other shard (C1). With two, one is executed while the next is on its
/// way; more take up what a core that was not scheduled for a while left waiting. Inboxes are allocated for all of them:
/// 8 × 24 bytes for each pair of shards.
pub const BATCHES_UNANSWERED_MAX: u16 = 8;

/// What the subscriptions of all clients of a core may take, with the names of channels and patterns. Further ones are refused
/// as for lack of memory. Far beyond what a million clients with some channels each need.
pub const SUBSCRIPTIONS_MAX_BYTES: usize = 1024 * 1024 * 1024;

/// Messages that a core may hold for others that take none from it. They come from events of keys, which nothing holds back;
/// further ones are dropped, as publishing promises no more than to try. The same as a slow subscriber may have unsent, twice.
pub const MESSAGES_HELD_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of the append-only log that are on their way to the disk. At this, cores parse no more commands: what a disk takes in a
/// fraction of a second, and what a process can spare.
pub const LOG_SPOOL_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Bytes of the log that are written and not synced, at most: under `appendfsync everysec` they are kept in memory so that they can
/// be written again, and more than this is synced before the second is over. It bounds what a power loss takes, too.
pub const LOG_UNSYNCED_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Buffers of a shard's log that are kept to be filled again, and how large one may be.
pub const LOG_BUFFERS_MAX: usize = 64;
/// See [`LOG_BUFFERS_MAX`].
pub const LOG_BUFFER_MAX_BYTES: usize = 256 * 1024;

/// Shards that a process can have: one bit each in a target set of 256 bits, and more cores than any host sold today
/// has in one coherence domain at a useful speed.
pub const SHARDS_MAX: u16 = 256;

const _: () = assert!(UNAUTHENTICATED_BULK_MAX_BYTES <= BULK_CONFIG_MIN_BYTES);
const _: () = assert!(BULK_CONFIG_MIN_BYTES <= BULK_DEFAULT_MAX_BYTES);
const _: () = assert!(BULK_DEFAULT_MAX_BYTES < QUERY_BUFFER_MAX_BYTES as u64);
const _: () = assert!((QUERY_BUFFER_MAX_BYTES as u64) < FRAME_MAX_BYTES);
const _: () = assert!((INLINE_MAX_BYTES as u64) < BULK_CONFIG_MIN_BYTES);
const _: () = assert!(UNAUTHENTICATED_MULTIBULK_MAX < MULTIBULK_MAX);
const _: () = assert!(REPLY_FORECAST_START_BYTES * 16 <= REPLIES_PAUSE_BYTES);
const _: () = assert!(STREAM_AHEAD_BYTES + STREAM_SLICE_BYTES <= REPLIES_PAUSE_BYTES);
const _: () = assert!(LOG_UNSYNCED_MAX_BYTES * 2 <= LOG_SPOOL_MAX_BYTES);
const _: () = assert!(BATCHES_UNANSWERED_MAX >= 2);
const _: () = assert!(SHARDS_MAX as u32 <= crate::slot::SLOTS as u32);

/// Scripts that EVAL brought are kept up to this number; those of SCRIPT LOAD count not. As in Redis.
pub const EVAL_SCRIPTS_MAX: usize = 500;
