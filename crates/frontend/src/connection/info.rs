//! INFO: sections of lines `field:value`, from counters that any core can read.
//!
//! It visits no key and takes no lock that a turn waits for: counters are atomics, and the configuration is locked by
//! commands like this one only. All cores are asked first, to publish what they keep for themselves: so INFO tells of
//! everything that came before it. It may tell of commands that came after it, too: counters are read last.

mod commands;
mod memory;
mod process;
mod stats;

use std::collections::HashSet;
use std::fmt::{Display, Write};

use ::commands::{CmdError, Merge};
use base::Args;
use base::conn::ConnId;
use bus::Wake;
use resp::Reply;

use super::client_list::bulk_text;
use crate::census::INFO_SLICE;
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
    /// By its name only.
    Named,
}

/// A section: its name, when it is shown, and what writes it.
type Section = (&'static str, In, fn(&View<'_>, &mut Text));

/// The sections in the order in which they are shown.
const SECTIONS: &[Section] = &[
    ("server", In::Default, process::server),
    ("clients", In::Default, stats::clients),
    ("memory", In::Default, memory::memory),
    ("persistence", In::Default, process::persistence),
    ("threads", In::Default, stats::threads),
    ("stats", In::Default, stats::stats),
    ("replication", In::Default, process::replication),
    ("cpu", In::Default, process::cpu),
    ("modules", In::Default, process::modules),
    ("commandstats", In::All, commands::commandstats),
    ("commandmax", In::All, commands::commandmax),
    ("errorstats", In::Default, commands::errorstats),
    ("latencystats", In::All, commands::latencystats),
    ("cluster", In::Default, process::cluster),
    ("debug", In::Named, stats::debug),
    ("shards", In::Default, stats::shards),
    ("keyspace", In::Default, stats::keyspace),
    ("keysizes", In::Default, stats::keysizes),
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
    /// Asks all cores to publish their counters, so that the reply tells of every command that was answered before.
    pub(super) fn info(&mut self, call: &Call) -> Result<(), CmdError> {
        self.inquire_all(call, Merge::Custom(|_, _, _| {}));
        Ok(())
    }

    /// Publishes this core's counters, and answers with the names of the sections that are asked for, a blank before
    /// each.
    pub(super) fn publish_for_info(&mut self, args: Args<'_>, _: Option<ConnId>, reply: &mut Reply<'_>) {
        self.count_clients(INFO_SLICE);
        self.publish_stats();
        self.publish_sizes();
        let names: Vec<u8> = args.tail(1).iter().flat_map(|name| [b" ", name].concat()).collect();
        reply.bulk(&names);
    }

    /// Writes the reply.
    pub(super) fn write_info(&mut self, answer: &[u8], reply: &mut Reply<'_>) {
        let names = bulk_text(answer).to_ascii_lowercase();
        let asked: HashSet<&[u8]> = names.split(|&byte| byte == b' ').skip(1).collect();
        let level = if asked.is_empty() { Some(In::Default) } else { level_of(&asked) };
        let config = self.shared.config();
        let view = View { shared: &self.shared, config: &config, now: self.now };
        let mut text = Text::default();
        for (name, shown, write) in SECTIONS {
            if level.is_some_and(|level| *shown <= level) || asked.contains(name.as_bytes()) {
                write(&view, &mut text);
            }
        }
        reply.verbatim(*b"txt", text.text.as_bytes());
    }
}

/// The widest set of sections that is asked for by its name.
fn level_of(asked: &HashSet<&[u8]>) -> Option<In> {
    if asked.contains(&b"all"[..]) || asked.contains(&b"everything"[..]) {
        Some(In::All)
    } else {
        asked.contains(&b"default"[..]).then_some(In::Default)
    }
}
