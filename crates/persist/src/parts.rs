//! The other form of snapshots: a folder with a file a shard, its *parts*, and a manifest.
//!
//! ```text
//!   dump.snapshot/manifest           what the snapshot consists of; whoever has it has the whole snapshot
//!                 1763742000.0.part  frames: lengths, checksum, a stretch of content, perhaps compressed
//!                 1763742000.1.part
//! ```
//!
//! The contents of the frames of a part, one after the other, are what an RDB file has between its first line and its end. Part
//! *k* of *n* has the keys of shard *k* of *n*, so a server with the same number of shards reads each part in one core only, and one
//! with another number gives a part to the cores whose slots overlap its own.
//!
//! Parts have names that no other snapshot has, so the old ones stay whole until the new manifest takes its name.

mod frame;
mod manifest;

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;

use std::path::{Path, PathBuf};

use base::slot::SLOTS;

pub use frame::{FrameReader, FrameRest, content, put_frames};
pub use manifest::{Manifest, Part};

/// Name of the manifest in its folder.
pub const MANIFEST: &str = "manifest";

/// The folder of snapshots that belongs to the name of a file of snapshots: `dump.snapshot` to `dump.rdb`.
pub fn folder_of(name: &str) -> PathBuf {
    Path::new(name).with_extension("snapshot")
}

/// Whether some keys of shard `shard` of `shards` can be in part `part` of `parts`.
pub fn overlap((part, parts): (usize, usize), (shard, shards): (usize, usize)) -> bool {
    let slots = usize::from(SLOTS);
    let first = |number: usize, count: usize| (number * slots).div_ceil(count.max(1));
    first(part, parts) < first(shard + 1, shards) && first(shard, shards) < first(part + 1, parts)
}
