//! Commands that a core carries out itself, for its own connections: about the connection, the configuration, the
//! process.
//!
//! ```text
//! command of route `Connection` ──► its function here ──► reply at once
//!                                                    or ──► an inquiry to every core (CLIENT LIST), merged into the reply
//! ```

mod client;
mod client_filter;
mod client_list;
mod client_pause;
mod command;
mod config;
mod debug;
mod handshake;
mod help;
mod himport;
mod info;
mod keys;
mod latency;
mod lolwut;
mod memory;
mod module;
mod monitor;
mod pubsub;
mod saving;
mod server;
mod slowlog;
mod tracking;

pub(crate) use client_list::Listing;
pub(crate) use debug::is_own_debug;
pub(crate) use handshake::REDIS_VERSION;
pub(crate) use help::{FUNCTION as FUNCTION_HELP, SCRIPT as SCRIPT_HELP, write as write_help};
pub(crate) use himport::Fieldsets;
pub(crate) use monitor::Monitor;
pub(crate) use pubsub::refusal;

use base::Args;
use base::conn::ConnId;
use bus::Wake;
use commands::{CmdError, CommandId, CommandTable};
use resp::Reply;

use crate::conn::Replies;
use crate::core::{Core, conn_mut};
use crate::journal::ShortArgs;
use crate::message::{Dest, Piece};
use crate::route::Call;
use crate::watch::account;

/// Carries out a command: replies, or sends inquiries whose answers become the reply, or returns an error.
type OwnCommand<C, W> = fn(&mut Core<C, W>, &Call) -> Result<(), CmdError>;

/// What a core asks every core, itself among them. Writes the core's part of the reply, always as RESP2. The connection is
/// that of the asking client where it is one of this core.
type Inquiry<C, W> = fn(&mut Core<C, W>, Args<'_>, Option<ConnId>, &mut Reply<'_>);

