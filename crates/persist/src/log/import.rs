//! Append-only files of Redis and Valkey: their manifest, and their commands as frames.
//!
//! A file is a sequence of commands as clients send them, with `SELECT` for the database, transactions between `MULTI` and `EXEC`, and
//! lines like `#TS:1790000000` that say when. A transaction becomes one frame; without its end it does not count.

use std::io;
use std::path::{Path, PathBuf};

use rdb::{Event, Next, Reader};

use super::frame::{Head, put_command, put_frame};
use super::manifest::{Manifest, plain_name};
use super::volume::Volume;

/// How much is read at once.
const READ_BYTES: usize = 1024 * 1024;
/// Longest line that says a count or a length.
const LINE_MAX_BYTES: usize = 64 * 1024;
/// Longest line of a manifest, as in Redis.
const MANIFEST_LINE_MAX_BYTES: usize = 1023;
/// Lengths are below this.
const ARG_MAX_BYTES: u64 = u32::MAX as u64;

/// What a manifest of Redis or Valkey lists.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse_foreign(bytes: &[u8]) -> Result<Manifest, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text")?;
    let mut manifest = Manifest::default();
    let mut last = 0;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let wrong = |what: &str| format!("line {}: {what}", number + 1);
        if line.len() > MANIFEST_LINE_MAX_BYTES {
            return Err(wrong("it is too long"));
        }
        let words = words(line).ok_or_else(|| wrong("a quote that does not end"))?;
        if !words.len().is_multiple_of(2) {
            return Err(wrong("a name without a value"));
        }
        let pair = |key: &str| words.chunks(2).find(|pair| pair.first().is_some_and(|word| word == key));
        let value = |key: &str| pair(key)?.get(1).map(String::as_str);
        let (Some(name), Some(kind)) = (value("file"), value("type")) else {
            return Err(wrong("a file and its type are expected"));
        };
        if plain_name(name).is_none() {
            return Err(wrong("not a plain name of a file"));
        }
        match kind {
            "b" if manifest.base.is_some() || !manifest.imported.is_empty() => {
                return Err(wrong("a second base"));
            }
            "b" if name.ends_with(".rdb") => manifest.base = Some(name.to_owned()),
            "b" => manifest.imported.push(name.to_owned()),
            "i" => {
                let seq: u64 =
                    value("seq").and_then(|seq| seq.parse().ok()).ok_or_else(|| wrong("no number"))?;
                if seq <= last {
                    return Err(wrong("files are out of order"));
                }
                last = seq;
                manifest.imported.push(name.to_owned());
            }
            "h" => {}
            _ => return Err(wrong("an unknown type of file")),
        }
    }
    if manifest == Manifest::default() { Err("it lists nothing".into()) } else { Ok(manifest) }
}

/// The words of a line of a manifest, which may be quoted as in Redis's: `"a \x20 b"`. None if that makes no sense.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut rest) = (Vec::new(), line.trim_start().as_bytes());
    while let Some(&first) = rest.first() {
        let mut word = Vec::new();
        if first != b'"' {
            let len = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            word.extend_from_slice(rest.get(..len)?);
            rest = rest.get(len..)?;
        } else {
            rest = rest.get(1..)?;
            loop {
                rest = match *rest {
                    [b'"', ref tail @ ..] => break rest = tail,
                    [b'\\', b'x', high, low, ref tail @ ..]
                        if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
                    {
                        let digits = [high, low];
                        word.push(u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?);
                        tail
                    }
                    [b'\\', escaped, ref tail @ ..] => {
                        word.push(match escaped {
                            b'n' => b'\n',
                            b'r' => b'\r',
                            b't' => b'\t',
                            b'a' => 7,
                            b'b' => 8,
                            other => other,
                        });
                        tail
                    }
                    [byte, ref tail @ ..] => {
                        word.push(byte);
                        tail
                    }
                    [] => return None,
                };
            }
            if rest.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
                return None;
            }
        }
        words.push(String::from_utf8(word).ok()?);
        rest = rest.trim_ascii_start();
    }
    Some(words)
}

