//! Why there is no configuration, in the words that the operator reads.

use std::fmt;
use std::path::PathBuf;

/// Why there is no configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// `--help` or the like: the text to show, and all is well.
    Show(String),
    /// A file can't be read.
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A line is wrong.
    Line(LineError),
}

/// Where lines of the configuration come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A file.
    File(PathBuf),
    /// The standard input.
    Input,
    /// The command line: each option is a line.
    Options,
}

/// A line of the configuration that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct LineError {
    /// Where the line is.
    pub origin: Origin,
    /// The line, from 1.
    pub number: usize,
    /// The line as it was written.
    pub line: String,
    /// What is wrong with it, as Redis says it.
    pub problem: String,
    /// Which word is wrong and what was expected, if more can be said.
    pub detail: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Show(text) => f.write_str(text),
            ConfigError::Read { path, error } => {
                let why = without_code(error);
                write!(f, "Fatal error, can't open config file '{}': {why}", path.display())
            }
            ConfigError::Line(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version = env!("CARGO_PKG_VERSION");
        writeln!(f, "\n*** FATAL CONFIG FILE ERROR (Anax {version}) ***")?;
        let number = self.number;
        match &self.origin {
            Origin::File(path) => {
                writeln!(f, "Reading the configuration file {}, at line {number}", path.display())?;
            }
            Origin::Input => writeln!(f, "Reading the standard input, at line {number}")?,
            Origin::Options => writeln!(f, "Reading the command line, at option {number}")?,
        }
        write!(f, ">>> '{}'\n{}", self.line, self.problem)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, "\n{}", self.detail) }
    }
}

impl std::error::Error for ConfigError {}

/// An error of the system as C's `strerror` says it.
pub(crate) fn without_code(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error ").next().unwrap_or_default().to_owned()
}
