//! What may stand for something else in a word of a template.
//!
//! | placeholder | becomes |
//! | --- | --- |
//! | `__value__` | the value: the same bytes in every request |
//! | `__key__` | a key |
//! | `__int__` | a plain number |
//! | `__member__` | 16 bytes: `member:` and nine digits |
//! | `__score__` | a number with two decimals |
//! | `__lon__`, `__lat__` | degrees with four decimals, latitudes up to 60 north and south |
//!
//! Numbers come from the run's keys and their distribution; with `:N` behind the name (`__int:20__`) they are uniform
//! below N instead. Each placeholder draws for itself.

use anyhow::{Context, Result, bail, ensure};

use crate::command::Draw;

/// Around the name of a placeholder.
const FENCE: &str = "__";
/// Digits of a member behind its prefix.
const MEMBER_DIGITS: usize = 9;
/// Degrees of longitude and of latitude to either side of zero. Few live further north or south than that.
const LONGITUDE_MAX: u64 = 180;
const LATITUDE_MAX: u64 = 60;
/// Steps of a degree: four decimals.
const DEGREE: u64 = 10_000;

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Constant bytes.
    Text(Vec<u8>),
    /// Something drawn, in this form, from the keys or uniformly below this number.
    Drawn(Form, Option<u64>),
    /// Degrees up to this many to either side of zero.
    Degrees(u64),
}

/// What a drawn number is made into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A key, as the run names them.
    Key,
    /// A plain number.
    Int,
    /// A member of a collection.
    Member,
    /// A number with two decimals.
    Score,
}

/// The pieces of a word; a word without anything drawn is one piece of text.
///
/// # Errors
/// When the word holds a placeholder that is not known.
pub fn pieces(word: &str, value: &[u8]) -> Result<Vec<Piece>> {
    let mut pieces = vec![Piece::Text(Vec::new())];
    let mut rest = word;
    while let Some((before, name, after)) = placeholder(rest) {
        append_text(&mut pieces, before.as_bytes());
        rest = after;
        match name {
            "value" => append_text(&mut pieces, value),
            _ => pieces.push(piece(name).with_context(|| format!("in {word}"))?),
        }
    }
    append_text(&mut pieces, rest.as_bytes());
    if pieces.len() > 1 {
        pieces.retain(|piece| *piece != Piece::Text(Vec::new()));
    }
    Ok(pieces)
}

/// Splits around the first placeholder. Only what looks like one is: `a__b` is plain text.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once(FENCE)?;
    let (name, after) = rest.split_once(FENCE)?;
    let named = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == ':');
    (named && !name.is_empty()).then_some((before, name, after))
}

fn piece(name: &str) -> Result<Piece> {
    let (name, below) = match name.split_once(':') {
        Some((name, below)) => (name, Some(below.parse().context("the bound of a placeholder")?)),
        None => (name, None),
    };
    ensure!(below != Some(0), "nothing lies below zero");
    let form = match name {
        "key" => Form::Key,
        "int" => Form::Int,
        "member" => Form::Member,
        "score" => Form::Score,
        "lon" => return Ok(Piece::Degrees(LONGITUDE_MAX)),
        "lat" => return Ok(Piece::Degrees(LATITUDE_MAX)),
        _ => bail!("no placeholder {name}: known are value, key, int, member, score, lon and lat"),
    };
    Ok(Piece::Drawn(form, below))
}

fn append_text(pieces: &mut Vec<Piece>, text: &[u8]) {
    match pieces.last_mut() {
        Some(Piece::Text(last)) => last.extend_from_slice(text),
        _ => pieces.push(Piece::Text(text.to_vec())),
    }
}

impl Piece {
    /// Appends itself to the scratch of `draw`.
    pub fn append(&self, draw: &mut Draw<'_>) {
        match self {
            Piece::Text(text) => draw.scratch.extend_from_slice(text),
            Piece::Degrees(most) => {
                let steps = draw.random.u64(..=2 * most * DEGREE);
                if steps < most * DEGREE {
                    draw.scratch.push(b'-');
                }
                let steps = steps.abs_diff(most * DEGREE);
                append_digits(draw.scratch, steps / DEGREE, 1);
                draw.scratch.push(b'.');
                append_digits(draw.scratch, steps % DEGREE, 4);
            }
            Piece::Drawn(form, below) => {
                let number = match below {
                    Some(below) => draw.random.u64(..below),
                    None => draw.number(),
                };
                form.append(number, draw);
            }
        }
    }
}

impl Form {
    fn append(self, number: u64, draw: &mut Draw<'_>) {
        match self {
            Form::Key => draw.format.append(draw.scratch, number),
            Form::Int => append_digits(draw.scratch, number, 1),
            Form::Member => {
                draw.scratch.extend_from_slice(b"member:");
                append_digits(draw.scratch, number, MEMBER_DIGITS);
            }
            Form::Score => {
                append_digits(draw.scratch, number, 1);
                draw.scratch.push(b'.');
                append_digits(draw.scratch, draw.random.u64(..100), 2);
            }
        }
    }
}

/// Appends a number with at least this many digits.
fn append_digits(out: &mut Vec<u8>, number: u64, width: usize) {
    let mut text = itoa::Buffer::new();
    let digits = text.format(number).as_bytes();
    out.resize(out.len() + width.saturating_sub(digits.len()), b'0');
    out.extend_from_slice(digits);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Distribution, KeyFormat, Sampler};

    /// What a word becomes, keys in sequence from 8.
    fn becomes(word: &str) -> String {
        let (format, mut scratch) = (KeyFormat::unpadded("key:"), Vec::new());
        let mut sampler = Sampler::new(Distribution::Sequential(8), 100);
        let mut random = fastrand::Rng::with_seed(1);
        let mut draw =
            Draw { format: &format, sampler: &mut sampler, random: &mut random, scratch: &mut scratch };
        pieces(word, b"xyz").unwrap().iter().for_each(|piece| piece.append(&mut draw));
        String::from_utf8(scratch).unwrap()
    }

    #[test]
    fn draws_what_stands_there() {
        for (word, expect) in [
            ("", ""),
            ("plain__text", "plain__text"),
            ("__DATA__", "__DATA__"),
            ("<__value__>", "<xyz>"),
            ("__key__,__key__", "key:8,key:9"),
            ("a:__int__:b", "a:8:b"),
            ("__int:1__", "0"),
            ("__member__", "member:000000008"),
            ("__member:1____int__", "member:0000000008"),
        ] {
            assert_eq!(becomes(word), expect, "{word}");
        }
        assert_eq!(pieces("a__value__", b"x").unwrap(), [Piece::Text(b"ax".into())]);
    }

    #[test]
    fn draws_within_bounds() {
        let score = becomes("__score__");
        assert!(score.starts_with("8.") && score.len() == 4, "{score}");
        for (word, most) in [("__lon__", 180.0), ("__lat__", 60.0)] {
            let degrees: f64 = becomes(word).parse().unwrap();
            assert!(degrees.abs() <= most, "{degrees}");
        }
    }

    #[test]
    fn a_misspelt_placeholder_is_an_error() {
        for word in ["__keys__", "__int:x__", "__int:0__", "__int:__"] {
            assert!(pieces(word, b"").is_err(), "{word}");
        }
    }
}