/// Whether a file begins as one of snapshots does.
pub(super) fn begins_as_snapshot(volume: &mut impl Volume, path: &Path) -> io::Result<bool> {
    let mut start = [0; 6];
    let len = volume.read(path, 0, &mut start)?;
    let start = start.get(..len).unwrap_or_default();
    Ok(start.starts_with(b"REDIS") || start.starts_with(b"VALKEY"))
}

/// The snapshot that a file of commands may begin with (`aof-use-rdb-preamble`). Where it ends is known only by reading it.
struct Preamble {
    reader: Reader,
    at: u64,
}

impl Preamble {
    /// The next stretch of it, and whether it is the last one.
    fn read(&mut self, volume: &mut impl Volume, path: &Path) -> io::Result<(Vec<u8>, bool)> {
        let wrong = |error: rdb::Error| {
            let text = format!("{}: {} at byte {}", path.display(), error.problem, error.offset);
            io::Error::new(io::ErrorKind::InvalidData, text)
        };
        let mut chunk = vec![0; READ_BYTES];
        let len = volume.read(path, self.at, &mut chunk)?;
        if len == 0 {
            return Err(wrong(self.reader.truncated()));
        }
        chunk.truncate(len);
        self.reader.feed(&chunk);
        loop {
            match self.reader.next().map_err(wrong)? {
                Next::More(_) => break,
                Next::Event(Event::End) => {
                    let len = usize::try_from(self.reader.offset() - self.at).unwrap_or(len);
                    chunk.truncate(len);
                    self.at += chunk.len() as u64;
                    return Ok((chunk, true));
                }
                Next::Event(_) => {}
            }
        }
        self.at += len as u64;
        Ok((chunk, false))
    }
}

/// What comes out of a file of another server.
pub(super) enum Imported {
    /// A stretch of a snapshot.
    Snapshot(Vec<u8>),
    /// Frames.
    Frames(Vec<u8>),
}

/// A file of another server: commands, perhaps behind a snapshot.
pub(super) struct ImportedFile {
    preamble: Option<Preamble>,
    commands: CommandReader,
}

impl ImportedFile {
    pub(super) fn open(volume: &mut impl Volume, path: &Path, may_be_torn: bool) -> io::Result<Self> {
        let mixed = begins_as_snapshot(volume, path)?;
        let preamble = mixed.then(|| Preamble { reader: Reader::new(false), at: 0 });
        Ok(ImportedFile { preamble, commands: CommandReader::new(path, may_be_torn) })
    }

    /// The next of it, about so many bytes of frames; none at the end.
    pub(super) fn read(&mut self, volume: &mut impl Volume, bytes: usize) -> io::Result<Option<Imported>> {
        if let Some(preamble) = &mut self.preamble {
            let (chunk, ends) = preamble.read(volume, &self.commands.path)?;
            if ends {
                self.commands.start = preamble.at;
                self.preamble = None;
            }
            return Ok(Some(Imported::Snapshot(chunk)));
        }
        let mut out = Vec::new();
        self.commands.read(volume, &mut out, bytes)?;
        Ok((!out.is_empty()).then_some(Imported::Frames(out)))
    }
}

/// A file of commands that is read from front to back.
pub(super) struct CommandReader {
    path: PathBuf,
    buffer: Vec<u8>,
    /// Where the buffer begins in the file.
    start: u64,
    at: usize,
    /// The length of the file, when it has been opened.
    end: Option<u64>,
    ended: bool,
    db: u16,
    time_ms: u64,
    /// It is the last file, which a crash may have torn.
    may_be_torn: bool,
}

/// What stands at a place of a file.
enum Unit {
    /// A command: ranges of its arguments.
    Command(Vec<std::ops::Range<usize>>),
    /// A line that is no command.
    Note,
}

