//! CONFIG SET: several parameters, all or none.
//!
//! ```text
//! check   names: known, changeable, each once          ─┐
//! parse   values, in the order in which they came       ├─ the first problem is the answer, and nothing has changed
//! apply   what the process has to carry out             ─┘  what was carried out is taken back
//! ```

use commands::CmdError;

use super::{Change, Config, Effect, Errand, Param, Refusal, Setting, Value, find, normal};

/// Names and values of one CONFIG SET.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    /// Name as it was written, number of the parameter, parameter, and the value as it was written.
    changes: Vec<(Vec<u8>, usize, &'static Param, Vec<u8>)>,
}

/// Why a change was refused: which parameter, and in Redis's words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SetError {
    name: Vec<u8>,
    problem: Refusal,
}

impl SetError {
    fn new(name: &[u8], problem: impl Into<Refusal>) -> Self {
        SetError { name: name.to_vec(), problem: problem.into() }
    }
}

impl From<SetError> for CmdError {
    fn from(error: SetError) -> CmdError {
        let after = format!("') - {}", error.problem);
        CmdError::quoting("ERR CONFIG SET failed (possibly related to argument '", &error.name, &after)
    }
}

impl Changes {
    /// Checks the names of `pairs`, of which the first of the two comes first.
    ///
    /// # Errors
    /// A name that is unknown, or of a parameter that can't be changed, or comes twice.
    pub(crate) fn new<'a>(
        pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        may_protected: bool,
    ) -> Result<Changes, CmdError> {
        let mut changes: Vec<(Vec<u8>, usize, &'static Param, Vec<u8>)> = Vec::new();
        for (name, value) in pairs {
            let (at, param, _) = find(name).ok_or_else(|| {
                CmdError::quoting("ERR Unknown option or number of arguments for CONFIG SET - '", name, "'")
            })?;
            let problem = match param.change {
                Change::AtStart => Some("can't set immutable config"),
                Change::Protected if !may_protected => Some("can't set protected config"),
                // An older name of the same parameter is another one to Redis.
                _ if changes.iter().any(|(other, ..)| other.eq_ignore_ascii_case(name)) => {
                    Some("duplicate parameter")
                }
                _ => None,
            };
            if let Some(problem) = problem {
                return Err(SetError::new(name, problem).into());
            }
            changes.push((name.to_vec(), at, param, value.to_vec()));
        }
        Ok(Changes { changes })
    }

    /// The configuration with the new values.
    ///
    /// # Errors
    /// A value that the parameter doesn't take.
    pub(crate) fn apply_to(&self, config: &Config) -> Result<Config, SetError> {
        let mut changed = config.clone();
        for (name, at, param, word) in &self.changes {
            let Some(current) = config.value(*at) else { continue };
            let value = Value::parse_set(param, word, current)
                .map_err(|problem| SetError::new(&shown_name(name, param), problem))?;
            let value = normal(param, value);
            if param.change == Change::Fixed && value != *current {
                return Err(SetError::new(name, "can't set immutable config"));
            }
            changed.replace(*at, value);
        }
        Ok(changed)
    }

    /// The process's part: what it has to be told, with the name of the parameter.
    pub(crate) fn settings(&self, config: &Config) -> Vec<(Vec<u8>, Setting)> {
        let setting = |(name, at, param, _): &(Vec<u8>, usize, &'static Param, Vec<u8>)| match (
            param.effect,
            config.value(*at)?,
        ) {
            (Effect::Process(setting), value) => Some((shown_name(name, param), setting(value))),
            _ => None,
        };
        self.changes.iter().filter_map(setting).collect()
    }

    /// The control plane's part, each with the name of the parameter: only what differs from the values so far.
    pub(crate) fn errands(&self, old: &Config, new: &Config) -> Vec<(Vec<u8>, Errand)> {
        let errand = |(name, at, param, _): &(Vec<u8>, usize, &'static Param, Vec<u8>)| match param.effect {
            Effect::Control(errand) if old.value(*at) != new.value(*at) => {
                Some((shown_name(name, param), errand))
            }
            _ => None,
        };
        self.changes.iter().filter_map(errand).collect()
    }

    /// Replaces the word that a parameter is set to.
    pub(crate) fn set_word(&mut self, name: &[u8], word: &[u8]) {
        let mine = self.changes.iter_mut().find(|(other, ..)| other.eq_ignore_ascii_case(name));
        mine.into_iter().for_each(|(.., value)| *value = word.to_vec());
    }

    /// Something failed that belongs to a parameter.
    pub(crate) fn failed(name: &[u8], problem: impl Into<Refusal>) -> SetError {
        SetError::new(name, problem)
    }
}

/// The name that Redis shows when a value is wrong: its own spelling, not the client's.
fn shown_name(name: &[u8], param: &'static Param) -> Vec<u8> {
    let is = |other: &&str| other.as_bytes().eq_ignore_ascii_case(name);
    let known = [Some(param.name), param.alias].into_iter().flatten().find(is);
    known.map_or_else(|| name.to_vec(), |known| known.as_bytes().to_vec())
}
