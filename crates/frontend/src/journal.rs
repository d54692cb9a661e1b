//! What a core remembers of unusual commands: the command log (slow ones, large requests, large replies) and samples of
//! the latency monitor.
//!
//! An entry is written by the core of the client, when the command is done. Each core has a journal of its own behind a
//! lock that nobody holds for longer than it takes to copy some pointers; usual commands never come here. Whoever reads
//! puts the journals together: entries by their number, samples by their second.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::Args;

/// Most arguments of an entry, and most bytes of one: Redis's numbers.
const ARGS_MAX: usize = 32;
const ARG_MAX_BYTES: usize = 128;

/// Seconds with a sample that the latency monitor remembers of an event; Redis's number.
const SAMPLES_MAX: usize = 160;

/// The kinds of entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LogKind {
    /// The value is the time in microseconds.
    Slow,
    /// The value is the request's size in bytes.
    LargeRequest,
    /// The value is the reply's size in bytes.
    LargeReply,
}

/// How many kinds there are.
const KINDS: usize = 3;

/// The arguments of a command, shortened for the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ShortArgs {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl ShortArgs {
    /// Takes a command's arguments in place of those before. Bounded work: at most 4 KiB are copied.
    pub(crate) fn take(&mut self, args: Args<'_>) {
        self.bytes.clear();
        self.ends.clear();
        let count = args.len();
        let whole = if count > ARGS_MAX { ARGS_MAX - 1 } else { count };
        for arg in args.iter().take(whole) {
            self.bytes.extend_from_slice(arg.get(..ARG_MAX_BYTES).unwrap_or(arg));
            if arg.len() > ARG_MAX_BYTES {
                // Writing into a vector cannot fail.
                let _ = write!(self.bytes, "... ({} more bytes)", arg.len() - ARG_MAX_BYTES);
            }
            self.ends.push(self.bytes.len() as u32);
        }
        if whole < count {
            let _ = write!(self.bytes, "... ({} more arguments)", count - whole);
            self.ends.push(self.bytes.len() as u32);
        }
    }

    /// A copy of a command's arguments.
    pub(crate) fn of(args: Args<'_>) -> Self {
        let mut short = ShortArgs::default();
        short.take(args);
        short
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// The arguments.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let range = start..end as usize;
            start = end as usize;
            self.bytes.get(range).unwrap_or_default()
        })
    }

    /// Replaces what nobody may read: passwords and users.
    fn redact(&mut self) {
        const REDACTED: &[u8] = b"(redacted)";
        let words: Vec<Vec<u8>> = self.iter().map(<[u8]>::to_vec).collect();
        let secret = secrets(&words);
        if secret.is_empty() {
            return;
        }
        self.clear();
        for (at, word) in words.iter().enumerate() {
            self.bytes.extend_from_slice(if secret.contains(&at) { REDACTED } else { word });
            self.ends.push(self.bytes.len() as u32);
        }
    }
}

/// Parameters whose values are secret.
const SECRET_PARAMETERS: &[&str] = &[
    "requirepass",
    "masterauth",
    "masteruser",
    "primaryauth",
    "primaryuser",
    "tls-key-file-pass",
    "tls-client-key-file-pass",
];

/// Which words of a command are secret.
fn secrets(words: &[Vec<u8>]) -> Vec<usize> {
    let is =
        |at: usize, name: &str| words.get(at).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()));
    let after = |from: usize, name: &str, count: usize| {
        let found = (from..words.len()).find(|&at| is(at, name));
        found.map_or(0..0, |at| at + 1..at + 1 + count)
    };
    if is(0, "auth") {
        (1..words.len()).collect()
    } else if is(0, "hello") {
        after(2, "auth", 2).collect()
    } else if is(0, "acl") && ["setuser", "getuser", "deluser"].iter().any(|name| is(1, name)) {
        (2..words.len()).collect()
    } else if is(0, "config") && is(1, "set") {
        let named = |at: &usize| SECRET_PARAMETERS.iter().any(|name| is(*at, name));
        (2..words.len()).step_by(2).filter(named).map(|at| at + 1).collect()
    } else if is(0, "migrate") {
        after(6, "auth", 1).chain(after(6, "auth2", 2)).collect()
    } else {
        Vec::new()
    }
}

/// An entry of the command log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Unique and ascending among the entries of its kind.
    pub(crate) id: u64,
    pub(crate) unix_s: u64,
    pub(crate) value: u64,
    pub(crate) args: ShortArgs,
    /// The client's address, and the name that it gave itself.
    pub(crate) peer: String,
    pub(crate) name: Vec<u8>,
}

