//! The log as what is fed to the cores at the start.
//!
//! ```text
//!   as many shards as now     log k ──► core k, all in parallel
//!   another number            logs, one after the other, up to their next barrier ──► all cores, each takes its own keys
//!                             all logs at the same barrier: it is fed once, as one frame; and on
//! ```
//!
//! Frames of different logs name different keys, so their order among each other matters only at barriers.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::frame::{Frame, Head, put_command, put_frame};
use super::import::{Imported, ImportedFile, begins_as_snapshot};
use super::manifest::{Generation, log_name};
use super::reader::{Found, LogReader};
use super::recover::Recovered;
use super::volume::Volume;
use crate::load::{FeedItem, Piece, SnapshotSource, Source};

/// Frames are handed out when there are at least so many bytes of them.
const CHUNK_BYTES: usize = 512 * 1024;
/// Commands that concern more than keys that they name. In frames with a barrier each log has them once, in the same order.
const BARRIERS: [&[u8]; 4] = [b"flushall", b"flushdb", b"swapdb", b"function"];

/// See the [module documentation](self).
pub struct LogSource<V: Volume> {
    volume: V,
    folder: PathBuf,
    name: String,
    shards: usize,
    base: Option<SnapshotSource<Box<dyn Read + Send>>>,
    /// Files of another server that are to be read.
    imported: VecDeque<ImportedFile>,
    /// Generations that are to be read.
    left: std::vec::IntoIter<Generation>,
    /// The logs of the present generation, by shard then.
    logs: Vec<Log>,
    read_bytes: u64,
}

/// A log that is read.
struct Log {
    shard: usize,
    reader: LogReader,
    /// The frame that all other logs have to come to.
    barrier: Option<(Head, Vec<u8>)>,
    ended: bool,
}

impl<V: Volume> LogSource<V> {
    /// What was recovered, for so many shards now.
    ///
    /// # Errors
    /// The base can't be opened.
    pub fn new(
        volume: V,
        folder: &Path,
        name: &str,
        recovered: &Recovered,
        shards: usize,
    ) -> io::Result<Self> {
        let (mut volume, mut base, mut imported) = (volume, None, VecDeque::new());
        if let Some(file) = recovered.manifest.base.as_ref().map(|base| folder.join(base)) {
            // Of another server's files the name says nothing for sure.
            if recovered.manifest.imported.is_empty() || begins_as_snapshot(&mut volume, &file)? {
                base = Some(volume.open(&file)?);
            } else {
                imported.push_back(ImportedFile::open(&mut volume, &file, false)?);
            }
        }
        for (number, file) in recovered.manifest.imported.iter().enumerate() {
            let is_last = recovered.torn_imports && number + 1 == recovered.manifest.imported.len();
            imported.push_back(ImportedFile::open(&mut volume, &folder.join(file), is_last)?);
        }
        Ok(LogSource {
            imported,
            volume,
            folder: folder.to_owned(),
            name: name.to_owned(),
            shards,
            base: base.map(SnapshotSource::new),
            left: recovered.manifest.generations.clone().into_iter(),
            logs: Vec::new(),
            read_bytes: 0,
        })
    }

    /// Opens the logs of the next generation.
    fn open_next(&mut self) -> io::Result<bool> {
        let Some(generation) = self.left.next() else { return Ok(false) };
        for shard in 0..generation.shards {
            let path = self.folder.join(log_name(&self.name, generation.number, shard));
            let reader = LogReader::new(&mut self.volume, &path, u64::MAX)?;
            self.logs.push(Log { shard: usize::from(shard), reader, barrier: None, ended: false });
        }
        Ok(true)
    }

