//! Random commands on all data types over one key space, right and wrong ones, made from the lines of `grammar.txt`.

use base::Rng;

const LINES: &str = include_str!("grammar.txt");

/// Out of so many commands one has its words garbled.
const GARBLED: u64 = 25;
/// Out of so many keys one is of another section.
const STRANGE: u64 = 12;
/// Keys of a section.
const KEYS: u64 = 3;

const MEMBERS: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "e",
    "aa",
    "",
    "1",
    "2",
    "3",
    "-3",
    "10",
    "007",
    "1.5",
    "9223372036854775807",
    "a b",
    "a\x01b",
    "\u{e9}",
    "a-member-that-is-longer-than-sixty-four-bytes-and-so-makes-everything-big",
    "x1",
    "x2",
    "x3",
    "x4",
    "x5",
    "x6",
    "x7",
];
const INTEGERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "5",
    "-1",
    "-2",
    "-3",
    "100",
    "-100",
    "9223372036854775807",
    "-9223372036854775808",
    "x",
    "",
    "1.5",
    "9223372036854775808",
];
const COUNTS: &[&str] = &["1", "2", "3", "5", "0", "10", "-1", "x"];
const SCORES: &[&str] = &[
    "0",
    "-0",
    "1",
    "2",
    "3",
    "1.5",
    "-1",
    "-2.25",
    "inf",
    "-inf",
    "+inf",
    "1e3",
    "3.3",
    "0.1",
    "nan",
    "x",
    "1e400",
    "17179869184",
    "9007199254740993",
    "1e-7",
];
const BOUNDS: &[&str] = &["-inf", "+inf", "0", "1", "(1", "2", "(2", "-1", "1.5", "(", "x", "100"];
const TEXTS: &[&str] = &["-", "+", "[a", "(a", "[b", "(c", "[", "(", "[x", "x", "[1"];
const IDS: &[&str] = &[
    "0",
    "0-0",
    "1",
    "2",
    "3-1",
    "5-1",
    "1-1",
    "2-2",
    "4",
    "-",
    "+",
    "(1",
    "(2-1",
    "x",
    "1-x",
    "18446744073709551615",
    "18446744073709551615-18446744073709551615",
    "7-0",
    "8",
    "9-9",
];
const SECONDS: &[&str] = &["100000", "200000", "150000", "0", "-1", "x", "9223372036854775807"];
const MOMENTS: &[&str] = &["4000000000", "4000100000", "1", "0", "-1", "x", "9223372036854775807"];
const OFFSETS: &[&str] = &["0", "1", "7", "8", "9", "63", "100", "#1", "#2", "-1", "x", "4294967296"];
const BIT_FIELDS: &[&str] = &["u8", "i8", "u1", "i64", "u63", "u64", "i5", "u13", "x", "i0"];
const LONGITUDES: &[&str] = &["0", "1.5", "13.361389", "15.087269", "-73.9", "179.9", "181", "x"];
const LATITUDES: &[&str] = &["0", "1.5", "38.115556", "37.502669", "40.7", "-80", "86", "x"];
const DISTANCES: &[&str] = &["1", "100", "200", "5000", "30000", "0", "-1", "x"];

/// How replies are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    /// They are the same.
    Exactly,
    /// The same elements in any order.
    Unordered,
    /// As many elements.
    Length,
    /// The same but for integers.
    Texts,
    /// Integers may be a little apart.
    Times,
}

/// A source of commands.
pub(crate) struct Grammar {
    /// Lines, each with the letters of its section's keys.
    lines: Vec<(&'static str, &'static str)>,
    rng: Rng,
    last_id: u64,
}

impl Grammar {
    pub(crate) fn new(seed: u64) -> Self {
        let mut lines = Vec::new();
        let mut letters = "";
        for line in LINES.lines().filter(|line| !line.starts_with("# ")) {
            match line.strip_prefix("== ") {
                Some(section) => letters = section.split_once(' ').expect("a section").1,
                None => lines.push((line, letters)),
            }
        }
        Grammar { lines, rng: Rng::new(seed), last_id: 0 }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.rng.next_u64() % end
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        // The first ones, which are right, more often than the others.
        let (a, b) = (self.below(from.len() as u64), self.below(from.len() as u64));
        from[a.min(b) as usize]
    }

    /// The next command, and how its replies are compared.
    pub(crate) fn next(&mut self) -> (Vec<Vec<u8>>, Compare) {
        let at = self.below(self.lines.len() as u64) as usize;
        let (line, letters) = self.lines[at];
        let compare = match line.as_bytes()[0] {
            b'~' => Compare::Unordered,
            b'#' => Compare::Length,
            b'?' => Compare::Texts,
            b'%' => Compare::Times,
            _ => Compare::Exactly,
        };
        let line = line.trim_start_matches(['~', '#', '?', '%']);
        let tokens: Vec<&str> = line.split(' ').filter(|token| !token.is_empty()).collect();
        let spaced: Vec<String> = tokens.iter().flat_map(|token| brackets(token)).collect();
        let mut words = Vec::new();
        self.expand(&spaced, letters, &mut words);
        // What is picked at random from few is not what another picks.
        let is_random = ["RAND", "POP", "SORT", "SCAN", "BITCOUNT", "LSET", "EXPIRE"]
            .iter()
            .any(|part| words[0].contains(part));
        let is_lexical = words.len() > 1 && words[1].starts_with('y');
        if self.below(GARBLED) == 0 && !is_random && !is_lexical {
            self.garble(&mut words);
        }
        (words.into_iter().map(String::into_bytes).collect(), compare)
    }

