//! `growth`: a keyspace grown from empty, looking for stalls on the way and for the price of size.

use anyhow::{Result, ensure};

use super::samples::undisturbed;
use super::{Options, Shape, Suite};
use crate::keys::Distribution;
use crate::load::{Bound, Load};
use crate::outcome::Outcome;
use crate::report::{Report, Table, decimals, grouped, median};
use crate::server::Server;

pub(super) const SUITE: Suite = Suite {
    name: "growth",
    about: "from empty to many keys: slowest SET, and CPU of a GET at both sizes",
    run,
};

const CONNECTIONS: usize = 50;
const PIPELINE: usize = 32;

fn run(options: &Options) -> Result<Report> {
    let [few, many] = options.growth_keys;
    let head = [
        "server",
        "SET CPU us, growing to few",
        "SET CPU us, growing to many",
        "p99.9 SET ms",
        "slowest SET ms",
        "slowest SET in the server us",
        "GET CPU us, few",
        "GET CPU us, many",
        "GET many/few",
    ];
    let mut table = Table::new(&head);
    let mut servers = Vec::new();
    for candidate in &options.candidates {
        let server = Server::start(candidate, &options.setting(1))?;
        options.say(&format!("growth of {}", candidate.name));
        let first = grow(options, &server, 0, few)?;
        let get_few = get_cpu_us(options, &server, few)?;
        let second = grow(options, &server, few, many)?;
        let get_many = get_cpu_us(options, &server, many)?;
        let slowest_inside = server.client()?.longest_call_us("set");
        table.rows.push(vec![
            candidate.name.clone(),
            decimals(first.server_cpu_us(), 3),
            decimals(second.server_cpu_us(), 3),
            decimals(first.latency.p999_us.max(second.latency.p999_us) / 1000.0, 2),
            decimals(first.latency.max_us.max(second.latency.max_us) / 1000.0, 2),
            slowest_inside.map_or("–".to_owned(), grouped),
            decimals(get_few, 3),
            decimals(get_many, 3),
            decimals(get_many / get_few, 2),
        ]);
        servers.push(server.description().to_owned());
    }
    Ok(Report {
        title: "Growth of a keyspace".to_owned(),
        method: format!(
            "Keys `key:N` with 32-byte values set in order from empty, {CONNECTIONS} connections with pipelines of \
             {PIPELINE}; few is {} keys, many {}. GETs uniform over what is there, median of {}, {}.",
            grouped(few as f64),
            grouped(many as f64),
            options.rounds,
            options.bound_text()
        ),
        servers,
        tables: vec![("Times as the generator saw them include waiting in a pipeline of the others.".to_owned(), table)],
        notes: vec![
            "The slowest SET in the server is the field `max_usec` of its line in INFO commandmax, where it has one."
                .to_owned(),
        ],
    })
}

/// Sets the keys `from..to`, once each.
fn grow(options: &Options, server: &Server, from: u64, to: u64) -> Result<Outcome> {
    let load = Load {
        distribution: Distribution::Sequential(from),
        bound: Bound::Requests(to - from),
        ..options.load(server, Shape::compact(CONNECTIONS, PIPELINE, "set"), to)?
    };
    let outcome = load.run()?;
    options.say(&format!("{from} to {to}: {outcome}"));
    let tally = &outcome.tally;
    ensure!(tally.bad() == 0, "writing failed: {}", tally.first_bad.as_deref().unwrap_or(""));
    Ok(outcome)
}

fn get_cpu_us(options: &Options, server: &Server, keys: u64) -> Result<f64> {
    let load = options.load(server, Shape::compact(CONNECTIONS, PIPELINE, "get"), keys)?;
    let mut measured = Vec::new();
    for _ in 0..options.rounds {
        let outcome = undisturbed(options, &load)?;
        options.say(&format!("GET over {keys}: {outcome}"));
        measured.push(outcome.server_cpu_us());
    }
    Ok(median(measured))
}
