//! `info`: what `INFO everything` costs a server with many keys and many clients.

use anyhow::{Context, Result, ensure};

use super::samples::Samples;
use super::{CLIENTS_SPARE, Options, Shape, Suite};
use crate::command::{Command, Mix};
use crate::info::Client;
use crate::keys::Distribution;
use crate::load::{Bound, Load};
use crate::outcome::Outcome;
use crate::proc::raise_open_files;
use crate::reply::Expected;
use crate::report::{Report, Table, at_most, decimals, grouped};
use crate::server::Server;

pub(super) const SUITE: Suite =
    Suite { name: "info", about: "CPU of INFO everything with many keys and many clients", run };

/// Most server CPU of a call, in microseconds.
const TARGET_US: f64 = 200.0;

fn run(options: &Options) -> Result<Report> {
    let (keys, connections) = (options.info_keys, options.info_connections);
    let servers = options.start_all()?;
    let files = usize::try_from(raise_open_files()).unwrap_or(usize::MAX);
    let needed = connections * servers.len() + CLIENTS_SPARE;
    ensure!(needed <= files, "{needed} files must be open at once, and only {files} may be");
    let (mut lanes, mut clients) = (Vec::new(), Vec::new());
    for (server, candidate) in servers.iter().zip(&options.candidates) {
        options.say(&format!("{keys} keys and {connections} connections into {}", candidate.name));
        clients.push(crowd(options, server).with_context(|| candidate.name.clone())?);
        lanes.push((candidate.name.as_str(), info(options, server)?));
    }
    let samples = Samples::measure(options, "INFO everything", &lanes)?;
    let limit = format!("at most {TARGET_US} us");
    let mut table = Table::new(&["server", "CPU us", &limit, "p50 us", "p99 us"]);
    for (lane, (name, _)) in lanes.iter().enumerate() {
        let cpu = samples.median(lane, Outcome::server_cpu_us);
        table.rows.push(vec![
            (*name).to_owned(),
            decimals(cpu, 1),
            at_most(cpu, TARGET_US),
            grouped(samples.median(lane, |o| o.latency.p50_us)),
            grouped(samples.median(lane, |o| o.latency.p99_us)),
        ]);
    }
    Ok(Report {
        title: "INFO everything".to_owned(),
        method: format!(
            "{} keys with 32-byte values, {} idle connections, and one that calls INFO everything without a pause. {} \
             rounds, servers in turn within a round, {}; medians. Server CPU as the scheduler counted it.",
            grouped(keys as f64),
            grouped(connections as f64),
            options.rounds,
            options.bound_text()
        ),
        servers: servers.iter().map(|server| server.description().to_owned()).collect(),
        tables: vec![(
            "Server CPU of a call, reading the request and sending the reply included:".to_owned(),
            table,
        )],
        notes: Vec::new(),
    })
}

/// Writes the keys and connects the clients, each of which has spoken.
fn crowd(options: &Options, server: &Server) -> Result<Vec<Client>> {
    let fill = Load {
        distribution: Distribution::Sequential(0),
        bound: Bound::Requests(options.info_keys),
        ..options.load(server, Shape::compact(20, 50, "set"), options.info_keys)?
    };
    let tally = fill.run()?.tally;
    ensure!(tally.bad() == 0, "writing failed: {}", tally.first_bad.unwrap_or_default());
    let connect = || server.client();
    let mut clients: Vec<Client> =
        (0..options.info_connections).map(|_| connect()).collect::<Result<_>>().context("connecting")?;
    clients.iter_mut().try_for_each(Client::ping).context("a PING on each connection")?;
    Ok(clients)
}

fn info(options: &Options, server: &Server) -> Result<Load> {
    let load = options.load(server, Shape::compact(1, 1, "set"), 1)?;
    let command = Command::from_template("INFO everything", &load.material)?.expecting(Expected::Text);
    Ok(Load { mix: Mix::new("INFO everything", vec![(command, 1)])?, ..load })
}
