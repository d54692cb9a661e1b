//! What the plane takes from cores, and when they write by themselves.

use super::{GRANT_TRIES, Item, Plane, Policy, Volume};

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
        let (returned, items) = self.logs.take_items(shard);
        if let Some(position) = returned {
            // So far the core was, and all of it is on the disk.
            if let (Some(set), Some(segment)) = (&mut self.set, &tail.segment) {
                set.grow(segment.generation, position - tail.written);
            }
            tail.written = position;
        }
        for item in items {
            if let Item::Frames { groups, bytes, written, .. } = &item {
                if bytes.is_empty() {
                    continue;
                }
                tail.kept_bytes += bytes.len();
                groups.iter().for_each(|&(group, end)| self.logs.commits().note(shard, group, end));
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

    /// Asks for the logs that cores are not to have any longer.
    pub(super) fn ask_back(&mut self) {
        if self.closing || self.logs.policy() != Policy::Always {
            (0..self.tails.len()).for_each(|shard| self.logs.ask_back(shard));
        }
    }

    /// Where replies wait for the disk, cores that can get the logs that are all on the disk.
    fn grant_own(&mut self) {
        for (shard, tail) in self.tails.iter().enumerate() {
            let Some(segment) = tail.segment.as_ref().filter(|_| tail.items.is_empty() && !tail.dirty) else {
                continue;
            };
            if self.logs.cores_write()
                && !self.logs.is_owned(shard)
                && let Some(file) = self.volume.synced(&segment.file)
            {
                let offset = segment.offset_of(tail.written);
                self.logs.grant_own(shard, file, tail.written, offset);
            }
        }
    }

    /// Lets cores write by themselves whose frames are all written. Where replies wait for the sync anyway that is for the plane to do, unless
    /// cores can do both.
    pub(super) fn grant(&mut self) {
        if self.closing {
            return;
        }
        if self.logs.policy() == Policy::Always {
            return self.grant_own();
        }
        for shard in 0..self.tails.len() {
            if self.logs.is_direct(shard) || self.logs.is_owned(shard) {
                continue;
            }
            for _ in 0..GRANT_TRIES {
                let Some(tail) = self.tails.get(shard) else { break };
                let Some(segment) = tail.segment.as_ref().filter(|_| tail.next == tail.items.len()) else {
                    break;
                };
                let offset = segment.offset_of(tail.written);
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
