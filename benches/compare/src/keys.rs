//! Key names, and which key comes next.

use std::fmt;
use std::str::FromStr;

use anyhow::{Context, Result, bail, ensure};

/// How a key number becomes a key: `key:N` (unpadded) or `key:%012d` (zero-padded).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFormat {
    prefix: String,
    /// Digits to pad to; 0 means unpadded.
    width: usize,
}

impl KeyFormat {
    /// `prefix` followed by the plain number.
    pub fn unpadded(prefix: &str) -> KeyFormat {
        KeyFormat { prefix: prefix.to_owned(), width: 0 }
    }

    /// `prefix` followed by the number, zero-padded to `width` digits.
    pub fn padded(prefix: &str, width: usize) -> KeyFormat {
        KeyFormat { prefix: prefix.to_owned(), width }
    }

    /// Appends the key numbered `number`.
    pub fn append(&self, out: &mut Vec<u8>, number: u64) {
        out.extend_from_slice(self.prefix.as_bytes());
        self.append_number(out, number);
    }

    /// Appends member `member` of group `group`. All members of a group share a shard when `place` says so; otherwise
    /// each goes where its own hash takes it. Both forms have the same length.
    pub fn append_member(&self, out: &mut Vec<u8>, group: u64, member: u16, place: Place) {
        out.extend_from_slice(self.prefix.as_bytes());
        out.push(b'{');
        self.append_number(out, group);
        out.extend_from_slice(if place == Place::OneShard { b"}:" } else { b":" });
        out.extend_from_slice(itoa::Buffer::new().format(member).as_bytes());
        if place == Place::Anywhere {
            out.push(b'}');
        }
    }

    fn append_number(&self, out: &mut Vec<u8>, number: u64) {
        let mut text = itoa::Buffer::new();
        let digits = text.format(number).as_bytes();
        out.resize(out.len() + self.width.saturating_sub(digits.len()), b'0');
        out.extend_from_slice(digits);
    }
}

impl FromStr for KeyFormat {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<KeyFormat> {
        if let Some(prefix) = text.strip_suffix('N') {
            return Ok(KeyFormat::unpadded(prefix));
        }
        let Some((prefix, width)) = text.strip_suffix('d').and_then(|t| t.rsplit_once("%0")) else {
            bail!("a key format is a prefix and N, or a prefix and %0<width>d: {text}");
        };
        let width = width.parse().with_context(|| format!("the width in {text}"))?;
        ensure!(width <= 20, "a key number has at most 20 digits");
        Ok(KeyFormat::padded(prefix, width))
    }
}

impl fmt::Display for KeyFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.width {
            0 => write!(f, "{}N", self.prefix),
            width => write!(f, "{}%0{width}d", self.prefix),
        }
    }
}

/// Where the keys of one multi-key command lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All on one shard: they share a hash tag.
    OneShard,
    /// Spread over the shards by their own hashes.
    Anywhere,
}

/// Which keys are asked for how often.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Each key equally often.
    Uniform,
    /// Key of rank r as often as 1/r^theta; the popular ranks are scattered over the key numbers.
    Zipf(f64),
    /// One after the other from this number, starting over at the end.
    Sequential(u64),
}

impl FromStr for Distribution {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Distribution> {
        match text.split_once(':') {
            None if text == "uniform" => Ok(Distribution::Uniform),
            None if text == "sequential" => Ok(Distribution::Sequential(0)),
            Some(("zipf", theta)) => {
                let theta: f64 = theta.parse().context("theta of zipf:<theta>")?;
                ensure!(theta > 0.0 && theta <= 10.0, "theta lies in 0..=10");
                Ok(Distribution::Zipf(theta))
            }
            _ => bail!("a distribution is uniform, sequential or zipf:<theta>, not {text}"),
        }
    }
}

/// Draws key numbers below a population.
#[derive(Clone, Debug)]
pub struct Sampler {
    population: u64,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Uniform,
    Sequential { next: u64 },
    Zipf { zipf: Zipf, stride: u64 },
}

impl Sampler {
    /// A sampler of `0..population`, which must not be empty.
    pub fn new(distribution: Distribution, population: u64) -> Sampler {
        assert!(population > 0, "there is no key to draw");
        let kind = match distribution {
            Distribution::Uniform => Kind::Uniform,
            Distribution::Sequential(first) => Kind::Sequential { next: first % population },
            Distribution::Zipf(theta) => {
                Kind::Zipf { zipf: Zipf::new(population, theta), stride: scattering_stride(population) }
            }
        };
        Sampler { population, kind }
    }

    /// The next key number.
    pub fn draw(&mut self, random: &mut fastrand::Rng) -> u64 {
        match &mut self.kind {
            Kind::Uniform => random.u64(..self.population),
            Kind::Sequential { next } => {
                let drawn = *next;
                *next = (drawn + 1) % self.population;
                drawn
            }
            Kind::Zipf { zipf, stride } => {
                let rank = zipf.draw(random) - 1;
                (u128::from(rank) * u128::from(*stride) % u128::from(self.population)) as u64
            }
        }
    }
}

/// A number without a common factor with `population`, near its golden section: multiplying by it modulo the
/// population permutes the key numbers, so that the popular keys are no neighbours.
fn scattering_stride(population: u64) -> u64 {
    let common = |mut a: u64, mut b: u64| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let start = ((population as f64 * 0.618) as u64).max(1);
    (start..).find(|&s| common(s, population) == 1).unwrap_or(1)
}

