//! Positions of members: GEOADD, GEODIST, GEOHASH, GEOPOS.

use base::Args;
use base::num::parse_f64;
use resp::Reply;

use super::cell::{LATITUDE, LONGITUDE, Position};
use super::shape;
use crate::sorted_set::{AddOptions, add_all, with_read};
use crate::{CmdError, ShardCtx, words};

/// Letters of a geohash: digits and letters but a, i, l, o.
const LETTERS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
/// Letters of five bits in a geohash of 52 bits.
const LETTERS_WHOLE: u32 = 10;

/// Two arguments as a position.
pub(super) fn position(longitude: &[u8], latitude: &[u8]) -> Result<Position, CmdError> {
    let longitude = parse_f64(longitude).ok_or(CmdError::NotFloat)?;
    let latitude = parse_f64(latitude).ok_or(CmdError::NotFloat)?;
    let within = |value: f64, (min, max): (f64, f64)| (min..=max).contains(&value);
    if !within(longitude, LONGITUDE) || !within(latitude, LATITUDE) {
        let text = format!("ERR invalid longitude,latitude pair {longitude:.6},{latitude:.6}");
        return Err(CmdError::Text(text.into_bytes().into()));
    }
    Ok(Position { longitude, latitude })
}

/// The metres of a unit.
pub(super) fn unit(word: &[u8]) -> Result<f64, CmdError> {
    if words::is(word, "m") {
        Ok(1.0)
    } else if words::is(word, "km") {
        Ok(1000.0)
    } else if words::is(word, "ft") {
        Ok(0.3048)
    } else if words::is(word, "mi") {
        Ok(1609.34)
    } else {
        Err(CmdError::text_of("ERR unsupported unit provided. please use M, KM, FT, MI"))
    }
}

/// Replies with a distance, with four digits behind the point.
pub(super) fn reply_distance(reply: &mut Reply<'_>, distance: f64) {
    let scaled = (distance * 10_000.0).round_ties_even() as i64;
    reply.bulk(format!("{}.{:04}", scaled / 10_000, scaled % 10_000).as_bytes());
}

/// Replies with a position.
pub(super) fn reply_position(reply: &mut Reply<'_>, at: Position) {
    reply.array(2);
    reply.double(at.longitude);
    reply.double(at.latitude);
}

/// GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member …]
pub(super) fn geoadd(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let mut options = AddOptions::default();
    let mut at = 2;
    while let Some(word) = args.get(at) {
        if words::is(word, "NX") {
            options.nx = true;
        } else if words::is(word, "XX") {
            options.xx = true;
        } else if words::is(word, "CH") {
            options.ch = true;
        } else {
            break;
        }
        at += 1;
    }
    let triples = args.tail(at);
    if !triples.len().is_multiple_of(3) || (options.nx && options.xx) {
        return Err(CmdError::Syntax);
    }
    let mut members = Vec::with_capacity(triples.len() / 3);
    for at in (0..triples.len()).step_by(3) {
        members.push((position(triples.arg(at), triples.arg(at + 1))?.score(), triples.arg(at + 2)));
    }
    if members.is_empty() {
        return Err(CmdError::Syntax);
    }
    add_all(ctx, args.arg(1), options, &members, reply)
}

/// GEODIST key member member [M | KM | FT | MI]
pub(super) fn geodist(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    if args.len() > 5 {
        return Err(CmdError::Syntax);
    }
    let metres = args.get(4).map_or(Ok(1.0), unit)?;
    with_read(ctx, args.arg(1), |set| match (set.score(args.arg(2)), set.score(args.arg(3))) {
        (Some(from), Some(to)) => {
            let distance = shape::distance(Position::of_score(from), Position::of_score(to));
            reply_distance(reply, distance / metres);
        }
        _ => reply.null(),
    })
}

/// GEOHASH key [member …]
pub(super) fn geohash(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    with_read(ctx, args.arg(1), |set| {
        reply.array(args.len() - 2);
        for member in args.tail(2).iter() {
            let Some(score) = set.score(member) else {
                reply.null();
                continue;
            };
            let bits = Position::of_score(score).standard_bits();
            let letter = |at: u32| {
                // The eleventh letter would need bits that are not there: it is always 0.
                let number = if at < LETTERS_WHOLE { bits >> (52 - 5 * (at + 1)) & 31 } else { 0 };
                LETTERS.get(number as usize).copied().unwrap_or(b'0')
            };
            let text: [u8; 11] = std::array::from_fn(|at| letter(at as u32));
            reply.bulk(&text);
        }
    })
}

/// GEOPOS key [member …]
pub(super) fn geopos(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    with_read(ctx, args.arg(1), |set| {
        reply.array(args.len() - 2);
        for member in args.tail(2).iter() {
            match set.score(member) {
                Some(score) => reply_position(reply, Position::of_score(score)),
                None => reply.null_array(),
            }
        }
    })
}
