//! Transactions that append to several lists and read several: dependencies between transactions, and no cycle among them.
//!
//! After Elle's list-append test: a list tells its whole history, so the order of all appends to it is known, and whatever a
//! transaction read names the last append that it saw and the first that it did not. The transactions are those of
//! MULTI, single commands, and scripts.

use std::collections::HashMap;

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, names, pick, pick_key};
use crate::check::graph::{Before, Graph};
use crate::command::Command;
use crate::history::{History, OpIndex, Violation};

/// Appends each pair of arguments, then returns the lists that are keys; no key is declared, or all that are read.
const SCRIPT: &str = "for at = 1, #ARGV, 2 do redis.call('RPUSH', ARGV[at], ARGV[at + 1]) end \
    local lists = {} for at, key in ipairs(KEYS) do lists[at] = redis.call('LRANGE', key, 0, -1) end return lists";

/// What a transaction did to one list.
#[derive(Debug)]
enum Access<'h> {
    /// It appended an element, and was told the length then.
    Append { element: &'h str, length: Option<i64> },
    /// It read these elements.
    Read(Vec<&'h str>),
}

/// See the module page.
pub struct Appends {
    keys: Vec<String>,
    next_element: u64,
}

/// By list, what was done to it: the operation that carried it out, in program order within one.
type Accesses<'h> = HashMap<&'h str, Vec<(OpIndex, Access<'h>)>>;

impl Appends {
    /// Two to five lists in several shards.
    pub fn new(shards: u16, rng: &mut Rng) -> Self {
        let count = 2 + rng.below(4) as usize;
        Appends { keys: names::spread("a", count, rng.below(7) as usize, shards), next_element: 0 }
    }

    fn element(&mut self) -> String {
        self.next_element += 1;
        self.next_element.to_string()
    }

    fn append(&mut self, rng: &mut Rng) -> Command {
        let element = self.element();
        Command::new(["RPUSH", pick_key(rng, &self.keys), &element])
    }

    fn read(&self, rng: &mut Rng) -> Command {
        Command::new(["LRANGE", pick_key(rng, &self.keys), "0", "-1"])
    }

    fn either(&mut self, rng: &mut Rng) -> Command {
        if rng.one_in(2) { self.append(rng) } else { self.read(rng) }
    }

    fn script(&mut self, rng: &mut Rng) -> Command {
        let script = format!("{SCRIPT} -- {}", rng.below(20));
        let keys: Vec<String> = (0..rng.below(3)).map(|_| pick(rng, &self.keys).clone()).collect();
        let mut words = vec!["EVAL".to_owned(), script, keys.len().to_string()];
        words.extend(keys);
        for _ in 0..1 + rng.below(2) {
            let element = self.element();
            words.extend([pick(rng, &self.keys).clone(), element]);
        }
        Command::new(words)
    }

    fn transaction(&mut self, rng: &mut Rng) -> Vec<Command> {
        match rng.below(8) {
            0 => vec![self.append(rng)],
            1 => vec![self.read(rng)],
            2 => vec![self.script(rng)],
            kind => {
                let mut commands = vec![Command::parse("MULTI")];
                commands.extend((0..2 + rng.below(4)).map(|_| self.either(rng)));
                // A command of the core's own, so that the transaction takes its locks.
                commands.extend((kind == 3).then(|| Command::parse("CLIENT GETNAME")));
                commands.push(Command::parse("EXEC"));
                commands
            }
        }
    }

    /// What was done to each list.
    fn accesses<'h>(&self, history: &'h History) -> Accesses<'h> {
        let mut accesses = Accesses::new();
        for ops in &history.processes {
            // Commands queued since MULTI, if there was one.
            let mut queued: Option<Vec<&'h Command>> = None;
            for &index in ops {
                let op = &history.ops[index];
                match (op.command.name(), &mut queued) {
                    ("MULTI", _) => queued = Some(Vec::new()),
                    ("EXEC", _) => {
                        for (at, command) in queued.take().unwrap_or_default().into_iter().enumerate() {
                            let reply = match op.reply() {
                                Some(Value::Array(replies)) => replies.get(at),
                                _ => None,
                            };
                            note(&mut accesses, index, command, reply);
                        }
                    }
                    (_, Some(queued)) => queued.push(&op.command),
                    _ => note(&mut accesses, index, &op.command, op.reply()),
                }
            }
        }
        accesses
    }
}

