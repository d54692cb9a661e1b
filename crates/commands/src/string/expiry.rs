//! The options that say when a key expires, as SET and GETEX take them: EX, PX, EXAT, PXAT with a time, KEEPTTL, PERSIST.

use crate::{CmdError, words};

/// Which option was given. Each may be repeated, the last one counts; two different ones are a syntax error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// In so many seconds.
    Ex,
    /// In so many milliseconds.
    Px,
    /// At this second since 1970.
    ExAt,
    /// At this millisecond since 1970.
    PxAt,
    /// SET: as before.
    KeepTtl,
    /// GETEX: never.
    Persist,
}

/// The option with its time, which is looked at when all options are known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ExpiryOption<'a> {
    pub(super) choice: Option<Choice>,
    pub(super) time: &'a [u8],
}

impl<'a> ExpiryOption<'a> {
    /// Takes an option if it is one of these, with the argument that follows it. Returns how many arguments it took, 0 if it
    /// is another option. `plain` is the option without a time that the command knows.
    pub(super) fn take(
        &mut self,
        word: &[u8],
        next: Option<&'a [u8]>,
        plain: (&str, Choice),
    ) -> Result<usize, CmdError> {
        let timed = [("EX", Choice::Ex), ("PX", Choice::Px), ("EXAT", Choice::ExAt), ("PXAT", Choice::PxAt)];
        let (choice, taken) = if words::is(word, plain.0) {
            (plain.1, 1)
        } else if let Some(&(_, choice)) = timed.iter().find(|(name, _)| words::is(word, name)) {
            self.time = next.ok_or(CmdError::Syntax)?;
            (choice, 2)
        } else {
            return Ok(0);
        };
        if self.choice.replace(choice).is_some_and(|before| before != choice) {
            return Err(CmdError::Syntax);
        }
        Ok(taken)
    }

    /// The time in ms since 1970, if the option has one. The error names the command.
    pub(super) fn at_ms(self, now_ms: u64, command: &'static str) -> Result<Option<u64>, CmdError> {
        match self.choice {
            None | Some(Choice::KeepTtl | Choice::Persist) => Ok(None),
            Some(choice) => at_ms(choice, self.time, now_ms, command).map(Some),
        }
    }
}

/// The time that an argument means, in ms since 1970: above 0 and within 63 bits, before and after the conversion.
pub(super) fn at_ms(
    choice: Choice,
    time: &[u8],
    now_ms: u64,
    command: &'static str,
) -> Result<u64, CmdError> {
    let invalid = CmdError::InvalidExpire(command);
    let time = words::int(time)?;
    if time <= 0 {
        return Err(invalid);
    }
    let factor = if matches!(choice, Choice::Ex | Choice::ExAt) { 1000 } else { 1 };
    let base = if matches!(choice, Choice::Ex | Choice::Px) { now_ms.cast_signed() } else { 0 };
    let at = time.checked_mul(factor).and_then(|ms| ms.checked_add(base)).ok_or(invalid)?;
    Ok(at.cast_unsigned())
}
