//! What the keys of a script held before it wrote to them, where it goes over several shards with its declared keys locked.
//!
//! Each step that is going to write first copies what it may change. When the script turns out to need more keys, everything is put
//! back before the locks are released, and nobody has seen anything of it.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use base::Args;
use commands::meta::Flag;
use commands::{CommandSpec, Route, Step, StepOut, Topology, Tx};

use super::host::{Before, COPY_MAX_BYTES};
use crate::keys::Keys;

/// What has been copied, by shard.
type Copies = Arc<Mutex<Vec<(u16, Before)>>>;

/// See the [module documentation](self).
pub(crate) struct Keep {
    declared: HashSet<Vec<u8>>,
    topology: Topology,
    /// Databases and keys that have been copied.
    kept: RefCell<HashSet<(u16, Vec<u8>)>>,
    copies: Copies,
    #[cfg(feature = "sim-faults")]
    is_broken: bool,
}

impl Keep {
    /// For a script that declares these keys.
    pub(crate) fn new<'a>(declared: impl Iterator<Item = &'a [u8]>, topology: Topology) -> Self {
        Keep {
            declared: declared.map(<[u8]>::to_vec).collect(),
            topology,
            kept: RefCell::default(),
            copies: Copies::default(),
            #[cfg(feature = "sim-faults")]
            is_broken: false,
        }
    }

    /// Nothing is put back.
    #[cfg(feature = "sim-faults")]
    pub(crate) fn broken(self, is_broken: bool) -> Self {
        Keep { is_broken, ..self }
    }

    /// Whether a call touches declared keys only.
    pub(crate) fn covers(&self, spec: &CommandSpec, args: Args<'_>) -> bool {
        match spec.route {
            Route::Connection | Route::Container => {
                matches!(spec.meta.name, "ping" | "echo" | "select" | "time" | "publish" | "spublish")
            }
            // What another server was told cannot be taken back.
            Route::Task(_) => false,
            Route::AllShards(..) | Route::Walk(_) | Route::OneShard(..) => false,
            Route::Key(_) | Route::Keys(..) | Route::Rounds(..) | Route::Blocking(_) => {
                let keys = Keys::of(spec, args);
                !spec.meta.has_unnamed_keys(args)
                    && keys.iter().next().is_some()
                    && keys.iter().all(|at| self.declared.contains(args.arg(at)))
            }
        }
    }

    /// Steps that copy what a call is going to change, as far as that has not been done, by shard. They say no where a value is
    /// too large to be copied.
    pub(crate) fn steps(&self, spec: &CommandSpec, args: Args<'_>, db: u16) -> Vec<(u16, Step)> {
        if !spec.meta.flags.contains(Flag::Write) {
            return Vec::new();
        }
        let mut kept = self.kept.borrow_mut();
        let keys = Keys::of(spec, args);
        let names = keys.iter().map(|at| args.arg(at).to_vec());
        let fresh = names.filter(|name| kept.insert((db, name.clone())));
        let fresh = commands::by_shard(fresh.map(|name| (self.topology.shard_of(&name), name)));
        let steps = fresh.into_iter().map(|(shard, names)| {
            let copies = Arc::clone(&self.copies);
            let step: Step = Box::new(move |ctx| {
                for name in names {
                    let key = ctx.shard.key(&name);
                    let mut database = ctx.shard.db(usize::from(db));
                    if database.peek(key).is_some_and(|item| item.memory_bytes() > COPY_MAX_BYTES) {
                        return StepOut::Flag(false);
                    }
                    let value = database.clone_value(key);
                    let before = Before { db, key: name.into(), value };
                    copies.lock().unwrap_or_else(PoisonError::into_inner).push((shard, before));
                }
                StepOut::Done
            });
            (shard, step)
        });
        steps.collect()
    }

    /// Puts everything back.
    pub(crate) async fn undo(&self, tx: &Tx) {
        let copies = std::mem::take(&mut *self.copies.lock().unwrap_or_else(PoisonError::into_inner));
        #[cfg(feature = "sim-faults")]
        if self.is_broken {
            return;
        }
        let steps = commands::by_shard(copies).into_iter().map(|(shard, befores)| {
            let step: Step = Box::new(move |ctx| {
                befores.into_iter().rev().for_each(|before| before.put_back(ctx.shard));
                StepOut::Done
            });
            (shard, step)
        });
        tx.round(steps.collect()).await;
    }
}

/// Steps that do one thing and, unless that says no, another; by shard.
pub(crate) fn one_after_the_other(first: Vec<(u16, Step)>, second: Vec<(u16, Step)>) -> Vec<(u16, Step)> {
    let mut first: Vec<Option<(u16, Step)>> = first.into_iter().map(Some).collect();
    let steps = second.into_iter().map(|(shard, then)| {
        let before = first.iter_mut().find(|step| step.as_ref().is_some_and(|(to, _)| *to == shard));
        let step: Step = match before.and_then(Option::take) {
            None => then,
            Some((_, before)) => Box::new(move |ctx| match before(ctx) {
                StepOut::Flag(false) => StepOut::Flag(false),
                _ => then(ctx),
            }),
        };
        (shard, step)
    });
    steps.collect()
}
