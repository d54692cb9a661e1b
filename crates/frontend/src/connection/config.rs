//! CONFIG: the parameters of the table, shown and changed.

use std::sync::atomic::Ordering;

use base::Args;
use base::conn::ConnId;
use base::glob::glob_match;
use bus::Wake;
use commands::{CmdError, Merge};
use resp::Reply;

use super::handshake::is_local;
use super::help;
use crate::config::{Changes, Param, find, params};
use crate::core::Core;
use crate::errand::Work;
use crate::route::Call;
use crate::shared::Permission;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn config_get(&mut self, call: &Call) -> Result<(), CmdError> {
        let mut chosen = Chosen::default();
        self.call_args(call).tail(2).iter().for_each(|pattern| chosen.add(pattern));
        let config = self.shared.config();
        let mut values = Vec::new();
        for (name, at, param) in chosen.found {
            let mut text = Vec::new();
            if let Some(value) = config.value(at) {
                value.write(&param.kind, &mut text);
            }
            values.push((name, text));
        }
        drop(config);
        self.answer(call, |reply| {
            reply.map(values.len());
            for (name, text) in &values {
                reply.bulk(name);
                reply.bulk(text);
            }
        });
        Ok(())
    }

    pub(super) fn config_set(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call).tail(2);
        let (pairs, rest) = (args.len() / 2, args.len() % 2);
        if rest != 0 {
            return Err(CmdError::Syntax);
        }
        let may_protected = self.permits(call.id, self.hot.protected_configs);
        let pairs = (0..pairs).map(|pair| (args.arg(2 * pair), args.arg(2 * pair + 1)));
        let changes = Changes::new(pairs, may_protected)?;
        let old = self.shared.config().clone();
        let new = changes.apply_to(&old)?;
        if !changes.errands(&old, &new).is_empty() {
            self.send_errand(call, Work::Set(changes));
            return Ok(());
        }
        self.shared.change_config(&changes)?;
        self.refresh_config();
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    /// Whether a client may do what is permitted to some.
    pub(super) fn permits(&self, client: ConnId, permission: Permission) -> bool {
        match permission {
            Permission::No => false,
            Permission::Yes => true,
            Permission::Local => {
                let conn = self.conns.get(client.index as usize).and_then(Option::as_ref);
                conn.is_some_and(|conn| is_local(&conn.info))
            }
        }
    }

    pub(super) fn config_resetstat(&mut self, call: &Call) -> Result<(), CmdError> {
        let rejected = self.shared.process.rejected_connections();
        self.shared.rejected_before.store(rejected, Ordering::Relaxed);
        self.inquire_all(call, Merge::AllOk);
        Ok(())
    }

    /// Resets this core's counters.
    pub(super) fn reset_stats(&mut self, _: Args<'_>, _: Option<ConnId>, reply: &mut Reply<'_>) {
        self.shard.reset_stats();
        self.stats().reset();
        reply.ok();
    }

    pub(super) fn config_rewrite(&mut self, call: &Call) -> Result<(), CmdError> {
        self.rewrite_config(call, false)
    }

    /// Has the configuration file rewritten; `all` also writes what is at its default (DEBUG CONFIG-REWRITE-FORCE-ALL).
    pub(super) fn rewrite_config(&mut self, call: &Call, all: bool) -> Result<(), CmdError> {
        let config = self.shared.config().clone();
        if config.file().is_none() {
            return Err(CmdError::text_of("ERR The server is running without a config file"));
        }
        self.send_errand(call, Work::Rewrite { config: Box::new(config), all });
        Ok(())
    }

    pub(super) fn config_help(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| help::write(help::CONFIG, reply));
        Ok(())
    }
}

/// The parameters that patterns choose, each name once.
#[derive(Default)]
struct Chosen {
    found: Vec<(Vec<u8>, usize, &'static Param)>,
}

impl Chosen {
    fn add(&mut self, pattern: &[u8]) {
        if !pattern.iter().any(|byte| b"*?[".contains(byte)) {
            // A name without wildcards is shown as it was written.
            if let Some((at, param, _)) = find(pattern) {
                self.push(pattern, at, param);
            }
            return;
        }
        for (at, param) in params().enumerate().filter(|(_, param)| !param.hidden) {
            let names = [Some(param.name), param.alias].into_iter().flatten();
            for name in names.filter(|name| glob_match(pattern, name.as_bytes(), true)) {
                self.push(name.as_bytes(), at, param);
            }
        }
    }

    fn push(&mut self, name: &[u8], at: usize, param: &'static Param) {
        if !self.found.iter().any(|(other, ..)| other.eq_ignore_ascii_case(name)) {
            self.found.push((name.to_vec(), at, param));
        }
    }
}
