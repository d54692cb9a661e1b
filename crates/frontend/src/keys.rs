//! The keys of a call: where they are, and what each shard gets of a command whose keys live in several.

use base::{ArgRange, Args, slot};
use bus::Wake;
use commands::{CommandSpec, Merge};

use crate::core::Core;
use crate::message::{Dest, Op};
use crate::route::Call;

/// The positions of a command's keys.
pub(crate) enum Keys {
    /// As first, last and step of the command's metadata say.
    Range(KeyRange),
    /// Found by the key specifications.
    Found(Vec<usize>),
}

/// First, one behind the last, step.
#[derive(Clone, Copy)]
pub(crate) struct KeyRange {
    first: usize,
    end: usize,
    step: usize,
}

impl Keys {
    /// Of a call. None of them if its arguments don't make sense, so that it is going to fail.
    pub(crate) fn of(spec: &CommandSpec, args: Args<'_>) -> Self {
        if spec.meta.has_movable_keys() {
            let keys = spec.meta.keys(args).unwrap_or_default();
            return Keys::Found(keys.into_iter().map(|key| key.at).collect());
        }
        Keys::Range(KeyRange::of(spec, args.len()))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + Clone {
        let (range, found) = match self {
            Keys::Range(range) => (*range, &[][..]),
            Keys::Found(found) => (KeyRange { first: 0, end: 0, step: 1 }, &found[..]),
        };
        range.iter().chain(found.iter().copied())
    }

    /// Whether there is no key, or the last one lacks what belongs to it (MSET with a key that has no value): the handler
    /// refuses that, wherever it runs.
    pub(crate) fn is_cut(&self, argc: usize) -> bool {
        let step = match self {
            Keys::Range(range) => range.step,
            Keys::Found(_) => 1,
        };
        self.iter().last().is_none_or(|last| last + step > argc)
    }
}

impl KeyRange {
    /// Of a command with so many arguments.
    fn of(spec: &CommandSpec, argc: usize) -> Self {
        let meta = spec.meta;
        let first = usize::try_from(meta.first_key).unwrap_or(0);
        let last = match usize::try_from(meta.last_key) {
            Ok(last) => last,
            Err(_) => argc.saturating_sub(usize::from(meta.last_key.unsigned_abs())),
        };
        // A command without keys has its first key at 0.
        let end = if first == 0 { 0 } else { (last + 1).min(argc) };
        KeyRange { first, end, step: usize::try_from(meta.step).unwrap_or(1).max(1) }
    }

    /// How many arguments belong to each key, itself among them.
    pub(crate) fn step(self) -> usize {
        self.step
    }

    fn iter(self) -> impl Iterator<Item = usize> + Clone {
        (self.first..self.end).step_by(self.step)
    }
}

/// The position of a call's first key.
#[inline]
pub(crate) fn first(spec: &CommandSpec, args: Args<'_>) -> Option<usize> {
    match usize::try_from(spec.meta.first_key) {
        Ok(first @ 1..) => Some(first),
        _ => Keys::of(spec, args).iter().next(),
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Sends a command to the shards of its keys.
    pub(crate) fn route_keys(&mut self, call: &Call, merge: Merge) {
        let args = self.call_args(call);
        let keys = Keys::of(self.table().spec(call.command), args);
        match keys {
            Keys::Range(range) if !keys.is_cut(args.len()) && !self.share_a_shard(args, range.iter()) => {
                self.split(call, range, merge);
            }
            _ => self.route_key(call),
        }
    }

    /// Whether a call has keys that all live in one shard.
    pub(crate) fn share_a_shard(&self, args: Args<'_>, keys: impl Iterator<Item = usize>) -> bool {
        if self.topology.shards == 1 {
            return true;
        }
        let mut shards = keys.map(|at| self.topology.shard_of(args.arg(at)));
        shards.next().is_some_and(|first| shards.all(|shard| shard == first))
    }

    /// Sends each shard the command's name and the keys (with what belongs to them) that live there.
    fn split(&mut self, call: &Call, keys: KeyRange, merge: Merge) {
        let shards = usize::from(self.topology.shards);
        // By shard: number of the part, and its ranges.
        let mut parts: Vec<Option<(u16, Vec<ArgRange>)>> = vec![None; shards];
        let mut gather = self.spare_gathers.pop().unwrap_or_default();
        gather.order.clear();
        self.keep_args(call, &mut gather.args);
        let mut count = 0u16;
        let ranges = {
            let first = call.first_range as usize;
            self.plan.ranges.get(first..first + call.argc as usize).unwrap_or_default().to_vec()
        };
        let args = self.call_args(call);
        for at in keys.iter() {
            let shard = self.topology.shard_of(args.arg(at));
            let part = parts[usize::from(shard)].get_or_insert_with(|| {
                count += 1;
                (count - 1, vec![ranges[0]])
            });
            part.1.extend_from_slice(ranges.get(at..at + keys.step).unwrap_or_default());
            gather.order.push(part.0);
        }
        gather.op = Op::Command(call.command);
        gather.start(call.dest(), merge, call.resp3, usize::from(count));
        let gather = self.gathers.insert(gather);
        self.plan.ranges.truncate(call.first_range as usize);
        let group = if self.writes(call.command) { self.log.next_group() } else { 0 };
        for (shard, part) in parts.into_iter().enumerate() {
            let Some((part, ranges)) = part else { continue };
            let mut piece = call.piece(Dest::Part { gather, part: u32::from(part) });
            (piece.group, piece.parts) = (group, count);
            piece.first_range = self.plan.ranges.len() as u32;
            piece.argc = ranges.len() as u32;
            self.plan.ranges.extend_from_slice(&ranges);
            let first = self.plan.args(&piece).arg(1);
            piece.slot = slot::key_slot(first);
            piece.hash = self.hasher.hash(first);
            self.send(shard as u16, piece);
            if shard != usize::from(self.id) {
                self.plan.ranges.truncate(piece.first_range as usize);
            }
        }
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
