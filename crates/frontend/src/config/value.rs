//! Values of parameters: read from words, written as CONFIG GET shows them. The error texts are Redis's.

use std::borrow::Cow;

use base::num::parse_i64;
use base::units::parse_memory;

use super::param::{IntForm, IntKind, Kind, Param};

/// The value of a parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// `yes` or `no`.
    Flag(bool),
    /// A number; a percentage is negative.
    Int(i64),
    /// A text or an alternative.
    Text(Vec<u8>),
    /// Words.
    Words(Vec<Vec<u8>>),
    /// Limits of unsent output of normal clients, replicas and subscribers.
    OutputLimits([OutputLimit; 3]),
}

/// Limits of a client's unsent output; 0 is none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct OutputLimit {
    /// The client is dropped at once beyond this.
    pub hard_bytes: u64,
    /// The client is dropped when it is beyond this for `soft_s`.
    pub soft_bytes: u64,
    /// Seconds.
    pub soft_s: u64,
}

/// The classes of clients that have limits of output: the name shown, and another one.
const CLASSES: [(&str, &str); 3] = [("normal", "normal"), ("slave", "replica"), ("pubsub", "pubsub")];

/// Why a value was refused.
pub type Refusal = Cow<'static, str>;

impl Value {
    /// Reads a value from the words of a line of the configuration file, or from the one word of CONFIG SET. `current` is
    /// the value so far, which parameters that are given piece by piece build upon.
    ///
    /// # Errors
    /// The words are not a value of the parameter; in Redis's words.
    pub fn parse(kind: &Kind, words: &[&[u8]], current: Option<&Value>) -> Result<Value, Refusal> {
        let one = || match *words {
            [word] => Ok(word),
            _ => Err(Refusal::from("wrong number of arguments")),
        };
        match *kind {
            Kind::Flag => match one()?.to_ascii_lowercase().as_slice() {
                b"yes" => Ok(Value::Flag(true)),
                b"no" => Ok(Value::Flag(false)),
                _ => Err("argument must be 'yes' or 'no'".into()),
            },
            Kind::Int(int) => parse_int(int, one()?).map(Value::Int),
            Kind::Text => Ok(Value::Text(one()?.to_vec())),
            Kind::Words => Ok(Value::Words(split(words).map(<[u8]>::to_vec).collect())),
            Kind::Enum(names) => {
                let word = one()?;
                let name = names.iter().find(|name| name.as_bytes().eq_ignore_ascii_case(word));
                name.map(|name| Value::Text(name.as_bytes().to_vec())).ok_or_else(|| none_of(names))
            }
            Kind::Bits(names) => parse_bits(names, words),
            Kind::OutputLimits => {
                let limits = match current {
                    Some(Value::OutputLimits(limits)) => *limits,
                    _ => Default::default(),
                };
                parse_output_limits(&split(words).collect::<Vec<_>>(), limits)
            }
            Kind::Checked(check, adds_up) => {
                let added = check(words)?;
                match current {
                    Some(Value::Text(before)) if adds_up && !before.is_empty() && !added.is_empty() => {
                        Ok(Value::Text([before.as_slice(), &added].join(&b' ')))
                    }
                    _ => Ok(Value::Text(added)),
                }
            }
        }
    }

    /// The default of a parameter.
    pub(super) fn default_of(param: &Param) -> Value {
        let words: Vec<&[u8]> = match param.kind {
            Kind::Words | Kind::OutputLimits | Kind::Bits(_) | Kind::Checked(..) => {
                param.default.split(' ').filter(|word| !word.is_empty()).map(str::as_bytes).collect()
            }
            _ => vec![param.default.as_bytes()],
        };
        // Defaults are static data, which a test reads as a whole.
        Value::parse(&param.kind, &words, None).unwrap_or(Value::Text(Vec::new()))
    }

    /// Appends the value as CONFIG GET shows it.
    pub fn write(&self, kind: &Kind, out: &mut Vec<u8>) {
        match self {
            Value::Flag(value) => out.extend_from_slice(if *value { b"yes" } else { b"no" }),
            Value::Int(value) => write_int(kind, *value, out),
            Value::Text(text) => out.extend_from_slice(text),
            Value::Words(words) => out.extend_from_slice(&words.join(&b' ')),
            Value::OutputLimits(limits) => {
                for (i, ((name, _), limit)) in CLASSES.iter().zip(limits).enumerate() {
                    let space = if i == 0 { "" } else { " " };
                    let OutputLimit { hard_bytes, soft_bytes, soft_s } = limit;
                    out.extend_from_slice(
                        format!("{space}{name} {hard_bytes} {soft_bytes} {soft_s}").as_bytes(),
                    );
                }
            }
        }
    }
}

