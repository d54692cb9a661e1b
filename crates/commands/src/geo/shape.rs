//! The shapes that GEOSEARCH searches: what is in them, and which cells cover them.

use super::cell::{Cell, Position, STEP_MAX};

/// Radius of the earth in metres, as Redis has it.
const EARTH_RADIUS: f64 = 6_372_797.560856;
/// Half the length of the equator on the map, in metres.
const MERCATOR_MAX: f64 = 20_037_726.37;

/// Slack for distances that are estimated before they are computed: far more than rounding can make.
const SLACK: f64 = 1.0 + 1e-9;

fn radians(degrees: f64) -> f64 {
    degrees * (std::f64::consts::PI / 180.0)
}

fn degrees(radians: f64) -> f64 {
    radians / (std::f64::consts::PI / 180.0)
}

/// The distance of two latitudes, in metres.
fn latitude_distance(a: f64, b: f64) -> f64 {
    EARTH_RADIUS * (radians(b) - radians(a)).abs()
}

/// The distance of two positions in metres, by the haversine formula.
pub(super) fn distance(a: Position, b: Position) -> f64 {
    let v = ((radians(b.longitude) - radians(a.longitude)) / 2.0).sin();
    if v == 0.0 {
        return latitude_distance(a.latitude, b.latitude);
    }
    let (from, to) = (radians(a.latitude), radians(b.latitude));
    let u = ((to - from) / 2.0).sin();
    let squared = u * u + from.cos() * to.cos() * v * v;
    2.0 * EARTH_RADIUS * squared.sqrt().asin()
}

/// What is searched. Lengths are in metres.
#[derive(Clone, Debug)]
pub(super) enum Outline {
    Circle(f64),
    Box {
        width: f64,
        height: f64,
    },
    /// The corners, in order.
    Polygon(Vec<Position>),
}

/// A shape with its centre, from which distances are measured.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) centre: Position,
    pub(super) outline: Outline,
}

impl Shape {
    /// A polygon; its centre is the mean of the corners.
    pub(super) fn polygon(corners: Vec<Position>) -> Self {
        let count = corners.len().max(1) as f64;
        let centre = Position {
            longitude: corners.iter().map(|corner| corner.longitude).sum::<f64>() / count,
            latitude: corners.iter().map(|corner| corner.latitude).sum::<f64>() / count,
        };
        Shape { centre, outline: Outline::Polygon(corners) }
    }

    /// The distance of a position from the centre, if it is in the shape.
    #[inline]
    pub(super) fn distance_within(&self, at: Position) -> Option<f64> {
        match &self.outline {
            Outline::Circle(radius) => {
                // As far as the latitudes alone: cheap, and most positions that are too far are found so.
                if latitude_distance(self.centre.latitude, at.latitude) > radius * SLACK {
                    return None;
                }
                Some(distance(self.centre, at)).filter(|distance| distance <= radius)
            }
            Outline::Box { width, height } => {
                if latitude_distance(at.latitude, self.centre.latitude) > height / 2.0 {
                    return None;
                }
                let beside = Position { longitude: self.centre.longitude, latitude: at.latitude };
                if distance(at, beside) > width / 2.0 {
                    return None;
                }
                Some(distance(self.centre, at))
            }
            Outline::Polygon(corners) => is_inside(corners, at).then(|| distance(self.centre, at)),
        }
    }

    /// The least and greatest longitude and latitude.
    fn bounds(&self) -> [f64; 4] {
        let Position { longitude, latitude } = self.centre;
        let (width, height) = match &self.outline {
            Outline::Circle(radius) => (*radius, *radius),
            Outline::Box { width, height } => (width / 2.0, height / 2.0),
            Outline::Polygon(corners) => {
                let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
                for corner in corners {
                    bounds[0] = bounds[0].min(corner.longitude);
                    bounds[1] = bounds[1].min(corner.latitude);
                    bounds[2] = bounds[2].max(corner.longitude);
                    bounds[3] = bounds[3].max(corner.latitude);
                }
                return bounds;
            }
        };
        let north = degrees(height / EARTH_RADIUS);
        // Circles of latitude are shortest on the side of the pole.
        let widest = if latitude < 0.0 { latitude - north } else { latitude + north };
        let east = degrees(width / EARTH_RADIUS / radians(widest).cos());
        [longitude - east, latitude - north, longitude + east, latitude + north]
    }

    /// The distance of the farthest point from the centre.
    fn radius(&self) -> f64 {
        match &self.outline {
            Outline::Circle(radius) => *radius,
            Outline::Box { width, height } => {
                ((width / 2.0) * (width / 2.0) + (height / 2.0) * (height / 2.0)).sqrt()
            }
            Outline::Polygon(corners) => {
                corners.iter().map(|&corner| distance(self.centre, corner)).fold(0.0, f64::max)
            }
        }
    }

    /// Cells that cover the shape: that of its centre and those around it, in the order in which Redis searches them.
    pub(super) fn cells(&self) -> Vec<Cell> {
        let [west, south, east, north] = self.bounds();
        let mut step = step_for(self.radius(), self.centre.latitude);
        let mut cell = Cell::of(self.centre, step);
        let too_small = cell.neighbour(0, 1).area().latitude.end < north
            || cell.neighbour(0, -1).area().latitude.start > south
            || cell.neighbour(1, 0).area().longitude.end < east
            || cell.neighbour(-1, 0).area().longitude.start > west;
        if step > 1 && too_small {
            step -= 1;
            cell = Cell::of(self.centre, step);
        }
        let area = cell.area();
        // Sides that the shape does not reach.
        let far = step >= 2;
        let no_south = far && area.latitude.start < south;
        let no_north = far && area.latitude.end > north;
        let no_west = far && area.longitude.start < west;
        let no_east = far && area.longitude.end > east;
        let mut cells = Vec::with_capacity(9);
        let mut last = None;
        for (columns, rows) in [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)]
        {
            let skipped = (rows < 0 && no_south)
                || (rows > 0 && no_north)
                || (columns < 0 && no_west)
                || (columns > 0 && no_east);
            let next = cell.neighbour(columns, rows);
            // With huge shapes neighbours may be the same; the first one is not compared.
            if skipped || last == Some(next) {
                continue;
            }
            if !cells.is_empty() {
                last = Some(next);
            }
            cells.push(next);
        }
        cells
    }
}

/// The step of cells of about the size of a circle.
fn step_for(mut radius: f64, latitude: f64) -> u32 {
    if radius == 0.0 {
        return STEP_MAX;
    }
    let mut step = 1i32;
    while radius < MERCATOR_MAX {
        radius *= 2.0;
        step += 1;
    }
    // So that the circle fits into the cells in most cases; near the poles they are narrower.
    step -= 2;
    if latitude.abs() > 66.0 {
        step -= 1;
        if latitude.abs() > 80.0 {
            step -= 1;
        }
    }
    step.clamp(1, STEP_MAX as i32) as u32
}

/// Whether a line to the east from a position crosses the outline an odd number of times.
fn is_inside(corners: &[Position], at: Position) -> bool {
    let mut inside = false;
    let Some(mut previous) = corners.last() else { return false };
    for corner in corners {
        if (corner.latitude > at.latitude) != (previous.latitude > at.latitude) {
            let slope = (previous.longitude - corner.longitude) / (previous.latitude - corner.latitude);
            if at.longitude < slope * (at.latitude - corner.latitude) + corner.longitude {
                inside = !inside;
            }
        }
        previous = corner;
    }
    inside
}
