//! A command as a client sends it: its words.

use std::fmt;

/// A command: name and arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The name, in capitals, and the arguments.
    pub words: Vec<Vec<u8>>,
}

impl Command {
    /// A command from its words.
    pub fn new<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Self {
        Command { words: words.into_iter().map(|word| word.as_ref().to_vec()).collect() }
    }

    /// A command from text whose words are parted by blanks.
    pub fn parse(text: &str) -> Self {
        Self::new(text.split_whitespace())
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.word(0)
    }

    /// A word as text; empty if there is none.
    pub fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| std::str::from_utf8(word).unwrap_or(""))
    }

    /// All words but the name.
    pub fn args(&self) -> impl Iterator<Item = &str> {
        (1..self.words.len()).map(|at| self.word(at))
    }

    /// Appends the command as a RESP array.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(format!("*{}\r\n", self.words.len()).as_bytes());
        for word in &self.words {
            out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            out.extend_from_slice(word);
            out.extend_from_slice(b"\r\n");
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, word) in self.words.iter().enumerate() {
            let space = if at == 0 { "" } else { " " };
            let text = String::from_utf8_lossy(word);
            match text.char_indices().nth(SHOWN_MAX) {
                Some((end, _)) => write!(f, "{space}{}..({} bytes)", &text[..end], word.len())?,
                None => write!(f, "{space}{text}")?,
            }
        }
        Ok(())
    }
}

/// Characters of a word or reply that are shown.
pub(crate) const SHOWN_MAX: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_encoded_as_an_array() {
        let mut out = Vec::new();
        Command::parse("SET a bc").encode(&mut out);
        assert_eq!(out, b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\nbc\r\n");
    }
}
