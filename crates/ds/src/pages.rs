//! A hash of texts, or of texts to texts, in pages: for sets and hashes too big to be a [`pack`](crate::pack).
//!
//! ```text
//!   chunks ─► chunk ─► page ─┬─ count, bytes used          4 bytes
//!     of 512 pages           ├─ slots                      4 bytes each: 16 bits of hash, where the entry is
//!                            ├─ …free…
//!                            └─ entries, back to front     key element [stamp] [value element]
//! ```
//!
//! Pages are the buckets of a linear hash (Litwin 1980): with every so many entries one page, always the next in turn,
//! is split in two, and with every so many fewer the last one is merged back. So the structure grows and shrinks
//! by one page at a time, there is no directory to double, and no operation touches more than three pages. A page's
//! allocation is as long as it needs to be, about 700 bytes for 32 members of 16 bytes: 23 bytes a member in all.
//!
//! An element longer than [`OUTSIDE_MIN_BYTES`] lies in an allocation of its own, so that pages stay small.
//!
//! **Views.** Pages and long elements can be shared with a [`PagesView`], which stays as it is whatever becomes of the structure.
//!
//! **Scanning.** The order of a scan is that of the hashes read backwards, bit by bit: in that order a page is one range,
//! and splitting cuts the range in two. So a cursor is a place in an order that never changes.

mod outside;
mod page;
mod view;

#[cfg(test)]
#[path = "pages_tests.rs"]
mod tests;

use std::fmt;

use outside::Outside;
use page::{PAGE_MAX_BYTES, Page};
pub use view::PagesView;

use crate::KeyHash;
use crate::pack::{Dense, Element, Encoded, decode, decode_dense, element_len};
use crate::record::size_class;
use crate::share::{Lendable, Share};

/// Mean entries of a page above which another page comes.
const ENTRIES_MEAN_MAX: usize = 32;
/// Mean bytes of the entries of a page above which another page comes.
const BYTES_MEAN_MAX: usize = 1024;
/// Means below which a page goes.
const ENTRIES_MEAN_MIN: usize = 12;
const BYTES_MEAN_MIN: usize = 384;

/// Longest text that lies in a page.
const OUTSIDE_MIN_BYTES: usize = 256;

/// Pages of a chunk.
const CHUNK_PAGES: usize = 512;

/// Bits of a cursor: more than there can ever be pages.
const CURSOR_BITS: u32 = 48;

/// Draws of a random entry before entries are counted off. Two of five draws hit in a table as it usually is.
const SAMPLE_TRIES_MAX: usize = 64;

/// Marks a stamp, six bytes, between key and value. No element begins so.
const STAMP: u8 = 0xff;
const STAMP_BYTES: usize = 7;
/// Marks an element that lies outside of the page; its number, four bytes, follows. No element of a pack begins so.
const OUTSIDE: u8 = 0xf1;
const OUTSIDE_BYTES: usize = 5;

/// Largest stamp.
pub const STAMP_MAX: u64 = (1 << 48) - 1;

/// An entry, to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The key.
    pub key: Element<'a>,
    /// A number of the owner's, at most [`STAMP_MAX`].
    pub stamp: Option<u64>,
    /// The value; empty in a structure without values.
    pub value: Dense<'a>,
}

/// See the [module documentation](self).
#[derive(Clone)]
pub struct Pages<H> {
    hasher: H,
    /// Whether entries have values.
    valued: bool,
    chunks: Vec<Lendable<Vec<Page>>>,
    pages: usize,
    len: usize,
    /// Bytes of all entries.
    entry_bytes: usize,
    /// Bytes of the allocations of all pages.
    page_bytes: usize,
    /// At least as many entries as the fullest page has.
    fullest: usize,
    outside: Outside,
}

/// An element as it lies in a page.
enum Stored<'a> {
    Inside(Encoded<'a>),
    Outside(u32),
}

