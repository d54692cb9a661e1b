//! What COMMAND INFO says about each command: types, one data file a family, and the writer.
//!
//! This is the single source for flags, ACL categories and key positions. The data files hold what Redis 8.2.3
//! answers and are written by `scripts/record-command-specs`; replies are checked against recorded ones.

use crate::docs::{self, Docs};

mod flags;
mod keys;
pub use flags::{Acl, Category, Flag, Flags, KeyFlag, KeyFlags};
pub use keys::KeyAt;

pub mod array;
pub mod bitmap;
pub mod cluster;
pub mod commandlog;
pub mod connection;
pub mod connection_new;
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

/// The metadata of a command or subcommand.
#[derive(Debug)]
pub struct Meta {
    /// The name in lower case; that of a subcommand is `container|subcommand`.
    pub name: &'static str,
    /// The number of arguments with the command's name; if negative, the least number.
    pub arity: i8,
    /// How the command behaves.
    pub flags: Flags,
    /// The ACL categories it belongs to.
    pub acl: Acl,
    /// The position of the first key, 0 if there is none.
    pub first_key: i8,
    /// The position of the last key; if negative, counted from the end.
    pub last_key: i8,
    /// The distance from key to key.
    pub step: i8,
    /// Hints to clients and proxies.
    pub tips: &'static [&'static str],
    /// Where the keys are and what happens to them.
    pub key_specs: &'static [KeySpec],
    /// The subcommands of a container, sorted by name.
    pub subcommands: &'static [&'static Meta],
    /// What COMMAND DOCS says.
    pub docs: &'static Docs,
}

impl Meta {
    /// Whether the command takes so many arguments, its name among them.
    #[inline]
    pub fn takes(&self, count: usize) -> bool {
        match usize::try_from(self.arity) {
            Ok(arity) => count == arity,
            Err(_) => count >= usize::from(self.arity.unsigned_abs()),
        }
    }
}

/// The optional parts of a [`Meta`], all absent.
const META: Meta = Meta {
    name: "",
    arity: 0,
    flags: Flags::of(&[]),
    acl: Acl::of(&[]),
    first_key: 0,
    last_key: 0,
    step: 0,
    tips: &[],
    key_specs: &[],
    subcommands: &[],
    docs: &docs::DOCS,
};

/// A rule that finds keys among the arguments of a command.
#[derive(Debug)]
pub struct KeySpec {
    /// A remark for readers.
    pub notes: Option<&'static str>,
    /// What happens to the keys.
    pub flags: KeyFlags,
    /// Where the search begins.
    pub begin: Begin,
    /// Which arguments from there are keys.
    pub find: Find,
}

/// Where the search for keys begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Begin {
    /// At this argument; 0 is the command's name.
    Index(i8),
    /// After this word, looked for from this position on, or backwards from the end if the position is negative.
    Keyword(&'static str, i8),
    /// Not describable.
    Unknown,
}

/// Which arguments are keys, counted from where the search began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Find {
    /// Every `step`-th argument up to `last`, which is counted from the end if negative. A `last` of -1 with a
    /// `limit` of 2 or more stops after that fraction of the remaining arguments.
    Range {
        /// The last key, relative to the first; negative from the end.
        last: i8,
        /// The distance from key to key.
        step: i8,
        /// 0 or 1: no limit; otherwise the fraction's denominator.
        limit: i8,
    },
    /// One argument says how many keys there are.
    KeyNum {
        /// The position of the count.
        at: i8,
        /// The position of the first key.
        first: i8,
        /// The distance from key to key.
        step: i8,
    },
    /// Not describable.
    Unknown,
}
