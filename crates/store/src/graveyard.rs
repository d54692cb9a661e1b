//! What has been deleted but not yet freed: emptied databases and big values. Deleting is O(1); the memory comes back in
//! slices, between commands, and is counted as used until then.

use ds::Table;

use crate::books::Books;
use crate::key::TableHasher;
use crate::value::{KeyRecord, Large, footprint};

/// Smallest value that is freed outside of the command that deleted it: from here on the allocator may give pages back
/// to the system, which takes a microsecond per page or so.
const VALUE_MIN_BYTES: usize = 1024 * 1024;

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
        if bytes < VALUE_MIN_BYTES {
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

    /// Frees one big value, or about `records_max` records. Returns whether there is more.
    pub(crate) fn free_some(&mut self, records_max: usize) -> bool {
        if let Some(value) = self.graveyard.values.pop() {
            self.record_bytes -= value.memory_bytes();
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
        let bytes = &mut self.record_bytes;
        let empty = table.clear_step(records_max, |record| *bytes -= footprint(record.view()));
        self.table_bytes -= before - table.memory_bytes();
        empty
    }
}
