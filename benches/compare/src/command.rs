//! Commands as templates, and mixes of them.
//!
//! A template is compiled once into constant bytes with holes for keys and numbers, so that writing a request costs
//! little more than a copy and the digits of what is drawn.

use anyhow::{Context, Result, bail, ensure};

use crate::keys::{KeyFormat, Place, Sampler};
use crate::reply::{Expected, append_bulk};
use crate::template::{self, Piece};

/// Most keys of one `mset<n>`/`mget<n>`.
const GROUP_MAX: u16 = 1000;

/// What the commands of a mix are made of.
#[derive(Clone, Debug)]
pub struct Material {
    /// How keys are named.
    pub format: KeyFormat,
    /// Bytes of a value.
    pub value_bytes: usize,
    /// Whether a read may answer null, because not all keys have been written.
    pub misses: bool,
}

impl Material {
    /// The value that every key holds.
    pub fn value(&self) -> Vec<u8> {
        vec![b'x'; self.value_bytes]
    }
}

/// One command of a mix, ready to be written.
#[derive(Clone, Debug)]
pub struct Command {
    name: String,
    parts: Vec<Part>,
    expected: Expected,
    /// Consecutive keys that one draw stands for: 1, or the n of `mget<n>`.
    group: u16,
    reads: bool,
}

#[derive(Clone, Debug)]
enum Part {
    /// Constant bytes.
    Bytes(Vec<u8>),
    /// An argument with freshly drawn keys or numbers in it.
    Drawn(Vec<Piece>),
    /// An argument that is this member of the group drawn for the command.
    Member { member: u16, place: Place },
}

impl Command {
    /// A command by its template: words separated by blanks, with the placeholders of [`template`] anywhere in them.
    /// Any reply that is no error is right.
    ///
    /// # Errors
    /// When there is no word, or a placeholder that is not known.
    pub fn from_template(text: &str, material: &Material) -> Result<Command> {
        let words: Vec<&str> = text.split_whitespace().collect();
        ensure!(!words.is_empty(), "an empty command");
        let mut parts = Parts::new(words.len());
        for word in &words {
            match template::pieces(word, &material.value())?.as_slice() {
                [Piece::Text(text)] => parts.argument(text),
                pieces => parts.0.push(Part::Drawn(pieces.to_vec())),
            }
        }
        Ok(Command {
            name: words[0].to_lowercase(),
            parts: parts.0,
            expected: Expected::Any,
            group: 1,
            reads: false,
        })
    }

    /// The same command, which must answer this.
    pub fn expecting(self, expected: Expected) -> Command {
        Command { expected, ..self }
    }

    /// A command by its name in a mix: `set`, `get`, `incr`, `mset<n>`, `mget<n>`, and the latter two with `-tag` when
    /// all keys of a command shall share a hash tag.
    pub fn from_name(name: &str, material: &Material) -> Result<Command> {
        let value = material.value();
        let plain = |template: &str| Command::from_template(template, material);
        let mut command = match name {
            "set" => Command { expected: Expected::ok(), ..plain("SET __key__ __value__")? },
            "get" => Command {
                expected: Expected::value(&value, material.misses),
                reads: true,
                ..plain("GET __key__")?
            },
            "incr" => Command { expected: Expected::Integer, ..plain("INCR counter:__key__")? },
            _ => Self::multi(name, &value, material.misses).with_context(|| format!("the command {name}"))?,
        };
        command.name = name.to_owned();
        Ok(command)
    }

    fn multi(name: &str, value: &[u8], misses: bool) -> Result<Command> {
        let (kind, place) = match name.strip_suffix("-tag") {
            Some(kind) => (kind, Place::OneShard),
            None => (name, Place::Anywhere),
        };
        let Some((verb, count)) =
            kind.split_at_checked(4).filter(|(verb, _)| ["mset", "mget"].contains(verb))
        else {
            bail!("known are set, get, incr, mset<n>, mget<n>, mset<n>-tag and mget<n>-tag");
        };
        let group: u16 = count.parse().context("the number of keys")?;
        ensure!((1..=GROUP_MAX).contains(&group), "the number of keys lies in 1..={GROUP_MAX}");
        let reads = verb == "mget";
        let mut parts = Parts::new(if reads { 1 + group as usize } else { 1 + 2 * group as usize });
        parts.argument(verb.to_uppercase().as_bytes());
        for member in 0..group {
            parts.0.push(Part::Member { member, place });
            if !reads {
                parts.argument(value);
            }
        }
        let expected = if reads { Expected::values(value, group as usize, misses) } else { Expected::ok() };
        Ok(Command { name: name.to_owned(), parts: parts.0, expected, group, reads })
    }

