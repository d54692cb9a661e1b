//! Big collections that are read whole while their elements are counted up one after the other: replies are written bit by bit,
//! and each must show one instant, between its call and its end.

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, names, pick};
use crate::command::Command;
use crate::history::{History, Op, OpIndex, Violation};

/// Clients that write; the others look.
const WRITERS: usize = 2;
/// Elements of a collection.
const ELEMENTS: usize = 200;
/// Their length: all together are far more than a reply that is written at once.
const TEXT_BYTES: usize = 1500;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Hash,
    /// Of fields that expire, but not so soon.
    ExpiringHash,
    List,
    SortedSet,
    Array,
    /// Each change adds an entry.
    Stream,
}

const KINDS: [Kind; 6] =
    [Kind::Hash, Kind::ExpiringHash, Kind::List, Kind::SortedSet, Kind::Array, Kind::Stream];

/// Texts of an entry of a stream, so that it takes few to make a big one.
const ENTRY_TEXTS: usize = 4;

/// A collection, which one connection counts up.
#[derive(Debug)]
struct Collection {
    process: usize,
    key: String,
    kind: Kind,
    /// Changes so far; the first makes it.
    changes: usize,
}

/// See the module page.
pub struct Views {
    shards: u16,
    collections: Vec<Collection>,
}

/// A text that begins with a word and a point.
fn text(word: &str) -> String {
    format!("{word}.{}", "x".repeat(TEXT_BYTES - word.len() - 1))
}

/// The word of a text, if it is whole.
fn word(value: &Value) -> Option<&str> {
    let Value::Bulk(bytes) = value else { return None };
    let (word, rest) = std::str::from_utf8(bytes).ok()?.split_once('.')?;
    (bytes.len() == TEXT_BYTES && rest.bytes().all(|byte| byte == b'x')).then_some(word)
}

/// How many entries a stream has had, if these are the last of them.
fn entries_in(items: &[Value]) -> Option<usize> {
    let mut last = None;
    for item in items {
        let Value::Array(item) = item else { return None };
        let [Value::Bulk(id), Value::Array(fields)] = item.as_slice() else { return None };
        let number: usize = std::str::from_utf8(id).ok()?.strip_suffix("-1")?.parse().ok()?;
        let texts = fields.iter().skip(1).step_by(2);
        let is_whole = fields.len() == 2 * ENTRY_TEXTS && { texts }
            .all(|text| word(text).is_some_and(|word| word == number.to_string()));
        if !is_whole || last.is_some_and(|last| last + 1 != number) {
            return None;
        }
        last = Some(number);
    }
    last.filter(|&last| items.len() == last.min(ELEMENTS))
}

impl Collection {
    /// The next change: element after element gets the next number.
    fn change(&mut self) -> Command {
        let key = self.key.clone();
        if self.kind == Kind::Stream {
            self.changes += 1;
            let id = format!("{}-1", self.changes);
            let head = ["XADD".to_owned(), key, "MAXLEN".into(), ELEMENTS.to_string(), id];
            let text = text(&self.changes.to_string());
            let fields = (0..ENTRY_TEXTS).flat_map(|at| [format!("f{at}"), text.clone()]);
            return Command::new(head.into_iter().chain(fields));
        }
        let Some(last) = self.changes.checked_sub(1) else {
            self.changes = 1;
            let zero = text("0");
            let words: Vec<String> = (0..ELEMENTS)
                .flat_map(|at| match self.kind {
                    Kind::Hash | Kind::ExpiringHash => vec![format!("f{at}"), zero.clone()],
                    Kind::List | Kind::Array | Kind::Stream => vec![zero.clone()],
                    Kind::SortedSet => vec!["0".into(), text(&at.to_string())],
                })
                .collect();
            let (name, options) = match self.kind {
                Kind::Hash => ("HSET", String::new()),
                Kind::ExpiringHash => ("HSETEX", format!("EX 1000000 FIELDS {ELEMENTS}")),
                Kind::List | Kind::Stream => ("RPUSH", String::new()),
                Kind::SortedSet => ("ZADD", String::new()),
                Kind::Array => ("ARSET", "0".to_owned()),
            };
            let options = options.split_whitespace().map(str::to_owned);
            return Command::new([name.to_owned(), key].into_iter().chain(options).chain(words));
        };
        self.changes += 1;
        let (at, count) = (last % ELEMENTS, (last / ELEMENTS + 1).to_string());
        match self.kind {
            Kind::Hash => Command::new(["HSET".into(), key, format!("f{at}"), text(&count)]),
            Kind::ExpiringHash => {
                let head = ["HSETEX", &key, "KEEPTTL", "FIELDS", "1"].map(str::to_owned);
                Command::new(head.into_iter().chain([format!("f{at}"), text(&count)]))
            }
            Kind::List | Kind::Stream => Command::new(["LSET".into(), key, at.to_string(), text(&count)]),
            Kind::Array => Command::new(["ARSET".into(), key, at.to_string(), text(&count)]),
            Kind::SortedSet => Command::new(["ZADD".into(), key, count, text(&at.to_string())]),
        }
    }

    fn look(&self) -> Command {
        Command::parse(&match self.kind {
            Kind::Hash | Kind::ExpiringHash => format!("HGETALL {}", self.key),
            Kind::Array => format!("ARSCAN {} 0 {}", self.key, ELEMENTS - 1),
            Kind::Stream => format!("XRANGE {} - +", self.key),
            Kind::List => format!("LRANGE {} 0 -1", self.key),
            Kind::SortedSet => format!("ZRANGE {} 0 -1 WITHSCORES", self.key),
        })
    }

