//! Accounts between which money wanders by transactions, with WATCH and without, over one shard and several, with commands of
//! several rounds inside, and by scripts, which declare their keys or don't. Whoever looks at all accounts at once finds
//! all the money.

use std::collections::HashMap;

use base::Rng;
use resp::decode::Value;

use super::{Asker, Checked, Shape, Workload, mget, names};
use crate::command::Command;
use crate::history::{History, Violation};

/// What each account has at first.
const START: i64 = 100;

/// A transfer between two accounts that are declared as keys. Remarks behind it make it a script of its own, about which the
/// server has not learnt anything.
const DECLARED: &str = "redis.call('DECRBY', KEYS[1], ARGV[1]) return redis.call('INCRBY', KEYS[2], ARGV[1])";
/// The same between undeclared accounts: the second is met when the first was changed.
const UNDECLARED: &str =
    "redis.call('DECRBY', ARGV[1], ARGV[3]) return redis.call('INCRBY', ARGV[2], ARGV[3])";
/// Only the first account is declared, and the script looks before it writes.
const HALF: &str = "local there = tonumber(redis.call('GET', ARGV[1])) \
    redis.call('SET', KEYS[1], tonumber(redis.call('GET', KEYS[1])) - ARGV[2]) \
    redis.call('SET', ARGV[1], there + ARGV[2]) return there";
/// The balances of accounts that are declared, or that are arguments.
const BALANCES: &str = "local all = {} for _, names in ipairs({KEYS, ARGV}) do for _, name in ipairs(names) do \
    all[#all + 1] = redis.call('GET', name) end end return all";
/// How many texts there are of each script, so that some are known to the server and some are not.
const TEXTS: u64 = 40;

/// A transfer that read its accounts under WATCH and has not written yet.
#[derive(Default)]
struct Transfer {
    from: String,
    to: String,
    /// The balances that were read, in this order.
    read: Vec<i64>,
}

/// See the module page.
pub struct Bank {
    accounts: Vec<String>,
    /// A place into which an account is renamed for a moment.
    aside: String,
    /// By connection.
    transfers: HashMap<usize, Transfer>,
}

impl Bank {
    /// Three to six accounts in several shards.
    pub fn new(shards: u16, rng: &mut Rng) -> Self {
        let count = 3 + rng.below(4) as usize;
        let mut accounts = names::spread("account", count + 1, rng.below(7) as usize, shards);
        let aside = accounts.pop().unwrap_or_default();
        Bank { accounts, aside, transfers: HashMap::new() }
    }

    fn two(&self, rng: &mut Rng) -> (String, String) {
        let from = rng.below(self.accounts.len() as u64) as usize;
        let step = 1 + rng.below(self.accounts.len() as u64 - 1) as usize;
        (self.accounts[from].clone(), self.accounts[(from + step) % self.accounts.len()].clone())
    }

    /// Commands between MULTI and EXEC.
    fn transaction(commands: impl IntoIterator<Item = String>) -> Vec<Command> {
        let inner = commands.into_iter().map(|text| Command::parse(&text));
        [Command::parse("MULTI")].into_iter().chain(inner).chain([Command::parse("EXEC")]).collect()
    }

    /// A transfer that needs no look at the balances.
    fn blind(&self, rng: &mut Rng) -> Vec<Command> {
        let ((from, to), amount) = (self.two(rng), rng.below(9));
        let (minus, plus) = (format!("DECRBY {from} {amount}"), format!("INCRBY {to} {amount}"));
        let aside = &self.aside;
        match rng.below(5) {
            // A command of the core's own in the middle, so that the transaction takes its locks.
            0 => Self::transaction([minus, "CLIENT GETNAME".into(), plus]),
            // Commands of several rounds.
            1 => Self::transaction([
                format!("RENAME {from} {aside}"),
                format!("DECRBY {aside} {amount}"),
                plus,
                format!("RENAME {aside} {from}"),
            ]),
            2 => Self::transaction([
                format!("COPY {from} {aside} REPLACE"),
                minus,
                plus,
                format!("DEL {aside}"),
            ]),
            _ => Self::transaction([minus, plus]),
        }
    }

    /// A transfer by a script.
    fn script(&self, rng: &mut Rng) -> Command {
        let ((from, to), amount) = (self.two(rng), rng.below(9).to_string());
        let text = |script: &str, rng: &mut Rng| format!("{script} -- {}", rng.below(TEXTS));
        match rng.below(3) {
            0 => Command::new(["EVAL", &text(DECLARED, rng), "2", &from, &to, &amount]),
            1 => Command::new(["EVAL", &text(UNDECLARED, rng), "0", &from, &to, &amount]),
            _ => Command::new(["EVAL", &text(HALF, rng), "1", &from, &to, &amount]),
        }
    }

    /// All balances by a script, to which so many of the accounts are declared.
    fn script_look(&self, rng: &mut Rng) -> Command {
        let script = format!("{BALANCES} -- {}", rng.below(TEXTS));
        let declared = rng.below(self.accounts.len() as u64 + 1).to_string();
        let accounts = self.accounts.iter().map(String::as_str);
        Command::new(["EVAL", &script, &declared].into_iter().chain(accounts))
    }

