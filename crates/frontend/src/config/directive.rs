//! One line of the configuration: a parameter and its value, or one of the few directives that are no parameters.
//!
//! ```text
//! include path                  also with * ? [ ] in any part of the path; nothing there is no error then
//! rename-command name new       "" disables the command
//! ```

use std::path::{Path, PathBuf};

use base::glob::glob_match;

use super::error::ConfigError;
use super::{Config, parse, table, value};

/// Files within files.
const INCLUDE_DEPTH_MAX: usize = 16;

/// Lines that Redis takes and that ask for something that Anax can't do: to go on without would not be safe.
pub const REFUSED: &[(&str, &str)] = &[
    ("user", "users of their own (ACL) are not supported yet; `requirepass` is"),
    ("loadmodule", "modules can't be loaded"),
    ("sentinel", "Sentinel is not part of Anax"),
];

/// Lines that Redis takes without doing anything.
const IGNORED: [&str; 3] = ["list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands"];

/// What Redis says of a line that it doesn't know.
const BAD: &str = "Bad directive or wrong number of arguments";

/// What is wrong with a line.
pub(super) enum Problem {
    /// In Redis's words, and more about it.
    Line { problem: String, detail: String },
    /// The error is in a file that the line includes, and says where.
    Included(ConfigError),
}

impl Problem {
    fn of(problem: impl Into<String>) -> Problem {
        Problem::Line { problem: problem.into(), detail: String::new() }
    }

    fn with(problem: impl Into<String>, detail: impl Into<String>) -> Problem {
        Problem::Line { problem: problem.into(), detail: detail.into() }
    }
}

/// Carries out one line.
pub(super) fn directive(config: &mut Config, words: &[Vec<u8>], depth: usize) -> Result<(), Problem> {
    let Some((name, values)) = words.split_first() else { return Ok(()) };
    if let Some((at, param, _)) = table::find(name) {
        return config.given(at, param, values).map_err(|refusal| {
            let detail = value::expectation(param, values);
            Problem::with(refusal.into_owned(), detail)
        });
    }
    let lower = String::from_utf8_lossy(name).to_ascii_lowercase();
    if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == lower) {
        return Err(Problem::of(*why));
    }
    match (lower.as_str(), values) {
        ("include", [path]) => include(config, path, depth),
        ("rename-command", [old, new]) => config.rename_command(old, new).map_err(Problem::of),
        (name, [_]) if IGNORED.contains(&name) => Ok(()),
        ("include" | "rename-command", _) => Err(Problem::of(BAD)),
        (name, _) if name.contains('.') => {
            Err(Problem::with(BAD, format!("'{name}' belongs to a module; modules can't be loaded")))
        }
        (name, _) => Err(Problem::with(BAD, unknown(name))),
    }
}

/// Words about an unknown parameter, with the known one that is most like it.
fn unknown(name: &str) -> String {
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

/// Reads the files that an `include` line names. A path that doesn't begin with `/` begins in `dir`.
fn include(config: &mut Config, path: &[u8], depth: usize) -> Result<(), Problem> {
    if depth == INCLUDE_DEPTH_MAX {
        return Err(Problem::of(format!("more than {INCLUDE_DEPTH_MAX} files within files")));
    }
    let path = config.in_dir(&String::from_utf8_lossy(path));
    for path in matching(&path) {
        parse::file(config, &path, depth + 1).map_err(Problem::Included)?;
    }
    Ok(())
}

/// The files that a path with wildcards means, sorted; the path itself where it has none.
fn matching(path: &Path) -> Vec<PathBuf> {
    let is_pattern = |part: &[u8]| part.iter().any(|byte| b"*?[".contains(byte));
    if !is_pattern(path.as_os_str().as_encoded_bytes()) {
        return vec![path.to_path_buf()];
    }
    let mut found = vec![PathBuf::new()];
    for part in path.components() {
        let part = part.as_os_str();
        if is_pattern(part.as_encoded_bytes()) {
            found = found.iter().flat_map(|folder| entries(folder, part.as_encoded_bytes())).collect();
        } else {
            found.iter_mut().for_each(|path| path.push(part));
        }
    }
    found.retain(|path| path.exists());
    found.sort();
    found
}

/// What a folder holds that matches a pattern. Names that begin with a dot only match a pattern that does.
fn entries(folder: &Path, pattern: &[u8]) -> Vec<PathBuf> {
    let place = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let names = entries.filter_map(|entry| Some(entry.ok()?.file_name()));
    let fits = |name: &std::ffi::OsString| {
        let name = name.as_encoded_bytes();
        (pattern.starts_with(b".") || !name.starts_with(b".")) && glob_match(pattern, name, false)
    };
    names.filter(fits).map(|name| folder.join(name)).collect()
}
