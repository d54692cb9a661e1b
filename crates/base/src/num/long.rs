//! Floats of 80 bits, C's `long double` on x86: what `INCRBYFLOAT` counts in. They hold every 64-bit integer.

use std::cmp::Ordering;

use rustc_apfloat::ieee::X87DoubleExtended;
use rustc_apfloat::{Float, Round};

/// Longest text that is read. Redis's buffer.
const TEXT_MAX_BYTES: usize = 5 * 1024;

/// Digits behind the point that are written.
const FRACTION_DIGITS: usize = 17;
/// Digits of the general form.
const GENERAL_DIGITS: usize = 17;
const FRACTION_UNITS: u128 = 10u128.pow(FRACTION_DIGITS as u32);

/// A number below this, shifted right by so many bits or more, is less than one half.
const SHIFT_MAX: u32 = 127;

/// The exponent of the lowest bit of a mantissa is the stored one less this.
const EXPONENT_BIAS: i32 = 16_383 + 63;

/// A float of 80 bits. Never a NaN.
#[derive(Clone, Copy, Debug)]
pub struct LongFloat(X87DoubleExtended);

impl LongFloat {
    /// The largest finite number.
    pub fn max() -> Self {
        LongFloat(X87DoubleExtended::largest())
    }

    /// The smallest finite number.
    pub fn min() -> Self {
        LongFloat(-X87DoubleExtended::largest())
    }

    /// The float that `text` is, as C's `strtold` reads it: decimal or hexadecimal, `inf` or `infinity` in any case, each with
    /// an optional sign. Refused are NaN, empty text, spaces, trailing bytes, and numbers out of range.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() >= TEXT_MAX_BYTES {
            return None;
        }
        let (negative, rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let value = if rest.eq_ignore_ascii_case(b"inf") || rest.eq_ignore_ascii_case(b"infinity") {
            X87DoubleExtended::INFINITY
        } else {
            parse_number(rest)?
        };
        Some(LongFloat(if negative { -value } else { value }))
    }

    /// The integer as a float; exact.
    pub fn from_int(int: i64) -> Self {
        LongFloat(X87DoubleExtended::from_i128(int.into()).value)
    }

    /// The sum, rounded to nearest; `None` if it is not a number.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        let sum = (self.0 + other.0).value;
        (!sum.is_nan()).then_some(LongFloat(sum))
    }

    /// The difference, rounded to nearest; `None` if it is not a number.
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(LongFloat(-other.0))
    }

    /// Whether it is neither infinity.
    pub fn is_finite(self) -> bool {
        self.0.is_finite()
    }

    /// Whether it is below 0.
    pub fn is_negative(self) -> bool {
        self.0.is_negative() && !self.0.is_zero()
    }

    /// The float that a double is; exact. `None` for NaN.
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            let infinity = X87DoubleExtended::INFINITY;
            return (!value.is_nan()).then_some(LongFloat(if value < 0.0 { -infinity } else { infinity }));
        }
        let bits = value.abs().to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, exponent) = match bits >> 52 {
            0 => (fraction, -1074),
            stored => (fraction | 1 << 52, stored as i64 - 1075),
        };
        let magnitude = parse_number(format!("0x{mantissa:x}p{exponent}").as_bytes())?;
        Some(LongFloat(if value.is_sign_negative() { -magnitude } else { magnitude }))
    }

    /// The integer that is left without the fraction, if it fits.
    pub fn truncated(self) -> Option<i64> {
        let int = self.0.to_i128_r(64, Round::TowardZero, &mut false);
        let out_of_range = int.status.contains(rustc_apfloat::Status::INVALID_OP);
        i64::try_from(int.value).ok().filter(|_| !out_of_range)
    }

    /// The product with an integer, rounded up to an integer, if it fits.
    pub fn times_rounded_up(self, factor: i64) -> Option<i64> {
        let product = (self.0 * LongFloat::from_int(factor).0).value;
        let int = product.to_i128_r(64, Round::TowardPositive, &mut false);
        let out_of_range = int.status.contains(rustc_apfloat::Status::INVALID_OP);
        i64::try_from(int.value).ok().filter(|_| !out_of_range)
    }

    /// Appends what C's `%.17Lg` prints: at most 17 digits, with an exponent if there would be many zeros.
    pub fn write_general(self, out: &mut Vec<u8>) {
        if !self.0.is_finite() || self.0.is_zero() {
            let text = if self.0.is_zero() { "0" } else { "inf" };
            out.extend_from_slice(if self.0.is_negative() { b"-" } else { b"" });
            return out.extend_from_slice(text.as_bytes());
        }
        let (mantissa, exponent) = self.parts();
        // `mantissa / 2^n` is `mantissa * 5^n / 10^n`.
        let base = if exponent > 0 { 2 } else { 5 };
        let digits = power_digits(mantissa, base, exponent.unsigned_abs());
        let point = digits.len() as i32 + exponent.min(0);
        let (digits, carried) = rounded(digits, GENERAL_DIGITS);
        let exponent = point - 1 + i32::from(carried);
        super::general::write_general(out, self.0.is_negative(), &digits, exponent);
    }

    /// Appends what C's `%.17Lf` prints, without zeros at the end of the fraction: up to 4,933 digits before the point. Zero
    /// has no sign.
    pub fn write(self, out: &mut Vec<u8>) {
        if !self.0.is_finite() {
            out.extend_from_slice(if self.0.is_negative() { b"-inf" } else { b"inf" });
            return;
        }
        let (mantissa, exponent) = self.parts();
        let start = out.len();
        if exponent > 0 {
            write_shifted(out, mantissa, exponent.unsigned_abs());
        } else {
            write_fixed(out, mantissa, exponent.unsigned_abs());
        }
        if self.0.is_negative() && out.get(start..) != Some(b"0") {
            out.insert(start, b'-');
        }
    }
}

