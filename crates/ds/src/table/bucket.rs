//! One cache line of the table: eight fingerprints, eight record pointers, and what probing and sweeping need.
//!
//! ```text
//!  byte 0        8                                         56         57      58       62       63
//!       ├ tags ──┼ records: 8 pointers of 6 bytes ─────────┼ overflow ┼ marks ┼ epoch ─┼ passed ┼ reserved ┤
//! ```
//!
//! - A *tag* of zero is an empty lane; any other value is the fingerprint of the record in that lane.
//! - User-space addresses have 47 bits (x86-64) or 48 (AArch64), so a pointer needs six bytes.
//! - *overflow* counts the records that found this bucket full on the way from their home and lie further on. A
//!   search goes on to the next bucket only while it is not zero. At 255 it sticks until the segment is rebuilt.
//! - *passed* is one flag per lane, of the snapshot of this *epoch* (of any other it means nothing): the record is not to be
//!   passed to it any more. See [`super::versions`].
//! - *marks* is one flag per lane that belongs to the owner of the table ("this record has an expiry").

use core::num::NonZeroUsize;
use core::ptr::NonNull;

/// Records in a bucket.
pub(super) const LANES: usize = 8;

/// Bytes of a packed record pointer.
const POINTER_BYTES: usize = 6;

/// A counter at this value has lost count: it neither rises nor falls any more.
const OVERFLOW_STUCK: u8 = u8::MAX;

/// See the module documentation.
#[repr(C, align(64))]
pub(super) struct Bucket {
    tags: [u8; LANES],
    records: [[u8; POINTER_BYTES]; LANES],
    overflow: u8,
    marks: u8,
    epoch: [u8; 4],
    passed: u8,
    _reserved: u8,
}

const _: () = assert!(size_of::<Bucket>() == 64 && align_of::<Bucket>() == 64);

/// The fingerprint of a hash: its lowest byte (positions use the highest bits), made non-zero.
#[inline(always)]
pub(super) fn tag_of(hash: u64) -> u8 {
    (hash as u8).max(1)
}

/// A set of lanes; bit 7 of byte `i` stands for lane `i`.
#[derive(Clone, Copy)]
pub(super) struct Lanes(u64);

impl Iterator for Lanes {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let lane = (self.0.trailing_zeros() / 8) as usize & (LANES - 1);
        self.0 &= self.0 - 1;
        Some(lane)
    }
}

const LOW_SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;
const EACH_BYTE: u64 = 0x0101_0101_0101_0101;

/// The bytes of `word` that are zero. Exact: no false lane, since an empty lane taken for a match has no record.
#[inline(always)]
fn zero_bytes(word: u64) -> Lanes {
    Lanes(!(((word & LOW_SEVEN) + LOW_SEVEN) | word | LOW_SEVEN))
}

impl Bucket {
    #[inline(always)]
    fn tag_word(&self) -> u64 {
        u64::from_le_bytes(self.tags)
    }

    /// Lanes whose fingerprint is `tag` (never zero).
    #[inline(always)]
    pub(super) fn matching(&self, tag: u8) -> Lanes {
        zero_bytes(self.tag_word() ^ (u64::from(tag) * EACH_BYTE))
    }

    /// Lanes that hold a record.
    #[inline(always)]
    pub(super) fn occupied(&self) -> Lanes {
        Lanes(zero_bytes(self.tag_word()).0 ^ !LOW_SEVEN)
    }

    /// Whether `lane` holds a record.
    #[inline(always)]
    pub(super) fn is_occupied(&self, lane: usize) -> bool {
        self.tags[lane] != 0
    }

    /// The first lane without a record.
    #[inline(always)]
    pub(super) fn free_lane(&self) -> Option<usize> {
        zero_bytes(self.tag_word()).next()
    }

    /// The record in `lane`; `None` only for a lane that never held one.
    #[inline(always)]
    pub(super) fn record(&self, lane: usize) -> Option<NonNull<u8>> {
        let [a, b, c, d, e, f] = self.records[lane];
        let address = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]) as usize;
        Some(NonNull::with_exposed_provenance(NonZeroUsize::new(address)?))
    }

    /// The lanes of `lanes` with their records.
    #[inline(always)]
    pub(super) fn records(&self, lanes: Lanes) -> impl Iterator<Item = (usize, NonNull<u8>)> + '_ {
        lanes.filter_map(|lane| Some((lane, self.record(lane)?)))
    }

    /// Whether the record in `lane` is marked.
    #[inline(always)]
    pub(super) fn marked(&self, lane: usize) -> bool {
        self.marks & (1 << lane) != 0
    }

    /// Sets or clears the mark of `lane`.
    #[inline(always)]
    pub(super) fn set_marked(&mut self, lane: usize, marked: bool) {
        self.marks = self.marks & !(1 << lane) | u8::from(marked) << lane;
    }

    /// Whether the record in `lane` was passed to the snapshot of this epoch.
    #[inline(always)]
    pub(super) fn is_passed(&self, lane: usize, epoch: u32) -> bool {
        u32::from_le_bytes(self.epoch) == epoch && self.passed & (1 << lane) != 0
    }

    /// Notes that the record in `lane` was passed to the snapshot of this epoch.
    #[inline(always)]
    pub(super) fn set_passed(&mut self, lane: usize, epoch: u32) {
        if u32::from_le_bytes(self.epoch) != epoch {
            self.epoch = epoch.to_le_bytes();
            self.passed = 0;
        }
        self.passed |= 1 << lane;
    }

    /// Puts a record into `lane`, whatever was there; its mark stays.
    ///
    /// # Panics
    /// If the address does not fit six bytes, which no allocator's does unless a program asks the kernel for such.
    #[inline(always)]
    pub(super) fn put(&mut self, lane: usize, tag: u8, record: NonNull<u8>) {
        let address = record.as_ptr().expose_provenance() as u64;
        assert!(address >> (8 * POINTER_BYTES) == 0, "a record outside the 48-bit address space");
        let [a, b, c, d, e, f, _, _] = address.to_le_bytes();
        self.records[lane] = [a, b, c, d, e, f];
        self.tags[lane] = tag;
    }

    /// Makes `lane` empty without touching its mark: the record is lent to a handle that will put it back.
    #[inline(always)]
    pub(super) fn lend(&mut self, lane: usize) {
        self.tags[lane] = 0;
    }

    /// Makes `lane` empty and clears its mark.
    #[inline(always)]
    pub(super) fn clear(&mut self, lane: usize) {
        self.tags[lane] = 0;
        self.set_marked(lane, false);
    }

    /// Whether a search must go on in the next bucket.
    #[inline(always)]
    pub(super) fn overflowed(&self) -> bool {
        self.overflow != 0
    }

    /// One more record found no room here.
    #[inline(always)]
    pub(super) fn add_overflow(&mut self) {
        self.overflow = self.overflow.saturating_add(1);
    }

    /// A record that had found no room here is gone.
    #[inline(always)]
    pub(super) fn sub_overflow(&mut self) {
        if self.overflow != OVERFLOW_STUCK {
            self.overflow = self.overflow.saturating_sub(1);
        }
    }
}
