//! The shared part: two mailboxes a shard, and the way to wake its core.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam::utils::CachePadded;

use crate::Wake;
use crate::mailbox::Mailbox;
use crate::port::{Delivery, Port, Reply};

/// How many unanswered batches a core may have at each other shard (C1); at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credits(u16);

impl Credits {
    /// `count` batches for each pair of sender and target, or one if `count` is zero.
    pub const fn per_pair(count: u16) -> Self {
        Credits(if count == 0 { 1 } else { count })
    }

    /// The number of batches.
    pub const fn count(self) -> u16 {
        self.0
    }
}

/// What all cores share. `M` is the body of a request batch, `R` that of a reply, `W` wakes a core.
pub struct Bus<M, R, W> {
    pub(crate) shards: Box<[Boxes<M, R>]>,
    pub(crate) credits: Credits,
    pub(crate) wake: W,
    /// Which ports were handed out.
    claimed: Box<[AtomicBool]>,
    #[cfg(feature = "sim-faults")]
    pub(crate) torn: crate::fault::Torn<M>,
}

/// The mailboxes of one shard. Padded, for different cores write them: a lock word, its vector's header and its stamp
/// share one cache line, and nothing else does.
pub(crate) struct Boxes<M, R> {
    pub(crate) inbox: CachePadded<Mailbox<Delivery<M>>>,
    pub(crate) replies: CachePadded<Mailbox<Reply<R>>>,
}

impl<M, R, W> Bus<M, R, W> {
    /// A bus for `shards` shards. Allocates all that inboxes and reply boxes can hold within `credits`.
    pub fn new(shards: u16, credits: Credits, wake: W) -> Arc<Self> {
        let capacity = mailbox_capacity(shards, credits);
        let boxes = |_| Boxes {
            inbox: CachePadded::new(Mailbox::new(capacity)),
            replies: CachePadded::new(Mailbox::new(capacity)),
        };
        Arc::new(Bus {
            shards: (0..shards).map(boxes).collect(),
            credits,
            wake,
            claimed: (0..shards).map(|_| AtomicBool::new(false)).collect(),
            #[cfg(feature = "sim-faults")]
            torn: crate::fault::Torn::new(shards),
        })
    }

    /// The number of shards.
    pub fn shards(&self) -> u16 {
        // `new` made as many as a `u16` said.
        self.shards.len() as u16
    }
}

impl<M, R, W: Wake> Bus<M, R, W> {
    /// The port of the core that owns `shard`.
    ///
    /// # Panics
    /// If there is no such shard, or its port was handed out before: both are mistakes in start-up code.
    pub fn port(self: &Arc<Self>, shard: u16) -> Port<M, R, W> {
        let taken = self.claimed[usize::from(shard)].swap(true, Ordering::Relaxed);
        assert!(!taken, "the port of shard {shard} was handed out twice");
        Port::new(Arc::clone(self), shard)
    }
}

/// The most batches that an inbox can hold, and the most first replies that a reply box can hold (C1).
pub(crate) fn mailbox_capacity(shards: u16, credits: Credits) -> usize {
    usize::from(shards.saturating_sub(1)) * usize::from(credits.count())
}
