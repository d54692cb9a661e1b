//! The sections about commands and errors.

use std::collections::BTreeMap;

use super::{Text, View};
use crate::stats::{CommandStats, Counter, ERROR_CODES_MAX};

/// A command's counters, summed over all cores.
struct Total {
    calls: u64,
    us: u64,
    max_us: f64,
    rejected: u64,
    failed: u64,
}

/// The commands that were called, with their totals.
fn called<'a>(view: &'a View<'_>) -> impl Iterator<Item = (&'static str, Total)> + use<'a> {
    let process = &view.shared.process;
    let total = move |(id, spec): (u16, &'static commands::CommandSpec)| {
        let cores = || view.shared.stats.iter().filter_map(move |core| core.commands.get(usize::from(id)));
        let sum = |counter: fn(&CommandStats) -> &Counter| {
            let sum = cores().fold(0u64, |sum, core| sum.wrapping_add(counter(core).get()));
            if sum > i64::MAX as u64 { 0 } else { sum }
        };
        let max_ticks = cores().map(|core| core.max_ticks.get()).max().unwrap_or(0);
        let total = Total {
            calls: sum(|core| &core.calls),
            us: process.ticks_to_ns(sum(|core| &core.ticks)) / 1000,
            max_us: process.ticks_to_ns(max_ticks) as f64 / 1000.0,
            rejected: sum(|core| &core.rejected),
            failed: sum(|core| &core.failed),
        };
        (total.calls > 0 || total.rejected > 0 || total.failed > 0).then_some((spec.meta.name, total))
    };
    view.shared.table.iter().filter_map(total)
}

/// `# Commandstats`
pub(super) fn commandstats(view: &View<'_>, text: &mut Text) {
    text.section("Commandstats");
    for (name, total) in called(view) {
        let Total { calls, us, rejected, failed, .. } = total;
        let per_call = if calls == 0 { 0.0 } else { us as f64 / calls as f64 };
        let line = format!(
            "calls={calls},usec={us},usec_per_call={per_call:.2},rejected_calls={rejected},failed_calls={failed}"
        );
        text.field(&format!("cmdstat_{name}"), line);
    }
}

/// `# Latencystats`: the percentiles of `latency-tracking-info-percentiles`, in microseconds.
pub(super) fn latencystats(view: &View<'_>, text: &mut Text) {
    text.section("Latencystats");
    if !view.config.latency_tracking() {
        return;
    }
    let percentiles: Vec<(String, f64)> = view
        .config
        .latency_percentiles()
        .into_iter()
        .filter_map(|word| Some((word.clone(), word.parse().ok()?)))
        .collect();
    for (id, spec) in view.shared.table.iter() {
        let durations = view.shared.durations_of(id);
        if durations.total() == 0 {
            continue;
        }
        let shown = |(word, percent): &(String, f64)| {
            format!("p{word}={:.3}", durations.percentile_ns(*percent) as f64 / 1000.0)
        };
        let line: Vec<String> = percentiles.iter().map(shown).collect();
        text.field(&format!("latency_percentiles_usec_{}", spec.meta.name), line.join(","));
    }
}

/// `# Commandmax`: the longest execution of each command, which Redis does not tell.
pub(super) fn commandmax(view: &View<'_>, text: &mut Text) {
    text.section("Commandmax");
    for (name, total) in called(view) {
        text.field(&format!("cmdmax_{name}"), format_args!("max_usec={:.3}", total.max_us));
    }
}

/// `# Errorstats`
pub(super) fn errorstats(view: &View<'_>, text: &mut Text) {
    text.section("Errorstats");
    let mut totals: BTreeMap<String, u64> = BTreeMap::new();
    let mut too_many = false;
    for core in &view.shared.stats {
        let codes = core.errors.codes();
        too_many |= codes.is_none();
        for (code, count) in codes.into_iter().flatten() {
            *totals.entry(String::from_utf8_lossy(&code).into_owned()).or_default() += count;
        }
    }
    if too_many || totals.len() > ERROR_CODES_MAX {
        return text.field("errorstat_ERRORSTATS_DISABLED", "count=1");
    }
    for (code, count) in totals {
        text.field(&format!("errorstat_{code}"), format_args!("count={count}"));
    }
}
