//! Server CPU of the commands.

use anyhow::{Context, Result};

use super::workloads::{self, Workload};
use super::{CPU_TARGET, knows, load};
use crate::load::{Bound, Load};
use crate::outcome::Outcome;
use crate::report::{Table, at_most, decimals};
use crate::server::Server;
use crate::suite::Options;
use crate::suite::samples::{Ratio, Samples};

/// Measures all workloads: the table, the servers' descriptions, and notes.
pub(super) fn measure(options: &Options, large: u64) -> Result<(Table, Vec<String>, Vec<String>)> {
    let names: Vec<&str> = options.candidates.iter().map(|candidate| candidate.name.as_str()).collect();
    let servers = options.start_all()?;
    let cpu = names.iter().map(|name| format!("{name} CPU us"));
    let ratios =
        names[1..].iter().flat_map(|peer| [format!("{}/{peer}", names[0]), format!("at most {CPU_TARGET}")]);
    let head = ["workload".to_owned()].into_iter().chain(cpu).chain(ratios).collect();
    let mut table = Table { head, rows: Vec::new() };
    let mut saturated = Vec::new();
    for workload in workloads::all(large) {
        let (row, full) = row(options, &workload, &servers, &names)
            .with_context(|| format!("measuring {}", workload.name))?;
        table.rows.push(row);
        if full {
            saturated.push(workload.name);
        }
    }
    let mut notes = vec!["A server that does not know a command has a dash.".to_owned()];
    if !saturated.is_empty() {
        notes.push(format!(
            "The generator's CPU was saturated, so that the faster server had fewer requests at once than it could have \
             had: {}.",
            saturated.join("; ")
        ));
    }
    Ok((table, servers.iter().map(|server| server.description().to_owned()).collect(), notes))
}

/// Measures a workload on the servers that know its commands: a row, and whether the generator was saturated.
fn row(
    options: &Options,
    workload: &Workload,
    servers: &[Server],
    names: &[&str],
) -> Result<(Vec<String>, bool)> {
    let mut lanes = Vec::new();
    // By server, its lane.
    let mut lane_of = Vec::new();
    for (server, &name) in servers.iter().zip(names) {
        let load = prepare(options, workload, server).with_context(|| name.to_owned())?;
        lane_of.push(load.is_some().then_some(lanes.len()));
        lanes.extend(load.map(|load| (name, load)));
    }
    let samples = Samples::measure(options, &workload.name, &lanes)?;
    let cpu =
        |lane: &Option<usize>| lane.map_or(f64::NAN, |lane| samples.median(lane, Outcome::server_cpu_us));
    let mut row = vec![workload.name.clone()];
    row.extend(lane_of.iter().map(|lane| decimals(cpu(lane), 2)));
    for peer in &lane_of[1..] {
        let ratio = match (lane_of[0], *peer) {
            (Some(over), Some(under)) => {
                samples.ratio(&Ratio { head: String::new(), of: Outcome::server_cpu_us, over, under })
            }
            _ => f64::NAN,
        };
        row.extend([decimals(ratio, 2), at_most(ratio, CPU_TARGET)]);
    }
    Ok((row, samples.saturated()))
}

/// Fills a server for a workload, and tries each command once. `None` when the server lacks one.
fn prepare(options: &Options, workload: &Workload, server: &Server) -> Result<Option<Load>> {
    for fill in &workload.fills {
        if !fill.run(options, server)? {
            return Ok(None);
        }
    }
    let load = Load {
        connections: workload.connections,
        pipeline: workload.pipeline,
        ..load(options, server, &workload.steps, workload.numbers)?
    };
    let once = Bound::Requests(workload.steps.len() as u64);
    let known = knows(&Load { connections: 1, bound: once, ..load.clone() })?;
    Ok(known.then_some(load))
}
