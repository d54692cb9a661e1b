//! `cargo xtask sim`: many seeds of the simulator, or one in detail.

use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use sim::workload::ALL;
use sim::{Outcome, Plan};

/// Seeds between two lines of progress.
const PROGRESS_EVERY: u64 = 500;

/// The options of `cargo xtask sim`.
#[derive(Args)]
pub(crate) struct Options {
    /// How many seeds to run, of each workload.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed. Without --seeds, the only one.
    #[arg(long)]
    seed: Option<u64>,
    /// How many shards; each seed chooses by itself if not given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64))]
    shards: Option<u16>,
    /// Keep a log, synced always, and lose power now and then.
    #[arg(long)]
    power_loss: bool,
    /// Only this workload.
    #[arg(long)]
    workload: Option<String>,
    /// Print every event of a single seed.
    #[arg(long)]
    trace: bool,
    /// Go on after a seed that fails.
    #[arg(long)]
    keep_going: bool,
}

impl Options {
    fn plan(&self, workload: &'static str, seed: u64) -> Plan {
        Plan { shards: self.shards, power_loss: self.power_loss, ..Plan::new(workload, seed) }
    }
}

/// Runs the seeds. Fails if one of them does.
pub(crate) fn run(options: &Options) -> ExitCode {
    let is_wanted = |name: &str| options.workload.as_ref().is_none_or(|wanted| wanted == name);
    let workloads: Vec<&'static str> =
        ALL.iter().map(|(name, _)| *name).filter(|name| is_wanted(name)).collect();
    if workloads.is_empty() {
        let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
        eprintln!("there is no such workload; there are {}", names.join(", "));
        return ExitCode::FAILURE;
    }
    if let (Some(seed), true) = (options.seed, std::env::args().all(|arg| !arg.starts_with("--seeds"))) {
        let outcomes = workloads
            .iter()
            .map(|workload| sim::run(Plan { trace: options.trace, ..options.plan(workload, seed) }));
        return one(&outcomes.collect::<Vec<_>>());
    }
    many(options, &workloads)
}

fn one(outcomes: &[Outcome]) -> ExitCode {
    for outcome in outcomes {
        print!("{}", outcome.trace);
        println!("{outcome}");
    }
    if outcomes.iter().any(Outcome::failed) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn many(options: &Options, workloads: &[&'static str]) -> ExitCode {
    let first = options.seed.unwrap_or(0);
    let mut all_passed = true;
    for workload in workloads {
        let start = Instant::now();
        let (mut operations, mut lost, mut facts, mut undecided, mut failed) = (0, 0, 0, 0, 0);
        for seed in first..first + options.seeds {
            let outcome = sim::run(options.plan(workload, seed));
            operations += outcome.history.ops.len();
            lost += outcome.history.lost();
            match &outcome.verdict {
                Ok(checked) => {
                    facts += checked.facts;
                    undecided += checked.undecided;
                }
                Err(_) => {
                    println!("{outcome}\n");
                    failed += 1;
                    all_passed = false;
                    if !options.keep_going {
                        return ExitCode::FAILURE;
                    }
                }
            }
            if (seed + 1 - first).is_multiple_of(PROGRESS_EVERY) {
                eprintln!("{workload}: {} seeds", seed + 1 - first);
            }
        }
        let rate = options.seeds as f64 / start.elapsed().as_secs_f64();
        println!(
            "{workload:<10} {} seeds, {failed} failed, {operations} operations, {lost} lost, {facts} facts, {undecided} searches \
             given up, {rate:.0} seeds/s",
            options.seeds
        );
    }
    if all_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
