//! Hashes whose fields expire, in the order of when their first one does, and removing those fields in time.
//!
//! Unlike keys, which a sweep finds, the hashes are kept in order: there are far fewer of them, and a sweep would have to look
//! into each.

use std::collections::BTreeSet;

use ds::record::size_class;

use crate::books::Books;
use crate::db::Database;
use crate::entry::Occupied;
use crate::events::Class;
use crate::expiry::Deadlines;
use crate::key::TableHasher;
use crate::value::is_expired;
use crate::{Key, Progress};

/// Heap bytes of an entry without its name: 24, in nodes of 6 to 11 with 16 bytes more.
const ENTRY_BYTES: usize = 34;

/// Fields that are removed from one hash before it is another one's turn.
const FIELDS_AT_ONCE_MAX: usize = 256;

/// Finding a hash and removing a field, in nanoseconds.
const LOOK_NS: u64 = 500;
const REMOVE_NS: u64 = 300;

/// The hashes of a database whose fields expire.
#[derive(Default)]
pub(crate) struct FieldDeadlines {
    /// When the first field expires at the earliest, and the key.
    order: BTreeSet<(u64, Box<[u8]>)>,
    bytes: usize,
}

impl FieldDeadlines {
    /// Heap bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.bytes
    }

    /// The number of hashes.
    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// When the first field of any hash expires at the earliest, in ms since 1970.
    #[inline]
    pub(crate) fn soonest_ms(&self) -> Option<u64> {
        self.order.first().map(|&(at, _)| at)
    }

    fn entry_bytes(name: &[u8]) -> usize {
        ENTRY_BYTES + if name.is_empty() { 0 } else { size_class(name.len()) }
    }
}

impl Books {
    /// Notes that the first field of a hash expires at this time.
    pub(crate) fn note_fields(&mut self, deadlines: &mut Deadlines, at: u64, name: &[u8]) {
        let bytes = FieldDeadlines::entry_bytes(name);
        if deadlines.fields.order.insert((at, name.into())) {
            deadlines.fields.bytes += bytes;
            self.record_bytes += bytes;
        }
        self.expiry_due_ms = self.expiry_due_ms.min(at.saturating_add(1));
    }

    /// Takes that back.
    pub(crate) fn forget_fields(&mut self, deadlines: &mut Deadlines, at: u64, name: &[u8]) {
        let bytes = FieldDeadlines::entry_bytes(name);
        if deadlines.fields.order.remove(&(at, name.into())) {
            deadlines.fields.bytes -= bytes;
            self.record_bytes -= bytes;
        }
    }
}

impl Database {
    /// Whether keys or fields may expire.
    #[inline]
    pub(crate) fn may_expire(&self) -> bool {
        self.table.marked_len() > 0 || !self.deadlines.fields.order.is_empty()
    }

    /// Removes expired fields, within the budget. Returns when to go on.
    pub(crate) fn expire_fields(
        &mut self,
        books: &mut Books,
        hasher: TableHasher,
        index: usize,
        left_ns: &mut u64,
        progress: &mut Progress,
    ) -> u64 {
        let bytes_before = self.table.memory_bytes();
        while let Some((at, name)) = self.deadlines.fields.order.first().filter(|&&(at, _)| at < books.now_ms)
        {
            if *left_ns == 0 {
                break;
            }
            let (at, name) = (*at, name.clone());
            let removed = self.expire_fields_of(books, hasher, index, &name);
            if removed == 0 && self.deadlines.fields.soonest_ms() == Some(at) {
                // Nobody's any more: never so, but it must not stop the others.
                books.forget_fields(&mut self.deadlines, at, &name);
            }
            progress.fields_removed += removed;
            *left_ns = left_ns.saturating_sub(LOOK_NS + removed as u64 * REMOVE_NS);
        }
        books.table_bytes = books.table_bytes + self.table.memory_bytes() - bytes_before;
        match self.deadlines.fields.soonest_ms() {
            Some(at) => at.saturating_add(1).max(books.now_ms),
            None => u64::MAX,
        }
    }

    /// Removes expired fields of one hash; returns how many.
    fn expire_fields_of(
        &mut self,
        books: &mut Books,
        hasher: TableHasher,
        index: usize,
        name: &[u8],
    ) -> usize {
        let key = Key::new(&hasher.0, name);
        if books.snapshot.is_some() {
            self.preserve(books, key);
        }
        let Some(found) = self.table.find(key.slot, key.hash, name) else { return 0 };
        if is_expired(found.record().view(), books.now_ms) {
            books.stats.expired_keys += 1;
            books.events.push(Class::Expired, "expired", index, name);
            Occupied::new(found, &mut self.deadlines, books).delete();
            return 1;
        }
        let mut buffer = std::mem::take(&mut books.buffer);
        let mut found = Occupied::new(found, &mut self.deadlines, books);
        let remove =
            |draft: &mut crate::Draft<'_>| draft.as_hash().remove_expired(FIELDS_AT_ONCE_MAX, |_| {});
        let (removed, outcome) = found.edit_collection(hasher, &mut buffer, remove);
        if outcome.empty {
            found.delete();
        } else {
            drop(found);
        }
        books.buffer = crate::draft::recycle(buffer);
        books.stats.expired_fields += removed as u64;
        if removed > 0 {
            books.events.push(Class::Hash, "hexpired", index, name);
        }
        if outcome.empty {
            books.events.push(Class::Generic, "del", index, name);
        }
        removed
    }
}
