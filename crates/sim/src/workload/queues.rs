//! Queues: producers push tokens, consumers wait for them. Each token is taken once, in order, and nobody waits for what is
//! there.

use std::collections::BTreeMap;

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, names, pick_key};
use crate::command::Command;
use crate::history::{History, Op, OpIndex, Violation};

/// Clients that push; the others take.
const PRODUCERS: usize = 2;

/// Pushes what its arguments say.
const PUSH: &str = "return redis.call('RPUSH', ARGV[1], ARGV[2], ARGV[3])";

/// See the module page.
pub struct Queues {
    queues: Vec<String>,
    /// No connection is lost, elements go in at the right end and out at the left one: then their order can be checked.
    strict: bool,
    pushed: u64,
}

/// Where a token was seen to leave its queue, or to be left in the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Sight {
    op: OpIndex,
    /// Its place in the reply.
    place: usize,
    /// It is left.
    left: bool,
}

/// A token that was pushed.
struct Token<'a> {
    queue: &'a str,
    /// The operation by which it was: of a transaction, EXEC.
    push: OpIndex,
    /// Its place among all that its connection pushed.
    number: usize,
    process: usize,
}

impl Queues {
    /// Two to four queues in several shards.
    pub fn new(shards: u16, rng: &mut Rng) -> Self {
        let count = 2 + rng.below(3) as usize;
        let queues = names::spread("queue", count, rng.below(7) as usize, shards);
        Queues { queues, strict: rng.one_in(2), pushed: 0 }
    }

    /// Whether no connection was lost indeed.
    fn is_strict(&self, history: &History) -> bool {
        self.strict && history.outages.is_empty()
    }

    fn token(&mut self) -> String {
        self.pushed += 1;
        format!("t{}", self.pushed)
    }

    fn two(&self, rng: &mut Rng) -> (String, String) {
        let first = rng.below(self.queues.len() as u64) as usize;
        let second = (first + 1 + rng.below(self.queues.len() as u64 - 1) as usize) % self.queues.len();
        (self.queues[first].clone(), self.queues[second].clone())
    }

    fn produce(&mut self, rng: &mut Rng) -> Vec<Command> {
        let (a, b) = self.two(rng);
        let (one, two, three) = (self.token(), self.token(), self.token());
        if rng.one_in(6) {
            // A script that does not declare its key.
            let script = format!("{PUSH} -- {}", rng.below(20));
            return vec![Command::new(["EVAL", &script, "0", &a, &one, &two])];
        }
        let lines = match rng.below(if self.strict { 4 } else { 7 }) {
            0 | 1 => vec![format!("RPUSH {a} {one}")],
            2 => vec![format!("RPUSH {a} {one} {two} {three}")],
            3 => vec![
                "MULTI".into(),
                format!("RPUSH {a} {one} {two}"),
                format!("RPUSH {b} {three}"),
                "EXEC".into(),
            ],
            4 => vec![format!("LPUSH {a} {one}")],
            5 => vec![format!("LMOVE {a} {b} RIGHT LEFT")],
            _ => vec![format!("RENAMENX {a} {b}")],
        };
        lines.iter().map(|line| Command::parse(line)).collect()
    }

    fn consume(&self, rng: &mut Rng) -> Command {
        let ((a, b), q) = (self.two(rng), pick_key(rng, &self.queues));
        let timeout = if rng.one_in(4) { "0.03" } else { "0" };
        Command::parse(&match rng.below(if self.strict { 7 } else { 11 }) {
            0..3 => format!("BLPOP {q} {timeout}"),
            3 | 4 => format!("BLPOP {a} {b} {timeout}"),
            5 => format!("BLMPOP {timeout} 2 {a} {b} LEFT COUNT 2"),
            6 => format!("LPOP {q}"),
            7 => format!("BRPOP {q} {timeout}"),
            8 => format!("BRPOP {a} {b} {timeout}"),
            9 => format!("BLMOVE {a} {b} LEFT RIGHT {timeout}"),
            _ => format!("BRPOPLPUSH {a} {b} {timeout}"),
        })
    }

