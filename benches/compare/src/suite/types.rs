//! `types`: what the commands of each data type cost, and what an element of each takes; `bytes`: the latter alone.

mod bytes;
mod commands;
mod workloads;

use anyhow::{Context, Result, ensure};

use super::{Options, Shape, Suite};
use crate::command::{Command, Mix};
use crate::keys::Distribution;
use crate::load::{Bound, Load};
use crate::reply::Expected;
use crate::report::Report;
use crate::server::Server;

pub(super) const SUITE: Suite =
    Suite { name: "types", about: "commands of all data types, and bytes of an element", run };

pub(super) const BYTES: Suite =
    Suite { name: "bytes", about: "bytes of an element of all data types, as of types", run: run_bytes };

/// Most server CPU that a request may take, as a share of a peer's.
const CPU_TARGET: f64 = 0.7;
/// Most resident bytes that an element may take, as a share of a peer's.
const BYTES_TARGET: f64 = 0.8;
/// Bytes of `__value__`.
const VALUE_BYTES: usize = 20;
/// Requests at once while a server is filled.
const FILL_PIPELINE: usize = 200;
/// How a server that lacks a command begins its answer.
const UNKNOWN: &str = "-ERR unknown ";
/// Fewest elements of a large collection.
const LARGE_MIN: u64 = 1_000;

fn run(options: &Options) -> Result<Report> {
    let large = options.keys.max(LARGE_MIN);
    let (commands, servers, mut notes) = commands::measure(options, large)?;
    let (bytes, more) = bytes::measure(options, large)?;
    notes.extend(more);
    Ok(Report {
        title: "Data types".to_owned(),
        method: format!(
            "One core of each server. Commands: {} rounds, servers in turn within a round, {}; medians of the server CPU a \
             request, as the scheduler counted it, and medians of the ratios within a round. Values have {VALUE_BYTES} \
             bytes, members 16, scores two decimals. Every reply checked by its value, type or number of elements.",
            options.rounds,
            options.bound_text()
        ),
        servers,
        tables: vec![
            (
                format!(
                    "Server CPU in microseconds a request; the target is at most {CPU_TARGET} of a peer's:"
                ),
                commands,
            ),
            (bytes_title(), bytes),
        ],
        notes,
    })
}

fn run_bytes(options: &Options) -> Result<Report> {
    let (bytes, notes) = bytes::measure(options, options.keys.max(LARGE_MIN))?;
    Ok(Report {
        title: "Bytes of an element".to_owned(),
        method: "Each kind in a server of its own, one shard.".to_owned(),
        servers: options.candidates.iter().map(|candidate| candidate.name.clone()).collect(),
        tables: vec![(bytes_title(), bytes)],
        notes,
    })
}

fn bytes_title() -> String {
    format!(
        "Bytes of an element, key included: growth of the resident size, and MEMORY USAGE; the target is at most \
         {BYTES_TARGET} of a peer's resident bytes:"
    )
}

/// A command and what it must answer.
type Step = (String, Expected);

/// Writes that come before a measurement: one command again and again, numbers in sequence.
struct Fill {
    command: String,
    /// Numbers drawn: `first` and the ones after it.
    first: u64,
    count: u64,
}

impl Fill {
    fn new(command: impl Into<String>, count: u64) -> Fill {
        Fill { command: command.into(), first: 0, count }
    }

    /// Runs it; false when the server has no such command.
    fn run(&self, options: &Options, server: &Server) -> Result<bool> {
        // Requests of one connection are executed in order, which stream ids need.
        let load = Load {
            distribution: Distribution::Sequential(self.first),
            bound: Bound::Requests(self.count),
            ..load(options, server, &[(self.command.clone(), Expected::Any)], self.first + self.count)?
        };
        knows(&Load { connections: 1, pipeline: FILL_PIPELINE, ..load })
            .with_context(|| format!("filling with {}", self.command))
    }
}

/// A workload of these commands in turn, numbers below `numbers`.
fn load(options: &Options, server: &Server, steps: &[Step], numbers: u64) -> Result<Load> {
    let shape = Shape { value_bytes: VALUE_BYTES, ..Shape::compact(50, 16, "set") };
    let load = options.load(server, shape, numbers)?;
    let weighted = steps.iter().map(|(text, expected)| {
        Ok((Command::from_template(text, &load.material)?.expecting(expected.clone()), 1))
    });
    let text = steps.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(", ");
    Ok(Load { mix: Mix::new(&text, weighted.collect::<Result<_>>()?)?, ..load })
}

/// Runs a workload that is not measured. False when the server lacks one of its commands.
fn knows(load: &Load) -> Result<bool> {
    let tally = load.run()?.tally;
    let first = tally.first_bad.as_deref().unwrap_or("");
    let lacks = tally.errors > 0 && first.contains(UNKNOWN);
    ensure!(lacks || tally.bad() == 0, "{} bad replies, first: {first}", tally.bad());
    Ok(!lacks)
}
