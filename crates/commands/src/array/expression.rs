//! Regular expressions of ARGREP: extended POSIX ones over bytes, as Redis's library reads them, put into the words of the
//! `regex` crate, whose matching takes time linear in the text.

use regex::bytes::{Regex, RegexBuilder};

use crate::CmdError;

/// What a compiled expression may take: counted repetitions of repetitions grow fast.
const COMPILED_MAX_BYTES: usize = 1024 * 1024;

const INVALID: CmdError = CmdError::text_of("ERR invalid regular expression");

/// The classes of POSIX.
const CLASSES: [&str; 12] = [
    "alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
    "xdigit",
];

/// Compiles an expression.
pub(super) fn compile(pattern: &[u8], any_case: bool) -> Result<Regex, CmdError> {
    let pattern = translate(pattern)?;
    RegexBuilder::new(&pattern)
        .unicode(false)
        .dot_matches_new_line(true)
        .case_insensitive(any_case)
        .size_limit(COMPILED_MAX_BYTES)
        .dfa_size_limit(COMPILED_MAX_BYTES)
        .build()
        .map_err(|_| INVALID)
}

/// A pattern as the crate writes it.
fn translate(pattern: &[u8]) -> Result<String, CmdError> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'[' => rest = bracket(rest, &mut out).ok_or(INVALID)?,
            b'\\' => {
                let (&escaped, after) = rest.split_first().ok_or(INVALID)?;
                rest = after;
                escape(escaped, &mut out)?;
            }
            b'{' if rest.first() == Some(&b',') => out.push_str("{0"),
            byte if byte.is_ascii_graphic() => out.push(char::from(byte)),
            byte => literal(byte, &mut out),
        }
    }
    Ok(out)
}

/// A byte that stands for itself.
fn literal(byte: u8, out: &mut String) {
    if byte.is_ascii_alphanumeric() {
        out.push(char::from(byte));
    } else {
        out.push_str(&format!("\\x{byte:02x}"));
    }
}

/// What follows a backslash outside of brackets.
fn escape(escaped: u8, out: &mut String) -> Result<(), CmdError> {
    match escaped {
        b'1'..=b'9' => {
            return Err(CmdError::text_of("ERR regular expression backreferences are not supported"));
        }
        b'e' => out.push_str("\\x1b"),
        b'a' | b'b' | b'B' | b'd' | b'D' | b'f' | b'n' | b'r' | b's' | b'S' | b't' | b'w' | b'W' | b'x'
        | b'<' | b'>' => {
            out.push('\\');
            out.push(char::from(escaped));
        }
        byte => literal(byte, out),
    }
    Ok(())
}

/// A bracket expression, from behind its bracket on; returns what follows it. A backslash means nothing in it.
fn bracket<'a>(mut rest: &'a [u8], out: &mut String) -> Option<&'a [u8]> {
    out.push('[');
    if let Some(after) = rest.strip_prefix(b"^") {
        out.push('^');
        rest = after;
    }
    let mut first = true;
    loop {
        let (&byte, after) = rest.split_first()?;
        if byte == b']' && !first {
            out.push(']');
            return Some(after);
        }
        first = false;
        if let Some(class) = rest.strip_prefix(b"[:") {
            let end = class.windows(2).position(|two| two == b":]")?;
            let name = class.get(..end)?;
            out.push_str("[:");
            out.push_str(CLASSES.iter().find(|class| class.as_bytes() == name)?);
            out.push_str(":]");
            rest = class.get(end + 2..)?;
            continue;
        }
        if rest.starts_with(b"[.") || rest.starts_with(b"[=") {
            return None;
        }
        literal(byte, out);
        rest = after;
        // A range, unless the dash is the last of the list.
        if let [b'-', end, ..] = *rest
            && end != b']'
        {
            if byte > end {
                return None;
            }
            out.push('-');
            literal(end, out);
            rest = rest.get(2..)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let expression = compile(pattern.as_bytes(), false).expect("an expression");
        for text in matching {
            assert!(expression.is_match(text.as_bytes()), "{pattern} {text}");
        }
        for text in others {
            assert!(!expression.is_match(text.as_bytes()), "{pattern} {text}");
        }
    }

    #[test]
    fn posix_expressions() {
        check("^.*[0-9]{3}$", &["foo123", "zoo999", "\n123"], &["bar", "12", "123 "]);
        check("foo|^ba[rz]$", &["a foo", "bar", "baz"], &["rebar"]);
        check("[]a]+\\.", &["]a.", "a."], &["b.", "]"]);
        check("^[^]-]$", &["x"], &["]", "-"]);
        check("^[\\d]$", &["d", "\\"], &["1"]);
        check("^[a[]$", &["[", "a"], &["b"]);
        check("^[[:alpha:]_&&~~-]+$", &["ab_&~-"], &["1"]);
        check("^a{,2}$", &["", "a", "aa"], &["aaa"]);
        check("\\<foo\\>", &["a foo b"], &["afoo"]);
        check("^\\x41\\x{42}$", &["AB"], &["ab"]);
        check("a b", &["a b"], &["ab"]);
    }

    #[test]
    fn what_is_refused() {
        for pattern in ["(", "[a", "[z-a]", "a\\", "\\x{1", "[[.a.]]", "[[:what:]]", "(((a{99}){99}){99})"] {
            let error = compile(pattern.as_bytes(), true).expect_err(pattern);
            assert_eq!(&*error.text(), b"ERR invalid regular expression", "{pattern}");
        }
        let error = compile(b"(a)\\1", false).expect_err("a backreference");
        assert_eq!(&*error.text(), b"ERR regular expression backreferences are not supported");
        assert!(compile(b"\xff.", false).expect("bytes").is_match(b"\xff\xfe"));
        assert!(compile(b"FOO", true).expect("letters").is_match(b"foo"));
    }
}
