//! Clocks: the two that a turn reads (through the vDSO, no system call), and a tick counter for measuring short spans.
#![allow(unsafe_code)]

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// How long the tick counter is compared with the clock, once a process.
const CALIBRATION_NS: u64 = 2_000_000;

/// Nanoseconds of the monotonic clock.
#[inline]
pub fn monotonic_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Microseconds of the monotonic clock.
#[inline]
pub fn monotonic_us() -> u64 {
    monotonic_ns() / 1000
}

/// Microseconds since 1970, UTC.
#[inline]
pub fn realtime_us() -> u64 {
    // A clock set before 1970 reads as 1970.
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}

/// Milliseconds since 1970, UTC.
#[inline]
pub fn realtime_ms() -> u64 {
    realtime_us() / 1000
}

/// A counter that is cheap to read and runs at a steady rate: the processor's time stamp counter where it is invariant,
/// else the monotonic clock in nanoseconds. Meaningful only as differences, by [`ticks_to_ns`].
#[inline]
pub fn ticks() -> u64 {
    if scale().counter { counter() } else { monotonic_ns() }
}

/// How many nanoseconds a difference of [`ticks`] is.
#[inline]
pub fn ticks_to_ns(ticks: u64) -> u64 {
    ((u128::from(ticks) * u128::from(scale().ns_per_tick_32)) >> 32) as u64
}

/// Rate of the tick counter.
struct Scale {
    /// Whether the processor's counter is used.
    counter: bool,
    /// Nanoseconds a tick, times 2^32.
    ns_per_tick_32: u64,
}

const PLAIN: Scale = Scale { counter: false, ns_per_tick_32: 1 << 32 };

fn scale() -> &'static Scale {
    static SCALE: OnceLock<Scale> = OnceLock::new();
    SCALE.get_or_init(calibrate)
}

/// Compares the counter with the monotonic clock for [`CALIBRATION_NS`].
fn calibrate() -> Scale {
    if !invariant_counter() {
        return PLAIN;
    }
    let (clock_start, counter_start) = simultaneous();
    while monotonic_ns() - clock_start < CALIBRATION_NS {
        std::hint::spin_loop();
    }
    let (clock_end, counter_end) = simultaneous();
    let ticks = counter_end.wrapping_sub(counter_start);
    let ns_per_tick_32 = (u128::from(clock_end - clock_start) << 32) / u128::from(ticks.max(1));
    // A rate outside 10 MHz … 100 GHz means that the counter does not count time.
    match u64::try_from(ns_per_tick_32) {
        Ok(ns_per_tick_32) if ((1 << 32) / 100..=100 << 32).contains(&ns_per_tick_32) => {
            Scale { counter: true, ns_per_tick_32 }
        }
        _ => PLAIN,
    }
}

/// Both clocks at about one instant: the tightest of a few readings, as the thread may be interrupted between two.
fn simultaneous() -> (u64, u64) {
    let read = || {
        let before = monotonic_ns();
        let counter = counter();
        let after = monotonic_ns();
        (after - before, before, counter)
    };
    let (_, clock, counter) = (0..8).map(|_| read()).min().unwrap_or_else(read);
    (clock, counter)
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn counter() -> u64 {
    // SAFETY: every x86-64 processor has the instruction.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(target_arch = "x86_64")]
fn invariant_counter() -> bool {
    use std::arch::x86_64::__cpuid;
    __cpuid(0x8000_0000).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & (1 << 8) != 0
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn counter() -> u64 {
    monotonic_ns()
}

#[cfg(not(target_arch = "x86_64"))]
fn invariant_counter() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_advance_and_ticks_follow_them() {
        ticks();
        // Whatever interrupts the test, the ticks lie between the inner and the outer pair of clock readings.
        let (outer_start, tick, inner_start) = (monotonic_ns(), ticks(), monotonic_ns());
        while monotonic_ns() - inner_start < 3_000_000 {
            std::hint::spin_loop();
        }
        let (inner_end, tick_end, outer_end) = (monotonic_ns(), ticks(), monotonic_ns());
        let measured = ticks_to_ns(tick_end - tick) as f64;
        assert!(measured > (inner_end - inner_start) as f64 * 0.95, "{measured}");
        assert!(measured < (outer_end - outer_start) as f64 * 1.05, "{measured}");
        assert!(realtime_ms() > 1_600_000_000_000);
    }
}
