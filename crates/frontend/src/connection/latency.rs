//! LATENCY: what took long (samples of the monitor), and how long the calls of each command take (histograms).

use base::num::write_u64;
use bus::Wake;
use commands::{CmdError, CommandId};
use resp::Reply;

use super::help;
use crate::core::Core;
use crate::histogram::Distribution;
use crate::journal::Samples;
use crate::route::Call;

/// Columns and rows of a graph.
const GRAPH_COLUMNS: usize = 80;
const GRAPH_ROWS: usize = 4;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// LATENCY LATEST
    pub(super) fn latency_latest(&mut self, call: &Call) -> Result<(), CmdError> {
        let events = self.shared.journals.samples();
        self.answer(call, |reply| {
            reply.array(events.len());
            for (event, samples) in &events {
                let (unix_s, ms) = samples.seconds.back().copied().unwrap_or_default();
                reply.array(4);
                reply.bulk(event.as_bytes());
                [unix_s, ms, samples.max_ms].iter().for_each(|&number| reply.int(number as i64));
            }
        });
        Ok(())
    }

    /// LATENCY HISTORY event
    pub(super) fn latency_history(&mut self, call: &Call) -> Result<(), CmdError> {
        let samples = self.samples_of(call).unwrap_or_default();
        self.answer(call, |reply| {
            reply.array(samples.seconds.len());
            for &(unix_s, ms) in &samples.seconds {
                reply.array(2);
                reply.int(unix_s as i64);
                reply.int(ms as i64);
            }
        });
        Ok(())
    }

    /// LATENCY RESET [event …]
    pub(super) fn latency_reset(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call).tail(2);
        let chosen = |event: &str| {
            args.is_empty() || args.iter().any(|name| name.eq_ignore_ascii_case(event.as_bytes()))
        };
        let count = self.shared.journals.reset_samples(chosen);
        self.answer(call, |reply| reply.int(count as i64));
        Ok(())
    }

    /// LATENCY GRAPH event
    pub(super) fn latency_graph(&mut self, call: &Call) -> Result<(), CmdError> {
        let Some(samples) = self.samples_of(call) else {
            let event = self.call_args(call).arg(2);
            return Err(CmdError::quoting("ERR No samples available for event '", event, "'"));
        };
        let event = String::from_utf8_lossy(self.call_args(call).arg(2)).into_owned();
        let text = graph(&event, &samples, self.now.unix_ms / 1000);
        self.answer(call, |reply| reply.verbatim(*b"txt", text.as_bytes()));
        Ok(())
    }

    /// LATENCY DOCTOR
    pub(super) fn latency_doctor(&mut self, call: &Call) -> Result<(), CmdError> {
        let text = self.latency_report();
        self.answer(call, |reply| reply.verbatim(*b"txt", text.as_bytes()));
        Ok(())
    }

    pub(super) fn latency_help(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| help::write(help::LATENCY, reply));
        Ok(())
    }

    /// LATENCY HISTOGRAM [command …]
    pub(super) fn latency_histogram(&mut self, call: &Call) -> Result<(), CmdError> {
        let table = self.table();
        let names = self.call_args(call).tail(2);
        let ids: Vec<CommandId> = if names.is_empty() {
            table.iter().map(|(id, _)| id).collect()
        } else {
            names.iter().flat_map(|name| self.with_subcommands(name)).collect()
        };
        let found: Vec<(&str, Distribution)> = ids
            .into_iter()
            .map(|id| (self.table().spec(id).meta.name, self.durations_of(id)))
            .filter(|(_, durations)| durations.total() > 0)
            .collect();
        self.answer(call, |reply| {
            reply.map(found.len());
            for (name, durations) in &found {
                reply.bulk(name.as_bytes());
                write_durations(durations, reply);
            }
        });
        Ok(())
    }

    /// A command by name, or a subcommand by `container|subcommand`; a container with all its subcommands.
    fn with_subcommands(&self, name: &[u8]) -> Vec<CommandId> {
        let is = |other: &str| {
            let same = other.as_bytes().get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
            same && (other.len() == name.len() || other.as_bytes().get(name.len()) == Some(&b'|'))
        };
        self.table().iter().filter(|(_, spec)| is(spec.meta.name)).map(|(id, _)| id).collect()
    }

    /// How long the calls of a command took, on all cores.
    fn durations_of(&self, command: CommandId) -> Distribution {
        self.shared.durations_of(command)
    }

    fn samples_of(&self, call: &Call) -> Option<Samples> {
        let event = self.call_args(call).arg(2);
        let all = self.shared.journals.samples();
        all.into_iter().find(|(name, _)| name.as_bytes() == event).map(|(_, samples)| samples)
    }

    /// What the samples say, in words.
    fn latency_report(&self) -> String {
        let events = self.shared.journals.samples();
        if self.hot.latency_threshold_ms == 0 {
            return "The latency monitor is off. To turn it on: CONFIG SET latency-monitor-threshold <milliseconds>.\n"
                .into();
        }
        if events.is_empty() {
            return "Nothing took longer than the latency-monitor-threshold since the start or the last LATENCY RESET.\n"
                .into();
        }
        let mut text = String::new();
        for (number, (event, samples)) in (1..).zip(&events) {
            let count = samples.seconds.len() as u64;
            let sum: u64 = samples.seconds.iter().map(|(_, ms)| ms).sum();
            let first_s = samples.seconds.front().map_or(0, |(unix_s, _)| *unix_s);
            let period_s = (self.now.unix_ms / 1000).saturating_sub(first_s) / count.max(1);
            text += &format!(
                "{number}. {event}: {count} seconds with a spike, {} ms on average, one in {period_s} seconds. Worst: {} ms.\n",
                sum.checked_div(count).unwrap_or(0),
                samples.max_ms,
            );
        }
        text += "\n";
        if events.contains_key("command") || events.contains_key("fast-command") {
            text += "- SLOWLOG GET tells which commands are slow; LATENCY HISTOGRAM, how often.\n";
            text += "- Slow commands without many keys: look for large values, and for other processes on the same CPUs.\n";
        }
        if events.contains_key("expire-cycle") {
            text += "- Expiry works in slices of a tenth of a millisecond: if one is slow, the CPU was busy elsewhere.\n";
        }
        text
    }
}

