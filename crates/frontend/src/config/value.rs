//! Values of parameters: read from words, written as CONFIG GET shows them. The error texts are Redis's.

use std::borrow::Cow;

use base::num::parse_i64;
use base::units::parse_memory;

use super::check;
use super::param::{IntForm, IntKind, Kind, Param, Words};

/// The value of a parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// `yes` or `no`.
    Flag(bool),
    /// A number; a percentage is negative.
    Int(i64),
    /// A text or an alternative.
    Text(Vec<u8>),
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
pub(super) const CLASSES: [(&str, &str); 3] =
    [("normal", "normal"), ("slave", "replica"), ("pubsub", "pubsub")];

/// Why a value was refused.
pub type Refusal = Cow<'static, str>;

impl Value {
    /// Reads a value from the words of a line of the configuration file. `current` is the value so far, which parameters
    /// that are given piece by piece build upon.
    ///
    /// # Errors
    /// The words are not a value of the parameter; in Redis's words.
    pub fn parse(kind: &Kind, words: &[Vec<u8>], current: Option<&Value>) -> Result<Value, Refusal> {
        let one = || match words {
            [word] => Ok(word.as_slice()),
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
            Kind::Events => {
                one()?;
                Ok(Value::Text(check::check_events(words)?))
            }
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
                parse_output_limits(words, limits)
            }
            Kind::Checked(check, arity) => {
                if arity == Words::One {
                    one()?;
                }
                let added = check(words)?;
                match current {
                    Some(Value::Text(before))
                        if arity == Words::AddUp && !before.is_empty() && !added.is_empty() =>
                    {
                        Ok(Value::Text([before.as_slice(), &added].join(&b' ')))
                    }
                    _ => Ok(Value::Text(added)),
                }
            }
        }
    }

    /// Reads a value from the one word of CONFIG SET, which replaces what was there. Several words are separated by
    /// single spaces.
    ///
    /// # Errors
    /// As [`Value::parse`].
    pub fn parse_set(param: &Param, word: &[u8], current: &Value) -> Result<Value, Refusal> {
        let kind = &param.kind;
        // Redis takes most values as strings of C, which end at a NUL; numbers and passwords with their whole length.
        let whole = kind.takes_several()
            || matches!(kind, Kind::Int(IntKind { form: IntForm::Decimal, .. }))
            || matches!(param.name, "requirepass" | "masterauth" | "availability-zone");
        let end = word.iter().position(|&byte| byte == 0).filter(|_| !whole).unwrap_or(word.len());
        let word = word.get(..end).unwrap_or_default();
        let words: Vec<Vec<u8>> = match (kind.takes_several(), word) {
            (true, []) => Vec::new(),
            (true, _) => word.split(|&byte| byte == b' ').map(<[u8]>::to_vec).collect(),
            (false, _) => vec![word.to_vec()],
        };
        // Classes of clients that are not named keep their limits.
        let current = matches!(kind, Kind::OutputLimits).then_some(current);
        Value::parse(kind, &words, current)
    }

    /// The default of a parameter.
    pub(super) fn default_of(param: &Param) -> Value {
        let words: Vec<Vec<u8>> = if param.kind.takes_several() {
            param.default.split(' ').filter(|word| !word.is_empty()).map(|word| word.into()).collect()
        } else {
            vec![param.default.into()]
        };
        // Defaults are static data, which a test reads as a whole.
        Value::parse(&param.kind, &words, None).unwrap_or(Value::Text(Vec::new()))
    }

    /// Appends the value as CONFIG GET shows it.
    pub fn write(&self, kind: &Kind, out: &mut Vec<u8>) {
        match self {
            Value::Flag(value) => out.extend_from_slice(if *value { b"yes" } else { b"no" }),
            Value::Int(value) => write_int(kind, *value, out),
            Value::Text(text) if matches!(kind, Kind::Events) => {
                out.extend_from_slice(&check::shown_events(text));
            }
            Value::Text(text) => out.extend_from_slice(text),
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

/// Which word is wrong, and what a parameter takes, in words; nothing where the refusal says it all.
pub(super) fn expectation(param: &Param, words: &[Vec<u8>]) -> String {
    let takes = match param.kind {
        Kind::Flag => "yes or no".to_owned(),
        Kind::Int(int) => {
            let what = match int.form {
                IntForm::Decimal => "a number",
                IntForm::Octal => "an octal number",
                IntForm::Memory => "a number of bytes (such as 512, 100kb, 2gb)",
                IntForm::MemoryOrPercent => "a number of bytes (such as 512, 100kb, 2gb) or a percentage",
            };
            match (int.form, int.max) {
                (IntForm::Octal, max) => format!("{what} from {:o} to {max:o}", int.min),
                (IntForm::MemoryOrPercent, _) => what.to_owned(),
                (_, i64::MAX) => format!("{what} of at least {}", int.min),
                (_, max) => format!("{what} from {} to {max}", int.min),
            }
        }
        Kind::Text => "one word, in quotes if it has spaces".to_owned(),
        Kind::Enum(names) => format!("one of {}", names.join(", ")),
        Kind::Bits(names) => format!("some of {}", names.join(", ")),
        Kind::OutputLimits => "class, hard limit, soft limit and seconds".to_owned(),
        Kind::Checked(..) | Kind::Events => return String::new(),
    };
    let words: Vec<String> = words.iter().map(|word| format!("'{}'", word.escape_ascii())).collect();
    let given = if words.is_empty() { "nothing".to_owned() } else { words.join(" ") };
    format!("{} takes {takes}, not {given}", param.name)
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
            let percent = || word.strip_suffix(b"%").and_then(parse_i64).filter(|&percent| percent >= 0);
            let number =
                parse_memory(word).map(|bytes| bytes as i64).or_else(|| percent().map(|percent| -percent));
            let number = number.ok_or("argument must be a memory or percent value")?;
            if number < -100 {
                return Err("percentage argument must be less or equal to 100".into());
            }
            return Ok(number);
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
fn parse_bits(names: &'static [&'static str], words: &[Vec<u8>]) -> Result<Value, Refusal> {
    let mut given = vec![false; names.len()];
    let mut count = 0;
    for word in words {
        let at = names.iter().position(|name| name.as_bytes().eq_ignore_ascii_case(word));
        given[at.ok_or_else(|| none_of(names))?] = true;
        count += 1;
    }
    if count == 0 {
        return Err(none_of(names));
    }
    let has = |name: &str| names.iter().zip(&given).any(|(other, given)| *given && *other == name);
    if has("save") && has("nosave") {
        return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".into());
    }
    let mut shown: Vec<&str> =
        names.iter().zip(&given).skip(1).filter(|(_, given)| **given).map(|(name, _)| *name).collect();
    if shown.is_empty() {
        shown.extend(names.first());
    }
    Ok(Value::Text(shown.join(" ").into_bytes()))
}

fn parse_output_limits(words: &[Vec<u8>], mut limits: [OutputLimit; 3]) -> Result<Value, Refusal> {
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
