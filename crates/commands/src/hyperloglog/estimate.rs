//! From registers to a cardinality: the estimator of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog
//! sketches", 2017 (arXiv:1702.01284), as Redis uses it.

use super::{REGISTERS, Registers, VALUE_BITS};

const ALPHA_INFINITY: f64 = 0.721_347_520_444_481_7;
const M: f64 = REGISTERS as f64;

/// The estimated number of different elements. O(registers).
pub(super) fn cardinality(registers: &Registers) -> u64 {
    let mut histogram = [0u32; 64];
    for &register in registers {
        histogram[usize::from(register & 63)] += 1;
    }
    let last = VALUE_BITS as usize;
    let mut z = M * tau((M - f64::from(histogram[last + 1])) / M);
    for &count in histogram[1..=last].iter().rev() {
        z = (z + f64::from(count)) * 0.5;
    }
    z += M * sigma(f64::from(histogram[0]) / M);
    (ALPHA_INFINITY * M * M / z).round() as u64
}

fn sigma(mut x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}
