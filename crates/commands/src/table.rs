//! The table of all commands: names to specs, and a dense number for each (for counters and messages).

use base::ArgRange;

use crate::spec::{CommandSpec, Route};

/// The dense number of a command or subcommand, the same on every core.
pub type CommandId = u16;

/// Longest name that is looked up; no command or subcommand has a longer one.
const NAME_MAX_BYTES: usize = 23;
const BUCKET_BITS: u32 = 12;
const BUCKETS: usize = 1 << BUCKET_BITS;

/// All commands, by name and by number. Built once at start.
pub struct CommandTable {
    specs: Vec<&'static CommandSpec>,
    /// Open addressing over names that are short words, as most are: what nearly every command is found by.
    words: Box<[(Word, CommandId); BUCKETS]>,
    /// Open addressing over the lower-cased names of commands.
    buckets: Box<[Option<(Name, CommandId)>]>,
    /// By number of a container: its subcommands' names and numbers.
    subcommands: Vec<Vec<(&'static str, CommandId)>>,
    /// Names from the configuration that are too long for the table, in lower case.
    long_names: Vec<(Vec<u8>, CommandId)>,
    /// Commands that have no name any more.
    nameless: Vec<CommandId>,
}

/// A name of one to eight letters as a machine word, in lower case and padded with zeros; 0 is none. Letters are never zero, so
/// the word tells the length.
type Word = u64;

/// The bit that makes a letter one of lower case, in each byte.
const LOWER: u64 = 0x2020_2020_2020_2020;

/// The word of a name, if it is one.
fn word_of(name: &[u8]) -> Option<Word> {
    let is_word = (1..=8).contains(&name.len()) && name.iter().all(u8::is_ascii_alphabetic);
    is_word.then(|| lower(load(name)))
}

/// Where the search for a word begins.
#[inline]
fn bucket_of(word: Word) -> usize {
    (word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - BUCKET_BITS)) as usize
}

/// A name in lower case, padded with zeros, its length in the last byte: three machine words to hash and to compare.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Name([u64; 3]);

impl Name {
    #[inline]
    fn new(text: &[u8]) -> Option<Name> {
        let len = (text.len() as u64) << 56;
        if text.len() <= 8 {
            return Some(Name([lower(load(text)), 0, len]));
        }
        Name::long(text, len)
    }

    fn long(text: &[u8], len: u64) -> Option<Name> {
        if text.len() > NAME_MAX_BYTES {
            return None;
        }
        let mut words = text.chunks(8).map(|word| lower(load(word)));
        let mut next = || words.next().unwrap_or(0);
        Some(Name([next(), next(), next() | len]))
    }

    #[inline]
    fn bucket(self) -> usize {
        let [a, b, c] = self.0;
        let mixed = (a ^ b.rotate_left(29) ^ c.rotate_left(43)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> (u64::BITS - BUCKET_BITS)) as usize
    }
}

/// Up to eight bytes as a word, padded with zeros: two loads that may overlap, instead of a copy of unknown length.
#[inline]
fn load(text: &[u8]) -> u64 {
    let len = text.len();
    if let (Some(head), Some(tail)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        let tail = u64::from(u32::from_le_bytes(*tail));
        return u64::from(u32::from_le_bytes(*head)) | tail << (8 * (len - 4).min(4));
    }
    match *text {
        [a, b, c] => u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 0]),
        [a, b] => u64::from_le_bytes([a, b, 0, 0, 0, 0, 0, 0]),
        [a] => u64::from(a),
        _ => 0,
    }
}

/// ASCII letters of a word in lower case.
#[inline]
fn lower(word: u64) -> u64 {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const ONES: u64 = 0x0101_0101_0101_0101;
    let ascii = !word & HIGH;
    let low7 = word & !HIGH;
    // Per byte: bit 7 of `from` says >= 'A', of `past` says > 'Z'.
    let from = low7 + ONES * u64::from(0x80 - b'A');
    let past = low7 + ONES * u64::from(0x7f - b'Z');
    word | ((from & !past & ascii) >> 2)
}