    /// Frames of a log; of one that goes to all shards up to a barrier.
    fn read(&mut self, log: usize, stops: bool) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let Some(log) = self.logs.get_mut(log) else { return Ok(bytes) };
        while bytes.len() < CHUNK_BYTES {
            match log.reader.next(&mut self.volume)? {
                Found::Frame(head, range) => {
                    self.read_bytes += range.len() as u64;
                    let frame = log.reader.bytes(range);
                    if stops && head.barrier && head.group.is_some_and(|group| group.parts > 1) {
                        log.barrier = Some((head, frame.to_vec()));
                        break;
                    }
                    bytes.extend_from_slice(frame);
                }
                Found::End => {
                    log.ended = true;
                    break;
                }
                Found::Damaged(damage) => {
                    let what = format!("{} at byte {} of a log that was good", damage.what, damage.offset);
                    return Err(io::Error::new(io::ErrorKind::InvalidData, what));
                }
            }
        }
        Ok(bytes)
    }

    fn piece(&self, to: Option<usize>, bytes: Vec<u8>) -> Piece {
        Piece { to, item: FeedItem::Frames(bytes.into()), read_bytes: self.read_bytes }
    }

    /// A piece for one shard: that with the fewest waiting.
    fn parallel(&mut self, waiting: &[usize]) -> io::Result<Option<Piece>> {
        loop {
            let open = self.logs.iter().enumerate().filter(|(_, log)| !log.ended);
            let next = open.min_by_key(|(_, log)| waiting.get(log.shard).copied());
            let Some((number, shard)) = next.map(|(number, log)| (number, log.shard)) else {
                return Ok(None);
            };
            let bytes = self.read(number, false)?;
            if !bytes.is_empty() {
                return Ok(Some(self.piece(Some(shard), bytes)));
            }
        }
    }

    /// A piece for all shards.
    fn spread(&mut self) -> io::Result<Option<Piece>> {
        loop {
            let next = self.logs.iter().position(|log| !log.ended && log.barrier.is_none());
            if let Some(number) = next {
                let bytes = self.read(number, true)?;
                if !bytes.is_empty() {
                    return Ok(Some(self.piece(None, bytes)));
                }
                continue;
            }
            let frames: Vec<(Head, Vec<u8>)> =
                self.logs.iter_mut().filter_map(|log| log.barrier.take()).collect();
            let Some(bytes) = one_barrier(&frames)? else { return Ok(None) };
            return Ok(Some(self.piece(None, bytes)));
        }
    }
}

/// One frame out of the parts of a barrier: what comes before a command that concerns everything, of all parts; that command once;
/// and so on.
fn one_barrier(frames: &[(Head, Vec<u8>)]) -> io::Result<Option<Vec<u8>>> {
    let wrong = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let Some((head, _)) = frames.first() else { return Ok(None) };
    if frames.iter().any(|(other, _)| other.group != head.group) {
        return Err(wrong("logs come to different barriers"));
    }
    let mut parts = Vec::new();
    for (_, bytes) in frames {
        let frame = super::next_frame(bytes).ok().flatten().ok_or_else(|| wrong("a broken frame"))?.0;
        parts.push(
            commands(&frame).ok_or_else(|| wrong("a frame with a broken command"))?.into_iter().peekable(),
        );
    }
    let mut body = Vec::new();
    loop {
        let mut barrier = None;
        for part in &mut parts {
            for (db, args) in part.by_ref() {
                if is_barrier(&args) {
                    barrier = Some((db, args));
                    break;
                }
                put_command(&mut body, db, args.into_iter());
            }
        }
        let Some((db, args)) = barrier else { break };
        put_command(&mut body, db, args.into_iter());
    }
    let mut bytes = Vec::new();
    put_frame(&mut bytes, head, &body);
    Ok(Some(bytes))
}

type Command<'a> = (u16, Vec<&'a [u8]>);

fn commands<'a>(frame: &Frame<'a>) -> Option<Vec<Command<'a>>> {
    frame.commands().collect::<Result<_, _>>().ok()
}

fn is_barrier(args: &[&[u8]]) -> bool {
    args.first().is_some_and(|name| BARRIERS.iter().any(|barrier| name.eq_ignore_ascii_case(barrier)))
}

