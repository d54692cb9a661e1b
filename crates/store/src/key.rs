//! A key with what routing has computed of it.

use base::KeyHasher;
use ds::KeyHash;

/// A key, its slot and its hash.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// The key itself.
    pub bytes: &'a [u8],
    /// Its slot, 0 to 16383; see [`base::slot::key_slot`].
    pub slot: u16,
    /// Its hash under the hasher of the process.
    pub hash: u64,
}

impl<'a> Key<'a> {
    /// Computes slot and hash.
    #[inline]
    pub fn new(hasher: &KeyHasher, bytes: &'a [u8]) -> Self {
        Key { bytes, slot: base::key_slot(bytes), hash: hasher.hash(bytes) }
    }
}

/// The hasher of the process, as the table wants it.
#[derive(Clone, Copy)]
pub(crate) struct TableHasher(pub(crate) KeyHasher);

impl KeyHash for TableHasher {
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        self.0.hash(key)
    }
}
