//! Loading: files that come in chunks fill the shards.
//!
//! ```text
//!   storage plane: reads chunks ──► Feed ──► every core: ShardLoader takes its own keys, skips the others
//!                                   bounded: the reader waits for the slowest core
//! ```
//!
//! So the work that costs something, making values, is shared by all cores, nothing is handed from core to core, and a file
//! fits any number of shards. The parts of a snapshot in a folder go to those cores only whose keys may be in them. A value that goes over chunks grows in the store, part by part. Behind a snapshot the log may follow
//! ([`crate::log::LogSource`]): frames for all shards, or for one.

mod feed;
mod loader;
mod shard;

#[cfg(test)]
#[path = "load_tests.rs"]
pub(crate) mod tests;

pub use feed::{Feed, FeedError, FeedItem, Piece, Progress, SnapshotSource, Source};
pub use loader::Loader;
pub use shard::{LoadError, Loaded, Mode, ShardLoader, Step};