impl<V: Volume> Source for LogSource<V> {
    fn next(&mut self, waiting: &[usize]) -> io::Result<Option<Piece>> {
        if let Some(base) = &mut self.base {
            if let Some(piece) = base.next(waiting)? {
                self.read_bytes = piece.read_bytes;
                return Ok(Some(piece));
            }
            self.base = None;
        }
        while let Some(file) = self.imported.front_mut() {
            match file.read(&mut self.volume, CHUNK_BYTES)? {
                Some(Imported::Frames(bytes)) => {
                    self.read_bytes += bytes.len() as u64;
                    return Ok(Some(self.piece(None, bytes)));
                }
                Some(Imported::Snapshot(bytes)) => {
                    self.read_bytes += bytes.len() as u64;
                    let item = FeedItem::Snapshot(bytes.into());
                    return Ok(Some(Piece { to: None, item, read_bytes: self.read_bytes }));
                }
                None => drop(self.imported.pop_front()),
            }
        }
        loop {
            let piece = if self.logs.len() == self.shards { self.parallel(waiting) } else { self.spread() };
            if let Some(piece) = piece? {
                return Ok(Some(piece));
            }
            self.logs.clear();
            if !self.open_next()? {
                return Ok(None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::Group;
    use super::super::head::file_head;
    use super::super::manifest::Manifest;
    use super::super::volume::MemoryVolume;
    use super::super::{Torn, recover};
    use super::*;

    fn frame(group: Option<Group>, barrier: bool, commands: &[&str]) -> Vec<u8> {
        let (mut body, mut bytes) = (Vec::new(), Vec::new());
        for command in commands {
            let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
            put_command(&mut body, 0, words.into_iter());
        }
        put_frame(&mut bytes, &Head { time_ms: 9, group, barrier }, &body);
        bytes
    }

    /// What each of so many shards is told to do.
    fn told(disk: &MemoryVolume, manifest: &Manifest, shards: usize) -> Vec<Vec<String>> {
        let folder = Path::new("f");
        let recovered = recover(&mut disk.clone(), folder, "a", manifest.clone(), Torn::Cut).expect("good");
        let mut source = LogSource::new(disk.clone(), folder, "a", &recovered, shards).expect("opened");
        let mut told = vec![Vec::new(); shards];
        while let Some(piece) = source.next(&vec![0; shards]).expect("read") {
            let FeedItem::Frames(mut bytes) = piece.item else { panic!("no snapshot") };
            while !bytes.is_empty() {
                let (frame, len) = super::super::next_frame(&bytes).expect("good").expect("whole");
                let words = commands(&frame).expect("good").into_iter();
                let texts = words.map(|(_, args)| String::from_utf8(args.join(&b' ')).expect("text"));
                let texts: Vec<String> = texts.collect();
                (0..shards)
                    .filter(|&shard| piece.to.is_none_or(|to| to == shard))
                    .for_each(|shard| told[shard].extend(texts.iter().cloned()));
                bytes = bytes[len..].into();
            }
        }
        told
    }

    #[test]
    fn logs_are_fed_to_any_number_of_shards() {
        let disk = MemoryVolume::default();
        let group = |number| Some(Group { core: 0, number, parts: 2 });
        let logs = [
            [
                frame(None, false, &["SET a 1"]),
                frame(group(1), true, &["SET b 1", "FLUSHALL", "SET b 2"]),
                frame(None, false, &["SET a 2"]),
            ],
            [
                frame(group(2), false, &["SET x 1"]),
                frame(group(1), true, &["FLUSHALL", "SET y 2"]),
                frame(None, false, &["SET x 2"]),
            ],
        ];
        let mut logs = logs.map(|frames| frames.concat());
        logs[0].extend(frame(group(2), false, &[]));
        for (shard, log) in logs.iter().enumerate() {
            let head = file_head(shard as u16, 2, 3);
            disk.put(&Path::new("f").join(log_name("a", 3, shard as u16)), &[&head[..], log].concat());
        }
        let generations = vec![Generation { number: 3, shards: 2, start: true }];
        let manifest = Manifest { generations, ..Manifest::default() };
        let both = told(&disk, &manifest, 2);
        assert_eq!(both[0], ["SET a 1", "SET b 1", "FLUSHALL", "SET b 2", "SET a 2"]);
        assert_eq!(both[1], ["SET x 1", "FLUSHALL", "SET y 2", "SET x 2"]);
        let expected =
            ["SET a 1", "SET x 1", "SET b 1", "FLUSHALL", "SET b 2", "SET y 2", "SET a 2", "SET x 2"];
        for shards in [1, 3] {
            assert_eq!(told(&disk, &manifest, shards), vec![expected; shards]);
        }
    }
}