/// The samples of an event: by second, the longest time in milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Samples {
    /// The last seconds that have a sample, in order.
    pub(crate) seconds: VecDeque<(u64, u64)>,
    /// The longest time ever.
    pub(crate) max_ms: u64,
}

impl Samples {
    fn add(&mut self, unix_s: u64, ms: u64) {
        self.max_ms = self.max_ms.max(ms);
        match self.seconds.back_mut() {
            Some((second, longest)) if *second == unix_s => *longest = ms.max(*longest),
            _ => self.seconds.push_back((unix_s, ms)),
        }
        if self.seconds.len() > SAMPLES_MAX {
            self.seconds.pop_front();
        }
    }

    /// Takes in the samples of another core.
    fn join(&mut self, other: &Samples) {
        let mut all: Vec<(u64, u64)> = self.seconds.iter().chain(&other.seconds).copied().collect();
        all.sort_unstable();
        self.seconds.clear();
        let max_ms = self.max_ms.max(other.max_ms);
        all.into_iter().for_each(|(unix_s, ms)| self.add(unix_s, ms));
        self.max_ms = max_ms;
    }
}

/// What one core remembers.
#[derive(Default)]
struct Journal {
    logs: [VecDeque<Arc<Entry>>; KINDS],
    events: BTreeMap<&'static str, Samples>,
}

/// The journals of all cores.
#[derive(Default)]
pub(crate) struct Journals {
    cores: Vec<Mutex<Journal>>,
    next_ids: [AtomicU64; KINDS],
}

impl Journals {
    /// For so many cores.
    pub(crate) fn new(cores: u16) -> Self {
        Journals { cores: (0..cores).map(|_| Mutex::default()).collect(), next_ids: Default::default() }
    }

    fn lock(&self, core: u16) -> Option<MutexGuard<'_, Journal>> {
        let journal = self.cores.get(usize::from(core))?;
        Some(journal.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes an entry, whose number is given here, into a core's log, and forgets the oldest ones beyond `max`.
    pub(crate) fn log(&self, core: u16, kind: LogKind, max: usize, mut entry: Entry) {
        entry.args.redact();
        // Under the lock, so that the numbers of a core's log ascend.
        let Some(mut journal) = self.lock(core) else { return };
        entry.id = self.next_ids[kind as usize].fetch_add(1, Relaxed);
        let log = &mut journal.logs[kind as usize];
        log.push_front(Arc::new(entry));
        log.truncate(max);
    }

    /// The newest entries of all cores, at most `max`, the newest first.
    pub(crate) fn entries(&self, kind: LogKind, max: usize) -> Vec<Arc<Entry>> {
        let of_core = |core| {
            let log = self.lock(core as u16);
            log.map_or_else(Vec::new, |log| {
                log.logs[kind as usize].iter().take(max).cloned().collect::<Vec<_>>()
            })
        };
        let mut entries: Vec<Arc<Entry>> = (0..self.cores.len()).flat_map(of_core).collect();
        entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.id));
        entries.truncate(max);
        entries
    }

    /// How many entries there are.
    pub(crate) fn len(&self, kind: LogKind) -> usize {
        let of_core = |core| self.lock(core as u16).map_or(0, |journal| journal.logs[kind as usize].len());
        (0..self.cores.len()).map(of_core).sum()
    }

    /// Forgets all entries of a kind.
    pub(crate) fn clear(&self, kind: LogKind) {
        for core in 0..self.cores.len() {
            let old =
                self.lock(core as u16).map(|mut journal| std::mem::take(&mut journal.logs[kind as usize]));
            drop(old);
        }
    }

    /// Notes how long something took.
    pub(crate) fn sample(&self, core: u16, event: &'static str, unix_s: u64, ms: u64) {
        if let Some(mut journal) = self.lock(core) {
            journal.events.entry(event).or_default().add(unix_s, ms);
        }
    }

    /// The samples of all cores, by event.
    pub(crate) fn samples(&self) -> BTreeMap<&'static str, Samples> {
        let mut all: BTreeMap<&'static str, Samples> = BTreeMap::new();
        for core in 0..self.cores.len() {
            let events = self.lock(core as u16).map(|journal| journal.events.clone()).unwrap_or_default();
            for (event, samples) in events {
                all.entry(event).or_default().join(&samples);
            }
        }
        all
    }

    /// Forgets the samples of the events that `forget` chooses; returns how many events that were.
    pub(crate) fn reset_samples(&self, forget: impl Fn(&str) -> bool) -> usize {
        let mut gone: Vec<&'static str> = Vec::new();
        for core in 0..self.cores.len() {
            let Some(mut journal) = self.lock(core as u16) else { continue };
            journal.events.retain(|event, _| {
                let go = forget(event);
                if go && !gone.contains(event) {
                    gone.push(event);
                }
                !go
            });
        }
        gone.len()
    }
}

