//! The manifest: which files make up the log.
//!
//! ```text
//!   anax log 1                              our own first line, so that it is told from Redis's manifests
//!   base appendonly.aof.3.base.rdb          a snapshot; without it the log begins with nothing
//!   import appendonly.aof.1.incr.aof        a file of Redis or Valkey, behind the base
//!   log 3 shards 2 start                    files of a generation, one a shard; it began with the process
//!   log 4 shards 2                          … and with a rewrite
//!   end 5e1fa2b4                            CRC-32C of all lines before
//! ```
//!
//! Frames of a shard go on from generation to generation. At a start all earlier generations were cut at one point and end there
//! for good; so only what follows the last `start` can be torn.

use std::fmt::Write;

use crc_fast::{CrcAlgorithm, checksum};

/// A manifest is not longer than this: some ten thousand rewrites, none of which was ever completed.
pub const MANIFEST_MAX_BYTES: usize = 1024 * 1024;

/// The first line.
const TITLE: &str = "anax log 1";

/// Files of one log a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Its number; each is larger than that before.
    pub number: u64,
    /// How many shards there were.
    pub shards: u16,
    /// Whether it began with the process.
    pub start: bool,
}

/// See the [module documentation](self).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The snapshot in front of the logs.
    pub base: Option<String>,
    /// Files of commands in Redis's format, in their order.
    pub imported: Vec<String>,
    /// The logs, in their order.
    pub generations: Vec<Generation>,
}

impl Manifest {
    /// As text.
    pub fn render(&self) -> String {
        let mut text = format!("{TITLE}\n");
        let write = |text: &mut String, line: std::fmt::Arguments<'_>| {
            let _ = writeln!(text, "{line}");
        };
        self.base.iter().for_each(|name| write(&mut text, format_args!("base {name}")));
        self.imported.iter().for_each(|name| write(&mut text, format_args!("import {name}")));
        for &Generation { number, shards, start } in &self.generations {
            let start = if start { " start" } else { "" };
            write(&mut text, format_args!("log {number} shards {shards}{start}"));
        }
        let sum = sum(&text);
        write(&mut text, format_args!("end {sum:08x}"));
        text
    }

    /// Reads it; `None` if it is none of ours by its first line.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(bytes: &[u8]) -> Option<Result<Manifest, String>> {
        bytes.starts_with(TITLE.as_bytes()).then(|| Self::parse_ours(bytes))
    }

    fn parse_ours(bytes: &[u8]) -> Result<Manifest, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not text")?;
        let mut manifest = Manifest::default();
        let mut ended = false;
        let mut at = 0;
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let wrong = |what: &str| format!("line {}: {what}", number + 1);
            let before = text.get(..at).unwrap_or_default();
            at += line.len();
            let Some(line) = line.strip_suffix('\n') else { return Err(wrong("it is cut off")) };
            if ended {
                return Err(wrong("there is something behind the end"));
            }
            let (word, rest) = line.split_once(' ').ok_or_else(|| wrong("one word alone"))?;
            match word {
                _ if number == 0 => {
                    if line != TITLE {
                        return Err(wrong("another version of the format"));
                    }
                }
                "base" if manifest.base.is_none() && manifest.imported.is_empty() => {
                    manifest.base = Some(plain_name(rest).ok_or_else(|| wrong("not a name of a file"))?);
                }
                "import" if manifest.generations.is_empty() => {
                    manifest.imported.push(plain_name(rest).ok_or_else(|| wrong("not a name of a file"))?);
                }
                "log" => {
                    let generation = generation(rest).ok_or_else(|| wrong("not a generation of logs"))?;
                    if manifest.generations.last().is_some_and(|last| last.number >= generation.number) {
                        return Err(wrong("generations are out of order"));
                    }
                    manifest.generations.push(generation);
                }
                "end" => {
                    if rest != format!("{:08x}", sum(before)) {
                        return Err(wrong("the checksum is wrong"));
                    }
                    ended = true;
                }
                _ => return Err(wrong("nothing that belongs there")),
            }
        }
        if ended { Ok(manifest) } else { Err("its end is missing".into()) }
    }

    /// The number of the last generation, 0 if there is none.
    pub fn last(&self) -> u64 {
        self.generations.last().map_or(0, |generation| generation.number)
    }

    /// The names of all files that it lists, in the order in which they are read; `name` is what they begin with.
    pub fn files(&self, name: &str) -> Vec<String> {
        let logs = self.generations.iter().flat_map(|generation| {
            (0..generation.shards).map(|shard| log_name(name, generation.number, shard))
        });
        self.base.iter().cloned().chain(self.imported.iter().cloned()).chain(logs).collect()
    }
}

/// The name of the manifest.
pub fn manifest_name(name: &str) -> String {
    format!("{name}.manifest")
}

/// The name of the snapshot before a generation.
pub fn base_name(name: &str, generation: u64) -> String {
    format!("{name}.{generation}.base.rdb")
}

/// The name of a shard's log.
pub fn log_name(name: &str, generation: u64, shard: u16) -> String {
    format!("{name}.{generation}.shard{shard}.incr.log")
}

fn generation(text: &str) -> Option<Generation> {
    let mut words = text.split(' ');
    let number = words.next()?.parse().ok().filter(|&number| number > 0)?;
    if words.next()? != "shards" {
        return None;
    }
    let shards =
        words.next()?.parse().ok().filter(|&shards| (1..=base::limits::SHARDS_MAX).contains(&shards))?;
    let start = match words.next() {
        None => false,
        Some("start") => true,
        Some(_) => return None,
    };
    words.next().is_none().then_some(Generation { number, shards, start })
}

/// A name of a file in the same folder.
/// The name of a file in the folder, if it is one that a line can hold.
pub(super) fn plain_name(text: &str) -> Option<String> {
    let good = !text.is_empty() && !text.contains('/') && text != "." && text != "..";
    let good = good && !text.contains(char::is_control);
    good.then(|| text.to_owned())
}

fn sum(text: &str) -> u32 {
    checksum(CrcAlgorithm::Crc32Iscsi, text.as_bytes()) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Manifest {
        let generation = |number, shards, start| Generation { number, shards, start };
        Manifest {
            base: Some(base_name("a b.aof", 3)),
            imported: vec!["x.1.incr.aof".into()],
            generations: vec![generation(3, 2, true), generation(4, 2, false), generation(9, 1, true)],
        }
    }

    #[test]
    fn manifests_come_back() {
        for manifest in [example(), Manifest::default()] {
            let text = manifest.render();
            assert_eq!(Manifest::parse(text.as_bytes()), Some(Ok(manifest)), "{text}");
        }
        let files = example().files("a b.aof");
        assert_eq!(files.len(), 7);
        assert_eq!(files[3], "a b.aof.3.shard1.incr.log");
    }

    #[test]
    fn damaged_manifests_are_refused() {
        let text = example().render();
        for end in TITLE.len()..text.len() {
            assert!(matches!(Manifest::parse(&text.as_bytes()[..end]), Some(Err(_))), "{end}");
        }
        for at in TITLE.len()..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            assert!(matches!(Manifest::parse(&bytes), Some(Err(_))), "{at}");
        }
        assert_eq!(Manifest::parse(b"file appendonly.aof.1.base.rdb seq 1 type b\n"), None);
        let escape = "anax log 1\nbase ../x\n";
        let escape = format!("{escape}end {:08x}\n", sum(escape));
        assert_eq!(Manifest::parse(escape.as_bytes()), Some(Err("line 2: not a name of a file".into())));
    }
}
