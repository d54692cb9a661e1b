//! What commands on named fields share: `FIELDS numfields field [field …]`, expiry times, events.

use base::Args;
use store::{Class, Kind};

use crate::{CmdError, ShardCtx, words};

/// Latest time at which a field can expire, in ms since 1970. Redis's limit.
const TIME_MAX_MS: i64 = (1 << 46) - 1;

const NO_FIELDS: CmdError =
    CmdError::text_of("ERR Mandatory argument FIELDS is missing or not at the right position");
const NO_COUNT: CmdError = CmdError::text_of("ERR Number of fields must be a positive integer");
const WRONG_COUNT: CmdError =
    CmdError::text_of("ERR The `numfields` parameter must match the number of arguments");
const NEGATIVE_TIME: CmdError = CmdError::text_of("ERR invalid expire time, must be >= 0");

/// The fields that a command names.
pub(super) struct Fields<'a>(Args<'a>);

impl<'a> Fields<'a> {
    /// Parses `FIELDS numfields field [field …]`, with FIELDS at `at`, to the end.
    pub(super) fn parse(args: Args<'a>, at: usize) -> Result<Self, CmdError> {
        Self::parse_with(args, at, NO_COUNT)
    }

    /// The same with another error for a count that is none.
    pub(super) fn parse_with(args: Args<'a>, at: usize, no_count: CmdError) -> Result<Self, CmdError> {
        if !words::is(args.arg(at), "FIELDS") {
            return Err(NO_FIELDS);
        }
        let count = words::positive(args.arg(at + 1)).ok().filter(|&count| count > 0).ok_or(no_count)?;
        let fields = args.tail(at + 2);
        if count != fields.len() as u64 {
            return Err(WRONG_COUNT);
        }
        Ok(Fields(fields))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.iter()
    }
}

/// How a time to expire is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeForm {
    pub(super) seconds: bool,
    pub(super) absolute: bool,
}

impl TimeForm {
    pub(super) const EX: TimeForm = TimeForm { seconds: true, absolute: false };
    pub(super) const PX: TimeForm = TimeForm { seconds: false, absolute: false };
    pub(super) const EXAT: TimeForm = TimeForm { seconds: true, absolute: true };
    pub(super) const PXAT: TimeForm = TimeForm { seconds: false, absolute: true };

    /// The form that a word stands for.
    pub(super) fn of(word: &[u8]) -> Option<Self> {
        const FORMS: [(&str, TimeForm); 4] =
            [("EX", TimeForm::EX), ("PX", TimeForm::PX), ("EXAT", TimeForm::EXAT), ("PXAT", TimeForm::PXAT)];
        FORMS.into_iter().find(|(name, _)| words::is(word, name)).map(|(_, form)| form)
    }

    /// The time in ms since 1970.
    pub(super) fn at_ms(self, arg: &[u8], now_ms: u64, command: &'static str) -> Result<u64, CmdError> {
        let time = words::int(arg)?;
        if time < 0 {
            return Err(NEGATIVE_TIME);
        }
        let ms = if self.seconds { time.checked_mul(1000) } else { Some(time) };
        let base = if self.absolute { 0 } else { i64::try_from(now_ms).unwrap_or(i64::MAX) };
        let at = ms.and_then(|ms| ms.checked_add(base)).filter(|&at| at <= TIME_MAX_MS);
        at.and_then(|at| u64::try_from(at).ok()).ok_or(CmdError::InvalidExpire(command))
    }
}

/// An error if a key is of another type: some commands look at the type before they parse.
pub(super) fn check_type(ctx: &mut ShardCtx<'_>, name: &[u8]) -> Result<(), CmdError> {
    let key = ctx.routed_key(name);
    match ctx.database().peek(key).map(|item| item.kind()) {
        None | Some(Kind::Hash) => Ok(()),
        Some(_) => Err(CmdError::WrongType),
    }
}

/// The events of removed fields, and of a key that is gone with the last one.
pub(super) fn removed(ctx: &mut ShardCtx<'_>, name: &[u8], fields: bool, key: bool) {
    if fields {
        ctx.event(Class::Hash, "hdel", name);
    }
    if key {
        ctx.event(Class::Generic, "del", name);
    }
}
