//! DEBUG DIGEST and DIGEST-VALUE: whether two data sets are the same.
//!
//! The digest of a key is a hash of its database, name, value and whether it expires; that of a data set is the sum of
//! those of its keys, so that neither the order of keys nor their distribution over shards matters. Elements of values
//! without an order are hashed one by one and added, too. The digits are not those of Redis.

use std::fmt;

use ds::stream::{Stream, StreamId};
use sha2::{Digest as _, Sha256};
use store::Item;

use crate::ShardCtx;

/// Bytes of a digest: as many digits as Redis shows.
const BYTES: usize = 20;

/// A digest; that of nothing is 0.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Digest([u8; BYTES]);

impl Digest {
    /// Of some parts, told apart by their lengths.
    fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let mut bytes = [0; BYTES];
        bytes.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        Digest(bytes)
    }

    /// Adds another one, as numbers.
    fn add(&mut self, other: Digest) {
        let mut carry = 0;
        for (to, from) in self.0.iter_mut().zip(other.0) {
            let sum = u16::from(*to) + u16::from(from) + carry;
            *to = sum as u8;
            carry = sum >> 8;
        }
    }

    /// Of all keys of a shard.
    pub(super) fn of_shard(ctx: &mut ShardCtx<'_>) -> Self {
        let now_ms = ctx.now_ms();
        let mut sum = Digest::default();
        for db in 0..ctx.shard.databases_used() {
            let number = (db as u64).to_le_bytes();
            ctx.shard.db(db).for_each(|item| {
                let expires = [u8::from(item.expiry_ms().is_some())];
                sum.add(Digest::of(&[&number, item.key(), &value(item, now_ms).0, &expires]));
            });
        }
        sum
    }

    /// Of the value of a key; 0 if there is none.
    pub(super) fn of_value(ctx: &mut ShardCtx<'_>, key: &[u8]) -> Self {
        let (key, now_ms) = (ctx.key(key), ctx.now_ms());
        ctx.database().inspect(key).map(|item| value(item, now_ms)).unwrap_or_default()
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        self.0.to_vec()
    }

    /// The digests that were written one after another.
    pub(super) fn all(bytes: &[u8]) -> impl Iterator<Item = Digest> {
        bytes.as_chunks::<BYTES>().0.iter().map(|bytes| Digest(*bytes))
    }

    /// The sum of the digests of all shards.
    pub(super) fn sum(parts: &[Vec<u8>]) -> Self {
        let mut sum = Digest::default();
        parts.iter().flat_map(|part| Digest::all(part)).for_each(|digest| sum.add(digest));
        sum
    }
}

/// The digest of a value.
fn value(item: Item<'_>, now_ms: u64) -> Digest {
    let kind = item.kind().name().as_bytes();
    let value = item.value();
    let mut sum = Digest::of(&[kind]);
    if let Ok(set) = value.as_set() {
        set.iter().for_each(|member| sum.add(Digest::of(&[&member.to_vec()])));
    } else if let Ok(hash) = value.as_hash(now_ms) {
        for field in hash.iter() {
            let expires = [u8::from(field.expiry_ms.is_some())];
            sum.add(Digest::of(&[&field.name.to_vec(), &field.value.to_vec(), &expires]));
        }
    } else if let Ok(set) = value.as_sorted_set() {
        set.for_each(|score, member| sum.add(Digest::of(&[member, &score.to_bits().to_le_bytes()])));
    } else if let Ok(list) = value.as_list() {
        let mut at = 0u64;
        list.for_each(0, list.len(), |element| {
            sum.add(Digest::of(&[&at.to_le_bytes(), &element.to_vec()]));
            at += 1;
        });
    } else if let Ok(array) = value.as_array() {
        array.visit(0, u64::MAX, |index, element| {
            sum.add(Digest::of(&[&index.to_le_bytes(), &element.to_vec()]));
            true
        });
    } else if let Ok(stream) = value.as_stream() {
        sum.add(of_stream(stream));
    } else {
        sum.add(Digest::of(&[value.text(&mut Vec::new())]));
    }
    sum
}

/// Of the entries of a stream, each with its id, and of its last id.
fn of_stream(stream: &Stream) -> Digest {
    let id = |id: StreamId| [id.ms.to_le_bytes(), id.seq.to_le_bytes()].concat();
    let mut sum = Digest::of(&[b"last", &id(stream.last_id())]);
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        let mut parts = vec![id(entry.id)];
        entry.for_each(|element| parts.push(element.to_vec()));
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        sum.add(Digest::of(&parts));
    }
    sum
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_depend_on_the_order() {
        let [a, b, c] = [b"a", b"b", b"c"].map(|text| Digest::of(&[text]));
        let sum =
            |parts: &[Digest]| Digest::sum(&parts.iter().map(|digest| digest.to_bytes()).collect::<Vec<_>>());
        assert_eq!(sum(&[a, b, c]), sum(&[c, a, b]));
        assert_ne!(sum(&[a, a]), sum(&[b, b]));
        assert_eq!(sum(&[]).to_string(), "0".repeat(40));
        assert_ne!(Digest::of(&[b"ab", b"c"]), Digest::of(&[b"a", b"bc"]));
        assert_eq!(Digest([255; BYTES]).to_string(), "ff".repeat(20));
    }
}
