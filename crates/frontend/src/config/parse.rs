//! The configuration file and the command line, both in the way of redis-server.
//!
//! ```text
//! anax [/path/to/redis.conf] [-] [--name value ...] ... [-]
//!
//! line      = blank | # comment | name word ...          words may be quoted as in "a b" or 'a b'
//! option    = --name word ... | "--name word ..."        becomes a line; a word that begins with -- directly behind a
//!                                                        name is its value
//! ```
//!
//! Later lines win: first the file, then the standard input, then the options.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::directive::{Problem, directive};
use super::error::{ConfigError, LineError, Origin};
use super::{Config, cli};

/// Reads the command line, without the program's name.
pub(super) fn command_line(config: &mut Config, args: &[String]) -> Result<(), ConfigError> {
    if let Some(text) = cli::show(args) {
        return Err(ConfigError::Show(text));
    }
    let mut rest = args;
    if let Some((first, after)) = args.split_first()
        && !first.starts_with('-')
    {
        let path = std::path::absolute(first).unwrap_or_else(|_| PathBuf::from(first));
        file(config, &path, 0)?;
        config.set_file(path);
        rest = after;
    }
    let first = args.len() - rest.len();
    let is_input = |at: usize| args[at] == "-" && (at == 0 || at == args.len() - 1);
    let words: Vec<&str> =
        (first..args.len()).filter(|&at| !is_input(at)).map(|at| args[at].as_str()).collect();
    if (first..args.len()).any(is_input) {
        let mut text = Vec::new();
        let path = PathBuf::from("-");
        std::io::stdin().read_to_end(&mut text).map_err(|error| ConfigError::Read { path, error })?;
        lines(config, &Origin::Input, &text, 0)?;
    }
    lines(config, &Origin::Options, &options(&words), 0)
}

/// The options as lines of a configuration file.
fn options(words: &[&str]) -> Vec<u8> {
    let mut text: Vec<u8> = Vec::new();
    // Whether the name before has a value, so that `--` begins another name.
    let mut has_value = true;
    for (at, word) in words.iter().enumerate() {
        if let (true, Some(name)) = (has_value, word.strip_prefix("--")) {
            if !text.is_empty() {
                text.push(b'\n');
            }
            text.extend_from_slice(name.as_bytes());
            text.push(b' ');
            let next = words.get(at + 1);
            has_value = split(word.as_bytes()).is_none_or(|words| words.len() != 1);
            // An empty array of a script: `--save --port 1`, or `--save` at the end.
            if word.eq_ignore_ascii_case("--save") && next.is_none_or(|next| next.starts_with("--")) {
                text.extend_from_slice(b"\"\"");
                has_value = true;
            }
        } else {
            write_quoted(word.as_bytes(), &mut text);
            text.push(b' ');
            has_value = true;
        }
    }
    text
}

/// Appends a word in double quotes, with everything escaped that needs it, so that [`split`] reads it back.
pub(super) fn write_quoted(word: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    word.iter().for_each(|&byte| resp::write_escaped(byte, out));
    out.push(b'"');
}

/// The words of a line; `None` where quotes are not closed.
pub(super) fn split(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut bytes, mut ranges) = (Vec::new(), Vec::new());
    resp::split_line(line, &mut bytes, &mut ranges).ok()?;
    Some(ranges.iter().map(|range| range.slice(&bytes).to_vec()).collect())
}

/// A line without the space around it, and whether it says anything.
pub(super) fn trimmed(line: &[u8]) -> (&[u8], bool) {
    let line = line.trim_ascii();
    (line, !line.is_empty() && !line.starts_with(b"#"))
}

/// Reads a file.
pub(super) fn file(config: &mut Config, path: &Path, depth: usize) -> Result<(), ConfigError> {
    let text = std::fs::read(path).map_err(|error| ConfigError::Read { path: path.to_path_buf(), error })?;
    lines(config, &Origin::File(path.to_path_buf()), &text, depth)
}

fn lines(config: &mut Config, origin: &Origin, text: &[u8], depth: usize) -> Result<(), ConfigError> {
    for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let (line, says) = trimmed(line);
        if !says {
            continue;
        }
        let wrong = |problem: String, detail: String| {
            let (origin, line) = (origin.clone(), String::from_utf8_lossy(line).into_owned());
            ConfigError::Line(LineError { origin, number: at + 1, line, problem, detail })
        };
        let words = split(line)
            .ok_or_else(|| wrong("Unbalanced quotes in configuration line".into(), String::new()))?;
        match directive(config, &words, depth) {
            Ok(()) => {}
            Err(Problem::Line { problem, detail }) => return Err(wrong(problem, detail)),
            Err(Problem::Included(error)) => return Err(error),
        }
    }
    Ok(())
}
