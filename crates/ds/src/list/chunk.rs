//! A chunk of a list: encoded elements in one buffer with room before and behind them.
//!
//! ```text
//!   0        head                          tail        buf.len()
//!   │ room   │ element │ element │ element │ room      │
//! ```
//!
//! So both ends grow in O(1) amortised: when one side has no room left, the elements move once, and the free bytes are
//! divided in favour of the side that grows.
//!
//! A *closed* chunk is compressed (LZ4), and has to be opened to be changed.

use crate::blocks::Weigh;
use crate::pack::Encoded;
use crate::run::{first_len, offset_of, offsets_into};
use crate::share::{COUNT_BYTES, Share, Slab, room};

/// Smallest buffer.
const BUFFER_MIN_BYTES: usize = 64;

/// Smaller buffers are left as they are.
const SPARSE_MIN_BYTES: usize = 512;

/// Shorter chunks are not closed.
const CLOSED_MIN_BYTES: usize = if cfg!(test) { 16 } else { 256 };

/// The head of a chunk that is closed; its tail is the length of the elements then.
const CLOSED: u32 = u32::MAX;

/// An end of a list or chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The beginning: index 0.
    Front,
    /// The end: index -1.
    Back,
}

/// How large a chunk may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of encoded elements, and the few of their allocation's head; one element may be longer, and is alone then.
    pub bytes: usize,
    /// Most elements.
    pub count: usize,
    /// How many chunks at each end are never closed; 0 if none is closed at all.
    pub open: usize,
}

impl Limits {
    /// Most bytes of encoded elements.
    #[inline]
    pub(super) fn run_bytes(self) -> usize {
        self.bytes.saturating_sub(COUNT_BYTES)
    }
}

/// See the [module documentation](self).
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    buf: Slab,
    head: u32,
    tail: u32,
    count: u32,
}

impl Share for Chunk {
    fn share(&self) -> Self {
        Chunk { buf: self.buf.share(), ..*self }
    }

    fn give_up(&mut self) {
        self.buf.give_up();
    }
}

impl Weigh for Chunk {
    #[inline]
    fn weight(&self) -> usize {
        self.count as usize
    }
}

impl Chunk {
    /// A chunk of `count` elements that are encoded already.
    pub(super) fn of_run(run: &[u8], count: usize) -> Self {
        let mut buf = Slab::roomy(run.len());
        buf[..run.len()].copy_from_slice(run);
        Chunk { buf, head: 0, tail: run.len() as u32, count: count as u32 }
    }

    /// The encoded elements of a chunk that is open.
    #[inline]
    pub(super) fn run(&self) -> &[u8] {
        debug_assert!(!self.is_closed(), "a chunk is opened before it is changed");
        self.buf.get(self.head as usize..self.tail as usize).unwrap_or_default()
    }

    /// Bytes of the encoded elements.
    #[inline]
    pub(super) fn len(&self) -> usize {
        if self.is_closed() { self.tail as usize } else { (self.tail - self.head) as usize }
    }

    /// Whether it is closed.
    #[inline]
    pub(super) fn is_closed(&self) -> bool {
        self.head == CLOSED
    }

