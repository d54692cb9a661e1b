//! The frame: its bytes, how they are written, and how they are read again.
//!
//! ```text
//!   0   1       mark
//!   1   1       flags: 1 group, 2 barrier
//!   2   2       check of the head
//!   4   6       length of the body
//!  10   6       time in milliseconds since 1970
//!  16   4       CRC-32C of the body, over which a check of the head is laid
//! [20   2       group: core    22   2   parts    24   8   number]
//!       …       body: commands: database, count of arguments, for each its length and bytes; numbers as varints
//! ```
//!
//! All numbers are little-endian. The check of the head says whether the length can be trusted, so that a frame with a damaged
//! body can be stepped over to see what is behind it.

use crc_fast::{CrcAlgorithm, checksum};

/// The first byte of each frame.
pub const MARK: u8 = 0xa5;
/// Bytes before the body of a frame without a group.
pub const HEAD_BYTES: usize = 20;
/// Bytes that a group adds.
const GROUP_BYTES: usize = 12;
/// Numbers of six bytes are below this.
const SIX_BYTES: u64 = 1 << 48;

const GROUP: u8 = 1;
const BARRIER: u8 = 2;

/// The name of a write over several shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// The core that planned it.
    pub core: u16,
    /// Its number among those of the core, over all runs of the process whose logs are kept.
    pub number: u64,
    /// How many logs have a frame of it.
    pub parts: u16,
}

/// What a frame says besides its commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// When it happened, in milliseconds since 1970; below 2^48.
    pub time_ms: u64,
    /// The write over several shards that it is a part of.
    pub group: Option<Group>,
    /// It concerns more than keys that it names: everything before it comes before it, in all logs.
    pub barrier: bool,
}

/// A frame that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it says besides its commands.
    pub head: Head,
    /// Its commands.
    pub body: &'a [u8],
}

/// What is wrong with bytes that should be a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong.
    pub what: &'static str,
    /// How long the frame is, if its head is good.
    pub len: Option<usize>,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.what)
    }
}

/// Appends a command to the body of a frame.
pub fn put_command<'a>(body: &mut Vec<u8>, db: u16, args: impl ExactSizeIterator<Item = &'a [u8]>) {
    put_varint(body, u64::from(db));
    put_varint(body, args.len() as u64);
    for arg in args {
        put_varint(body, arg.len() as u64);
        body.extend_from_slice(arg);
    }
}

/// Appends a frame. Its body may be empty: a part of a group that changed nothing.
pub fn put_frame(out: &mut Vec<u8>, head: &Head, body: &[u8]) {
    debug_assert!(head.time_ms < SIX_BYTES && (body.len() as u64) < SIX_BYTES);
    let flags = if head.group.is_some() { GROUP } else { 0 } | if head.barrier { BARRIER } else { 0 };
    let mut bytes = [0; HEAD_BYTES + GROUP_BYTES];
    let len = (body.len() as u64).to_le_bytes();
    let time = head.time_ms.to_le_bytes();
    bytes[0] = MARK;
    bytes[1] = flags;
    bytes[4..10].copy_from_slice(&len[..6]);
    bytes[10..16].copy_from_slice(&time[..6]);
    let mut end = HEAD_BYTES;
    if let Some(group) = head.group {
        bytes[20..22].copy_from_slice(&group.core.to_le_bytes());
        bytes[22..24].copy_from_slice(&group.parts.to_le_bytes());
        bytes[24..32].copy_from_slice(&group.number.to_le_bytes());
        end += GROUP_BYTES;
    }
    let check = head_check(&bytes);
    bytes[2..4].copy_from_slice(&(check as u16).to_le_bytes());
    bytes[16..20].copy_from_slice(&(crc(body) ^ (check >> 32) as u32).to_le_bytes());
    out.reserve(end + body.len());
    out.extend_from_slice(&bytes[..end]);
    out.extend_from_slice(body);
}

