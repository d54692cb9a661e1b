//! Recovery: what of the log counts.
//!
//! All files are read and checked once. A *run* is what one process wrote: generations from one `start` to the next. Earlier runs
//! were cut when the process after them started, and must be whole; the last run is cut where its groups are whole, and its files
//! are shortened to that. Shortening begins with the last file of a shard, so a crash in the middle of it leaves logs with the
//! same cut.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::commit::whole;
use super::folder::last_number;
use super::frame::Group;
use super::head::FILE_HEAD_BYTES;
use super::manifest::{Generation, MANIFEST_MAX_BYTES, Manifest, log_name, manifest_name};
use super::reader::{Damage, Found, LogReader};
use super::volume::{Volume, read_all};

/// Why a log is not loaded.
#[derive(Debug)]
pub enum RecoverError {
    /// The system says no.
    Io(PathBuf, io::Error),
    /// A file is not what it should be.
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// At which byte, if that means anything.
        offset: Option<u64>,
        /// What is wrong.
        what: String,
    },
    /// The log has an end that a crash has torn off, and it may not be cut.
    Torn(Vec<Cut>),
}

impl fmt::Display for RecoverError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecoverError::Io(path, error) => write!(out, "{}: {error}", path.display()),
            RecoverError::Corrupt { path, offset: None, what } => write!(out, "{}: {what}", path.display()),
            RecoverError::Corrupt { path, offset: Some(offset), what } => {
                write!(out, "{}: {what} at byte {offset}", path.display())
            }
            RecoverError::Torn(cuts) => {
                let cuts: Vec<String> = cuts.iter().map(ToString::to_string).collect();
                write!(out, "{}", cuts.join("; "))
            }
        }
    }
}

/// A file that ends before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Which.
    pub path: PathBuf,
    /// Its length.
    pub len: u64,
    /// What remains.
    pub kept: u64,
    /// Why.
    pub why: &'static str,
}

impl fmt::Display for Cut {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cut { path, len, kept, why } = self;
        write!(
            out,
            "{}: {} bytes at the end, from byte {kept} on, do not count: {why}",
            path.display(),
            len - kept
        )
    }
}

/// What is to be loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// All files; what is written next goes on from here.
    pub manifest: Manifest,
    /// The highest number of a generation that is taken.
    pub after: u64,
    /// Ends that do not count, and are cut off unless nothing was to be changed.
    pub cuts: Vec<Cut>,
    /// Good frames; those that are cut off because of their groups among them.
    pub frames: u64,
    /// Length of all files, without what is cut off.
    pub bytes: u64,
    /// Whether the last file of another server's log may end in the middle of a command, which does not count then.
    pub torn_imports: bool,
}

/// What to do with an end that a crash has torn off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn {
    /// It is cut off.
    Cut,
    /// The log is not loaded.
    Refuse,
    /// It is reported.
    Report,
    /// It is cut off, but groups that are not whole stay (to show that tests notice).
    #[cfg(feature = "sim-faults")]
    CutWithoutGroups,
}

/// Reads the manifest; `None` if there is none. `Err(bytes)` inside if it is another server's.
///
/// # Errors
/// It can't be read, or is damaged.
pub fn read_manifest(
    volume: &mut impl Volume,
    folder: &Path,
    name: &str,
) -> Result<Option<Result<Manifest, Vec<u8>>>, RecoverError> {
    let file = manifest_name(name);
    let path = folder.join(&file);
    let there = volume.list(folder).map_err(|error| RecoverError::Io(folder.to_owned(), error))?;
    if !there.contains(&file) {
        return Ok(None);
    }
    let bytes =
        read_all(volume, &path, MANIFEST_MAX_BYTES).map_err(|error| RecoverError::Io(path.clone(), error))?;
    match Manifest::parse(&bytes) {
        None => Ok(Some(Err(bytes))),
        Some(Ok(manifest)) => Ok(Some(Ok(manifest))),
        Some(Err(what)) => Err(RecoverError::Corrupt { path, offset: None, what }),
    }
}

/// Checks all files that a manifest lists and finds what counts.
///
/// # Errors
/// Files are damaged or missing, or torn when that is refused.
pub fn recover(
    volume: &mut impl Volume,
    folder: &Path,
    name: &str,
    manifest: Manifest,
    torn: Torn,
) -> Result<Recovered, RecoverError> {
    let io = |path: &Path, error| RecoverError::Io(path.to_owned(), error);
    let there = volume.list(folder).map_err(|error| io(folder, error))?;
    if let Some(missing) = manifest.files(name).into_iter().find(|file| !there.contains(file)) {
        let what = "the manifest lists it, and it is missing".into();
        return Err(RecoverError::Corrupt { path: folder.join(missing), offset: None, what });
    }
    let after = last_number(volume, folder, name).map_err(|error| io(folder, error))?;
    let mut recovered = Recovered { after, torn_imports: torn != Torn::Refuse, ..Recovered::default() };
    for run in runs(&manifest.generations) {
        let is_last = run.last() == manifest.generations.last();
        let shards: Vec<ShardRun> = (0..run.first().map_or(0, |first| first.shards))
            .map(|shard| scan(volume, folder, name, run, shard))
            .collect::<Result<_, _>>()?;
        let groups: Vec<Vec<Group>> = shards.iter().map(|shard| shard.groups()).collect();
        for (shard, count) in shards.iter().zip(ends(&groups, torn)) {
            let cuts = shard.cuts(count);
            if !is_last && let Some(cut) = cuts.last() {
                let (path, what) =
                    (cut.path.clone(), format!("{}, in a part of the log that was complete", cut.why));
                return Err(RecoverError::Corrupt { path, offset: Some(cut.kept), what });
            }
            recovered.bytes += shard.files.iter().map(|file| file.len).sum::<u64>();
            recovered.bytes -= cuts.iter().map(|cut| cut.len - cut.kept).sum::<u64>();
            recovered.frames += shard.frames;
            recovered.cuts.extend(cuts);
        }
    }
    for file in manifest.base.iter().chain(&manifest.imported) {
        let path = folder.join(file);
        recovered.bytes += volume.len(&path).map_err(|error| io(&path, error))?;
    }
    match torn {
        Torn::Refuse if !recovered.cuts.is_empty() => return Err(RecoverError::Torn(recovered.cuts)),
        Torn::Refuse | Torn::Report => {}
        _ => {
            for cut in &recovered.cuts {
                volume.truncate(&cut.path, cut.kept).map_err(|error| io(&cut.path, error))?;
            }
        }
    }
    recovered.manifest = manifest;
    Ok(recovered)
}

