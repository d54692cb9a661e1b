//! Chains of keys in different shards, counted up in order by pipelines: nobody may see the end ahead of the beginning.
//!
//! Of writes of a pipeline that were not answered a loss of power may leave later ones without earlier ones, since each is in the
//! log of its own shard. So afterwards a chain, whose writer is gone, may be out of order; but it is what it is for ever.

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, mget, names, pick};
use crate::command::Command;
use crate::history::{History, Op, OpIndex, Violation};

/// Clients that write; the others look.
const WRITERS: usize = 2;

/// A chain: its writer counts each key up before the next.
struct Chain {
    process: usize,
    keys: Vec<String>,
    count: i64,
}

impl Chain {
    /// When its writer began.
    fn since(&self, history: &History) -> u64 {
        let first = history.processes[self.process].first();
        first.map_or(0, |&op| history.ops[op].called)
    }
}

/// See the module page.
pub struct Pairs {
    shards: u16,
    chains: Vec<Chain>,
}

/// What an observer saw of a chain: the instants of its first and last operation, and the counts by key.
struct Sight {
    first: OpIndex,
    last: OpIndex,
    counts: Vec<i64>,
}

impl Pairs {
    /// No chain yet: each writing connection starts one of its own, for what a lost one wrote may come late.
    pub fn new(shards: u16, _: &mut Rng) -> Self {
        Pairs { shards, chains: Vec::new() }
    }

    fn write(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        let at = self.chains.iter().position(|chain| chain.process == asker.process).unwrap_or_else(|| {
            let number = self.chains.len();
            let length = 2 + rng.below(2) as usize;
            let keys = names::spread(&format!("p{number}k"), length, rng.below(7) as usize, self.shards);
            self.chains.push(Chain { process: asker.process, keys, count: 0 });
            number
        });
        let chain = &mut self.chains[at];
        let mut commands = Vec::new();
        for _ in 0..asker.max.div_ceil(chain.keys.len()) {
            chain.count += 1;
            commands
                .extend(chain.keys.iter().map(|key| Command::parse(&format!("SET {key} {}", chain.count))));
        }
        commands
    }

    fn look(&self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        let mut commands = Vec::new();
        while commands.len() < asker.max {
            if self.chains.is_empty() {
                commands.push(Command::parse("PING"));
                continue;
            }
            let chain = pick(rng, &self.chains);
            if rng.one_in(2) {
                commands.push(mget(&chain.keys));
            } else {
                // The end first: what is read later is at least as far.
                commands.extend(chain.keys.iter().rev().map(|key| Command::new(["GET", key.as_str()])));
            }
        }
        commands
    }

    /// What was seen of a chain. Pipelined reads of its keys count as one sight, backwards.
    fn sights(&self, history: &History, chain: &Chain) -> Vec<Sight> {
        let mut sights = Vec::new();
        for ops in &history.processes {
            let mut gets: Vec<(OpIndex, i64)> = Vec::new();
            for &index in ops {
                let op = &history.ops[index];
                match (op.command.name(), op.reply()) {
                    ("MGET", Some(Value::Array(values))) if op.command.word(1) == chain.keys[0] => {
                        let counts = values.iter().map(count_of).collect();
                        sights.push(Sight { first: index, last: index, counts });
                    }
                    ("GET", Some(value))
                        if op.command.word(1) == chain.keys[chain.keys.len() - 1 - gets.len()] =>
                    {
                        gets.push((index, count_of(value)));
                        if gets.len() == chain.keys.len() {
                            let counts = gets.iter().rev().map(|get| get.1).collect();
                            sights.push(Sight { first: gets[0].0, last: index, counts });
                            gets.clear();
                        }
                    }
                    _ => {}
                }
            }
        }
        sights
    }

    fn check_chain(&self, history: &History, chain: &Chain, checked: &mut Checked) -> Result<(), Violation> {
        let sights = self.sights(history, chain);
        let ended = history.outages.iter().map(|(at, _)| *at).find(|at| *at > chain.since(history));
        let ended_by = |op: &Op| ended.is_some_and(|at| op.called > at);
        let writes: Vec<(usize, i64, OpIndex)> = history.processes[chain.process]
            .iter()
            .filter_map(|&index| {
                let command = &history.ops[index].command;
                let key = chain.keys.iter().position(|key| key == command.word(1))?;
                Some((key, command.word(2).parse().ok()?, index))
            })
            .collect();
        for sight in &sights {
            let is_exact = sight.first == sight.last;
            let (begin, end) = (sight.counts[0], sight.counts[sight.counts.len() - 1]);
            let is_ordered = sight.counts.is_sorted_by(|a, b| a >= b) && !(is_exact && begin > end + 1);
            if !is_ordered && !ended_by(&history.ops[sight.first]) {
                let text = format!(
                    "{} are written in this order, but read as {:?}:",
                    chain.keys.join(", "),
                    sight.counts
                );
                return Err(Violation::new(text, [sight.first, sight.last]));
            }
            for &(key, count, write) in &writes {
                checked.facts += 1;
                let (write_op, first, last) =
                    (&history.ops[write], &history.ops[sight.first], &history.ops[sight.last]);
                if write_op.precedes(first) && sight.counts[key] < count {
                    return Err(Violation::new(
                        "a write that had returned was not seen:",
                        [write, sight.first],
                    ));
                }
                if last.precedes(write_op) && sight.counts[key] >= count {
                    return Err(Violation::new(
                        "a write was seen before it was called:",
                        [sight.last, write],
                    ));
                }
            }
        }
        let after: Vec<&Sight> = sights.iter().filter(|sight| ended_by(&history.ops[sight.first])).collect();
        if let Some(pair) = after.windows(2).find(|pair| pair[0].counts != pair[1].counts) {
            let text = "nobody writes this any more, and it was read with different values:";
            return Err(Violation::new(text, [pair[0].first, pair[1].first]));
        }
        checked.facts += after.len() as u64;
        self.check_monotonic(history, &sights, checked)
    }

    /// Whoever looks later sees no less.
    fn check_monotonic(
        &self,
        history: &History,
        sights: &[Sight],
        checked: &mut Checked,
    ) -> Result<(), Violation> {
        let is_before = |a: &Op, b: &Op, indexes: (OpIndex, OpIndex)| {
            a.precedes(b) || (a.process == b.process && indexes.0 < indexes.1)
        };
        for earlier in sights {
            for later in sights {
                let pair = (earlier.last, later.first);
                if !is_before(&history.ops[pair.0], &history.ops[pair.1], pair) {
                    continue;
                }
                checked.facts += 1;
                if earlier.counts.iter().zip(&later.counts).any(|(earlier, later)| earlier > later) {
                    return Err(Violation::new("who looked later saw less:", [earlier.last, later.first]));
                }
            }
        }
        Ok(())
    }
}

fn count_of(value: &Value) -> i64 {
    match value {
        Value::Bulk(text) => base::num::parse_i64(text).unwrap_or(-1),
        _ => 0,
    }
}

impl Workload for Pairs {
    fn name(&self) -> &'static str {
        "pairs"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 6,
            ops: 500,
            pipeline_max: 20,
            unanswered_max: 40,
            losses_max: 50,
            bytes_scale: 1,
            blocks: false,
        }
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        if asker.client < WRITERS { self.write(asker, rng) } else { self.look(asker, rng) }
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        for chain in &self.chains {
            self.check_chain(history, chain, &mut checked)?;
        }
        Ok(checked)
    }
}