impl CommandReader {
    pub(super) fn new(path: &Path, may_be_torn: bool) -> Self {
        let (path, buffer) = (path.to_owned(), Vec::new());
        // Time does not pass before the first note of it: nothing expires that did not when it was written.
        CommandReader {
            path,
            buffer,
            start: 0,
            at: 0,
            end: None,
            ended: false,
            db: 0,
            time_ms: 1,
            may_be_torn,
        }
    }

    /// Appends frames, about so many bytes of them; none at the end.
    pub(super) fn read(
        &mut self,
        volume: &mut impl Volume,
        out: &mut Vec<u8>,
        bytes: usize,
    ) -> io::Result<()> {
        // A transaction, from its MULTI on.
        let (mut body, mut inside) = (Vec::new(), false);
        while inside || out.len() < bytes {
            let Some(unit) = self.unit(volume)? else {
                if (inside || self.at < self.buffer.len()) && !self.may_be_torn {
                    return Err(self.wrong("an unexpected end"));
                }
                return Ok(());
            };
            let Unit::Command(ranges) = unit else { continue };
            let args: Vec<&[u8]> = ranges.into_iter().filter_map(|range| self.buffer.get(range)).collect();
            let name = args.first().copied().unwrap_or_default();
            let is = |word: &str| name.eq_ignore_ascii_case(word.as_bytes());
            if is("select") && args.len() == 2 {
                let db = args.get(1).and_then(|db| std::str::from_utf8(db).ok()?.parse().ok());
                self.db = db.ok_or_else(|| self.wrong("a number of a database is expected"))?;
            } else if is("multi") && args.len() == 1 {
                inside = true;
            } else {
                let ends = is("exec") && args.len() == 1;
                if !ends {
                    put_command(&mut body, self.db, args.into_iter());
                }
                if ends || !inside {
                    put_frame(out, &Head { time_ms: self.time_ms, ..Head::default() }, &body);
                    body.clear();
                    inside = false;
                }
            }
        }
        Ok(())
    }

    fn wrong(&self, what: &str) -> io::Error {
        let text = format!("{}: {what} at byte {}", self.path.display(), self.start + self.at as u64);
        io::Error::new(io::ErrorKind::InvalidData, text)
    }

    /// The next command or note; none at the end, or if the rest is not whole.
    fn unit(&mut self, volume: &mut impl Volume) -> io::Result<Option<Unit>> {
        loop {
            match parse(self.buffer.get(self.at..).unwrap_or_default()) {
                Err(what) => return Err(self.wrong(what)),
                Ok(Some((ranges, len))) => {
                    let at = self.at;
                    self.at += len;
                    let Some(ranges) = ranges else {
                        self.note(at);
                        return Ok(Some(Unit::Note));
                    };
                    let moved = ranges.into_iter().map(|range| range.start + at..range.end + at);
                    return Ok(Some(Unit::Command(moved.collect())));
                }
                Ok(None) if self.ended => return Ok(None),
                Ok(None) => {
                    self.buffer.drain(..self.at);
                    self.start += self.at as u64;
                    self.at = 0;
                    let old = self.buffer.len();
                    let from = self.start + old as u64;
                    let end = match self.end {
                        Some(end) => end,
                        None => *self.end.insert(volume.len(&self.path)?),
                    };
                    // No more room than there is of the file: making it takes longer than reading a short one.
                    let wanted = end.saturating_sub(from).min(READ_BYTES.max(old) as u64);
                    if wanted == 0 {
                        self.ended = true;
                        continue;
                    }
                    self.buffer.resize(old + wanted as usize, 0);
                    let read =
                        volume.read(&self.path, from, self.buffer.get_mut(old..).unwrap_or_default())?;
                    self.buffer.truncate(old + read);
                    self.ended = read == 0;
                }
            }
        }
    }