impl LongFloat {
    /// Mantissa and exponent of a finite number: it is `mantissa * 2^exponent`.
    fn parts(self) -> (u64, i32) {
        let bits = self.0.to_bits();
        // Subnormal numbers have the exponent of the smallest normal ones.
        (bits as u64, ((bits >> 64) & 0x7fff).max(1) as i32 - EXPONENT_BIAS)
    }
}

impl PartialEq for LongFloat {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl PartialOrd for LongFloat {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.0.partial_cmp(&other.0)
    }
}

/// The decimal digits of `mantissa * base^power`.
fn power_digits(mantissa: u64, base: u64, power: u32) -> Vec<u8> {
    const LIMB: u64 = 1_000_000_000;
    /// Factors that are multiplied at once: the product of a limb, and a carry, fit into 64 bits.
    const STEP: u32 = 12;
    let mut limbs = vec![mantissa % LIMB, mantissa / LIMB % LIMB, mantissa / LIMB / LIMB];
    let mut left = power;
    while left > 0 {
        let step = left.min(STEP);
        let (factor, mut carry) = (base.pow(step), 0);
        for limb in &mut limbs {
            let value = *limb * factor + carry;
            (*limb, carry) = (value % LIMB, value / LIMB);
        }
        if carry > 0 {
            limbs.push(carry);
        }
        left -= step;
    }
    let text: String = limbs.iter().rev().map(|limb| format!("{limb:09}")).collect();
    text.trim_start_matches('0').as_bytes().to_vec()
}

/// Digits rounded to at most so many, to nearest and ties to even; and whether there is a digit more before them.
fn rounded(mut digits: Vec<u8>, count: usize) -> (Vec<u8>, bool) {
    let Some((&next, rest)) = digits.get(count..).and_then(<[u8]>::split_first) else {
        return (digits, false);
    };
    let is_odd = count.checked_sub(1).and_then(|last| digits.get(last)).is_some_and(|digit| digit & 1 == 1);
    let is_tie = next == b'5' && rest.iter().all(|&digit| digit == b'0');
    let up = if is_tie { is_odd } else { next >= b'5' };
    digits.truncate(count);
    if !up {
        return (digits, false);
    }
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return (digits, false);
        }
        *digit = b'0';
    }
    if let Some(first) = digits.first_mut() {
        *first = b'1';
    }
    (digits, true)
}

