//! Commands on all keys at once among others: DBSIZE, KEYS, RANDOMKEY, and either FLUSHALL or SCAN.

use std::collections::{BTreeMap, BTreeSet};

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, names, ordered, pick, some_of};
use crate::check::order::search;
use crate::command::Command;
use crate::history::{History, OpIndex, Violation};

/// See the module page.
pub struct Keyspace {
    /// Come and go.
    keys: Vec<String>,
    /// Are there from first to last; none if everything is flushed now and then.
    stable: Vec<String>,
    next_value: u64,
    /// By connection that scans: where it goes on, `None` while that is not known.
    scans: BTreeMap<usize, Option<String>>,
}

impl Keyspace {
    /// With stable keys and scans, or without and with flushes.
    pub fn new(shards: u16, rng: &mut Rng) -> Self {
        let (count, first) = (3 + rng.below(5) as usize, rng.below(7) as usize);
        let stable = if rng.one_in(2) { names::spread("stable", 12, first, shards) } else { Vec::new() };
        let keys = names::spread("w", count, first, shards);
        Keyspace { keys, stable, next_value: 0, scans: BTreeMap::new() }
    }

    fn command(&mut self, rng: &mut Rng) -> Command {
        self.next_value += 1;
        let (key, value) = (pick(rng, &self.keys), self.next_value);
        match rng.below(18) {
            0..4 => Command::parse(&format!("SET {key} {value}")),
            4..6 => some_of(rng, "DEL", &self.keys, 2),
            6 => Command::parse(&format!("MSET {key} {value} {} {value}", pick(rng, &self.keys))),
            7..10 => some_of(rng, "RENAME", &self.keys, 2),
            10 => some_of(rng, "COPY", &self.keys, 2),
            11..14 => Command::parse("DBSIZE"),
            14 => Command::parse("RANDOMKEY"),
            15 => some_of(rng, "MGET", &self.keys, 3),
            16 if self.stable.is_empty() => Command::parse("FLUSHALL"),
            _ => Command::parse("KEYS *"),
        }
    }

    /// The next step of a connection's scan, if it scans and knows where it stands.
    fn scan(&mut self, asker: Asker, rng: &mut Rng) -> Option<Command> {
        if self.stable.is_empty() || !rng.one_in(2) {
            return None;
        }
        let cursor = self.scans.entry(asker.process).or_insert_with(|| Some("0".to_owned())).take()?;
        Some(Command::parse(&format!("SCAN {cursor} COUNT {}", 1 + rng.below(6))))
    }

    /// Whole scans see every stable key, and no key that never was.
    fn check_scans(&self, history: &History, checked: &mut Checked) -> Result<(), Violation> {
        let known: BTreeSet<&str> = self.keys.iter().chain(&self.stable).map(String::as_str).collect();
        for ops in &history.processes {
            let (mut seen, mut steps): (BTreeSet<&str>, Vec<OpIndex>) = Default::default();
            for &index in ops.iter().filter(|&&index| history.ops[index].command.name() == "SCAN") {
                let Some(reply) = history.ops[index].reply() else { break };
                let Some((cursor, keys)) = scanned(reply) else {
                    return Err(Violation::new("not the reply of a scan:", [index]));
                };
                steps.push(index);
                seen.extend(keys);
                checked.facts += 1;
                if cursor != "0" {
                    continue;
                }
                if let Some(missing) = self.stable.iter().find(|key| !seen.contains(key.as_str())) {
                    return Err(Violation::new(format!("a whole scan did not see {missing}:"), steps));
                }
                if let Some(unknown) = seen.iter().find(|key| !known.contains(*key)) {
                    return Err(Violation::new(format!("a scan saw {unknown}:"), steps));
                }
                seen.clear();
                steps.clear();
            }
        }
        Ok(())
    }
}

/// Cursor and keys of a reply of SCAN.
fn scanned(reply: &Value) -> Option<(&str, Vec<&str>)> {
    let Value::Array(parts) = reply else { return None };
    let [Value::Bulk(cursor), Value::Array(keys)] = parts.as_slice() else { return None };
    fn text(value: &Value) -> Option<&str> {
        if let Value::Bulk(text) = value { std::str::from_utf8(text).ok() } else { None }
    }
    Some((std::str::from_utf8(cursor).ok()?, keys.iter().map(text).collect::<Option<_>>()?))
}

impl Workload for Keyspace {
    fn name(&self) -> &'static str {
        "keyspace"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 5,
            ops: 200,
            pipeline_max: 6,
            unanswered_max: 5,
            losses_max: 3,
            bytes_scale: 1,
            blocks: false,
        }
    }

    fn first_words(&self) -> Vec<Command> {
        if self.stable.is_empty() {
            return Vec::new();
        }
        vec![Command::new(["MSET"].into_iter().chain(self.stable.iter().flat_map(|key| [key.as_str(), "0"])))]
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        if let Some(scan) = self.scan(asker, rng) {
            return vec![scan];
        }
        (0..asker.max).map(|_| self.command(rng)).collect()
    }

    fn replied(&mut self, process: usize, command: &Command, reply: &Value) {
        if command.name() == "SCAN"
            && let Some((cursor, _)) = scanned(reply)
        {
            self.scans.insert(process, Some(cursor.to_owned()));
        }
    }

    fn last_words(&self) -> Vec<Command> {
        vec![Command::parse("KEYS *"), Command::parse("DBSIZE")]
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        self.check_scans(history, &mut checked)?;
        let verdict = search(history, |op| op.command.name() != "SCAN");
        ordered(verdict, "all keys", &mut checked)?;
        Ok(checked)
    }
}
