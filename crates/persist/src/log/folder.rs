//! The folder of the log: names with numbers, the manifest, what a crash left over.

use std::io::{self, IoSlice};
use std::path::Path;

use super::manifest::{MANIFEST_MAX_BYTES, Manifest, base_name, log_name, manifest_name};
use super::volume::{Volume, read_all};

/// The number of a generation in the name of a file.
fn number_of(file: &str, name: &str) -> Option<u64> {
    file.strip_prefix(name)?.strip_prefix('.')?.split('.').next()?.parse().ok()
}

/// The highest number of a generation that a file in the folder has in its name, whoever made it: new ones are numbered from there.
///
/// # Errors
/// What the system says.
pub fn last_number(volume: &mut impl Volume, folder: &Path, name: &str) -> io::Result<u64> {
    let files = volume.list(folder)?;
    Ok(files.iter().filter_map(|file| number_of(file, name)).max().unwrap_or(0))
}

/// Removes files of generations before this one that are not listed.
pub(super) fn remove_unlisted(
    volume: &mut impl Volume,
    folder: &Path,
    name: &str,
    listed: &[String],
    before: u64,
) -> io::Result<()> {
    for file in volume.list(folder)?.into_iter().filter(|file| !listed.contains(file)) {
        let Some(number) = number_of(&file, name).filter(|&number| number < before) else { continue };
        let shard =
            file.strip_suffix(".incr.log").and_then(|rest| rest.rsplit_once(".shard")?.1.parse().ok());
        if file == base_name(name, number) || shard.is_some_and(|shard| file == log_name(name, number, shard))
        {
            volume.remove(&folder.join(file))?;
        }
    }
    Ok(())
}

/// Keeps the manifest of another server under another name before ours takes its place.
pub(super) fn keep_foreign_manifest(volume: &mut impl Volume, folder: &Path, name: &str) -> io::Result<()> {
    let file = manifest_name(name);
    if !volume.list(folder)?.contains(&file) {
        return Ok(());
    }
    let bytes = read_all(volume, &folder.join(&file), MANIFEST_MAX_BYTES)?;
    if Manifest::parse(&bytes).is_some() {
        return Ok(());
    }
    let mut copy = volume.create(&folder.join(format!("{file}.redis")))?;
    write_at(volume, &mut copy, 0, &bytes)?;
    volume.sync(&mut [&mut copy]).into_iter().collect()
}

/// Writes a manifest over the one that is there.
pub(super) fn write_manifest(
    volume: &mut impl Volume,
    folder: &Path,
    name: &str,
    manifest: &Manifest,
) -> io::Result<()> {
    let temporary = folder.join(format!("temp-{}", manifest_name(name)));
    let mut file = volume.create(&temporary)?;
    write_at(volume, &mut file, 0, manifest.render().as_bytes())?;
    volume.sync(&mut [&mut file]).into_iter().collect::<io::Result<()>>()?;
    drop(file);
    volume.rename(&temporary, &folder.join(manifest_name(name)))?;
    volume.sync_folder(folder)
}

/// Writes all bytes at an offset.
pub(super) fn write_at<V: Volume>(
    volume: &mut V,
    file: &mut V::File,
    offset: u64,
    mut bytes: &[u8],
) -> io::Result<()> {
    let mut at = offset;
    while !bytes.is_empty() {
        match volume.write(file, at, &[IoSlice::new(bytes)]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(len) => {
                at += len as u64;
                bytes = bytes.get(len..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
