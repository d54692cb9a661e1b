//! `shards`: what a second shard costs, on the first server alone.

use anyhow::Result;

use super::samples::{Comparison, Ratio, Samples};
use super::{Options, Shape, Suite};
use crate::outcome::Outcome;
use crate::report::{Report, Table};
use crate::server::Server;

pub(super) const SUITE: Suite =
    Suite { name: "shards", about: "two shards against one, and commands whose keys lie on both", run };

const SINGLE_KEY: &[(usize, &str)] = &[(1, "set:get"), (16, "set:get"), (32, "set:get=1:10")];
const MULTI_KEY: &[(usize, &str)] = &[(1, "mset10"), (1, "mget10"), (16, "mset10"), (16, "mget10")];
const CONNECTIONS: usize = 50;

type Tables = Vec<(String, Table)>;

fn run(options: &Options) -> Result<Report> {
    let subject = options.subject()?;
    let one = Server::start(subject, &options.setting(1))?;
    let two = Server::start(subject, &options.setting(2))?;
    let (mut tables, mut notes) = single_key(options, &one, &two)?;
    let (multi, more) = multi_key(options, &one, &two)?;
    tables.extend(multi);
    notes.extend(more);
    if options.server_cpus.contains(&options.client_cpu) {
        notes.push(
            "Two shards share a CPU with the generator here, so quote the CPU per request, not the rates."
                .to_owned(),
        );
    }
    Ok(Report {
        title: format!("{}: two shards against one", subject.name),
        method: format!(
            "{CONNECTIONS} connections, 64-byte values, {} keys, uniform. {} rounds in turn, {}; medians, and medians of \
             the ratios within a round. Server CPU as the scheduler counted it, all threads.",
            options.keys,
            options.rounds,
            options.bound_text()
        ),
        servers: [&one, &two].map(|server| server.description().to_owned()).into(),
        tables,
        notes,
    })
}

fn single_key(options: &Options, one: &Server, two: &Server) -> Result<(Tables, Vec<String>)> {
    let ratios = vec![
        Ratio { head: "CPU 2 shards/1".to_owned(), of: Outcome::server_cpu_us, over: 1, under: 0 },
        Ratio { head: "req/s 2 shards/1".to_owned(), of: |o| o.per_second, over: 1, under: 0 },
    ];
    let mut comparison = Comparison::new(&["1 shard", "2 shards"], ratios);
    for server in [one, two] {
        options.load(server, Shape::new(CONNECTIONS, 1, "get"), options.keys)?.preload()?;
    }
    for &(pipeline, mix) in SINGLE_KEY {
        let load = |server| options.load(server, Shape::new(CONNECTIONS, pipeline, mix), options.keys);
        let what = format!("pipeline {pipeline}, {mix}");
        comparison.add(
            &what,
            &Samples::measure(options, &what, &[("1 shard", load(one)?), ("2 shards", load(two)?)])?,
        );
    }
    Ok(comparison.finish("Commands with one key:"))
}

fn multi_key(options: &Options, one: &Server, two: &Server) -> Result<(Tables, Vec<String>)> {
    let cpu =
        |head: &str, over, under| Ratio { head: head.to_owned(), of: Outcome::server_cpu_us, over, under };
    let lanes = ["1 shard", "2 shards, keys on one", "2 shards, keys on both"];
    let mut comparison =
        Comparison::new(&lanes, vec![cpu("CPU both/one", 2, 1), cpu("CPU 2 shards, both/1 shard", 2, 0)]);
    let load = |server, pipeline, mix: &str| {
        options.load(server, Shape::new(CONNECTIONS, pipeline, mix), options.keys)
    };
    for (server, mix) in [(one, "mget10"), (two, "mget10"), (two, "mget10-tag")] {
        load(server, 1, mix)?.preload()?;
    }
    for &(pipeline, mix) in MULTI_KEY {
        let what = format!("pipeline {pipeline}, {mix}");
        let tagged = format!("{mix}-tag");
        let loads = [load(one, pipeline, mix)?, load(two, pipeline, &tagged)?, load(two, pipeline, mix)?];
        let lanes: Vec<_> = lanes.into_iter().zip(loads).collect();
        comparison.add(&what, &Samples::measure(options, &what, &lanes)?);
    }
    Ok(comparison.finish("Commands with ten keys, which lie on one shard or on both:"))
}
