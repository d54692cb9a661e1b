//! Keys that somebody outside of the shard has an interest in: clients that watch them, and clients that wait for them to change.
//!
//! Whatever changes, makes or removes a key passes by here. While nobody has an interest in any key, and nothing is logged, that
//! costs one branch;
//! otherwise the keys of interest that were touched are listed, each once, in the order in which they were touched first,
//! until they are taken.

use hashbrown::HashMap;

use crate::trail::Trail;

/// A key that was touched: its database and its name.
pub type Touched = (usize, Box<[u8]>);

/// Interest in a name in one database.
struct Wanted {
    db: usize,
    /// How many have an interest.
    count: usize,
    /// Whether the key is in the list of those touched.
    listed: bool,
}

/// See the [module documentation](self).
#[derive(Default)]
pub(crate) struct Interest {
    /// Whether there is any interest.
    active: bool,
    names: HashMap<Box<[u8]>, Vec<Wanted>>,
    touched: Vec<Touched>,
    /// What was changed, for the log.
    trail: Trail,
}

impl Interest {
    /// Adds one interest in a key.
    pub(crate) fn add(&mut self, db: usize, name: &[u8]) {
        let wanted = self.names.entry(name.into()).or_default();
        match wanted.iter_mut().find(|wanted| wanted.db == db) {
            Some(wanted) => wanted.count += 1,
            None => wanted.push(Wanted { db, count: 1, listed: false }),
        }
        self.active = true;
    }

    /// Takes one interest in a key back.
    pub(crate) fn remove(&mut self, db: usize, name: &[u8]) {
        let Some(wanted) = self.names.get_mut(name) else { return };
        let Some(at) = wanted.iter().position(|wanted| wanted.db == db) else { return };
        wanted[at].count -= 1;
        if wanted[at].count == 0 {
            wanted.swap_remove(at);
        }
        if wanted.is_empty() {
            self.names.remove(name);
        }
        self.look();
    }

    fn look(&mut self) {
        self.active = !self.names.is_empty() || self.trail.is_on();
    }

    /// Switches the trail on or off.
    pub(crate) fn leave_trail(&mut self, on: bool) {
        self.trail.set_on(on);
        self.look();
    }

    /// Whether the trail is on.
    #[inline(always)]
    pub(crate) fn has_trail(&self) -> bool {
        self.trail.is_on()
    }

    pub(crate) fn trail(&mut self) -> &mut Trail {
        &mut self.trail
    }

    /// Whether there is any interest.
    #[inline(always)]
    pub(crate) fn is_active(&self) -> bool {
        self.active
    }

    /// Notes that a key was touched.
    #[inline(always)]
    pub(crate) fn touch(&mut self, db: usize, name: &[u8]) {
        if self.active {
            self.note(db, name);
        }
    }

    #[cold]
    fn note(&mut self, db: usize, name: &[u8]) {
        if self.trail.is_on() {
            self.trail.note(db, name);
        }
        let Some(wanted) = self.names.get_mut(name) else { return };
        if let Some(wanted) = wanted.iter_mut().find(|wanted| wanted.db == db && !wanted.listed) {
            wanted.listed = true;
            self.touched.push((db, name.into()));
        }
    }

    /// The names of interest in a database, in their order. Costs a step for each name of interest.
    #[cold]
    pub(crate) fn names(&self, db: usize) -> Vec<Box<[u8]>> {
        let in_db = self.names.iter().filter(|(_, wanted)| wanted.iter().any(|wanted| wanted.db == db));
        let mut names: Vec<Box<[u8]>> = in_db.map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names
    }

    /// Whether something was touched.
    #[inline]
    pub(crate) fn has_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// What was touched since the last call.
    pub(crate) fn take(&mut self) -> Vec<Touched> {
        let touched = std::mem::take(&mut self.touched);
        for (db, name) in &touched {
            let wanted = self.names.get_mut(name).into_iter().flatten();
            wanted.filter(|wanted| wanted.db == *db).for_each(|wanted| wanted.listed = false);
        }
        touched
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use base::KeyHasher;

    use crate::{Expiry, Key, Kind, Shard, ShardOptions, StringValue};

    /// One for all tests: a hasher's seed is never freed.
    static HASHER: LazyLock<KeyHasher> = LazyLock::new(|| KeyHasher::new((1, 2)));

    fn shard() -> Shard {
        Shard::new(ShardOptions { shard: 0, shards: 1, databases: 4, hasher: *HASHER, seed: 1 })
    }

    fn key(name: &[u8]) -> Key<'_> {
        Key::new(&HASHER, name)
    }

