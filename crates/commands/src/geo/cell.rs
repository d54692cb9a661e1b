//! Cells of the earth: positions as numbers of 52 bits, as Redis stores them in the scores of sorted sets.
//!
//! A cell of step *s* is one of 2^s × 2^s rectangles of the range below. Its number has the bits of the column (longitude) in
//! odd places and those of the row (latitude) in even ones, so that cells with a common prefix lie in one bigger cell, and all
//! positions in a cell are one range of scores. The latitudes are those of the Mercator map of the web.

use std::ops::Range;

/// Longitudes that have cells.
pub(super) const LONGITUDE: (f64, f64) = (-180.0, 180.0);
/// Latitudes that have cells.
pub(super) const LATITUDE: (f64, f64) = (-85.05112878, 85.05112878);

/// The step of a position.
pub(super) const STEP_MAX: u32 = 26;

const ROWS: u64 = 0x5555_5555_5555_5555;
const COLUMNS: u64 = 0xaaaa_aaaa_aaaa_aaaa;

/// A position in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Position {
    pub(super) longitude: f64,
    pub(super) latitude: f64,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    bits: u64,
    step: u32,
}

/// The rectangle of a cell, in degrees.
#[derive(Clone, Debug)]
pub(super) struct Area {
    pub(super) longitude: Range<f64>,
    pub(super) latitude: Range<f64>,
}

/// Puts the bits of a number of 32 bits into even places.
fn spread(number: u32) -> u64 {
    let mut bits = u64::from(number);
    for (shift, mask) in [
        (16, 0x0000_ffff_0000_ffff),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, ROWS),
    ] {
        bits = (bits | bits << shift) & mask;
    }
    bits
}

/// The number whose bits are in even places.
fn gather(bits: u64) -> u32 {
    let mut bits = bits & ROWS;
    for (shift, mask) in [
        (1, 0x3333_3333_3333_3333),
        (2, 0x0f0f_0f0f_0f0f_0f0f),
        (4, 0x00ff_00ff_00ff_00ff),
        (8, 0x0000_ffff_0000_ffff),
        (16, 0x0000_0000_ffff_ffff),
    ] {
        bits = (bits | bits >> shift) & mask;
    }
    bits as u32
}

/// Where a number lies in a range that is cut into 2^step parts.
fn part(value: f64, (min, max): (f64, f64), step: u32) -> u32 {
    ((value - min) / (max - min) * (1u64 << step) as f64) as u32
}

/// The number of a position, for a range of latitudes.
fn number(position: Position, latitudes: (f64, f64), step: u32) -> u64 {
    let row = part(position.latitude, latitudes, step);
    let column = part(position.longitude, LONGITUDE, step);
    spread(row) | spread(column) << 1
}

impl Position {
    /// The position in the middle of the cell that a score is the number of.
    #[inline]
    pub(super) fn of_score(score: f64) -> Self {
        let area = Cell { bits: bits_of(score), step: STEP_MAX }.area();
        let middle = |range: Range<f64>, (min, max): (f64, f64)| {
            let middle = (range.start + range.end) / 2.0;
            middle.min(max).max(min)
        };
        Position { longitude: middle(area.longitude, LONGITUDE), latitude: middle(area.latitude, LATITUDE) }
    }

    /// The score that the position is stored as.
    pub(super) fn score(self) -> f64 {
        Cell::of(self, STEP_MAX).scores().start
    }

    /// The bits of the common geohash, whose latitudes go from pole to pole.
    pub(super) fn standard_bits(self) -> u64 {
        number(self, (-90.0, 90.0), STEP_MAX)
    }
}

impl Cell {
    /// The cell of a position.
    pub(super) fn of(position: Position, step: u32) -> Self {
        Cell { bits: number(position, LATITUDE, step), step }
    }

    /// The rectangle.
    #[inline]
    pub(super) fn area(self) -> Area {
        let parts = (1u64 << self.step) as f64;
        let range = |number: u32, (min, max): (f64, f64)| {
            let scale = max - min;
            let at = |number: f64| min + number / parts * scale;
            at(f64::from(number))..at(f64::from(number.wrapping_add(1)))
        };
        Area {
            longitude: range(gather(self.bits >> 1), LONGITUDE),
            latitude: range(gather(self.bits), LATITUDE),
        }
    }

    /// The scores of all positions in the cell.
    pub(super) fn scores(self) -> Range<f64> {
        let shift = 52 - 2 * self.step;
        (self.bits << shift) as f64..((self.bits + 1) << shift) as f64
    }

    /// The cell so many columns to the east and rows to the north, each -1, 0 or 1; over the edge of the map it goes on at the
    /// opposite one.
    pub(super) fn neighbour(self, columns: i8, rows: i8) -> Self {
        let unused = 64 - 2 * self.step;
        let (all_rows, all_columns) = (ROWS >> unused, COLUMNS >> unused);
        let mut bits = self.bits;
        // Bits of the other coordinate are set, so that carries run through them.
        let moved = |own: u64, others: u64, by: i8| match by {
            0 => own,
            1.. => own.wrapping_add(others + 1),
            _ => (own | others).wrapping_sub(others + 1),
        };
        bits = moved(bits & COLUMNS, all_rows, columns) & all_columns | bits & ROWS;
        bits = moved(bits & ROWS, all_columns, rows) & all_rows | bits & COLUMNS;
        Cell { bits, ..self }
    }
}

/// A score as the bits of a cell. Those of no cell are converted as the processors that Redis runs on do it.
fn bits_of(score: f64) -> u64 {
    const HALF: f64 = (1u64 << 63) as f64;
    if score >= 2.0 * HALF {
        0
    } else if score >= HALF {
        score as u64
    } else if score >= -HALF {
        score as i64 as u64
    } else {
        1 << 63
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_come_back() {
        let mut rng = base::Rng::new(5);
        for _ in 0..10_000 {
            let at = Position { longitude: rng.f64() * 360.0 - 180.0, latitude: rng.f64() * 170.0 - 85.0 };
            let back = Position::of_score(at.score());
            assert!((back.longitude - at.longitude).abs() < 0.00001, "{at:?} {back:?}");
            assert!((back.latitude - at.latitude).abs() < 0.00001, "{at:?} {back:?}");
            assert_eq!(back.score(), at.score());
            let cell = Cell::of(at, 10);
            let area = cell.area();
            assert!(area.longitude.contains(&at.longitude) && area.latitude.contains(&at.latitude));
            assert!(cell.scores().contains(&at.score()));
        }
    }

    #[test]
    fn neighbours() {
        for step in 1..=STEP_MAX {
            let last = ((1u64 << step) - 1) as u32;
            for (column, row) in [(0, 0), (last, last), (last / 2, last / 3), (0, last)] {
                let cell = Cell { bits: spread(row) | spread(column) << 1, step };
                for (east, north) in
                    [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)]
                {
                    let next = cell.neighbour(east, north);
                    assert_eq!(gather(next.bits >> 1), column.wrapping_add_signed(i32::from(east)) & last);
                    assert_eq!(gather(next.bits), row.wrapping_add_signed(i32::from(north)) & last);
                }
            }
        }
    }
}