/// Writes the reply of a command when all cores have answered its inquiry, from the first core's answer and whatever the
/// inquiry brought about.
type Conclusion<C, W> = fn(&mut Core<C, W>, &[u8], &mut Reply<'_>);

/// By command number: what a core carries out itself.
pub(crate) struct OwnCommands<C, W> {
    commands: Vec<Option<OwnCommand<C, W>>>,
    inquiries: Vec<Option<Inquiry<C, W>>>,
    conclusions: Vec<Option<Conclusion<C, W>>>,
}

impl<C: AsRef<[u8]>, W: Wake> OwnCommands<C, W> {
    pub(crate) fn new(table: &CommandTable) -> Self {
        OwnCommands {
            commands: table.iter().map(|(_, spec)| own_command(spec.meta.name)).collect(),
            inquiries: table.iter().map(|(_, spec)| inquiry(spec.meta.name)).collect(),
            conclusions: table.iter().map(|(_, spec)| conclusion(spec.meta.name)).collect(),
        }
    }

    /// Whether an inquiry has a conclusion of its own.
    pub(crate) fn concludes(&self, command: CommandId) -> bool {
        matches!(self.conclusions.get(usize::from(command)), Some(Some(_)))
    }

    /// Whether the core carries out a command itself, or looks at it before shards do.
    pub(crate) fn takes(&self, command: CommandId) -> bool {
        matches!(self.commands.get(usize::from(command)), Some(Some(_)))
    }
}

/// The conclusion of a command's inquiry; without one, the merge of the answers is the reply.
fn conclusion<C: AsRef<[u8]>, W: Wake>(name: &str) -> Option<Conclusion<C, W>> {
    Some(match name {
        "info" => Core::write_info,
        "memory|stats" => Core::write_memory_stats,
        _ => return None,
    })
}

/// The function of a command.
fn own_command<C: AsRef<[u8]>, W: Wake>(name: &str) -> Option<OwnCommand<C, W>> {
    Some(match name {
        "ping" => Core::ping,
        "echo" => Core::echo,
        "select" => Core::select,
        "hello" => Core::hello,
        "auth" => Core::auth,
        "quit" => Core::quit,
        "reset" => Core::reset,
        "client|caching" => Core::client_caching,
        "client|capa" => Core::client_capa,
        "client|getname" => Core::client_getname,
        "client|getredir" => Core::client_getredir,
        "client|help" => Core::client_help,
        "client|id" => Core::client_id,
        "client|import-source" => Core::client_import_source,
        "client|info" => Core::client_info,
        "client|kill" => Core::client_kill,
        "client|list" => Core::client_list,
        "client|no-evict" => Core::client_no_evict,
        "client|no-touch" => Core::client_no_touch,
        "client|pause" => Core::client_pause,
        "client|reply" => Core::client_reply,
        "client|setinfo" => Core::client_setinfo,
        "client|setname" => Core::client_setname,
        "client|tracking" => Core::client_tracking,
        "client|trackinginfo" => Core::client_trackinginfo,
        "client|unblock" => Core::client_unblock,
        "client|unpause" => Core::client_unpause,
        "monitor" => Core::monitor,
        "subscribe" => Core::subscribe,
        "unsubscribe" => Core::unsubscribe,
        "psubscribe" => Core::psubscribe,
        "punsubscribe" => Core::punsubscribe,
        "ssubscribe" => Core::ssubscribe,
        "sunsubscribe" => Core::sunsubscribe,
        "publish" => Core::publish_command,
        "spublish" => Core::spublish_command,
        "pubsub|channels" => Core::pubsub_channels,
        "pubsub|help" => Core::pubsub_help,
        "pubsub|numpat" => Core::pubsub_numpat,
        "pubsub|numsub" => Core::pubsub_numsub,
        "pubsub|shardchannels" => Core::pubsub_shardchannels,
        "pubsub|shardnumsub" => Core::pubsub_shardnumsub,
        "multi" => Core::multi,
        "exec" => Core::exec,
        "discard" => Core::discard,
        "watch" => Core::watch_keys,
        "unwatch" => Core::unwatch,
        "eval" | "eval_ro" | "evalsha" | "evalsha_ro" => Core::eval,
        "fcall" | "fcall_ro" => Core::eval,
        "function|delete" | "function|flush" | "function|load" | "function|restore" => Core::function_change,
        "function|dump" => Core::function_dump,
        "function|help" => Core::function_help,
        "function|kill" => Core::function_kill,
        "function|list" => Core::function_list,
        "function|stats" => Core::function_stats,
        "script|debug" => Core::script_debug,
        "script|exists" => Core::script_exists,
        "script|flush" => Core::script_flush,
        "script|help" => Core::script_help,
        "script|kill" => Core::script_kill,
        "script|load" => Core::script_load,
        "script|show" => Core::script_show,
        "readonly" | "readwrite" | "asking" => Core::no_cluster,
        "command" | "command|info" => Core::command_info,
        "command|count" => Core::command_count,
        "command|docs" => Core::command_docs,
        "command|getkeys" => Core::command_getkeys,
        "command|getkeysandflags" => Core::command_getkeysandflags,
        "command|help" => Core::command_help,
        "command|list" => Core::command_list,
        "config|get" => Core::config_get,
        "config|help" => Core::config_help,
        "config|resetstat" => Core::config_resetstat,
        "config|rewrite" => Core::config_rewrite,
        "config|set" => Core::config_set,
        "info" => Core::info,
        "slowlog|get" => Core::slowlog_get,
        "slowlog|help" => Core::slowlog_help,
        "slowlog|len" => Core::slowlog_len,
        "slowlog|reset" => Core::slowlog_reset,
        "commandlog|get" => Core::commandlog_get,
        "commandlog|help" => Core::commandlog_help,
        "commandlog|len" => Core::commandlog_len,
        "commandlog|reset" => Core::commandlog_reset,
        "latency|doctor" => Core::latency_doctor,
        "latency|graph" => Core::latency_graph,
        "latency|help" => Core::latency_help,
        "latency|histogram" => Core::latency_histogram,
        "latency|history" => Core::latency_history,
        "latency|latest" => Core::latency_latest,
        "latency|reset" => Core::latency_reset,
        "memory|doctor" => Core::memory_doctor,
        "memory|help" => Core::memory_help,
        "memory|malloc-stats" => Core::memory_malloc_stats,
        "memory|purge" => Core::memory_purge,
        "memory|stats" => Core::memory_stats,
        "module|help" => Core::module_help,
        "module|list" => Core::module_list,
        "module|load" | "module|loadex" | "module|unload" => Core::module_change,
        "lolwut" => Core::lolwut,
        "object|help" => Core::object_help,
        "time" => Core::time,
        "himport|discard" => Core::himport_discard,
        "himport|discardall" => Core::himport_discardall,
        "himport|prepare" => Core::himport_prepare,
        "himport|set" => Core::himport_set,
        "debug" => Core::debug,
        "shutdown" => Core::shutdown,
        "save" => Core::save,
        "bgsave" => Core::bgsave,
        "bgrewriteaof" => Core::bgrewriteaof,
        "wait" => Core::wait,
        "waitaof" => Core::waitaof,
        "lastsave" => Core::lastsave,
        _ => return None,
    })
}

/// The inquiry of a command.
fn inquiry<C: AsRef<[u8]>, W: Wake>(name: &str) -> Option<Inquiry<C, W>> {
    Some(match name {
        "client|kill" => Core::kill_clients,
        "client|list" => Core::list_clients,
        "client|pause" => Core::pause_clients,
        "client|unblock" => Core::unblock_client,
        "client|unpause" => Core::unpause_clients,
        "monitor" => Core::show_line,
        "config|resetstat" => Core::reset_stats,
        "debug" => Core::debug_core,
        "info" => Core::publish_for_info,
        "memory|stats" => Core::publish_for_info,
        _ => return None,
    })
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Carries out a command of route `Connection`.
    pub(crate) fn connection_command(&mut self, call: &Call) {
        let start = (self.ticks)();
        (self.asked, self.answered_bytes) = (false, 0);
        let result = match self.own_commands.commands.get(usize::from(call.command)) {
            Some(Some(command)) => command(self, call),
            _ => Err(CmdError::Syntax),
        };
        let ticks = (self.ticks)().wrapping_sub(start);
        account(&self.stats().commands[usize::from(call.command)], ticks);
        self.stats().commands_processed.add(1);
        if let Err(error) = result {
            let text = error.text();
            self.answer(call, |reply| reply.error_bytes(&text));
            self.stats().commands[usize::from(call.command)].failed.add(1);
            self.stats().error(&text);
        }
        // Of a command that asks shards, their time counts; of one that a script of this shard calls, the script tells.
        if !self.asked && call.inner != Some(u32::MAX) {
            self.own_command_took(call, ticks);
        }
    }

    /// Answers the inquiry of a command.
    pub(crate) fn inquire(
        &mut self,
        command: CommandId,
        args: Args<'_>,
        client: Option<ConnId>,
        out: &mut Vec<u8>,
    ) {
        if let Some(Some(inquiry)) = self.own_commands.inquiries.get(usize::from(command)) {
            inquiry(self, args, client, &mut Reply::new(out, false));
            // The command was counted by the core that it came to.
            self.stats().commands_processed.add(1u64.wrapping_neg());
        }
    }

    /// All cores have answered an inquiry that has a conclusion.
    pub(crate) fn conclude_inquiry(
        &mut self,
        command: CommandId,
        answer: &[u8],
        resp3: bool,
        out: &mut Vec<u8>,
    ) {
        if let Some(Some(conclusion)) = self.own_commands.conclusions.get(usize::from(command)) {
            conclusion(self, answer, &mut Reply::new(out, resp3));
        }
    }

    /// Answers an inquiry of this core's own.
    #[cold]
    pub(crate) fn run_own_inquiry(&mut self, piece: &Piece, command: CommandId, start: u64) {
        let dest = match piece.dest {
            Dest::Part { gather, .. } => {
                self.gathers.get_mut(gather).map_or(piece.dest, |gather| gather.dest)
            }
            dest => dest,
        };
        let client = match dest {
            Dest::Conn { index, generation, .. } => Some(ConnId { index, generation }),
            _ => None,
        };
        let words: Vec<Vec<u8>> = self.plan.args(piece).iter().map(<[u8]>::to_vec).collect();
        let mut out = Vec::new();
        with_args(&words, |args| self.inquire(command, args, client, &mut out));
        let ticks = (self.ticks)().wrapping_sub(start);
        if matches!(piece.dest, Dest::Conn { .. } | Dest::Step { .. }) {
            self.stats().commands[usize::from(command)].ticks.add(ticks);
        }
        if let Dest::Step { .. } = piece.dest {
            // Of a transaction, which does not count what its core carries out.
            let args = with_args(&words, ShortArgs::of);
            self.command_took(piece.dest, command, ticks, out.len(), &args);
        }
        self.own_piece_took(piece, command, ticks, out.len());
        if self.answers_late(piece.dest, None) {
            return;
        }
        self.deliver(piece.dest, &out);
    }

    fn ping(&mut self, call: &Call) -> Result<(), CmdError> {
        let message = match call.argc {
            1 => None,
            2 => Some(self.call_args(call).arg(1).to_vec()),
            _ => return Err(CmdError::Arity("ping".into())),
        };
        let conn = conn_mut(&mut self.conns, call.id);
        let (subscribed, listening) =
            conn.map_or((false, false), |conn| (conn.subscriptions.is_some(), conn.is_listening()));
        if subscribed {
            // Subscribers wait for this reply to know that they have all that was published.
            self.settle_messages();
        }
        if listening {
            self.answer(call, |reply| {
                reply.array(2);
                reply.bulk(b"pong");
                reply.bulk(&message.unwrap_or_default());
            });
            return Ok(());
        }
        self.answer(call, |reply| match message {
            None => reply.simple("PONG"),
            Some(message) => reply.bulk(&message),
        });
        Ok(())
    }

    fn echo(&mut self, call: &Call) -> Result<(), CmdError> {
        let message = self.call_args(call).arg(1).to_vec();
        self.answer(call, |reply| reply.bulk(&message));
        Ok(())
    }

    fn select(&mut self, call: &Call) -> Result<(), CmdError> {
        let db = database(self.call_args(call).arg(1), self.hot.databases)?;
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.db = db;
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    fn quit(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| reply.ok());
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.closing = true;
        }
        self.mark_dirty(call.id.index);
        Ok(())
    }

    /// Brings the connection back to what it was when it came.
    fn reset(&mut self, call: &Call) -> Result<(), CmdError> {
        let authenticated = self.hot.password.is_empty();
        self.discard_multi(call.id);
        if conn_mut(&mut self.conns, call.id).is_some_and(|conn| conn.monitor) {
            // What came before in the pipeline is still shown.
            self.flush();
        }
        self.unsubscribe_silently(call.id);
        let mut call = *call;
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            if call.muted && conn.replies == Replies::Off {
                // Replies are wanted again, this one too.
                call.seq = conn.take_seq();
                call.muted = false;
            }
            conn.db = 0;
            conn.resp3 = false;
            conn.no_touch = false;
            conn.authenticated = authenticated;
            conn.replies = Replies::On;
            conn.look_at_state();
            if let Some(client) = &mut conn.client {
                client.name.clear();
                client.no_evict = false;
                client.redirect = false;
                client.fieldsets.clear();
            }
            if conn.monitor {
                self.end_monitor(call.id);
            }
        }
        self.answer(&call, |reply| reply.simple("RESET"));
        Ok(())
    }
}

