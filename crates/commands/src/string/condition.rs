//! Conditions on the value that a key has: IFEQ, IFNE, IFDEQ, IFDNE of SET and DELEX; and the digest that two of them compare.

use base::Args;
use resp::Reply;
use store::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::as_string;
use crate::{CmdError, ShardCtx, words};

/// Length of a digest's text.
const DIGEST_CHARS: usize = 16;

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// The value itself.
    Value,
    /// Its digest, as hexadecimal text in any case.
    Digest,
}

/// A condition with what it compares to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ValueCondition<'a> {
    subject: Subject,
    equal: bool,
    operand: &'a [u8],
}

impl<'a> ValueCondition<'a> {
    /// The condition that a word names.
    pub(super) fn named(word: &[u8], operand: &'a [u8]) -> Option<Self> {
        let (subject, equal) = if words::is(word, "IFEQ") {
            (Subject::Value, true)
        } else if words::is(word, "IFNE") {
            (Subject::Value, false)
        } else if words::is(word, "IFDEQ") {
            (Subject::Digest, true)
        } else if words::is(word, "IFDNE") {
            (Subject::Digest, false)
        } else {
            return None;
        };
        Some(ValueCondition { subject, equal, operand })
    }

    /// Whether a value fulfils it. A digest is looked at only now, as Redis does.
    pub(super) fn holds(self, value: Value<'_>) -> Result<bool, CmdError> {
        let mut scratch = Vec::new();
        let text = as_string(value)?.text(&mut scratch);
        let same = match self.subject {
            Subject::Value => text == self.operand,
            Subject::Digest if self.operand.len() != DIGEST_CHARS => {
                return Err(CmdError::text_of("ERR must be exactly 16 hexadecimal characters"));
            }
            Subject::Digest => digest(text).as_bytes().eq_ignore_ascii_case(self.operand),
        };
        Ok(same == self.equal)
    }

    /// Whether a key that does not exist fulfils it.
    pub(super) fn holds_for_nothing(self) -> bool {
        !self.equal
    }
}

/// The XXH3 hash of a string as text.
fn digest(text: &[u8]) -> String {
    format!("{:016x}", xxh3_64(text))
}

/// DIGEST key
pub(super) fn digest_of(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    match ctx.database().get(key) {
        Some(value) => reply.bulk(digest(as_string(value)?.text(&mut Vec::new())).as_bytes()),
        None => reply.null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn digests_are_those_of_redis() {
        assert_eq!(digest(b"Hello world"), "b6acb9d84a38ff74");
        assert_eq!(digest(b"hello"), "9555e8555c62dcfd");
        assert_eq!(digest(b""), "2d06800538d394c2");
        assert_eq!(digest(b"v8"), "0cc76dbb41381419");
    }
}