    /// Its name in reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it must answer.
    pub fn expected(&self) -> &Expected {
        &self.expected
    }

    /// Appends a request, drawing its keys.
    pub fn append(&self, out: &mut Vec<u8>, draw: &mut Draw<'_>) {
        let group = if self.group > 1 { draw.number() } else { 0 };
        for part in &self.parts {
            match part {
                Part::Bytes(bytes) => out.extend_from_slice(bytes),
                Part::Drawn(pieces) => {
                    draw.scratch.clear();
                    pieces.iter().for_each(|piece| piece.append(draw));
                    append_bulk(out, draw.scratch);
                }
                Part::Member { member, place } => {
                    draw.scratch.clear();
                    draw.format.append_member(draw.scratch, group, *member, *place);
                    append_bulk(out, draw.scratch);
                }
            }
        }
    }
}

/// Builds a request's parts, merging constant bytes.
struct Parts(Vec<Part>);

impl Parts {
    fn new(arguments: usize) -> Parts {
        Parts(vec![Part::Bytes(format!("*{arguments}\r\n").into_bytes())])
    }

    fn argument(&mut self, argument: &[u8]) {
        if let Some(Part::Bytes(bytes)) = self.0.last_mut() {
            return append_bulk(bytes, argument);
        }
        let mut bytes = Vec::new();
        append_bulk(&mut bytes, argument);
        self.0.push(Part::Bytes(bytes));
    }
}

/// Where a command draws its keys from.
pub struct Draw<'a> {
    /// How keys are named.
    pub format: &'a KeyFormat,
    /// Which comes next.
    pub sampler: &'a mut Sampler,
    /// The seeded randomness of the run.
    pub random: &'a mut fastrand::Rng,
    /// Room for one key.
    pub scratch: &'a mut Vec<u8>,
}

impl Draw<'_> {
    /// The number of the next key.
    pub fn number(&mut self) -> u64 {
        self.sampler.draw(self.random)
    }
}

/// Commands and the order in which they take turns.
#[derive(Clone, Debug)]
pub struct Mix {
    text: String,
    commands: Vec<Command>,
    /// Indices of `commands`, one lap of the rotation.
    rotation: Vec<u16>,
}

impl Mix {
    /// A mix by its text: command names separated by colons and, if they are not to come equally often, their
    /// weights: `get`, `set:get`, `set:get=1:10`.
    pub fn parse(text: &str, material: &Material) -> Result<Mix> {
        let (names, weights) = text.split_once('=').unwrap_or((text, ""));
        let commands: Vec<Command> =
            names.split(':').map(|name| Command::from_name(name, material)).collect::<Result<_>>()?;
        let weights: Vec<u16> = match weights {
            "" => vec![1; commands.len()],
            weights => weights
                .split(':')
                .map(str::parse)
                .collect::<Result<_, _>>()
                .context("the weights of a mix")?,
        };
        ensure!(weights.len() == commands.len(), "as many weights as commands: {text}");
        Mix::new(text, commands.into_iter().zip(weights).collect())
    }

    /// A mix of templates, each optionally with its weight in front: `10*GET __key__`.
    pub fn from_templates(templates: &[String], material: &Material) -> Result<Mix> {
        let weighted = templates.iter().map(|text| {
            let (weight, template) = match text.split_once('*').map(|(w, t)| (w.trim().parse::<u16>(), t)) {
                Some((Ok(weight), template)) => (weight, template),
                _ => (1, text.as_str()),
            };
            Ok((Command::from_template(template, material)?, weight))
        });
        Mix::new(&templates.join(", "), weighted.collect::<Result<_>>()?)
    }

    /// A mix of these commands, each as often as its weight says.
    ///
    /// # Errors
    /// When there is no command with a weight, or the commands do not name their keys alike.
    pub fn new(text: &str, weighted: Vec<(Command, u16)>) -> Result<Mix> {
        let groups = |w: &(Command, u16)| (w.0.group, w.0.place());
        ensure!(weighted.iter().any(|w| w.1 > 0), "no command has a weight: {text}");
        ensure!(
            weighted.windows(2).all(|pair| groups(&pair[0]) == groups(&pair[1])),
            "the commands of a mix must name their keys alike: {text}"
        );
        let rotation = weighted
            .iter()
            .enumerate()
            .flat_map(|(index, (_, weight))| std::iter::repeat_n(index as u16, *weight as usize))
            .collect();
        let commands = weighted.into_iter().map(|(command, _)| command).collect();
        Ok(Mix { text: text.to_owned(), commands, rotation })
    }

