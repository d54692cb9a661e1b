//! Hashes whose fields expire: the header of a small one, and removing what has expired.

use ds::pack::{self, Pack};

use super::draft::HashDraft;
use super::{field_at, push};
use crate::packed::Tag;
use crate::{Structure, hash};

/// Bytes before the pack of a [`Tag::ExpiringHash`]: the tag, and when the first field expires.
pub(super) const EXPIRING_START: usize = 1 + SOONEST_BYTES;
const SOONEST_BYTES: usize = 6;
/// No field expires.
const NEVER: u64 = (1 << 48) - 1;

/// The pack of a hash with fields that expire, from its bytes without the tag.
#[inline]
pub(crate) fn expiring_pack(bytes: &[u8]) -> Pack<'_> {
    Pack::new(bytes.get(SOONEST_BYTES..).unwrap_or_default())
}

/// A lower bound of the times when the fields of a small hash expire, from its bytes with the tag.
#[inline]
pub(crate) fn packed_soonest_ms(bytes: &[u8]) -> Option<u64> {
    match *bytes {
        [tag, a, b, c, d, e, f, ..] if tag == Tag::ExpiringHash as u8 => {
            Some(u64::from_le_bytes([a, b, c, d, e, f, 0, 0])).filter(|&at| at != NEVER)
        }
        _ => None,
    }
}

/// Writes the lower bound.
pub(super) fn set_soonest(bytes: &mut [u8], at: Option<u64>) {
    let at = at.map_or(NEVER, |at| at.min(NEVER));
    if let (Some(there), Some(at)) = (bytes.get_mut(1..EXPIRING_START), at.to_le_bytes().get(..SOONEST_BYTES))
    {
        there.copy_from_slice(at);
    }
}

impl HashDraft<'_, '_> {
    /// Gives a small hash room for the expiry times of its fields.
    pub(super) fn make_expiring(&mut self) {
        let buffer = self.draft().buffer();
        let old = std::mem::take(buffer);
        buffer.push(Tag::ExpiringHash as u8);
        buffer.resize(EXPIRING_START, 0);
        set_soonest(buffer, None);
        pack::init(buffer);
        let mut fields = Pack::new(old.get(1..).unwrap_or_default()).iter();
        while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
            for element in [name, value, hash::expiry_element(None)] {
                push(buffer, EXPIRING_START, element);
            }
        }
    }

    /// Removes fields whose time is over, at most `max` of a big hash, and passes each name to `removed`. Returns how many.
    pub fn remove_expired(&mut self, max: usize, mut removed: impl FnMut(&[u8])) -> usize {
        let now_ms = self.draft().now_ms;
        let mut count = 0;
        if let Some(Structure::Hash(hash)) = self.draft().structure_mut() {
            let mut name = Vec::new();
            while count < max
                && let Some(&(at, hashed)) = hash.deadlines.first().filter(|&&(at, _)| at < now_ms)
            {
                hash.deadlines.pop_first();
                let Some(entry) = hash.fields.get_stamped(hashed, at) else { continue };
                name.clear();
                entry.key.append_to(&mut name);
                removed(&name);
                hash.fields.remove(&name);
                count += 1;
            }
        } else if packed_soonest_ms(self.draft().buffer()).is_some_and(|at| at < now_ms) {
            count = self.remove_expired_packed(now_ms, removed);
            if count == 0 {
                // The lower bound has changed.
                self.draft().changed(1);
            }
        }
        self.draft().changed(count as u64);
        count
    }

    fn remove_expired_packed(&mut self, now_ms: u64, mut removed: impl FnMut(&[u8])) -> usize {
        let buffer = self.draft().buffer();
        let (mut count, mut soonest, mut position) = (0, None::<u64>, EXPIRING_START);
        let mut name = Vec::new();
        position += Pack::new(buffer.get(EXPIRING_START..).unwrap_or_default()).first();
        loop {
            let pack = Pack::new(buffer.get(EXPIRING_START..).unwrap_or_default());
            let Some((field, next)) = field_at(pack, position - EXPIRING_START, 3) else { break };
            if field.is_expired(now_ms) {
                name.clear();
                field.name.append_to(&mut name);
                removed(&name);
                position = pack::remove(buffer, EXPIRING_START, position, 3);
                count += 1;
            } else {
                soonest = [soonest, field.expiry_ms].into_iter().flatten().min();
                position = next + EXPIRING_START;
            }
        }
        set_soonest(buffer, soonest);
        count
    }
}
