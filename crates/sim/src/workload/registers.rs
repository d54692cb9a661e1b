//! Few keys, commands of one key, and each key by itself must be linearizable.

use base::Rng;

use super::{Asker, Checked, Shape, Workload, names, ordered, pick};
use crate::check::order::search;
use crate::command::Command;
use crate::history::{History, Violation};

/// See the module page.
pub struct Registers {
    keys: Vec<String>,
    next_value: u64,
}

impl Registers {
    /// Keys in several shards.
    pub fn new(shards: u16, rng: &mut Rng) -> Self {
        let count = 1 + rng.below(5) as usize;
        let keys = names::spread("r", count, rng.below(7) as usize, shards);
        Registers { keys, next_value: 1000 }
    }

    fn command(&mut self, rng: &mut Rng) -> Command {
        let key = pick(rng, &self.keys).clone();
        self.next_value += 1000;
        let value = self.next_value;
        Command::parse(&match rng.below(16) {
            0..4 => format!("SET {key} {value}"),
            4..9 => format!("GET {key}"),
            9 => format!("GETSET {key} {value}"),
            10 => format!("APPEND {key} {}", value / 1000 % 10),
            11 => format!("INCR {key}"),
            12 => format!("DEL {key}"),
            13 => format!("SETNX {key} {value}"),
            14 => format!("GETDEL {key}"),
            _ => format!("STRLEN {key}"),
        })
    }
}

impl Workload for Registers {
    fn name(&self) -> &'static str {
        "registers"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 6,
            ops: 400,
            pipeline_max: 10,
            unanswered_max: 8,
            losses_max: 6,
            bytes_scale: 1,
            blocks: false,
        }
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        (0..asker.max).map(|_| self.command(rng)).collect()
    }

    fn last_words(&self) -> Vec<Command> {
        self.keys.iter().map(|key| Command::new(["GET", key.as_str()])).collect()
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        for key in &self.keys {
            let verdict = search(history, |op| op.command.word(1) == key);
            ordered(verdict, &format!("key {key}"), &mut checked)?;
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::order::tests::history;

    #[test]
    fn a_stale_read_is_noticed() {
        let registers = Registers { keys: vec!["a".into()], next_value: 0 };
        let write = "0 1 2 SET a 1 -> +OK/\n 0 3 4 SET a 2 -> +OK/\n";
        assert!(registers.check(&history(&format!("{write}1 5 6 GET a -> $1/2/"))).is_ok());
        assert!(registers.check(&history(&format!("{write}1 5 6 GET a -> $1/1/"))).is_err());
    }
}
