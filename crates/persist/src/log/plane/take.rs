//! What the plane takes from cores, and when they write by themselves.

use super::{FILE_HEAD_BYTES, GRANT_TRIES, Item, Plane, Policy, Volume};

impl<V: Volume> Plane<V> {
    pub(super) fn all_direct(&self) -> bool {
        (0..self.tails.len()).all(|shard| self.logs.is_direct(shard))
    }

    pub(super) fn take_items(&mut self) {
        (0..self.tails.len()).for_each(|shard| self.take_items_of(shard, true));
    }

    /// Takes what a shard has appended. `counts`: what the core has written of it counts as written.
    pub(super) fn take_items_of(&mut self, shard: usize, counts: bool) {
        let Some(tail) = self.tails.get_mut(shard) else { return };
        for item in self.logs.take_items(shard) {
            if let Item::Frames { groups, bytes, written, .. } = &item {
                if bytes.is_empty() {
                    continue;
                }
                tail.kept_bytes += bytes.len();
                groups.iter().for_each(|&(group, end)| self.commits.note(shard, group, end));
                // What the core has written by itself stands behind what was written before.
                let (len, written) = (bytes.len(), if counts { *written } else { 0 });
                tail.written += written as u64;
                if written > 0 {
                    tail.dirty = true;
                    self.wrote = true;
                    if let (Some(set), Some(segment)) = (&mut self.set, &tail.segment) {
                        set.grow(segment.generation, written as u64);
                    }
                }
                if written == len {
                    tail.next += 1;
                } else {
                    tail.part += written;
                }
            }
            tail.items.push_back(item);
        }
    }

    /// Lets cores write by themselves whose frames are all written. Not where replies wait for the sync anyway.
    pub(super) fn grant(&mut self) {
        if self.closing || self.logs.policy() == Policy::Always {
            return;
        }
        for shard in 0..self.tails.len() {
            if self.logs.is_direct(shard) {
                continue;
            }
            for _ in 0..GRANT_TRIES {
                let Some(tail) = self.tails.get(shard) else { break };
                let Some(segment) = tail.segment.as_ref().filter(|_| tail.next == tail.items.len()) else {
                    break;
                };
                let offset = FILE_HEAD_BYTES as u64 + (tail.written - segment.start);
                let Some(file) = self.volume.direct(&segment.file) else { break };
                if self.logs.grant(shard, file, offset) {
                    break;
                }
                self.take_items_of(shard, true);
                // What goes wrong is tried again in the next cycle, and told then.
                if self.write(shard).is_err() {
                    break;
                }
            }
        }
    }
}
