//! Is there an order of the operations that explains all replies? The search of Wing and Gong (1993) with the memory of
//! Lowe (2017), over connections instead of single calls.
//!
//! An order must keep program order inside each connection, real time between any two operations, and every reply must be
//! the one that the sequential [`Keyspace`] gives. Over all operations that is strict serializability. Over the
//! operations of one key, or of keys that no command mixes with others, it is linearizability of those.
//!
//! ```text
//! configuration = how far each connection has come + the state of the keyspace
//! search(configuration):
//!     take whatever may be next, answers rightly and changes nothing: taking it now is never wrong
//!     done if every operation that has a reply is taken
//!     give up here if some operation not taken has read a value that is gone and that nobody left can write
//!     for each operation that may be next (it was called before the first return of all those not taken yet):
//!         take it if it answers rightly, and search on; a configuration is never visited twice
//! ```
//!
//! Connections are in program order, so an operation is named by its connection alone, and a configuration is small. An
//! operation without a reply is taken with whatever reply, or never. When the power is lost, of the operations of a connection
//! that were under way some may have happened and others not, in any combination; but none happens later.

use std::collections::HashSet;

use crate::check::keyspace::{Keyspace, is_inert};
use crate::check::needs::Needs;
use crate::history::{History, Op, OpIndex, Violation};

/// Configurations that a search visits before it gives up.
pub const VISITS_MAX: usize = 100_000;
/// Operations before the dead end that are shown.
const SHOWN_BEFORE: usize = 12;

/// What a search came to.
#[derive(Debug)]
pub enum Verdict {
    /// There is an order; it was found after so many configurations.
    Ordered(u64),
    /// There is none.
    Impossible(Violation),
    /// The search was given up.
    Undecided,
}

/// Searches an order of the operations for which `concerns` is true.
pub fn search(history: &History, concerns: impl Fn(&Op) -> bool) -> Verdict {
    let lines = history.processes.iter().map(|ops| {
        let ops: Vec<OpIndex> = ops.iter().copied().filter(|&op| concerns(&history.ops[op])).collect();
        ops
    });
    let lines: Vec<Vec<OpIndex>> = lines.filter(|ops| !ops.is_empty()).collect();
    let needs = Needs::new(history, &lines);
    Search { history, lines, needs, seen: HashSet::new(), path: Vec::new(), best: None }.run()
}

struct Search<'a> {
    history: &'a History,
    /// By connection, its operations.
    lines: Vec<Vec<OpIndex>>,
    needs: Needs,
    seen: HashSet<(Box<[u32]>, u64)>,
    /// The operations taken, in order.
    path: Vec<OpIndex>,
    best: Option<DeadEnd>,
}

/// The dead end that was hardest to reach.
struct DeadEnd {
    taken: usize,
    before: Vec<OpIndex>,
    next: Vec<OpIndex>,
    state: Keyspace,
}

/// A configuration and what is still to be tried from it.
struct Frame {
    at: Vec<u32>,
    state: Keyspace,
    choices: Vec<usize>,
    /// Length of the path when the configuration was reached.
    path_len: usize,
}

