//! Reads a shard's log from a file, frame by frame, and judges damage.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use base::limits::LOG_UNSYNCED_MAX_BYTES;

use super::frame::{Broken, Head, MARK, next_frame};
use super::head::{FILE_HEAD_BYTES, file_head};
use super::volume::{ROOM_BYTES, Volume};

/// How much is read at once.
const READ_BYTES: usize = 1024 * 1024;
/// So far behind a bad frame it is looked for a good one: much more than a crash can tear off.
const SEARCH_MAX_BYTES: usize = 4 * LOG_UNSYNCED_MAX_BYTES;
/// What a disk writes whole. Of what was not synced when the power was lost, any sector may be missing, and then reads as zeros.
const SECTOR_BYTES: u64 = 512;
/// So many zeros at the end of a sector are hardly the content of a frame.
const ZEROS_MIN: usize = 8;

/// A file that is read from front to back.
pub(super) struct LogReader {
    path: PathBuf,
    /// Bytes of the file from `start` on.
    buffer: Vec<u8>,
    /// Where the buffer begins in the file.
    start: u64,
    /// Where the next frame begins in the buffer.
    at: usize,
    /// Where reading ends.
    end: u64,
}

/// What ends a file before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Damage {
    /// Where.
    pub(super) offset: u64,
    pub(super) what: &'static str,
    /// Where a good frame stands behind it.
    pub(super) good_behind: Option<u64>,
    /// It is what a crash makes of the end of a file.
    pub(super) is_torn: bool,
}

/// What comes next in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A frame, and where its bytes are in the buffer.
    Frame(Head, Range<usize>),
    /// All was read.
    End,
    Damaged(Damage),
}

impl LogReader {
    /// Reads from the first frame to an offset, or to the end of the file if that comes first.
    pub(super) fn new(volume: &mut impl Volume, path: &Path, end: u64) -> io::Result<Self> {
        let end = end.min(volume.len(path)?);
        let start = FILE_HEAD_BYTES as u64;
        Ok(LogReader { path: path.to_owned(), buffer: Vec::new(), start, at: 0, end })
    }

    /// Whether the first bytes of the file are what they should be.
    pub(super) fn is_of(
        volume: &mut impl Volume,
        path: &Path,
        shard: u16,
        shards: u16,
        generation: u64,
    ) -> io::Result<bool> {
        let mut head = [0; FILE_HEAD_BYTES];
        let len = volume.read(path, 0, &mut head)?;
        Ok(len == FILE_HEAD_BYTES && head == file_head(shard, shards, generation))
    }

    /// Where the next frame begins in the file.
    pub(super) fn offset(&self) -> u64 {
        self.start + self.at as u64
    }

    /// Bytes of the buffer.
    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.buffer.get(range).unwrap_or_default()
    }

    /// Finds the next frame and goes behind it.
    pub(super) fn next(&mut self, volume: &mut impl Volume) -> io::Result<Found> {
        loop {
            let next = next_frame(self.buffer.get(self.at..).unwrap_or_default());
            match next.map(|found| found.map(|(frame, len)| (frame.head, len))) {
                Ok(Some((head, len))) => {
                    let range = self.at..self.at + len;
                    self.at += len;
                    return Ok(Found::Frame(head, range));
                }
                Ok(None) if self.read_on(volume)? => {}
                Ok(None) if self.at == self.buffer.len() => return Ok(Found::End),
                Ok(None) => {
                    let what = "a frame without its end";
                    let damage = Damage { offset: self.offset(), what, good_behind: None, is_torn: true };
                    return Ok(Found::Damaged(damage));
                }
                Err(_) if self.is_room(volume)? => return Ok(Found::End),
                Err(broken) => return Ok(Found::Damaged(self.judge(volume, broken)?)),
            }
        }
    }

    /// Reads more of the file; false at its end.
    fn read_on(&mut self, volume: &mut impl Volume) -> io::Result<bool> {
        self.buffer.drain(..self.at);
        self.start += self.at as u64;
        self.at = 0;
        let old = self.buffer.len();
        let from = self.start + old as u64;
        // A long frame is read in ever larger pieces, so that looking at it again and again costs little.
        let wanted = self.end.saturating_sub(from).min(READ_BYTES.max(old) as u64);
        self.buffer.resize(old + wanted as usize, 0);
        let read = match wanted {
            0 => 0,
            _ => volume.read(&self.path, from, self.buffer.get_mut(old..).unwrap_or_default())?,
        };
        self.buffer.truncate(old + read);
        Ok(read > 0)
    }

    /// Whether all that is left is room that was made and not used. No frame begins with a zero.
    fn is_room(&mut self, volume: &mut impl Volume) -> io::Result<bool> {
        let zeros = |reader: &Self| reader.buffer.iter().skip(reader.at).all(|&byte| byte == 0);
        if !zeros(self) || self.end - self.offset() > ROOM_BYTES {
            return Ok(false);
        }
        while self.read_behind(volume)? {
            if !zeros(self) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What to think of a bad frame: it is torn if nothing good follows, or if sectors are missing where they need not have been
    /// on the disk yet.
    fn judge(&mut self, volume: &mut impl Volume, broken: Broken) -> io::Result<Damage> {
        let offset = self.offset();
        let mut at = self.at + broken.len.unwrap_or(1);
        let good_behind = loop {
            if at > self.at + SEARCH_MAX_BYTES {
                let what = "no frame where one should be, nor in many megabytes behind it";
                return Ok(Damage { offset, what, good_behind: None, is_torn: false });
            }
            let rest = self.buffer.get(at..).unwrap_or_default();
            let Some(next) = rest.iter().position(|&byte| byte == MARK) else {
                at = at.max(self.buffer.len());
                if !self.read_behind(volume)? {
                    break None;
                }
                continue;
            };
            at += next;
            let rest = self.buffer.get(at..).unwrap_or_default();
            let (searched, found) = (rest.len(), next_frame(rest).map(|frame| frame.is_some()));
            match found {
                Ok(true) => break Some(self.start + at as u64),
                Ok(false) if searched < SEARCH_MAX_BYTES && self.read_behind(volume)? => {}
                Ok(false) | Err(_) => at += 1,
            }
        };
        let near_the_end = self.end - offset <= 2 * LOG_UNSYNCED_MAX_BYTES as u64;
        let is_torn = good_behind.is_none_or(|good| near_the_end && self.lacks_a_sector(good));
        Ok(Damage { offset, what: broken.what, good_behind, is_torn })
    }

    /// Reads more and keeps all that is in the buffer.
    fn read_behind(&mut self, volume: &mut impl Volume) -> io::Result<bool> {
        let at = std::mem::take(&mut self.at);
        let more = self.read_on(volume);
        self.at = at;
        more
    }

    /// Whether the rest of a sector between the bad frame and this offset is zeros: what was there already stayed, and what came
    /// later did not arrive. No frame begins with a zero; inside of one, a few are taken for its content.
    fn lacks_a_sector(&self, until: u64) -> bool {
        let offset = self.offset();
        let mut sector = offset;
        while sector < until {
            let end = (sector / SECTOR_BYTES + 1) * SECTOR_BYTES;
            let range = (sector - self.start) as usize..(end.min(until) - self.start) as usize;
            let bytes = self.buffer.get(range).unwrap_or_default();
            let zeros = bytes.iter().rev().take_while(|&&byte| byte == 0).count();
            let at_once = sector == offset && zeros == bytes.len();
            if end <= until && (zeros >= ZEROS_MIN || at_once && zeros > 0) {
                return true;
            }
            sector = end;
        }
        false
    }
}
