//! Glob: known cases and a property test against the plain recursive definition.

use super::*;
use proptest::prelude::*;

#[track_caller]
fn check(pattern: &str, text: &str, expect: bool) {
    assert_eq!(glob_match(pattern.as_bytes(), text.as_bytes(), false), expect, "{pattern:?} on {text:?}");
}

#[track_caller]
fn check_nocase(pattern: &str, text: &str, expect: bool) {
    assert_eq!(glob_match(pattern.as_bytes(), text.as_bytes(), true), expect, "{pattern:?} on {text:?}");
}

#[test]
fn plain_cases() {
    check("", "", true);
    check("*", "", false);
    check("", "a", false);
    check("*", "a", true);
    check("**", "a", true);
    check("a*", "a", true);
    check("a**", "a", true);
    check("*a", "a", true);
    check("a*b", "ab", true);
    check("a*b", "axxb", true);
    check("a*b", "axxbc", false);
    check("*aab", "aaab", true);
    check("h?llo", "hello", true);
    check("h?llo", "hllo", false);
    check("?", "", false);
    check("a", "ab", false);
    check("ab", "a", false);
}

#[test]
fn classes() {
    check("h[ae]llo", "hello", true);
    check("h[ae]llo", "hillo", false);
    check("h[^e]llo", "hallo", true);
    check("h[^e]llo", "hello", false);
    check("h[a-b]llo", "hbllo", true);
    check("h[b-a]llo", "hallo", true);
    check("[]", "]", false);
    check("[]]", "]", false);
    check("[\\]]", "]", true);
    check("[a", "a", true);
    check("[a-", "-", true);
    check("[^", "x", true);
    check("[", "x", false);
    check("[a-]", "-", false);
    check("[\\", "\\", true);
    check("[!a]", "b", false);
    check("\\*", "*", true);
    check("\\*", "x", false);
    check("a\\", "a\\", true);
    check("\\[a]", "[a]", true);
}

#[test]
fn letter_case() {
    check_nocase("HeLLo", "hEllO", true);
    check_nocase("[A-C]", "b", true);
    check_nocase("[Z-a]", "z", false);
    check_nocase("[\\A]", "a", false);
    check_nocase("[A]", "a", true);
    check_nocase("\\A", "a", true);
}

#[test]
fn bytes_of_a_range_are_signed() {
    assert!(glob_match(b"[\x80-a]", b"\xff", false));
    assert!(glob_match(b"[a-\x80]", b"\x01", false));
    assert!(!glob_match(b"[a-\x80]", b"b", false));
}

#[test]
fn many_stars_take_little_time_and_have_a_limit() {
    let text = "a".repeat(10_000);
    check(&format!("{}b", "a*".repeat(500)), &text, false);
    check(&"a*".repeat(GLOB_STARS_MAX), &text, true);
    check(&format!("{}a", "a*".repeat(GLOB_STARS_MAX)), &text, true);
    check(&format!("{}a", "a*".repeat(GLOB_STARS_MAX + 1)), &text, false);
}

/// The definition without any cleverness: exponential, but plainly right.
fn naive(pattern: &[u8], text: &[u8], nocase: bool) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        ([b'*', rest @ ..], _) => {
            (0..=text.len()).any(|skip| naive(rest, text.get(skip..).unwrap_or(&[]), nocase))
        }
        (_, []) => false,
        (_, [byte, text @ ..]) => {
            match_token(pattern, *byte, nocase).is_some_and(|width| naive(&pattern[width..], text, nocase))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn equals_the_definition(pattern in "[ab*?\\[\\]^\\\\A-]{0,9}", text in "[abAB-]{1,9}", nocase: bool) {
        prop_assert_eq!(
            glob_match(pattern.as_bytes(), text.as_bytes(), nocase),
            naive(pattern.as_bytes(), text.as_bytes(), nocase)
        );
    }

    #[test]
    fn never_panics(pattern: Vec<u8>, text: Vec<u8>, nocase: bool) {
        glob_match(&pattern, &text, nocase);
    }
}
