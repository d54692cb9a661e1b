//! What a parameter is: its names, the values it takes, whether it may change while the process runs, and what a change
//! does.

use super::Value;
use crate::shared::HotConfig;

/// The largest `int` of C, a frequent bound.
pub(super) const INT_MAX: i64 = i32::MAX as i64;

/// A parameter of the configuration.
#[derive(Debug)]
pub struct Param {
    /// The name in lower case.
    pub name: &'static str,
    /// An older name that means the same.
    pub alias: Option<&'static str>,
    /// The values it takes.
    pub kind: Kind,
    /// The default, as the configuration file would have it.
    pub default: &'static str,
    /// Who may change it.
    pub change: Change,
    /// What a change does.
    pub effect: Effect,
    /// One line for `--help`; empty for parameters without effect.
    pub help: &'static str,
    /// Not shown by patterns of CONFIG GET.
    pub hidden: bool,
    /// Not to be logged.
    pub secret: bool,
}

/// Checks words and brings them into their normal form.
pub type Check = fn(&[Vec<u8>]) -> Result<Vec<u8>, &'static str>;

/// How many words a parameter takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Words {
    /// One.
    One,
    /// Any number.
    Several,
    /// Any number, and further lines of the configuration file add to those before.
    AddUp,
}

/// The values that a parameter takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `yes` or `no`.
    Flag,
    /// A whole number.
    Int(IntKind),
    /// Any text.
    Text,
    /// One of several words.
    Enum(&'static [&'static str]),
    /// Several of these words; the first stands for none of the others.
    Bits(&'static [&'static str]),
    /// Limits of unsent output by class of clients.
    OutputLimits,
    /// Words that a function checks and brings into their normal form.
    Checked(Check, Words),
    /// Letters for classes of keyspace events.
    Events,
}

impl Kind {
    /// Whether it takes any number of words.
    pub fn takes_several(&self) -> bool {
        match self {
            Kind::Bits(_) | Kind::OutputLimits => true,
            Kind::Checked(_, words) => *words != Words::One,
            Kind::Flag | Kind::Int(_) | Kind::Text | Kind::Enum(_) | Kind::Events => false,
        }
    }
}

/// How a number is written and which numbers are allowed.
#[derive(Clone, Copy, Debug)]
pub struct IntKind {
    /// The smallest.
    pub min: i64,
    /// The largest.
    pub max: i64,
    /// How it is written.
    pub form: IntForm,
    /// Redis keeps it in an unsigned variable, which shows in the words about negative numbers.
    pub unsigned: bool,
}

/// How a number is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntForm {
    /// Decimal digits.
    Decimal,
    /// Octal digits.
    Octal,
    /// Bytes with an optional unit.
    Memory,
    /// The same, or a percentage, kept as a negative number.
    MemoryOrPercent,
}

/// Who may change a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// CONFIG SET.
    AnyTime,
    /// CONFIG SET, if `enable-protected-configs` allows it.
    Protected,
    /// The configuration file and the command line only.
    AtStart,
    /// The same for parameters that Redis doesn't have: CONFIG SET takes the value that is there already, so that tools
    /// which set all that they get go through.
    Fixed,
}

/// What a change of a parameter does.
#[derive(Clone, Copy, Debug)]
pub enum Effect {
    /// Nothing yet: the value is only remembered, so that configuration files and tools that set it work.
    None,
    /// Read where it is needed, when the process starts or when a command asks.
    Read,
    /// Copied to every core.
    Cores(fn(&Value, &mut HotConfig)),
    /// Told to the process.
    Process(fn(&Value) -> Setting),
    /// Carried out by the control plane, since it takes longer than a core may wait.
    Control(Errand),
}

/// What the control plane carries out for a changed parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Errand {
    /// Listen elsewhere; the words are Redis's if that fails.
    Listen(&'static str),
    /// Work in another folder.
    Folder,
}

/// A setting that the process carries out outside of the cores' frontends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setting {
    /// Idle time after which a client is disconnected; 0 for never.
    TimeoutMs(u64),
    /// Most clients at a time.
    MaxClients(u32),
    /// Seconds after which an idle TCP connection is probed; 0 for never.
    KeepaliveS(u32),
    /// How long a core spins before it sleeps; `None` leaves the choice to the process.
    SpinUs(Option<u32>),
    /// What is logged.
    LogLevel(LogLevel),
}

