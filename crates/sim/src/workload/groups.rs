//! Groups of keys that are only ever written together, with one value: nobody may see a mixture.

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, mget, names, ordered, pick, some_of};
use crate::check::order::search;
use crate::command::Command;
use crate::history::{History, Violation};

/// See the module page.
pub struct Groups {
    groups: Vec<Vec<String>>,
    next_value: u64,
}

impl Groups {
    /// One to three groups of two to five keys in as many shards as there are.
    pub fn new(shards: u16, rng: &mut Rng) -> Self {
        let count = 1 + rng.below(3);
        let group = |number| {
            let (keys, first) = (2 + rng.below(4) as usize, rng.below(7) as usize);
            names::spread(&format!("g{number}k"), keys, first, shards)
        };
        Groups { groups: (0..count).map(group).collect(), next_value: 0 }
    }

    fn command(&mut self, rng: &mut Rng) -> Command {
        let group = pick(rng, &self.groups).clone();
        self.next_value += 1;
        let value = self.next_value.to_string();
        let write = |name: &str| {
            let pairs = group.iter().flat_map(|key| [key.as_str(), &value]);
            Command::new([name].into_iter().chain(pairs))
        };
        let some = 1 + rng.below(group.len() as u64) as usize;
        match rng.below(12) {
            0..3 => write("MSET"),
            3 => write("MSETNX"),
            4 => some_of(rng, "DEL", &group, group.len()),
            5 => some_of(rng, "EXISTS", &group, some),
            6 => some_of(rng, "GET", &group, 1),
            7 => some_of(rng, "MGET", &group, some),
            _ => some_of(rng, "MGET", &group, group.len()),
        }
    }
}

impl Workload for Groups {
    fn name(&self) -> &'static str {
        "groups"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 6,
            ops: 300,
            pipeline_max: 6,
            unanswered_max: 12,
            losses_max: 4,
            bytes_scale: 1,
            blocks: false,
        }
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        (0..asker.max).map(|_| self.command(rng)).collect()
    }

    fn last_words(&self) -> Vec<Command> {
        self.groups.iter().map(|group| mget(group)).collect()
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        for (index, op) in history.ops.iter().enumerate() {
            if let ("MGET", Some(Value::Array(values))) = (op.command.name(), op.reply()) {
                checked.facts += 1;
                if values.windows(2).any(|pair| pair[0] != pair[1]) {
                    let text = "keys that are only written together were read with different values:";
                    return Err(Violation::new(text, [index]));
                }
            }
        }
        for group in &self.groups {
            let verdict = search(history, |op| group.iter().any(|key| key == op.command.word(1)));
            ordered(verdict, &format!("keys {}", group.join(" ")), &mut checked)?;
        }
        Ok(checked)
    }
}
