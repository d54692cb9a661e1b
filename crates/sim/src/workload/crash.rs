//! Lists that only grow, and groups of keys that are written together, while the power is lost again and again. What a process
//! finds must be a beginning of what the one before it had, whole, and with all that was durable.
//!
//! Under `appendfsync always` that is all that was answered. Under `everysec` it is what was synced when the power was lost, and of
//! the rest each shard has a beginning, of which other shards may have less: but never a part of a transaction.

use std::collections::{BTreeMap, BTreeSet};

use base::Rng;
use persist::log::Policy;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, mget, names, pick, pick_key};
use crate::command::Command;
use crate::history::{History, NEVER, OpIndex, Violation};

/// Appends each pair of arguments to a list, declared as a key or not.
const SCRIPT: &str = "local last = 0 for at = 1, #ARGV, 2 do last = redis.call('RPUSH', ARGV[at], ARGV[at + 1]) end return last";

/// See the module page.
pub struct Crash {
    policy: Policy,
    lists: Vec<String>,
    group: Vec<String>,
    next: u64,
}

/// Something that was appended.
#[derive(Clone, Copy, Debug)]
struct Element<'h> {
    list: &'h str,
    /// What appended it: of a transaction, EXEC.
    op: OpIndex,
    /// Its place in the list, if the reply tells of it.
    place: Option<usize>,
}

type Elements<'h> = BTreeMap<&'h str, Element<'h>>;

impl Crash {
    /// Two to five lists and a group of two to four keys, in several shards, always durable or not.
    pub fn new(shards: u16, rng: &mut Rng) -> Self {
        let (lists, keys) = (2 + rng.below(4) as usize, 2 + rng.below(3) as usize);
        Crash {
            policy: if rng.one_in(2) { Policy::Always } else { Policy::EverySec },
            lists: names::spread("list", lists, rng.below(7) as usize, shards),
            group: names::spread("group", keys, rng.below(7) as usize, shards),
            next: 0,
        }
    }

    fn number(&mut self) -> String {
        self.next += 1;
        self.next.to_string()
    }

    fn push(&mut self, rng: &mut Rng) -> String {
        let number = self.number();
        format!("RPUSH {} {number}", pick_key(rng, &self.lists))
    }

    fn commands(&mut self, rng: &mut Rng) -> Vec<Command> {
        let lines = match rng.below(10) {
            0..3 => vec![self.push(rng)],
            3..5 => vec!["MULTI".into(), self.push(rng), self.push(rng), self.push(rng), "EXEC".into()],
            5 => {
                let (a, b) = (pick(rng, &self.lists).clone(), pick(rng, &self.lists).clone());
                let (one, two) = (self.number(), self.number());
                let script = format!("{SCRIPT} -- {}", rng.below(20));
                let declared = rng.below(2).to_string();
                let keys = if declared == "1" { vec![a.as_str()] } else { Vec::new() };
                let head = ["EVAL", &script, &declared].into_iter().chain(keys);
                return vec![Command::new(head.chain([a.as_str(), &one, &b, &two]))];
            }
            6 | 7 => {
                let value = self.number();
                let pairs: Vec<String> = self.group.iter().map(|key| format!("{key} {value}")).collect();
                vec![format!("MSET {}", pairs.join(" "))]
            }
            8 => return vec![mget(&self.group)],
            9 if rng.one_in(5) => vec!["BGREWRITEAOF".into()],
            _ => vec![format!("LRANGE {} 0 -1", pick_key(rng, &self.lists))],
        };
        lines.iter().map(|line| Command::parse(line)).collect()
    }

