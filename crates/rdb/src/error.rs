//! What can be wrong with a file or payload.

use std::fmt;

/// Something is wrong at a byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Which byte, from the first of the file or payload.
    pub offset: u64,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Something else was expected: what.
    Expected(&'static str),
    /// The bytes end here.
    Truncated,
    /// A version of the format that is not known.
    Version(String),
    /// A type of value or an opcode that is not known.
    Unknown(u8),
    /// A value of a module, named.
    Module(String),
    /// Data of a module beside the keys; its name.
    ModuleData(String),
    /// Something known that is not supported.
    Unsupported(&'static str),
    /// The checksum at the end is not that of the bytes.
    Checksum {
        /// What is stored.
        stored: u64,
        /// What the bytes give.
        computed: u64,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Expected(what) => write!(out, "expected {what}"),
            Problem::Truncated => write!(out, "unexpected end"),
            Problem::Version(version) => write!(out, "cannot handle RDB format version {version}"),
            Problem::Unknown(byte) => write!(out, "unknown type or opcode {byte}"),
            Problem::Module(name) => write!(out, "a value of module type '{name}', and there are no modules"),
            Problem::ModuleData(name) => write!(out, "data of module '{name}', and there are no modules"),
            Problem::Unsupported(what) => write!(out, "{what} are not supported"),
            Problem::Checksum { stored, computed } => {
                write!(out, "wrong checksum: stored {stored:016x}, computed {computed:016x}")
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at byte {}", self.problem, self.offset)
    }
}

impl std::error::Error for Error {}
