//! The manifest of a snapshot in a folder: a text of one fact a line.

use std::fmt::Write as _;

use rdb::checksum;

const FIRST_LINE: &str = "anax snapshot 1";
/// More parts than any server has shards are refused.
const PARTS_MAX: usize = 4096;

/// A file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name in the folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// What a snapshot consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The version of RDB that the content of the parts has.
    pub version: u32,
    /// What the snapshot says about itself: names, and texts without line ends.
    pub about: Vec<(String, String)>,
    /// One for each shard that there was.
    pub parts: Vec<Part>,
}

impl Manifest {
    /// As text, with a checksum at its end.
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\nversion {}\n", self.version);
        for (name, value) in &self.about {
            let _ = writeln!(text, "about {name} {value}");
        }
        for Part { name, bytes } in &self.parts {
            let _ = writeln!(text, "part {name} {bytes}");
        }
        let _ = writeln!(text, "end {:016x}", checksum::of(text.as_bytes()));
        text
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// What is wrong with it, and at which byte.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut manifest = Manifest::default();
        let mut at = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let bad = |what: &str| Err(format!("{what} at byte {at}"));
            let Some(words) = line.strip_suffix('\n') else { return bad("a line without an end") };
            if number == 0 {
                if words != FIRST_LINE {
                    return bad("not a manifest that this version knows");
                }
            } else if let Some(version) = words.strip_prefix("version ") {
                let Ok(version) = version.parse() else { return bad("not a version") };
                manifest.version = version;
            } else if let Some(about) = words.strip_prefix("about ") {
                let (name, value) = about.split_once(' ').unwrap_or((about, ""));
                manifest.about.push((name.into(), value.into()));
            } else if let Some(part) = words.strip_prefix("part ") {
                let part = part.split_once(' ').and_then(|(name, bytes)| {
                    let plain = !name.contains(['/', '\\']) && name.ends_with(".part");
                    plain.then_some(Part { name: name.into(), bytes: bytes.parse().ok()? })
                });
                let Some(part) = part else { return bad("not a part") };
                manifest.parts.push(part);
                if manifest.parts.len() > PARTS_MAX {
                    return bad("too many parts");
                }
            } else if let Some(sum) = words.strip_prefix("end ") {
                let before = text.get(..at).unwrap_or_default();
                if sum != format!("{:016x}", checksum::of(before.as_bytes())) {
                    return bad("a wrong checksum");
                }
                if at + line.len() != text.len() || manifest.parts.is_empty() {
                    return bad("a wrong end");
                }
                return Ok(manifest);
            } else {
                return bad("an unknown line");
            }
            at += line.len();
        }
        Err(format!("unexpected end at byte {at}"))
    }
}
