//! The trace of a run: a hash over every event, so that two runs can be compared, and the events as text if asked for.

use std::fmt;

/// See the module page.
#[derive(Clone, Debug)]
pub struct Trace {
    hash: u64,
    lines: Option<Vec<String>>,
}

impl Trace {
    /// An empty trace; keeps the events as text if `text`.
    pub fn new(text: bool) -> Self {
        Trace { hash: 0xcbf2_9ce4_8422_2325, lines: text.then(Vec::new) }
    }

    /// Notes an event: its numbers and bytes go into the hash, its text is made only if it is kept.
    pub fn event(&mut self, numbers: &[u64], bytes: &[u8], text: impl FnOnce() -> String) {
        for &number in numbers {
            self.mix(number);
        }
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
        self.mix(bytes.len() as u64);
        if let Some(lines) = &mut self.lines {
            lines.push(text());
        }
    }

    fn mix(&mut self, number: u64) {
        self.hash = (self.hash ^ number).wrapping_mul(0x0000_0100_0000_01b3);
        self.hash ^= self.hash >> 29;
    }

    /// The hash of all events so far.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The events as text; empty unless they were asked for.
    pub fn lines(&self) -> &[String] {
        self.lines.as_deref().unwrap_or_default()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines().iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
