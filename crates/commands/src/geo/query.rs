//! The arguments of GEOSEARCH and GEORADIUS.

use store::SortedSetRef;

use super::cell::Position;
use super::points::{position, unit};
use super::shape::{Outline, Shape};
use crate::{CmdError, words};
use base::num::{parse_f64, parse_i64};

/// Fewest corners of a polygon.
const CORNERS_MIN: i64 = 3;

/// Where the centre and the size of the shape are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `longitude latitude radius unit` behind the key.
    Radius,
    /// `member radius unit` behind the key.
    RadiusByMember,
    /// Options say it.
    Search,
}

/// The order of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    None,
    Near,
    Far,
}

/// Where results are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    pub(super) key: &'a [u8],
    /// Whether the scores are distances.
    pub(super) distances: bool,
}

/// What is searched, and what is wanted of the results.
#[derive(Clone, Debug)]
pub(super) struct Query<'a> {
    /// `None` if the key does not exist: then there may be no centre.
    pub(super) shape: Option<Shape>,
    /// Metres of the unit.
    pub(super) metres: f64,
    pub(super) with_distance: bool,
    pub(super) with_hash: bool,
    pub(super) with_position: bool,
    /// Most results; 0 for all.
    pub(super) count: usize,
    /// Whether any results will do.
    pub(super) any: bool,
    pub(super) order: Order,
    pub(super) target: Option<Target<'a>>,
}

/// What a command of this family takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grammar<'a> {
    pub(super) form: Form,
    /// The command as the client wrote it, for errors.
    pub(super) command: &'a [u8],
    /// Whether STORE and STOREDIST with a key are options.
    pub(super) may_store: bool,
    /// The destination of GEOSEARCHSTORE.
    pub(super) destination: Option<&'a [u8]>,
}

/// A length with its unit.
fn length(text: &[u8], error: &'static str) -> Result<f64, CmdError> {
    parse_f64(text).ok_or(CmdError::text_of(error))
}

/// The radius, and the metres of its unit.
fn radius(number: &[u8], unit_name: &[u8]) -> Result<(Outline, f64), CmdError> {
    let radius = length(number, "ERR need numeric radius")?;
    if radius < 0.0 {
        return Err(CmdError::text_of("ERR radius cannot be negative"));
    }
    let metres = unit(unit_name)?;
    Ok((Outline::Circle(radius * metres), metres))
}

fn rectangle(width: &[u8], height: &[u8], unit_name: &[u8]) -> Result<(Outline, f64), CmdError> {
    let width = length(width, "ERR need numeric width")?;
    let height = length(height, "ERR need numeric height")?;
    if height < 0.0 || width < 0.0 {
        return Err(CmdError::text_of("ERR height or width cannot be negative"));
    }
    let metres = unit(unit_name)?;
    Ok((Outline::Box { width: width * metres, height: height * metres }, metres))
}

/// The position of a member, which must be there.
fn member_position(set: SortedSetRef<'_>, member: &[u8]) -> Result<Position, CmdError> {
    let score = set.score(member).ok_or(CmdError::text_of("ERR could not decode requested zset member"))?;
    Ok(Position::of_score(score))
}

/// What has been said of the shape so far.
#[derive(Default)]
struct Parts {
    by_member: bool,
    by_position: bool,
    centre: Option<Position>,
    outline: Option<(Outline, f64)>,
    polygon: Option<Shape>,
}

/// The arguments, looked at one after the other.
struct Words<'a, 'v> {
    all: &'v [&'a [u8]],
    at: usize,
}

impl<'a> Words<'a, '_> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let word = self.all.get(self.at).copied();
        self.at += usize::from(word.is_some());
        word
    }

    /// How many are left.
    fn left(&self) -> usize {
        self.all.len() - self.at
    }

    /// The next ones, of which there are enough.
    fn take<const N: usize>(&mut self) -> [&'a [u8]; N] {
        std::array::from_fn(|_| self.next().unwrap_or_default())
    }
}

