//! Lists that grow by APPEND, and reads of several at once: dependencies, and no cycle among them.
//!
//! A value tells its whole history, so the order of all writes of a key is known, and each read names the last write that
//! it saw and the first that it did not.

use std::collections::HashMap;

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, mget, names, pick, pick_key, some_of};
use crate::check::graph::{Before, Graph};
use crate::command::Command;
use crate::history::{History, Op, OpIndex, Violation};

/// See the module page.
pub struct Lists {
    keys: Vec<String>,
    next_element: u64,
}

impl Lists {
    /// Two to six lists in several shards.
    pub fn new(shards: u16, rng: &mut Rng) -> Self {
        let count = 2 + rng.below(5) as usize;
        Lists { keys: names::spread("l", count, rng.below(7) as usize, shards), next_element: 0 }
    }

    fn command(&mut self, rng: &mut Rng) -> Command {
        let some = 2 + rng.below(self.keys.len() as u64 - 1) as usize;
        match rng.below(10) {
            0..5 => {
                self.next_element += 1;
                Command::parse(&format!("APPEND {} {},", pick(rng, &self.keys), self.next_element))
            }
            5 => Command::new(["GET", pick_key(rng, &self.keys)]),
            _ => some_of(rng, "MGET", &self.keys, some),
        }
    }

    /// The edges of one key.
    fn add_edges(&self, history: &History, key: &str, graph: &mut Graph) -> Result<u64, Violation> {
        let mut facts = 0;
        let reads: Vec<(OpIndex, Vec<&str>)> = reads_of(history, key).collect();
        let Some((longest, order)) = reads.iter().max_by_key(|(_, list)| list.len()) else { return Ok(0) };
        let writers: HashMap<&str, OpIndex> = history
            .ops
            .iter()
            .enumerate()
            .filter(|(_, op)| op.command.name() == "APPEND" && op.command.word(1) == key)
            .map(|(index, op)| (op.command.word(2).trim_end_matches(','), index))
            .collect();
        let mut writes = Vec::new();
        for element in order {
            match writers.get(element) {
                Some(&write) if !writes.contains(&write) => writes.push(write),
                Some(&write) => return Err(Violation::new("an element is there twice:", [write, *longest])),
                None => return Err(Violation::new(format!("nobody wrote {element}:"), [*longest])),
            }
        }
        for pair in writes.windows(2) {
            graph.add(pair[0], pair[1], Before::WriteWrite);
        }
        for (read, list) in &reads {
            facts += 1;
            if !order.starts_with(list) {
                return Err(Violation::new(
                    "two reads disagree on the order of elements:",
                    [*read, *longest],
                ));
            }
            if let Some(&last) = list.len().checked_sub(1).and_then(|last| writes.get(last)) {
                graph.add(last, *read, Before::WriteRead);
            }
            if let Some(&next) = writes.get(list.len()) {
                graph.add(*read, next, Before::ReadWrite);
            }
        }
        // The reply of an append says where its element is.
        let mut length = 0;
        for &write in &writes {
            let op = &history.ops[write];
            length += op.command.word(2).len() as i64;
            if op.reply().is_some_and(|reply| *reply != Value::Int(length)) {
                return Err(Violation::new("an append did not end where its reply says:", [write, *longest]));
            }
            facts += 1;
        }
        // The last read comes when all is quiet, so it sees whatever was acknowledged.
        let is_missing = |write: &&OpIndex| history.ops[**write].reply().is_some() && !writes.contains(write);
        if let Some(&missing) = writers.values().filter(is_missing).min() {
            return Err(Violation::new("an acknowledged append is not there:", [missing, *longest]));
        }
        Ok(facts)
    }
}

/// The reads of a key with what they saw.
fn reads_of<'a>(history: &'a History, key: &'a str) -> impl Iterator<Item = (OpIndex, Vec<&'a str>)> {
    history.ops.iter().enumerate().filter_map(move |(index, op)| Some((index, elements(value_of(op, key)?)?)))
}

/// What an operation read of a key, if it did.
fn value_of<'a>(op: &'a Op, key: &str) -> Option<&'a Value> {
    match (op.command.name(), op.reply()?) {
        ("GET", value) => (op.command.word(1) == key).then_some(value),
        ("MGET", Value::Array(values)) => {
            let at = op.command.args().position(|word| word == key)?;
            values.get(at)
        }
        _ => None,
    }
}

fn elements(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Bulk(text) => Some(std::str::from_utf8(text).ok()?.split_terminator(',').collect()),
        _ => None,
    }
}

impl Workload for Lists {
    fn name(&self) -> &'static str {
        "lists"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 8,
            ops: 500,
            pipeline_max: 12,
            unanswered_max: 40,
            losses_max: 50,
            bytes_scale: 1,
            blocks: false,
        }
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        (0..asker.max).map(|_| self.command(rng)).collect()
    }

    fn last_words(&self) -> Vec<Command> {
        vec![mget(&self.keys)]
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        let mut graph = Graph::new(history);
        for key in &self.keys {
            checked.facts += self.add_edges(history, key, &mut graph)?;
        }
        checked.facts += graph.len() as u64;
        graph.require_acyclic()?;
        Ok(checked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::order::tests::history;

    fn check(text: &str, is_good: bool) {
        let lists = Lists { keys: vec!["a".into(), "b".into()], next_element: 0 };
        let verdict = lists.check(&history(text));
        assert_eq!(verdict.is_ok(), is_good, "{verdict:?} of\n{text}");
    }

    #[test]
    fn two_readers_agree_on_an_order() {
        let writes = "0 1 9 APPEND a 1, -> :2/\n 1 1 9 APPEND b 2, -> :2/\n";
        let end = "4 20 21 MGET a b -> *2/$2/1,/$2/2,/";
        let one = "2 2 3 MGET a b -> *2/$2/1,/$-1/\n";
        check(&format!("{writes}{one}3 2 3 MGET a b -> *2/$2/1,/$-1/\n{end}"), true);
        check(&format!("{writes}{one}3 2 3 MGET a b -> *2/$-1/$2/2,/\n{end}"), false);
    }
}