/// Reads the frame at the start of the bytes and says how long it is; `None` if more bytes are needed to say anything.
///
/// # Errors
/// What is wrong with it.
pub fn next_frame(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>, Broken> {
    let Some((head, crc_of_body, start, len)) = read_head(bytes)? else { return Ok(None) };
    let Some(body) = bytes.get(start..len) else { return Ok(None) };
    if crc(body) != crc_of_body {
        return Err(Broken { what: "wrong checksum of a frame", len: Some(len) });
    }
    Ok(Some((Frame { head, body }, len)))
}

/// How long the frame is at the start of the bytes, as far as its head says; `None` if more bytes are needed.
///
/// # Errors
/// The head is damaged.
pub fn frame_len(bytes: &[u8]) -> Result<Option<usize>, Broken> {
    Ok(read_head(bytes)?.map(|(_, _, _, len)| len))
}

type ReadHead = (Head, u32, usize, usize);

fn read_head(bytes: &[u8]) -> Result<Option<ReadHead>, Broken> {
    let broken = |what| Err(Broken { what, len: None });
    match bytes {
        [] => return Ok(None),
        &[mark, ..] if mark != MARK => return broken("no frame where one should be"),
        &[_, flags, ..] if flags & !(GROUP | BARRIER) != 0 => return broken("a frame of an unknown kind"),
        _ => {}
    }
    let mut copy = [0; HEAD_BYTES + GROUP_BYTES];
    let grouped = bytes.get(1).is_some_and(|flags| flags & GROUP != 0);
    let start = if grouped { HEAD_BYTES + GROUP_BYTES } else { HEAD_BYTES };
    let Some(found) = bytes.get(..start) else { return Ok(None) };
    copy[..start].copy_from_slice(found);
    let check = head_check(&copy);
    if check as u16 != u16::from_le_bytes([copy[2], copy[3]]) {
        return broken("a damaged head of a frame");
    }
    let body_len = six(&copy[4..10]);
    let Some(len) = usize::try_from(body_len).ok().and_then(|len| len.checked_add(start)) else {
        return broken("a frame that is too long");
    };
    let group = grouped.then(|| Group {
        core: u16::from_le_bytes([copy[20], copy[21]]),
        parts: u16::from_le_bytes([copy[22], copy[23]]),
        number: word(&copy[24..32]),
    });
    let head = Head { time_ms: six(&copy[10..16]), group, barrier: copy[1] & BARRIER != 0 };
    let crc = u32::from_le_bytes([copy[16], copy[17], copy[18], copy[19]]) ^ (check >> 32) as u32;
    Ok(Some((head, crc, start, len)))
}

/// A hash of all of a head but its two checks. Its low half guards the head, its high half is laid over the body's.
fn head_check(bytes: &[u8; HEAD_BYTES + GROUP_BYTES]) -> u64 {
    const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let product = u128::from(hash ^ word).wrapping_mul(u128::from(MIX | 1));
        (product as u64) ^ ((product >> 64) as u64) ^ hash.rotate_left(23)
    };
    let flags_and_len =
        word(&bytes[0..8]) & !0xffff_0000 | (u64::from(bytes[8]) << 16 | u64::from(bytes[9]) << 24);
    let hash = mix(MIX, flags_and_len);
    let hash = mix(hash, six(&bytes[10..16]));
    let hash = mix(hash, u64::from(u32::from_le_bytes([bytes[20], bytes[21], bytes[22], bytes[23]])));
    let hash = mix(hash, word(&bytes[24..32]));
    mix(hash, MIX)
}

fn word(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

fn six(bytes: &[u8]) -> u64 {
    word(bytes)
}

fn crc(bytes: &[u8]) -> u32 {
    checksum(CrcAlgorithm::Crc32Iscsi, bytes) as u32
}

impl<'a> Frame<'a> {
    /// Its commands, one after the other.
    pub fn commands(&self) -> Commands<'a> {
        Commands { rest: self.body }
    }
}