    /// A line that is no command: it may tell the time.
    fn note(&mut self, at: usize) {
        let line = self.buffer.get(at..self.at).unwrap_or_default();
        let time = line.strip_prefix(b"#TS:").and_then(|rest| std::str::from_utf8(rest.trim_ascii()).ok());
        if let Some(seconds) = time.and_then(|text| text.parse::<u64>().ok()) {
            self.time_ms = seconds.saturating_mul(1000).min((1 << 48) - 1);
        }
    }
}

type Parsed = (Option<Vec<std::ops::Range<usize>>>, usize);

/// Reads a command, or a line that begins with `#`; none if it is not whole.
fn parse(bytes: &[u8]) -> Result<Option<Parsed>, &'static str> {
    let Some(&first) = bytes.first() else { return Ok(None) };
    let Some((head, mut at)) = line(bytes, 0)? else { return Ok(None) };
    if first == b'#' {
        return Ok(Some((None, at)));
    }
    let count = number(head, b'*').ok_or("a count of arguments is expected")?;
    let mut args = Vec::new();
    for _ in 0..count {
        let Some((head, start)) = line(bytes, at)? else { return Ok(None) };
        let len = number(head, b'$').ok_or("a length is expected")? as usize;
        at = start + len + 2;
        let Some(end) = bytes.get(start + len..at) else { return Ok(None) };
        if end != b"\r\n" {
            return Err("a line break is expected");
        }
        args.push(start..start + len);
    }
    if args.is_empty() { Err("a command without a name") } else { Ok(Some((Some(args), at))) }
}

/// The line at a place, without its end, and where the next one begins.
fn line(bytes: &[u8], at: usize) -> Result<Option<(&[u8], usize)>, &'static str> {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.iter().take(LINE_MAX_BYTES).position(|&byte| byte == b'\n') {
        None if rest.len() >= LINE_MAX_BYTES => Err("a line that is too long"),
        None => Ok(None),
        Some(end) => {
            let line = rest.get(..end).unwrap_or_default();
            Ok(Some((line.strip_suffix(b"\r").unwrap_or(line), at + end + 1)))
        }
    }
}

