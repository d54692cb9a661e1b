//! `blocking`: how long it takes from LPUSH on one connection to the reply of the BRPOP that waits on another.

use std::time::Instant;

use anyhow::Result;

use super::{Options, Suite};
use crate::info::Client;
use crate::load::Bound;
use crate::report::{Report, Table};
use crate::server::{Candidate, Server};

pub(super) const SUITE: Suite =
    Suite { name: "blocking", about: "latency of a hand-over from LPUSH to a waiting BRPOP", run };

/// Pairs of queues, each with connections of its own: with several shards they and their queues are at different ones.
const PAIRS: usize = 16;
/// Hand-overs of a pair before those that count.
const WARM_UP: usize = 200;
/// Hand-overs of a pair in a round.
const MEASURED: usize = 2_000;

fn run(options: &Options) -> Result<Report> {
    let count = match options.bound {
        Bound::Requests(count) => usize::try_from(count).unwrap_or(MEASURED).div_ceil(PAIRS),
        Bound::Time { .. } => MEASURED,
    };
    let mut lanes: Vec<(String, Server)> = Vec::new();
    for (number, candidate) in options.candidates.iter().enumerate() {
        lanes.push((candidate.name.clone(), Server::start(candidate, &options.setting(1))?));
        if number == 0 {
            lanes.push((format!("{}, 2 shards", candidate.name), start_two(options, candidate)?));
        }
    }
    // By lane: the medians and the 99th percentiles of the rounds.
    let mut results: Vec<(Vec<f64>, Vec<f64>)> = lanes.iter().map(|_| Default::default()).collect();
    for round in 0..options.rounds {
        for ((name, server), (medians, tails)) in lanes.iter().zip(&mut results) {
            options.say(&format!("round {}: hand-overs of {name}", round + 1));
            let mut samples = hand_overs(server, count)?;
            samples.sort_unstable_by(f64::total_cmp);
            medians.push(percentile(&samples, 50));
            tails.push(percentile(&samples, 99));
        }
    }
    let base = lanes.iter().position(|(name, _)| name == "Valkey");
    let mut table = Table::new(&["server", "p50 us", "p99 us", "p50 against Valkey"]);
    for ((name, _), (medians, tails)) in lanes.iter().zip(&results) {
        let ratio = base.map_or_else(String::new, |base| {
            let mut ratios: Vec<f64> = medians.iter().zip(&results[base].0).map(|(a, b)| a / b).collect();
            format!("{:.2}", median(&mut ratios))
        });
        let row = [median(&mut medians.clone()), median(&mut tails.clone())].map(|us| format!("{us:.1}"));
        table.rows.push([name.clone()].into_iter().chain(row).chain([ratio]).collect());
    }
    Ok(Report {
        title: "Hand-over between two connections".to_owned(),
        method: format!(
            "Two connections pass a token to and fro over two lists, each by LPUSH and then BRPOP in one write; the time \
             from the write of one to the reply of the BRPOP that waits on the other. {PAIRS} pairs of connections and \
             lists one after the other, {count} hand-overs each, {} rounds in turn; medians of the rounds, and of the ratios \
             within a round.",
            options.rounds
        ),
        servers: lanes.iter().map(|(_, server)| server.description().to_owned()).collect(),
        tables: vec![("Less is better.".to_owned(), table)],
        notes: Vec::new(),
    })
}

fn start_two(options: &Options, candidate: &Candidate) -> Result<Server> {
    Server::start(candidate, &options.setting(2))
}

/// So many hand-overs for each pair, in microseconds.
fn hand_overs(server: &Server, count: usize) -> Result<Vec<f64>> {
    let mut samples = Vec::with_capacity(PAIRS * count);
    for pair in 0..PAIRS {
        let (there, back) = (format!("there:{pair}"), format!("back:{pair}"));
        let (mut a, mut b) = (server.client()?, server.client()?);
        b.send(&[&["BRPOP", &there, "0"]])?;
        // The first round trip only makes sure that everybody waits.
        for hand_over in 0..2 + WARM_UP.min(count) + count {
            let start = Instant::now();
            if hand_over % 2 == 0 {
                pass(&mut a, &mut b, &there, &back, hand_over < 2)?;
            } else {
                pass(&mut b, &mut a, &back, &there, false)?;
            }
            if hand_over >= 2 + WARM_UP.min(count) {
                samples.push(start.elapsed().as_secs_f64() * 1e6);
            }
        }
    }
    Ok(samples)
}

/// Passes the token from one to the other, and waits for it to come back.
fn pass(from: &mut Client, to: &mut Client, list: &str, back: &str, first: bool) -> Result<()> {
    from.send(&[&["LPUSH", list, "token"], &["BRPOP", back, "0"]])?;
    // What was pushed before is answered ahead of what is popped now, but for the very first.
    to.receive(if first { 1 } else { 2 })
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted
        .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    percentile(values, 50)
}
