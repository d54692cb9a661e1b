//! `cargo xtask compat`: writes `docs/compatibility.md` from the specs of the commands, the table of parameters, and what
//! people wrote in `docs/compatibility.in.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use commands::{CommandSpec, FAMILIES, Route};
use frontend::config::{Change, Effect, params};

/// Where the written part leaves room for the tables.
const COMMANDS: &str = "<!-- commands -->\n";
const PARAMETERS: &str = "<!-- parameters -->\n";
const REMEMBERED: &str = "<!-- remembered -->\n";
const REFUSED: &str = "<!-- refused -->\n";

/// Writes the page.
pub(crate) fn run() -> ExitCode {
    let written = page().and_then(|page| std::fs::write(path("compatibility.md"), page));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("docs/compatibility.md: {error}");
            ExitCode::FAILURE
        }
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// The page as it should be.
fn page() -> std::io::Result<String> {
    let text = std::fs::read_to_string(path("compatibility.in.md"))?;
    let head =
        "<!-- Made by `cargo xtask compat` from compatibility.in.md and the sources: edit those. -->\n\n";
    let page = text.replace(COMMANDS, &commands()).replace(PARAMETERS, &parameters());
    let page = page.replace(REMEMBERED, &remembered()).replace(REFUSED, &refused());
    Ok(format!("{head}{page}"))
}

/// All commands, by group.
fn commands() -> String {
    let mut groups: BTreeMap<&str, Vec<&CommandSpec>> = BTreeMap::new();
    for spec in FAMILIES.iter().copied().flatten() {
        groups.entry(spec.meta.docs.group).or_default().push(spec);
    }
    let mut text = String::new();
    for (group, mut specs) in groups {
        specs.sort_by_key(|spec| spec.meta.name);
        let _ =
            write!(text, "### {group}\n\n| command | what it does | carried out by |\n| --- | --- | --- |\n");
        for spec in specs {
            let name = spec.meta.name.to_uppercase();
            let summary = spec.meta.docs.summary.trim_end_matches('.');
            let _ = writeln!(text, "| {name}{} | {summary} | {} |", subcommands(spec), place(spec));
        }
        text.push('\n');
    }
    text.trim_end().to_owned() + "\n"
}

/// The subcommands of a container, in small letters behind its name.
fn subcommands(spec: &CommandSpec) -> String {
    let name = |spec: &CommandSpec| spec.meta.name.split('|').nth(1).unwrap_or_default().to_uppercase();
    let mut names: Vec<String> = spec.subcommands.iter().map(name).collect();
    names.sort();
    if names.is_empty() { String::new() } else { format!(" {}", names.join(", ")) }
}

/// Who carries a command out.
fn place(spec: &CommandSpec) -> &'static str {
    match spec.route {
        Route::Walk(_) => "shard after shard",
        Route::Rounds(..) if spec.meta.key_specs.is_empty() => "all shards",
        Route::Key(_) => "the key's shard",
        Route::Keys(..) => "the keys' shards, at one instant",
        Route::AllShards(..) => "all shards, at one instant",
        Route::OneShard(..) => "one shard",
        Route::Rounds(..) => "the keys' shards, which lock the keys until all is done",
        Route::Task(_) => "the connection's core, while the keys' shards hold the keys",
        Route::Blocking(_) => "the keys' shards, tried again until there is something",
        Route::Connection | Route::Container => "the connection's core",
    }
}

/// The parameters that have an effect.
fn parameters() -> String {
    let mut text =
        "| parameter | default | what it is | changed by |\n| --- | --- | --- | --- |\n".to_owned();
    for param in params().filter(|param| !matches!(param.effect, Effect::None)) {
        let default = if param.default.is_empty() { String::new() } else { format!("`{}`", param.default) };
        let alias = param.alias.map_or_else(String::new, |alias| format!(", `{alias}`"));
        let change = match param.change {
            Change::AnyTime => "CONFIG SET",
            Change::Protected => "CONFIG SET, protected",
            Change::AtStart | Change::Fixed => "start only",
        };
        let _ = writeln!(text, "| `{}`{alias} | {default} | {} | {change} |", param.name, param.help);
    }
    text
}

/// The directives that are refused.
fn refused() -> String {
    let row = |(name, why): &(&str, &str)| format!("| `{name}` | {why} |\n");
    let rows: String = frontend::config::REFUSED.iter().map(row).collect();
    format!("| directive | why |\n| --- | --- |\n{rows}")
}

/// The names of the others.
fn remembered() -> String {
    let names = params().filter(|param| matches!(param.effect, Effect::None)).map(|param| param.name);
    let mut lines = vec![String::new()];
    for name in names {
        let word = format!("`{name}`");
        match lines.last_mut() {
            Some(line) if line.is_empty() => *line = word,
            Some(line) if line.len() + word.len() < 118 => *line = format!("{line} {word}"),
            _ => lines.push(word),
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_up_to_date() {
        let there = std::fs::read_to_string(path("compatibility.md")).expect("docs/compatibility.md");
        assert!(
            there == page().expect("the page"),
            "docs/compatibility.md is stale: run `cargo xtask compat`"
        );
    }

    #[test]
    fn the_written_part_has_room_for_all_tables() {
        let text = std::fs::read_to_string(path("compatibility.in.md")).expect("docs/compatibility.in.md");
        for mark in [COMMANDS, PARAMETERS, REMEMBERED, REFUSED] {
            assert_eq!(text.matches(mark).count(), 1, "{mark}");
        }
    }
}
