//! Errands: commands that a core has the control plane carry out, because they open files or sockets.
//!
//! ```text
//! core                            control plane
//! CONFIG REWRITE ──Process::errand──► ErrandCall::run: reads, writes, renames
//!   turn: reply  ◄──desk of the core, wake-up──┘
//! ```
//!
//! The connection's later replies wait for this one; its later commands don't.

use bus::Wake;
use commands::{CmdError, CommandId};
use resp::Reply;

use crate::config::{Changes, Config, Errand, without_code};
use crate::core::Core;
use crate::message::Dest;
use crate::process::Prepared;
use crate::route::Call;
use crate::shared::Shared;

/// A command for the control plane.
#[derive(Debug)]
pub struct ErrandCall {
    core: u16,
    command: CommandId,
    dest: Dest,
    work: Work,
}

/// The reply of a command that the control plane carried out.
#[derive(Debug)]
pub(crate) struct Done {
    command: CommandId,
    dest: Dest,
    bytes: Vec<u8>,
}

impl Done {
    /// The reply of a command, for its core's desk.
    pub(crate) fn new(command: CommandId, dest: Dest, bytes: Vec<u8>) -> Self {
        Done { command, dest, bytes }
    }
}

/// What there is to do.
#[derive(Debug)]
pub(crate) enum Work {
    /// Write the configuration, as it was when the command came, into its file.
    Rewrite { config: Box<Config>, all: bool },
    /// Change parameters of which some need sockets or folders.
    Set(Changes),
}

impl ErrandCall {
    /// Carries the command out and answers its core.
    pub fn run(self, shared: &Shared) {
        let result = match &self.work {
            Work::Rewrite { config, all } => rewrite(config, *all),
            Work::Set(changes) => set(changes, shared),
        };
        let mut bytes = Vec::new();
        let mut reply = Reply::new(&mut bytes, false);
        match result {
            Ok(()) => reply.ok(),
            Err(error) => reply.error_bytes(&error.text()),
        }
        shared.errand_results(self.core).push(Done { command: self.command, dest: self.dest, bytes });
        shared.process.wake_all();
    }
}

fn rewrite(config: &Config, all: bool) -> Result<(), CmdError> {
    let Some(path) = config.file() else {
        return Err(CmdError::text_of("ERR The server is running without a config file"));
    };
    config.rewrite(path, all).map_err(|error| {
        tracing::warn!("CONFIG REWRITE failed: {error}");
        CmdError::Text(format!("ERR Rewriting config file: {}", without_code(&error)).into_bytes().into())
    })?;
    tracing::info!("CONFIG REWRITE executed with success.");
    Ok(())
}

fn set(changes: &Changes, shared: &Shared) -> Result<(), CmdError> {
    let mut changes = changes.clone();
    let old = shared.config().clone();
    let new = changes.apply_to(&old)?;
    let mut prepared: Vec<Prepared> = Vec::new();
    let mut listens = false;
    for (name, errand) in changes.errands(&old, &new) {
        match errand {
            // Once for all parameters of it.
            Errand::Listen(_) if listens => {}
            Errand::Listen(problem) => {
                listens = true;
                let listening = shared.process.listen(&new).map_err(|error| {
                    tracing::warn!("{error}");
                    Changes::failed(&name, problem)
                })?;
                prepared.push(listening);
            }
            // The folder is entered when all else is fine.
            Errand::Folder => {
                let folder = old.folder(&new.work_dir());
                let folder = folder.map_err(|error| Changes::failed(&name, without_code(&error)))?;
                changes.set_word(&name, folder.as_os_str().as_encoded_bytes());
                prepared.push(Box::new(move || drop(std::env::set_current_dir(folder))));
            }
        }
    }
    shared.change_config(&changes)?;
    prepared.into_iter().for_each(|take_effect| take_effect());
    Ok(())
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Has the control plane carry out a command, which is answered when that is done.
    pub(crate) fn send_errand(&mut self, call: &Call, work: Work) {
        self.errands += 1;
        let (core, command, dest) = (self.id, call.command, call.dest());
        self.shared.process.errand(ErrandCall { core, command, dest, work });
    }

    /// Takes the replies of errands that are done.
    pub(crate) fn take_errands(&mut self) {
        if self.errands == 0 {
            return;
        }
        let done = std::mem::take(&mut *self.shared.errand_results(self.id));
        for Done { command, dest, bytes } in done {
            self.errands -= 1;
            if let Some(text) = bytes.strip_prefix(b"-") {
                let stats = self.stats();
                stats.commands[usize::from(command)].failed.add(1);
                stats.error(text);
            }
            self.deliver(dest, &bytes);
        }
    }
}
