//! Keys that expire, by clocks that disagree: none is seen after its time, vanishes before it, or comes back.
//!
//! Every key is set once. Cores' clocks differ and are set back, so a stamp is known only to lie between the lowest that a
//! core may show and the highest that any has shown; what is wrong by every clock in between is wrong.

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, names, pick, pick_key};
use crate::command::Command;
use crate::history::{History, Op, OpIndex, Violation};

/// Keys that are still looked at.
const RECENT: usize = 12;
/// Longest time to live, in milliseconds.
const TTL_MAX_MS: u64 = 60;

/// Two keys in different shards that expire at one instant.
struct Twins {
    keys: [String; 2],
}

/// See the module page.
pub struct Expiry {
    shards: u16,
    twins: Vec<Twins>,
    singles: Vec<String>,
    copies: u64,
}

/// What a read says of a key.
enum Sight {
    Gone,
    There,
    /// There, with so many milliseconds to live.
    Left(i64),
}

impl Expiry {
    /// No key yet.
    pub fn new(shards: u16, _: &mut Rng) -> Self {
        Expiry { shards, twins: Vec::new(), singles: Vec::new(), copies: 0 }
    }

    fn set_single(&mut self, rng: &mut Rng) -> Command {
        let number = self.singles.len();
        let key = names::key_in(&format!("e{number}"), rng.below(self.shards.into()) as u16, self.shards);
        self.singles.push(key.clone());
        Command::parse(&format!("SET {key} {number} PX {}", 1 + rng.below(TTL_MAX_MS)))
    }

    fn set_twins(&mut self, asker: Asker, rng: &mut Rng) -> [Command; 2] {
        let number = self.twins.len();
        let mut keys = names::spread(&format!("t{number}k"), 2, rng.below(7) as usize, self.shards);
        let (second, first) = (keys.pop().unwrap_or_default(), keys.pop().unwrap_or_default());
        let deadline = asker.low_ms + 1 + rng.below(TTL_MAX_MS);
        let commands =
            [&first, &second].map(|key| Command::parse(&format!("SET {key} {number} PXAT {deadline}")));
        self.twins.push(Twins { keys: [first, second] });
        commands
    }

    /// Copies a twin, which locks it for a while, so that others must wait for it as time goes on; then reads the other twin
    /// and the copy.
    fn copy_twin(&mut self, rng: &mut Rng) -> [Command; 2] {
        let twins = pick(rng, &self.twins[self.twins.len().saturating_sub(RECENT)..]);
        let at = rng.below(2) as usize;
        self.copies += 1;
        let copy = format!("copy:{}", self.copies);
        let (copied, other) = (twins.keys[at].as_str(), twins.keys[1 - at].as_str());
        [Command::new(["COPY", copied, &copy]), Command::new(["MGET", other, &copy])]
    }

    /// Two keys of its own that expire together, of which one is moved: all in one pipeline.
    fn move_one(&mut self, asker: Asker, rng: &mut Rng) -> [Command; 4] {
        self.copies += 1;
        let number = self.copies;
        let keys = names::spread(&format!("v{number}k"), 2, rng.below(7) as usize, self.shards);
        let moved = format!("moved:{number}");
        let deadline = asker.low_ms + rng.below(TTL_MAX_MS);
        [
            Command::parse(&format!("SET {} {number} PXAT {deadline}", keys[0])),
            Command::parse(&format!("SET {} {number} PXAT {deadline}", keys[1])),
            Command::new(["RENAMENX", &keys[1], &moved]),
            Command::new(["MGET", &keys[0], &moved]),
        ]
    }

    fn look(&mut self, rng: &mut Rng) -> Command {
        let singles = &self.singles[self.singles.len().saturating_sub(RECENT)..];
        let twins = &self.twins[self.twins.len().saturating_sub(RECENT)..];
        match rng.below(12) {
            0..3 if !singles.is_empty() => Command::new(["GET", pick_key(rng, singles)]),
            3 if !singles.is_empty() => Command::new(["PTTL", pick_key(rng, singles)]),
            4 if !singles.is_empty() => Command::new(["EXISTS", pick_key(rng, singles)]),
            _ if !twins.is_empty() => {
                let [first, second] = &pick(rng, twins).keys;
                Command::new(["MGET", first.as_str(), second])
            }
            _ => Command::parse("TIME"),
        }
    }