impl Search<'_> {
    fn run(mut self) -> Verdict {
        let mut stack = Vec::new();
        match self.enter(vec![0; self.lines.len()], Keyspace::default()) {
            None => return Verdict::Ordered(1),
            Some(frame) => stack.push(frame),
        }
        while let Some(frame) = stack.last_mut() {
            if self.seen.len() > VISITS_MAX {
                return Verdict::Undecided;
            }
            self.path.truncate(frame.path_len);
            let Some(line) = frame.choices.pop() else {
                stack.pop();
                continue;
            };
            // Behind the lines themselves: a line whose next operation is passed over.
            let skips = line >= self.lines.len();
            let line = line % self.lines.len();
            let op = self.lines[line][frame.at[line] as usize];
            let mut state = frame.state.clone();
            let entry = &self.history.ops[op];
            if !skips && !state.step(&entry.command, entry.reply()) {
                continue;
            }
            let mut at = frame.at.clone();
            at[line] += 1;
            if self.needs.are_lost(&frame.state, &state, &at) {
                continue;
            }
            if !skips {
                self.path.push(op);
            }
            match self.enter(at, state) {
                None => return Verdict::Ordered(self.seen.len() as u64),
                Some(frame) => stack.push(frame),
            }
        }
        Verdict::Impossible(self.violation())
    }

    /// Comes into a configuration: takes what changes nothing, and lists what may be next. `None`: the order is found.
    fn enter(&mut self, mut at: Vec<u32>, state: Keyspace) -> Option<Frame> {
        let mut choices = loop {
            let next = self.next(&at);
            let head = |line: usize| &self.history.ops[self.lines[line][at[line] as usize]];
            // What was under way at a loss of power can't follow what was called behind it.
            let first_cut = next.iter().filter_map(|&line| head(line).cut_off).min().unwrap_or(u64::MAX);
            let inert = next.iter().position(|&line| {
                let op = head(line);
                let reply = op.reply().filter(|_| op.called < first_cut);
                reply.is_some_and(|reply| is_inert(&op.command, reply))
                    && state.clone().step(&op.command, reply)
            });
            match inert {
                Some(which) => {
                    let line = next[which];
                    self.path.push(self.lines[line][at[line] as usize]);
                    at[line] += 1;
                }
                None => break next,
            }
        };
        let left = |line: usize| self.lines[line].get(at[line] as usize..).unwrap_or_default();
        let is_lost = |&op: &OpIndex| self.history.ops[op].reply().is_none();
        if (0..self.lines.len()).all(|line| left(line).iter().all(is_lost)) {
            return None;
        }
        if self.best.as_ref().is_none_or(|best| best.taken < self.path.len()) {
            let next = choices.iter().map(|&line| self.lines[line][at[line] as usize]).collect();
            let before = self.path[self.path.len().saturating_sub(SHOWN_BEFORE)..].to_vec();
            self.best = Some(DeadEnd { taken: self.path.len(), before, next, state: state.clone() });
        }
        if !self.seen.insert((at.clone().into_boxed_slice(), state.fingerprint())) {
            choices.clear();
        }
        // The last is tried first: the one that returned first.
        choices.sort_by_key(|&line| {
            std::cmp::Reverse(self.history.ops[self.lines[line][at[line] as usize]].end())
        });
        // Of what was under way when the power was lost, any may be missing. Tried when all else has failed.
        let is_cut_off = |&line: &usize| {
            let next = self.lines[line].get(at[line] as usize..).unwrap_or_default();
            next.len() > 1 && self.history.ops[next[0]].cut_off.is_some()
        };
        let skips: Vec<usize> = choices.iter().copied().filter(is_cut_off).collect();
        choices.splice(0..0, skips.into_iter().map(|line| line + self.lines.len()));
        let path_len = self.path.len();
        Some(Frame { at, state, choices, path_len })
    }

    /// The connections whose next operation may be the next of all.
    fn next(&self, at: &[u32]) -> Vec<usize> {
        let heads = || {
            let head = |(line, ops): (usize, &Vec<OpIndex>)| Some((line, *ops.get(at[line] as usize)?));
            self.lines.iter().enumerate().filter_map(head)
        };
        let first_end = heads().map(|(_, op)| self.history.ops[op].end()).min().unwrap_or(u64::MAX);
        // What was under way when the power was lost did not happen later than that.
        let taken = self.lines.iter().zip(at).filter_map(|(ops, &at)| ops.get((at as usize).checked_sub(1)?));
        let last_called = taken.map(|&op| self.history.ops[op].called).max().unwrap_or(0);
        let may_be_next = |op: &Op| op.called <= first_end && op.cut_off.is_none_or(|at| last_called <= at);
        heads().filter(|&(_, op)| may_be_next(&self.history.ops[op])).map(|(line, _)| line).collect()
    }

    fn violation(self) -> Violation {
        let Some(best) = self.best else { return Violation::new("no order explains the replies", []) };
        let text = format!(
            "no order of the operations explains all replies.\n  The longest found takes {} of {}, ends with the {} shown \
             first, and leaves the state\n    {}\n  and none of the {} shown last can follow:",
            best.taken,
            self.lines.iter().map(Vec::len).sum::<usize>(),
            best.before.len(),
            best.state.show(),
            best.next.len(),
        );
        Violation::new(text, best.before.into_iter().chain(best.next))
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
pub(crate) mod tests;
