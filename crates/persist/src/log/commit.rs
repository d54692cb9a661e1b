//! The cut: the largest set of prefixes of all logs in which every group is whole.
//!
//! Start with all that is there. A group with a part missing is cut off: each of its logs ends before its frame. What falls with
//! it tears other groups apart; repeat until nothing falls. Each step is forced, so this is the largest set.

use std::collections::{HashMap, VecDeque};

use super::frame::Group;

/// What names a group.
pub(super) type GroupId = (u16, u64);

/// By which core, and which of its groups.
pub(super) fn id(group: &Group) -> GroupId {
    (group.core, group.number)
}

/// For each log, how many of its groups are in the cut. `logs` has the groups of each log in their order.
pub fn whole<L: AsRef<[Group]>>(logs: &[L]) -> Vec<usize> {
    let mut ends: Vec<usize> = logs.iter().map(|log| log.as_ref().len()).collect();
    // Where the parts of each group are that are not cut off.
    let mut parts: HashMap<GroupId, Vec<(usize, usize)>> = HashMap::new();
    for (log, groups) in logs.iter().enumerate() {
        for (place, group) in groups.as_ref().iter().enumerate() {
            parts.entry(id(group)).or_default().push((log, place));
        }
    }
    let mut fallen: Vec<(usize, usize)> = Vec::new();
    for (log, groups) in logs.iter().enumerate() {
        let torn =
            |group: &Group| parts.get(&id(group)).is_none_or(|there| there.len() != usize::from(group.parts));
        if let Some(first) = groups.as_ref().iter().position(torn) {
            fallen.push((log, first));
        }
    }
    while let Some((log, from)) = fallen.pop() {
        let (Some(groups), Some(end)) = (logs.get(log), ends.get_mut(log)) else { continue };
        if from >= *end {
            continue;
        }
        let falling = groups.as_ref().get(from..*end).unwrap_or_default();
        *end = from;
        for group in falling {
            fallen.extend(parts.remove(&id(group)).unwrap_or_default());
        }
    }
    ends
}

/// The commit points of all shards, as frames become durable.
#[derive(Debug)]
pub(super) struct Commits {
    shards: Vec<Line>,
}

/// A shard's groups that are not committed, and how far it is.
#[derive(Debug, Default)]
struct Line {
    /// In their order, with the positions of their ends.
    waiting: VecDeque<(Group, u64)>,
    /// Up to here all is on the disk.
    durable: u64,
    committed: u64,
}

impl Commits {
    pub(super) fn new(shards: usize) -> Self {
        Commits { shards: (0..shards).map(|_| Line::default()).collect() }
    }

    /// A frame of a group was appended; it ends at this position.
    pub(super) fn note(&mut self, shard: usize, group: Group, end: u64) {
        if let Some(line) = self.shards.get_mut(shard) {
            line.waiting.push_back((group, end));
        }
    }

    /// All up to a position is on the disk.
    pub(super) fn durable(&mut self, shard: usize, position: u64) {
        if let Some(line) = self.shards.get_mut(shard) {
            line.durable = line.durable.max(position);
        }
    }

