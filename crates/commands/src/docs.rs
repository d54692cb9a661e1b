//! What COMMAND DOCS says about each command: types, one data file a family, and the writer.
//!
//! The data files hold what Redis 8.2.3 answers and are written by `scripts/record-command-specs`. The order of
//! the fields, and which of them are left out, is Redis's and checked against recorded replies.
#![allow(clippy::needless_update, reason = "the data files are written by a script, one form for all")]

pub mod array;
pub mod bitmap;
pub mod cluster;
pub mod commandlog;
pub mod connection;
pub mod generic;
pub mod geo;
pub mod hash;
pub mod hash_new;
pub mod hyperloglog;
pub mod introspection;
pub mod list;
pub mod list_new;
pub mod persistence;
pub mod pubsub;
pub mod server;
pub mod set;
pub mod set_new;
pub mod sorted_set;
pub mod stream;
pub mod stream_new;
pub mod string;
pub mod string_new;
pub mod transactions;
mod write;

pub(crate) use write::words;

/// The documentation of a command or subcommand.
#[derive(Debug)]
pub struct Docs {
    /// One sentence saying what the command does.
    pub summary: &'static str,
    /// The Redis version that brought the command.
    pub since: &'static str,
    /// The family, as documentation groups it: `string`, `generic`, …
    pub group: &'static str,
    /// Time complexity, where documented.
    pub complexity: Option<&'static str>,
    /// `deprecated` or `syscmd`.
    pub doc_flags: &'static [&'static str],
    /// The version that deprecated the command.
    pub deprecated_since: Option<&'static str>,
    /// What to use instead of a deprecated command.
    pub replaced_by: Option<&'static str>,
    /// Version and change, oldest first.
    pub history: &'static [(&'static str, &'static str)],
    /// The arguments in the order of the command line.
    pub arguments: &'static [Arg],
}

/// The optional parts of a [`Docs`], all absent.
pub(crate) const DOCS: Docs = Docs {
    summary: "",
    since: "",
    group: "",
    complexity: None,
    doc_flags: &[],
    deprecated_since: None,
    replaced_by: None,
    history: &[],
    arguments: &[],
};

/// An argument of a command.
#[derive(Debug)]
pub struct Arg {
    /// The name, unique among its siblings.
    pub name: &'static str,
    /// What kind of value it takes.
    pub kind: ArgKind,
    /// The text shown in a usage line where that is not the name.
    pub display_text: Option<&'static str>,
    /// For a key: the index of the key specification that finds it.
    pub key_spec_index: Option<u8>,
    /// The literal word that introduces the argument or, for a pure token, is all of it.
    pub token: Option<&'static str>,
    /// The Redis version that brought the argument, where later than the command.
    pub since: Option<&'static str>,
    /// The version that deprecated the argument.
    pub deprecated_since: Option<&'static str>,
    /// May be left out.
    pub optional: bool,
    /// May be repeated.
    pub multiple: bool,
    /// The token is repeated with each repetition.
    pub multiple_token: bool,
    /// The alternatives of [`ArgKind::OneOf`], the parts of [`ArgKind::Block`].
    pub args: &'static [Arg],
}

/// The optional parts of an [`Arg`], all absent.
pub(crate) const ARG: Arg = Arg {
    name: "",
    kind: ArgKind::String,
    display_text: None,
    key_spec_index: None,
    token: None,
    since: None,
    deprecated_since: None,
    optional: false,
    multiple: false,
    multiple_token: false,
    args: &[],
};

/// The kind of value an argument takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArgKind {
    /// Any string.
    String,
    /// A decimal 64-bit integer.
    Integer,
    /// A floating-point number.
    Double,
    /// The name of a key.
    Key,
    /// A glob-style pattern.
    Pattern,
    /// A point in time in seconds or milliseconds since 1970.
    UnixTime,
    /// A literal word without a value.
    PureToken,
    /// Exactly one of several arguments.
    OneOf,
    /// Several arguments that go together.
    Block,
}

impl ArgKind {
    /// The name that COMMAND DOCS prints.
    pub fn name(self) -> &'static str {
        match self {
            ArgKind::String => "string",
            ArgKind::Integer => "integer",
            ArgKind::Double => "double",
            ArgKind::Key => "key",
            ArgKind::Pattern => "pattern",
            ArgKind::UnixTime => "unix-time",
            ArgKind::PureToken => "pure-token",
            ArgKind::OneOf => "oneof",
            ArgKind::Block => "block",
        }
    }
}

impl Arg {
    /// What a usage line shows; alternatives and blocks have nothing of their own to show.
    pub fn display_text(&self) -> Option<&'static str> {
        match self.kind {
            ArgKind::OneOf | ArgKind::Block => None,
            _ => Some(self.display_text.unwrap_or(self.name)),
        }
    }
}
