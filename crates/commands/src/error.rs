//! Errors as values, and the one table that turns them into reply text.

use std::borrow::Cow;

/// Why a command failed. The reply is an error with [`CmdError::text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CmdError {
    /// Arguments in an order or combination that the command doesn't take.
    Syntax,
    /// Something else where an integer is needed, or one that is out of range.
    NotInteger,
    /// Something else where an integer of at least 0 is needed.
    NotPositive,
    /// An integer that doesn't fit into 32 bits.
    NotInt32,
    /// Something else where a floating point number is needed.
    NotFloat,
    /// The key holds another type than the command works on.
    WrongType,
    /// INCR, DECR and their kin would leave the range of 64 bits.
    Overflow,
    /// DECRBY by the one number that has no negative.
    DecrementOverflow,
    /// The key doesn't exist (RENAME).
    NoSuchKey,
    /// A database index beyond the configured number.
    DbOutOfRange,
    /// An index that is out of range.
    IndexOutOfRange,
    /// Source and destination are the same.
    SameObject,
    /// A cursor that is no number.
    InvalidCursor,
    /// A time to live that is zero, negative or overflows; names the command.
    InvalidExpire(&'static str),
    /// A value that would be longer than `proto-max-bulk-len`.
    StringTooLong,
    /// Too few or too many arguments; names the command, or `container|subcommand`.
    Arity(Cow<'static, str>),
    /// Memory is at `maxmemory` and the command would use more.
    OutOfMemory,
    /// Any other error, with its whole text, code included (`ERR …`). Bytes, because it may repeat what the client sent.
    Text(Cow<'static, [u8]>),
}

impl From<store::WrongType> for CmdError {
    fn from(_: store::WrongType) -> Self {
        CmdError::WrongType
    }
}

impl From<store::TooLong> for CmdError {
    fn from(_: store::TooLong) -> Self {
        CmdError::StringTooLong
    }
}

impl CmdError {
    /// An error of one command only, with its whole text (`ERR …`).
    pub const fn text_of(text: &'static str) -> Self {
        CmdError::Text(Cow::Borrowed(text.as_bytes()))
    }

    /// An error that repeats what the client sent. Like Redis, which prints it as a C string, up to its first NUL.
    pub fn quoting(before: &str, argument: &[u8], after: &str) -> Self {
        let argument = argument.split(|&byte| byte == 0).next().unwrap_or_default();
        CmdError::Text(Cow::Owned([before.as_bytes(), argument, after.as_bytes()].concat()))
    }

    /// The text of the error reply, without the leading `-`.
    pub fn text(&self) -> Cow<'_, [u8]> {
        let text = match self {
            CmdError::Syntax => "ERR syntax error",
            CmdError::NotInteger => "ERR value is not an integer or out of range",
            CmdError::NotPositive => "ERR value is out of range, must be positive",
            CmdError::NotInt32 => "ERR value is out of range, value must between -2147483648 and 2147483647",
            CmdError::NotFloat => "ERR value is not a valid float",
            CmdError::WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value",
            CmdError::Overflow => "ERR increment or decrement would overflow",
            CmdError::DecrementOverflow => "ERR decrement would overflow",
            CmdError::NoSuchKey => "ERR no such key",
            CmdError::DbOutOfRange => "ERR DB index is out of range",
            CmdError::IndexOutOfRange => "ERR index out of range",
            CmdError::SameObject => "ERR source and destination objects are the same",
            CmdError::InvalidCursor => "ERR invalid cursor",
            CmdError::StringTooLong => "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
            CmdError::OutOfMemory => "OOM command not allowed when used memory > 'maxmemory'.",
            CmdError::InvalidExpire(command) => return of_command("invalid expire time in", command),
            CmdError::Arity(command) => return of_command("wrong number of arguments for", command),
            CmdError::Text(text) => return Cow::Borrowed(text),
        };
        Cow::Borrowed(text.as_bytes())
    }
}

fn of_command(what: &str, command: &str) -> Cow<'static, [u8]> {
    Cow::Owned(format!("ERR {what} '{command}' command").into_bytes())
}
