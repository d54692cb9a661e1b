//! `core`: one core of each server under the usual workloads.

use anyhow::{Context, Result};

use super::samples::{Comparison, Ratio, Samples};
use super::{Options, Shape, Suite};
use crate::outcome::Outcome;
use crate::report::{Report, short};
use crate::server::Server;

pub(super) const SUITE: Suite =
    Suite { name: "core", about: "one core of each server: SET and GET, several pipelines", run };

/// Connections, pipeline, mix.
const SMALL: &[(usize, usize, &str)] =
    &[(50, 1, "set:get"), (50, 16, "set:get"), (50, 32, "set:get=1:10"), (400, 1, "set:get")];
const LARGE: &[(usize, usize, &str)] = &[(50, 32, "get"), (50, 32, "set")];

fn run(options: &Options) -> Result<Report> {
    let names: Vec<&str> = options.candidates.iter().map(|candidate| candidate.name.as_str()).collect();
    let mut comparison = Comparison::new(&names, ratios(&names));
    let mut servers = Vec::new();
    for (workloads, keys) in [(SMALL, options.keys), (LARGE, options.large_keys)] {
        // Fresh servers for each keyspace, so that none carries the other's memory.
        servers = options.start_all()?;
        for (server, name) in servers.iter().zip(&names) {
            options.say(&format!("{keys} keys into {name}"));
            options
                .load(server, Shape::new(50, 1, "get"), keys)?
                .preload()
                .with_context(|| (*name).to_owned())?;
        }
        for &(connections, pipeline, mix) in workloads {
            let shape = Shape::new(connections, pipeline, mix);
            let what =
                format!("{connections} conns, pipeline {pipeline}, {}, {} keys", spoken(mix), short(keys));
            comparison.add(&what, &measure(options, &what, &servers, &names, &shape, keys)?);
        }
    }
    let (tables, notes) = comparison.finish("Ratios above 1.00 speak for the first server.");
    Ok(Report {
        title: "One core".to_owned(),
        method: format!(
            "64-byte values, 16-byte keys, uniform. {} rounds, servers in turn within a round, {}; medians, and medians \
             of the ratios within a round. Server CPU as the scheduler counted it; every reply checked.",
            options.rounds,
            options.bound_text()
        ),
        servers: servers.iter().map(|server| server.description().to_owned()).collect(),
        tables,
        notes,
    })
}

fn measure(
    options: &Options,
    what: &str,
    servers: &[Server],
    names: &[&str],
    shape: &Shape<'_>,
    keys: u64,
) -> Result<Samples> {
    let load = |server| options.load(server, shape.clone(), keys);
    let lanes: Vec<_> =
        servers.iter().zip(names).map(|(server, &name)| Ok((name, load(server)?))).collect::<Result<_>>()?;
    Samples::measure(options, what, &lanes)
}

/// For each peer: how much more the first server does, and how much more CPU the peer takes for it.
fn ratios(names: &[&str]) -> Vec<Ratio> {
    let pair = |peer: usize| {
        let (first, peer_name) = (names[0], names[peer]);
        let rate = format!("{first}/{peer_name} req/s");
        let cpu = format!("{peer_name}/{first} CPU");
        [
            Ratio { head: rate, of: |o| o.per_second, over: 0, under: peer },
            Ratio { head: cpu, of: Outcome::server_cpu_us, over: peer, under: 0 },
        ]
    };
    (1..names.len()).flat_map(pair).collect()
}

fn spoken(mix: &str) -> String {
    match mix {
        "set:get" => "SET:GET 1:1".to_owned(),
        "set:get=1:10" => "SET:GET 1:10".to_owned(),
        other => other.to_uppercase(),
    }
}
