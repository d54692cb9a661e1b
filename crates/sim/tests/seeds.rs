//! A fixed number of seeds of every workload, on the code as it is. `cargo xtask sim` runs more.

use sim::workload::ALL;
use sim::{Plan, run};

/// Seeds of each workload: few enough for the ordinary tests to stay quick on a slow machine.
const SEEDS: u64 = 200;
/// At most one search in so many may be given up, or the shapes of the workloads are too large for the checkers.
const UNDECIDED_ONE_IN: u64 = 20;
/// The same where power is lost: much may have happened then or not.
const UNDECIDED_AFTER_LOSS_ONE_IN: u64 = 3;

fn check(workload: &'static str) {
    check_plans(workload, SEEDS, false);
}

fn check_plans(workload: &'static str, seeds: u64, power_loss: bool) {
    let (mut undecided, mut rewrites, mut cut) = (0, 0, 0);
    for seed in 0..seeds {
        let outcome = run(Plan { power_loss, ..Plan::new(workload, seed) });
        rewrites += outcome.history.rewrites.0;
        cut += outcome.history.rewrites.1;
        match &outcome.verdict {
            Ok(checked) => {
                // When the power is lost early and often, nothing may be left to compare.
                let is_checked = checked.facts + checked.undecided > 0;
                assert!(power_loss || is_checked, "{outcome}: nothing was checked");
                undecided += u64::from(checked.undecided > 0);
            }
            Err(_) => panic!("{outcome}"),
        }
    }
    assert!(!power_loss || rewrites.min(cut) > 0, "{workload}: {rewrites} rewrites, {cut} cut off");
    let one_in = if power_loss { UNDECIDED_AFTER_LOSS_ONE_IN } else { UNDECIDED_ONE_IN };
    assert!(undecided * one_in <= seeds, "{workload}: {undecided} of {seeds} seeds undecided");
}

#[test]
fn registers() {
    check("registers");
}

#[test]
fn groups() {
    check("groups");
}

#[test]
fn tokens() {
    check("tokens");
}

#[test]
fn lists() {
    check("lists");
}

#[test]
fn appends() {
    check("appends");
}

#[test]
fn queues() {
    check("queues");
}

#[test]
fn pairs() {
    check("pairs");
}

#[test]
fn mixed() {
    check("mixed");
}

#[test]
fn keyspace() {
    check("keyspace");
}

#[test]
fn large() {
    check("large");
}

#[test]
fn expiry() {
    check("expiry");
}

#[test]
fn bank() {
    check("bank");
}

#[test]
fn scripts() {
    check("scripts");
}

#[test]
fn channels() {
    check("channels");
}

#[test]
fn views() {
    check("views");
}

#[test]
fn crash() {
    check("crash");
}

/// With a log that is synced always, and the power lost now and then: all that was answered is there, and nothing comes in parts.
///
/// The log is rewritten meanwhile. Not `channels`, which have no data.
#[test]
fn power_loss() {
    let workloads = [
        ("registers", 25),
        ("groups", 30),
        ("tokens", 30),
        ("lists", 40),
        ("appends", 30),
        ("mixed", 8),
        ("keyspace", 15),
        ("large", 15),
        ("bank", 40),
        ("scripts", 20),
        ("queues", 40),
        ("views", 15),
        ("pairs", 40),
        ("expiry", 40),
    ];
    std::thread::scope(|scope| {
        workloads.iter().for_each(|&(workload, seeds)| {
            scope.spawn(move || check_plans(workload, seeds, true));
        });
    });
}

#[test]
fn no_workload_is_forgotten_here() {
    let source = include_str!("seeds.rs");
    for (name, _) in ALL {
        assert!(source.contains(&format!("check(\"{name}\")")), "{name}");
    }
}

#[test]
fn a_seed_replays_to_the_bit() {
    for (workload, _) in ALL {
        for seed in [3, 4] {
            let (one, two) = (run(Plan::new(workload, seed)), run(Plan::new(workload, seed)));
            assert_eq!(one.trace.hash(), two.trace.hash(), "{workload}, seed {seed}");
            assert_eq!(one.history.ops.len(), two.history.ops.len());
        }
        let (one, other) = (run(Plan::new(workload, 3)), run(Plan::new(workload, 4)));
        assert_ne!(one.trace.hash(), other.trace.hash(), "{workload}");
    }
}
