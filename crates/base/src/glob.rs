//! Redis's glob patterns (`KEYS`, `SCAN MATCH`, `PSUBSCRIBE`, ACL key patterns), result for result as
//! `stringmatchlen` of Redis 8.2, in time `O(pattern × text)` whatever the pattern.
//!
//! Every token but `*` takes exactly one byte. So the text between two stars is best matched at its leftmost place: a
//! mismatch goes back to the last star only, never to an earlier one.
//!
//! ```text
//! loop over text:
//!   pattern at '*'            -> remember (pattern after the stars, text here); trailing star: match
//!   token matches the byte    -> advance both
//!   otherwise                 -> back to the last star, whose text start moves on by one; no star: no match
//! text used up: match if only stars are left
//! ```

use crate::limits::GLOB_STARS_MAX;

/// Whether `text` matches `pattern`; with `nocase`, ASCII letters of either case are equal.
///
/// `*` any bytes, `?` one byte, `[abc]`, `[a-z]`, `[^a]` classes, `\x` the byte x itself. As in Redis, a class that is not
/// closed ends with the pattern, a reversed range is turned round, a range compares bytes as signed, an escaped byte
/// of a class is compared with its case, and the empty text matches only the empty pattern (not `*`).
pub fn glob_match(pattern: &[u8], text: &[u8], nocase: bool) -> bool {
    let (mut pattern_at, mut text_at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let mut stars = 0;
    if text.is_empty() {
        return pattern.is_empty();
    }
    while let Some(&byte) = text.get(text_at) {
        if pattern.get(pattern_at) == Some(&b'*') {
            pattern_at += count_stars(pattern, pattern_at);
            if pattern_at == pattern.len() {
                return true;
            }
            stars += 1;
            if stars > GLOB_STARS_MAX {
                return false;
            }
            star = Some((pattern_at, text_at));
            continue;
        }
        match match_token(pattern.get(pattern_at..).unwrap_or(&[]), byte, nocase) {
            Some(width) => {
                pattern_at += width;
                text_at += 1;
            }
            None => {
                let Some((after_star, start)) = star else { return false };
                pattern_at = after_star;
                text_at = start + 1;
                star = Some((after_star, text_at));
            }
        }
    }
    pattern_at + count_stars(pattern, pattern_at) == pattern.len()
}

fn count_stars(pattern: &[u8], at: usize) -> usize {
    pattern.iter().skip(at).take_while(|&&byte| byte == b'*').count()
}

/// Width of the token at the start of `pattern` if `byte` matches it. An empty pattern matches nothing.
fn match_token(pattern: &[u8], byte: u8, nocase: bool) -> Option<usize> {
    match *pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'[', ref class @ ..] => {
            let (matched, width) = match_class(class, byte, nocase);
            matched.then_some(1 + width)
        }
        [b'\\', escaped, ..] => same(escaped, byte, nocase).then_some(2),
        [literal, ..] => same(literal, byte, nocase).then_some(1),
    }
}

/// Whether `byte` is in the class whose text after `[` is `class`, and the width of that text with its `]`.
fn match_class(class: &[u8], byte: u8, nocase: bool) -> (bool, usize) {
    let negated = class.first() == Some(&b'^');
    let mut at = usize::from(negated);
    let mut matched = false;
    loop {
        match *class.get(at..).unwrap_or(&[]) {
            [] => break,
            [b'\\', escaped, ..] => {
                matched |= escaped == byte;
                at += 2;
            }
            [b']', ..] => {
                at += 1;
                break;
            }
            [start, b'-', end, ..] => {
                matched |= in_range(start, end, byte, nocase);
                at += 3;
            }
            [literal, ..] => {
                matched |= same(literal, byte, nocase);
                at += 1;
            }
        }
    }
    (matched != negated, at)
}

fn in_range(start: u8, end: u8, byte: u8, nocase: bool) -> bool {
    // Turned round first, lowered after: with `nocase`, `[Z-a]` is empty in Redis too. Bytes are C's signed char.
    let (low, high) =
        (start.cast_signed().min(end.cast_signed()), start.cast_signed().max(end.cast_signed()));
    let lower =
        |value: i8| if nocase { value.cast_unsigned().to_ascii_lowercase().cast_signed() } else { value };
    (lower(low)..=lower(high)).contains(&lower(byte.cast_signed()))
}

fn same(a: u8, b: u8, nocase: bool) -> bool {
    if nocase { a.eq_ignore_ascii_case(&b) } else { a == b }
}

#[cfg(test)]
#[path = "glob_tests.rs"]
mod tests;
