//! Frames of a part.
//!
//! ```text
//!   length of the content   4 bytes, little-endian; at most CONTENT_MAX_BYTES
//!   length as it stands     4 bytes; shorter than that of the content if it is compressed (LZ4), else the same
//!   checksum                8 bytes: CRC-64 of both lengths and of what follows
//!   the content, perhaps compressed
//! ```

use std::borrow::Cow;
use std::io::{self, Read};

use rdb::checksum::Checksum;

use crate::load::LoadError;

/// Most bytes of content in a frame: what a reader must be ready to hold.
const CONTENT_MAX_BYTES: usize = 1024 * 1024;
const HEAD_BYTES: usize = 16;

fn checksum(lengths: &[u8], stored: &[u8]) -> u64 {
    let mut sum = Checksum::default();
    sum.update(lengths);
    sum.update(stored);
    sum.value()
}

/// Appends content as frames.
pub fn put_frames(out: &mut Vec<u8>, content: &[u8], compressed: bool) {
    for content in content.chunks(CONTENT_MAX_BYTES) {
        let packed = compressed.then(|| lz4_flex::block::compress(content));
        let stored = packed.as_deref().filter(|packed| packed.len() < content.len()).unwrap_or(content);
        let mut lengths = [0; 8];
        let (content_len, stored_len) = lengths.split_at_mut(4);
        content_len.copy_from_slice(&(content.len() as u32).to_le_bytes());
        stored_len.copy_from_slice(&(stored.len() as u32).to_le_bytes());
        out.extend_from_slice(&lengths);
        out.extend_from_slice(&checksum(&lengths, stored).to_le_bytes());
        out.extend_from_slice(stored);
    }
}

/// The content of a whole frame at an offset of its file.
///
/// # Errors
/// A frame that is damaged.
pub fn content(frame: &[u8], offset: u64) -> Result<Cow<'_, [u8]>, LoadError> {
    let damaged = |what: &str| LoadError::new(offset, format!("a damaged frame: {what}"));
    let (content_len, stored_len) = lengths(frame).ok_or_else(|| damaged("its head is cut"))?;
    let (head, stored) = frame.split_at_checked(HEAD_BYTES).ok_or_else(|| damaged("its head is cut"))?;
    let (lengths, sum) = head.split_at_checked(8).ok_or_else(|| damaged("its head is cut"))?;
    if sum != checksum(lengths, stored).to_le_bytes() || stored.len() != stored_len {
        return Err(damaged("its checksum is wrong"));
    }
    if content_len == stored_len {
        return Ok(Cow::Borrowed(stored));
    }
    if content_len > CONTENT_MAX_BYTES {
        return Err(damaged("its content is too long"));
    }
    let unpacked = lz4_flex::block::decompress(stored, content_len);
    match unpacked {
        Ok(content) if content.len() == content_len => Ok(Cow::Owned(content)),
        _ => Err(damaged("its content cannot be decompressed")),
    }
}

/// The lengths of content and of what stands for it.
fn lengths(frame: &[u8]) -> Option<(usize, usize)> {
    let number = |at: usize| {
        let bytes = frame.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    Some((number(0)?, number(4)?))
}

/// What is left of a part.
#[derive(Debug)]
pub enum FrameRest {
    /// A frame, and where it began.
    Frame(Vec<u8>, u64),
    /// Nothing.
    End,
}

/// Reads whole frames from a part of known length.
pub struct FrameReader<R> {
    source: R,
    at: u64,
    len: u64,
}

impl<R: Read> FrameReader<R> {
    /// Reads a part that has, as the manifest says, `len` bytes.
    pub fn new(source: R, len: u64) -> Self {
        FrameReader { source, at: 0, len }
    }

    /// The next frame; its content is not looked at.
    ///
    /// # Errors
    /// What the system says; `InvalidData` with a [`LoadError`] for a part that is damaged.
    pub fn read_frame(&mut self) -> io::Result<FrameRest> {
        let (at, left) = (self.at, self.len - self.at);
        if left == 0 {
            return Ok(FrameRest::End);
        }
        let damaged = |problem: &str| LoadError::new(at, problem.to_owned());
        let mut frame = vec![0; HEAD_BYTES];
        self.fill(&mut frame, at)?;
        let Some((content_len, stored_len)) = lengths(&frame) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, damaged("unexpected end")));
        };
        let whole = (HEAD_BYTES + stored_len) as u64;
        if stored_len > content_len || content_len > CONTENT_MAX_BYTES || stored_len == 0 || whole > left {
            let error = damaged("a damaged frame: its lengths are wrong");
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
        frame.resize(HEAD_BYTES + stored_len, 0);
        self.fill(frame.get_mut(HEAD_BYTES..).unwrap_or_default(), at)?;
        self.at += whole;
        Ok(FrameRest::Frame(frame, at))
    }

    fn fill(&mut self, bytes: &mut [u8], at: u64) -> io::Result<()> {
        self.source.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                io::Error::new(io::ErrorKind::InvalidData, LoadError::new(at, "unexpected end".into()))
            }
            _ => error,
        })
    }
}