    /// The mix as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its commands.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// Indices of the commands in the order of one lap.
    pub fn rotation(&self) -> &[u16] {
        &self.rotation
    }

    /// How many draws cover `keys` keys.
    pub fn population(&self, keys: u64) -> u64 {
        (keys / u64::from(self.commands[0].group)).max(1)
    }

    /// The mix that writes every key this one reads, if it reads any.
    pub fn preload(&self, material: &Material) -> Option<Mix> {
        let reader = self.commands.iter().find(|command| command.reads)?;
        let name = reader.name.replace("get", "set");
        Some(Mix::parse(&name, material).expect("every reader has a writer"))
    }
}

impl Command {
    fn place(&self) -> Option<Place> {
        self.parts.iter().find_map(|part| match part {
            Part::Member { place, .. } => Some(*place),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Distribution;

    fn material() -> Material {
        Material { format: KeyFormat::unpadded("key:"), value_bytes: 3, misses: false }
    }

    /// The first two requests of a command, keys in sequence from 8, with line ends as `|`.
    fn check(command: &Command, expect: &str) {
        let (mut out, mut scratch) = (Vec::new(), Vec::new());
        let mut sampler = Sampler::new(Distribution::Sequential(8), 100);
        let mut random = fastrand::Rng::with_seed(1);
        let mut draw = Draw {
            format: &material().format,
            sampler: &mut sampler,
            random: &mut random,
            scratch: &mut scratch,
        };
        command.append(&mut out, &mut draw);
        assert_eq!(String::from_utf8(out).unwrap().replace("\r\n", "|"), expect);
    }

    fn named(name: &str) -> Command {
        Command::from_name(name, &material()).unwrap()
    }

    #[test]
    fn writes_requests() {
        check(&named("set"), "*3|$3|SET|$5|key:8|$3|xxx|");
        check(&named("get"), "*2|$3|GET|$5|key:8|");
        check(&named("incr"), "*2|$4|INCR|$13|counter:key:8|");
        check(&named("mget2"), "*3|$4|MGET|$9|key:{8:0}|$9|key:{8:1}|");
        check(&named("mset2-tag"), "*5|$4|MSET|$9|key:{8}:0|$3|xxx|$9|key:{8}:1|$3|xxx|");
        let custom = Command::from_template("LRANGE l:__key__:z 0 __value__", &material()).unwrap();
        check(&custom, "*4|$6|LRANGE|$9|l:key:8:z|$1|0|$3|xxx|");
        let two = Command::from_template("RENAME __key__ __key__", &material()).unwrap();
        check(&two, "*3|$6|RENAME|$5|key:8|$5|key:9|");
        let numbers = Command::from_template("ZADD z __int__ a:__member__ __int:1__", &material()).unwrap();
        check(&numbers, "*5|$4|ZADD|$1|z|$1|8|$18|a:member:000000009|$1|0|");
    }

    #[test]
    fn knows_the_right_answers() {
        assert_eq!(named("get").expected(), &Expected::value(b"xxx", false));
        assert_eq!(named("mget3-tag").expected(), &Expected::values(b"xxx", 3, false));
        assert_eq!(named("mset3").expected(), &Expected::ok());
    }

    #[test]
    fn reads_mixes() {
        let mix = Mix::parse("set:get=1:3", &material()).unwrap();
        assert_eq!(mix.rotation(), [0, 1, 1, 1]);
        assert_eq!(mix.preload(&material()).unwrap().text(), "set");
        let multi = Mix::parse("mget10-tag", &material()).unwrap();
        assert_eq!(multi.preload(&material()).unwrap().text(), "mset10-tag");
        assert_eq!(multi.population(100), 10);
        assert!(Mix::parse("incr", &material()).unwrap().preload(&material()).is_none());
        let templates = ["2*GET __key__".to_owned(), "PING".to_owned()];
        assert_eq!(Mix::from_templates(&templates, &material()).unwrap().rotation(), [0, 0, 1]);
        for bad in
            ["", "sett", "mget", "mget0", "set:get=1", "set=0", "set:mset10", "mset10:mget10-tag", "set=a"]
        {
            assert!(Mix::parse(bad, &material()).is_err(), "{bad}");
        }
    }
}