impl Stored<'_> {
    fn bytes_len(&self) -> usize {
        match self {
            Stored::Inside(encoded) => encoded.bytes_len(),
            Stored::Outside(_) => OUTSIDE_BYTES,
        }
    }

    fn write_to(&self, target: &mut [u8]) {
        match self {
            Stored::Inside(encoded) => encoded.write_to(target),
            Stored::Outside(number) => {
                target[0] = OUTSIDE;
                target[1..OUTSIDE_BYTES].copy_from_slice(&number.to_le_bytes());
            }
        }
    }
}

/// Where an entry is.
#[derive(Clone, Copy)]
struct Place {
    page: usize,
    slot: usize,
}

impl<H: KeyHash> Pages<H> {
    /// A structure without entries; with or without values.
    pub fn new(hasher: H, valued: bool) -> Self {
        Pages {
            hasher,
            valued,
            chunks: Vec::new(),
            pages: 0,
            len: 0,
            entry_bytes: 0,
            page_bytes: 0,
            fullest: 0,
            outside: Outside::default(),
        }
    }

    /// The number of entries. O(1).
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none. O(1).
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Heap bytes. O(1).
    pub fn memory_bytes(&self) -> usize {
        let vec = |capacity: usize, size: usize| if capacity == 0 { 0 } else { size_class(capacity * size) };
        let full = vec(CHUNK_PAGES, size_of::<Page>());
        let last = self.chunks.last().map_or(0, |chunk| vec(chunk.capacity(), size_of::<Page>()));
        let chunks = self.chunks.len().saturating_sub(1) * full + last;
        let index = vec(self.chunks.capacity(), size_of::<Vec<Page>>());
        self.page_bytes + chunks + index + self.outside.memory_bytes()
    }