/// Notes what a command did to lists.
fn note<'h>(accesses: &mut Accesses<'h>, op: OpIndex, command: &'h Command, reply: Option<&'h Value>) {
    let mut add = |key, access| accesses.entry(key).or_default().push((op, access));
    match command.name() {
        "RPUSH" => {
            let length = match reply {
                Some(Value::Int(length)) => Some(*length),
                _ => None,
            };
            add(command.word(1), Access::Append { element: command.word(2), length });
        }
        "LRANGE" => {
            if let Some(list) = reply.and_then(elements) {
                add(command.word(1), Access::Read(list));
            }
        }
        "EVAL" => {
            let keys: usize = command.word(2).parse().unwrap_or(0);
            for at in (3 + keys..command.words.len()).step_by(2) {
                add(command.word(at), Access::Append { element: command.word(at + 1), length: None });
            }
            let Some(Value::Array(lists)) = reply else { return };
            for (at, list) in lists.iter().enumerate() {
                if let Some(list) = elements(list) {
                    add(command.word(3 + at), Access::Read(list));
                }
            }
        }
        _ => {}
    }
}

fn elements(value: &Value) -> Option<Vec<&str>> {
    let Value::Array(items) = value else { return None };
    items.iter().map(text).collect()
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Bulk(text) => std::str::from_utf8(text).ok(),
        _ => None,
    }
}

