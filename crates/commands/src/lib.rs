//! The commands: one folder a family, each with a static slice of specs and the handlers that run on a shard.
//!
//! A [`CommandSpec`] says what a command is called and where its keys are ([`meta`]), what its documentation says
//! ([`docs`]) and how it is carried out ([`Route`]). Everything that COMMAND, ACL categories, key extraction and routing
//! need comes from the specs; nothing else lists commands.
//!
//! Invariants:
//! - A handler is a plain synchronous function over one shard: it cannot suspend, by its type.
//! - A handler parses its arguments fully before it touches data: a command that errors has changed nothing.
//! - A handler doesn't know whether its call came from a local socket, another core or a script.
//!
//! What it must not know: connections, other shards' data, clocks.

pub mod array;
pub mod bitmap;
mod blocking;
pub mod cluster;
pub mod connection;
pub mod control;
mod ctx;
pub mod docs;
mod elements;
mod error;
pub mod generic;
pub mod geo;
pub mod hash;
pub mod hyperloglog;
pub mod introspection;
pub mod list;
pub mod meta;
pub mod persistence;
pub mod pubsub;
mod rounds;
pub mod scripting;
pub mod server;
pub mod set;
pub mod sorted_set;
mod spec;
pub mod stream;
mod streamed;
pub mod string;
mod table;
pub mod transactions;
mod words;

pub use blocking::{Blocking, PutBack, WaitFn, Waiting};
pub use ctx::ShardCtx;
pub use error::CmdError;
pub use rounds::{
    Delivered, Outside, OwnedArgs, Parcel, Ran, Round, RoundsFn, Step, StepOut, Topology, Tx, TxState,
    by_shard,
};
pub use spec::{CommandSpec, Handler, Merge, Pick, Route};
pub use table::{CommandId, CommandTable};

/// The specs of all families.
pub static FAMILIES: &[&[CommandSpec]] = &[
    string::SPECS,
    bitmap::SPECS,
    hyperloglog::SPECS,
    hash::SPECS,
    set::SPECS,
    generic::SPECS,
    sorted_set::SPECS,
    geo::SPECS,
    list::SPECS,
    stream::SPECS,
    array::SPECS,
    connection::SPECS,
    cluster::SPECS,
    scripting::SPECS,
    transactions::SPECS,
    server::SPECS,
    control::SPECS,
    pubsub::SPECS,
    introspection::SPECS,
    persistence::SPECS,
];