    fn expand(&mut self, tokens: &[String], letters: &str, words: &mut Vec<String>) {
        let mut at = 0;
        while at < tokens.len() {
            let token = &tokens[at];
            if token == "[" || token == "{" {
                let end = matching(tokens, at);
                let times = if token == "[" { self.below(2) } else { 1 + self.below(3).min(self.below(3)) };
                for _ in 0..times {
                    let inner = alternative(self, &tokens[at + 1..end]);
                    self.expand(&inner, letters, words);
                }
                at = end + 1;
            } else {
                let choices: Vec<&str> = token.split('|').collect();
                let choice = choices[self.below(choices.len() as u64) as usize];
                let word = self.word(choice, letters);
                words.push(word);
                at += 1;
            }
        }
    }

    fn word(&mut self, token: &str, letters: &str) -> String {
        let Some((before, name)) = token.split_once('$').filter(|(_, name)| !name.is_empty()) else {
            return token.to_owned();
        };
        let word = match name {
            "k" | "K" => {
                let letters =
                    if name == "k" && self.below(STRANGE) == 0 { "l|s|h|z|t|b|p|n" } else { letters };
                let letters: Vec<&str> = letters.split('|').collect();
                let letter = letters[self.below(letters.len() as u64) as usize];
                return format!("{letter}{}", self.below(KEYS));
            }
            "X" => {
                self.last_id += 1;
                return format!("{}-1", self.last_id / 2 + 1);
            }
            "m" => self.pick(MEMBERS),
            "i" => self.pick(INTEGERS),
            "j" => self.pick(&["0", "1", "2", "-1", "-2", "100", "-100", "x", ""]),
            "n" => self.pick(COUNTS),
            "s" => self.pick(SCORES),
            "r" => self.pick(BOUNDS),
            "l" => self.pick(TEXTS),
            "x" => self.pick(IDS),
            "g" => self.pick(&["g1", "g2"]),
            "c" => self.pick(&["c1", "c2", "c3"]),
            "S" => self.pick(SECONDS),
            "A" => self.pick(MOMENTS),
            "o" => self.pick(OFFSETS),
            "e" => self.pick(BIT_FIELDS),
            "lo" => self.pick(LONGITUDES),
            "la" => self.pick(LATITUDES),
            "d" => self.pick(DISTANCES),
            _ => panic!("{token}"),
        };
        format!("{before}{word}")
    }

    /// Takes a word away, adds one, or makes another of it.
    fn garble(&mut self, words: &mut Vec<String>) {
        // Subcommands stay.
        let first = if ["XGROUP", "XINFO", "OBJECT"].contains(&words[0].as_str()) { 2 } else { 1 };
        let at = first + self.below(words.len() as u64) as usize;
        match self.below(4) {
            0 if at < words.len() => drop(words.remove(at)),
            1 => words.push(self.pick(MEMBERS).to_owned()),
            2 if at < words.len() => words[at] = self.pick(INTEGERS).to_owned(),
            _ if at < words.len() => words[at] = self.pick(&["LIMIT", "WITHSCORES", "GET", "NX"]).to_owned(),
            _ => {}
        }
    }

    /// Starts ids of streams anew.
    pub(crate) fn restart(&mut self) {
        self.last_id = 0;
    }
}

/// Brackets on their own.
fn brackets(token: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut word = String::new();
    for letter in token.chars() {
        if "[]{}".contains(letter) {
            if !word.is_empty() {
                parts.push(std::mem::take(&mut word));
            }
            parts.push(letter.to_string());
        } else {
            word.push(letter);
        }
    }
    if !word.is_empty() {
        parts.push(word);
    }
    parts
}

fn matching(tokens: &[String], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "[" | "{" => depth += 1,
            "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    panic!("a bracket is open");
}

/// One alternative of several words: `EX $S|PERSIST|EXAT $A`. Words that have single alternatives stay as they are.
fn alternative(grammar: &mut Grammar, tokens: &[String]) -> Vec<String> {
    let has_nested = tokens.iter().any(|token| "[]{}".contains(token.as_str()));
    let joined = tokens.join(" ");
    let choices: Vec<&str> = joined.split('|').collect();
    // `LIMIT $i $i` or `MAXLEN|MINID $n`: an alternative of the first word only.
    let simple = tokens.iter().filter(|token| token.contains('|')).count() < 2 && !joined.contains("|EXAT");
    if has_nested || simple || choices.len() < 2 {
        return tokens.to_vec();
    }
    let choice = choices[grammar.below(choices.len() as u64) as usize];
    choice.split(' ').map(str::to_owned).collect()
}

#[test]
fn every_line_makes_commands() {
    let mut grammar = Grammar::new(1);
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..20_000 {
        let (words, _) = grammar.next();
        names.insert(String::from_utf8(words[0].clone()).unwrap().to_uppercase());
        assert!(words.iter().all(|word| !word.starts_with(b"$") || word.len() < 3), "{words:?}");
    }
    assert!(names.len() > 110, "{names:?}");
}