/// The number of calls, and for durations that double, how many calls were not longer.
fn write_durations(durations: &Distribution, reply: &mut Reply<'_>) {
    let doubling = durations.doubling();
    reply.map(2);
    reply.bulk(b"calls");
    reply.int(durations.total() as i64);
    reply.bulk(b"histogram_usec");
    reply.map(doubling.len());
    for (us, count) in doubling {
        reply.int(us as i64);
        reply.int(count as i64);
    }
}

/// How long ago, in one unit.
fn ago(seconds: u64) -> Vec<u8> {
    let (number, unit) = match seconds {
        0..60 => (seconds, b's'),
        60..3600 => (seconds / 60, b'm'),
        3600..86_400 => (seconds / 3600, b'h'),
        _ => (seconds / 86_400, b'd'),
    };
    let mut text = Vec::new();
    write_u64(&mut text, number);
    text.push(unit);
    text
}

/// The samples as columns of characters, with their ages below, as Redis draws them.
fn graph(event: &str, samples: &Samples, now_s: u64) -> String {
    let times = || samples.seconds.iter().map(|&(_, ms)| ms);
    let (low, high) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
    let mut text = format!(
        "{event} - high {high} ms, low {low} ms (all time high {} ms)\n{}\n",
        samples.max_ms,
        "-".repeat(GRAPH_COLUMNS)
    );
    let columns: Vec<(u64, Vec<u8>)> =
        samples.seconds.iter().map(|&(unix_s, ms)| (ms - low, ago(now_s.saturating_sub(unix_s)))).collect();
    for (part, columns) in columns.chunks(GRAPH_COLUMNS).enumerate() {
        if part > 0 {
            text.push('\n');
        }
        draw(columns, (high - low).max(1), &mut text);
    }
    text
}

