//! The RDB format of Redis and Valkey: files and DUMP payloads, read and written without I/O.
//!
//! ```text
//!   bytes in chunks ──► Reader ──► Event: a key, then Parts of its value, one element each, …
//!   Payload (DUMP)  ──► same Parts
//!   put_… functions ──► bytes, appended to a Vec: heads of values, then element by element
//! ```
//!
//! The reader takes every version of the format up to Redis 8 and Valkey 9 and all encodings that a value ever had in it. A
//! value comes as [`Part`]s that say what the elements are, not how they were encoded. It trusts no length: memory grows with
//! the bytes that are there, and what it holds at a time is one element, or one compact blob (a listpack and its like).
//! Everything is checked on the way as `sanitize-dump-payload yes` does it; only elements that appear twice are left to
//! whoever collects them. An [`Error`] says at which byte, and what was expected there.
//!
//! The writer uses the plain encodings, which need no more than one element at a time and which all servers since 4.0 load.
//!
//! **Must not know:** files, the store, commands.

pub mod checksum;
mod error;
pub mod lzf;
mod part;
mod payload;
mod read;
pub mod write;

pub use error::{Error, Problem};
pub use part::{Id, Part, StreamState, Text, ValueKind};
pub use payload::{DumpError, Payload, finish_payload};
pub use read::{Event, KeyHead, Next, Reader};

/// Newest version of Redis's format that is read.
pub const REDIS_VERSION_MAX: u32 = 14;
/// Version of Valkey's own format.
pub const VALKEY_VERSION: u32 = 80;
/// Version that is written if the content does not need a later one: Redis 7.2 and later and every Valkey since load it.
pub const VERSION_PLAIN: u32 = 11;
/// Version that hashes with fields that expire need.
pub const VERSION_FIELD_EXPIRY: u32 = 12;
/// Version that streams with producers, or with entries that belong to no consumer, and arrays need.
pub const VERSION_NEWEST: u32 = 14;

/// Types of values, as the byte before the key says.
pub(crate) mod types {
    pub(crate) const STRING: u8 = 0;
    pub(crate) const LIST: u8 = 1;
    pub(crate) const SET: u8 = 2;
    pub(crate) const ZSET: u8 = 3;
    pub(crate) const HASH: u8 = 4;
    pub(crate) const ZSET_2: u8 = 5;
    pub(crate) const MODULE_OLD: u8 = 6;
    pub(crate) const MODULE_2: u8 = 7;
    pub(crate) const HASH_ZIPMAP: u8 = 9;
    pub(crate) const LIST_ZIPLIST: u8 = 10;
    pub(crate) const SET_INTSET: u8 = 11;
    pub(crate) const ZSET_ZIPLIST: u8 = 12;
    pub(crate) const HASH_ZIPLIST: u8 = 13;
    pub(crate) const LIST_QUICKLIST: u8 = 14;
    pub(crate) const STREAM: u8 = 15;
    pub(crate) const HASH_LISTPACK: u8 = 16;
    pub(crate) const ZSET_LISTPACK: u8 = 17;
    pub(crate) const LIST_QUICKLIST_2: u8 = 18;
    pub(crate) const STREAM_2: u8 = 19;
    pub(crate) const SET_LISTPACK: u8 = 20;
    pub(crate) const STREAM_3: u8 = 21;
    /// Redis 7.4 before its release; in Valkey's format the hash with fields that expire.
    pub(crate) const HASH_METADATA_OLD: u8 = 22;
    pub(crate) const HASH_LISTPACK_EX_OLD: u8 = 23;
    pub(crate) const HASH_METADATA: u8 = 24;
    pub(crate) const HASH_LISTPACK_EX: u8 = 25;
    pub(crate) const STREAM_4: u8 = 26;
    pub(crate) const STREAM_5: u8 = 27;
    pub(crate) const ARRAY: u8 = 28;
    pub(crate) const HASH_TEMPLATE_FIRST: u8 = 29;
    pub(crate) const HASH_TEMPLATE_LAST: u8 = 32;
    pub(crate) const RATE_LIMIT: u8 = 33;
}

/// Bytes that stand where a type could and say something else.
pub(crate) mod opcodes {
    pub(crate) const HASH_TEMPLATE: u8 = 242;
    /// Redis: metadata of modules on a key. Valkey: slots that are being imported.
    pub(crate) const KEY_META: u8 = 243;
    pub(crate) const SLOT_INFO: u8 = 244;
    pub(crate) const FUNCTION_2: u8 = 245;
    pub(crate) const FUNCTION_OLD: u8 = 246;
    pub(crate) const MODULE_AUX: u8 = 247;
    pub(crate) const IDLE: u8 = 248;
    pub(crate) const FREQ: u8 = 249;
    pub(crate) const AUX: u8 = 250;
    pub(crate) const RESIZE_DB: u8 = 251;
    pub(crate) const EXPIRE_MS: u8 = 252;
    pub(crate) const EXPIRE_S: u8 = 253;
    pub(crate) const SELECT_DB: u8 = 254;
    pub(crate) const END: u8 = 255;
}
