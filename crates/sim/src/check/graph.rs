//! Dependencies between operations, and the cycles among them that must not be.
//!
//! After Adya (1999) and Elle (Kingsbury and Alvaro, VLDB 2020): if the history is strictly serializable, then "had to be
//! before" has no cycle, where an operation had to be before another because of program order, real time, or what they
//! read and wrote.

use std::collections::VecDeque;
use std::fmt;

use crate::history::{History, OpIndex, Violation};

/// Why one operation had to be before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Before {
    /// The same connection called it earlier.
    Program,
    /// It had returned before the other was called.
    RealTime,
    /// The other wrote over, or behind, what it wrote.
    WriteWrite,
    /// The other read what it wrote.
    WriteRead,
    /// The other wrote over, or behind, what it read.
    ReadWrite,
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Before::Program => "program order",
            Before::RealTime => "real time",
            Before::WriteWrite => "write-write",
            Before::WriteRead => "write-read",
            Before::ReadWrite => "read-write",
        })
    }
}

/// The graph. Nodes are the operations of a history.
#[derive(Debug)]
pub struct Graph {
    edges: Vec<Vec<(OpIndex, Before)>>,
}

impl Graph {
    /// A graph with the edges of program order and real time.
    pub fn new(history: &History) -> Self {
        let mut graph = Graph { edges: vec![Vec::new(); history.ops.len()] };
        for ops in &history.processes {
            for pair in ops.windows(2) {
                graph.add(pair[0], pair[1], Before::Program);
            }
        }
        graph.add_real_time(history);
        graph
    }

    /// Notes that `from` had to be before `to`.
    pub fn add(&mut self, from: OpIndex, to: OpIndex, why: Before) {
        if from != to {
            self.edges[from].push((to, why));
        }
    }

    /// How many edges there are.
    pub fn len(&self) -> usize {
        self.edges.iter().map(Vec::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Edges of real time, without those that follow from others: from each operation that has returned, and after whose
    /// return no other was called and returned, to the one called now.
    fn add_real_time(&mut self, history: &History) {
        let mut events: Vec<(u64, bool, OpIndex)> = Vec::new();
        for &index in history.processes.iter().flatten() {
            let op = &history.ops[index];
            events.push((op.called, false, index));
            if op.reply().is_some() {
                events.push((op.end(), true, index));
            }
        }
        events.sort_unstable();
        let mut last: Vec<OpIndex> = Vec::new();
        for (_, returns, op) in events {
            if returns {
                last.retain(|&other| !history.ops[other].precedes(&history.ops[op]));
                last.push(op);
                continue;
            }
            for &other in &last {
                if history.ops[other].process != history.ops[op].process {
                    self.edges[other].push((op, Before::RealTime));
                }
            }
        }
    }

    /// A shortest cycle, if there is any.
    pub fn cycle(&self) -> Option<Vec<(OpIndex, Before)>> {
        let group = self.components();
        let cycles = (0..self.edges.len()).filter_map(|start| self.cycle_from(start, &group));
        cycles.min_by_key(Vec::len)
    }

    /// The shortest way from an operation back to itself, within its component.
    fn cycle_from(&self, start: OpIndex, group: &[usize]) -> Option<Vec<(OpIndex, Before)>> {
        let inside = |to: OpIndex| group[to] == group[start];
        if !self.edges[start].iter().any(|&(to, _)| inside(to)) {
            return None;
        }
        let mut from: Vec<Option<(OpIndex, Before)>> = vec![None; self.edges.len()];
        let mut queue = VecDeque::from([start]);
        while let Some(op) = queue.pop_front() {
            for &(to, why) in self.edges[op].iter().filter(|&&(to, _)| inside(to)) {
                if from[to].is_some() {
                    continue;
                }
                from[to] = Some((op, why));
                if to == start {
                    return Some(way_back(&from, start));
                }
                queue.push_back(to);
            }
        }
        None
    }

    /// By operation, the number of its strongly connected component (Tarjan 1972, without recursion).
    fn components(&self) -> Vec<usize> {
        const NONE: usize = usize::MAX;
        let nodes = self.edges.len();
        let (mut index, mut low, mut group) = (vec![NONE; nodes], vec![0; nodes], vec![NONE; nodes]);
        let (mut open, mut count, mut groups) = (Vec::new(), 0, 0);
        for root in 0..nodes {
            if index[root] != NONE {
                continue;
            }
            let mut calls = vec![(root, 0)];
            while let Some(&mut (node, ref mut next)) = calls.last_mut() {
                if *next == 0 {
                    index[node] = count;
                    low[node] = count;
                    count += 1;
                    open.push(node);
                }
                if let Some(&(to, _)) = self.edges[node].get(*next) {
                    *next += 1;
                    if index[to] == NONE {
                        calls.push((to, 0));
                    } else if group[to] == NONE {
                        low[node] = low[node].min(index[to]);
                    }
                    continue;
                }
                if low[node] == index[node] {
                    while let Some(member) = open.pop() {
                        group[member] = groups;
                        if member == node {
                            break;
                        }
                    }
                    groups += 1;
                }
                calls.pop();
                if let Some(&(parent, _)) = calls.last() {
                    low[parent] = low[parent].min(low[node]);
                }
            }
        }
        group
    }

    /// That there is no cycle.
    ///
    /// # Errors
    /// The cycle.
    pub fn require_acyclic(&self) -> Result<(), Violation> {
        let Some(cycle) = self.cycle() else { return Ok(()) };
        let whys: Vec<String> = cycle.iter().map(|(_, why)| why.to_string()).collect();
        let text = format!(
            "each of these had to be before the next, and the last before the first, by {}:",
            whys.join(", ")
        );
        Err(Violation::new(text, cycle.into_iter().map(|(op, _)| op)))
    }
}

/// The cycle through `start`, given for each operation whence it was reached.
fn way_back(from: &[Option<(OpIndex, Before)>], start: OpIndex) -> Vec<(OpIndex, Before)> {
    let mut cycle = Vec::new();
    let mut at = start;
    while let Some((before, why)) = from[at] {
        cycle.push((before, why));
        at = before;
        if at == start {
            break;
        }
    }
    cycle.reverse();
    cycle
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::order::tests::history;

    #[test]
    fn real_time_and_program_order_have_no_cycle() {
        let history = history(
            "0 1 4 GET a -> $-1/
             1 2 3 GET a -> $-1/
             1 5 8 GET a -> $-1/
             0 6 7 GET a -> $-1/",
        );
        let graph = Graph::new(&history);
        assert_eq!(graph.cycle(), None);
        // 0 -> 2 and 1 -> 3 by real time; 0 -> 3 and 1 -> 2 by program order.
        assert_eq!(graph.len(), 4);
    }

    #[test]
    fn the_shortest_cycle_is_found() {
        let history = history(
            "0 1 2 GET a -> $-1/
             1 3 4 GET a -> $-1/
             2 5 6 GET a -> $-1/",
        );
        let mut graph = Graph::new(&history);
        assert_eq!(graph.cycle(), None);
        graph.add(2, 0, Before::ReadWrite);
        assert_eq!(graph.cycle().map(|cycle| cycle.len()), Some(3));
        graph.add(2, 1, Before::WriteRead);
        let cycle = graph.cycle().expect("a cycle");
        assert_eq!(cycle, [(1, Before::RealTime), (2, Before::WriteRead)]);
    }
}
