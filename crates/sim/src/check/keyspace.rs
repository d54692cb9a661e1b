//! The keyspace as a sequential program would have it: what each command must answer, one after another.
//!
//! Strings only, one database, no expiry.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use base::num::parse_i64;
use resp::decode::Value;

use crate::command::Command;

/// Keys and their values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Keyspace {
    entries: BTreeMap<Rc<str>, Rc<str>>,
}

impl Keyspace {
    /// Carries out a command and says whether it must answer as it did; a command without a known reply is carried out.
    pub fn step(&mut self, command: &Command, reply: Option<&Value>) -> bool {
        if command.name() == "RANDOMKEY" {
            return match reply {
                None => true,
                Some(Value::Null) => self.entries.is_empty(),
                Some(Value::Bulk(key)) => {
                    std::str::from_utf8(key).is_ok_and(|key| self.entries.contains_key(key))
                }
                Some(_) => false,
            };
        }
        let expected = self.apply(command);
        match reply {
            None => true,
            Some(Value::Array(keys)) if command.name() == "KEYS" => Value::Array(sorted(keys)) == expected,
            Some(reply) => *reply == expected,
        }
    }

    /// Carries out a command and answers it. KEYS answers in order.
    pub fn apply(&mut self, command: &Command) -> Value {
        let (a, b) = (command.word(1), command.word(2));
        match command.name() {
            "GET" => self.value(a),
            "SET" => {
                self.put(a, b);
                ok()
            }
            "SETNX" => {
                let free = !self.entries.contains_key(a);
                if free {
                    self.put(a, b);
                }
                flag(free)
            }
            "GETSET" => {
                let old = self.value(a);
                self.put(a, b);
                old
            }
            "GETDEL" => {
                let old = self.value(a);
                self.entries.remove(a);
                old
            }
            "APPEND" => {
                let value = format!("{}{b}", self.text(a));
                self.put(a, &value);
                int(value.len())
            }
            "STRLEN" => int(self.text(a).len()),
            "INCR" => self.increment(a),
            "DEL" | "UNLINK" => int(command.args().filter(|&key| self.entries.remove(key).is_some()).count()),
            "EXISTS" | "TOUCH" => int(command.args().filter(|&key| self.entries.contains_key(key)).count()),
            "MGET" => Value::Array(command.args().map(|key| self.value(key)).collect()),
            "MSET" => {
                self.put_all(command);
                ok()
            }
            "MSETNX" => {
                let free = command.args().step_by(2).all(|key| !self.entries.contains_key(key));
                if free {
                    self.put_all(command);
                }
                flag(free)
            }
            "RENAME" => match self.entries.remove(a) {
                Some(value) => {
                    self.entries.insert(b.into(), value);
                    ok()
                }
                None => no_such_key(),
            },
            "RENAMENX" => self.rename_if_free(a, b),
            "COPY" => self.copy(a, b, command.word(3) == "REPLACE"),
            "DBSIZE" => int(self.entries.len()),
            "KEYS" => Value::Array(self.entries.keys().map(|key| bulk(key)).collect()),
            "FLUSHALL" | "FLUSHDB" => {
                self.entries.clear();
                ok()
            }
            name => Value::Error(format!("the model knows no {name}").into_bytes()),
        }
    }

    fn rename_if_free(&mut self, from: &str, to: &str) -> Value {
        match self.entries.get(from) {
            None => no_such_key(),
            Some(_) if self.entries.contains_key(to) => flag(false),
            Some(_) => {
                if let Some(value) = self.entries.remove(from) {
                    self.entries.insert(to.into(), value);
                }
                flag(true)
            }
        }
    }

    fn copy(&mut self, from: &str, to: &str, replace: bool) -> Value {
        let Some(value) = self.entries.get(from).cloned() else { return flag(false) };
        if !replace && self.entries.contains_key(to) {
            return flag(false);
        }
        self.entries.insert(to.into(), value);
        flag(true)
    }

    fn increment(&mut self, key: &str) -> Value {
        let number = match self.entries.get(key) {
            None => Some(0),
            Some(value) => parse_i64(value.as_bytes()),
        };
        let Some(number) = number else {
            return Value::Error(b"ERR value is not an integer or out of range".to_vec());
        };
        let Some(next) = number.checked_add(1) else {
            return Value::Error(b"ERR increment or decrement would overflow".to_vec());
        };
        self.put(key, &next.to_string());
        Value::Int(next)
    }

    fn put(&mut self, key: &str, value: &str) {
        self.entries.insert(key.into(), value.into());
    }

    fn put_all(&mut self, command: &Command) {
        for at in (1..command.words.len()).step_by(2) {
            self.put(command.word(at), command.word(at + 1));
        }
    }

    fn text(&self, key: &str) -> &str {
        self.entries.get(key).map_or("", |value| value)
    }

    fn value(&self, key: &str) -> Value {
        self.entries.get(key).map_or(Value::Null, |value| bulk(value))
    }

    /// The values that are in `self` and not in `after`.
    pub fn lost_until<'a>(&'a self, after: &'a Keyspace) -> impl Iterator<Item = &'a str> {
        let values = self.entries.iter().filter(|(key, value)| after.entries.get(*key) != Some(*value));
        values
            .map(|(_, value)| &**value)
            .filter(|value| !after.entries.values().any(|other| **other == **value))
    }

    /// A number for the state: equal for equal states, and different for others but by a rare chance.
    pub fn fingerprint(&self) -> u64 {
        // The same in every run: this hasher has fixed keys.
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        hasher.finish()
    }

    /// The state as text.
    pub fn show(&self) -> String {
        let entries: Vec<String> = self.entries.iter().map(|(key, value)| format!("{key}={value}")).collect();
        entries.join(" ")
    }
}

/// Whether a command that answered so has changed nothing, whatever the state was.
pub fn is_inert(command: &Command, reply: &Value) -> bool {
    match command.name() {
        "GET" | "MGET" | "EXISTS" | "TOUCH" | "STRLEN" | "DBSIZE" | "KEYS" | "RANDOMKEY" => true,
        "DEL" | "UNLINK" | "SETNX" | "MSETNX" | "COPY" | "RENAMENX" if *reply == flag(false) => true,
        "GETDEL" => *reply == Value::Null,
        _ => matches!(reply, Value::Error(_)),
    }
}

fn sorted(values: &[Value]) -> Vec<Value> {
    let mut values = values.to_vec();
    values.sort_by(|a, b| match (a, b) {
        (Value::Bulk(a), Value::Bulk(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    });
    values
}

fn ok() -> Value {
    Value::Simple(b"OK".to_vec())
}

fn int(number: usize) -> Value {
    Value::Int(number as i64)
}

fn flag(yes: bool) -> Value {
    Value::Int(i64::from(yes))
}

fn bulk(text: &str) -> Value {
    Value::Bulk(text.as_bytes().to_vec())
}

fn no_such_key() -> Value {
    Value::Error(b"ERR no such key".to_vec())
}
