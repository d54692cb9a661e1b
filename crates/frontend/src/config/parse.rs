//! The configuration file and the command line, both in the way of redis-server.
//!
//! ```text
//! anax [/path/to/redis.conf | -] [--name value ...] ... [-]
//!
//! line      = blank | # comment | name word ...          words may be quoted as in "a b" or 'a b'
//! include   = include path                               also with * ? [ ] in the last part of the path
//! ```
//!
//! Later lines win, and the command line comes last.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use base::glob::glob_match;

use super::table;
use super::{Config, cli};

/// Files within files.
const INCLUDE_DEPTH_MAX: usize = 16;

/// Lines that Redis takes and that ask for something that Anax can't do yet: to go on without would not be safe.
const REFUSED: [(&str, &str); 4] = [
    ("user", "users of their own (ACL) are not supported yet; `requirepass` is"),
    ("rename-command", "commands can't be renamed yet"),
    ("loadmodule", "modules can't be loaded"),
    ("sentinel", "Sentinel is not part of Anax"),
];

/// Lines that Redis takes without doing anything.
const IGNORED: [&str; 3] = ["list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands"];

/// Why there is no configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// `--help` or `--version`: the text to show, and all is well.
    Show(String),
    /// A file can't be read.
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A line is wrong.
    Line(LineError),
}

/// A line of a file, or an option of the command line, that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct LineError {
    /// The file; `None` is the command line.
    pub path: Option<PathBuf>,
    /// The line, from 1; of the command line, the option.
    pub number: usize,
    /// The line as it was written.
    pub line: String,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Show(text) => f.write_str(text),
            ConfigError::Read { path, error } => {
                write!(f, "can't read the configuration file {}: {error}", path.display())
            }
            ConfigError::Line(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => {
                writeln!(f, "error in the configuration, {}, line {}:", path.display(), self.number)?
            }
            None => writeln!(f, "error in the configuration, option {} of the command line:", self.number)?,
        }
        write!(f, ">>> '{}'\n{}", self.line, self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// Reads the command line, without the program's name.
pub(super) fn command_line(config: &mut Config, args: &[String]) -> Result<(), ConfigError> {
    if let [only] = args
        && let Some(text) = cli::show(only)
    {
        return Err(ConfigError::Show(text));
    }
    let mut rest = args;
    if let Some((first, after)) = rest.split_first()
        && !first.starts_with("--")
        && first != "-"
    {
        let path = std::path::absolute(first).unwrap_or_else(|_| PathBuf::from(first));
        file(config, &path, 0)?;
        config.set_file(path);
        rest = after;
    }
    let from_stdin = rest.last().is_some_and(|last| last == "-");
    if from_stdin {
        rest = &rest[..rest.len() - 1];
        let mut text = Vec::new();
        let path = PathBuf::from("-");
        std::io::stdin().read_to_end(&mut text).map_err(|error| ConfigError::Read { path, error })?;
        lines(config, Path::new("-"), &text, 0)?;
    }
    options(config, rest)
}

/// `--name value ... --name value ...`
fn options(config: &mut Config, args: &[String]) -> Result<(), ConfigError> {
    let starts: Vec<usize> = (0..args.len()).filter(|&at| args[at].starts_with("--")).collect();
    let wrong = |number: usize, line: &[String], problem: String| {
        let line = line.join(" ");
        ConfigError::Line(LineError { path: None, number, line, problem })
    };
    if starts.first() != Some(&0) && !args.is_empty() {
        return Err(wrong(1, &args[..1], "expected an option: --name value".into()));
    }
    for (number, &start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(args.len());
        let line = &args[start..end];
        let words: Vec<&[u8]> = line.iter().map(String::as_bytes).collect();
        let name = words[0].get(2..).unwrap_or_default();
        let words: Vec<&[u8]> = [name].into_iter().chain(words[1..].iter().copied()).collect();
        match directive(config, &words, 0) {
            Ok(()) => {}
            Err(Problem::Text(problem)) => return Err(wrong(number + 1, line, problem)),
            Err(Problem::Included(error)) => return Err(error),
        }
    }
    Ok(())
}

/// Reads a file.
fn file(config: &mut Config, path: &Path, depth: usize) -> Result<(), ConfigError> {
    let text = std::fs::read(path).map_err(|error| ConfigError::Read { path: path.to_path_buf(), error })?;
    lines(config, path, &text, depth)
}

fn lines(config: &mut Config, path: &Path, text: &[u8], depth: usize) -> Result<(), ConfigError> {
    for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let wrong = |problem: String| {
            let (path, line) = (Some(path.to_path_buf()), String::from_utf8_lossy(line).into_owned());
            ConfigError::Line(LineError { path, number: at + 1, line, problem })
        };
        let (mut bytes, mut ranges) = (Vec::new(), Vec::new());
        resp::split_line(line, &mut bytes, &mut ranges)
            .map_err(|_| wrong("Unbalanced quotes in configuration line".into()))?;
        let words: Vec<&[u8]> = ranges.iter().map(|range| range.slice(&bytes)).collect();
        match directive(config, &words, depth) {
            Ok(()) => {}
            Err(Problem::Text(problem)) => return Err(wrong(problem)),
            Err(Problem::Included(error)) => return Err(error),
        }
    }
    Ok(())
}

