//! What a command is: its metadata and the way in which it is carried out.

use base::Args;
use resp::Reply;

use crate::blocking::Blocking;
use crate::meta::Meta;
use crate::rounds::{RoundsFn, Topology};
use crate::{CmdError, ShardCtx};

/// A shard-side handler. It writes exactly one reply, or returns an error and has written nothing that counts.
pub type Handler = fn(&mut ShardCtx<'_>, Args<'_>, &mut Reply<'_>) -> Result<(), CmdError>;

/// Chooses the shard of a command that has no key, from its arguments.
pub type Pick = fn(Args<'_>, Topology) -> Result<u16, CmdError>;

/// A command, or a subcommand of a container.
#[derive(Debug)]
pub struct CommandSpec {
    /// Name, arity, flags, key positions, documentation.
    pub meta: &'static Meta,
    /// How it is carried out.
    pub route: Route,
    /// The subcommands of a container.
    pub subcommands: &'static [CommandSpec],
}

impl CommandSpec {
    /// A command without subcommands.
    pub const fn new(meta: &'static Meta, route: Route) -> Self {
        CommandSpec { meta, route, subcommands: &[] }
    }

    /// A container of subcommands.
    pub const fn container(meta: &'static Meta, subcommands: &'static [CommandSpec]) -> Self {
        CommandSpec { meta, route: Route::Container, subcommands }
    }

    /// Writes the command's element in the reply of COMMAND and COMMAND INFO, with those subcommands that there are.
    pub fn write_info(&self, reply: &mut Reply<'_>) {
        self.meta.write_info_with(&self.subcommand_metas(), reply);
    }

    /// Writes the command's entry in the map that COMMAND DOCS replies with, with those subcommands that there are.
    pub fn write_docs(&self, reply: &mut Reply<'_>) {
        self.meta.docs.write(self.meta.name, &self.subcommand_metas(), reply);
    }

    fn subcommand_metas(&self) -> Vec<&'static Meta> {
        self.subcommands.iter().map(|sub| sub.meta).collect()
    }
}

/// How a command is carried out.
#[derive(Clone, Copy, Debug)]
pub enum Route {
    /// One key, so one shard: the key at `meta.first_key`, or where the key specifications find it.
    Key(Handler),
    /// Keys at `meta.first_key..=last_key` by `step` (with `step - 1` further arguments each, as in MSET). Keys of one
    /// shard: the handler gets the whole command. Keys of several: each shard gets the command's name and its own
    /// keys, all in one publish, and the replies are merged. Not for commands that count their keys.
    Keys(Handler, Merge),
    /// Every shard gets the whole command in one publish; it sees all keys of the shard, so it waits for key locks.
    AllShards(Handler, Merge),
    /// One shard, chosen from the arguments; it may see any key of the shard, so it waits for key locks.
    OneShard(Pick, Handler),
    /// Keys of one shard: the handler. Keys of several: all keys are locked by the first publish, and the function goes
    /// from round to round until it concludes. If its first round is its last ([`crate::Tx::last_round`]) nothing is held:
    /// that is the way of commands that read keys of several shards at one instant.
    Rounds(Handler, RoundsFn),
    /// As `Rounds`, but while the reply is null it is tried again when the keys have changed, unless the command is part of a
    /// transaction or a script.
    Blocking(&'static Blocking),
    /// No keys: the function goes from shard to shard, round by round; a step sees a whole shard, but holds nothing, and other
    /// work goes on between the rounds.
    Walk(RoundsFn),
    /// As `Rounds`, wherever the keys live and however many there are: the function waits for something outside between its rounds
    /// ([`crate::Tx::ask`]), and the keys are held meanwhile.
    Task(RoundsFn),
    /// The connection's own business, or the server's: carried out by the core that owns the connection, which may ask
    /// all other cores about it.
    Connection,
    /// A container: the subcommand decides.
    Container,
}

/// How the replies of several shards become one.
#[derive(Clone, Copy, Debug)]
pub enum Merge {
    /// Integers are added.
    Sum,
    /// All say OK; the first error wins.
    AllOk,
    /// One element a key: put together as an array in the order of the command's keys.
    Interleave,
    /// Arrays are put one after another as one array.
    Concat,
    /// Something else: gets the reply of each shard in the order of shards, a random number, and writes the reply.
    Custom(fn(&[&[u8]], u64, &mut Reply<'_>)),
}
