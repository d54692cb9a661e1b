//! The first line of scripts and libraries: `#!lua name=… flags=…`.

use std::ops::BitOr;

/// What a script or function declares of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// It does not write.
    pub const NO_WRITES: Flags = Flags(1);
    /// It may run where memory is short.
    pub const ALLOW_OOM: Flags = Flags(1 << 1);
    /// It may run on a replica without its primary.
    pub const ALLOW_STALE: Flags = Flags(1 << 2);
    /// It does not run in a cluster.
    pub const NO_CLUSTER: Flags = Flags(1 << 3);
    /// It may touch keys of several slots.
    pub const ALLOW_CROSS_SLOT: Flags = Flags(1 << 4);

    /// Whether all of `other` are set.
    pub const fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of those that are set, in the order in which Redis lists them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        FLAGS.iter().filter(move |(_, flag)| self.has(*flag)).map(|(name, _)| *name)
    }
}

impl BitOr for Flags {
    type Output = Flags;

    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

/// All flags by name.
pub(crate) const FLAGS: &[(&str, Flags)] = &[
    ("no-writes", Flags::NO_WRITES),
    ("allow-oom", Flags::ALLOW_OOM),
    ("allow-stale", Flags::ALLOW_STALE),
    ("no-cluster", Flags::NO_CLUSTER),
    ("allow-cross-slot-keys", Flags::ALLOW_CROSS_SLOT),
];

/// What the first line of a script of EVAL says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shebang {
    /// `None` where there is no such line: then the script's commands decide what it may do.
    pub flags: Option<Flags>,
    /// Bytes of the line without its end, which stays so that lines keep their numbers.
    pub len: usize,
}

/// Reads the first line of a script of EVAL. The error is the text of a reply, with its code.
pub fn parse_script(body: &[u8]) -> Result<Shebang, Vec<u8>> {
    if !body.starts_with(b"#!") {
        return Ok(Shebang { flags: None, len: 0 });
    }
    let error = |text: &str, what: &[u8]| [b"ERR ", text.as_bytes(), what].concat();
    let len = line_end(body).ok_or_else(|| error("Invalid script shebang", b""))?;
    let parts = words(body.get(..len).unwrap_or(body))
        .ok_or_else(|| error("Invalid engine in script shebang", b""))?;
    let mut flags = Flags::default();
    for (position, part) in parts.iter().enumerate() {
        if position == 0 {
            if part != b"#!lua" {
                return Err(error("Unexpected engine in script shebang: ", part));
            }
        } else if let Some(list) = part.strip_prefix(b"flags=") {
            if list.is_empty() {
                continue;
            }
            for word in list.split(|&byte| byte == b',') {
                let found = FLAGS.iter().find(|(name, _)| name.as_bytes() == word);
                flags = flags | found.ok_or_else(|| error("Unexpected flag in script shebang: ", word))?.1;
            }
        } else {
            return Err(error("Unknown lua shebang option: ", part));
        }
    }
    Ok(Shebang { flags: Some(flags), len })
}

/// What the first line of a library says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryHead {
    /// The engine, as it is written.
    pub engine: Vec<u8>,
    /// The library's name.
    pub name: Vec<u8>,
    /// Bytes of the line without its end.
    pub len: usize,
}

/// Reads the first line of a library. The error is the text of a reply, with its code.
pub fn parse_library(code: &[u8]) -> Result<LibraryHead, Vec<u8>> {
    let error = |text: &str, what: &[u8]| [b"ERR ", text.as_bytes(), what].concat();
    if !code.starts_with(b"#!") {
        return Err(error("Missing library metadata", b""));
    }
    let len = line_end(code).ok_or_else(|| error("Invalid library metadata", b""))?;
    let parts =
        words(code.get(..len).unwrap_or(code)).ok_or_else(|| error("Invalid library metadata", b""))?;
    let mut engine = Vec::new();
    let mut name: Option<Vec<u8>> = None;
    for (position, part) in parts.iter().enumerate() {
        if position == 0 {
            engine = part.get(2..).unwrap_or_default().to_vec();
        } else if let Some(given) = strip_prefix_ignore_case(part, b"name=") {
            if name.is_some() {
                return Err(error("Invalid metadata value, name argument was given multiple times", b""));
            }
            name = Some(given.to_vec());
        } else {
            return Err(error("Invalid metadata value given: ", part));
        }
    }
    let name = name.ok_or_else(|| error("Library name was not given", b""))?;
    Ok(LibraryHead { engine, name, len })
}

/// The words of a line, quotes understood; `None` if there are none, or a quote is not closed.
fn words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (mut text, mut ranges) = (Vec::new(), Vec::new());
    resp::split_line(line, &mut text, &mut ranges).ok()?;
    let words: Vec<Vec<u8>> = ranges.iter().map(|range| range.slice(&text).to_vec()).collect();
    (!words.is_empty()).then_some(words)
}

fn strip_prefix_ignore_case<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The end of the first line; a zero byte before it hides it, as texts were C strings.
fn line_end(text: &[u8]) -> Option<usize> {
    let end = text.iter().position(|&byte| matches!(byte, b'\n' | 0))?;
    (text.get(end) == Some(&b'\n')).then_some(end)
}