impl CommandTable {
    /// A table of the given families.
    ///
    /// # Panics
    /// If a name is longer than 23 bytes or there are more commands than the table holds: mistakes in static data,
    /// found by any test that builds the table.
    pub fn new(families: &[&'static [CommandSpec]]) -> Self {
        let mut table = CommandTable {
            specs: Vec::new(),
            words: no_words(),
            buckets: vec![None; BUCKETS].into_boxed_slice(),
            subcommands: Vec::new(),
            long_names: Vec::new(),
            nameless: Vec::new(),
        };
        for spec in families.iter().copied().flatten() {
            let id = table.push(spec);
            let name = Name::new(spec.meta.name.as_bytes()).expect("a command's name is short");
            table.put(name, id);
            table.put_word(spec.meta.name.as_bytes(), id);
            let subcommands = spec
                .subcommands
                .iter()
                .map(|sub| (sub.meta.name.rsplit('|').next().unwrap_or_default(), table.push(sub)))
                .collect();
            table.subcommands[usize::from(id)] = subcommands;
        }
        assert!(table.specs.len() < BUCKETS / 2, "the command table is too full");
        table
    }

    fn put(&mut self, name: Name, id: CommandId) {
        let mut at = name.bucket();
        while self.buckets[at].is_some() {
            at = (at + 1) % BUCKETS;
        }
        self.buckets[at] = Some((name, id));
    }

    fn put_word(&mut self, name: &[u8], id: CommandId) {
        let Some(word) = word_of(name) else { return };
        let mut at = bucket_of(word);
        while self.words[at].0 != 0 {
            at = (at + 1) % BUCKETS;
        }
        self.words[at] = (word, id);
    }

    /// Takes a command's name away (`rename-command`); its number, if there was such a command.
    pub fn forget(&mut self, name: &[u8]) -> Option<CommandId> {
        let id = self.find(name)?;
        self.long_names.retain(|(long, _)| !long.eq_ignore_ascii_case(name));
        let gone = Name::new(name);
        let others: Vec<(Name, CommandId)> = self.buckets.iter().copied().flatten().collect();
        self.buckets.fill(None);
        others
            .into_iter()
            .filter(|&(other, _)| Some(other) != gone)
            .for_each(|(name, id)| self.put(name, id));
        let gone = word_of(name);
        let words = std::mem::replace(&mut self.words, no_words());
        for (word, id) in words.into_iter().filter(|&(word, _)| word != 0 && Some(word) != gone) {
            self.put_word(word.to_le_bytes().split(|&byte| byte == 0).next().unwrap_or_default(), id);
        }
        self.nameless.push(id);
        Some(id)
    }

    /// Gives a command that lost its name a new one. False if another command has it.
    pub fn learn(&mut self, name: &[u8], id: CommandId) -> bool {
        if self.find(name).is_some() {
            return false;
        }
        match Name::new(name) {
            Some(short) => {
                self.put(short, id);
                self.put_word(name, id);
            }
            None => self.long_names.push((name.to_ascii_lowercase(), id)),
        }
        self.nameless.retain(|&nameless| nameless != id);
        true
    }

    fn find_long(&self, name: &[u8]) -> Option<CommandId> {
        self.long_names.iter().find(|(long, _)| long.eq_ignore_ascii_case(name)).map(|&(_, id)| id)
    }

    fn push(&mut self, spec: &'static CommandSpec) -> CommandId {
        let id = self.specs.len() as CommandId;
        self.specs.push(spec);
        self.subcommands.push(Vec::new());
        id
    }

    /// The number of the command whose name, in any case, is this range of `bytes`.
    #[inline]
    pub fn find_in(&self, bytes: &[u8], name: ArgRange) -> Option<CommandId> {
        // Eight bytes are read in one go, and those behind the name blanked out. Other bytes than letters may look like some
        // afterwards, but none looks like a letter but that letter.
        let rest = bytes.get(name.off as usize..).unwrap_or_default();
        if let (Some(text), 1..=8) = (rest.first_chunk::<8>(), name.len) {
            let word = (u64::from_le_bytes(*text) | LOWER) & (u64::MAX >> (u64::BITS - 8 * name.len));
            let mut at = bucket_of(word);
            while self.words[at].0 != 0 {
                if self.words[at].0 == word {
                    return Some(self.words[at].1);
                }
                at = (at + 1) % BUCKETS;
            }
        }
        self.find(name.slice(bytes))
    }

    /// The number of a command, by its name in any case.
    pub fn find(&self, name: &[u8]) -> Option<CommandId> {
        let Some(name) = Name::new(name) else { return self.find_long(name) };
        let mut at = name.bucket();
        loop {
            let (there, id) = self.buckets[at]?;
            if there == name {
                return Some(id);
            }
            at = (at + 1) % BUCKETS;
        }
    }

    /// The number of a subcommand, by its name in any case.
    pub fn find_subcommand(&self, container: CommandId, name: &[u8]) -> Option<CommandId> {
        let subcommands = self.subcommands.get(usize::from(container))?;
        subcommands.iter().find(|(sub, _)| sub.as_bytes().eq_ignore_ascii_case(name)).map(|&(_, id)| id)
    }

    /// The spec of a command or subcommand.
    #[inline]
    pub fn spec(&self, id: CommandId) -> &'static CommandSpec {
        self.specs[usize::from(id)]
    }