    /// The queues that a command takes from.
    fn sources<'c>(&self, command: &'c Command) -> Vec<&'c str> {
        match command.name() {
            "BLPOP" | "BRPOP" => (1..command.words.len() - 1).map(|at| command.word(at)).collect(),
            "BLMPOP" => vec![command.word(3), command.word(4)],
            "LPOP" | "BLMOVE" | "BRPOPLPUSH" => vec![command.word(1)],
            _ => Vec::new(),
        }
    }

    /// The tokens that were pushed, with what pushed them, by their names.
    fn tokens<'h>(&self, history: &'h History) -> BTreeMap<&'h str, Token<'h>> {
        let mut tokens = BTreeMap::new();
        for (process, ops) in history.processes.iter().enumerate() {
            let mut number = 0;
            for (at, &index) in ops.iter().enumerate() {
                let command = &history.ops[index].command;
                let place = match command.name() {
                    "RPUSH" | "LPUSH" => 1,
                    "EVAL" => 3,
                    _ => continue,
                };
                // A queued command is carried out by the next EXEC, which may not have come.
                let queued = matches!(
                    at.checked_sub(1).map(|before| history.ops[ops[before]].command.name()),
                    Some("MULTI" | "RPUSH")
                ) && in_transaction(history, &ops[..at]);
                let exec =
                    || ops[at..].iter().copied().find(|&later| history.ops[later].command.name() == "EXEC");
                let Some(push) = (if queued { exec() } else { Some(index) }) else { continue };
                for word in place + 1..command.words.len() {
                    number += 1;
                    let token = Token { queue: command.word(place), push, number, process };
                    tokens.insert(command.word(word), token);
                }
            }
        }
        tokens
    }

    /// Where each token was taken, or left.
    fn sights<'h>(&self, history: &'h History) -> Vec<(&'h [u8], Sight)> {
        let mut sights = Vec::new();
        for (op, entry) in history.ops.iter().enumerate() {
            let Some(reply) = entry.reply() else { continue };
            let mut see = |value: &'h Value, place, left| {
                if let Value::Bulk(token) = value {
                    sights.push((token.as_slice(), Sight { op, place, left }));
                }
            };
            match (entry.command.name(), reply) {
                ("LPOP", token) => see(token, 0, false),
                ("BLPOP" | "BRPOP" | "BLMPOP", Value::Array(parts)) => match parts.get(1) {
                    Some(Value::Array(texts)) => {
                        texts.iter().enumerate().for_each(|(place, text)| see(text, place, false));
                    }
                    Some(token) => see(token, 0, false),
                    None => {}
                },
                ("LRANGE", Value::Array(texts)) => {
                    texts.iter().enumerate().for_each(|(place, text)| see(text, place, true));
                }
                _ => {}
            }
        }
        sights
    }

    /// Each token is seen once, and those that were pushed for certain are.
    fn check_once<'h>(
        &self,
        history: &'h History,
        tokens: &BTreeMap<&'h str, Token<'h>>,
        checked: &mut Checked,
    ) -> Result<BTreeMap<&'h str, Sight>, Violation> {
        let mut seen: BTreeMap<&str, Sight> = BTreeMap::new();
        for (name, sight) in self.sights(history) {
            let name = std::str::from_utf8(name).unwrap_or_default();
            checked.facts += 1;
            let Some(token) = tokens.get(name) else {
                return Err(Violation::new(format!("{name} was taken, but never pushed:"), [sight.op]));
            };
            if history.ops[sight.op].precedes(&history.ops[token.push]) {
                return Err(Violation::new("taken before it was pushed:", [sight.op, token.push]));
            }
            if let Some(first) = seen.insert(name, sight) {
                return Err(Violation::new(format!("{name} was taken twice:"), [first.op, sight.op]));
            }
        }
        // What a lost reply took is gone with it: at most two tokens each.
        let takes = |op: &&Op| op.returned.is_none() && !self.sources(&op.command).is_empty();
        let swallowed = 2 * history.ops.iter().filter(takes).count();
        let pushed = |token: &Token<'_>| history.ops[token.push].returned.is_some();
        let missing: Vec<(&str, OpIndex)> = tokens
            .iter()
            .filter(|(name, token)| pushed(token) && !seen.contains_key(*name))
            .map(|(name, token)| (*name, token.push))
            .collect();
        checked.facts += tokens.len() as u64;
        if missing.len() > if self.is_strict(history) { 0 } else { swallowed } {
            let names: Vec<&str> = missing.iter().map(|(name, _)| *name).collect();
            let text = format!("{} swallowed, at most {swallowed} may be:", names.join(", "));
            return Err(Violation::new(text, missing.iter().map(|(_, push)| *push)));
        }
        Ok(seen)
    }

    /// Nobody is left waiting for, or waited in vain for, what was there.
    fn check_waits(
        &self,
        history: &History,
        tokens: &BTreeMap<&str, Token<'_>>,
        seen: &BTreeMap<&str, Sight>,
        checked: &mut Checked,
    ) -> Result<(), Violation> {
        for &waits in &history.still_waiting {
            for queue in self.sources(&history.ops[waits].command) {
                checked.facts += 1;
                let lrange = history.ops.iter().position(|op| {
                    op.command.name() == "LRANGE"
                        && op.command.word(1) == queue
                        && matches!(op.reply(), Some(Value::Array(texts)) if !texts.is_empty())
                });
                if let Some(lrange) = lrange {
                    return Err(Violation::new("it waits for what is there:", [waits, lrange]));
                }
            }
        }
        if !self.is_strict(history) {
            return Ok(());
        }
        for (index, op) in history.ops.iter().enumerate() {
            if op.reply() != Some(&Value::Null) {
                continue;
            }
            let sources = self.sources(&op.command);
            for (name, token) in tokens.iter().filter(|(_, token)| sources.contains(&token.queue)) {
                let push = &history.ops[token.push];
                let taken = seen.get(name).map(|sight| &history.ops[sight.op]);
                checked.facts += 1;
                if push.precedes(op) && taken.is_some_and(|taken| op.precedes(taken)) {
                    let text = format!("{name} was there all the time:");
                    return Err(Violation::new(text, [token.push, index]));
                }
            }
        }
        Ok(())
    }

    /// What one connection pushed to a queue leaves it in that order.
    fn check_order(
        &self,
        history: &History,
        tokens: &BTreeMap<&str, Token<'_>>,
        seen: &BTreeMap<&str, Sight>,
        checked: &mut Checked,
    ) -> Result<(), Violation> {
        let mut lines: BTreeMap<(usize, &str), Vec<(usize, Sight)>> = BTreeMap::new();
        for (name, token) in tokens {
            if let Some(&sight) = seen.get(name) {
                lines.entry((token.process, token.queue)).or_default().push((token.number, sight));
            }
        }
        for line in lines.values_mut() {
            line.sort_unstable_by_key(|(number, _)| *number);
            for (at, &(_, earlier)) in line.iter().enumerate() {
                for &(_, later) in &line[at + 1..] {
                    checked.facts += 1;
                    let (a, b) = (&history.ops[earlier.op], &history.ops[later.op]);
                    let wrong = match (earlier.op == later.op, a.process == b.process) {
                        (true, _) => later.place < earlier.place,
                        (_, true) => later.op < earlier.op,
                        _ => b.precedes(a),
                    };
                    if wrong || (earlier.left && !later.left) {
                        return Err(Violation::new("taken out of order:", [earlier.op, later.op]));
                    }
                }
            }
        }
        Ok(())
    }
}

