//! SUBSCRIBE and its relatives, PUBLISH, and what PUBSUB tells of them.

use std::sync::Arc;

use base::Args;
use bus::Wake;
use commands::{CmdError, CommandSpec};
use resp::Reply;

use super::help;
use crate::core::{Core, conn_mut};
use crate::pubsub::Kind;
use crate::route::Call;

/// What a connection may do while messages look like replies to it.
const ALLOWED: &[&str] = &[
    "ping",
    "subscribe",
    "ssubscribe",
    "unsubscribe",
    "sunsubscribe",
    "psubscribe",
    "punsubscribe",
    "quit",
    "reset",
];

/// What is said to a connection that listens and asks for something else.
pub(crate) fn refusal(spec: &CommandSpec) -> Option<CmdError> {
    let name = spec.meta.name;
    let text = |name| {
        format!(
            "ERR Can't execute '{name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
        )
    };
    (!ALLOWED.contains(&name)).then(|| CmdError::Text(text(name).into_bytes().into()))
}

/// The names in a command.
fn names(args: Args<'_>) -> Vec<Arc<[u8]>> {
    args.tail(1).iter().map(Arc::from).collect()
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn subscribe(&mut self, call: &Call) -> Result<(), CmdError> {
        self.change_subscriptions(call, Kind::Channel, true)
    }

    pub(super) fn psubscribe(&mut self, call: &Call) -> Result<(), CmdError> {
        self.change_subscriptions(call, Kind::Pattern, true)
    }

    pub(super) fn ssubscribe(&mut self, call: &Call) -> Result<(), CmdError> {
        self.change_subscriptions(call, Kind::ShardChannel, true)
    }

    pub(super) fn unsubscribe(&mut self, call: &Call) -> Result<(), CmdError> {
        self.change_subscriptions(call, Kind::Channel, false)
    }

    pub(super) fn punsubscribe(&mut self, call: &Call) -> Result<(), CmdError> {
        self.change_subscriptions(call, Kind::Pattern, false)
    }

    pub(super) fn sunsubscribe(&mut self, call: &Call) -> Result<(), CmdError> {
        self.change_subscriptions(call, Kind::ShardChannel, false)
    }

    /// Carries out one of the six commands.
    fn change_subscriptions(&mut self, call: &Call, kind: Kind, subscribe: bool) -> Result<(), CmdError> {
        if call.inner.is_some() && subscribe && kind == Kind::ShardChannel {
            return Err(CmdError::text_of("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"));
        }
        let names = names(self.call_args(call));
        if subscribe && !self.has_room_for(&names) {
            return Err(CmdError::OutOfMemory);
        }
        let Some(conn) = conn_mut(&mut self.conns, call.id) else { return Ok(()) };
        let after = conn.reply_of(call);
        let mut bytes = Vec::new();
        let mut reply = Reply::new(&mut bytes, conn.resp3);
        if subscribe {
            self.subscribe_to(call.id, kind, &names, after, &mut reply);
        } else {
            self.unsubscribe_from(call.id, kind, &names, &mut reply);
        }
        self.answer_as_push(call, |reply| reply.raw(&bytes));
        Ok(())
    }

    /// Answers with what a client gets even if it wants no replies: what belongs to subscriptions.
    fn answer_as_push(&mut self, call: &Call, write: impl FnOnce(&mut Reply<'_>)) {
        if !call.muted {
            return self.answer(call, write);
        }
        let Some(conn) = conn_mut(&mut self.conns, call.id) else { return };
        let mut bytes = Vec::new();
        write(&mut Reply::new(&mut bytes, conn.resp3));
        conn.push(conn.reply_of(call), &bytes);
        self.mark_dirty(call.id.index);
    }

    pub(super) fn publish_command(&mut self, call: &Call) -> Result<(), CmdError> {
        let count = self.publish_call(Kind::Channel, call);
        self.answer(call, |reply| reply.int(count));
        Ok(())
    }

    pub(super) fn spublish_command(&mut self, call: &Call) -> Result<(), CmdError> {
        let count = self.publish_call(Kind::ShardChannel, call);
        self.answer(call, |reply| reply.int(count));
        Ok(())
    }

    pub(super) fn pubsub_channels(&mut self, call: &Call) -> Result<(), CmdError> {
        self.list_channels(call, Kind::Channel)
    }

    pub(super) fn pubsub_shardchannels(&mut self, call: &Call) -> Result<(), CmdError> {
        self.list_channels(call, Kind::ShardChannel)
    }

    fn list_channels(&mut self, call: &Call, kind: Kind) -> Result<(), CmdError> {
        let args = self.call_args(call);
        if args.len() > 3 {
            return Err(wrong_subcommand(args));
        }
        let names = self.shared.pubsub.matching(kind, args.get(2));
        self.answer(call, |reply| {
            reply.array(names.len());
            names.iter().for_each(|name| reply.bulk(name));
        });
        Ok(())
    }

    pub(super) fn pubsub_numsub(&mut self, call: &Call) -> Result<(), CmdError> {
        self.count_subscribers(call, Kind::Channel)
    }

    pub(super) fn pubsub_shardnumsub(&mut self, call: &Call) -> Result<(), CmdError> {
        self.count_subscribers(call, Kind::ShardChannel)
    }

    fn count_subscribers(&mut self, call: &Call, kind: Kind) -> Result<(), CmdError> {
        let args = self.call_args(call).tail(2);
        let mut bytes = Vec::new();
        let mut reply = Reply::new(&mut bytes, call.resp3);
        reply.array(2 * args.len());
        for name in args.iter() {
            reply.bulk(name);
            let count = self.shared.pubsub.subscribers(kind, self.hasher.hash(name), name);
            reply.int(count as i64);
        }
        self.answer(call, |reply| reply.raw(&bytes));
        Ok(())
    }

    pub(super) fn pubsub_numpat(&mut self, call: &Call) -> Result<(), CmdError> {
        let count = self.shared.pubsub.names(Kind::Pattern);
        self.answer(call, |reply| reply.int(count as i64));
        Ok(())
    }

    pub(super) fn pubsub_help(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| help::write(help::PUBSUB, reply));
        Ok(())
    }
}

/// Redis's words where a subcommand has too many arguments.
fn wrong_subcommand(args: Args<'_>) -> CmdError {
    let text = "'. Try PUBSUB HELP.";
    CmdError::quoting("ERR unknown subcommand or wrong number of arguments for '", args.arg(1), text)
}
