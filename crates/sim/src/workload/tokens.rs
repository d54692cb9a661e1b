//! Tokens that wander from place to place by RENAMENX: whoever looks, each is somewhere, and only once.

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, names, ordered, some_of};
use crate::check::order::search;
use crate::command::Command;
use crate::history::{History, Violation};

/// See the module page.
pub struct Tokens {
    places: Vec<String>,
    tokens: usize,
}

impl Tokens {
    /// Four to eight places in several shards, and fewer tokens.
    pub fn new(shards: u16, rng: &mut Rng) -> Self {
        let places = 4 + rng.below(5) as usize;
        let tokens = 1 + rng.below(places as u64 - 1) as usize;
        Tokens { places: names::spread("place", places, rng.below(7) as usize, shards), tokens }
    }

    fn command(&self, rng: &mut Rng) -> Command {
        let all = self.places.len();
        match rng.below(12) {
            0..7 => some_of(rng, "RENAMENX", &self.places, 2),
            7 => some_of(rng, "EXISTS", &self.places, all),
            8 => Command::parse("DBSIZE"),
            9 => Command::parse("KEYS *"),
            _ => some_of(rng, "MGET", &self.places, all),
        }
    }

    /// Whether a reply shows each token once.
    fn shows_all(&self, name: &str, reply: &Value) -> bool {
        match (name, reply) {
            ("EXISTS" | "DBSIZE", Value::Int(count)) => *count == self.tokens as i64,
            ("KEYS", Value::Array(keys)) => keys.len() == self.tokens,
            ("MGET", Value::Array(values)) => {
                let mut seen = vec![0; self.tokens];
                for value in values {
                    let Value::Bulk(token) = value else { continue };
                    let token = base::num::parse_i64(token).and_then(|token| usize::try_from(token).ok());
                    match token.and_then(|token| seen.get_mut(token)) {
                        Some(count) => *count += 1,
                        None => return false,
                    }
                }
                seen.iter().all(|&count| count == 1)
            }
            _ => false,
        }
    }
}

impl Workload for Tokens {
    fn name(&self) -> &'static str {
        "tokens"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 5,
            ops: 250,
            pipeline_max: 5,
            unanswered_max: 8,
            losses_max: 3,
            bytes_scale: 1,
            blocks: false,
        }
    }

    fn first_words(&self) -> Vec<Command> {
        let tokens: Vec<String> = (0..self.tokens).map(|token| token.to_string()).collect();
        let pairs = self.places.iter().zip(&tokens).flat_map(|(place, token)| [place.as_str(), token]);
        vec![Command::new(["MSET"].into_iter().chain(pairs))]
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        (0..asker.max).map(|_| self.command(rng)).collect()
    }

    fn last_words(&self) -> Vec<Command> {
        let places = self.places.iter().map(String::as_str);
        vec![Command::parse("DBSIZE"), Command::new(["MGET"].into_iter().chain(places))]
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        for (index, op) in history.ops.iter().enumerate() {
            let (name, Some(reply)) = (op.command.name(), op.reply()) else { continue };
            if matches!(name, "MGET" | "EXISTS" | "DBSIZE" | "KEYS") {
                checked.facts += 1;
                if !self.shows_all(name, reply) {
                    let text = format!("each of {} tokens must be seen once:", self.tokens);
                    return Err(Violation::new(text, [index]));
                }
            }
        }
        ordered(search(history, |_| true), "all places", &mut checked)?;
        Ok(checked)
    }
}
