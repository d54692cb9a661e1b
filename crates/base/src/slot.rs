//! From a key to its slot and from a slot to its shard: the one place where the keyspace is divided.
//!
//! `slot = crc16(hash tag or key) & 16383`, `shard = slot * shards / 16384`. The CRC is XMODEM (polynomial 0x1021,
//! initial value 0), as in the Redis Cluster specification.
//!
//! With the initial value 0 a CRC is linear: the CRC of a message is the exclusive or of what each byte contributes, and
//! that depends only on the byte and its distance from the end. So the bytes of a block are looked up independently
//! of each other, one table per distance, and only blocks of eight bytes form a chain.

use std::ops::Range;

/// Number of slots of the keyspace.
pub const SLOTS: u16 = 16_384;

const POLYNOMIAL: u16 = 0x1021;
const BLOCK: usize = 8;

/// `TABLES[d][b]` is what byte `b` contributes to the CRC when `d` bytes follow it.
static TABLES: [[u16; 256]; BLOCK] = build_tables();

const fn build_tables() -> [[u16; 256]; BLOCK] {
    let mut tables = [[0u16; 256]; BLOCK];
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
    while distance < BLOCK {
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
    // The odd bytes come first, because leading zeros do not count: the head is a block with zeros in front.
    let (head, blocks) = bytes.split_at(bytes.len() % BLOCK);
    let mut crc = 0;
    for (table, &byte) in TABLES.iter().zip(head.iter().rev()) {
        crc ^= table[usize::from(byte)];
    }
    let (blocks, _) = blocks.as_chunks::<BLOCK>();
    for block in blocks {
        let [high, low] = crc.to_be_bytes();
        crc = TABLES[7][usize::from(block[0] ^ high)]
            ^ TABLES[6][usize::from(block[1] ^ low)]
            ^ TABLES[5][usize::from(block[2])]
            ^ TABLES[4][usize::from(block[3])]
            ^ TABLES[3][usize::from(block[4])]
            ^ TABLES[2][usize::from(block[5])]
            ^ TABLES[1][usize::from(block[6])]
            ^ TABLES[0][usize::from(block[7])];
    }
    crc
}

/// The part of `key` that decides its slot: what stands between the first `{` and the first `}` after it, unless that is
/// empty; otherwise the whole key.
#[inline]
pub fn hash_tag(key: &[u8]) -> &[u8] {
    if !contains_brace(key) {
        return key;
    }
    hash_tag_of_braced(key)
}

fn hash_tag_of_braced(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|&byte| byte == b'{') else { return key };
    let rest = key.get(open + 1..).unwrap_or(&[]);
    match rest.iter().position(|&byte| byte == b'}') {
        None | Some(0) => key,
        Some(len) => rest.get(..len).unwrap_or(key),
    }
}

/// Whether `key` has a `{`: blocks without early exit, which the compiler turns into vector compares.
#[inline]
fn contains_brace(key: &[u8]) -> bool {
    let (blocks, rest) = key.as_chunks::<BLOCK>();
    let mut found = false;
    for block in blocks {
        // The classic zero-byte test on eight bytes at once; a false alarm is impossible for "any zero byte".
        let word = u64::from_le_bytes(*block) ^ u64::from_le_bytes([b'{'; BLOCK]);
        found |= word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080 != 0;
    }
    for &byte in rest {
        found |= byte == b'{';
    }
    found
}

/// The slot of `key`, 0 to 16383.
#[inline]
pub fn key_slot(key: &[u8]) -> u16 {
    crc16(hash_tag(key)) & (SLOTS - 1)
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
            prop_assert_eq!(contains_brace(&bytes), bytes.contains(&b'{'));
        }
    }
}
