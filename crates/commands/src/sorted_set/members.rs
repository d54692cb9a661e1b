//! Members with scores on their way: results before they are stored or replied with.

use resp::Reply;

/// Members with their scores, one after the other in one buffer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Members {
    text: Vec<u8>,
    /// Score and end of each member.
    ends: Vec<(f64, usize)>,
}

impl Members {
    /// With room for so many members and bytes of them.
    pub(crate) fn with_capacity(members: usize, bytes: usize) -> Self {
        Members { text: Vec::with_capacity(bytes), ends: Vec::with_capacity(members) }
    }

    /// The number of members.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Puts a member at the end.
    pub(crate) fn push(&mut self, score: f64, member: &[u8]) {
        self.text.extend_from_slice(member);
        self.ends.push((score, self.text.len()));
    }

    /// The member with a number.
    pub(crate) fn get(&self, number: usize) -> Option<(f64, &[u8])> {
        let &(score, end) = self.ends.get(number)?;
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |&(_, end)| end);
        Some((score, self.text.get(start..end).unwrap_or_default()))
    }

    /// Whether they are in the order of a sorted set.
    pub(crate) fn are_sorted(&self) -> bool {
        self.iter().is_sorted()
    }

    /// The members in the order in which they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (f64, &[u8])> + Clone {
        let mut start = 0;
        self.ends.iter().map(move |&(score, end)| {
            let member = self.text.get(start..end).unwrap_or_default();
            start = end;
            (score, member)
        })
    }
}

/// Writes the header of a list of members: with scores a flat one in RESP2, one of pairs in RESP3.
pub(super) fn header(reply: &mut Reply<'_>, len: usize, with_scores: bool) {
    reply.array(if with_scores && !reply.is_resp3() { len * 2 } else { len });
}

/// Writes a member of such a list.
#[inline]
pub(super) fn element(reply: &mut Reply<'_>, score: f64, member: &[u8], with_scores: bool) {
    if with_scores && reply.is_resp3() {
        reply.array(2);
    }
    reply.bulk(member);
    if with_scores {
        reply.double(score);
    }
}