/// The words within words: CONFIG SET brings several in one.
fn split<'a>(words: &'a [&'a [u8]]) -> impl Iterator<Item = &'a [u8]> {
    words.iter().flat_map(|word| word.split(|&byte| byte == b' ')).filter(|word| !word.is_empty())
}

fn none_of(names: &[&str]) -> Refusal {
    format!("argument(s) must be one of the following: {}", names.join(", ")).into()
}

fn parse_int(int: IntKind, word: &[u8]) -> Result<i64, Refusal> {
    let number = match int.form {
        IntForm::Decimal => parse_i64(word).ok_or("argument couldn't be parsed into an integer")?,
        IntForm::Octal => parse_octal(word).ok_or("argument couldn't be parsed as an octal number")?,
        // Redis counts in a signed number: what is beyond it comes out negative.
        IntForm::Memory => parse_memory(word).ok_or("argument must be a memory value")? as i64,
        IntForm::MemoryOrPercent => {
            let percent = word.strip_suffix(b"%").map(parse_i64);
            match percent {
                Some(Some(percent)) if percent >= 0 => {
                    if percent > 100 {
                        return Err("percentage argument must be less or equal to 100".into());
                    }
                    return Ok(-percent);
                }
                Some(_) => return Err("argument must be a memory or percent value".into()),
                None => parse_memory(word).ok_or("argument must be a memory or percent value")? as i64,
            }
        }
    };
    if int.unsigned && number < 0 {
        return Err("argument must be greater or equal to 0".into());
    }
    if number < int.min || number > int.max {
        return Err(match int.form {
            IntForm::Octal => format!("argument must be between {:o} and {:o} inclusive", int.min, int.max),
            _ => format!("argument must be between {} and {} inclusive", int.min, int.max),
        }
        .into());
    }
    Ok(number)
}

fn parse_octal(word: &[u8]) -> Option<i64> {
    let digits = std::str::from_utf8(word).ok()?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| i64::from_str_radix(digits, 8).ok()).flatten()
}

fn write_int(kind: &Kind, value: i64, out: &mut Vec<u8>) {
    match kind {
        Kind::Int(IntKind { form: IntForm::Octal, .. }) => {
            out.extend_from_slice(format!("{value:o}").as_bytes());
        }
        Kind::Int(IntKind { form: IntForm::MemoryOrPercent, .. }) if value < 0 => {
            out.extend_from_slice(format!("{}%", value.unsigned_abs()).as_bytes());
        }
        _ => base::num::write_i64(out, value),
    }
}

/// Several words of a set, in the order of the set. The first word of the set is shown where none of the others is there.
fn parse_bits(names: &'static [&'static str], words: &[&[u8]]) -> Result<Value, Refusal> {
    let mut given = vec![false; names.len()];
    let mut count = 0;
    for word in split(words) {
        let at = names.iter().position(|name| name.as_bytes().eq_ignore_ascii_case(word));
        given[at.ok_or_else(|| none_of(names))?] = true;
        count += 1;
    }
    if count == 0 {
        return Err(none_of(names));
    }
    let mut shown: Vec<&str> =
        names.iter().zip(&given).skip(1).filter(|(_, given)| **given).map(|(name, _)| *name).collect();
    if shown.is_empty() {
        shown.extend(names.first());
    }
    Ok(Value::Text(shown.join(" ").into_bytes()))
}

fn parse_output_limits(words: &[&[u8]], mut limits: [OutputLimit; 3]) -> Result<Value, Refusal> {
    if !words.len().is_multiple_of(4) {
        return Err("Wrong number of arguments in buffer limit configuration.".into());
    }
    let (groups, _) = words.as_chunks::<4>();
    for [class, hard, soft, seconds] in groups {
        let named = |name: &str| name.as_bytes().eq_ignore_ascii_case(class);
        let at = CLASSES.iter().position(|(name, other)| named(name) || named(other));
        let limit = at.and_then(|at| limits.get_mut(at));
        let limit = limit.ok_or("Invalid client class specified in buffer limit configuration.")?;
        let numbers = (parse_memory(hard), parse_memory(soft), base::num::parse_u64(seconds));
        let (Some(hard_bytes), Some(soft_bytes), Some(soft_s)) = numbers else {
            return Err("Error in hard, soft or soft_seconds setting in buffer limit configuration.".into());
        };
        *limit = OutputLimit { hard_bytes, soft_bytes, soft_s };
    }
    Ok(Value::OutputLimits(limits))
}