/// Draws columns of heights up to `most`, and their labels from top to bottom.
fn draw(columns: &[(u64, Vec<u8>)], most: u64, text: &mut String) {
    const LEVELS: &[u8; 3] = b"_o#";
    let steps = (LEVELS.len() * GRAPH_ROWS) as u64;
    for row in (0..GRAPH_ROWS).rev() {
        let below = row * LEVELS.len();
        text.extend(columns.iter().map(|(height, _)| {
            let step = (height * steps / most).min(steps - 1) as usize;
            match step.checked_sub(below) {
                Some(level) => char::from(LEVELS.get(level).copied().unwrap_or(b'|')),
                None => ' ',
            }
        }));
        text.push('\n');
    }
    text.push_str(&" ".repeat(columns.len()));
    text.push('\n');
    let longest = columns.iter().map(|(_, label)| label.len()).max().unwrap_or(0);
    for row in 0..longest {
        text.extend(columns.iter().map(|(_, label)| label.get(row).map_or(' ', |&byte| char::from(byte))));
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::{Harness, SLEPT_US};

    #[test]
    fn graphs_are_drawn() {
        let mut samples = Samples { max_ms: 500, ..Samples::default() };
        samples.seconds.extend([(90, 100), (95, 200), (100, 400)]);
        let shown = graph("command", &samples, 120);
        assert!(shown.starts_with("command - high 400 ms, low 100 ms (all time high 500 ms)\n-----"));
        assert!(shown.contains("\n  #\n  |\n o|\n_||\n   \n322\n050\nsss\n"), "{shown}");
        assert_eq!(ago(59), b"59s");
        assert_eq!(ago(60), b"1m");
        assert_eq!(ago(7200), b"2h");
        assert_eq!(ago(200_000), b"2d");
    }

    #[test]
    fn histograms_count_every_call_once() {
        for shards in [1, 2, 7] {
            let mut harness = Harness::new(shards, "");
            let client = harness.connect(0);
            for _ in 0..3 {
                for command in [
                    "SET a 1",
                    "MGET a b c d e f",
                    "RENAME a b",
                    "RENAME b a",
                    "DBSIZE",
                    "PING",
                    "CLIENT LIST",
                ] {
                    harness.ask(client, command);
                }
            }
            for (command, calls) in
                [("set", 3), ("mget", 3), ("rename", 6), ("dbsize", 3), ("ping", 3), ("client|list", 3)]
            {
                let reply = harness.ask(client, &format!("LATENCY HISTOGRAM {command}"));
                let start =
                    format!("*2\r\n${}\r\n{command}\r\n*4\r\n$5\r\ncalls\r\n:{calls}\r\n", command.len());
                assert!(reply.starts_with(&start), "{shards} shards: {reply}");
            }
            assert!(harness.ask(client, "LATENCY HISTOGRAM client").contains("client|list"));
            harness.check(client, "LATENCY HISTOGRAM nope getdel", "*0\r\n");
            harness.check(client, "CONFIG RESETSTAT", "+OK\r\n");
            harness.check(client, "LATENCY HISTOGRAM set", "*0\r\n");
            harness.check(client, "CONFIG SET latency-tracking no", "+OK\r\n");
            harness.check(client, "SET a 1", "+OK\r\n");
            harness.check(client, "LATENCY HISTOGRAM set", "*0\r\n");
        }
    }

    #[test]
    fn what_takes_long_is_sampled() {
        // A tick of the harness is a microsecond, and each look at the counter is one.
        let mut harness = Harness::new(2, "--enable-debug-command yes");
        let client = harness.connect(0);
        assert!(harness.ask(client, "LATENCY DOCTOR").contains("is off"));
        harness.check(client, "LATENCY LATEST", "*0\r\n");
        harness.check(client, "CONFIG SET latency-monitor-threshold 1", "+OK\r\n");
        assert!(harness.ask(client, "LATENCY DOCTOR").contains("Nothing took longer"));
        SLEPT_US.set(0);
        harness.check(client, "DEBUG SLEEP 0.005", "+OK\r\n");
        let latest = harness.ask(client, "LATENCY LATEST");
        assert!(latest.starts_with("*1\r\n*4\r\n$7\r\ncommand\r\n:1700000100\r\n:"), "{latest}");
        assert!(harness.ask(client, "LATENCY HISTORY command").starts_with("*1\r\n*2\r\n:1700000100\r\n:"));
        harness.check(client, "LATENCY HISTORY nope", "*0\r\n");
        assert!(harness.ask(client, "LATENCY GRAPH command").contains("command - high "));
        harness.check(client, "LATENCY GRAPH nope", "-ERR No samples available for event 'nope'\r\n");
        assert!(harness.ask(client, "LATENCY DOCTOR").contains("1. command: 1 seconds"));
        harness.check(client, "LATENCY RESET nope", ":0\r\n");
        harness.check(client, "LATENCY RESET", ":1\r\n");
        harness.check(client, "LATENCY LATEST", "*0\r\n");
    }
}
