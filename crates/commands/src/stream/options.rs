//! The options that XADD and XTRIM share: down to where to trim, and what becomes of references.

use base::Args;
use ds::stream::{References, Trim, TrimTo};
use store::Limits;

use super::id;
use crate::{CmdError, words};

/// Chunks that an approximate trim removes at most, if it does not say.
const CHUNKS_MAX: u64 = 100;
/// Entries that it removes at most, if the number of entries of a chunk has no limit.
const ENTRIES_DEFAULT_MAX: u64 = 10_000;
/// And in any case.
const ENTRIES_MAX: u64 = 1_000_000;

/// What was given.
#[derive(Default)]
pub(super) struct Options {
    to: Option<TrimTo>,
    approximate: bool,
    limit: Option<u64>,
    references: Option<References>,
    /// NOMKSTREAM.
    pub(super) only_existing: bool,
}

impl Options {
    /// Parses the option at `at` and returns how many arguments it takes: 0 if it is none.
    pub(super) fn take(&mut self, args: Args<'_>, at: usize, adding: bool) -> Result<usize, CmdError> {
        let word = args.arg(at);
        let more = args.len() - 1 - at;
        if self.references.is_none()
            && let Some(references) = references(word)
        {
            self.references = Some(references);
            return Ok(1);
        }
        if adding && words::is(word, "NOMKSTREAM") {
            self.only_existing = true;
            return Ok(1);
        }
        if more == 0 {
            return Ok(0);
        }
        if words::is(word, "LIMIT") {
            let limit = words::int(args.arg(at + 1))?;
            let negative = CmdError::text_of("ERR The LIMIT argument must be >= 0.");
            self.limit = Some(u64::try_from(limit).map_err(|_| negative)?);
            return Ok(2);
        }
        let by_len = words::is(word, "MAXLEN");
        if !by_len && !words::is(word, "MINID") {
            return Ok(0);
        }
        if self.to.is_some() {
            return Err(CmdError::text_of(
                "ERR syntax error, MAXLEN and MINID options at the same time are not compatible",
            ));
        }
        let sign = if more >= 2 { args.arg(at + 1) } else { b"" };
        self.approximate = sign == b"~";
        let skip = usize::from(matches!(sign, b"~" | b"="));
        let value = args.arg(at + 1 + skip);
        self.to = Some(if by_len {
            let len = words::int(value)?;
            let negative = CmdError::text_of("ERR The MAXLEN argument must be >= 0.");
            TrimTo::Len(u64::try_from(len).map_err(|_| negative)?)
        } else {
            TrimTo::Id(id::strict(value, 0)?)
        });
        Ok(2 + skip)
    }

    /// What is to be trimmed, if anything, or why the options don't go together; of XADD if `adding`.
    pub(super) fn trim(&self, limits: &Limits, adding: bool) -> Result<Option<Trim>, CmdError> {
        let Some(to) = self.to else {
            return match self.limit {
                Some(1..) => Err(CmdError::text_of(
                    "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy",
                )),
                _ if adding => self.check_limit().map(|()| None),
                _ => Ok(None),
            };
        };
        self.check_limit()?;
        let default = match limits.stream_node_max_entries as u64 {
            0 => ENTRIES_DEFAULT_MAX,
            entries => entries.saturating_mul(CHUNKS_MAX).min(ENTRIES_MAX),
        };
        let limit = match (self.approximate, self.limit) {
            (false, _) => 0,
            (true, limit) => limit.unwrap_or(default),
        };
        let references = self.references.unwrap_or_default();
        Ok(Some(Trim { to, approximate: self.approximate, limit, references }))
    }

    fn check_limit(&self) -> Result<(), CmdError> {
        if self.limit.is_some() && !self.approximate {
            return Err(CmdError::text_of(
                "ERR syntax error, LIMIT cannot be used without the special ~ option",
            ));
        }
        Ok(())
    }
}

/// The word that says what becomes of references.
pub(super) fn references(word: &[u8]) -> Option<References> {
    let known =
        [("KEEPREF", References::Keep), ("DELREF", References::Delete), ("ACKED", References::Respect)];
    known.into_iter().find(|(name, _)| words::is(word, name)).map(|(_, references)| references)
}
