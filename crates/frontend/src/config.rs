//! The configuration: a typed table of parameters, their values, and where the values come from.
//!
//! ```text
//! param       what a parameter is; table: those with an effect; values: those that decide how values are kept
//! remembered  all other parameters of redis.conf; valkey: hidden ones and those of Valkey
//! value       reading and writing of values; check: values that are more than a number or a word
//! parse       configuration file and command line; directive: one line; error: what is wrong with one
//! set         CONFIG SET: all or nothing
//! rewrite     CONFIG REWRITE: the file with the values of now
//! cli         --help, made from the table
//! ```
//!
//! A value reaches a core as part of [`crate::shared::HotConfig`], a copy that each core refreshes when it changed.

mod check;
mod cli;
mod directive;
mod error;
mod param;
mod parse;
mod remembered;
mod rewrite;
mod saving;
mod set;
mod table;
mod valkey;
mod value;
mod values;

use std::path::{Path, PathBuf};

pub use cli::command;
pub use directive::REFUSED;
pub(crate) use error::without_code;
pub use error::{ConfigError, LineError, Origin};
pub use param::{
    Change, Check, Effect, Errand, IntForm, IntKind, Kind, LogFormat, LogLevel, Param, Setting, Words,
};
pub(crate) use set::Changes;
pub use table::{find, params};
pub use value::{OutputLimit, Refusal, Value};

use crate::shared::HotConfig;
use persist::snapshot::Form;

/// The values of all parameters.
#[derive(Clone, Debug)]
pub struct Config {
    /// By parameter, in the order of [`params`].
    entries: Vec<Entry>,
    file: Option<PathBuf>,
    /// Old and new names of `rename-command`, in order; an empty new name disables the command.
    renames: Vec<(Vec<u8>, Vec<u8>)>,
}

#[derive(Clone, Debug)]
struct Entry {
    value: Value,
    /// Whether a file or the command line gave it.
    given: bool,
}

/// An address of `bind`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BindAddress {
    /// Host name or address; `*` is all of IPv4, `::*` all of IPv6.
    pub host: String,
    /// If the address doesn't exist here, that is no error.
    pub optional: bool,
}

/// Which way sockets are served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IoBackend {
    /// io_uring where it can be had, else epoll.
    Auto,
    /// io_uring.
    IoUring,
    /// epoll.
    Epoll,
}

/// Whether threads are bound to CPUs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PinCpus {
    /// If there are enough CPUs.
    Auto,
    /// Yes.
    Yes,
    /// No.
    No,
    /// To these, in this order.
    List(Vec<usize>),
}

impl Default for Config {
    fn default() -> Self {
        let entry = |param| Entry { value: Value::default_of(param), given: false };
        Config { entries: params().map(entry).collect(), file: None, renames: Vec::new() }
    }
}

