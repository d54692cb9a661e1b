//! The results of unions, intersections and differences.

use std::cmp::Ordering;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::Op;
use super::query::Query;
use super::source::{Source, Sources};
use crate::sorted_set::members::Members;

/// Results so far, their members in one buffer.
#[derive(Default)]
struct Results {
    text: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    score: f64,
    start: usize,
    end: usize,
}

impl Results {
    fn with_capacity(entries: usize) -> Self {
        Results { text: Vec::new(), entries: Vec::with_capacity(entries) }
    }

    fn push(&mut self, score: f64, member: &[u8]) {
        let start = self.text.len();
        self.text.extend_from_slice(member);
        self.entries.push(Entry { score, start, end: self.text.len() });
    }

    /// The results in the order of a sorted set.
    fn sorted(mut self) -> Members {
        let text = &self.text;
        let member = |entry: &Entry| text.get(entry.start..entry.end).unwrap_or_default();
        // There are mostly long runs in order, which this sort makes use of.
        self.entries.sort_by(|a, b| {
            a.score.partial_cmp(&b.score).unwrap_or(Ordering::Equal).then_with(|| member(a).cmp(member(b)))
        });
        let mut members = Members::with_capacity(self.entries.len(), text.len());
        for entry in &self.entries {
            members.push(entry.score, member(entry));
        }
        members
    }
}

/// Combines the inputs.
pub(super) fn combine(op: Op, query: &Query, sources: &mut impl Sources) -> Members {
    let mut order: Vec<(usize, usize)> =
        (0..sources.count()).map(|input| (sources.with(input, |source| source.len()), input)).collect();
    if op != Op::Diff {
        // As in Redis: which scores are added first shows in the last digits of sums.
        order.sort_by_key(|&(len, _)| len);
    }
    let results = match op {
        Op::Union => union(query, sources, &order),
        Op::Inter => inter(query, sources, &order),
        Op::Diff => diff(sources, &order),
    };
    results.sorted()
}

/// A score times a weight; infinity times zero counts nothing.
#[inline]
fn weighed(query: &Query, input: usize, score: f64) -> f64 {
    let score = query.aggregate.weigh(query.weight(input), score);
    if score.is_nan() { 0.0 } else { score }
}

fn union(query: &Query, sources: &mut impl Sources, order: &[(usize, usize)]) -> Results {
    let most = order.iter().map(|(len, _)| len).sum();
    let hasher = DefaultHashBuilder::default();
    let hash = |member: &[u8]| hasher.hash_one(member);
    let mut results = Results::with_capacity(most);
    let mut index: HashTable<u32> = HashTable::with_capacity(most);
    for &(_, input) in order {
        sources.with(input, |source| {
            source.for_each(|score, member| {
                let score = weighed(query, input, score);
                let hash_of = hash(member);
                let Results { text, entries } = &mut results;
                let at = |number: u32, entries: &[Entry]| {
                    let entry = entries.get(number as usize).map(|entry| entry.start..entry.end);
                    entry.unwrap_or_default()
                };
                let found = index.find(hash_of, |&number| text.get(at(number, entries)) == Some(member));
                match found.and_then(|&number| entries.get_mut(number as usize)) {
                    Some(entry) => query.aggregate.add(&mut entry.score, score),
                    None => {
                        let number = entries.len() as u32;
                        index.insert_unique(hash_of, number, |&number| {
                            hash(text.get(at(number, entries)).unwrap_or_default())
                        });
                        results.push(score, member);
                    }
                }
            });
        });
    }
    results
}

/// Keeps the results for which `keep` finds a score, or none, in an input.
fn retain(results: &mut Results, mut keep: impl FnMut(&mut f64, &[u8]) -> bool) {
    let Results { text, entries } = results;
    entries.retain_mut(|entry| {
        let member = text.get(entry.start..entry.end).unwrap_or_default();
        keep(&mut entry.score, member)
    });
}

fn inter(query: &Query, sources: &mut impl Sources, order: &[(usize, usize)]) -> Results {
    let mut results = Results::default();
    let Some((&(_, first), others)) = order.split_first() else { return results };
    sources.with(first, |source| {
        source.for_each(|score, member| results.push(weighed(query, first, score), member));
    });
    for &(_, input) in others {
        sources.with(input, |source| {
            retain(&mut results, |total, member| {
                let Some(score) = source.score(member) else { return false };
                query.aggregate.add(total, query.aggregate.weigh(query.weight(input), score));
                true
            });
        });
    }
    results
}

/// The number of members that are in all inputs; at most `limit`, at which the search ends, unless that is 0.
pub(super) fn count_common(mut sources: Vec<Source<'_>>, limit: usize) -> usize {
    sources.sort_by_key(Source::len);
    let Some((smallest, others)) = sources.split_first() else { return 0 };
    let mut count = 0;
    smallest.all(|member| {
        count += usize::from(others.iter().all(|source| source.score(member).is_some()));
        count != limit || limit == 0
    });
    count
}

fn diff(sources: &mut impl Sources, order: &[(usize, usize)]) -> Results {
    let mut results = Results::default();
    let Some((&(_, first), others)) = order.split_first() else { return results };
    sources.with(first, |source| source.for_each(|score, member| results.push(score, member)));
    for &(_, input) in others {
        sources.with(input, |source| {
            retain(&mut results, |_, member| source.score(member).is_none());
        });
    }
    results
}
