//! The table of all commands: names to specs, and a dense number for each (for counters and messages).

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
    /// Open addressing over the lower-cased names of commands.
    buckets: Box<[Option<(Name, CommandId)>]>,
    /// By number of a container: its subcommands' names and numbers.
    subcommands: Vec<Vec<(&'static str, CommandId)>>,
    /// Names from the configuration that are too long for the table, in lower case.
    long_names: Vec<(Vec<u8>, CommandId)>,
    /// Commands that have no name any more.
    nameless: Vec<CommandId>,
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
            buckets: vec![None; BUCKETS].into_boxed_slice(),
            subcommands: Vec::new(),
            long_names: Vec::new(),
            nameless: Vec::new(),
        };
        for spec in families.iter().copied().flatten() {
            let id = table.push(spec);
            let name = Name::new(spec.meta.name.as_bytes()).expect("a command's name is short");
            table.put(name, id);
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
        self.nameless.push(id);
        Some(id)
    }

    /// Gives a command that lost its name a new one. False if another command has it.
    pub fn learn(&mut self, name: &[u8], id: CommandId) -> bool {
        if self.find(name).is_some() {
            return false;
        }
        match Name::new(name) {
            Some(short) => self.put(short, id),
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

    /// The number of a command, by its name in any case.
    #[inline]
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
