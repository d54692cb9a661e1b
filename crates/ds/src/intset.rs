//! A sorted set of integers in one buffer, all of the same width: 16, 32 or 64 bits, whatever the widest one needs.
//!
//! ```text
//!   ┌───────┬─────────┬─────────┬──
//!   │ width │ integer │ integer │ …     little-endian, ascending
//!   │ 1     │ 2, 4, 8 │         │
//!   └───────┴─────────┴─────────┴──
//! ```
//!
//! As a [pack](crate::pack), it is plain bytes wherever its owner keeps them; the functions that change one work on a `Vec`
//! that may hold other bytes of the owner's before it, as many as `start`.

#[cfg(test)]
#[path = "intset_tests.rs"]
mod tests;

/// A set of integers, to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntSet<'a>(&'a [u8]);

impl<'a> IntSet<'a> {
    /// The set in these bytes. None at all are an empty set.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        IntSet(bytes)
    }

    /// The number of integers. O(1).
    #[inline]
    pub fn len(self) -> usize {
        self.0.len().saturating_sub(1) / self.width()
    }

    /// Whether there is none. O(1).
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The integers in ascending order.
    #[inline]
    pub fn iter(self) -> impl DoubleEndedIterator<Item = i64> + ExactSizeIterator + 'a {
        let width = self.width();
        self.0.get(1..).unwrap_or_default().chunks_exact(width).map(read)
    }

    /// Integer number `index` in ascending order. O(1).
    #[inline]
    pub fn nth(self, index: usize) -> Option<i64> {
        let start = index.checked_mul(self.width())? + 1;
        self.0.get(start..start + self.width()).map(read)
    }

    /// Whether an integer is in the set. O(log n).
    #[inline]
    pub fn contains(self, int: i64) -> bool {
        width_of(int) <= self.width() && self.search(int).is_ok()
    }

    /// Where an integer is, or where it would be.
    fn search(self, int: i64) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.nth(middle).unwrap_or(i64::MAX).cmp(&int) {
                std::cmp::Ordering::Equal => return Ok(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    #[inline]
    fn width(self) -> usize {
        match self.0.first() {
            Some(&width @ (2 | 4 | 8)) => usize::from(width),
            _ => 2,
        }
    }
}

/// Appends an empty set.
#[inline]
pub fn init(buffer: &mut Vec<u8>) {
    buffer.push(2);
}

/// Adds an integer; returns whether it is new. O(n).
pub fn insert(buffer: &mut Vec<u8>, start: usize, int: i64) -> bool {
    if buffer.len() <= start {
        buffer.resize(start, 0);
        init(buffer);
    }
    widen(buffer, start, width_of(int));
    let set = IntSet(buffer.get(start..).unwrap_or_default());
    let width = set.width();
    match set.search(int) {
        Ok(_) => false,
        Err(index) => {
            let (at, len) = (start + 1 + index * width, buffer.len());
            buffer.resize(len + width, 0);
            buffer.copy_within(at..len, at + width);
            write(buffer, at, width, int);
            true
        }
    }
}

/// Removes an integer; returns whether it was there. O(n). The width stays.
pub fn remove(buffer: &mut Vec<u8>, start: usize, int: i64) -> bool {
    let set = IntSet(buffer.get(start..).unwrap_or_default());
    let width = set.width();
    if width_of(int) > width {
        return false;
    }
    match set.search(int) {
        Ok(index) => {
            let at = start + 1 + index * width;
            buffer.drain(at..at + width);
            true
        }
        Err(_) => false,
    }
}

/// Makes all integers at least so wide.
fn widen(buffer: &mut Vec<u8>, start: usize, width: usize) {
    let set = IntSet(buffer.get(start..).unwrap_or_default());
    if width <= set.width() {
        return;
    }
    let ints: Vec<i64> = set.iter().collect();
    buffer.truncate(start);
    buffer.push(width as u8);
    buffer.resize(start + 1 + ints.len() * width, 0);
    for (index, int) in ints.into_iter().enumerate() {
        write(buffer, start + 1 + index * width, width, int);
    }
}

#[inline]
fn read(bytes: &[u8]) -> i64 {
    match *bytes {
        [a, b] => i64::from(i16::from_le_bytes([a, b])),
        [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => i64::from_le_bytes([a, b, c, d, e, f, g, h]),
        _ => 0,
    }
}

fn write(buffer: &mut [u8], at: usize, width: usize, int: i64) {
    if let (Some(there), Some(bytes)) = (buffer.get_mut(at..at + width), int.to_le_bytes().get(..width)) {
        there.copy_from_slice(bytes);
    }
}

/// Bytes of the narrowest form of an integer.
#[inline]
fn width_of(int: i64) -> usize {
    if int == i64::from(int as i16) {
        2
    } else if int == i64::from(int as i32) {
        4
    } else {
        8
    }
}
