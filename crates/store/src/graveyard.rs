//! What has been deleted but not yet freed: emptied databases and big values. Deleting is O(1); the memory comes back in
//! slices, between commands, and is counted as used until then.

use ds::Table;

use crate::books::Books;
use crate::key::TableHasher;
use crate::value::{KeyRecord, Large, footprint};
use ds::record::PayloadRef;

/// Smallest value that is freed outside of the command that deleted it: from here on the allocator may give pages back
/// to the system, which takes a microsecond per page or so.
const VALUE_MIN_BYTES: usize = 1024 * 1024;
/// The same for collections, which are many small allocations: some 300 of them, 10 us or so.
const STRUCTURE_MIN_BYTES: usize = 256 * 1024;

/// Whether freeing a value may take long.
fn is_big(large: &Large, bytes: usize) -> bool {
    bytes >= if matches!(large, Large::Structure(_)) { STRUCTURE_MIN_BYTES } else { VALUE_MIN_BYTES }
}

/// Records of a retired table that are freed at once, so that flushing many small databases does not fill the
/// graveyard with tables.
const RECORDS_AT_ONCE_MAX: usize = 64;

/// See the [module documentation](self).
#[derive(Default)]
pub(crate) struct Graveyard {
    tables: Vec<Table<KeyRecord, TableHasher>>,
    #[expect(clippy::vec_box, reason = "the boxes exist already, and moving their contents would allocate")]
    values: Vec<Box<Large>>,
}

impl Graveyard {
    /// Takes a value if it is big, and returns its bytes, which count as used again; otherwise drops it.
    pub(crate) fn bury_value(&mut self, large: Box<Large>) -> Option<usize> {
        let bytes = large.memory_bytes();
        if !is_big(&large, bytes) {
            return None;
        }
        self.values.push(large);
        Some(bytes)
    }

    /// Whether there is nothing to free.
    pub(crate) fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.values.is_empty()
    }
}

impl Books {
    /// Takes a table whose records are still counted.
    pub(crate) fn bury_table(&mut self, mut table: Table<KeyRecord, TableHasher>) {
        if table.memory_bytes() > 0 && !self.clear_some(&mut table, RECORDS_AT_ONCE_MAX) {
            self.graveyard.tables.push(table);
        }
    }

    /// Frees one big string, or about `records_max` records or parts of a collection. Returns whether there is more.
    pub(crate) fn free_some(&mut self, records_max: usize) -> bool {
        if let Some(mut value) = self.graveyard.values.pop() {
            self.record_bytes -= value.memory_bytes();
            if let Large::Structure(structure) = &mut *value
                && !structure.collection_mut().free_some(records_max)
            {
                self.record_bytes += value.memory_bytes();
                self.graveyard.values.push(value);
            }
        } else if let Some(mut table) = self.graveyard.tables.pop()
            && !self.clear_some(&mut table, records_max)
        {
            self.graveyard.tables.push(table);
        }
        !self.graveyard.is_empty()
    }

    /// Frees about `records_max` records of a table; returns whether none is left.
    fn clear_some(&mut self, table: &mut Table<KeyRecord, TableHasher>, records_max: usize) -> bool {
        let before = table.memory_bytes();
        let (bytes, values) = (&mut self.record_bytes, &mut self.graveyard.values);
        let empty = table.clear_step(records_max, |record| match record.payload() {
            // Its own bytes go, those of the value stay for later.
            PayloadRef::Boxed(large) if is_big(large, large.memory_bytes()) => {
                *bytes -= record.bytes_allocated();
                values.extend(record.into_box());
            }
            _ => *bytes -= footprint(record.view()),
        });
        self.table_bytes -= before - table.memory_bytes();
        empty
    }
}