/// What is wrong with a line.
enum Problem {
    Text(String),
    /// The error is in a file that the line includes, and says where.
    Included(ConfigError),
}

/// Carries out one line.
fn directive(config: &mut Config, words: &[&[u8]], depth: usize) -> Result<(), Problem> {
    let Some((&name, values)) = words.split_first() else { return Ok(()) };
    if let Some((at, param, _)) = table::find(name) {
        return config.given(at, param, values).map_err(|refusal| Problem::Text(refusal.into_owned()));
    }
    let lower = name.to_ascii_lowercase();
    if lower == b"include" {
        let [path] = *values else { return Err(Problem::Text("wrong number of arguments".into())) };
        return include(config, path, depth);
    }
    if IGNORED.iter().any(|ignored| ignored.as_bytes() == lower) {
        return Ok(());
    }
    let refused = REFUSED.iter().find(|(refused, _)| refused.as_bytes() == lower);
    Err(Problem::Text(match refused {
        Some((_, why)) => (*why).into(),
        None => unknown(&lower),
    }))
}

/// Words about an unknown parameter, with the known one that is most like it.
fn unknown(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let like =
        table::params().map(|param| (distance(param.name.as_bytes(), name.as_bytes()), param.name)).min();
    match like {
        Some((distance, like)) if distance <= 1 + name.len() / 4 => {
            format!("unknown parameter '{name}'; did you mean '{like}'?")
        }
        _ => format!("unknown parameter '{name}'"),
    }
}

/// Levenshtein's distance: inserted, removed and changed bytes.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Reads the files that an `include` line names.
fn include(config: &mut Config, path: &[u8], depth: usize) -> Result<(), Problem> {
    if depth == INCLUDE_DEPTH_MAX {
        return Err(Problem::Text(format!("more than {INCLUDE_DEPTH_MAX} files within files")));
    }
    let path = PathBuf::from(String::from_utf8_lossy(path).into_owned());
    for path in matching(&path).map_err(|error| Problem::Included(ConfigError::Read { path, error }))? {
        file(config, &path, depth + 1).map_err(Problem::Included)?;
    }
    Ok(())
}

/// The files that a path with wildcards in its last part means, sorted; the path itself where it has none.
fn matching(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let last = path.file_name().map(|name| name.as_encoded_bytes().to_vec()).unwrap_or_default();
    if !last.iter().any(|byte| b"*?[".contains(byte)) {
        return Ok(vec![path.to_path_buf()]);
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if glob_match(&last, entry.file_name().as_encoded_bytes(), false) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
