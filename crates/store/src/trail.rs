//! What commands changed, for whoever keeps a log of it.
//!
//! While the trail is on, the store lists the keys that are touched, and handlers whose effect cannot be had again by calling
//! them again (they draw lots, or look at how a value is laid out) leave commands that have it. Whoever calls handlers takes both behind each call
//! and writes down what is to be logged in [`Trail::body`], until the whole piece of work is done.

/// A command that has the effect of the one that left it: its database and its words.
pub type Effect = (usize, Vec<Vec<u8>>);

/// Whether something has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// A command has changed data.
    pub by_command: bool,
    /// That, or keys have expired.
    pub any: bool,
}

/// See the [module documentation](self).
#[derive(Debug, Default)]
pub struct Trail {
    on: bool,
    /// The names of the keys that were touched, one behind the other; and of each its database and where it ends.
    names: Vec<u8>,
    ends: Vec<(usize, usize)>,
    effects: Vec<Effect>,
    values: bool,
    /// What is to be logged of the piece of work under way, in a form that the store does not know.
    pub body: Vec<u8>,
    /// Whether it concerns the whole shard rather than keys.
    pub barrier: bool,
    /// The log goes on in another file behind it, of this generation.
    pub rotate: Option<u64>,
    /// Changes of data when the trail was looked at last.
    dirty: u64,
}

impl Trail {
    pub(crate) fn set_on(&mut self, on: bool) {
        *self = Trail { on, dirty: self.dirty, rotate: self.rotate, ..Trail::default() };
    }

    #[inline(always)]
    pub(crate) fn is_on(&self) -> bool {
        self.on
    }

    /// Notes that a key was touched.
    pub(crate) fn note(&mut self, db: usize, name: &[u8]) {
        let start =
            self.ends.len().checked_sub(2).and_then(|at| self.ends.get(at)).map_or(0, |&(_, end)| end);
        if let Some(&(last_db, end)) = self.ends.last()
            && last_db == db
            && self.names.get(start..end) == Some(name)
        {
            return;
        }
        self.names.extend_from_slice(name);
        self.ends.push((db, self.names.len()));
    }

    pub(crate) fn leave(&mut self, db: usize, words: &[&[u8]]) {
        self.effects.push((db, words.iter().map(|word| word.to_vec()).collect()));
    }

    /// What has happened since the last call, given the number of changes of data.
    pub(crate) fn has_moved(&mut self, dirty: u64) -> Moved {
        let by_command = std::mem::replace(&mut self.dirty, dirty) != dirty;
        Moved { by_command, any: by_command || !self.ends.is_empty() }
    }

    /// For handlers whose effect no command has: what the touched keys hold is to be logged, and nothing else.
    pub fn leave_values(&mut self) {
        self.values = true;
    }

    /// Whether what the touched keys hold is to be logged.
    pub fn wants_values(&self) -> bool {
        self.values
    }

    /// The commands that were left, in order.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Whether commands were left.
    pub fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }

    /// The keys that were touched, each once, with their databases.
    pub fn take_touched(&mut self) -> Vec<(usize, Box<[u8]>)> {
        let mut start = 0;
        let mut touched: Vec<(usize, Box<[u8]>)> = Vec::with_capacity(self.ends.len());
        for (db, end) in self.ends.drain(..) {
            touched.push((db, self.names.get(start..end).unwrap_or_default().into()));
            start = end;
        }
        self.names.clear();
        // The order does not matter: what they hold now is what counts.
        touched.sort_unstable();
        touched.dedup();
        touched
    }

    /// Forgets what was touched and left.
    pub fn forget(&mut self) {
        self.names.clear();
        self.ends.clear();
        self.effects.clear();
        self.values = false;
    }

    /// Forgets the piece of work under way.
    pub fn clear(&mut self) {
        self.forget();
        self.body.clear();
        self.barrier = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_listed_once() {
        let mut trail = Trail::default();
        trail.set_on(true);
        for (db, name) in [(0, "b"), (0, "b"), (1, "b"), (0, "a"), (0, "b"), (0, ""), (0, "")] {
            trail.note(db, name.as_bytes());
        }
        assert_eq!(trail.has_moved(0), Moved { by_command: false, any: true });
        let touched = trail.take_touched();
        let touched: Vec<(usize, &str)> =
            touched.iter().map(|(db, name)| (*db, str::from_utf8(name).unwrap())).collect();
        assert_eq!(touched, [(0, ""), (0, "a"), (0, "b"), (1, "b")]);
        assert!(trail.take_touched().is_empty());
        assert!(!trail.has_moved(0).any);
        assert!(trail.has_moved(3).by_command);
        assert!(!trail.has_moved(3).any);
    }

    #[test]
    fn effects_are_taken_in_order() {
        let mut trail = Trail::default();
        trail.set_on(true);
        trail.leave(2, &[b"SREM", b"k", b"m"]);
        trail.leave(0, &[b"DEL", b"k"]);
        assert!(trail.has_effects());
        let effects = trail.take_effects();
        assert_eq!(effects[0], (2, vec![b"SREM".to_vec(), b"k".to_vec(), b"m".to_vec()]));
        assert_eq!(effects.len(), 2);
        trail.leave(0, &[b"DEL", b"k"]);
        trail.note(0, b"k");
        trail.body.push(1);
        trail.clear();
        assert!(!trail.has_effects() && trail.body.is_empty() && trail.take_touched().is_empty());
    }
}
