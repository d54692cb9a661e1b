//! Accounts between which money wanders by scripts and functions, which declare all accounts that they touch, some, or none. So they run as
//! one piece, with their keys locked or with everything locked, and many are undone half-way and run again. Whoever looks at all
//! accounts at once finds all the money.

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, mget, names};
use crate::command::Command;
use crate::history::{History, Violation};

/// What each account has at first.
const START: i64 = 100;

/// Takes from the first account and gives to the last, by way of those in between.
const MOVE: &str = "\
local names = {}
for _, key in ipairs(KEYS) do names[#names + 1] = key end
for at = 2, #ARGV do names[#names + 1] = ARGV[at] end
for at = 1, #names - 1 do
  redis.call('DECRBY', names[at], ARGV[1])
  redis.call('INCRBY', names[at + 1], ARGV[1])
end
return redis.status_reply('MOVED')";

/// As [`MOVE`], with commands over several shards.
const MOVE_BY_PAIRS: &str = "\
local names = {}
for _, key in ipairs(KEYS) do names[#names + 1] = key end
for at = 2, #ARGV do names[#names + 1] = ARGV[at] end
for at = 1, #names - 1 do
  local both = redis.call('MGET', names[at], names[at + 1])
  redis.call('MSET', names[at], both[1] - ARGV[1], names[at + 1], both[2] + ARGV[1])
end
return redis.status_reply('MOVED')";

/// Moves, and fails when it is done: its writes stand.
const MOVE_AND_FAIL: &str = "\
local other = KEYS[2] or ARGV[2]
redis.call('DECRBY', KEYS[1], ARGV[1])
redis.pcall('LPUSH', KEYS[1], 'wrong')
redis.call('INCRBY', other, ARGV[1])
error('on purpose')";

const LOOK: &str = "\
local found = {}
for _, name in ipairs(#KEYS > 0 and KEYS or ARGV) do found[#found + 1] = redis.call('GET', name) end
return found";

/// See the module page.
pub struct Scripts {
    accounts: Vec<String>,
}

impl Scripts {
    /// Three to six accounts in several shards.
    pub fn new(shards: u16, rng: &mut Rng) -> Self {
        let count = 3 + rng.below(4) as usize;
        Scripts { accounts: names::spread("account", count, rng.below(7) as usize, shards) }
    }

    /// A library with all of it.
    fn library() -> String {
        let function = |name: &str, body: &str| {
            format!("redis.register_function('{name}', function(KEYS, ARGV)\n{body}\nend)\n")
        };
        let functions = [function("move", MOVE), function("pairs", MOVE_BY_PAIRS), function("look", LOOK)];
        format!("#!lua name=bank\n{}", functions.concat())
    }

    /// A call of a script or function that declares `declared` of these names and is told of the others.
    fn call(what: &[&str], names: &[&str], declared: usize, amount: Option<u64>) -> Command {
        let mut words: Vec<String> = what.iter().map(|word| (*word).to_owned()).collect();
        words.push(declared.to_string());
        words.extend(names.iter().take(declared).map(|name| (*name).to_owned()));
        words.extend(amount.map(|amount| amount.to_string()));
        words.extend(names.iter().skip(declared).map(|name| (*name).to_owned()));
        Command::new(words)
    }

    fn transfer(&self, rng: &mut Rng) -> Command {
        let mut names: Vec<&str> = self.accounts.iter().map(String::as_str).collect();
        let count = 2 + rng.below(names.len() as u64 - 1) as usize;
        for at in 0..count {
            let other = at + rng.below((names.len() - at) as u64) as usize;
            names.swap(at, other);
        }
        names.truncate(count);
        let amount = Some(rng.below(9));
        let declared = rng.below(count as u64 + 1) as usize;
        // Scripts are remembered when they have strayed: now and then there is a new one.
        let new = |body: &str, rng: &mut Rng| format!("{body} -- {}", rng.below(12));
        match rng.below(8) {
            0 => Self::call(&["FCALL", "move"], &names, declared, amount),
            1 => Self::call(&["FCALL", "pairs"], &names, declared, amount),
            2 => {
                let names = [names[0], names[1]];
                Self::call(&["EVAL", MOVE_AND_FAIL], &names, 1 + declared % 2, amount)
            }
            3..5 => Self::call(&["EVAL", &new(MOVE_BY_PAIRS, rng)], &names, declared, amount),
            _ => Self::call(&["EVAL", &new(MOVE, rng)], &names, declared, amount),
        }
    }

    fn look(&self, rng: &mut Rng) -> Command {
        let names: Vec<&str> = self.accounts.iter().map(String::as_str).collect();
        let declared = if rng.below(2) == 0 { 0 } else { names.len() };
        match rng.below(4) {
            0 => Self::call(&["EVAL", LOOK], &names, declared, None),
            1 => Self::call(&["EVAL_RO", LOOK], &names, declared, None),
            2 => Self::call(&["FCALL", "look"], &names, declared, None),
            _ => mget(&self.accounts),
        }
    }
}

impl Workload for Scripts {
    fn name(&self) -> &'static str {
        "scripts"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 5,
            ops: 400,
            pipeline_max: 6,
            unanswered_max: 10,
            losses_max: 6,
            bytes_scale: 8,
            blocks: false,
        }
    }

    fn first_words(&self) -> Vec<Command> {
        let start = START.to_string();
        let pairs = self.accounts.iter().flat_map(|account| [account.as_str(), &start]);
        let library = Self::library();
        vec![Command::new(["MSET"].into_iter().chain(pairs)), Command::new(["FUNCTION", "LOAD", &library])]
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        let count = 1 + rng.below(asker.max as u64);
        (0..count).map(|_| if rng.below(3) == 0 { self.look(rng) } else { self.transfer(rng) }).collect()
    }

    fn last_words(&self) -> Vec<Command> {
        vec![mget(&self.accounts)]
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        let total = START * self.accounts.len() as i64;
        for (index, op) in history.ops.iter().enumerate() {
            let Some(reply) = op.reply() else { continue };
            if let Value::Error(text) = reply {
                let words = String::from_utf8_lossy(text.as_ref()).into_owned();
                if !words.contains("on purpose") {
                    return Err(Violation::new(format!("a script failed: {words}"), [index]));
                }
                continue;
            }
            let Value::Array(values) = reply else { continue };
            let texts = values.iter().map(|value| match value {
                Value::Bulk(text) => base::num::parse_i64(text),
                _ => None,
            });
            let Some(balances) = texts.collect::<Option<Vec<i64>>>() else { continue };
            checked.facts += 1;
            if balances.len() != self.accounts.len() || balances.iter().sum::<i64>() != total {
                let text = format!("all accounts together have {total}, but {balances:?} was seen:");
                return Err(Violation::new(text, [index]));
            }
        }
        Ok(checked)
    }
}