    /// All that was appended, by name.
    fn elements<'h>(&self, history: &'h History) -> Elements<'h> {
        let mut elements = Elements::new();
        for ops in &history.processes {
            let mut queued: Vec<&'h Command> = Vec::new();
            let mut inside = false;
            for &op in ops {
                let (command, reply) = (&history.ops[op].command, history.ops[op].reply());
                let mut note = |list, element, reply: Option<&Value>| {
                    let place = match reply {
                        Some(Value::Int(length)) => usize::try_from(length - 1).ok(),
                        _ => None,
                    };
                    elements.insert(element, Element { list, op, place });
                };
                match command.name() {
                    "MULTI" => inside = true,
                    "EXEC" => {
                        for (at, command) in std::mem::take(&mut queued).into_iter().enumerate() {
                            let reply = match reply {
                                Some(Value::Array(replies)) => replies.get(at),
                                _ => None,
                            };
                            note(command.word(1), command.word(2), reply);
                        }
                        inside = false;
                    }
                    "RPUSH" if inside => queued.push(command),
                    "RPUSH" => note(command.word(1), command.word(2), reply),
                    "EVAL" => {
                        let first = 3 + command.word(2).parse::<usize>().unwrap_or(0);
                        note(command.word(first), command.word(first + 1), None);
                        note(command.word(first + 2), command.word(first + 3), reply);
                    }
                    _ => {}
                }
            }
        }
        elements
    }

    /// What each operation appended is in all lists or in none, and everything was appended by somebody before.
    fn check_whole<'h>(
        &self,
        history: &'h History,
        elements: &Elements<'h>,
        lists: &BTreeMap<&str, (OpIndex, Vec<&'h str>)>,
    ) -> Result<(), Violation> {
        let mut found = BTreeSet::new();
        let mut ops = BTreeSet::new();
        for (&key, (look, list)) in lists {
            for &name in list {
                let Some(element) = elements.get(name).filter(|element| element.list == key) else {
                    return Err(Violation::new(format!("nobody appended {name}:"), [*look]));
                };
                if history.ops[*look].precedes(&history.ops[element.op]) || !found.insert(name) {
                    let text = format!("{name} is there twice, or before it was appended:");
                    return Err(Violation::new(text, [element.op, *look]));
                }
                ops.insert(element.op);
            }
        }
        let torn =
            elements.iter().find(|(name, element)| ops.contains(&element.op) && !found.contains(*name));
        match torn {
            None => Ok(()),
            Some((name, element)) => {
                let looks = lists.values().map(|(look, _)| *look);
                let text = format!("all but {name} of this is there:");
                Err(Violation::new(text, [element.op].into_iter().chain(looks)))
            }
        }
    }

    /// What the group of keys holds after each loss of power is no older than what was durable.
    fn check_group(&self, history: &History, checked: &mut Checked) -> Result<(), Violation> {
        let is = |name: &str, op: OpIndex| history.ops[op].command.name() == name;
        let writes: Vec<OpIndex> = (0..history.ops.len()).filter(|&op| is("MSET", op)).collect();
        for look in (0..history.ops.len()).filter(|&op| is("MGET", op)) {
            let Some(Value::Array(values)) = history.ops[look].reply() else { continue };
            checked.facts += 1;
            if values.windows(2).any(|pair| pair[0] != pair[1]) {
                let text = "keys that are only written together were read with different values:";
                return Err(Violation::new(text, [look]));
            }
            let seen = match values.first() {
                Some(Value::Bulk(value)) => Some(std::str::from_utf8(value).unwrap_or_default()),
                _ => None,
            };
            let of =
                |value: &str| writes.iter().copied().find(|&op| history.ops[op].command.word(2) == value);
            let written = seen.map(of);
            if written == Some(None) {
                return Err(Violation::new("nobody wrote this:", [look]));
            }
            let written = written.flatten();
            for &write in writes.iter().filter(|&&write| history.ops[write].precedes(&history.ops[look])) {
                let (of, at) = (&history.ops[write], history.ops[look].called);
                let is_undone = |(time, undone): &(u64, std::collections::HashSet<OpIndex>)| {
                    *time > of.end() && *time < at && undone.contains(&write)
                };
                if history.outages.iter().any(is_undone) {
                    continue;
                }
                checked.facts += 1;
                if written.is_none_or(|seen| history.ops[seen].precedes(of)) {
                    let text = "this was durable, and something older was read:";
                    return Err(Violation::new(text, [write, look].into_iter().chain(written)));
                }
            }
        }
        Ok(())
    }

    /// Whether an operation asks what a list holds; then what it holds.
    fn list<'h>(history: &'h History, op: OpIndex, key: &str) -> Option<Vec<&'h str>> {
        let entry = &history.ops[op];
        let Value::Array(items) = entry.reply()? else { return None };
        let is_look = entry.command.name() == "LRANGE" && entry.command.word(1) == key;
        let text = |item: &'h Value| match item {
            Value::Bulk(text) => std::str::from_utf8(text).ok(),
            _ => None,
        };
        if is_look { items.iter().map(text).collect() } else { None }
    }

    /// The history between two losses of power: lists go on from what they were at the start of it.
    fn check_life<'h>(
        &self,
        history: &'h History,
        elements: &Elements<'h>,
        (from, to): (u64, u64),
        checked: &mut Checked,
    ) -> Result<(), Violation> {
        let inside: Vec<OpIndex> = (0..history.ops.len())
            .filter(|&op| history.ops[op].called > from && history.ops[op].end() < to)
            .collect();
        for key in &self.lists {
            // What is known to stand at each place, and how.
            let mut known: BTreeMap<usize, (&str, OpIndex)> = BTreeMap::new();
            let mut note = |place, name, op| match known.insert(place, (name, op)) {
                Some((other, before)) if other != name => {
                    let text = format!("{other} and {name} are both at place {place} of {key}:");
                    Err(Violation::new(text, [before, op]))
                }
                _ => Ok(()),
            };
            for (&name, element) in elements.iter().filter(|(_, element)| element.list == key) {
                if let Some(place) = element.place.filter(|_| inside.contains(&element.op)) {
                    note(place, name, element.op)?;
                    checked.facts += 1;
                }
            }
            for &op in &inside {
                for (place, name) in Self::list(history, op, key).unwrap_or_default().into_iter().enumerate()
                {
                    note(place, name, op)?;
                    checked.facts += 1;
                }
            }
        }
        Ok(())
    }

    /// What is found after a loss of power is a beginning of what was there before, and has all that was durable.
    fn check_found<'h>(
        &self,
        history: &'h History,
        elements: &Elements<'h>,
        (before, at, after): (u64, u64, u64),
        undone: &std::collections::HashSet<OpIndex>,
        checked: &mut Checked,
    ) -> Result<(), Violation> {
        let mut found: BTreeMap<&str, (OpIndex, Vec<&'h str>)> = BTreeMap::new();
        for key in &self.lists {
            let is_first = |op: &OpIndex| {
                let entry = &history.ops[*op];
                entry.called > at && entry.end() < after && Self::list(history, *op, key).is_some()
            };
            let Some(look) = (0..history.ops.len()).find(is_first) else { return Ok(()) };
            found.insert(key, (look, Self::list(history, look, key).unwrap_or_default()));
        }
        self.check_whole(history, elements, &found)?;
        for (&key, (look, list)) in &found {
            for (&name, element) in elements.iter().filter(|(_, element)| element.list == key) {
                let op = &history.ops[element.op];
                let Some(place) = element.place.filter(|_| op.called > before && op.end() < at) else {
                    continue;
                };
                checked.facts += 1;
                let there = list.get(place);
                let is_lost = there.is_none() && !undone.contains(&element.op);
                if is_lost || there.is_some_and(|there| *there != name) {
                    let text = format!("{name} was at place {place} of {key}, and is not there any more:");
                    return Err(Violation::new(text, [element.op, *look]));
                }
            }
            // What was read is a beginning, or what is found is one of it.
            for op in (0..history.ops.len())
                .filter(|&op| history.ops[op].called > before && history.ops[op].end() < at)
            {
                let Some(read) = Self::list(history, op, key) else { continue };
                let len = read.len().min(list.len());
                if read[..len] != list[..len] || (read.len() > len && !undone.contains(&op)) {
                    return Err(Violation::new("what was read is not there any more:", [op, *look]));
                }
            }
        }
        Ok(())
    }
}

