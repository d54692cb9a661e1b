//! Large values, long pipelines and readers that can't keep up: connections are paused and resumed, frames come in many
//! pieces, and every reply must come, whole and in its place.

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, mget, names, ordered, pick_key, some_of};
use crate::check::order::search;
use crate::command::Command;
use crate::history::{History, Violation};

/// Longest value in bytes: several times what travels between cores by reference.
const VALUE_MAX_BYTES: u64 = 150_000;
/// Commands of a burst: more than a connection may have unanswered.
const BURST: usize = 1500;

/// See the module page.
pub struct Large {
    keys: Vec<String>,
    next_value: u64,
}

impl Large {
    /// Two to five keys in several shards.
    pub fn new(shards: u16, rng: &mut Rng) -> Self {
        let count = 2 + rng.below(4) as usize;
        Large { keys: names::spread("big", count, rng.below(7) as usize, shards), next_value: 0 }
    }

    /// A value that no other equals, in length or content.
    fn value(&mut self, rng: &mut Rng) -> String {
        self.next_value += 1;
        let len = if rng.one_in(3) { rng.below(VALUE_MAX_BYTES) } else { rng.below(600) };
        let word = format!("{}.", self.next_value);
        word.repeat(1 + len as usize / word.len())
    }

    fn command(&mut self, rng: &mut Rng) -> Command {
        let value = self.value(rng);
        let key = pick_key(rng, &self.keys);
        match rng.below(10) {
            0..3 => Command::new(["SET", key, &value]),
            3 => Command::new(["GETSET", key, &value]),
            4 => {
                let other = pick_key(rng, &self.keys);
                Command::new(["MSET", key, &value, other, &value])
            }
            5 => some_of(rng, "MGET", &self.keys, 3),
            6 => some_of(rng, "RENAME", &self.keys, 2),
            7 => some_of(rng, "COPY", &self.keys, 2),
            _ => Command::new(["GET", key]),
        }
    }
}

/// The history with a short name in place of every long value, for the search to compare.
fn abridged(history: &History) -> History {
    let mut history = history.clone();
    for op in &mut history.ops {
        op.command.words.iter_mut().for_each(abridge);
        if let Some((_, reply)) = &mut op.returned {
            match reply {
                Value::Bulk(value) => abridge(value),
                Value::Array(values) => values.iter_mut().for_each(|value| {
                    if let Value::Bulk(value) = value {
                        abridge(value);
                    }
                }),
                _ => {}
            }
        }
    }
    history
}

/// A value that repeats one word, and all do, becomes that word and its length.
fn abridge(value: &mut Vec<u8>) {
    let word = value.iter().position(|&byte| byte == b'.').map(|end| value[..=end].to_vec());
    let Some(word) = word else { return };
    let is_whole =
        value.len().is_multiple_of(word.len()) && value.chunks(word.len()).all(|chunk| chunk == word);
    let tail = if is_whole { "" } else { "(broken)" };
    *value = format!("{}x{}{tail}", String::from_utf8_lossy(&word), value.len()).into_bytes();
}

impl Workload for Large {
    fn name(&self) -> &'static str {
        "large"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 4,
            ops: 150,
            pipeline_max: 12,
            unanswered_max: 4,
            losses_max: 3,
            bytes_scale: 2000,
            blocks: false,
        }
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        if rng.one_in(60) {
            // All of one kind, which costs the search nothing.
            let key = pick_key(rng, &self.keys).to_owned();
            return (0..BURST).map(|_| Command::new(["EXISTS", key.as_str()])).collect();
        }
        (0..asker.max).map(|_| self.command(rng)).collect()
    }

    fn last_words(&self) -> Vec<Command> {
        vec![mget(&self.keys)]
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        ordered(search(&abridged(history), |_| true), "all keys", &mut checked)?;
        Ok(checked)
    }
}
