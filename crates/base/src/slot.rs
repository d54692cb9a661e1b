//! From a key to its slot and from a slot to its shard: the one place where the keyspace is divided.
//!
//! `slot = crc16(hash tag or key) & 16383`, `shard = slot * shards / 16384`. The CRC is XMODEM (polynomial 0x1021,
//! initial value 0), as in the Redis Cluster specification.
//!
//! With the initial value 0 a CRC is linear: the CRC of a message is the exclusive or of what each byte contributes, and
//! that depends only on the byte and its distance from the end; leading zeros contribute nothing. So the bytes of a word
//! are looked up independently of each other, one table per distance, and an odd head is a word with zeros in front.
//! This runs once per key of every command.

use std::ops::Range;

/// Number of slots of the keyspace.
pub const SLOTS: u16 = 16_384;

const POLYNOMIAL: u16 = 0x1021;
/// Bytes that are looked up independently of each other.
const WORD: usize = 8;

/// Two words, because most keys have at most 16 bytes: then no lookup waits for another. (Measured against one word: a key
/// of 16 bytes takes 7.1 instead of 9.5 ns. Keys are mostly digits and letters, so a table costs one or two cache lines.)
const TABLE_COUNT: usize = 2 * WORD;

/// `TABLES[d][b]` is what byte `b` contributes to the CRC when `d` bytes follow it.
static TABLES: [[u16; 256]; TABLE_COUNT] = build_tables();

const fn build_tables() -> [[u16; 256]; TABLE_COUNT] {
    let mut tables = [[0u16; 256]; TABLE_COUNT];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 != 0 { (crc << 1) ^ POLYNOMIAL } else { crc << 1 };
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut distance = 1;
    while distance < TABLE_COUNT {
        let mut byte = 0;
        while byte < 256 {
            let crc = tables[distance - 1][byte];
            tables[distance][byte] = (crc << 8) ^ tables[0][(crc >> 8) as usize];
            byte += 1;
        }
        distance += 1;
    }
    tables
}

/// CRC-16/XMODEM of `bytes`.
#[inline]
pub fn crc16(bytes: &[u8]) -> u16 {
    scan(bytes).0
}

/// The CRC of `bytes` and whether there is a `{` among them, in one pass over words.
#[inline(always)]
fn scan(bytes: &[u8]) -> (u16, bool) {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    if let (9..=16, Some(first), Some(last)) = (bytes.len(), bytes.first_chunk(), bytes.last_chunk()) {
        let high = u64::from_le_bytes(*first) << ((2 * WORD - bytes.len()) * 8);
        let low = u64::from_le_bytes(*last);
        let crc = crc_of_word::<WORD>(high) ^ crc_of_word::<0>(low);
        return (crc, (mark_braces(high) | mark_braces(low)) & HIGH_BITS != 0);
    }
    let (head, mut rest) = bytes.split_at(bytes.len() % WORD);
    let (mut crc, mut braces) = (0, 0);
    if !head.is_empty() {
        let word = head_word(bytes, head);
        braces = mark_braces(word);
        crc = crc_of_word::<0>(word);
    }
    while let Some((word, after)) = rest.split_first_chunk::<WORD>() {
        let word = u64::from_le_bytes(*word);
        braces |= mark_braces(word);
        crc = crc_of_word::<0>(word ^ u64::from(crc.swap_bytes()));
        rest = after;
    }
    (crc, braces & HIGH_BITS != 0)
}

/// Sets the high bit of some byte if, and only if, `word` has a `{`: the usual test for a zero byte.
#[inline(always)]
fn mark_braces(word: u64) -> u64 {
    let differing = word ^ u64::from_ne_bytes([b'{'; WORD]);
    differing.wrapping_sub(0x0101_0101_0101_0101) & !differing
}

/// CRC of the eight bytes of `word`, the lowest being the first of the message, with `FOLLOWING` bytes after them.
#[inline(always)]
fn crc_of_word<const FOLLOWING: usize>(word: u64) -> u16 {
    let byte = |at: u32| (word >> (8 * at) & 0xff) as usize;
    TABLES[FOLLOWING + 7][byte(0)]
        ^ TABLES[FOLLOWING + 6][byte(1)]
        ^ TABLES[FOLLOWING + 5][byte(2)]
        ^ TABLES[FOLLOWING + 4][byte(3)]
        ^ TABLES[FOLLOWING + 3][byte(4)]
        ^ TABLES[FOLLOWING + 2][byte(5)]
        ^ TABLES[FOLLOWING + 1][byte(6)]
        ^ TABLES[FOLLOWING][byte(7)]
}