    /// The read of one key by one operation.
    fn check_key(&self, history: &History, key: &str, checked: &mut Checked) -> Result<(), Violation> {
        let set = history.ops.iter().position(|op| op.command.name() == "SET" && op.command.word(1) == key);
        let Some(set) = set else { return Ok(()) };
        let (earliest, latest) = deadline(&history.ops[set]);
        let mut gone: Option<OpIndex> = None;
        // In the order of calls, so that the earliest proof of absence is met first.
        for (index, op) in history.ops.iter().enumerate() {
            let Some(sight) = sight_of(op, key) else { continue };
            checked.facts += 1;
            let was_set = is_before(history, set, index);
            let (low, high) = (op.called_at.low_ms, op.returned_at.high_ms);
            match sight {
                Sight::Gone if was_set && high < earliest => {
                    return Err(Violation::new(
                        format!("{key} must live until {earliest} but was gone by {high}:"),
                        [set, index],
                    ));
                }
                Sight::Gone if was_set => {
                    if gone.is_none_or(|gone| history.ops[gone].end() > op.end()) {
                        gone = Some(index);
                    }
                    continue;
                }
                Sight::Gone => continue,
                Sight::There | Sight::Left(_) if low > latest => {
                    return Err(Violation::new(
                        format!("{key} must be gone after {latest} but was there at {low}:"),
                        [set, index],
                    ));
                }
                Sight::Left(left) if left < 0 => {
                    return Err(Violation::new(format!("{key} has no time to live:"), [set, index]));
                }
                Sight::Left(left) => {
                    let (least, most) = (earliest.saturating_sub(high), latest.saturating_sub(low));
                    if !(least..=most).contains(&(left as u64)) {
                        let text = format!("{key} must have {least} to {most} ms left, not {left}:");
                        return Err(Violation::new(text, [set, index]));
                    }
                }
                Sight::There => {}
            }
            if is_before(history, index, set) {
                return Err(Violation::new(format!("{key} was there before it was set:"), [set, index]));
            }
            if let Some(gone) = gone.filter(|&gone| is_before(history, gone, index)) {
                return Err(Violation::new(format!("{key} came back:"), [set, gone, index]));
            }
        }
        Ok(())
    }

    /// Two keys that expire at one instant are both there, or neither. The second may be a copy of a twin.
    fn check_twins(&self, history: &History, checked: &mut Checked) -> Result<(), Violation> {
        let made = |key: &str| {
            history.ops.iter().position(|op| match op.command.name() {
                "SET" => op.command.word(1) == key,
                "COPY" | "RENAMENX" => op.command.word(2) == key && op.reply() == Some(&Value::Int(1)),
                _ => false,
            })
        };
        for (index, op) in history.ops.iter().enumerate() {
            let ("MGET", Some(Value::Array(values))) = (op.command.name(), op.reply()) else { continue };
            let (Some(first), Some(second)) = (made(op.command.word(1)), made(op.command.word(2))) else {
                continue;
            };
            if !is_before(history, first, index) || !is_before(history, second, index) {
                continue;
            }
            checked.facts += 1;
            if values.iter().filter(|value| **value != Value::Null).count() == 1 {
                let text = "two keys that expire at one instant were read by one command, and one was gone:";
                return Err(Violation::new(text, [first, second, index]));
            }
        }
        Ok(())
    }
}

/// Whether one operation happened before another for sure.
fn is_before(history: &History, a: OpIndex, b: OpIndex) -> bool {
    let (first, second) = (&history.ops[a], &history.ops[b]);
    first.precedes(second) || (first.process == second.process && a < b)
}

/// Between which two instants a key that was set so expires.
fn deadline(set: &Op) -> (u64, u64) {
    let number = set.command.word(4).parse().unwrap_or(0);
    if set.command.word(3) == "PXAT" {
        return (number, number);
    }
    let latest = if set.reply().is_some() { set.returned_at.high_ms + number } else { u64::MAX };
    (set.called_at.low_ms + number, latest)
}

fn sight_of(op: &Op, key: &str) -> Option<Sight> {
    let reply = op.reply()?;
    let of_value = |value: &Value| if *value == Value::Null { Sight::Gone } else { Sight::There };
    let at = op.command.args().position(|word| word == key)?;
    match (op.command.name(), reply) {
        ("GET", value) => Some(of_value(value)),
        ("MGET", Value::Array(values)) => values.get(at).map(of_value),
        ("EXISTS", Value::Int(count)) => Some(if *count == 0 { Sight::Gone } else { Sight::There }),
        ("PTTL", Value::Int(-2)) => Some(Sight::Gone),
        ("PTTL", Value::Int(left)) => Some(Sight::Left(*left)),
        ("COPY", Value::Int(copied)) if at == 0 => {
            Some(if *copied == 0 { Sight::Gone } else { Sight::There })
        }
        _ => None,
    }
}

impl Workload for Expiry {
    fn name(&self) -> &'static str {
        "expiry"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 6,
            ops: 400,
            pipeline_max: 8,
            unanswered_max: 40,
            losses_max: 50,
            bytes_scale: 1,
            blocks: false,
        }
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        let mut commands = Vec::new();
        while commands.len() < asker.max {
            match rng.below(8) {
                0 => commands.push(self.set_single(rng)),
                1 => commands.extend(self.set_twins(asker, rng)),
                2 if !self.twins.is_empty() => commands.extend(self.copy_twin(rng)),
                3 => commands.extend(self.move_one(asker, rng)),
                _ => commands.push(self.look(rng)),
            }
        }
        commands
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        let keys = self.singles.iter().chain(self.twins.iter().flat_map(|twins| &twins.keys));
        for key in keys {
            self.check_key(history, key, &mut checked)?;
        }
        self.check_twins(history, &mut checked)?;
        Ok(checked)
    }
}
