//! Invariants broken on purpose: the checkers must notice, and must find nothing wrong with the same seeds otherwise.

use sim::{Failure, Fault, Plan, run};

/// Within so many seeds each fault must show.
const SEEDS: u64 = 40;
/// The same for faults that need a loss of power at one of a few operations.
const REWRITE_SEEDS: u64 = 2000;

/// The workloads that must notice a fault.
fn check(fault: Fault, workloads: &[&'static str]) {
    check_with(fault, workloads, false);
}

fn check_with(fault: Fault, workloads: &[&'static str], power_loss: bool) {
    for workload in workloads {
        let plan = |seed, fault| Plan { fault, power_loss, shards: Some(3), ..Plan::new(workload, seed) };
        let noticed = (0..SEEDS).find(|&seed| {
            let outcome = run(plan(seed, Some(fault)));
            matches!(outcome.verdict, Err(Failure::Violation(_)))
        });
        let Some(noticed) = noticed else { panic!("{workload} doesn't notice {fault:?} in {SEEDS} seeds") };
        for seed in 0..=noticed {
            let outcome = run(plan(seed, None));
            assert!(!outcome.failed(), "without the fault: {outcome}");
        }
    }
}

#[test]
fn a_torn_publish_is_noticed() {
    check(Fault::TornPublish, &["bank", "groups", "lists", "appends", "pairs", "mixed", "keyspace"]);
}

#[test]
fn skipped_key_locks_are_noticed() {
    check(Fault::SkipKeyLocks, &["bank", "scripts", "appends", "tokens", "mixed", "keyspace"]);
}

#[test]
fn skipped_watches_are_noticed() {
    check(Fault::SkipWatches, &["bank"]);
}

#[test]
fn skipped_waiters_are_noticed() {
    check(Fault::SkipWaiters, &["queues"]);
}

#[test]
fn scripts_that_are_not_undone_are_noticed() {
    check(Fault::SkipUndo, &["scripts"]);
}

#[test]
fn own_work_before_the_inbox_is_noticed() {
    check(Fault::OwnWorkFirst, &["groups", "lists", "appends", "mixed"]);
}

#[test]
fn answers_before_the_sync_are_noticed() {
    check_with(Fault::SkipSync, &["registers", "appends", "crash"], true);
}

#[test]
fn parts_of_writes_that_are_recovered_are_noticed() {
    check_with(Fault::IgnoreGroups, &["groups", "bank", "crash"], true);
}

#[test]
fn what_is_removed_before_the_manifest_is_durable_is_noticed() {
    check_rewrites(Fault::RemoveFirst);
}

#[test]
fn bases_that_are_not_synced_are_noticed() {
    check_rewrites(Fault::UnsyncedBase);
}

#[test]
fn rewrites_that_count_too_soon_are_noticed() {
    check_rewrites(Fault::ListTooSoon);
}

#[test]
fn logs_that_begin_before_the_cut_are_noticed() {
    check_rewrites(Fault::RotateEarly);
}

/// Faults of rewrites: what was answered is gone or done twice, or the log is not loaded any more.
fn check_rewrites(fault: Fault) {
    let plan = |seed, fault| Plan { fault, shards: Some(3), ..Plan::new("crash", seed) };
    let noticed = (0..REWRITE_SEEDS).find(|&seed| {
        let outcome = run(plan(seed, Some(fault)));
        matches!(outcome.verdict, Err(Failure::Violation(_) | Failure::NotLoaded(_)))
    });
    let Some(noticed) = noticed else { panic!("{fault:?} is not noticed in {REWRITE_SEEDS} seeds") };
    let outcome = run(plan(noticed, None));
    assert!(!outcome.failed(), "without the fault: {outcome}");
}