/// The database that an argument names, of so many.
pub(crate) fn database(arg: &[u8], databases: usize) -> Result<u16, CmdError> {
    let index = base::num::parse_i64(arg).ok_or(CmdError::NotInteger)?;
    let index = i32::try_from(index).map_err(|_| CmdError::NotInt32)?;
    let db = usize::try_from(index).ok().filter(|&db| db < databases);
    Ok(db.ok_or(CmdError::DbOutOfRange)? as u16)
}

/// Gives words as the arguments of a command.
pub(crate) fn with_args<R>(words: &[Vec<u8>], f: impl FnOnce(Args<'_>) -> R) -> R {
    let bytes = words.concat();
    let mut at = 0;
    let range = |word: &Vec<u8>| {
        let range = base::ArgRange::new(at, word.len() as u32);
        at += word.len() as u32;
        range
    };
    let ranges: Vec<base::ArgRange> = words.iter().map(range).collect();
    f(Args::new(&bytes, &ranges))
}

#[cfg(test)]
#[path = "connection/connection_tests.rs"]
mod connection_tests;

#[cfg(test)]
#[path = "connection/counters_tests.rs"]
mod counters_tests;

#[cfg(test)]
#[path = "connection/watch_tests.rs"]
mod watch_tests;

#[cfg(test)]
mod tests {
    use commands::{FAMILIES, Route};

    use super::*;

    #[test]
    fn every_command_of_the_core_has_its_function() {
        let table = CommandTable::new(FAMILIES);
        let own: OwnCommands<Vec<u8>, fn(u16)> = OwnCommands::new(&table);
        for (id, spec) in table.iter() {
            let has = own.commands[usize::from(id)].is_some();
            let needs = matches!(spec.route, Route::Connection)
                || matches!(spec.route, Route::Container) && spec.meta.arity == -1;
            // DEBUG and HIMPORT SET are looked at first, and go on to shards.
            let may = matches!(spec.route, Route::Rounds(..) | Route::Key(_));
            assert!(has == needs || has && may, "{}", spec.meta.name);
            assert!(has || own.inquiries[usize::from(id)].is_none(), "{}", spec.meta.name);
        }
    }
}