fn number(line: &[u8], kind: u8) -> Option<u64> {
    let digits = line.strip_prefix(&[kind])?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (digits.first().is_some_and(u8::is_ascii_digit) && number <= ARG_MAX_BYTES).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::super::next_frame;
    use super::super::volume::MemoryVolume;
    use super::*;

    fn read(file: &[u8], torn: bool) -> io::Result<Vec<String>> {
        let disk = MemoryVolume::default();
        disk.put(Path::new("f"), file);
        let mut reader = CommandReader::new(Path::new("f"), torn);
        let mut out = Vec::new();
        reader.read(&mut disk.clone(), &mut out, usize::MAX)?;
        let (mut rest, mut frames) = (&out[..], Vec::new());
        while let Some((frame, len)) = next_frame(rest).expect("good") {
            let commands = frame.commands().map(|command| {
                let (db, args) = command.expect("good");
                format!("{db}:{}", String::from_utf8_lossy(&args.join(&b' ')))
            });
            frames.push(format!("{} {}", frame.head.time_ms, commands.collect::<Vec<_>>().join("; ")));
            rest = &rest[len..];
        }
        Ok(frames)
    }

    const FILE: &str = "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*3\r\n$3\r\nset\r\n$1\r\na\r\n$2\r\n\r\n\r\n#TS:12\r\n*1\r\n$5\r\nMULTI\r\n\
                        *2\r\n$4\r\nincr\r\n$1\r\nn\r\n*2\r\n$3\r\ndel\r\n$1\r\na\r\n*1\r\n$4\r\nEXEC\r\n";

    #[test]
    fn commands_become_frames() {
        let frames = read(FILE.as_bytes(), false).expect("good");
        assert_eq!(frames, ["1 3:set a \r\n", "12000 3:incr n; 3:del a"]);
    }

    #[test]
    fn a_file_cut_anywhere_keeps_whole_transactions() {
        let first = FILE.find("#TS").expect("there");
        for end in 0..FILE.len() {
            let frames = read(&FILE.as_bytes()[..end], true).expect("torn");
            assert_eq!(frames.len(), usize::from(end >= first), "{end}");
        }
        let error = read(&FILE.as_bytes()[..FILE.len() - 1], false).expect_err("refused");
        assert!(error.to_string().starts_with("f: an unexpected end at byte"), "{error}");
        let error = read(b"*1\r\n$4\r\nPING\r\nx\r\n", true).expect_err("refused");
        assert_eq!(error.to_string(), "f: a count of arguments is expected at byte 14");
    }

    /// A snapshot with no keys, then a command.
    fn mixed() -> Vec<u8> {
        let mut bytes = Vec::new();
        rdb::write::put_header(&mut bytes, rdb::VERSION_PLAIN);
        rdb::write::put_end(&mut bytes);
        bytes.extend_from_slice(&[0; 8]);
        bytes.extend_from_slice(b"*2\r\n$4\r\nincr\r\n$1\r\nn\r\n");
        bytes
    }

    #[test]
    fn a_snapshot_may_stand_before_the_commands() {
        let (bytes, disk) = (mixed(), MemoryVolume::default());
        let length = bytes.iter().position(|&byte| byte == b'*').expect("a command");
        for end in 0..=bytes.len() {
            disk.put(Path::new("f"), &bytes[..end]);
            let mut volume = disk.clone();
            let mut file = ImportedFile::open(&mut volume, Path::new("f"), true).expect("there");
            let (mut snapshot, mut frames) = (Vec::new(), Vec::new());
            let ended = loop {
                match file.read(&mut volume, usize::MAX) {
                    Ok(Some(Imported::Snapshot(bytes))) => snapshot.extend(bytes),
                    Ok(Some(Imported::Frames(bytes))) => frames.extend(bytes),
                    Ok(None) => break true,
                    Err(_) => break false,
                }
            };
            assert_eq!(ended, end < "REDIS".len() || end >= length, "{end}");
            if end >= length {
                assert_eq!(snapshot, bytes[..length], "{end}");
                assert_eq!(frames.is_empty(), end < bytes.len(), "{end}");
            }
        }
    }

    #[test]
    fn manifests_of_redis_and_valkey_are_read() {
        let redis = b"file a.2.base.rdb seq 2 type b\nfile a.1.incr.aof seq 1 type h\n\
                      file a.2.incr.aof seq 2 type i startoffset 3 endoffset 16\nfile a.3.incr.aof seq 3 type i\n";
        let manifest = parse_foreign(redis).expect("good");
        assert_eq!(manifest.base.as_deref(), Some("a.2.base.rdb"));
        assert_eq!(manifest.imported, ["a.2.incr.aof", "a.3.incr.aof"]);
        let quoted =
            b"file \"my \\x66ile \\\"1\\\".aof\" seq 1 type b\n# a note\nfile \"b c\" type i seq 1\n";
        let manifest = parse_foreign(quoted).expect("good");
        assert_eq!(manifest.imported, ["my file \"1\".aof", "b c"]);
        for bad in
            ["file \"a seq 1 type b", "file \"a\"b type b", "file \"a\\nb\" type b", "file \"a\\xff\" type b"]
        {
            assert!(parse_foreign(bad.as_bytes()).is_err(), "{bad}");
        }
        let long = format!("file {} seq 1 type i\n", "x".repeat(1100));
        for bad in ["file x seq 1 type i\n\nfile y seq 2 type i\n", "file x seq 1 type i more\n", &long] {
            assert!(parse_foreign(bad.as_bytes()).is_err(), "{bad}");
        }
        for bad in [&b""[..], b"file", b"file ../x type i seq 1", b"file x type z", b"file x type i seq y"] {
            assert!(parse_foreign(bad).is_err());
        }
    }
}
