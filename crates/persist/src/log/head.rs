//! The first bytes of a shard's log: whose it is.
//!
//! ```text
//!   0  "ANAXLOG1"    8  shard    10  shards    12  generation    20  CRC-32C of all that
//! ```

use crc_fast::{CrcAlgorithm, checksum};

/// How long it is.
pub const FILE_HEAD_BYTES: usize = 24;

const TITLE: &[u8; 8] = b"ANAXLOG1";

/// The first bytes of a file.
pub fn file_head(shard: u16, shards: u16, generation: u64) -> [u8; FILE_HEAD_BYTES] {
    let mut bytes = [0; FILE_HEAD_BYTES];
    bytes[..8].copy_from_slice(TITLE);
    bytes[8..10].copy_from_slice(&shard.to_le_bytes());
    bytes[10..12].copy_from_slice(&shards.to_le_bytes());
    bytes[12..20].copy_from_slice(&generation.to_le_bytes());
    let sum = checksum(CrcAlgorithm::Crc32Iscsi, &bytes[..20]) as u32;
    bytes[20..].copy_from_slice(&sum.to_le_bytes());
    bytes
}
