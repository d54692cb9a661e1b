//! Counting and finding bits in bytes, a word at a time.

/// How many bits are set. O(length / 8).
pub(super) fn count(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let words: u64 = words.iter().map(|word| u64::from(u64::from_ne_bytes(*word).count_ones())).sum();
    words + rest.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>()
}

/// The first bit of this value, counted from the highest bit of the first byte. O(position / 8).
pub(super) fn find(bytes: &[u8], bit: bool) -> Option<u64> {
    let uniform = if bit { 0x00 } else { 0xff };
    let (words, _) = bytes.as_chunks::<8>();
    let whole = words.iter().take_while(|word| **word == [uniform; 8]).count() * 8;
    let rest = bytes.get(whole..)?;
    let at = rest.iter().position(|&byte| byte != uniform)?;
    let byte = rest.get(at)? ^ uniform;
    Some(((whole + at) as u64) * 8 + u64::from(byte.leading_zeros()))
}

#[cfg(test)]
mod tests {
    use base::Rng;

    use super::*;

    fn bit_at(bytes: &[u8], at: usize) -> bool {
        bytes[at / 8] & (0x80 >> (at % 8)) != 0
    }

    #[test]
    fn as_bit_by_bit() {
        let mut rng = Rng::new(3);
        for _ in 0..2000 {
            let len = rng.below(40) as usize;
            let fill = [0x00, 0xff][rng.below(2) as usize];
            let mut bytes = vec![fill; len];
            for _ in 0..rng.below(3) {
                if len > 0 {
                    bytes[rng.below(len as u64) as usize] = rng.below(256) as u8;
                }
            }
            let ones = (0..len * 8).filter(|&at| bit_at(&bytes, at)).count();
            assert_eq!(count(&bytes), ones as u64);
            for bit in [false, true] {
                let first = (0..len * 8).find(|&at| bit_at(&bytes, at) == bit);
                assert_eq!(find(&bytes, bit), first.map(|at| at as u64), "{bytes:?}");
            }
        }
    }
}