    /// The encoded elements; those of a closed chunk are written to `scratch`.
    #[inline]
    pub(super) fn run_in<'a>(&'a self, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        if !self.is_closed() {
            return self.run();
        }
        scratch.resize(self.len(), 0);
        self.read_closed(scratch);
        scratch
    }

    /// Writes the encoded elements of a closed chunk to where there is just room for them.
    #[cold]
    fn read_closed(&self, run: &mut [u8]) {
        let read = lz4_flex::block::decompress_into(&self.buf, run);
        debug_assert_eq!(read.ok(), Some(run.len()), "what was compressed can be read");
    }

    /// Closes it, if that saves memory.
    pub(super) fn close(&mut self) {
        if self.is_closed() || self.len() < CLOSED_MIN_BYTES {
            return;
        }
        let packed = lz4_flex::block::compress(self.run());
        if room(packed.len()) < room(self.len()) {
            let (buf, tail) = (Slab::copy_of(&packed), self.len() as u32);
            self.buf.give_up();
            *self = Chunk { buf, head: CLOSED, tail, count: self.count };
        }
    }

    /// Opens it, if it is closed.
    pub(super) fn open(&mut self) {
        if self.is_closed() {
            let (mut buf, tail) = (Slab::roomy(self.len()), self.tail);
            self.read_closed(&mut buf[..tail as usize]);
            self.buf.give_up();
            *self = Chunk { buf, head: 0, tail, count: self.count };
        }
    }

    /// The number of elements.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count as usize
    }

    /// Heap bytes.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        self.buf.heap_bytes()
    }

    /// Where the run begins in the buffer; changes only when the front does or the elements move.
    #[inline]
    pub(super) fn head(&self) -> usize {
        self.head as usize
    }

    /// Where the run ends in the buffer.
    #[inline]
    pub(super) fn tail(&self) -> usize {
        self.tail as usize
    }

    /// Whether another element fits as it is.
    #[inline]
    pub(super) fn has_room(&self, len: usize, limits: Limits) -> bool {
        self.count == 0
            || (self.count() < limits.count
                && !self.is_closed()
                && (self.tail - self.head) as usize + len <= limits.run_bytes())
    }

    /// Adds an element at an end. Returns whether the elements moved within or out of their buffer.
    #[inline]
    pub(super) fn push(&mut self, side: Side, element: &Encoded<'_>, limits: Limits) -> bool {
        let len = element.bytes_len();
        let room = match side {
            Side::Front => self.head(),
            Side::Back => self.buf.len() - self.tail(),
        };
        let moved = room < len;
        if moved {
            self.make_room(side, len, limits);
        }
        self.count += 1;
        let at = match side {
            Side::Front => {
                self.head -= len as u32;
                self.head()
            }
            Side::Back => {
                self.tail += len as u32;
                self.tail() - len
            }
        };
        element.write_to(&mut self.buf[at..at + len]);
        moved
    }

    /// Inserts an element before the byte `offset` of the run.
    pub(super) fn insert(&mut self, offset: usize, element: &Encoded<'_>, limits: Limits) {
        let len = element.bytes_len();
        if self.buf.len() - self.tail() < len {
            self.make_room(Side::Back, len, limits);
        }
        let at = self.head() + offset;
        self.buf.copy_within(at..self.tail as usize, at + len);
        element.write_to(&mut self.buf[at..at + len]);
        self.tail += len as u32;
        self.count += 1;
    }

    /// Removes the first element.
    #[inline]
    pub(super) fn drop_first(&mut self) {
        self.head += first_len(self.run()) as u32;
        self.count -= 1;
    }

    /// Removes the last element, which begins at the byte `at` of the buffer.
    #[inline]
    pub(super) fn drop_last(&mut self, at: usize) {
        self.tail = at as u32;
        self.count -= 1;
    }

    /// Removes `count` elements from number `index` on.
    pub(super) fn remove(&mut self, index: usize, count: usize) {
        let run = self.run();
        let start = offset_of(run, index);
        let end =
            if index + count == self.count() { run.len() } else { start + offset_of(&run[start..], count) };
        self.count -= count as u32;
        self.cut(start, end);
    }

    /// Removes bytes of the run.
    fn cut(&mut self, start: usize, end: usize) {
        let (head, tail) = (self.head(), self.tail());
        if start == 0 {
            self.head += end as u32;
        } else {
            self.buf.copy_within(head + end..tail, head + start);
            self.tail -= (end - start) as u32;
        }
    }

    /// Replaces an element.
    pub(super) fn replace(&mut self, index: usize, element: &Encoded<'_>, limits: Limits) {
        let offset = offset_of(self.run(), index);
        let old = first_len(&self.run()[offset..]);
        if old == element.bytes_len() {
            let at = self.head() + offset;
            element.write_to(&mut self.buf[at..at + old]);
            return;
        }
        self.count -= 1;
        self.cut(offset, offset + old);
        // A cut at the front moves the head, not the elements: the offset is 0 before and after.
        self.insert(offset, element, limits);
    }

    /// Removes elements equal to `element`, at most `max`, from one side on. Returns how many. `offsets` is scratch.
    pub(super) fn remove_equal(
        &mut self,
        element: &Encoded<'_>,
        side: Side,
        max: usize,
        offsets: &mut Vec<u32>,
    ) -> usize {
        offsets.clear();
        let (run, len) = (self.run(), element.bytes_len());
        let mut at = 0;
        while at < run.len() && (side == Side::Back || offsets.len() < max) {
            let next = at + first_len(&run[at..]);
            if element.is_at(&run[at..]) {
                offsets.push(at as u32);
            }
            at = next;
        }
        let first = offsets.len().saturating_sub(max);
        let removed = &offsets[first..];
        let (head, end) = (self.head(), self.len());
        let Some(&start) = removed.first() else { return 0 };
        let mut to = head + start as usize;
        for (number, &offset) in removed.iter().enumerate() {
            let from = offset as usize + len;
            let until = removed.get(number + 1).map_or(end, |&next| next as usize);
            self.buf.copy_within(head + from..head + until, to);
            to += until - from;
        }
        self.tail = to as u32;
        self.count -= removed.len() as u32;
        removed.len()
    }

    /// Cuts the elements from number `index` on off, into a chunk of their own.
    pub(super) fn split_off(&mut self, index: usize) -> Chunk {
        let offset = offset_of(self.run(), index);
        let upper = Chunk::of_run(&self.run()[offset..], self.count() - index);
        self.tail = self.head + offset as u32;
        self.count = index as u32;
        self.fit();
        upper
    }

    /// Takes the elements of the chunk behind this one.
    pub(super) fn append(&mut self, other: &Chunk, limits: Limits) {
        let len = other.len();
        if self.buf.len() - self.tail() < len {
            self.make_room(Side::Back, len, limits);
        }
        let tail = self.tail();
        self.buf[tail..tail + len].copy_from_slice(other.run());
        self.tail += len as u32;
        self.count += other.count;
    }

    /// Whether the elements have become so few that a smaller buffer would do for long.
    #[inline]
    pub(super) fn is_sparse(&self) -> bool {
        self.buf.len() >= SPARSE_MIN_BYTES && self.len() * 8 <= self.buf.len()
    }

    /// Moves the elements to a buffer of twice their length.
    #[cold]
    pub(super) fn shrink(&mut self) {
        let len = self.len();
        let mut buf = Slab::roomy((len * 2).max(BUFFER_MIN_BYTES));
        let head = (buf.len() - len) / 2;
        buf[head..head + len].copy_from_slice(self.run());
        self.give_up();
        *self = Chunk { buf, head: head as u32, tail: (head + len) as u32, count: self.count };
    }

    /// Gives free bytes back, if they are worth it: for a chunk that is not at an end of its list any more.
    pub(super) fn fit(&mut self) {
        if !self.is_closed() && room(self.len()) < self.buf.len() {
            let fitting = Chunk::of_run(self.run(), self.count());
            self.give_up();
            *self = fitting;
        }
    }

    /// Where the elements begin in the buffer, one by one.
    pub(super) fn starts_into(&self, starts: &mut Vec<u32>) {
        offsets_into(self.run(), starts);
        starts.iter_mut().for_each(|start| *start += self.head);
    }

    /// Makes room for `len` bytes on one side.
    #[cold]
    fn make_room(&mut self, side: Side, len: usize, limits: Limits) {
        let (used, needed) = (self.len(), self.len() + len);
        let size = if needed <= self.buf.len() {
            self.buf.len()
        } else if needed > limits.run_bytes() {
            room(needed)
        } else {
            let doubled = (COUNT_BYTES + needed).next_power_of_two();
            room(doubled.clamp(BUFFER_MIN_BYTES, limits.bytes.max(BUFFER_MIN_BYTES)) - COUNT_BYTES)
        };
        // An element that is alone in its chunk leaves no room to divide.
        let free = if needed > limits.run_bytes() { 0 } else { size - needed };
        let head = match side {
            Side::Front => len + free - free / 4,
            Side::Back => free / 4,
        };
        if size == self.buf.len() {
            self.buf.copy_within(self.head as usize..self.tail as usize, head);
        } else {
            let mut buf = Slab::zeroed(size);
            buf[head..head + used].copy_from_slice(self.run());
            self.buf.give_up();
            self.buf = buf;
        }
        self.head = head as u32;
        self.tail = (head + used) as u32;
    }
}
