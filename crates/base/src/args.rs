//! Arguments of a command as ranges into a byte buffer: nothing is copied until it is stored.

/// One argument: `len` bytes at `off` of the buffer that it came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct ArgRange {
    /// First byte, counted from the start of the buffer.
    pub off: u32,
    /// Length in bytes.
    pub len: u32,
}

impl ArgRange {
    /// The range of `len` bytes at `off`.
    #[inline]
    pub const fn new(off: u32, len: u32) -> Self {
        Self { off, len }
    }

    /// One past the last byte.
    #[inline]
    pub const fn end(self) -> usize {
        self.off as usize + self.len as usize
    }

    /// The bytes of this range in `bytes`; empty where the range does not lie within it.
    #[inline]
    pub fn slice(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.off as usize..self.end()).unwrap_or(&[])
    }

    /// The same range when its buffer begins `by` bytes earlier. Saturates, so that a wrong caller reads an empty
    /// slice instead of somebody else's bytes.
    #[inline]
    #[must_use]
    pub const fn shifted(self, by: u32) -> Self {
        Self { off: self.off.saturating_add(by), len: self.len }
    }
}

/// The arguments of one command, the command's name being argument 0.
#[derive(Clone, Copy, Debug)]
pub struct Args<'a> {
    bytes: &'a [u8],
    ranges: &'a [ArgRange],
}

impl<'a> Args<'a> {
    /// Arguments at `ranges` of `bytes`.
    #[inline]
    pub const fn new(bytes: &'a [u8], ranges: &'a [ArgRange]) -> Self {
        Self { bytes, ranges }
    }

    /// How many arguments there are.
    #[inline]
    pub const fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether there is none.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Argument `i`, or `None` past the last.
    #[inline]
    pub fn get(&self, i: usize) -> Option<&'a [u8]> {
        let range = self.ranges.get(i)?;
        Some(range.slice(self.bytes))
    }

    /// Argument `i`; empty past the last, so that a handler that forgot to check its arity cannot panic.
    #[inline]
    pub fn arg(&self, i: usize) -> &'a [u8] {
        self.get(i).unwrap_or(&[])
    }

    /// All arguments in order.
    #[inline]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &'a [u8]> + ExactSizeIterator + Clone + use<'a> {
        let bytes = self.bytes;
        self.ranges.iter().map(move |range| range.slice(bytes))
    }

    /// The arguments from number `from` on; none where `from` is past the last.
    #[inline]
    #[must_use]
    pub fn tail(&self, from: usize) -> Args<'a> {
        Args { bytes: self.bytes, ranges: self.ranges.get(from..).unwrap_or(&[]) }
    }

    /// The first `count` arguments, or all where there are fewer.
    #[inline]
    #[must_use]
    pub fn head(&self, count: usize) -> Args<'a> {
        Args { bytes: self.bytes, ranges: self.ranges.get(..count).unwrap_or(self.ranges) }
    }

    /// The buffer that the ranges point into.
    #[inline]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The ranges, relative to [`Args::bytes`].
    #[inline]
    pub const fn ranges(&self) -> &'a [ArgRange] {
        self.ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_slices_and_never_panic() {
        let ranges =
            [ArgRange::new(0, 3), ArgRange::new(4, 3), ArgRange::new(6, 99), ArgRange::new(u32::MAX, 9)];
        let args = Args::new(b"SET key", &ranges);
        assert_eq!(args.len(), 4);
        assert_eq!(args.arg(0), b"SET");
        assert_eq!(args.get(1), Some(&b"key"[..]));
        assert_eq!(args.get(2), Some(&b""[..]));
        assert_eq!(args.arg(3), b"");
        assert_eq!(args.arg(9), b"");
        assert_eq!(args.get(9), None);
        assert_eq!(args.tail(1).arg(0), b"key");
        assert!(args.tail(9).is_empty());
        assert_eq!(args.head(1).len(), 1);
        assert_eq!(args.head(9).len(), 4);
        assert_eq!(args.iter().next_back(), Some(&b""[..]));
        assert_eq!(args.iter().len(), 4);
    }
}