/// How a line of the log is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// As text.
    Text,
    /// As a JSON object.
    Json,
    /// As pairs of names and values.
    Pairs,
}

/// How much is logged, from all to nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// Much.
    Verbose,
    /// What an operator wants to know.
    Notice,
    /// What an operator must know.
    Warning,
    /// Nothing.
    Nothing,
}

/// A parameter with the usual properties: changeable at any time, without effect.
const fn param(name: &'static str, kind: Kind, default: &'static str) -> Param {
    Param {
        name,
        alias: None,
        kind,
        default,
        change: Change::AnyTime,
        effect: Effect::None,
        help: "",
        hidden: false,
        secret: false,
    }
}

/// `yes` or `no`.
pub(super) const fn flag(name: &'static str, default: &'static str) -> Param {
    param(name, Kind::Flag, default)
}

/// Any text.
pub(super) const fn text(name: &'static str, default: &'static str) -> Param {
    param(name, Kind::Text, default)
}

/// One of several words.
pub(super) const fn choice(
    name: &'static str,
    words: &'static [&'static str],
    default: &'static str,
) -> Param {
    param(name, Kind::Enum(words), default)
}

/// Several of these words.
pub(super) const fn bits(name: &'static str, words: &'static [&'static str], default: &'static str) -> Param {
    param(name, Kind::Bits(words), default)
}

/// Words that a function checks.
pub(super) const fn checked(name: &'static str, check: Check, words: Words, default: &'static str) -> Param {
    param(name, Kind::Checked(check, words), default)
}

/// Letters for classes of keyspace events.
pub(super) const fn events(name: &'static str, default: &'static str) -> Param {
    param(name, Kind::Events, default)
}

/// Limits of unsent output.
pub(super) const fn output_limits(name: &'static str, default: &'static str) -> Param {
    param(name, Kind::OutputLimits, default)
}

const fn number(name: &'static str, form: IntForm, min: i64, max: i64, default: &'static str) -> Param {
    param(name, Kind::Int(IntKind { min, max, form, unsigned: false }), default)
}

/// A decimal number.
pub(super) const fn int(name: &'static str, min: i64, max: i64, default: &'static str) -> Param {
    number(name, IntForm::Decimal, min, max, default)
}

/// An octal number.
pub(super) const fn octal(name: &'static str, max: i64, default: &'static str) -> Param {
    number(name, IntForm::Octal, 0, max, default).unsigned()
}

/// A number of bytes.
pub(super) const fn memory(name: &'static str, min: i64, max: i64, default: &'static str) -> Param {
    number(name, IntForm::Memory, min, max, default)
}

/// A number of bytes, or a percentage.
pub(super) const fn memory_or_percent(name: &'static str, default: &'static str) -> Param {
    number(name, IntForm::MemoryOrPercent, 0, i64::MAX, default)
}

impl Param {
    /// With an older name.
    pub(super) const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    /// Fixed when the process has started.
    pub(super) const fn at_start(mut self) -> Self {
        self.change = Change::AtStart;
        self
    }

    /// Fixed when the process has started, of a parameter that Redis doesn't have.
    pub(super) const fn fixed(mut self) -> Self {
        self.change = Change::Fixed;
        self
    }

    /// Shown by CONFIG GET only where it is asked for by name.
    pub(super) const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// Never logged.
    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Changed by CONFIG SET only where that is allowed for protected parameters.
    pub(super) const fn protected(mut self) -> Self {
        self.change = Change::Protected;
        self
    }

    /// A number that Redis keeps unsigned.
    pub(super) const fn unsigned(mut self) -> Self {
        if let Kind::Int(ref mut int) = self.kind {
            int.unsigned = true;
        }
        self
    }

    /// With an effect, and words about it.
    pub(super) const fn does(mut self, effect: Effect, help: &'static str) -> Self {
        self.effect = effect;
        self.help = help;
        self
    }
}
