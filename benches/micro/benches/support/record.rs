//! What the keyspace table's benches store: key and value in one heap allocation, as the store does.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use base::KeyHasher;
use ds::{KeyHash, Record, Table};

/// Bytes of every value.
pub(crate) const VALUE_BYTES: usize = 32;

/// `[key length: 1][key][value: 32]`
pub(crate) struct Item(NonNull<u8>);

impl Item {
    pub(crate) fn new(key: &[u8]) -> Item {
        let layout = Item::layout(key.len());
        // SAFETY: the layout has a size; all its bytes are written before the first is read.
        unsafe {
            let start = NonNull::new(alloc(layout)).unwrap_or_else(|| handle_alloc_error(layout));
            start.write(key.len() as u8);
            start.add(1).copy_from_nonoverlapping(NonNull::from(key).cast(), key.len());
            start.add(1 + key.len()).write_bytes(b'v', VALUE_BYTES);
            Item(start)
        }
    }

    fn layout(key_len: usize) -> Layout {
        Layout::array::<u8>(1 + key_len + VALUE_BYTES).expect("keys are short")
    }

    fn key_len(&self) -> usize {
        // SAFETY: the record owns its allocation.
        usize::from(unsafe { self.0.read() })
    }

    /// The first byte of the value: reading it stands for using the value.
    pub(crate) fn value_byte(&self) -> u8 {
        // SAFETY: the value follows the key.
        unsafe { self.0.add(1 + self.key_len()).read() }
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout.
        unsafe { dealloc(self.0.as_ptr(), Item::layout(self.key_len())) };
    }
}

impl Record for Item {
    fn into_raw(self) -> NonNull<u8> {
        ManuallyDrop::new(self).0
    }

    unsafe fn from_raw(p: NonNull<u8>) -> Self {
        Item(p)
    }

    fn key(&self) -> &[u8] {
        // SAFETY: the key follows its length.
        unsafe { std::slice::from_raw_parts(self.0.add(1).as_ptr(), self.key_len()) }
    }
}

/// The store's hash function as the table wants it.
#[derive(Clone, Copy)]
pub(crate) struct Hash(pub(crate) KeyHasher);

impl KeyHash for Hash {
    #[inline]
    fn hash(&self, key: &[u8]) -> u64 {
        self.0.hash(key)
    }
}

/// A table of all slots.
pub(crate) fn empty() -> Table<Item, Hash> {
    Table::new(0, 16384, hasher())
}

pub(crate) fn hasher() -> Hash {
    Hash(KeyHasher::new((0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210)))
}

/// The text of a key, written into a buffer.
pub(crate) fn write_key(n: u64, buffer: &mut Vec<u8>) {
    use std::io::Write;
    buffer.clear();
    let _ = write!(buffer, "key:{n}"); // Writing to a vector cannot fail.
}