/// Zipf's law over ranks `1..=n` by rejection-inversion: exact, constant time, no table, any theta > 0.
///
/// Source: Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions",
/// ACM TOMACS 6(3), 1996. `area` is the integral of the density x^-theta, `inverse` its inverse.
#[derive(Clone, Debug)]
pub struct Zipf {
    n: f64,
    theta: f64,
    area_first: f64,
    area_last: f64,
    /// A draw this close above its rank is accepted without computing the density.
    shortcut: f64,
}

impl Zipf {
    /// Ranks `1..=n` with weight `rank^-theta`.
    pub fn new(n: u64, theta: f64) -> Zipf {
        let mut zipf = Zipf { n: n as f64, theta, area_first: 0.0, area_last: 0.0, shortcut: 0.0 };
        zipf.area_first = zipf.area(1.5) - 1.0;
        zipf.area_last = zipf.area(zipf.n + 0.5);
        zipf.shortcut = 2.0 - zipf.inverse(zipf.area(2.5) - zipf.density(2.0));
        zipf
    }

    /// The next rank.
    pub fn draw(&self, random: &mut fastrand::Rng) -> u64 {
        loop {
            let u = self.area_last + random.f64() * (self.area_first - self.area_last);
            let x = self.inverse(u);
            let rank = x.round().clamp(1.0, self.n);
            if rank - x <= self.shortcut || u >= self.area(rank + 0.5) - self.density(rank) {
                return rank as u64;
            }
        }
    }

    fn density(&self, x: f64) -> f64 {
        x.powf(-self.theta)
    }

    /// Integral of the density from 1 to x.
    fn area(&self, x: f64) -> f64 {
        let exponent = 1.0 - self.theta;
        if exponent.abs() < 1e-9 { x.ln() } else { (x.powf(exponent) - 1.0) / exponent }
    }

    fn inverse(&self, area: f64) -> f64 {
        let exponent = 1.0 - self.theta;
        if exponent.abs() < 1e-9 { area.exp() } else { (1.0 + area * exponent).max(0.0).powf(1.0 / exponent) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(format: &str, number: u64) -> String {
        let mut out = Vec::new();
        format.parse::<KeyFormat>().unwrap().append(&mut out, number);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn formats_keys() {
        assert_eq!(key("key:N", 17), "key:17");
        assert_eq!(key("key:%012d", 17), "key:000000000017");
        assert_eq!(key("key:%02d", 12345), "key:12345");
        assert!("key:".parse::<KeyFormat>().is_err());
        assert!("key:%0xd".parse::<KeyFormat>().is_err());
        for text in ["key:N", "k%04d"] {
            assert_eq!(text.parse::<KeyFormat>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn members_have_one_length_wherever_they_lie() {
        let format = KeyFormat::unpadded("k:");
        let (mut one, mut any) = (Vec::new(), Vec::new());
        format.append_member(&mut one, 5, 9, Place::OneShard);
        format.append_member(&mut any, 5, 9, Place::Anywhere);
        assert_eq!((one.as_slice(), any.as_slice()), (&b"k:{5}:9"[..], &b"k:{5:9}"[..]));
    }

    #[test]
    fn sequential_covers_everything_once_per_lap() {
        let mut sampler = Sampler::new(Distribution::Sequential(3), 5);
        let mut random = fastrand::Rng::with_seed(1);
        let drawn: Vec<u64> = (0..6).map(|_| sampler.draw(&mut random)).collect();
        assert_eq!(drawn, [3, 4, 0, 1, 2, 3]);
    }

    #[test]
    fn same_seed_same_keys_and_all_below_the_population() {
        for distribution in [Distribution::Uniform, Distribution::Zipf(0.99), Distribution::Zipf(1.0)] {
            for population in [1, 2, 3, 1000, 5_000_000] {
                let draw = || {
                    let (mut s, mut r) =
                        (Sampler::new(distribution, population), fastrand::Rng::with_seed(7));
                    (0..500).map(|_| s.draw(&mut r)).collect::<Vec<_>>()
                };
                assert_eq!(draw(), draw());
                assert!(draw().iter().all(|&k| k < population));
            }
        }
    }

    /// The share of each of the first ranks against the exact law.
    #[test]
    fn zipf_follows_its_law() {
        const DRAWS: u64 = 400_000;
        for (n, theta) in [(10u64, 0.5), (1000, 0.99), (1000, 1.0), (1000, 1.5), (100_000, 0.8)] {
            let zipf = Zipf::new(n, theta);
            let mut random = fastrand::Rng::with_seed(42);
            let mut seen = [0u64; 9];
            for _ in 0..DRAWS {
                let rank = zipf.draw(&mut random) as usize;
                if rank < seen.len() {
                    seen[rank] += 1;
                }
            }
            let total: f64 = (1..=n).map(|r| (r as f64).powf(-theta)).sum();
            for (rank, &count) in seen.iter().enumerate().skip(1) {
                let share = (rank as f64).powf(-theta) / total;
                let expected = share * DRAWS as f64;
                let sigma = (expected * (1.0 - share)).sqrt();
                let off = (count as f64 - expected).abs();
                assert!(off < 5.0 * sigma, "n={n} theta={theta} rank={rank}: {count} for {expected:.0}");
            }
        }
    }

    #[test]
    fn the_stride_permutes() {
        for population in [1u64, 2, 6, 30, 1000] {
            let stride = scattering_stride(population);
            let mut seen: Vec<u64> = (0..population).map(|r| r * stride % population).collect();
            seen.sort_unstable();
            assert!(seen.iter().copied().eq(0..population), "{population}");
        }
    }
}
