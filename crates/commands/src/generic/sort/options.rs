//! The options of SORT.

use std::ops::Range;

use super::pattern::Pattern;
use crate::{CmdError, words};

/// What is wanted of the elements.
#[derive(Debug, Default)]
pub(super) struct Options<'a> {
    pub(super) descending: bool,
    pub(super) alphabetic: bool,
    /// BY something that names no key: the elements stay in the order that they have.
    pub(super) unsorted: bool,
    offset: i64,
    count: Option<i64>,
    by: Option<Pattern<'a>>,
    pub(super) get: Vec<Pattern<'a>>,
    pub(super) store: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    /// Parses what follows the key.
    pub(super) fn parse(
        mut args: impl ExactSizeIterator<Item = &'a [u8]>,
        read_only: bool,
    ) -> Result<Self, CmdError> {
        let mut options = Options::default();
        while let Some(word) = args.next() {
            let left = args.len();
            let mut next = || args.next().unwrap_or_default();
            if words::is(word, "ASC") {
                options.descending = false;
            } else if words::is(word, "DESC") {
                options.descending = true;
            } else if words::is(word, "ALPHA") {
                options.alphabetic = true;
            } else if words::is(word, "LIMIT") && left >= 2 {
                options.offset = words::int(next())?;
                options.count = Some(words::int(next())?);
            } else if words::is(word, "STORE") && left >= 1 && !read_only {
                options.store = Some(next());
            } else if words::is(word, "BY") && left >= 1 {
                let pattern = Pattern::parse(next());
                // As in Redis, a later pattern that names keys doesn't bring the sorting back.
                options.unsorted |= !pattern.names_keys();
                options.by = Some(pattern);
            } else if words::is(word, "GET") && left >= 1 {
                options.get.push(Pattern::parse(next()));
            } else {
                return Err(CmdError::Syntax);
            }
        }
        Ok(options)
    }

    /// The pattern of the keys that hold the weights, if the elements are to be sorted by such.
    pub(super) fn weighs_by(&self) -> Option<&Pattern<'a>> {
        self.by.as_ref().filter(|_| !self.unsorted)
    }

    /// Which of so many elements are wanted.
    pub(super) fn window(&self, len: usize) -> Range<usize> {
        let start = usize::try_from(self.offset.max(0)).unwrap_or(len).min(len);
        let rest = len - start;
        let count = match self.count {
            Some(count @ 0..) => usize::try_from(count).unwrap_or(rest).min(rest),
            _ => rest,
        };
        start..start + count
    }

    /// The wanted ones of elements that are in order.
    pub(super) fn cut(&self, mut elements: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let wanted = self.window(elements.len());
        elements.truncate(wanted.end);
        elements.drain(..wanted.start);
        elements
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse<'a>(words: &[&'a str]) -> Result<Options<'a>, CmdError> {
        let words: Vec<&'a [u8]> = words.iter().map(|word| word.as_bytes()).collect();
        Options::parse(words.into_iter(), false)
    }

    #[test]
    fn windows() {
        fn check(words: &[&str], expect: Range<usize>) {
            assert_eq!(parse(words).expect("options").window(5), expect, "{words:?}");
        }
        check(&[], 0..5);
        check(&["LIMIT", "1", "2"], 1..3);
        check(&["LIMIT", "-3", "2"], 0..2);
        check(&["LIMIT", "3", "-1"], 3..5);
        check(&["LIMIT", "9", "1"], 5..5);
        check(&["LIMIT", "0", "0"], 0..0);
        check(&["LIMIT", "9223372036854775807", "9223372036854775807"], 5..5);
    }

    #[test]
    fn a_word_without_its_arguments_is_an_error() {
        for words in [&["LIMIT", "1"][..], &["BY"], &["GET"], &["STORE"], &["ASC", "x"]] {
            assert_eq!(parse(words).err(), Some(CmdError::Syntax), "{words:?}");
        }
    }
}
