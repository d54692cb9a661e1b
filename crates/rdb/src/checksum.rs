//! The checksum at the end of files and payloads: CRC-64 with the polynomial of Jones.

use crc_fast::{CrcAlgorithm, Digest, checksum, checksum_combine};

/// A checksum over bytes that come in pieces.
#[derive(Clone, Debug)]
pub struct Checksum(Digest);

impl Default for Checksum {
    fn default() -> Self {
        Checksum(Digest::new(CrcAlgorithm::Crc64Redis))
    }
}

impl Checksum {
    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all bytes so far.
    pub fn value(&self) -> u64 {
        self.0.finalize()
    }
}

/// The checksum of some bytes.
pub fn of(bytes: &[u8]) -> u64 {
    checksum(CrcAlgorithm::Crc64Redis, bytes)
}

/// The checksum of two stretches of bytes one after the other, of which the second has `second_len` bytes.
pub fn combined(first: u64, second: u64, second_len: u64) -> u64 {
    checksum_combine(CrcAlgorithm::Crc64Redis, first, second, second_len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_known_one() {
        assert_eq!(of(b"123456789"), 0xe9c6_d914_c4b8_d9ca);
        assert_eq!(of(b""), 0);
        let mut sum = Checksum::default();
        sum.update(b"1234");
        sum.update(b"56789");
        assert_eq!(sum.value(), of(b"123456789"));
        assert_eq!(combined(of(b"1234"), of(b"56789"), 5), of(b"123456789"));
    }
}