/// For each log, how many of its groups count.
#[cfg_attr(not(feature = "sim-faults"), allow(unused_variables, reason = "only a fault asks"))]
fn ends(groups: &[Vec<Group>], torn: Torn) -> Vec<usize> {
    #[cfg(feature = "sim-faults")]
    if torn == Torn::CutWithoutGroups {
        return groups.iter().map(Vec::len).collect();
    }
    whole(groups)
}

/// The generations of each process.
fn runs(generations: &[Generation]) -> impl Iterator<Item = &[Generation]> {
    generations.chunk_by(|before, next| !next.start && before.shards == next.shards)
}

/// A file of a shard, as far as it is good.
struct File {
    path: PathBuf,
    len: u64,
    good: u64,
    damage: Option<Damage>,
}

/// A shard's log of a run.
struct ShardRun {
    files: Vec<File>,
    /// Groups, with the file in which their frame is and where it begins.
    groups: Vec<(Group, u32, u64)>,
    frames: u64,
}

/// Reads the log of a shard over the generations of a run.
fn scan(
    volume: &mut impl Volume,
    folder: &Path,
    name: &str,
    run: &[Generation],
    shard: u16,
) -> Result<ShardRun, RecoverError> {
    let mut found = ShardRun { files: Vec::new(), groups: Vec::new(), frames: 0 };
    for (number, generation) in run.iter().enumerate() {
        let path = folder.join(log_name(name, generation.number, shard));
        let io = |error| RecoverError::Io(path.clone(), error);
        let corrupt =
            |offset, what: String| RecoverError::Corrupt { path: path.clone(), offset: Some(offset), what };
        if !LogReader::is_of(volume, &path, shard, generation.shards, generation.number).map_err(io)? {
            return Err(corrupt(0, "it does not begin as the log of this shard and generation".into()));
        }
        let len = volume.len(&path).map_err(io)?;
        let mut reader = LogReader::new(volume, &path, len).map_err(io)?;
        let damage = loop {
            let start = reader.offset();
            match reader.next(volume).map_err(io)? {
                Found::Frame(head, _) => {
                    if let Some(torn) =
                        found.files.iter().find_map(|file| Some((&file.path, file.damage.as_ref()?)))
                    {
                        // A file is synced before the next one is begun.
                        let (path, damage) = (torn.0.clone(), torn.1);
                        let what = format!("{}, and the next generation of the log goes on", damage.what);
                        return Err(RecoverError::Corrupt { path, offset: Some(damage.offset), what });
                    }
                    found.frames += 1;
                    found.groups.extend(head.group.map(|group| (group, number as u32, start)));
                }
                Found::End => break None,
                Found::Damaged(damage) if damage.is_torn => break Some(damage),
                Found::Damaged(damage) => {
                    let behind = damage.good_behind.unwrap_or_default();
                    return Err(corrupt(
                        damage.offset,
                        format!("{}, with good ones from byte {behind} on,", damage.what),
                    ));
                }
            }
        };
        // Behind the last frame there may be room that was not used: nothing to cut.
        let good = reader.offset();
        let len = if damage.is_some() { len } else { good };
        found.files.push(File { path, len, good, damage });
    }
    Ok(found)
}

impl ShardRun {
    fn groups(&self) -> Vec<Group> {
        self.groups.iter().map(|(group, ..)| *group).collect()
    }

    /// What is cut off if so many groups remain; the last file first.
    fn cuts(&self, count: usize) -> Vec<Cut> {
        let torn = self.groups.get(count).map(|&(_, file, start)| (file as usize, start));
        let mut cuts = Vec::new();
        for (number, file) in self.files.iter().enumerate().rev() {
            let (kept, why) = match torn {
                Some((from, start)) if number == from => {
                    (start, "a part of a write over several shards is missing elsewhere")
                }
                Some((from, _)) if number > from => {
                    (FILE_HEAD_BYTES as u64, "what came before it was cut off")
                }
                _ => (file.good, file.damage.as_ref().map_or("", |damage| damage.what)),
            };
            if kept < file.len {
                cuts.push(Cut { path: file.path.clone(), len: file.len, kept, why });
            }
        }
        cuts
    }
}
