//! INFO: sections of lines `field:value`, from counters that any core can read.
//!
//! It visits no key and takes no lock that a turn waits for: counters are atomics, and the configuration is locked by
//! commands like this one only.

mod commands;
mod memory;
mod process;
mod stats;

use std::collections::HashSet;
use std::fmt::{Display, Write};

use ::commands::CmdError;
use bus::Wake;

use crate::config::Config;
use crate::core::{Core, Now};
use crate::route::Call;
use crate::shared::Shared;
use crate::stats::{CoreStats, Counter};

/// When a section is shown without being asked for by name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum In {
    /// Always.
    Default,
    /// With `all` and `everything`.
    All,
}

/// A section: its name, when it is shown, and what writes it.
type Section = (&'static str, In, fn(&View<'_>, &mut Text));

/// The sections in the order in which they are shown.
const SECTIONS: &[Section] = &[
    ("server", In::Default, process::server),
    ("clients", In::Default, stats::clients),
    ("memory", In::Default, memory::memory),
    ("persistence", In::Default, process::persistence),
    ("stats", In::Default, stats::stats),
    ("replication", In::Default, process::replication),
    ("cpu", In::Default, process::cpu),
    ("modules", In::Default, process::modules),
    ("commandstats", In::All, commands::commandstats),
    ("commandmax", In::All, commands::commandmax),
    ("errorstats", In::Default, commands::errorstats),
    ("cluster", In::Default, process::cluster),
    ("shards", In::Default, stats::shards),
    ("keyspace", In::Default, stats::keyspace),
];

/// What sections are written from.
struct View<'a> {
    shared: &'a Shared,
    config: &'a Config,
    now: Now,
}

impl View<'_> {
    /// The sum of a counter over all cores. Counters are corrected after the fact, so a sum may be below zero for a moment.
    fn sum(&self, counter: impl Fn(&CoreStats) -> &Counter) -> u64 {
        let sum = self.shared.stats.iter().fold(0u64, |sum, core| sum.wrapping_add(counter(core).get()));
        if sum > i64::MAX as u64 { 0 } else { sum }
    }
}

/// The text of the reply.
#[derive(Default)]
struct Text {
    text: String,
}

impl Text {
    fn section(&mut self, title: &str) {
        if !self.text.is_empty() {
            self.text.push_str("\r\n");
        }
        let _ = write!(self.text, "# {title}\r\n");
    }

    fn field(&mut self, name: &str, value: impl Display) {
        // Writing into a string cannot fail.
        let _ = write!(self.text, "{name}:{value}\r\n");
    }

    fn fields(&mut self, fields: &[(&str, u64)]) {
        fields.iter().for_each(|(name, value)| self.field(name, value));
    }

    /// A number of bytes, and once more for humans.
    fn bytes(&mut self, name: &str, bytes: u64) {
        self.field(name, bytes);
        self.field(&format!("{name}_human"), Human(bytes));
    }
}

/// A number of bytes as Redis writes it for humans.
struct Human(u64);

impl Display for Human {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const UNITS: [&str; 5] = ["K", "M", "G", "T", "P"];
        if self.0 < 1024 {
            return write!(f, "{}B", self.0);
        }
        let (mut value, mut unit) = (self.0 as f64 / 1024.0, 0);
        while value >= 1024.0 && unit + 1 < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        write!(f, "{value:.2}{}", UNITS[unit])
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn info(&mut self, call: &Call) -> Result<(), CmdError> {
        let asked: Vec<Vec<u8>> =
            self.words(call).into_iter().skip(1).map(|word| word.to_ascii_lowercase()).collect();
        let level = level_of(&asked);
        let asked: HashSet<&[u8]> = asked.iter().map(Vec::as_slice).collect();
        // This core's own counters as of now, not as of the last turn.
        self.publish_stats();
        let mut text = Text::default();
        {
            let config = self.shared.config();
            let view = View { shared: &self.shared, config: &config, now: self.now };
            for (name, shown, write) in SECTIONS {
                if level.is_some_and(|level| *shown <= level) || asked.contains(name.as_bytes()) {
                    write(&view, &mut text);
                }
            }
        }
        self.answer(call, |reply| reply.verbatim(*b"txt", text.text.as_bytes()));
        Ok(())
    }
}

/// The widest set of sections that is asked for by its name; the default set where nothing is asked for.
fn level_of(asked: &[Vec<u8>]) -> Option<In> {
    let has = |name: &[u8]| asked.iter().any(|word| word == name);
    if has(b"all") || has(b"everything") {
        Some(In::All)
    } else if asked.is_empty() || has(b"default") {
        Some(In::Default)
    } else {
        None
    }
}