/// The commands of a frame.
#[derive(Clone, Copy, Debug)]
pub struct Commands<'a> {
    rest: &'a [u8],
}

impl<'a> Commands<'a> {
    /// Puts the arguments of the next command into `args`, which is emptied first, and returns its database; `None` at the end.
    ///
    /// # Errors
    /// The body is not made of commands.
    pub fn next_into(&mut self, args: &mut Vec<&'a [u8]>) -> Result<Option<u16>, Broken> {
        args.clear();
        if self.rest.is_empty() {
            return Ok(None);
        }
        let command = self.command(args);
        if command.is_none() {
            self.rest = &[];
        }
        command.map(Some).ok_or(Broken { what: "a frame with a broken command", len: None })
    }

    fn command(&mut self, args: &mut Vec<&'a [u8]>) -> Option<u16> {
        let db = u16::try_from(self.varint()?).ok()?;
        let count = self.varint()?;
        if count == 0 || count > self.rest.len() as u64 {
            return None;
        }
        for _ in 0..count {
            let len = usize::try_from(self.varint()?).ok()?;
            let (arg, rest) = self.rest.split_at_checked(len)?;
            args.push(arg);
            self.rest = rest;
        }
        Some(db)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return None;
            }
            number |= part << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}

impl<'a> Iterator for Commands<'a> {
    type Item = Result<(u16, Vec<&'a [u8]>), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut args = Vec::new();
        match self.next_into(&mut args) {
            Ok(db) => db.map(|db| Ok((db, args))),
            Err(broken) => Some(Err(broken)),
        }
    }
}

fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn example() -> (Head, Vec<u8>, Vec<u8>) {
        let group = Some(Group { core: 3, number: 1 << 40, parts: 2 });
        let head = Head { time_ms: 1_790_000_000_123, group, barrier: true };
        let mut body = Vec::new();
        put_command(&mut body, 9, [&b"SET"[..], b"key", &[0xa5; 300]].into_iter());
        put_command(&mut body, 0, [&b"FLUSHALL"[..]].into_iter());
        let mut bytes = Vec::new();
        put_frame(&mut bytes, &head, &body);
        (head, body, bytes)
    }

    #[test]
    fn frames_come_back() {
        let (head, body, mut bytes) = example();
        let empty = Head { time_ms: 5, ..Head::default() };
        let first = bytes.len();
        put_frame(&mut bytes, &empty, &[]);
        let (frame, len) = next_frame(&bytes).expect("good").expect("whole");
        assert_eq!((frame, len), (Frame { head, body: &body }, first));
        let commands: Vec<_> = frame.commands().map(|command| command.expect("good")).collect();
        assert_eq!(commands[0], (9, vec![&b"SET"[..], b"key", &[0xa5; 300]]));
        assert_eq!(commands[1], (0, vec![&b"FLUSHALL"[..]]));
        let (frame, len) = next_frame(&bytes[first..]).expect("good").expect("whole");
        assert_eq!((frame, len), (Frame { head: empty, body: &[] }, HEAD_BYTES));
        assert!(frame.commands().next().is_none());
    }

    #[test]
    fn a_frame_cut_anywhere_needs_more() {
        let (_, _, bytes) = example();
        for end in 0..bytes.len() {
            assert_eq!(next_frame(&bytes[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let (_, body, bytes) = example();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let error = next_frame(&flipped).expect_err("found");
            assert_eq!(
                error.len.is_some(),
                bit / 8 >= bytes.len() - body.len() || (16..20).contains(&(bit / 8))
            );
        }
    }

    proptest! {
        #[test]
        fn hostile_bodies_end(body in proptest::collection::vec(any::<u8>(), 0..40)) {
            let frame = Frame { head: Head::default(), body: &body };
            prop_assert!(frame.commands().count() <= body.len());
            let _ = next_frame(&body);
        }
    }
}