    /// All balances, by one command, a transaction or a script.
    fn look(&self, rng: &mut Rng) -> Vec<Command> {
        match rng.below(5) {
            0 => Self::transaction(self.accounts.iter().map(|account| format!("GET {account}"))),
            1 => Self::transaction([
                format!("GET {}", self.accounts[0]),
                format!("MGET {}", self.accounts.get(1..).unwrap_or_default().join(" ")),
            ]),
            2 => vec![self.script_look(rng)],
            _ => vec![mget(&self.accounts)],
        }
    }

    /// The balances in a reply that shows them all.
    fn balances(&self, reply: &Value) -> Option<Vec<i64>> {
        let Value::Array(values) = reply else { return None };
        let mut found = Vec::new();
        for value in values {
            match value {
                Value::Bulk(text) => found.push(base::num::parse_i64(text)?),
                Value::Array(rest) if values.len() == 2 => {
                    for value in rest {
                        let Value::Bulk(text) = value else { return None };
                        found.push(base::num::parse_i64(text)?);
                    }
                }
                _ => return None,
            }
        }
        (found.len() == self.accounts.len()).then_some(found)
    }
}

impl Workload for Bank {
    fn name(&self) -> &'static str {
        "bank"
    }

    fn shape(&self) -> Shape {
        Shape {
            sessions: 5,
            ops: 600,
            pipeline_max: 8,
            unanswered_max: 12,
            losses_max: 6,
            bytes_scale: 1,
            blocks: false,
        }
    }

    fn first_words(&self) -> Vec<Command> {
        let start = START.to_string();
        let pairs = self.accounts.iter().flat_map(|account| [account.as_str(), &start]);
        vec![Command::new(["MSET"].into_iter().chain(pairs))]
    }

    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command> {
        if let Some(transfer) = self.transfers.get(&asker.process) {
            let [from, to] = transfer.read[..] else {
                // The balances are still under way.
                return vec![Command::parse("PING")];
            };
            let amount = 1 + rng.below(9) as i64;
            let commands = Self::transaction([
                format!("SET {} {}", transfer.from, from - amount),
                format!("SET {} {}", transfer.to, to + amount),
            ]);
            self.transfers.remove(&asker.process);
            return commands;
        }
        match rng.below(10) {
            8 | 9 => vec![self.script(rng)],
            0..3 => {
                let (from, to) = self.two(rng);
                let texts = [format!("WATCH {from} {to}"), format!("GET {from}"), format!("GET {to}")];
                self.transfers.insert(asker.process, Transfer { from, to, read: Vec::new() });
                texts.iter().map(|text| Command::parse(text)).collect()
            }
            3 => {
                // Nothing comes of it.
                let (from, to) = self.two(rng);
                let texts =
                    [format!("WATCH {from}"), "MULTI".into(), format!("SET {to} 0"), "DISCARD".into()];
                texts.iter().map(|text| Command::parse(text)).collect()
            }
            4..6 => self.blind(rng),
            _ => self.look(rng),
        }
    }

    fn replied(&mut self, process: usize, command: &Command, reply: &Value) {
        let Some(transfer) = self.transfers.get_mut(&process) else { return };
        if let ("GET", Value::Bulk(text)) = (command.name(), reply)
            && transfer.read.len() < 2
        {
            transfer.read.extend(base::num::parse_i64(text));
        }
    }

    fn last_words(&self) -> Vec<Command> {
        vec![mget(&self.accounts)]
    }

    fn check(&self, history: &History) -> Result<Checked, Violation> {
        let mut checked = Checked::default();
        let total = START * self.accounts.len() as i64;
        for (index, op) in history.ops.iter().enumerate() {
            let (name, Some(reply)) = (op.command.name(), op.reply()) else { continue };
            if let (true, Value::Error(_)) = (matches!(name, "MGET" | "EVAL" | "EXEC"), reply) {
                return Err(Violation::new("this must not fail:", [index]));
            }
            let all = name == "MGET" && op.command.words.len() == self.accounts.len() + 1
                || matches!(name, "EXEC" | "EVAL");
            let Some(balances) = self.balances(reply).filter(|_| all) else { continue };
            checked.facts += 1;
            if balances.iter().sum::<i64>() != total {
                let text = format!("all accounts together have {total}, but {balances:?} was seen:");
                return Err(Violation::new(text, [index]));
            }
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::order::tests::history;

    fn check(text: &str, is_good: bool) {
        let accounts = vec!["a".into(), "b".into()];
        let bank = Bank { accounts, aside: "c".into(), transfers: HashMap::new() };
        let verdict = bank.check(&history(text));
        assert_eq!(verdict.is_ok(), is_good, "{verdict:?} of\n{text}");
    }

    #[test]
    fn money_is_neither_made_nor_lost() {
        check("0 1 2 MGET a b -> *2/$3/100/$3/100/", true);
        check("0 1 2 MGET a b -> *2/$2/90/$3/100/", false);
        check("0 1 1 MULTI -> +OK/\n 0 1 2 EXEC -> *2/$3/105/$2/95/", true);
        check("0 1 1 MULTI -> +OK/\n 0 1 2 EXEC -> *2/$3/105/$3/100/", false);
        check("0 1 2 EVAL script 2 a b -> *2/$3/101/$3/100/", false);
        check("0 1 2 EVAL script 2 a b -> -ERR no/", false);
    }
}
