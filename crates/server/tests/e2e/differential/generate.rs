//! Command lines from a seed: right ones, and ones with something missing, surplus, repeated, exchanged or foreign.

use base::Rng;

use super::shapes::{Arg, Place, Shape, shapes};

/// What the keys hold at the beginning.
pub(super) const SETUP: &[&str] = &[
    "FLUSHALL",
    "SET str hello",
    "SET int 10",
    "RPUSH list a b c",
    "HSET hash f v g w",
    "SADD set 1 2 3",
    "ZADD zset 1 a 2 b",
    "XADD stream 1-1 f v",
    "SET ex v EX 100000",
    "SET {t}a foobar",
    "SET {t}b foxbaz",
    "SET flt 3.25",
];

const KEYS: &str = "str int list hash set zset stream ex {t}a {t}b flt new none";
/// Small ones, which are taken more often.
const INTS: &str = "0 1 -1 2 5 10 100 -5";
const ODD_INTS: &str = "9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 1.5 abc +1 01 -0 \
                        0x10 99999999999999999999 4294967296 1e3 inf nan 9223372036854775";
const TIMES: &str = "0 -1 -5 100000000 99999999999 9223372036854775807 9223372036854775808 -9223372036854775808 \
                     9223372036854775 1.5 abc +100000000 0x10 99999999999999999999";
const FLOATS: &str = "1.5 0 -0 1e308 1e-5 inf -inf nan abc 0x1p3 3.0e3 1e400 .5 5. 1,5 +2 17179869184.1";
const NAMES: &str = "me lib-1.0 10";
const WORDS: &str = "NX XX GT LT EX PX KEEPTTL GET BOGUS COUNT MATCH TYPE ASYNC SYNC REPLACE DB PERSIST IDX LEN ON OFF yes \
                     no ID *";
const VALUES: &str = "v hello 10 3.14 -5 9223372036854775807 NX EX";

/// Words that no text can name; one in eight is one of them.
const STRANGE: &[&[u8]] = &[b"", b" 1", b"1 ", b"1\x00", b"\x00\xff", b"\xff", b"a b"];
/// The same for names, where Redis looks no further than a NUL.
const STRANGE_NAMES: &[&[u8]] = &[b"", b"a b", b"a\nb", b"\xff"];

/// Makes command lines.
pub(super) struct Generator {
    rng: Rng,
    shapes: Vec<Shape>,
}

impl Generator {
    pub(super) fn new(seed: u64) -> Self {
        Generator { rng: Rng::new(seed), shapes: shapes() }
    }

    fn below(&mut self, n: usize) -> usize {
        self.rng.below(n as u64) as usize
    }

    fn one(&mut self, of: &str) -> Vec<u8> {
        let words: Vec<&str> = of.split_whitespace().collect();
        words[self.below(words.len())].as_bytes().to_vec()
    }

    fn fill(&mut self, place: Place) -> Vec<u8> {
        let arg = match place {
            Place::Is(word) => return word.as_bytes().to_vec(),
            Place::Of(arg) => arg,
        };
        if self.below(8) == 0 {
            let strange = if matches!(arg, Arg::Name) { STRANGE_NAMES } else { STRANGE };
            return strange[self.below(strange.len())].to_vec();
        }
        match arg {
            Arg::Key => self.one(KEYS),
            Arg::Int if self.below(2) == 0 => self.one(INTS),
            Arg::Int => self.one(ODD_INTS),
            Arg::Time => self.one(TIMES),
            Arg::Float => self.one(FLOATS),
            Arg::Value if self.below(40) == 0 => vec![b'z'; 70_000],
            Arg::Value if self.below(20) == 0 => vec![b'y'; 200],
            Arg::Value if self.below(20) == 0 => b"\x00\xff\r\n".to_vec(),
            Arg::Value => self.one(VALUES),
            Arg::Name => self.one(NAMES),
            Arg::Word => self.one(WORDS),
        }
    }

    /// Something that belongs nowhere.
    fn foreign(&mut self) -> Vec<u8> {
        match self.below(3) {
            0 => self.one(WORDS),
            1 => self.one("0 -1 abc 99999999999999999999 3.14"),
            _ => self.one(KEYS),
        }
    }

    /// The next command line.
    pub(super) fn next(&mut self) -> Vec<Vec<u8>> {
        let at = self.below(self.shapes.len());
        let mut places = self.shapes[at].needs.clone();
        let options = self.shapes[at].options.len();
        for _ in 0..[0, 1, 1, 2, 3][self.below(5)].min(3 * options) {
            let option = self.below(options);
            places.extend_from_slice(&self.shapes[at].options[option]);
        }
        let mut words: Vec<Vec<u8>> = places.into_iter().map(|place| self.fill(place)).collect();
        let mut name = words.remove(0);
        self.spoil(&mut words);
        if self.below(5) == 0 {
            name.make_ascii_lowercase();
        }
        words.insert(0, name);
        words
    }

    /// Now and then makes something wrong.
    fn spoil(&mut self, words: &mut Vec<Vec<u8>>) {
        let len = words.len();
        match self.below(100) {
            0..12 if len > 0 => {
                let at = self.below(len);
                words.remove(at);
            }
            12..20 => {
                let (at, word) = (self.below(len + 1), self.foreign());
                words.insert(at, word);
            }
            20..25 if len > 0 => {
                let at = self.below(len);
                words[at] = self.foreign();
            }
            25..28 if len > 1 => {
                let (a, b) = (self.below(len), self.below(len));
                words.swap(a, b);
            }
            28..30 if len > 0 => {
                let again = words[self.below(len)].clone();
                words.push(again);
            }
            30..40 => {
                words.iter_mut().filter(|word| word.len() < 12).for_each(|word| word.make_ascii_lowercase());
            }
            _ => {}
        }
    }
}