impl Workload for Crash {
    fn name(&self) -> &'static str {
        "crash"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 6,
            ops: 500,
            pipeline_max: 4,
            unanswered_max: 20,
            losses_max: 30,
            bytes_scale: 1,
            blocks: false,
        }
    }

    fn log(&self) -> Option<Policy> {
        Some(self.policy)
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        (0..asker.max.div_ceil(2)).flat_map(|_| self.commands(rng)).collect()
    }

    fn last_words(&self) -> Vec<Command> {
        let look = |key: &String| Command::new(["LRANGE", key.as_str(), "0", "-1"]);
        self.lists.iter().map(look).chain([mget(&self.group)]).collect()
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        let elements = self.elements(history);
        let mut before = 0;
        for (number, (at, undone)) in history.outages.iter().enumerate() {
            let after = history.outages.get(number + 1).map_or(NEVER, |(after, _)| *after);
            self.check_life(history, &elements, (before, *at), &mut checked)?;
            let none = Default::default();
            let undone = if self.policy == Policy::Always { &none } else { undone };
            self.check_found(history, &elements, (before, *at, after), undone, &mut checked)?;
            before = *at;
        }
        self.check_life(history, &elements, (before, NEVER), &mut checked)?;
        self.check_group(history, &mut checked)?;
        Ok(checked)
    }
}
