//! `anax check-rdb FILE|FOLDER`: whether a snapshot can be loaded, and what is in it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use base::slot::{key_slot, shard_of_slot};
use persist::parts::{FrameReader, FrameRest, MANIFEST, Manifest, content};
use rdb::write::{put_end, put_header};
use rdb::{Event, Next, Reader};

/// How much is read at once.
const CHUNK_BYTES: usize = 1024 * 1024;

/// Checks a file, or a snapshot in a folder, and says what was found.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn check(path: &Path) -> Result<String, String> {
    if path.is_dir() {
        return check_folder(path);
    }
    if path.file_name().is_some_and(|name| name == MANIFEST) {
        return check_folder(path.parent().unwrap_or(Path::new(".")));
    }
    let mut file = File::open(path).map_err(|error| format!("can't open {}: {error}", path.display()))?;
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut found = Found::default();
    let mut reader = Reader::new(true);
    found.read(&mut reader, None, |reader| {
        let len = read(&mut file, &mut chunk).map_err(|error| format!("can't read: {error}"))?;
        reader.feed(chunk.get(..len).unwrap_or_default());
        Ok(len > 0)
    })?;
    let (format, bytes) = (&found.format, reader.offset());
    Ok(format!("{format}, {bytes} bytes: {}; no errors", found.text()))
}

/// Checks the manifest of a snapshot and every part that it lists.
fn check_folder(folder: &Path) -> Result<String, String> {
    let path = folder.join(MANIFEST);
    let text =
        fs::read_to_string(&path).map_err(|error| format!("can't read {}: {error}", path.display()))?;
    let manifest = Manifest::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let (mut found, mut bytes, count) = (Found::default(), 0, manifest.parts.len());
    for (number, part) in manifest.parts.iter().enumerate() {
        let path = folder.join(&part.name);
        let named = |error: String| format!("{}: {error}", path.display());
        let file = File::open(&path).map_err(|error| named(error.to_string()))?;
        let len = file.metadata().map_or(0, |metadata| metadata.len());
        if len != part.bytes {
            return Err(named(format!("it has {len} bytes, and should have {}", part.bytes)));
        }
        bytes += len;
        let mut frames = FrameReader::new(file, len);
        let mut reader = Reader::new(false);
        let mut edge = Vec::new();
        put_header(&mut edge, manifest.version);
        reader.feed(&edge);
        let mut ended = false;
        found
            .read(&mut reader, Some((number, count)), |reader| {
                match frames.read_frame().map_err(|error| error.to_string())? {
                    FrameRest::Frame(frame, at) => {
                        reader.feed(&content(&frame, at).map_err(|error| error.to_string())?);
                    }
                    FrameRest::End if ended => return Ok(false),
                    FrameRest::End => {
                        ended = true;
                        edge.clear();
                        put_end(&mut edge);
                        // No checksum: the frames have theirs.
                        edge.extend_from_slice(&[0; 8]);
                        reader.feed(&edge);
                    }
                }
                Ok(true)
            })
            .map_err(named)?;
    }
    let version = manifest.version;
    Ok(format!(
        "a snapshot of version {version} in {count} parts, {bytes} bytes: {}; no errors",
        found.text()
    ))
}

/// What is in a snapshot.
#[derive(Default)]
struct Found {
    keys: u64,
    expiring: u64,
    parts: u64,
    functions: u64,
    format: String,
    /// The last key that was read, in words.
    last: String,
}

impl Found {
    fn text(&self) -> String {
        let Found { keys, expiring, parts, functions, .. } = self;
        format!("{keys} keys ({expiring} expire), {parts} elements, {functions} libraries of functions")
    }

    /// Reads to the end; `feed` gives more, and tells whether there was any. `part`: only keys of this part of so many may come.
    fn read(
        &mut self,
        reader: &mut Reader,
        part: Option<(usize, usize)>,
        mut feed: impl FnMut(&mut Reader) -> Result<bool, String>,
    ) -> Result<(), String> {
        loop {
            let event = match reader.next() {
                Ok(Next::Event(event)) => event,
                Ok(Next::More(_)) => {
                    if !feed(reader)? {
                        return Err(format!("{}{}", reader.truncated(), self.last));
                    }
                    continue;
                }
                Err(error) => return Err(format!("{error}{}", self.last)),
            };
            match event {
                Event::Version { valkey, version } => {
                    self.format = format!("{} version {version}", if valkey { "Valkey" } else { "RDB" });
                }
                Event::Key(head) => {
                    self.keys += 1;
                    self.expiring += u64::from(head.expiry_ms.is_some());
                    let key = head.key.to_vec();
                    self.last =
                        format!(", in or behind key '{}' of database {}", key.escape_ascii(), head.db);
                    if let Some((number, count)) = part
                        && usize::from(shard_of_slot(key_slot(&key), count as u16)) != number
                    {
                        return Err(format!("a key that belongs to another part{}", self.last));
                    }
                }
                Event::Part(_) => self.parts += 1,
                Event::Function(_) => self.functions += 1,
                Event::End => return Ok(()),
                Event::KeyEnd | Event::Aux(..) | Event::Sizes { .. } => {}
            }
        }
    }
}

fn read(file: &mut File, chunk: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