/// A number without a sign.
fn parse_number(text: &[u8]) -> Option<X87DoubleExtended> {
    let (hexadecimal, digits) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let is_mark = |byte: &u8| byte.eq_ignore_ascii_case(if hexadecimal { &b'p' } else { &b'e' });
    let mark = digits.iter().position(is_mark);
    let mantissa = digits.get(..mark.unwrap_or(digits.len()))?;
    if let Some(mark) = mark
        && !is_exponent(digits.get(mark + 1..)?)
    {
        return None;
    }
    let nonzero = has_digits(mantissa, hexadecimal)?;
    let mut text = std::str::from_utf8(text).ok()?.to_owned();
    if hexadecimal && mark.is_none() {
        text.push_str("p0");
    }
    let value = X87DoubleExtended::from_str_r(&text, Round::NearestTiesToEven).ok()?.value;
    (value.is_finite() && (!nonzero || !value.is_zero())).then_some(value)
}

/// Whether digits with at most one point are not all 0; `None` if they are none.
fn has_digits(mantissa: &[u8], hexadecimal: bool) -> Option<bool> {
    let (mut points, mut digits, mut nonzero) = (0, 0, false);
    for &byte in mantissa {
        match byte {
            b'.' => points += 1,
            b'0'..=b'9' => digits += 1,
            b'a'..=b'f' | b'A'..=b'F' if hexadecimal => digits += 1,
            _ => return None,
        }
        nonzero |= !matches!(byte, b'.' | b'0');
    }
    (points <= 1 && digits > 0).then_some(nonzero)
}

fn is_exponent(text: &[u8]) -> bool {
    let digits = match text {
        [b'-' | b'+', digits @ ..] => digits,
        digits => digits,
    };
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// `mantissa / 2^shift` with 17 digits of a fraction, rounded once to nearest, ties to even.
fn write_fixed(out: &mut Vec<u8>, mantissa: u64, shift: u32) {
    // Below 2^64 × 10^17 < 2^121.
    let scaled = u128::from(mantissa) * FRACTION_UNITS;
    let units = if shift == 0 {
        scaled
    } else if shift < SHIFT_MAX {
        let (whole, rest, half) = (scaled >> shift, scaled & ((1 << shift) - 1), 1u128 << (shift - 1));
        whole + u128::from(rest > half || (rest == half && whole & 1 == 1))
    } else {
        0
    };
    // Below 2^64: the mantissa.
    super::write_u64(out, (units / FRACTION_UNITS) as u64);
    let fraction = format!("{:0width$}", units % FRACTION_UNITS, width = FRACTION_DIGITS);
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        out.push(b'.');
        out.extend_from_slice(fraction.as_bytes());
    }
}

/// `mantissa × 2^shift` in full.
fn write_shifted(out: &mut Vec<u8>, mantissa: u64, shift: u32) {
    const LIMB: u64 = 1_000_000_000;
    /// Bits by which a limb is shifted at once: the product and its carry fit into 64 bits.
    const STEP: u32 = 32;
    let mut limbs = vec![mantissa % LIMB, mantissa / LIMB % LIMB, mantissa / LIMB / LIMB];
    let mut left = shift;
    while left > 0 {
        let step = left.min(STEP);
        let mut carry = 0;
        for limb in &mut limbs {
            let value = (*limb << step) + carry;
            *limb = value % LIMB;
            carry = value / LIMB;
        }
        while carry > 0 {
            limbs.push(carry % LIMB);
            carry /= LIMB;
        }
        left -= step;
    }
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
    let mut limbs = limbs.into_iter().rev();
    super::write_u64(out, limbs.next().unwrap_or(0));
    for limb in limbs {
        out.extend_from_slice(format!("{limb:09}").as_bytes());
    }
}

#[cfg(test)]
#[path = "long_tests.rs"]
mod tests;
