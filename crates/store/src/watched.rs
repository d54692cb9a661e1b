//! Watched keys (WATCH): which clients have to hear that a key was changed before they carry out a transaction.
//!
//! A client is known by a token. Its keys are in the list of keys of interest; when one of them is touched, the token is
//! marked. Whether it is marked is asked once, and then the keys are watched no longer.

use hashbrown::HashMap;

use crate::Shard;
use crate::interest::Touched;

/// Names what a client watches, from its first WATCH to the end of its next EXEC, UNWATCH or DISCARD. The same on all shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WatchToken(pub u64);

/// A watched key.
struct Watch {
    db: usize,
    name: Box<[u8]>,
    /// Whether it was going to expire: it may be gone without having been touched.
    expires: bool,
}

/// What one token watches.
#[derive(Default)]
struct Watcher {
    marked: bool,
    keys: Vec<Watch>,
}

/// See the [module documentation](self).
#[derive(Default)]
pub(crate) struct Watches {
    watchers: HashMap<WatchToken, Watcher>,
    /// By name: who watches a key of that name, and in which database.
    names: HashMap<Box<[u8]>, Vec<(usize, WatchToken)>>,
}

impl Watches {
    /// Marks those who watch one of these keys.
    pub(crate) fn mark(&mut self, touched: &[Touched]) {
        if self.names.is_empty() {
            return;
        }
        for (db, name) in touched {
            for (_, token) in self.names.get(name).into_iter().flatten().filter(|(other, _)| other == db) {
                if let Some(watcher) = self.watchers.get_mut(token) {
                    watcher.marked = true;
                }
            }
        }
    }
}

impl Shard {
    /// Watches keys of a database. Costs a lookup for each.
    pub fn watch(&mut self, token: WatchToken, db: usize, names: &[Vec<u8>]) {
        for name in names {
            let key = self.key(name);
            // A key whose time is over is removed here, before anybody watches it.
            let expires = self.db(db).occupied(key).is_some_and(|entry| entry.expiry_ms().is_some());
            let name: Box<[u8]> = name.as_slice().into();
            self.add_interest(db, &name);
            self.watches.names.entry(name.clone()).or_default().push((db, token));
            self.watches.watchers.entry(token).or_default().keys.push(Watch { db, name, expires });
        }
    }

    /// Ends the watching of a token's keys. True if none of them was touched since it began, and none has expired.
    pub fn unwatch(&mut self, token: WatchToken) -> bool {
        let Some(watcher) = self.watches.watchers.remove(&token) else { return true };
        let mut clean = !watcher.marked;
        for Watch { db, name, expires } in watcher.keys {
            let key = self.key(&name);
            clean &= !expires || self.db(db).peek(key).is_some();
            self.remove_interest(db, &name);
            if let Some(tokens) = self.watches.names.get_mut(&name) {
                if let Some(at) = tokens.iter().position(|&entry| entry == (db, token)) {
                    tokens.swap_remove(at);
                }
                if tokens.is_empty() {
                    self.watches.names.remove(&name);
                }
            }
        }
        clean
    }
}