/// The edges of one list.
fn add_edges(
    history: &History,
    accesses: &[(OpIndex, Access<'_>)],
    graph: &mut Graph,
) -> Result<u64, Violation> {
    let mut reads = Vec::new();
    let mut appends: HashMap<&str, (OpIndex, Option<i64>)> = HashMap::new();
    // What the transaction at hand has appended so far.
    let (mut current, mut own) = (None, Vec::new());
    for (op, access) in accesses {
        if current.replace(*op) != Some(*op) {
            own.clear();
        }
        match access {
            Access::Append { element, length } => {
                own.push(*element);
                appends.insert(element, (*op, *length));
            }
            Access::Read(list) if list.ends_with(&own) => reads.push((*op, list)),
            Access::Read(_) => {
                let text = format!("a transaction has appended {}, but reads otherwise:", own.join(", "));
                return Err(Violation::new(text, [*op]));
            }
        }
    }
    let Some(&(longest, order)) = reads.iter().max_by_key(|(_, list)| list.len()) else { return Ok(0) };
    let mut writes = Vec::new();
    for (at, element) in order.iter().enumerate() {
        let Some(&(write, length)) = appends.get(element) else {
            return Err(Violation::new(format!("nobody appended {element}:"), [longest]));
        };
        if order.get(..at).is_some_and(|before| before.contains(element)) {
            return Err(Violation::new(format!("{element} is there twice:"), [write, longest]));
        }
        if length.is_some_and(|length| length != at as i64 + 1) {
            let text = format!("{element} is not where the reply to its append says:");
            return Err(Violation::new(text, [write, longest]));
        }
        writes.push(write);
    }
    for pair in writes.windows(2) {
        graph.add(pair[0], pair[1], Before::WriteWrite);
    }
    for &(read, list) in &reads {
        if !order.starts_with(list) {
            let text = "two reads disagree on the order of elements:";
            return Err(Violation::new(text, [read, longest]));
        }
        if let Some(&last) = list.len().checked_sub(1).and_then(|last| writes.get(last)) {
            graph.add(last, read, Before::WriteRead);
        }
        if let Some(&next) = writes.get(list.len()) {
            graph.add(read, next, Before::ReadWrite);
        }
    }
    // The last read comes when all is quiet, so it sees whatever was acknowledged.
    let is_missing = |write: &OpIndex| {
        matches!(history.ops[*write].reply(), Some(reply) if !matches!(reply, Value::Null | Value::Error(_)))
            && !writes.contains(write)
    };
    if let Some(missing) = appends.values().map(|(write, _)| *write).filter(is_missing).min() {
        return Err(Violation::new("an acknowledged append is not there:", [missing, longest]));
    }
    Ok(reads.len() as u64 + writes.len() as u64)
}

impl Workload for Appends {
    fn name(&self) -> &'static str {
        "appends"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 6,
            ops: 600,
            pipeline_max: 4,
            unanswered_max: 40,
            losses_max: 30,
            bytes_scale: 1,
            blocks: false,
        }
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        (0..asker.max.div_ceil(2)).flat_map(|_| self.transaction(rng)).collect()
    }

    fn last_words(&self) -> Vec<Command> {
        self.keys.iter().map(|key| Command::new(["LRANGE", key.as_str(), "0", "-1"])).collect()
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        let mut graph = Graph::new(history);
        let accesses = self.accesses(history);
        for key in &self.keys {
            let Some(accesses) = accesses.get(key.as_str()) else { continue };
            checked.facts += add_edges(history, accesses, &mut graph)?;
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
        let appends = Appends { keys: vec!["a".into(), "b".into()], next_element: 0 };
        let verdict = appends.check(&history(text));
        assert_eq!(verdict.is_ok(), is_good, "{verdict:?} of\n{text}");
    }

    const WRITE: &str = "0 1 9 MULTI -> +OK/
        0 1 9 RPUSH a 1 -> +QUEUED/
        0 1 9 RPUSH b 2 -> +QUEUED/
        0 1 9 EXEC -> *2/:1/:1/\n";

    #[test]
    fn a_transaction_is_seen_whole() {
        let read = |a: &str, b: &str| {
            format!(
                "{WRITE}1 2 3 MULTI -> +OK/
                1 2 3 LRANGE a 0 -1 -> +QUEUED/
                1 2 3 LRANGE b 0 -1 -> +QUEUED/
                1 2 3 EXEC -> *2/{a}{b}
                1 20 21 LRANGE a 0 -1 -> *1/$1/1/
                1 20 21 LRANGE b 0 -1 -> *1/$1/2/"
            )
        };
        check(&read("*0/", "*0/"), true);
        check(&read("*1/$1/1/", "*1/$1/2/"), true);
        check(&read("*1/$1/1/", "*0/"), false);
        check(&read("*0/", "*1/$1/2/"), false);
    }

    #[test]
    fn appends_are_not_lost_doubled_or_reordered() {
        check("0 1 2 RPUSH a 1 -> :1/\n 0 3 4 LRANGE a 0 -1 -> *0/", false);
        check("0 1 2 RPUSH a 1 -> :1/\n 0 3 4 LRANGE a 0 -1 -> *2/$1/1/$1/1/", false);
        check("0 1 2 RPUSH a 1 -> :1/\n 0 3 4 LRANGE a 0 -1 -> *2/$1/1/$1/7/", false);
        let two = "0 1 2 RPUSH a 1 -> :1/\n 0 3 4 RPUSH a 2 -> :2/\n";
        check(&format!("{two} 0 5 6 LRANGE a 0 -1 -> *2/$1/1/$1/2/"), true);
        check(&format!("{two} 0 5 6 LRANGE a 0 -1 -> *2/$1/2/$1/1/"), false);
        check("0 1 9 EVAL script 1 a a 1 b 2 -> *1/*0/\n 1 20 21 LRANGE a 0 -1 -> *1/$1/1/", false);
    }
}