/// The one to seven bytes of `head`, with which `bytes` begins, as a word with zeros in front.
#[inline(always)]
fn head_word(bytes: &[u8], head: &[u8]) -> u64 {
    let len = head.len();
    let shift = (WORD - len) * 8 % 64;
    if let Some(word) = bytes.first_chunk::<WORD>() {
        // Read beyond the head and shift the surplus out: no loop over a few bytes.
        u64::from_le_bytes(*word) << shift
    } else if let (Some(first), Some(last)) = (head.first_chunk::<4>(), head.last_chunk::<4>()) {
        // Two overlapping reads; where they overlap they agree.
        u64::from(u32::from_le_bytes(*first)) << shift | u64::from(u32::from_le_bytes(*last)) << 32
    } else {
        head.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)) << shift
    }
}

/// The part of `key` that decides its slot: what stands between the first `{` and the first `}` after it, unless that is
/// empty; otherwise the whole key.
pub fn hash_tag(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|&byte| byte == b'{') else { return key };
    let rest = key.get(open + 1..).unwrap_or(&[]);
    match rest.iter().position(|&byte| byte == b'}') {
        None | Some(0) => key,
        Some(len) => rest.get(..len).unwrap_or(key),
    }
}

/// The slot of `key`, 0 to 16383.
#[inline]
pub fn key_slot(key: &[u8]) -> u16 {
    let (crc, braced) = scan(key);
    let crc = if braced { crc16(hash_tag(key)) } else { crc };
    crc & (SLOTS - 1)
}

/// The shard that owns `slot` among `shards` shards.
#[inline]
pub const fn shard_of_slot(slot: u16, shards: u16) -> u16 {
    (slot as u32 * shards as u32 / SLOTS as u32) as u16
}

/// The slots that `shard` owns: exactly those for which [`shard_of_slot`] names it.
pub const fn slots_of_shard(shard: u16, shards: u16) -> Range<u16> {
    if shards == 0 || shard >= shards {
        return 0..0;
    }
    // The first slot whose product with `shards` reaches `shard * SLOTS`.
    let start = (shard as u32 * SLOTS as u32).div_ceil(shards as u32);
    let end = ((shard as u32 + 1) * SLOTS as u32).div_ceil(shards as u32);
    start as u16..end as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_slots() {
        // From CLUSTER KEYSLOT of Redis.
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(key_slot(b""), 0);
        assert_eq!(key_slot(b"foo"), 12_182);
        assert_eq!(key_slot(b"{user1000}.following"), key_slot(b"user1000"));
    }

    #[test]
    fn hash_tags() {
        fn check(key: &str, tag: &str) {
            assert_eq!(hash_tag(key.as_bytes()), tag.as_bytes(), "{key}");
        }
        check("plain", "plain");
        check("{a}b", "a");
        check("a{}b", "a{}b");
        check("a{}{b}", "a{}{b}");
        check("foo{{bar}}zap", "{bar");
        check("foo{bar}{zap}", "bar");
        check("foo}{bar", "foo}{bar");
        check("foo}{bar}", "bar");
        check("{", "{");
        check("0123456{tag}", "tag");
        check("01234567{tag}", "tag");
    }

    #[test]
    fn shards_divide_the_slots() {
        for shards in (1..=300).chain([1000, SLOTS]) {
            let mut next = 0;
            for shard in 0..shards {
                let slots = slots_of_shard(shard, shards);
                assert_eq!(slots.start, next, "{shard} of {shards}");
                assert!(slots.clone().all(|slot| shard_of_slot(slot, shards) == shard));
                next = slots.end;
            }
            assert_eq!(next, SLOTS);
        }
        assert!(slots_of_shard(3, 3).is_empty());
        assert!(slots_of_shard(0, 0).is_empty());
    }

    proptest! {
        #[test]
        fn crc_equals_the_crate(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(crc16(&bytes), crc16::State::<crc16::XMODEM>::calculate(&bytes));
        }

        #[test]
        fn brace_search_is_exact(bytes in proptest::collection::vec(prop_oneof![Just(b'{'), Just(b'}'), any::<u8>()], 0..40)) {
            prop_assert_eq!(scan(&bytes).1, bytes.contains(&b'{'));
        }
    }
}
