//! One page: some entries of known length, each with a fingerprint.
//!
//! Entries are written from the end to the front, slots from the front to the end, and an entry's place is its distance
//! from the end; so a page moves to a longer or shorter allocation by two copies.

use crate::share::{Share, Slab};

/// Count and used bytes.
const HEADER_BYTES: usize = 4;
const SLOT_BYTES: usize = 4;
/// Slots looked at together.
const GROUP: usize = 8;

/// Longest page: distances have 16 bits. Entries are at most some 520 bytes, and 20 times the mean of a page is far beyond
/// what a keyed hash ever makes of it.
pub(super) const PAGE_MAX_BYTES: usize = 1 << 16;

/// See the [module documentation](self). The allocation is as long as a size class.
#[derive(Clone, Default)]
pub(super) struct Page(Slab);

impl Page {
    /// The number of entries.
    #[inline]
    pub(super) fn len(&self) -> usize {
        match *self.0 {
            [low, high, ..] => usize::from(u16::from_le_bytes([low, high])),
            _ => 0,
        }
    }

    /// Bytes of all entries.
    #[inline]
    fn used(&self) -> usize {
        match *self.0 {
            [_, _, low, high, ..] => usize::from(u16::from_le_bytes([low, high])),
            _ => 0,
        }
    }

    /// Bytes of the allocation.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }

    /// The bytes from the beginning of an entry on.
    #[inline]
    pub(super) fn entry(&self, slot: usize) -> &[u8] {
        &self.0[self.0.len() - distance(self.slot(slot))..]
    }

    #[inline]
    pub(super) fn fingerprint(&self, slot: usize) -> u16 {
        (self.slot(slot) >> 16) as u16
    }

    /// The first entry with this fingerprint for which `is` says so.
    #[inline]
    pub(super) fn find(&self, fingerprint: u16, mut is: impl FnMut(&[u8]) -> bool) -> Option<usize> {
        let slots = self.0.get(HEADER_BYTES..HEADER_BYTES + self.len() * SLOT_BYTES)?;
        let (groups, rest) = slots.as_chunks::<{ GROUP * SLOT_BYTES }>();
        for (group, slots) in groups.iter().enumerate() {
            let mut found = matches(slots, fingerprint);
            while found != 0 {
                let slot = group * GROUP + found.trailing_zeros() as usize;
                if is(self.entry(slot)) {
                    return Some(slot);
                }
                found &= found - 1;
            }
        }
        let first = groups.len() * GROUP;
        (first..first + rest.len() / SLOT_BYTES)
            .find(|&slot| self.fingerprint(slot) == fingerprint && is(self.entry(slot)))
    }

    /// Adds an entry of `len` bytes, to be written by the caller.
    #[inline]
    pub(super) fn push(&mut self, fingerprint: u16, len: usize) -> &mut [u8] {
        let (count, used) = (self.len(), self.used());
        self.fit(HEADER_BYTES + (count + 1) * SLOT_BYTES + used + len);
        self.set_header(count + 1, used + len);
        self.set_slot(count, u32::from(fingerprint) << 16 | (used + len) as u32 & 0xffff);
        let start = self.0.len() - used - len;
        &mut self.0[start..start + len]
    }

    /// Makes an entry of `old` bytes `len` bytes long; the first `keep` stay. Returns it.
    pub(super) fn resize(&mut self, slot: usize, old: usize, len: usize, keep: usize) -> &mut [u8] {
        if old != len {
            let mut kept = [0; 512];
            let kept = &mut kept[..keep.min(512)];
            kept.copy_from_slice(&self.entry(slot)[..kept.len()]);
            let fingerprint = self.fingerprint(slot);
            self.close(slot, old);
            // The entry moves to the front of all others, and keeps its slot.
            let (count, used) = (self.len(), self.used());
            self.fit(HEADER_BYTES + count * SLOT_BYTES + used + len);
            self.set_header(count, used + len);
            self.set_slot(slot, u32::from(fingerprint) << 16 | (used + len) as u32 & 0xffff);
            let start = self.0.len() - used - len;
            self.0[start..start + kept.len()].copy_from_slice(kept);
        }
        let start = self.0.len() - distance(self.slot(slot));
        &mut self.0[start..start + len]
    }

