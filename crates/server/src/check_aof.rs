//! `anax check-aof [--fix] FOLDER|MANIFEST`: whether the append-only log can be loaded, and what of it counts.

use std::io::{self, BufRead, Write};
use std::path::Path;

use persist::log::{PlainVolume, RecoverError, Torn, Volume, read_manifest, recover};

/// Checks a log and says what was found; with `fix` cuts off what does not count, if `consent` says so.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn check(path: &Path, fix: bool, consent: impl FnOnce(&str) -> bool) -> Result<String, String> {
    let mut volume = PlainVolume;
    let (folder, name) = place(&mut volume, path)?;
    let failed = |error: RecoverError| error.to_string();
    let manifest = match read_manifest(&mut volume, &folder, &name).map_err(failed)? {
        Some(Ok(manifest)) => manifest,
        Some(Err(_)) => {
            return Err(format!("{}: a manifest of another server; its own tool checks it", path.display()));
        }
        None => return Err(format!("{}: there is no manifest", folder.display())),
    };
    let found = recover(&mut volume, &folder, &name, manifest.clone(), Torn::Report).map_err(failed)?;
    let base = found.manifest.base.as_deref().unwrap_or("no base");
    let generations: Vec<String> = found
        .manifest
        .generations
        .iter()
        .map(|generation| format!("{} ({} shards)", generation.number, generation.shards))
        .collect();
    let mut said = format!(
        "{base}, generations {}: {} frames, {} bytes in all files",
        generations.join(", "),
        found.frames,
        found.bytes
    );
    if found.cuts.is_empty() {
        return Ok(format!("{said}; no errors"));
    }
    for cut in &found.cuts {
        said.push_str(&format!("\n{cut}"));
    }
    if !fix {
        return Err(format!("{said}\nWith --fix these ends are cut off."));
    }
    if !consent(&format!("{said}\nThese ends will be cut off. Continue? [y/N]: ")) {
        return Err("nothing was changed".into());
    }
    recover(&mut volume, &folder, &name, manifest, Torn::Cut).map_err(failed)?;
    Ok(format!("{} files were cut", found.cuts.len()))
}

/// Asks on the terminal.
pub(crate) fn ask(question: &str) -> bool {
    print!("{question}");
    let _ = io::stdout().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && answer.trim().eq_ignore_ascii_case("y")
}

/// The folder of the log, and what its files' names begin with.
fn place(volume: &mut PlainVolume, path: &Path) -> Result<(std::path::PathBuf, String), String> {
    let name_of = |file: &str| file.strip_suffix(".manifest").map(str::to_owned);
    if path.is_file() {
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = name_of(file).ok_or_else(|| format!("{}: not a manifest by its name", path.display()))?;
        return Ok((path.parent().unwrap_or(Path::new(".")).to_owned(), name));
    }
    let files = volume.list(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut names = files.iter().filter(|file| !file.starts_with("temp-")).filter_map(|file| name_of(file));
    match (names.next(), names.next()) {
        (Some(name), None) => Ok((path.to_owned(), name)),
        (None, _) => Err(format!("{}: there is no manifest", path.display())),
        (Some(_), Some(_)) => Err(format!("{}: there are several manifests, name one", path.display())),
    }
}