    /// How many changes a reply shows; `None` if it is not what some number of them makes.
    fn changes_in(&self, reply: &Value) -> Option<usize> {
        let Value::Array(items) = reply else { return None };
        if items.is_empty() {
            return Some(0);
        }
        if self.kind == Kind::Stream {
            return entries_in(items);
        }
        let mut counts = vec![None; ELEMENTS];
        let mut set = |at: usize, count: &str| {
            let place = counts.get_mut(at)?;
            place.replace(count.parse::<usize>().ok()?).is_none().then_some(())
        };
        match self.kind {
            Kind::List | Kind::Stream => {
                for (at, item) in items.iter().enumerate() {
                    set(at, word(item)?)?;
                }
            }
            Kind::Array => {
                for pair in items {
                    let Value::Array(pair) = pair else { return None };
                    let [Value::Int(at), item] = pair.as_slice() else { return None };
                    set(usize::try_from(*at).ok()?, word(item)?)?;
                }
            }
            Kind::Hash | Kind::ExpiringHash | Kind::SortedSet => {
                for pair in items.chunks(2) {
                    let [first, Value::Bulk(second)] = pair else { return None };
                    match (self.kind, first) {
                        (Kind::Hash | Kind::ExpiringHash, Value::Bulk(name)) => {
                            let at = std::str::from_utf8(name).ok()?.strip_prefix('f')?.parse().ok()?;
                            set(at, word(&pair[1])?)?;
                        }
                        _ => set(word(first)?.parse().ok()?, std::str::from_utf8(second).ok()?)?,
                    }
                }
            }
        }
        let counts: Vec<usize> = counts.into_iter().collect::<Option<_>>()?;
        let (begin, end) = (counts[0], counts[ELEMENTS - 1]);
        let is_prefix = counts.is_sorted_by(|a, b| a >= b) && begin <= end + 1;
        is_prefix.then(|| 1 + counts.iter().sum::<usize>())
    }

    fn check(&self, history: &History, checked: &mut Checked) -> Result<(), Violation> {
        let is_change = |op: &Op| op.command.word(1) == self.key && op.process == self.process;
        let changes: Vec<OpIndex> = history.processes[self.process]
            .iter()
            .copied()
            .filter(|&at| is_change(&history.ops[at]))
            .collect();
        for (at, op) in history.ops.iter().enumerate() {
            let Some(reply) = op.reply().filter(|_| op.command == self.look()) else { continue };
            let Some(seen) = self.changes_in(reply) else {
                return Err(Violation::new(format!("{} was never like this:", self.key), [at]));
            };
            for (number, &change) in changes.iter().enumerate() {
                checked.facts += 1;
                let other = &history.ops[change];
                if other.precedes(op) && number >= seen {
                    return Err(Violation::new("a change that had returned was not seen:", [change, at]));
                }
                if op.precedes(other) && number < seen {
                    return Err(Violation::new("a change was seen before it was called:", [at, change]));
                }
            }
        }
        Ok(())
    }
}

impl Views {
    /// No collection yet: each writing connection starts one of its own, for what a lost one wrote may come late.
    pub fn new(shards: u16, _: &mut Rng) -> Self {
        Views { shards, collections: Vec::new() }
    }

    fn write(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        let of = |collection: &Collection| collection.process == asker.process;
        let at = self.collections.iter().position(of).unwrap_or_else(|| {
            let number = self.collections.len();
            let kind = *pick(rng, &KINDS);
            let shard = rng.below(u64::from(self.shards)) as u16;
            let key = names::key_in(&format!("v{number}"), shard, self.shards);
            self.collections.push(Collection { process: asker.process, key, kind, changes: 0 });
            number
        });
        (0..asker.max).map(|_| self.collections[at].change()).collect()
    }

    fn look(&self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        let command = |rng: &mut Rng| match self.collections.is_empty() || rng.one_in(3) {
            true => Command::parse("PING"),
            false => pick(rng, &self.collections).look(),
        };
        (0..asker.max.min(3)).map(|_| command(rng)).collect()
    }
}

impl Workload for Views {
    fn name(&self) -> &'static str {
        "views"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 5,
            ops: 200,
            pipeline_max: 12,
            unanswered_max: 16,
            losses_max: 6,
            bytes_scale: 2000,
            blocks: false,
        }
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        if asker.client < WRITERS { self.write(asker, rng) } else { self.look(asker, rng) }
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        for collection in &self.collections {
            collection.check(history, &mut checked)?;
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_counted() {
        let mut list = Collection { process: 0, key: "k".into(), kind: Kind::List, changes: 0 };
        let reply = |counts: &[usize]| {
            Value::Array(counts.iter().map(|count| Value::Bulk(text(&count.to_string()).into())).collect())
        };
        assert_eq!(list.changes_in(&reply(&[])), Some(0));
        assert_eq!(list.changes_in(&reply(&[0; ELEMENTS])), Some(1));
        let mut counts = [2; ELEMENTS];
        assert_eq!(list.changes_in(&reply(&counts)), Some(1 + 2 * ELEMENTS));
        counts[0] = 3;
        assert_eq!(list.changes_in(&reply(&counts)), Some(2 + 2 * ELEMENTS));
        counts[5] = 3;
        assert_eq!(list.changes_in(&reply(&counts)), None);
        assert_eq!(list.changes_in(&reply(&counts[1..])), None);
        let mut stream = Collection { process: 0, key: "k".into(), kind: Kind::Stream, changes: 0 };
        assert_eq!(stream.change().word(4), "1-1");
        assert_eq!(stream.changes_in(&reply(&[0; ELEMENTS])), None);
        assert_eq!(list.change().words.len(), 2 + ELEMENTS);
        assert_eq!(list.change().word(2), "0");
    }
}