    /// Removes an entry of `len` bytes. The last one takes its slot.
    pub(super) fn remove(&mut self, slot: usize, len: usize) {
        self.close(slot, len);
        let count = self.len() - 1;
        let last = self.slot(count);
        self.set_slot(slot, last);
        let used = self.used();
        self.set_header(count, used);
        let needed = if count == 0 { 0 } else { HEADER_BYTES + count * SLOT_BYTES + used };
        if needed + needed / 4 < self.0.len() {
            self.reallocate(needed);
        }
    }

    /// A page with some of the entries, given as slots and lengths, which are `bytes` in all.
    pub(super) fn part(&self, entries: &[(usize, usize)], bytes: usize) -> Page {
        let mut page = Page::default();
        if !entries.is_empty() {
            page.reallocate(HEADER_BYTES + entries.len() * SLOT_BYTES + bytes);
        }
        for &(slot, len) in entries {
            page.push(self.fingerprint(slot), len).copy_from_slice(&self.entry(slot)[..len]);
        }
        page
    }

    /// Closes the gap that an entry of `len` bytes leaves; its slot is to be written by the caller.
    fn close(&mut self, slot: usize, len: usize) {
        let (count, used, end) = (self.len(), self.used(), self.0.len());
        let gone = distance(self.slot(slot));
        self.0.copy_within(end - used..end - gone, end - used + len);
        let (slots, _) =
            self.0[HEADER_BYTES..HEADER_BYTES + count * SLOT_BYTES].as_chunks_mut::<SLOT_BYTES>();
        for slot in slots {
            let value = u32::from_le_bytes(*slot);
            let moved = u32::from(distance(value) > gone) * len as u32;
            *slot = (value - moved).to_le_bytes();
        }
        self.set_header(count, used - len);
    }

    #[inline]
    fn slot(&self, slot: usize) -> u32 {
        let at = HEADER_BYTES + slot * SLOT_BYTES;
        match self.0[at..at + SLOT_BYTES] {
            [a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
            _ => 0,
        }
    }

    #[inline]
    fn set_slot(&mut self, slot: usize, value: u32) {
        let at = HEADER_BYTES + slot * SLOT_BYTES;
        self.0[at..at + SLOT_BYTES].copy_from_slice(&value.to_le_bytes());
    }

    #[inline]
    fn set_header(&mut self, count: usize, used: usize) {
        self.0[..2].copy_from_slice(&(count as u16).to_le_bytes());
        self.0[2..HEADER_BYTES].copy_from_slice(&(used as u16).to_le_bytes());
    }

    /// Makes sure that so many bytes fit.
    #[inline]
    fn fit(&mut self, needed: usize) {
        assert!(
            needed < PAGE_MAX_BYTES,
            "a hash without a key, or a broken one: a page has 60 times its mean"
        );
        if needed > self.0.len() {
            self.reallocate(needed);
        }
    }

    /// Moves to an allocation for so many bytes, which are as many as are used or more.
    fn reallocate(&mut self, needed: usize) {
        let (slots, used) = (HEADER_BYTES + self.len() * SLOT_BYTES, self.used());
        let mut fresh = Slab::roomy(needed);
        let len = fresh.len();
        if len > 0 && !self.0.is_empty() {
            fresh[..slots].copy_from_slice(&self.0[..slots]);
            fresh[len - used..].copy_from_slice(&self.0[self.0.len() - used..]);
        }
        self.0.give_up();
        self.0 = fresh;
    }
}

impl Share for Page {
    fn share(&self) -> Self {
        Page(self.0.share())
    }

    fn give_up(&mut self) {
        self.0.give_up();
    }
}

#[inline]
fn distance(slot: u32) -> usize {
    (slot & 0xffff) as usize
}

/// A bit for each of the slots that has this fingerprint.
#[inline]
fn matches(slots: &[u8; GROUP * SLOT_BYTES], fingerprint: u16) -> u32 {
    let (slots, _) = slots.as_chunks::<SLOT_BYTES>();
    let mut found = 0;
    for (bit, slot) in slots.iter().enumerate() {
        found |= u32::from((u32::from_le_bytes(*slot) >> 16) as u16 == fingerprint) << bit;
    }
    found
}