    /// The names touched by `f` in a shard with the keys `a`, a string, and `l`, a list, where everybody wants to hear of
    /// `a`, `b` and `l` in database 0 and of `a` in database 1.
    fn check(f: impl FnOnce(&mut Shard), expect: &[(usize, &str)]) {
        let mut shard = shard();
        shard.set_now(1000);
        set(&mut shard, "a", "1");
        push(&mut shard, "l", 1);
        for name in ["a", "b", "l"] {
            shard.add_interest(0, name.as_bytes());
        }
        shard.add_interest(1, b"a");
        assert!(!shard.has_touched());
        f(&mut shard);
        let touched = shard.take_touched();
        let touched: Vec<(usize, &str)> =
            touched.iter().map(|(db, name)| (*db, str::from_utf8(name).unwrap())).collect();
        assert_eq!(touched, expect);
        assert!(shard.take_touched().is_empty());
    }

    fn set(shard: &mut Shard, name: &str, value: &str) {
        shard.db(0).set(key(name.as_bytes()), StringValue::Text(value.as_bytes()), Expiry::Clear);
    }

    fn push(shard: &mut Shard, name: &str, count: usize) {
        let edited = shard.db(0).edit(key(name.as_bytes()), Kind::List, |draft| {
            for _ in 0..count {
                draft.as_list().push(ds::list::Side::Back, crate::Element::of(b"element"));
            }
        });
        edited.unwrap();
    }

    #[test]
    fn every_way_to_change_a_key_touches_it() {
        check(|_| {}, &[]);
        check(|shard| set(shard, "other", "1"), &[]);
        check(|shard| set(shard, "a", "2"), &[(0, "a")]);
        check(|shard| set(shard, "a", &"x".repeat(10_000)), &[(0, "a")]);
        check(|shard| set(shard, "b", "2"), &[(0, "b")]);
        check(|shard| push(shard, "l", 1), &[(0, "l")]);
        check(|shard| push(shard, "l", 5000), &[(0, "l")]);
        check(|shard| push(shard, "b", 5000), &[(0, "b")]);
        check(|shard| assert!(shard.db(0).remove(key(b"l"))), &[(0, "l")]);
        check(|shard| assert!(shard.db(0).take(key(b"a")).is_some()), &[(0, "a")]);
        check(|shard| assert!(shard.db(0).expire_at(key(b"a"), Some(5000))), &[(0, "a")]);
        check(|shard| assert_eq!(shard.db(0).append(key(b"a"), b"2"), Ok(2)), &[(0, "a")]);
        let twice = |shard: &mut Shard| {
            set(shard, "b", "1");
            set(shard, "a", "1");
            set(shard, "b", "2");
        };
        check(twice, &[(0, "b"), (0, "a")]);
    }

    #[test]
    fn a_big_list_is_touched_where_it_is() {
        let mut shard = shard();
        push(&mut shard, "l", 5000);
        shard.add_interest(0, b"l");
        push(&mut shard, "l", 1);
        assert_eq!(shard.take_touched(), [(0, b"l".as_slice().into())]);
        assert!(shard.db(0).edit(key(b"l"), Kind::List, |draft| draft.as_list().len()).is_ok());
        assert!(!shard.has_touched(), "it was only looked at");
    }

    #[test]
    fn expiry_touches() {
        let found = |shard: &mut Shard| {
            assert!(shard.db(0).expire_at(key(b"a"), Some(2000)));
            shard.take_touched();
            shard.set_now(3000);
            assert!(!shard.db(0).exists(key(b"a")));
        };
        check(found, &[(0, "a")]);
        let swept = |shard: &mut Shard| {
            assert!(shard.db(0).expire_at(key(b"a"), Some(2000)));
            shard.take_touched();
            for now_ms in 3000..4000 {
                shard.set_now(now_ms);
                shard.expire_slice(1000);
            }
        };
        check(swept, &[(0, "a")]);
    }

    #[test]
    fn whole_databases() {
        check(|shard| _ = shard.flush(0), &[(0, "a"), (0, "l")]);
        check(|shard| _ = shard.flush_all(), &[(0, "a"), (0, "l")]);
        check(|shard| _ = shard.flush(1), &[]);
        check(|shard| shard.swap(0, 1), &[(0, "a"), (0, "l"), (1, "a")]);
        check(|shard| shard.swap(0, 0), &[]);
        let swapped = |shard: &mut Shard| {
            shard.swap(0, 1);
            shard.take_touched();
            set(shard, "a", "in 0 again");
            shard.db(1).set(key(b"a"), StringValue::Int(1), Expiry::Clear);
        };
        check(swapped, &[(0, "a"), (1, "a")]);
    }

    #[test]
    fn interest_ends_with_the_last_one() {
        let mut shard = shard();
        shard.add_interest(0, b"a");
        shard.add_interest(0, b"a");
        shard.remove_interest(0, b"a");
        set(&mut shard, "a", "1");
        assert_eq!(shard.take_touched().len(), 1);
        shard.remove_interest(0, b"a");
        shard.remove_interest(0, b"a");
        set(&mut shard, "a", "2");
        assert!(!shard.has_touched());
    }
}
