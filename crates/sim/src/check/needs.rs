//! Which values are still to be read, and who can still write them: lets a search notice early that it went astray.
//!
//! If a step of the search makes a value vanish from the keyspace, and an operation that is still to be taken has read that
//! value, then some operation still to be taken must write it again. If there is none, the step was wrong.

use std::collections::HashMap;

use resp::decode::Value;

use crate::check::keyspace::Keyspace;
use crate::history::{History, Op, OpIndex};

/// An operation by its connection's number and its place there.
type Place = (usize, u32);

/// By value, who has read it and who can write it.
#[derive(Default)]
struct Uses {
    readers: Vec<Place>,
    writers: Vec<Place>,
}

/// See the module page.
pub(crate) struct Needs {
    uses: HashMap<Vec<u8>, Uses>,
    /// Operations that may write values which can't be told beforehand.
    wild: Vec<Place>,
}

impl Needs {
    /// For operations by connection.
    pub(crate) fn new(history: &History, lines: &[Vec<OpIndex>]) -> Self {
        let mut needs = Needs { uses: HashMap::new(), wild: Vec::new() };
        for (line, ops) in lines.iter().enumerate() {
            for (at, &op) in ops.iter().enumerate() {
                needs.add_reader(&history.ops[op], (line, at as u32));
            }
        }
        for (line, ops) in lines.iter().enumerate() {
            for (at, &op) in ops.iter().enumerate() {
                needs.add_writer(&history.ops[op], (line, at as u32));
            }
        }
        needs
    }

    fn add_reader(&mut self, op: &Op, place: Place) {
        let mut read = |value: &Value| {
            if let Value::Bulk(value) = value {
                self.uses.entry(value.clone()).or_default().readers.push(place);
            }
        };
        match (op.command.name(), op.reply()) {
            ("GET" | "GETSET" | "GETDEL", Some(value)) => read(value),
            ("MGET", Some(Value::Array(values))) => values.iter().for_each(read),
            ("INCR", Some(Value::Int(value))) if *value > 1 => {
                read(&Value::Bulk((value - 1).to_string().into_bytes()));
            }
            _ => {}
        }
    }

    fn add_writer(&mut self, op: &Op, place: Place) {
        let mut writes = |value: &[u8]| {
            if let Some(uses) = self.uses.get_mut(value) {
                uses.writers.push(place);
            }
        };
        let words = &op.command.words;
        match (op.command.name(), op.reply()) {
            ("SET" | "SETNX" | "GETSET", _) => writes(&words[2]),
            ("MSET" | "MSETNX", _) => words.iter().skip(2).step_by(2).for_each(|value| writes(value)),
            ("INCR", Some(Value::Int(value))) => writes(value.to_string().as_bytes()),
            ("INCR", Some(_)) => {}
            ("APPEND", Some(Value::Int(length))) => {
                let is_result = |value: &[u8]| value.len() as i64 == *length && value.ends_with(&words[2]);
                let results = self.uses.iter_mut().filter(|(value, _)| is_result(value));
                results.for_each(|(_, uses)| uses.writers.push(place));
            }
            ("INCR" | "APPEND", _) => self.wild.push(place),
            _ => {}
        }
    }

    /// Whether a value was lost from one state to the next that is still to be read, given how far each connection is.
    pub(crate) fn are_lost(&self, before: &Keyspace, after: &Keyspace, at: &[u32]) -> bool {
        let is_left = |&(line, place): &Place| at[line] <= place;
        before.lost_until(after).any(|value| {
            self.uses.get(value.as_bytes()).is_some_and(|uses| {
                uses.readers.iter().any(is_left)
                    && !uses.writers.iter().any(is_left)
                    && !self.wild.iter().any(is_left)
            })
        })
    }
}
