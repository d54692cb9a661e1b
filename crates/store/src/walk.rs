//! Going through the keys of a database: SCAN, KEYS, RANDOMKEY.

use std::ops::ControlFlow;

use crate::{Db, Item};

/// Random keys looked at before RANDOMKEY walks on from one of them. Redis's number.
const RANDOM_TRIES_MAX: usize = 100;

impl Db<'_> {
    /// Visits some keys at or after `cursor` and returns the cursor to go on with; 0 means the end. Bounded work, so a
    /// call may visit nothing although there is more; see [`ds::Table::scan`] for what is guaranteed. Keys that are not
    /// wanted are passed over; those that are, but have expired, are removed.
    pub fn scan(
        &mut self,
        cursor: u64,
        mut wanted: impl FnMut(Item<'_>) -> bool,
        mut visit: impl FnMut(Item<'_>),
    ) -> u64 {
        let now_ms = self.books.now_ms;
        let mut stale: Vec<Vec<u8>> = Vec::new();
        let next = self.database.table.scan(cursor, |record, _| {
            let item = Item(record.view());
            if wanted(item) {
                if item.expired(now_ms) {
                    stale.push(item.key().to_vec());
                } else {
                    visit(item);
                }
            }
        });
        for name in stale {
            let key = self.key(&name);
            self.inspect(key);
        }
        next
    }

    /// Visits all keys, in no particular order. O(number of keys): for commands that are.
    pub fn for_each(&self, mut visit: impl FnMut(Item<'_>)) {
        let now_ms = self.books.now_ms;
        self.database.table.for_each(|record, _| {
            let item = Item(record.view());
            if !item.expired(now_ms) {
                visit(item);
            }
        });
    }

    /// Visits the keys of one slot, in no particular order, until told to stop.
    pub fn for_each_in_slot(&self, slot: u16, mut visit: impl FnMut(Item<'_>) -> ControlFlow<()>) {
        let now_ms = self.books.now_ms;
        self.database.table.for_each_in_slot(slot, |record, _| {
            let item = Item(record.view());
            if item.expired(now_ms) { ControlFlow::Continue(()) } else { visit(item) }
        });
    }

    /// A random key; each is equally likely. Expired keys that it draws are removed.
    ///
    /// Should a hundred draws in a row be expired, the answer is the first key in scan order that is not: O(number of
    /// expired keys) then, which active expiry keeps to a few percent of all.
    pub fn random_key(&mut self) -> Option<Vec<u8>> {
        for _ in 0..RANDOM_TRIES_MAX {
            let rng = &mut self.books.rng;
            let name = self.database.table.sample(&mut || rng.next_u64())?.name().to_vec();
            if self.inspect(self.key(&name)).is_some() {
                return Some(name);
            }
        }
        let (mut found, mut cursor) = (None, 0);
        loop {
            let any = |_: Item<'_>| true;
            cursor = self.scan(cursor, any, |item| {
                if found.is_none() {
                    found = Some(item.key().to_vec());
                }
            });
            if found.is_some() || cursor == 0 {
                return found;
            }
        }
    }
}