impl<'a> Query<'a> {
    /// Parses what follows the key. `set` is what the key holds; it is empty if the key does not exist.
    pub(super) fn parse(
        args: &[&'a [u8]],
        grammar: Grammar<'a>,
        set: SortedSetRef<'_>,
    ) -> Result<Self, CmdError> {
        let mut query = Query {
            shape: None,
            metres: 1.0,
            with_distance: false,
            with_hash: false,
            with_position: false,
            count: 0,
            any: false,
            order: Order::None,
            target: grammar.destination.map(|key| Target { key, distances: false }),
        };
        let mut words = Words { all: args, at: 0 };
        let mut parts = Parts::default();
        match grammar.form {
            Form::Radius => {
                let [longitude, latitude, number, unit] = words.take();
                parts.centre = Some(position(longitude, latitude)?);
                parts.outline = Some(radius(number, unit)?);
            }
            Form::RadiusByMember => {
                let [member, number, unit] = words.take();
                // Without a key the radius is not even looked at.
                if !set.is_empty() {
                    parts.centre = Some(member_position(set, member)?);
                    parts.outline = Some(radius(number, unit)?);
                }
            }
            Form::Search => {}
        }
        while let Some(word) = words.next() {
            let known = query.option(word, &mut words, grammar)?
                || grammar.form == Form::Search && parts.option(word, &mut words, set)?;
            if !known {
                return Err(CmdError::Syntax);
            }
        }
        query.check(grammar, &parts)?;
        if let Some(shape) = parts.polygon {
            query.shape = Some(shape);
        } else if let Some((outline, metres)) = parts.outline {
            query.metres = metres;
            query.shape = parts.centre.map(|centre| Shape { centre, outline });
        }
        if query.count > 0 && query.order == Order::None && !query.any {
            query.order = Order::Near;
        }
        Ok(query)
    }

    /// Takes an option about results; returns whether it is one.
    fn option(
        &mut self,
        word: &[u8],
        words: &mut Words<'a, '_>,
        grammar: Grammar<'_>,
    ) -> Result<bool, CmdError> {
        let stores = grammar.form == Form::Search && grammar.destination.is_some();
        if words::is(word, "WITHDIST") {
            self.with_distance = true;
        } else if words::is(word, "WITHHASH") {
            self.with_hash = true;
        } else if words::is(word, "WITHCOORD") {
            self.with_position = true;
        } else if words::is(word, "ANY") {
            self.any = true;
        } else if words::is(word, "ASC") {
            self.order = Order::Near;
        } else if words::is(word, "DESC") {
            self.order = Order::Far;
        } else if words::is(word, "COUNT") && words.left() >= 1 {
            let [count] = words.take();
            let count = words::int(count)?;
            if count <= 0 {
                return Err(CmdError::text_of("ERR COUNT must be > 0"));
            }
            self.count = usize::try_from(count).unwrap_or(usize::MAX);
        } else if grammar.may_store && words.left() >= 1 && words::is(word, "STORE") {
            let [key] = words.take();
            self.target = Some(Target { key, distances: false });
        } else if grammar.may_store && words.left() >= 1 && words::is(word, "STOREDIST") {
            let [key] = words.take();
            self.target = Some(Target { key, distances: true });
        } else if stores && words::is(word, "STOREDIST") {
            self.target = self.target.map(|target| Target { distances: true, ..target });
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn check(&self, grammar: Grammar<'_>, parts: &Parts) -> Result<(), CmdError> {
        if self.target.is_some() && (self.with_distance || self.with_hash || self.with_position) {
            return Err(CmdError::text_of(if grammar.destination.is_some() {
                "ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            } else {
                "ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            }));
        }
        if grammar.form == Form::Search && parts.polygon.is_none() {
            let missing = if !(parts.by_member || parts.by_position) {
                Some("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ")
            } else if parts.outline.is_none() {
                Some("ERR exactly one of BYRADIUS and BYBOX can be specified for ")
            } else {
                None
            };
            if let Some(missing) = missing {
                return Err(CmdError::quoting(missing, grammar.command, ""));
            }
        }
        if self.any && self.count == 0 {
            return Err(CmdError::text_of("ERR the ANY argument requires COUNT argument"));
        }
        Ok(())
    }
}

impl Parts {
    /// Takes an option about the shape; returns whether it is one.
    fn option(
        &mut self,
        word: &[u8],
        words: &mut Words<'_, '_>,
        set: SortedSetRef<'_>,
    ) -> Result<bool, CmdError> {
        let is_box = matches!(self.outline, Some((Outline::Box { .. }, _)));
        let is_circle = matches!(self.outline, Some((Outline::Circle(_), _)));
        let free = self.polygon.is_none();
        if free && words.left() >= 1 && !self.by_position && words::is(word, "FROMMEMBER") {
            let [member] = words.take();
            self.by_member = true;
            // Without a key, the rest is still parsed.
            if !set.is_empty() {
                self.centre = Some(member_position(set, member)?);
            }
        } else if free && words.left() >= 2 && !self.by_member && words::is(word, "FROMLONLAT") {
            let [longitude, latitude] = words.take();
            self.centre = Some(position(longitude, latitude)?);
            self.by_position = true;
        } else if free && words.left() >= 2 && !is_box && words::is(word, "BYRADIUS") {
            let [number, unit] = words.take();
            self.outline = Some(radius(number, unit)?);
        } else if free && words.left() >= 3 && !is_circle && words::is(word, "BYBOX") {
            let [width, height, unit] = words.take();
            self.outline = Some(rectangle(width, height, unit)?);
        } else if words::is(word, "BYPOLYGON")
            && words.left() >= 1
            && self.outline.is_none()
            && !(self.by_member || self.by_position)
        {
            self.polygon = Some(polygon(words)?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}

/// `BYPOLYGON corners longitude latitude …`, as in Valkey 9.
fn polygon(words: &mut Words<'_, '_>) -> Result<Shape, CmdError> {
    let [count] = words.take();
    let count = parse_i64(count).filter(|&count| i32::try_from(count).is_ok());
    let count = count.ok_or(CmdError::text_of("ERR invalid number of vertices"))?;
    if count < CORNERS_MIN || words.left() < 2 * count as usize {
        return Err(CmdError::text_of("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"));
    }
    let mut corners = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let [longitude, latitude] = words.take();
        corners.push(position(longitude, latitude)?);
    }
    Ok(Shape::polygon(corners))
}
