//! Gatherings: the replies of several shards to one command, until all are there and become one reply.

use commands::Merge;
use resp::{Reply, skip_element};

use crate::journal::ShortArgs;
use crate::message::{Dest, Op};

/// A command whose parts are under way.
pub(crate) struct Gather {
    pub(crate) dest: Dest,
    /// What the parts do.
    pub(crate) op: Op,
    pub(crate) merge: Merge,
    pub(crate) resp3: bool,
    pub(crate) missing: u32,
    /// The longest time of a part.
    pub(crate) longest_ticks: u64,
    /// The command's arguments, if they may be wanted.
    pub(crate) args: ShortArgs,
    /// By key of the command, in order: the part that it went to. For [`Merge::Interleave`].
    pub(crate) order: Vec<u16>,
    /// By part: where its reply is in `bytes`.
    parts: Vec<(usize, usize)>,
    bytes: Vec<u8>,
}

impl Default for Gather {
    fn default() -> Self {
        Gather {
            dest: Dest::Part { gather: u32::MAX, part: 0 },
            op: Op::Command(0),
            merge: Merge::Sum,
            resp3: false,
            missing: 0,
            longest_ticks: 0,
            args: ShortArgs::default(),
            order: Vec::new(),
            parts: Vec::new(),
            bytes: Vec::new(),
        }
    }
}

impl Gather {
    /// Makes it ready for a command with `parts` parts.
    pub(crate) fn start(&mut self, dest: Dest, merge: Merge, resp3: bool, parts: usize) {
        self.dest = dest;
        self.merge = merge;
        self.resp3 = resp3;
        self.missing = parts as u32;
        self.longest_ticks = 0;
        self.parts.clear();
        self.parts.resize(parts, (0, 0));
        self.bytes.clear();
    }

    /// Takes the reply of a part. True if it was the last.
    pub(crate) fn add(&mut self, part: u32, bytes: &[u8]) -> bool {
        if let Some(entry) = self.parts.get_mut(part as usize) {
            *entry = (self.bytes.len(), bytes.len());
            self.bytes.extend_from_slice(bytes);
        }
        self.missing = self.missing.saturating_sub(1);
        self.missing == 0
    }

    /// How many parts there are.
    pub(crate) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// The reply of a part.
    pub(crate) fn part(&self, part: usize) -> &[u8] {
        let (at, len) = self.parts.get(part).copied().unwrap_or_default();
        self.bytes.get(at..at + len).unwrap_or_default()
    }

    /// Writes the reply to `out`. `random` serves merges that choose.
    pub(crate) fn finish(&self, random: u64, out: &mut Vec<u8>) {
        let mut reply = Reply::new(out, self.resp3);
        let parts = || (0..self.parts.len()).map(|part| self.part(part));
        if let Some(error) = parts().find(|part| part.first() == Some(&b'-')) {
            return reply.raw(error);
        }
        match self.merge {
            Merge::AllOk => reply.raw(self.part(0)),
            Merge::Sum => reply.int(parts().map(integer).sum()),
            Merge::Concat => {
                reply.array(parts().map(|part| array_header(part).0).sum());
                for part in parts() {
                    reply.raw(part.get(array_header(part).1..).unwrap_or_default());
                }
            }
            Merge::Interleave => {
                let mut cursors: Vec<usize> = parts().map(|part| array_header(part).1).collect();
                reply.array(self.order.len());
                for &part in &self.order {
                    let Some(cursor) = cursors.get_mut(usize::from(part)) else { continue };
                    let bytes = self.part(usize::from(part));
                    let end = element_end(bytes, *cursor);
                    reply.raw(bytes.get(*cursor..end).unwrap_or_default());
                    *cursor = end;
                }
            }
            Merge::Custom(merge) => {
                let parts: Vec<&[u8]> = parts().collect();
                merge(&parts, random, &mut reply);
            }
        }
    }
}

/// End of the element at `at`. Bulk strings, by far the most frequent, are measured here without a general scan.
#[inline]
fn element_end(bytes: &[u8], at: usize) -> usize {
    if bytes.get(at) == Some(&b'$') {
        let mut len = 0usize;
        for (i, &byte) in bytes.iter().enumerate().skip(at + 1) {
            match byte {
                b'0'..=b'9' => len = len * 10 + usize::from(byte - b'0'),
                b'\r' => return i + 2 + len + 2,
                _ => break,
            }
        }
    }
    skip_element(bytes, at).unwrap_or(bytes.len())
}

/// The number of an integer reply, 0 for anything else.
fn integer(part: &[u8]) -> i64 {
    let digits = part.strip_prefix(b":").and_then(|rest| rest.strip_suffix(b"\r\n"));
    digits.and_then(base::num::parse_i64).unwrap_or(0)
}

/// Length of an array (or set) reply, and where its elements start.
fn array_header(part: &[u8]) -> (usize, usize) {
    let mut len = 0usize;
    for (i, &byte) in part.iter().enumerate().skip(1) {
        match byte {
            b'0'..=b'9' => len = len * 10 + usize::from(byte - b'0'),
            b'\r' => return (len, i + 2),
            _ => break,
        }
    }
    (0, part.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(merge: Merge, order: &[u16], parts: &[&str], expect: &str) {
        let mut gather = Gather::default();
        gather.start(Dest::Part { gather: 0, part: 0 }, merge, false, parts.len());
        gather.order = order.to_vec();
        for (i, part) in parts.iter().enumerate().rev() {
            assert_eq!(gather.add(i as u32, part.as_bytes()), i == 0);
        }
        let mut out = Vec::new();
        gather.finish(0, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expect);
    }

    #[test]
    fn merges() {
        check(Merge::Sum, &[], &[":1\r\n", ":41\r\n"], ":42\r\n");
        check(Merge::AllOk, &[], &["+OK\r\n", "+OK\r\n"], "+OK\r\n");
        check(Merge::AllOk, &[], &["+OK\r\n", "-ERR no\r\n"], "-ERR no\r\n");
        check(
            Merge::Concat,
            &[],
            &["*1\r\n$1\r\na\r\n", "*0\r\n", "*1\r\n:7\r\n"],
            "*2\r\n$1\r\na\r\n:7\r\n",
        );
        check(
            Merge::Interleave,
            &[1, 0, 1],
            &["*1\r\n$-1\r\n", "*2\r\n$2\r\nxy\r\n$0\r\n\r\n"],
            "*3\r\n$2\r\nxy\r\n$-1\r\n$0\r\n\r\n",
        );
    }
}