/// `save`: pairs of seconds and changes.
pub(super) fn check_save(words: &[&[u8]]) -> Result<Vec<u8>, &'static str> {
    let words: Vec<&[u8]> = split(words).collect();
    let (pairs, rest) = words.as_chunks::<2>();
    let number = |word: &[u8], min: i64| parse_i64(word).is_some_and(|number| number >= min);
    if !rest.is_empty() || !pairs.iter().all(|[seconds, changes]| number(seconds, 1) && number(changes, 0)) {
        return Err("Invalid save parameters");
    }
    Ok(words.join(&b' '))
}

/// The largest number of a CPU that is understood.
const CPU_MAX: u64 = 4095;

/// `pin-cpus`: a word, or CPUs as in `0,2,4-7`.
pub(super) fn check_pin_cpus(words: &[&[u8]]) -> Result<Vec<u8>, &'static str> {
    let [word] = *words else { return Err("wrong number of arguments") };
    let lower = word.to_ascii_lowercase();
    let known = matches!(lower.as_slice(), b"auto" | b"yes" | b"no") || parse_cpus(&lower).is_some();
    if known {
        Ok(lower)
    } else {
        Err("argument must be 'auto', 'yes', 'no' or a list of CPUs as in 0,2,4-7")
    }
}

/// The CPUs of a list as in `0,2,4-7`, in its order.
pub(super) fn parse_cpus(list: &[u8]) -> Option<Vec<usize>> {
    let mut cpus = Vec::new();
    for part in list.split(|&byte| byte == b',') {
        let mut ends = part.splitn(2, |&byte| byte == b'-').map(base::num::parse_u64);
        let first = ends.next()??;
        let last = ends.next().unwrap_or(Some(first))?;
        if last < first || last > CPU_MAX {
            return None;
        }
        cpus.extend((first..=last).map(|cpu| cpu as usize));
    }
    Some(cpus)
}

/// `oom-score-adj-values`: three numbers.
pub(super) fn check_oom_values(words: &[&[u8]]) -> Result<Vec<u8>, &'static str> {
    let words: Vec<&[u8]> = split(words).collect();
    if words.len() != 3 {
        return Err("wrong number of arguments");
    }
    let fits = |word: &&[u8]| parse_i64(word).is_some_and(|number| (-2000..=2000).contains(&number));
    if !words.iter().all(fits) {
        return Err("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
    Ok(words.join(&b' '))
}

/// `latency-tracking-info-percentiles`: numbers from 0 to 100.
pub(super) fn check_percentiles(words: &[&[u8]]) -> Result<Vec<u8>, &'static str> {
    let words: Vec<&[u8]> = split(words).collect();
    let mut shown = Vec::new();
    for word in words {
        let number =
            base::num::parse_f64(word).ok_or("Invalid latency-tracking-info-percentiles parameters")?;
        if !(0.0..=100.0).contains(&number) {
            return Err("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
        }
        if !shown.is_empty() {
            shown.push(b' ');
        }
        shown.extend_from_slice(number.to_string().as_bytes());
    }
    Ok(shown)
}

/// `replicaof`: nothing, or a host and a port.
pub(super) fn check_replica_of(words: &[&[u8]]) -> Result<Vec<u8>, &'static str> {
    match *words {
        [] | [b""] => Ok(Vec::new()),
        [no, one] if no.eq_ignore_ascii_case(b"no") && one.eq_ignore_ascii_case(b"one") => Ok(Vec::new()),
        [_, _] => Err("replication is not supported yet"),
        _ => Err("wrong number of arguments"),
    }
}

/// The classes of keyspace events in the order in which they are shown: those that `A` stands for, then the others.
const EVENTS_OF_A: &[u8] = b"g$lshzxetd";
const EVENTS_OTHER: &[u8] = b"KEmn";

/// `notify-keyspace-events`: a set of letters.
pub(super) fn check_events(words: &[&[u8]]) -> Result<Vec<u8>, &'static str> {
    let letters = match *words {
        [letters] => letters,
        [] => b"",
        _ => return Err("wrong number of arguments"),
    };
    let known =
        |letter: &u8| *letter == b'A' || EVENTS_OF_A.contains(letter) || EVENTS_OTHER.contains(letter);
    if !letters.iter().all(known) {
        return Err("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }
    let has = |letter: &u8| letters.contains(letter);
    let mut shown = Vec::new();
    if has(&b'A') || EVENTS_OF_A.iter().all(has) {
        shown.push(b'A');
    } else {
        shown.extend(EVENTS_OF_A.iter().filter(|letter| has(letter)));
    }
    shown.extend(EVENTS_OTHER.iter().filter(|letter| has(letter)));
    Ok(shown)
}