    /// All commands and subcommands with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (CommandId, &'static CommandSpec)> + '_ {
        self.specs.iter().enumerate().map(|(id, &spec)| (id as CommandId, spec))
    }

    /// The top-level commands, without those that were disabled.
    pub fn commands(&self) -> impl Iterator<Item = (CommandId, &'static CommandSpec)> + '_ {
        self.iter().filter(|(id, spec)| !spec.meta.name.contains('|') && !self.nameless.contains(id))
    }

    /// How many commands and subcommands there are.
    pub fn len(&self) -> usize {
        self.specs.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.specs.is_empty()
    }

    /// Whether a command is a container of subcommands.
    pub fn is_container(&self, id: CommandId) -> bool {
        matches!(self.spec(id).route, Route::Container)
    }
}

fn no_words() -> Box<[(Word, CommandId); BUCKETS]> {
    Box::new([(0, 0); BUCKETS])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FAMILIES;

    #[test]
    fn every_name_is_found_in_any_case() {
        let table = CommandTable::new(FAMILIES);
        for (id, spec) in table.commands() {
            assert_eq!(table.find(spec.meta.name.as_bytes()), Some(id));
            assert_eq!(table.find(spec.meta.name.to_uppercase().as_bytes()), Some(id));
        }
        assert_eq!(table.find(b""), None);
        assert_eq!(table.find(b"get\0"), None);
        assert_eq!(table.find(b"ge"), None);
        assert_eq!(table.find(&[b'x'; 25]), None);
    }

    #[test]
    fn commands_are_renamed_and_disabled() {
        let mut table = CommandTable::new(FAMILIES);
        let count = table.commands().count();
        let set = table.forget(b"SET").expect("a command");
        assert_eq!((table.find(b"set"), table.forget(b"set")), (None, None));
        assert_eq!(table.commands().count(), count - 1);
        assert!(!table.learn(b"GET", set), "the name is taken");
        let long = b"b840fc02d524045429941cc15f59e41cb7be6c52";
        assert!(table.learn(long, set));
        assert_eq!(table.find(&long.to_ascii_uppercase()), Some(set));
        assert_eq!(table.forget(long), Some(set));
        assert!(table.learn(b"Put", set));
        assert_eq!((table.find(b"PUT"), table.find(long)), (Some(set), None));
        assert_eq!(table.commands().count(), count);
    }

    #[test]
    fn words_are_loaded_whole() {
        for len in 0..=8 {
            let mut padded = [0u8; 8];
            padded[..len].copy_from_slice(&b"abcdefgh"[..len]);
            assert_eq!(load(&b"abcdefgh"[..len]), u64::from_le_bytes(padded), "{len}");
        }
    }

    #[test]
    fn lower_case_touches_letters_only() {
        for byte in 0..=255u8 {
            let lowered = lower(u64::from_le_bytes([byte; 8])).to_le_bytes();
            assert_eq!(lowered, [byte.to_ascii_lowercase(); 8], "{byte}");
        }
    }
}
