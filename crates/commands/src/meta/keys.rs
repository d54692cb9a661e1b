//! Which arguments of a command are keys, by the key specifications of its metadata: for routing, key locks and COMMAND
//! GETKEYS.
//!
//! Most commands have their keys at `first_key..=last_key` by `step`, and routing looks no further. Those with
//! [`Flag::MovableKeys`] say how many keys follow (`ZUNION 2 a b`), or have them behind a word (`XREAD … STREAMS a b 0 0`):
//! [`Meta::keys`] finds these.

use base::Args;
use base::num::parse_i64;

use super::{Begin, Find, Flag, KeyFlag, KeyFlags, KeySpec, Meta};
use crate::words;

/// Most keys that are looked for where a command counts them itself.
const KEYS_MAX: i64 = 1 << 20;

/// Words of SORT that are followed by so many arguments, none of them a key that is found here.
const SORT_WORDS: [(&str, usize); 3] = [("LIMIT", 2), ("GET", 1), ("BY", 1)];

/// A key among the arguments of a command.
#[derive(Clone, Copy, Debug)]
pub struct KeyAt {
    /// Its position; 0 is the command's name.
    pub at: usize,
    /// What happens to it.
    pub flags: KeyFlags,
}

impl Meta {
    /// Whether `first_key`, `last_key` and `step` don't find all keys.
    #[inline]
    pub fn has_movable_keys(&self) -> bool {
        self.flags.contains(Flag::MovableKeys)
    }

    /// The keys of a call, in the order of the specifications; `None` where the arguments don't make sense, so that the
    /// command is going to fail. A command without keys has an empty list.
    pub fn keys(&self, args: Args<'_>) -> Option<Vec<KeyAt>> {
        let mut keys = Vec::new();
        if self.name == "migrate" {
            let flags = self.key_specs.first().map_or(KeyFlags::of(&[]), |spec| spec.flags);
            return Some(migrated(args)?.map(|at| KeyAt { at, flags }).collect());
        }
        for spec in self.key_specs.iter().filter(|spec| !spec.flags.contains(KeyFlag::NotKey)) {
            let flags = self.flags_of(spec, args);
            keys.extend(positions(spec, args)?.map(|at| KeyAt { at, flags }));
        }
        if self.name == "sort" {
            let flags = KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]);
            keys.extend(sort_store(args).map(|at| KeyAt { at, flags }));
        }
        Some(keys)
    }

    /// Whether a call touches keys that its arguments don't name: those that SORT makes of its patterns.
    pub fn has_unnamed_keys(&self, args: Args<'_>) -> bool {
        matches!(self.name, "sort" | "sort_ro") && sort_patterns(args)
    }

    /// What happens to the keys of a specification. With some commands it depends on the options.
    fn flags_of(&self, spec: &KeySpec, args: Args<'_>) -> KeyFlags {
        if !spec.flags.contains(KeyFlag::VariableFlags) {
            return spec.flags;
        }
        match self.name {
            "set" if args.tail(3).iter().any(reads_the_old_value) => {
                KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])
            }
            "set" => KeyFlags::of(&[KeyFlag::Overwrite, KeyFlag::Update]),
            "delex" if args.len() > 2 => KeyFlags::of(&[KeyFlag::ReadWrite, KeyFlag::Delete]),
            "delex" => KeyFlags::of(&[KeyFlag::Remove, KeyFlag::Delete]),
            _ => spec.flags,
        }
    }
}

/// An option of SET that makes it look at the value that it overwrites.
fn reads_the_old_value(word: &[u8]) -> bool {
    [&b"get"[..], b"ifeq", b"ifne", b"ifdeq", b"ifdne"].iter().any(|name| word.eq_ignore_ascii_case(name))
}

/// The destination of SORT, whose place no specification can describe: any word before it may be an argument.
fn sort_store(args: Args<'_>) -> Option<usize> {
    let (mut at, mut store) = (2, None);
    while let Some(word) = args.get(at) {
        if let Some((_, skip)) = SORT_WORDS.iter().find(|(name, _)| words::is(word, name)) {
            at += skip;
        } else if words::is(word, "STORE") && at + 1 < args.len() {
            at += 1;
            store = Some(at);
        }
        at += 1;
    }
    store
}

/// The keys of MIGRATE: the third argument, or, if that is empty, those behind the word KEYS where it stands for itself. Redis:
/// `migrateGetKeys`.
fn migrated(args: Args<'_>) -> Option<std::ops::Range<usize>> {
    let mut at = 6;
    while let Some(word) = args.get(at) {
        at += match () {
            () if words::is(word, "KEYS") && args.arg(3).is_empty() => return Some(at + 1..args.len()),
            () if words::is(word, "KEYS") => return None,
            () if words::is(word, "AUTH") => 2,
            () if words::is(word, "AUTH2") => 3,
            () => 1,
        };
    }
    Some(3..args.len().min(4))
}

/// Whether SORT has a pattern with a `*`.
fn sort_patterns(args: Args<'_>) -> bool {
    let mut at = 2;
    while let Some(word) = args.get(at) {
        let is = |name| words::is(word, name);
        if (is("BY") || is("GET")) && args.arg(at + 1).contains(&b'*') {
            return true;
        }
        at += match () {
            () if is("LIMIT") => 3,
            () if is("BY") || is("GET") || is("STORE") => 2,
            () => 1,
        };
    }
    false
}

/// The positions of the keys that a specification finds; `None` where the arguments don't make sense.
fn positions(spec: &KeySpec, args: Args<'_>) -> Option<impl Iterator<Item = usize>> {
    let len = i64::try_from(args.len()).ok()?;
    let none = || Some((0..0).step_by(1));
    let begin = match spec.begin {
        Begin::Index(index) => i64::from(index),
        Begin::Keyword(word, from) => {
            let is_word = |&at: &i64| {
                let arg = usize::try_from(at).map_or(&[][..], |at| args.arg(at));
                arg.eq_ignore_ascii_case(word.as_bytes())
            };
            let found = if from >= 0 {
                (i64::from(from)..len).find(is_word)
            } else {
                (1..=len + i64::from(from)).rev().find(is_word)
            };
            match found {
                Some(at) => at + 1,
                None => return none(),
            }
        }
        Begin::Unknown => return none(),
    };
    let (first, last, step) = match spec.find {
        Find::Range { last, step, limit } => {
            let last = match (last, limit) {
                (-1, 2..) => begin + (len - begin) / i64::from(limit) - 1,
                (..0, _) => len + i64::from(last),
                _ => begin + i64::from(last),
            };
            (begin, last, i64::from(step).max(1))
        }
        Find::KeyNum { at, first, step } => {
            let count = args.get(usize::try_from(begin + i64::from(at)).ok()?).and_then(parse_i64)?;
            let count = (0..=KEYS_MAX).contains(&count).then_some(count)?;
            let (first, step) = (begin + i64::from(first), i64::from(step).max(1));
            (first, first + (count - 1) * step, step)
        }
        Find::Unknown => return none(),
    };
    if first < 0 || last >= len {
        return None;
    }
    let range = usize::try_from(first).ok()?..usize::try_from(last + 1).unwrap_or(0);
    Some(range.step_by(usize::try_from(step).ok()?))
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