#[cfg(test)]
mod tests {
    use base::ArgRange;

    use super::*;

    fn short(words: &[&str]) -> ShortArgs {
        let bytes = words.concat();
        let mut at = 0;
        let ranges: Vec<ArgRange> = words
            .iter()
            .map(|word| {
                at += word.len() as u32;
                ArgRange::new(at - word.len() as u32, word.len() as u32)
            })
            .collect();
        ShortArgs::of(Args::new(bytes.as_bytes(), &ranges))
    }

    fn shown(args: &ShortArgs) -> String {
        let words: Vec<_> = args.iter().map(String::from_utf8_lossy).collect();
        words.join(" ")
    }

    #[test]
    fn long_commands_are_shortened() {
        assert_eq!(shown(&short(&["get", "", "b"])), "get  b");
        let long = "x".repeat(130);
        assert_eq!(shown(&short(&["set", &long])), format!("set {}... (2 more bytes)", &long[..128]));
        let many: Vec<&str> = ["a"].into_iter().cycle().take(33).collect();
        assert_eq!(shown(&short(&many)), format!("{}... (2 more arguments)", "a ".repeat(31)));
        assert_eq!(short(&many).iter().len(), 32);
        assert_eq!(shown(&short(&many[..32])), "a ".repeat(32).trim_end());
    }

    #[test]
    fn secrets_are_not_shown() {
        for (command, expect) in [
            ("AUTH pass", "AUTH (redacted)"),
            ("auth user pass", "auth (redacted) (redacted)"),
            ("hello 3 auth user pass setname x", "hello 3 auth (redacted) (redacted) setname x"),
            ("hello 3 setname x", "hello 3 setname x"),
            ("acl setuser bob on >pass", "acl setuser (redacted) (redacted) (redacted)"),
            ("acl whoami", "acl whoami"),
            (
                "config set maxmemory 1 RequirePass x hz 2",
                "config set maxmemory 1 RequirePass (redacted) hz 2",
            ),
            ("config get requirepass", "config get requirepass"),
            ("migrate h 1 key 9 5000 AUTH pass", "migrate h 1 key 9 5000 AUTH (redacted)"),
            ("migrate h 1 key 9 5000 auth2 u p", "migrate h 1 key 9 5000 auth2 (redacted) (redacted)"),
            ("get auth", "get auth"),
        ] {
            let words: Vec<&str> = command.split(' ').collect();
            let mut args = short(&words);
            args.redact();
            assert_eq!(shown(&args), expect);
        }
    }

    #[test]
    fn the_log_is_one_over_all_cores() {
        let journals = Journals::new(3);
        for (at, core) in [2u16, 0, 2, 1, 1].into_iter().enumerate() {
            let entry = Entry {
                id: 0,
                unix_s: 7,
                value: at as u64,
                args: short(&["x"]),
                peer: String::new(),
                name: Vec::new(),
            };
            journals.log(core, LogKind::Slow, 2, entry);
        }
        let values = |max| -> Vec<u64> {
            journals.entries(LogKind::Slow, max).iter().map(|entry| entry.value).collect()
        };
        assert_eq!(values(9), [4, 3, 2, 1, 0]);
        assert_eq!(values(2), [4, 3]);
        assert_eq!(journals.len(LogKind::Slow), 5);
        assert_eq!(journals.len(LogKind::LargeReply), 0);
        journals.clear(LogKind::Slow);
        assert!(values(9).is_empty());
    }

    #[test]
    fn samples_are_one_series_over_all_cores() {
        let journals = Journals::new(2);
        for (core, second, ms) in [(0, 1, 5), (1, 1, 9), (0, 2, 1), (1, 4, 3), (1, 4, 2)] {
            journals.sample(core, "command", second, ms);
        }
        journals.sample(0, "expire-cycle", 1, 1);
        let all = journals.samples();
        assert_eq!(Vec::from(all["command"].seconds.clone()), [(1, 9), (2, 1), (4, 3)]);
        assert_eq!(all["command"].max_ms, 9);
        (0..1000).for_each(|second| journals.sample(0, "expire-cycle", second, 1));
        assert_eq!(journals.samples()["expire-cycle"].seconds.len(), SAMPLES_MAX);
        assert_eq!(journals.reset_samples(|event| event == "nope"), 0);
        assert_eq!(journals.reset_samples(|_| true), 2);
        assert!(journals.samples().is_empty());
    }
}