    /// The hash of a key.
    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash(key)
    }

    /// Whether a key is there.
    #[inline]
    pub fn contains(&self, key: &[u8]) -> bool {
        self.find(self.hash(key), Element::of(key)).is_some()
    }

    /// As [`Pages::contains`], for an element that comes from elsewhere; an integer's text is written to `scratch`.
    #[inline]
    pub fn contains_element(&self, key: Element<'_>, scratch: &mut Vec<u8>) -> bool {
        self.find(self.hash(key.text(scratch)), key).is_some()
    }

    /// The entry of a key.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<Entry<'_>> {
        let place = self.find(self.hash(key), Element::of(key))?;
        Some(self.entry(place))
    }

    /// Sets the value of a key, which is made if it is not there, and its stamp. Returns whether it was made.
    #[inline]
    pub fn insert(&mut self, key: &[u8], value: Dense<'_>, stamp: Option<u64>) -> bool {
        let (hash, key) = (self.hash(key), Element::of(key));
        match self.find(hash, key) {
            Some(place) => {
                if self.valued {
                    self.set_tail(place, value, stamp);
                }
                false
            }
            None => {
                self.insert_absent(hash, key, value, stamp);
                true
            }
        }
    }

    /// Adds a key that is known not to be there: saves the search that [`Pages::insert`] begins with.
    #[inline]
    pub fn add(&mut self, key: &[u8], value: Dense<'_>, stamp: Option<u64>) {
        debug_assert!(!self.contains(key), "the key is there");
        self.insert_absent(self.hash(key), Element::of(key), value, stamp);
    }

    /// Sets the stamp of a key, if it is there.
    pub fn set_stamp(&mut self, key: &[u8], stamp: Option<u64>) {
        if let Some(place) = self.find(self.hash(key), Element::of(key)) {
            let value = self.entry(place).value;
            // Not `Dense::of`: what is bytes stays bytes.
            let bytes = value.to_vec();
            let value = match value {
                Dense::Bytes(_) => Dense::Bytes(&bytes),
                Dense::Int(int) => Dense::Int(int),
                Dense::Symbols(symbols) => Dense::Symbols(symbols),
            };
            self.set_tail(place, value, stamp);
        }
    }

    /// Removes a key; returns whether it was there.
    #[inline]
    pub fn remove(&mut self, key: &[u8]) -> bool {
        match self.find(self.hash(key), Element::of(key)) {
            Some(place) => {
                self.remove_at(place);
                true
            }
            None => false,
        }
    }

    /// An entry with this hash and stamp.
    pub fn get_stamped(&self, hash: u64, stamp: u64) -> Option<Entry<'_>> {
        if self.pages == 0 {
            return None;
        }
        let page = self.index_of(hash);
        let slot = self.page(page).find(fingerprint(hash), |bytes| {
            let entry = self.decode(bytes);
            let mut text = Vec::new();
            entry.stamp == Some(stamp) && self.hash(entry.key.text(&mut text)) == hash
        })?;
        Some(self.entry(Place { page, slot }))
    }

    /// A random entry; each is equally likely, given uniform random numbers.
    pub fn sample(&self, rnd: &mut impl FnMut() -> u64) -> Option<Entry<'_>> {
        if self.len == 0 {
            return None;
        }
        let below = |end: usize, random: u64| ((u128::from(random) * end as u128) >> 64) as usize;
        for _ in 0..SAMPLE_TRIES_MAX {
            let place = Place { page: below(self.pages, rnd()), slot: below(self.fullest, rnd()) };
            if place.slot < self.page(place.page).len() {
                return Some(self.entry(place));
            }
        }
        let mut rank = below(self.len, rnd());
        for page in 0..self.pages {
            let len = self.page(page).len();
            if rank < len {
                return Some(self.entry(Place { page, slot: rank }));
            }
            rank -= len;
        }
        None
    }

    /// Visits the entries of one page, the one at `cursor`, and returns the cursor to go on with; 0 means the end.
    ///
    /// Start with 0. An entry that is there from the first call to the last is visited at least once (again if
    /// pages are merged meanwhile). Any other number is a valid cursor too: the scan begins somewhere.
    pub fn scan(&self, cursor: u64, mut visit: impl FnMut(Entry<'_>)) -> u64 {
        if self.pages == 0 || cursor >> CURSOR_BITS != 0 {
            return 0;
        }
        let index = self.index_of((cursor << (64 - CURSOR_BITS)).reverse_bits());
        for slot in 0..self.page(index).len() {
            visit(self.entry(Place { page: index, slot }));
        }
        let bits = self.bits_of(index);
        let first = (index as u64).reverse_bits() >> (64 - CURSOR_BITS);
        (first + (1 << (CURSOR_BITS - bits))) & ((1 << CURSOR_BITS) - 1)
    }

    /// All entries, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..self.pages).flat_map(move |page| {
            (0..self.page(page).len()).map(move |slot| self.entry(Place { page, slot }))
        })
    }

    /// Passes each entry to `act`, in the order of [`Pages::iter`], until that says no; returns whether it never did.
    #[inline]
    pub fn all<'a>(&'a self, mut act: impl FnMut(Entry<'a>) -> bool) -> bool {
        self.chunks
            .iter()
            .flat_map(|chunk| chunk.iter())
            .all(|page| (0..page.len()).all(|slot| act(self.decode(page.entry(slot)))))
    }

    /// The entries as they are now, to be looked at whatever becomes of the structure. O(pages / 512), and the first change of each
    /// chunk and of each page afterwards copies it.
    pub fn view(&mut self) -> PagesView<H> {
        PagesView::of(Pages {
            hasher: self.hasher,
            chunks: self.chunks.iter_mut().map(Lendable::lend).collect(),
            outside: self.outside.view(),
            ..*self
        })
    }

    /// Frees some of the structure, about `budget` pages or long elements; returns whether all of it is freed. For big
    /// structures that nobody looks at any more.
    pub fn free_some(&mut self, budget: usize) -> bool {
        for _ in 0..budget {
            if self.pages > 0 {
                let mut page = self.pop_page();
                self.len = self.len.saturating_sub(page.len());
                page.give_up();
            } else if !self.outside.pop() {
                self.chunks = Vec::new();
                return true;
            }
        }
        false
    }

    /// The place of a key.
    #[inline]
    fn find(&self, hash: u64, key: Element<'_>) -> Option<Place> {
        if self.pages == 0 {
            return None;
        }
        let page = self.index_of(hash);
        let found = match key {
            Element::Bytes(text) if text.len() > OUTSIDE_MIN_BYTES => {
                self.page(page).find(fingerprint(hash), |bytes| {
                    bytes.first() == Some(&OUTSIDE) && self.outside.get(number(bytes)) == text
                })
            }
            key => {
                let encoded = key.encode();
                self.page(page).find(fingerprint(hash), |bytes| encoded.is_at(bytes))
            }
        };
        Some(Place { page, slot: found? })
    }

    fn insert_absent(&mut self, hash: u64, key: Element<'_>, value: Dense<'_>, stamp: Option<u64>) {
        if self.pages == 0 {
            self.push_page(Page::default());
        }
        let index = self.index_of(hash);
        let (key, value) = (self.outside.store(key), self.outside.store_dense(value));
        let key_len = key.bytes_len();
        let stamp_len = if stamp.is_some() { STAMP_BYTES } else { 0 };
        let len = key_len + if self.valued { stamp_len + value.bytes_len() } else { 0 };
        let fingerprint = fingerprint(hash);
        let valued = self.valued;
        self.with_page(index, |page| {
            let target = page.push(fingerprint, len);
            key.write_to(target);
            if valued {
                write_tail(&mut target[key_len..], stamp, &value);
            }
        });
        self.len += 1;
        self.entry_bytes += len;
        if self.len > self.pages * ENTRIES_MEAN_MAX || self.entry_bytes > self.pages * BYTES_MEAN_MAX {
            self.split();
        }
    }

    /// Writes value and stamp of an entry.
    fn set_tail(&mut self, place: Place, value: Dense<'_>, stamp: Option<u64>) {
        let page = self.page(place.page);
        let bytes = page.entry(place.slot);
        let key_len = stored_len(bytes);
        let old = self.entry_len(bytes);
        let old_value = &bytes[key_len + stamp_len(&bytes[key_len..])..];
        if old_value.first() == Some(&OUTSIDE) {
            let number = number(old_value);
            self.outside.remove(number);
        }
        let value = self.outside.store_dense(value);
        let tail_len = if stamp.is_some() { STAMP_BYTES } else { 0 } + value.bytes_len();
        let len = key_len + tail_len;
        self.with_page(place.page, |page| {
            let target = page.resize(place.slot, old, len, key_len);
            write_tail(&mut target[key_len..], stamp, &value);
        });
        self.entry_bytes = self.entry_bytes + len - old;
        if self.entry_bytes > self.pages * BYTES_MEAN_MAX {
            self.split();
        }
    }

    fn remove_at(&mut self, place: Place) {
        let bytes = self.page(place.page).entry(place.slot);
        let len = self.entry_len(bytes);
        let key_len = stored_len(bytes);
        let key = (bytes.first() == Some(&OUTSIDE)).then(|| number(bytes));
        let value = if self.valued { &bytes[key_len + stamp_len(&bytes[key_len..])..] } else { &[] };
        let value = (value.first() == Some(&OUTSIDE)).then(|| number(value));
        for number in [key, value].into_iter().flatten() {
            self.outside.remove(number);
        }
        self.with_page(place.page, |page| page.remove(place.slot, len));
        self.len -= 1;
        self.entry_bytes -= len;
        if self.len < self.pages * ENTRIES_MEAN_MIN && self.entry_bytes < self.pages * BYTES_MEAN_MIN {
            self.merge();
        }
    }

    /// Splits the page whose turn it is.
    fn split(&mut self) {
        let bits = self.pages.ilog2();
        let index = self.pages - (1 << bits);
        let mut page = Page::default();
        self.with_page(index, |old| std::mem::swap(old, &mut page));
        let (mut stay, mut go) = (Vec::with_capacity(page.len()), Vec::with_capacity(page.len()));
        let (mut stay_bytes, mut go_bytes) = (0, 0);
        let mut text = Vec::new();
        for slot in 0..page.len() {
            let bytes = page.entry(slot);
            let len = self.entry_len(bytes);
            let hash = self.hash(self.element(bytes).text(&mut text));
            if hash >> bits & 1 == 0 {
                stay.push((slot, len));
                stay_bytes += len;
            } else {
                go.push((slot, len));
                go_bytes += len;
            }
        }
        let stay = page.part(&stay, stay_bytes);
        let go = page.part(&go, go_bytes);
        page.give_up();
        self.with_page(index, |page| *page = stay);
        self.push_page(go);
    }

    /// Puts the entries of the last page back to where they were split from.
    fn merge(&mut self) {
        if self.pages < 2 {
            if self.len == 0 {
                self.pop_page().give_up();
                self.chunks = Vec::new();
                self.fullest = 0;
            }
            return;
        }
        let last = self.pages - 1;
        let into = last - (1 << last.ilog2());
        let lens: Vec<usize> = {
            let page = self.page(last);
            (0..page.len()).map(|slot| self.entry_len(page.entry(slot))).collect()
        };
        if self.page(into).heap_bytes() + self.page(last).heap_bytes() > PAGE_MAX_BYTES {
            return;
        }
        let mut page = self.pop_page();
        self.with_page(into, |target| {
            for (slot, &len) in lens.iter().enumerate() {
                let bytes = &page.entry(slot)[..len];
                target.push(page.fingerprint(slot), len).copy_from_slice(bytes);
            }
        });
        page.give_up();
        if self.pages == 1 {
            self.fullest = self.page(0).len();
        }
    }

    /// Lets `change` change a page and keeps the accounts.
    #[inline]
    fn with_page<R>(&mut self, index: usize, change: impl FnOnce(&mut Page) -> R) -> R {
        let page = &mut self.chunks[index / CHUNK_PAGES][index % CHUNK_PAGES];
        let before = page.heap_bytes();
        let result = change(page);
        self.page_bytes = self.page_bytes + page.heap_bytes() - before;
        self.fullest = self.fullest.max(page.len());
        result
    }

    fn push_page(&mut self, page: Page) {
        if self.pages.is_multiple_of(CHUNK_PAGES) {
            self.chunks.push(Lendable::Own(Vec::new()));
        }
        self.page_bytes += page.heap_bytes();
        self.fullest = self.fullest.max(page.len());
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(page);
            self.pages += 1;
        }
    }

    fn pop_page(&mut self) -> Page {
        let page = self.chunks.last_mut().and_then(|chunk| chunk.pop()).unwrap_or_default();
        self.pages = self.pages.saturating_sub(1);
        self.page_bytes -= page.heap_bytes();
        if self.pages.is_multiple_of(CHUNK_PAGES) {
            self.chunks.pop();
        }
        page
    }

    #[inline]
    fn page(&self, index: usize) -> &Page {
        &self.chunks[index / CHUNK_PAGES][index % CHUNK_PAGES]
    }

    /// The page of a hash, if there are any.
    #[inline]
    fn index_of(&self, hash: u64) -> usize {
        let low = 1usize << self.pages.ilog2();
        let index = hash as usize & (2 * low - 1);
        if index < self.pages { index } else { index & (low - 1) }
    }

    /// How many bits of the hashes of its entries a page stands for.
    fn bits_of(&self, index: usize) -> u32 {
        let bits = self.pages.ilog2();
        let low = 1usize << bits;
        if index >= low || index < self.pages - low { bits + 1 } else { bits }
    }

    #[inline]
    fn entry(&self, place: Place) -> Entry<'_> {
        self.decode(self.page(place.page).entry(place.slot))
    }

    /// The entry that bytes begin with.
    #[inline]
    fn decode<'a>(&'a self, bytes: &'a [u8]) -> Entry<'a> {
        let key = self.element(bytes);
        if !self.valued {
            return Entry { key, stamp: None, value: Dense::Bytes(&[]) };
        }
        let mut rest = &bytes[stored_len(bytes)..];
        let mut stamp = None;
        if let [STAMP, a, b, c, d, e, f, ..] = *rest {
            stamp = Some(u64::from_le_bytes([a, b, c, d, e, f, 0, 0]));
            rest = &rest[STAMP_BYTES..];
        }
        Entry { key, stamp, value: self.value(rest) }
    }

    /// The element that bytes begin with.
    #[inline]
    fn element<'a>(&'a self, bytes: &'a [u8]) -> Element<'a> {
        match bytes.first() {
            Some(&OUTSIDE) => Element::Bytes(self.outside.get(number(bytes))),
            _ => decode(bytes).map_or(Element::Bytes(&[]), |(element, _)| element),
        }
    }

    /// The value that bytes begin with.
    #[inline]
    fn value<'a>(&'a self, bytes: &'a [u8]) -> Dense<'a> {
        match bytes.first() {
            Some(&OUTSIDE) => Dense::Bytes(self.outside.get(number(bytes))),
            _ => decode_dense(bytes).map_or(Dense::Bytes(&[]), |(value, _)| value),
        }
    }

    /// Bytes of the entry that `bytes` begin with.
    #[inline]
    fn entry_len(&self, bytes: &[u8]) -> usize {
        let mut len = stored_len(bytes);
        if self.valued {
            len += stamp_len(&bytes[len..]);
            len += stored_len(&bytes[len..]);
        }
        len
    }
}