    /// Moves the commit points as far as they go, and tells each that moved. All frames that end at a commit point or before are
    /// committed; it need not be the end of a frame.
    pub(super) fn advance(&mut self, mut moved: impl FnMut(usize, u64)) {
        if self.shards.iter().all(|line| line.committed >= line.durable) {
            return;
        }
        let groups = |line: &Line| -> Vec<Group> {
            line.waiting.iter().take_while(|(_, end)| *end <= line.durable).map(|(group, _)| *group).collect()
        };
        let durable: Vec<Vec<Group>> = self.shards.iter().map(groups).collect();
        let whole = whole(&durable);
        for (shard, (line, count)) in self.shards.iter_mut().zip(whole).enumerate() {
            line.waiting.drain(..count);
            let next = line.waiting.front().map_or(u64::MAX, |(_, end)| *end - 1);
            let point = line.durable.min(next);
            if point > line.committed {
                line.committed = point;
                moved(shard, point);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn group(number: u64, parts: u16) -> Group {
        Group { core: 0, number, parts }
    }

    #[test]
    fn what_a_torn_group_tears_apart_falls_too() {
        let logs = [
            vec![group(1, 2), group(2, 2)],
            vec![group(1, 2), group(3, 2), group(2, 2)],
            vec![group(4, 1), group(3, 2), group(5, 2)],
        ];
        assert_eq!(whole(&logs), [2, 3, 2], "5 is torn, and nothing is behind it");
        let logs = [
            vec![group(1, 2), group(2, 2)],
            vec![group(6, 2), group(1, 2), group(3, 2), group(2, 2)],
            vec![group(4, 1), group(3, 2)],
        ];
        assert_eq!(whole(&logs), [0, 0, 1], "6 takes 1 and 3, 1 takes 2");
    }

    /// The definition: tries all prefixes and takes the largest, which contains all others.
    fn oracle(logs: &[Vec<Group>]) -> Vec<usize> {
        let mut best = vec![0; logs.len()];
        let mut ends = vec![0; logs.len()];
        loop {
            let inside = |wanted: &Group| {
                logs.iter()
                    .zip(&ends)
                    .flat_map(|(log, &end)| &log[..end])
                    .filter(|group| group.number == wanted.number)
                    .count()
            };
            let good = logs
                .iter()
                .zip(&ends)
                .all(|(log, &end)| log[..end].iter().all(|group| inside(group) == usize::from(group.parts)));
            if good {
                for (best, &end) in best.iter_mut().zip(&ends) {
                    *best = end.max(*best);
                }
            }
            let Some(next) = (0..logs.len()).find(|&log| ends[log] < logs[log].len()) else { return best };
            ends[next] += 1;
            ends[..next].fill(0);
        }
    }

    /// Logs with groups in orders that differ, as they do when pieces wait for locks.
    fn logs() -> impl Strategy<Value = Vec<Vec<Group>>> {
        let members = proptest::collection::vec((1u8..8, any::<u64>()), 0..7);
        (members, proptest::collection::vec(0usize..6, 3)).prop_map(|(members, cuts)| {
            let mut logs: Vec<Vec<(u64, Group)>> = vec![Vec::new(); 3];
            for (number, &(set, order)) in members.iter().enumerate() {
                let parts = set.count_ones() as u16;
                for log in (0..3).filter(|log| set & (1 << log) != 0) {
                    let place = order.rotate_left(log as u32 * 21) % 16;
                    logs[log].push((place, group(number as u64, parts)));
                }
            }
            logs.iter_mut().for_each(|log| log.sort_by_key(|entry| entry.0));
            let cut =
                |(log, cut): (&Vec<(u64, Group)>, usize)| log.iter().take(cut).map(|entry| entry.1).collect();
            logs.iter().zip(cuts).map(cut).collect()
        })
    }

    proptest! {
        #[test]
        fn the_cut_is_the_largest_whole_one(logs in logs()) {
            prop_assert_eq!(whole(&logs), oracle(&logs));
        }

        /// However frames become durable, what is committed would be in the cut of a crash at that moment.
        #[test]
        fn commit_points_are_the_cut(logs in logs(), steps in proptest::collection::vec((0usize..3, 1u64..4), 0..12)) {
            let mut commits = Commits::new(3);
            for (shard, log) in logs.iter().enumerate() {
                for (place, &group) in log.iter().enumerate() {
                    commits.note(shard, group, (place as u64 + 1) * 10);
                }
            }
            let (mut durable, mut committed) = ([0; 3], [0; 3]);
            for (shard, more) in steps {
                durable[shard] = (durable[shard] + more as usize).min(logs[shard].len());
                commits.durable(shard, durable[shard] as u64 * 10);
                commits.advance(|shard, point| committed[shard] = point);
                let there: Vec<&[Group]> = logs.iter().zip(durable).map(|(log, end)| &log[..end]).collect();
                let cut = whole(&there);
                for shard in 0..3 {
                    prop_assert_eq!(committed[shard] as usize / 10, cut[shard]);
                }
            }
        }
    }
}
