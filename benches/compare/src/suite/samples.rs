//! Interleaved measurements and what can be said of them.

use anyhow::{Result, ensure};

use super::Options;
use crate::load::Load;
use crate::outcome::Outcome;
use crate::proc;
use crate::report::{Table, decimals, grouped, median};

/// A measurement during which something else had the server's or the generator's CPU for more than this share of the
/// time is made again …
const DISTURBANCE_MAX: f64 = 0.05;
/// … at most this many times.
const REPEATS_MAX: usize = 3;

/// Outcomes of several lanes (servers, or ways of using one), measured in turns.
pub(super) struct Samples {
    /// By round, then lane.
    rounds: Vec<Vec<Outcome>>,
}

/// A ratio between two lanes, taken within each round.
pub(super) struct Ratio {
    /// Its column head.
    pub(super) head: String,
    /// The quantity.
    pub(super) of: fn(&Outcome) -> f64,
    /// Lane above the line.
    pub(super) over: usize,
    /// Lane below it.
    pub(super) under: usize,
}

impl Samples {
    /// Measures all lanes in turns: A B C, A B C, …
    pub(super) fn measure(options: &Options, what: &str, lanes: &[(&str, Load)]) -> Result<Samples> {
        let mut rounds = Vec::new();
        for round in 1..=options.rounds {
            let mut outcomes = Vec::new();
            for (lane, load) in lanes {
                let outcome = undisturbed(options, load)?;
                options.say(&format!("{what}, round {round}, {lane}: {outcome}"));
                outcomes.push(outcome);
            }
            rounds.push(outcomes);
        }
        Ok(Samples { rounds })
    }

    /// The median of a quantity of a lane.
    pub(super) fn median(&self, lane: usize, of: fn(&Outcome) -> f64) -> f64 {
        median(self.rounds.iter().map(|round| of(&round[lane])))
    }

    /// The median of the ratios within the rounds.
    pub(super) fn ratio(&self, ratio: &Ratio) -> f64 {
        median(
            self.rounds.iter().map(|round| (ratio.of)(&round[ratio.over]) / (ratio.of)(&round[ratio.under])),
        )
    }

    fn lanes(&self) -> usize {
        self.rounds.first().map_or(0, Vec::len)
    }

    /// Whether the generator set the pace of most rounds of any lane.
    pub(super) fn saturated(&self) -> bool {
        (0..self.lanes())
            .any(|lane| self.median(lane, |o| f64::from(u8::from(o.generator_saturated()))) > 0.5)
    }
}

/// A measurement, made again if something disturbed it. A reply that is not as it must be makes it fail.
pub(super) fn undisturbed(options: &Options, load: &Load) -> Result<Outcome> {
    // Where server and generator share a CPU they disturb each other by design.
    let shared = load.server_pid.zip(load.cpu).is_some_and(|(pid, cpu)| proc::may_run_on(pid, cpu));
    let mut best: Option<Outcome> = None;
    for _ in 0..=REPEATS_MAX {
        let outcome = load.run()?;
        let tally = &outcome.tally;
        ensure!(
            tally.bad() == 0,
            "{} bad replies, first: {}",
            tally.bad(),
            tally.first_bad.as_deref().unwrap_or("")
        );
        if best.as_ref().is_none_or(|best| outcome.disturbance < best.disturbance) {
            best = Some(outcome);
        }
        let calm = best.as_ref().is_some_and(|best| best.disturbance <= DISTURBANCE_MAX);
        if calm || options.rounds == 1 || shared {
            break;
        }
    }
    best.ok_or_else(|| anyhow::anyhow!("nothing was measured"))
}

/// Tables of workloads: rates, server CPU and ratios in one, latencies in another.
pub(super) struct Comparison {
    rates: Table,
    latencies: Table,
    ratios: Vec<Ratio>,
    saturated: Vec<String>,
}

impl Comparison {
    /// Empty tables for these lanes.
    pub(super) fn new(lanes: &[&str], ratios: Vec<Ratio>) -> Comparison {
        let head = |cells: &mut dyn Iterator<Item = String>| Table {
            head: std::iter::once("workload".to_owned()).chain(cells).collect(),
            rows: Vec::new(),
        };
        let rates = lanes.iter().flat_map(|lane| [format!("{lane} req/s"), format!("{lane} CPU us")]);
        let rates = head(&mut rates.chain(ratios.iter().map(|ratio| ratio.head.clone())));
        let latencies = head(&mut lanes.iter().map(|lane| format!("{lane} p50 / p99 / p99.9 us")));
        Comparison { rates, latencies, ratios, saturated: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn add(&mut self, workload: &str, samples: &Samples) {
        let (mut rates, mut latencies) = (vec![workload.to_owned()], vec![workload.to_owned()]);
        for lane in 0..samples.lanes() {
            rates.push(grouped(samples.median(lane, |o| o.per_second)));
            rates.push(decimals(samples.median(lane, Outcome::server_cpu_us), 3));
            let of: [fn(&Outcome) -> f64; 3] =
                [|o| o.latency.p50_us, |o| o.latency.p99_us, |o| o.latency.p999_us];
            latencies.push(of.map(|of| grouped(samples.median(lane, of))).join(" / "));
        }
        rates.extend(self.ratios.iter().map(|ratio| decimals(samples.ratio(ratio), 2)));
        self.rates.rows.push(rates);
        self.latencies.rows.push(latencies);
        if samples.saturated() {
            self.saturated.push(workload.to_owned());
        }
    }

    /// The tables, under `caption`, and notes on them.
    pub(super) fn finish(self, caption: &str) -> (Vec<(String, Table)>, Vec<String>) {
        let mut notes = Vec::new();
        if !self.saturated.is_empty() {
            let rows = self.saturated.join("; ");
            notes.push(format!(
                "The generator's CPU was saturated, so the rate understates the faster server and the CPU per request \
                 is the comparison to quote: {rows}."
            ));
        }
        let latencies = ("Latency in the same runs:".to_owned(), self.latencies);
        (vec![(caption.to_owned(), self.rates), latencies], notes)
    }
}