impl Config {
    /// The configuration of a command line, without the program's name: `[redis.conf] [--name value ...] ...`.
    ///
    /// # Errors
    /// A file that can't be read, a line that is wrong, or a request for help.
    pub fn from_args(args: &[String]) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        if let (Some((at, ..)), Ok(here)) = (find(b"dir"), std::env::current_dir()) {
            config.entries[at].value = Value::Text(here.into_os_string().into_encoded_bytes());
        }
        parse::command_line(&mut config, args)?;
        Ok(config)
    }

    /// The value of the parameter with this number.
    pub fn value(&self, at: usize) -> Option<&Value> {
        self.entries.get(at).map(|entry| &entry.value)
    }

    /// Replaces the value of the parameter with this number.
    pub(crate) fn replace(&mut self, at: usize, value: Value) {
        if let Some(entry) = self.entries.get_mut(at) {
            entry.value = value;
            entry.given = true;
        }
    }

    /// Takes a value from the words behind a parameter's name in a file or on the command line.
    fn given(&mut self, at: usize, param: &'static Param, words: &[Vec<u8>]) -> Result<(), Refusal> {
        if matches!(param.effect, Effect::Control(Errand::Folder)) {
            return self.change_dir(words);
        }
        let Some(entry) = self.entries.get_mut(at) else { return Ok(()) };
        // Several words may come as one, in quotes.
        let inner = match words {
            [word] if param.kind.takes_several() && !word.is_empty() => {
                Some(parse::split(word).unwrap_or_default())
            }
            _ => None,
        };
        let words = inner.as_deref().unwrap_or(words);
        // Lines of `save` add up, but to each other, not to the default.
        let starts_anew = !entry.given && matches!(param.kind, Kind::Checked(..));
        let value = Value::parse(&param.kind, words, (!starts_anew).then_some(&entry.value))?;
        *entry = Entry { value: normal(param, value), given: true };
        Ok(())
    }

    /// `dir`: paths of later lines begin there.
    fn change_dir(&mut self, words: &[Vec<u8>]) -> Result<(), Refusal> {
        let [word] = words else { return Err("wrong number of arguments".into()) };
        let path = self.folder(&String::from_utf8_lossy(word));
        let path = path.map_err(|error| Refusal::from(error::without_code(&error)))?;
        if let Some((at, ..)) = find(b"dir") {
            self.replace(at, Value::Text(path.into_os_string().into_encoded_bytes()));
        }
        Ok(())
    }

    /// The whole path of a folder.
    ///
    /// # Errors
    /// There is no such folder, or it must not be entered.
    pub fn folder(&self, path: &str) -> std::io::Result<PathBuf> {
        let path = std::fs::canonicalize(self.in_dir(path))?;
        std::fs::read_dir(&path).map(|_| path)
    }

    /// `dir` as it was given.
    pub(crate) fn work_dir(&self) -> String {
        String::from_utf8_lossy(self.text("dir")).into_owned()
    }

    /// A path as it is meant from the folder `dir`.
    pub fn in_dir(&self, path: &str) -> PathBuf {
        Path::new(String::from_utf8_lossy(self.text("dir")).as_ref()).join(path)
    }

    /// Takes a line of `rename-command`.
    fn rename_command(&mut self, old: &[u8], new: &[u8]) -> Result<(), &'static str> {
        self.renames.push((old.to_vec(), new.to_vec()));
        let renamed = self.rename_in(&mut commands::CommandTable::new(commands::FAMILIES));
        if renamed.is_err() {
            self.renames.pop();
        }
        renamed
    }

    /// Renames the commands of a table as the configuration asks.
    ///
    /// # Errors
    /// There is no such command, or another one has the new name: in Redis's words.
    pub fn rename_in(&self, table: &mut commands::CommandTable) -> Result<(), &'static str> {
        for (old, new) in &self.renames {
            let command = table.forget(old).ok_or("No such command in rename-command")?;
            if !new.is_empty() && !table.learn(new, command) {
                return Err("Target command name already exists");
            }
        }
        Ok(())
    }

    fn set_file(&mut self, path: PathBuf) {
        self.file = Some(path);
    }

    /// The configuration file, if there is one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What every core needs.
    pub fn hot(&self) -> HotConfig {
        let mut hot = HotConfig::default();
        for (param, entry) in params().zip(&self.entries) {
            if let Effect::Cores(apply) = param.effect {
                apply(&entry.value, &mut hot);
            }
        }
        hot
    }

    /// Parameters that were given another value than their default and that have no effect: worth a warning.
    pub fn without_effect(&self) -> Vec<&'static str> {
        let idle = |(param, entry): (&'static Param, &Entry)| {
            // The policy decides how accesses are noted, but evicts nothing yet.
            let partly = param.name == "maxmemory-policy";
            let idle = entry.given && (partly || matches!(param.effect, Effect::None));
            (idle && entry.value != Value::default_of(param)).then_some(param.name)
        };
        params().zip(&self.entries).filter_map(idle).collect()
    }

    fn named(&self, name: &str) -> Option<&Value> {
        find(name.as_bytes()).and_then(|(at, ..)| self.value(at))
    }

    /// Bytes that a parameter without a getter of its own says.
    pub(crate) fn bytes_of(&self, name: &str) -> u64 {
        u64::try_from(self.int(name)).unwrap_or(0)
    }

    fn int(&self, name: &str) -> i64 {
        if let Some(Value::Int(number)) = self.named(name) { *number } else { 0 }
    }

    fn text(&self, name: &str) -> &[u8] {
        if let Some(Value::Text(text)) = self.named(name) { text } else { &[] }
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        let text = self.text(name);
        (!text.is_empty()).then(|| self.in_dir(&String::from_utf8_lossy(text)))
    }

    /// `bind`: where to listen; with no address, everywhere.
    pub fn bind(&self) -> Vec<BindAddress> {
        let address = |word: &[u8]| {
            let optional = word.starts_with(b"-");
            let host = String::from_utf8_lossy(word.get(usize::from(optional)..).unwrap_or_default());
            BindAddress { host: host.into_owned(), optional }
        };
        let words = self.text("bind").split(|&byte| byte == b' ');
        words.filter(|word| !word.is_empty()).map(address).collect()
    }

    /// `port`; `None` for no TCP at all.
    pub fn port(&self) -> Option<u16> {
        u16::try_from(self.int("port")).ok().filter(|&port| port != 0)
    }

    /// Says which port is listened on, where the system chose it.
    pub fn set_port(&mut self, port: u16) {
        if let Some((at, ..)) = find(b"port") {
            self.replace(at, Value::Int(i64::from(port)));
        }
    }

    /// Says how many clients there may be, where the system allows fewer than `maxclients`.
    pub fn set_max_clients(&mut self, count: u32) {
        if let Some((at, ..)) = find(b"maxclients") {
            self.replace(at, Value::Int(i64::from(count)));
        }
    }

    /// `unixsocket` with `unixsocketperm`, whose 0 leaves the permissions to the umask.
    pub fn unix_socket(&self) -> Option<(PathBuf, u32)> {
        Some((self.path("unixsocket")?, u32::try_from(self.int("unixsocketperm")).unwrap_or(0)))
    }

    /// `unixsocketgroup`.
    pub fn unix_socket_group(&self) -> Option<String> {
        let group = self.text("unixsocketgroup");
        (!group.is_empty()).then(|| String::from_utf8_lossy(group).into_owned())
    }

    /// `tcp-backlog`.
    pub fn tcp_backlog(&self) -> i32 {
        i32::try_from(self.int("tcp-backlog")).unwrap_or(i32::MAX)
    }

    /// `shards`; `None` is one for each usable CPU.
    pub fn shards(&self) -> Option<u16> {
        u16::try_from(self.int("shards")).ok().filter(|&shards| shards != 0)
    }

    /// `pin-cpus`.
    pub fn pin_cpus(&self) -> PinCpus {
        match self.text("pin-cpus") {
            b"yes" => PinCpus::Yes,
            b"no" => PinCpus::No,
            text => check::parse_cpus(text).map_or(PinCpus::Auto, PinCpus::List),
        }
    }

    /// `io-backend`.
    pub fn io_backend(&self) -> IoBackend {
        match self.text("io-backend") {
            b"io_uring" => IoBackend::IoUring,
            b"epoll" => IoBackend::Epoll,
            _ => IoBackend::Auto,
        }
    }

    /// `spin-us`; `None` leaves the choice to the process.
    pub fn spin_us(&self) -> Option<u32> {
        u32::try_from(self.int("spin-us")).ok()
    }

    /// `timeout` in milliseconds; 0 is never.
    pub fn timeout_ms(&self) -> u64 {
        u64::try_from(self.int("timeout")).unwrap_or(0).saturating_mul(1000)
    }

    /// `tcp-keepalive` in seconds; 0 is never.
    pub fn keepalive_s(&self) -> u32 {
        u32::try_from(self.int("tcp-keepalive")).unwrap_or(u32::MAX)
    }

    /// `maxclients`.
    pub fn max_clients(&self) -> u32 {
        u32::try_from(self.int("maxclients")).unwrap_or(u32::MAX)
    }

    /// `maxmemory`; 0 is no limit.
    pub fn max_memory_bytes(&self) -> u64 {
        u64::try_from(self.int("maxmemory")).unwrap_or(0)
    }

    /// `maxmemory-policy`.
    pub fn max_memory_policy(&self) -> &[u8] {
        self.text("maxmemory-policy")
    }

    /// `hz`.
    pub fn hz(&self) -> i64 {
        self.int("hz")
    }

    /// `latency-tracking`.
    pub fn latency_tracking(&self) -> bool {
        self.named("latency-tracking") == Some(&Value::Flag(true))
    }

    /// `latency-tracking-info-percentiles`, as it was written.
    pub fn latency_percentiles(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(self.text("latency-tracking-info-percentiles"));
        text.split_whitespace().map(String::from).collect()
    }

    /// `loglevel`.
    pub fn log_level(&self) -> LogLevel {
        table::log_level(self.text("loglevel"))
    }

    /// `log-format`.
    pub fn log_format(&self) -> LogFormat {
        match self.text("log-format") {
            b"json" => LogFormat::Json,
            b"logfmt" => LogFormat::Pairs,
            _ => LogFormat::Text,
        }
    }

    /// `syslog-ident` and the number of `syslog-facility` (RFC 3164), if `syslog-enabled` says so.
    pub fn syslog(&self) -> Option<(String, u8)> {
        let facility = match self.text("syslog-facility") {
            [b'l', b'o', b'c', b'a', b'l', digit] => 16 + digit.wrapping_sub(b'0') % 8,
            _ => 1,
        };
        let ident = || String::from_utf8_lossy(self.text("syslog-ident")).into_owned();
        self.flag("syslog-enabled").then(|| (ident(), facility))
    }

    /// `daemonize`.
    pub fn daemonize(&self) -> bool {
        self.flag("daemonize")
    }

    /// `pidfile`.
    pub fn pid_file(&self) -> Option<PathBuf> {
        self.path("pidfile")
    }

    /// `supervised`: whether a service manager may want to hear how the process does.
    pub fn is_supervised(&self) -> bool {
        matches!(self.text("supervised"), b"systemd" | b"auto")
    }

    /// `save`: after so many seconds, if there were so many changes.
    pub fn save_points(&self) -> Vec<(u64, u64)> {
        let words = self.text("save").split(|&byte| byte == b' ');
        let numbers: Vec<u64> = words.filter_map(base::num::parse_u64).collect();
        numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    }

    /// `appendonly`.
    pub fn logs(&self) -> bool {
        self.flag("appendonly")
    }

    /// `appendfsync`.
    pub fn sync_policy(&self) -> persist::log::Policy {
        match self.text("appendfsync") {
            b"always" => persist::log::Policy::Always,
            b"no" => persist::log::Policy::No,
            _ => persist::log::Policy::EverySec,
        }
    }

    /// Folder of the log, and what the names of its files begin with.
    pub fn log_place(&self) -> (std::path::PathBuf, String) {
        let text = |name| String::from_utf8_lossy(self.text(name)).into_owned();
        (text("appenddirname").into(), text("appendfilename"))
    }

    /// `aof-load-truncated`.
    pub fn loads_torn_logs(&self) -> bool {
        self.flag("aof-load-truncated")
    }

    /// `auto-aof-rewrite-percentage`, `auto-aof-rewrite-min-size`.
    pub fn rewrite_growth(&self) -> (u64, u64) {
        (self.bytes_of("auto-aof-rewrite-percentage"), self.bytes_of("auto-aof-rewrite-min-size"))
    }

    /// `dbfilename`.
    pub fn snapshot_file(&self) -> String {
        String::from_utf8_lossy(self.text("dbfilename")).into_owned()
    }

    /// `rdbcompression`.
    pub fn compresses(&self) -> bool {
        self.flag("rdbcompression")
    }

    /// `rdbchecksum`.
    pub fn checksums(&self) -> bool {
        self.flag("rdbchecksum")
    }

    /// `snapshot-format`.
    pub fn snapshot_form(&self) -> Form {
        if self.text("snapshot-format") == b"folder" { Form::Folder } else { Form::File }
    }

    /// Whether `storage-io` asks for plain calls.
    pub fn storage_is_plain(&self) -> bool {
        self.text("storage-io") == b"plain"
    }

    /// `stop-writes-on-bgsave-error`.
    pub fn stops_writes(&self) -> bool {
        self.flag("stop-writes-on-bgsave-error")
    }

    fn flag(&self, name: &str) -> bool {
        matches!(self.named(name), Some(Value::Flag(true)))
    }

    /// `logfile`; `None` is the standard error output.
    pub fn log_file(&self) -> Option<PathBuf> {
        self.path("logfile")
    }
}

/// The smallest backlog for replicas, whatever is configured. Redis's.
const REPLICATION_BACKLOG_MIN_BYTES: i64 = 16 * 1024;

/// Values that Redis brings into bounds without a word.
pub(crate) fn normal(param: &Param, value: Value) -> Value {
    match (param.name, value) {
        ("hz", Value::Int(hz)) => Value::Int(hz.clamp(1, 500)),
        ("repl-backlog-size", Value::Int(bytes)) => Value::Int(bytes.max(REPLICATION_BACKLOG_MIN_BYTES)),
        (_, value) => value,
    }
}

#[cfg(test)]
#[path = "config/config_tests.rs"]
mod tests;