/// Whether a transaction is open behind these operations of a connection.
fn in_transaction(history: &History, ops: &[OpIndex]) -> bool {
    let last = ops.iter().rev().find(|&&op| matches!(history.ops[op].command.name(), "MULTI" | "EXEC"));
    last.is_some_and(|&op| history.ops[op].command.name() == "MULTI")
}

impl Workload for Queues {
    fn name(&self) -> &'static str {
        "queues"
    }

    fn shape(&self) -> Shape {
        let losses_max = if self.strict { 0 } else { 20 };
        Shape {
            sessions: 7,
            ops: 300,
            pipeline_max: 4,
            unanswered_max: 6,
            losses_max,
            bytes_scale: 1,
            blocks: true,
        }
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        if asker.client < PRODUCERS {
            return self.produce(rng);
        }
        (0..1 + rng.below(asker.max as u64)).map(|_| self.consume(rng)).collect()
    }

    fn last_words(&self) -> Vec<Command> {
        self.queues.iter().map(|queue| Command::new(["LRANGE", queue, "0", "-1"])).collect()
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        let tokens = self.tokens(history);
        let seen = self.check_once(history, &tokens, &mut checked)?;
        self.check_waits(history, &tokens, &seen, &mut checked)?;
        if self.is_strict(history) {
            self.check_order(history, &tokens, &seen, &mut checked)?;
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::order::tests::history;

    fn check(text: &str, is_good: bool) {
        let queues = Queues { queues: vec!["q".into(), "r".into()], strict: true, pushed: 0 };
        let mut history = history(text);
        let waits = |op: &Op| op.returned.is_none() && op.command.word(2) == "0";
        history.still_waiting = (0..history.ops.len()).filter(|&op| waits(&history.ops[op])).collect();
        let verdict = queues.check(&history);
        assert_eq!(verdict.is_ok(), is_good, "{verdict:?} of\n{text}");
    }

    const PUSH: &str = "0 1 2 RPUSH q t1 t2 -> :2/\n";

    #[test]
    fn tokens_are_taken_once_and_in_order() {
        check(&format!("{PUSH}1 1 3 BLPOP q 0 -> *2/$1/q/$2/t1/\n 2 4 5 BLPOP q 0 -> *2/$1/q/$2/t2/"), true);
        check(&format!("{PUSH}1 1 3 BLPOP q 0 -> *2/$1/q/$2/t2/\n 2 4 5 BLPOP q 0 -> *2/$1/q/$2/t1/"), false);
        check(&format!("{PUSH}1 1 3 BLPOP q 0 -> *2/$1/q/$2/t1/\n 2 4 5 BLPOP q 0 -> *2/$1/q/$2/t1/"), false);
        check(&format!("{PUSH}1 1 3 BLPOP q 0 -> *2/$1/q/$2/t1/\n 2 4 5 LRANGE q 0 -1 -> *0/"), false);
        check(&format!("{PUSH}1 1 3 BLPOP q 0 -> *2/$1/q/$2/t7/"), false);
        check("1 1 2 BLPOP q 0 -> *2/$1/q/$2/t1/\n 0 3 4 RPUSH q t1 -> :1/", false);
    }

    #[test]
    fn nobody_waits_for_what_is_there() {
        let left = "2 8 9 LRANGE q 0 -1 -> *2/$2/t1/$2/t2/";
        check(&format!("{PUSH}1 3 lost BLPOP r 0 ->\n{left}"), true);
        check(&format!("{PUSH}1 3 lost BLPOP q 0 ->\n{left}"), false);
        check(&format!("{PUSH}1 3 7 BLPOP q 0.1 -> *-1/\n{left}"), false);
    }
}
