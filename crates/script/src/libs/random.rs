//! `math.random`: the generator of `lrand48`, so that the numbers after a seed are the same everywhere. As in Redis all scripts of
//! an interpreter draw from one generator.

/// Its state: 48 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        Self(0x1234_abcd_330e)
    }
}

impl Random {
    /// Seeded as `srand48` does.
    pub(crate) const fn new(seed: u32) -> Self {
        Self((seed as u64) << 16 | 0x330e)
    }

    /// The next number from 0 to below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        const MAX: u64 = 0x7fff_ffff;
        self.0 = self.0.wrapping_mul(0x5_deec_e66d).wrapping_add(0xb) & 0xffff_ffff_ffff;
        let drawn = self.0 >> 17;
        (drawn % MAX) as f64 / MAX as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn draws_what_redis_draws() {
        let mut random = Random::new(5);
        assert_eq!(format!("{:.14}", random.unit()), "0.52483957937213");
    }
}
