//! Everything that strings can do, over a few keys in several shards, and one order must explain it all.

use base::Rng;

use super::{Asker, Checked, Shape, Workload, mget, names, ordered, pick, some_of};
use crate::check::order::search;
use crate::command::Command;
use crate::history::{History, Violation};

/// See the module page.
pub struct Mixed {
    keys: Vec<String>,
    next_value: u64,
}

impl Mixed {
    /// Three to seven keys in several shards.
    pub fn new(shards: u16, rng: &mut Rng) -> Self {
        let count = 3 + rng.below(5) as usize;
        Mixed { keys: names::spread("m", count, rng.below(7) as usize, shards), next_value: 0 }
    }

    fn command(&mut self, rng: &mut Rng) -> Command {
        self.next_value += 10;
        let (key, value) = (pick(rng, &self.keys).clone(), self.next_value);
        let some = 1 + rng.below(self.keys.len() as u64) as usize;
        match rng.below(24) {
            0..3 => Command::parse(&format!("SET {key} {value}")),
            3 => Command::new(["GET", key.as_str()]),
            4 => Command::parse(&format!("GETSET {key} {value}")),
            5 => Command::parse(&format!("APPEND {key} {}", value % 7)),
            6 => Command::new(["INCR", key.as_str()]),
            7 => Command::new(["GETDEL", key.as_str()]),
            8..11 => self.write(rng, "MSET", some),
            11 => self.write(rng, "MSETNX", some.min(3)),
            12 => some_of(rng, "DEL", &self.keys, some.min(3)),
            13 => some_of(rng, "EXISTS", &self.keys, some),
            14..16 => some_of(rng, "RENAME", &self.keys, 2),
            16 => some_of(rng, "RENAMENX", &self.keys, 2),
            17 => some_of(rng, "COPY", &self.keys, 2),
            18 => {
                let mut command = some_of(rng, "COPY", &self.keys, 2);
                command.words.push(b"REPLACE".to_vec());
                command
            }
            _ => some_of(rng, "MGET", &self.keys, some),
        }
    }

    fn write(&self, rng: &mut Rng, name: &str, keys: usize) -> Command {
        let keys = some_of(rng, name, &self.keys, keys);
        let value = self.next_value.to_string();
        let pairs = keys.args().flat_map(|key| [key, &value]);
        Command::new([name].into_iter().chain(pairs))
    }
}

impl Workload for Mixed {
    fn name(&self) -> &'static str {
        "mixed"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 5,
            ops: 200,
            pipeline_max: 6,
            unanswered_max: 4,
            losses_max: 3,
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
        ordered(search(history, |_| true), "all keys", &mut checked)?;
        Ok(checked)
    }
}