impl<H: KeyHash> PartialEq for Pages<H> {
    fn eq(&self, other: &Self) -> bool {
        let mut text = Vec::new();
        self.len == other.len
            && self.valued == other.valued
            && self.iter().all(|entry| other.get(entry.key.text(&mut text)) == Some(entry))
    }
}

impl<H: KeyHash> Eq for Pages<H> {}

impl<H> fmt::Debug for Pages<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("len", &self.len).field("pages", &self.pages).finish_non_exhaustive()
    }
}

/// What a slot keeps of a hash: other bits than those that choose the page.
#[inline]
fn fingerprint(hash: u64) -> u16 {
    (hash >> 48) as u16
}

/// The number of the element outside that `bytes` begin with.
#[inline]
fn number(bytes: &[u8]) -> u32 {
    match *bytes {
        [_, a, b, c, d, ..] => u32::from_le_bytes([a, b, c, d]),
        _ => u32::MAX,
    }
}

/// Bytes of the element that `bytes` begin with, as it lies in a page.
#[inline]
fn stored_len(bytes: &[u8]) -> usize {
    if bytes.first() == Some(&OUTSIDE) { OUTSIDE_BYTES } else { element_len(bytes) }
}

/// Bytes of the stamp that `bytes` begin with, if they do.
#[inline]
fn stamp_len(bytes: &[u8]) -> usize {
    if bytes.first() == Some(&STAMP) { STAMP_BYTES } else { 0 }
}

fn write_tail(target: &mut [u8], stamp: Option<u64>, value: &Stored<'_>) {
    let mut at = 0;
    if let Some(stamp) = stamp {
        target[0] = STAMP;
        target[1..STAMP_BYTES].copy_from_slice(&stamp.min(STAMP_MAX).to_le_bytes()[..STAMP_BYTES - 1]);
        at = STAMP_BYTES;
    }
    value.write_to(&mut target[at..]);
}
