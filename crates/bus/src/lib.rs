//! The bus: atomic multicast between cores, and the only way in which cores talk.
//!
//! Every shard owns an *inbox* of requests and a box of *replies*. A core holds one [`Port`]; once per loop turn it
//! [publishes](Port::publish) one batch to each shard that its clients asked something of, and the batches enter all
//! their inboxes at one instant. Replies travel back by plain pushes. The bus is generic over both message bodies
//! and never looks into them.
//!
//! ```text
//!   core 0                                   core 1
//!   Port ──publish {1: batch, 2: batch}──►  [inbox 1]──drain──► execute ──reply──┐
//!    ▲                                      (inbox 2) …                          │
//!    └──────────take_replies── [replies 0] ◄─────────────────────────────────────┘
//! ```
//!
//! # Invariants
//!
//! An inbox is one atomic word (empty, asleep, full, locked) over a vector and the shard's clock; see `mailbox`.
//! Below, *S* is the single total order of all sequentially consistent operations, in which every acquisition of an
//! inbox lock takes part.
//!
//! - **B1, order.** [`Port::publish`] takes the locks of all targets in ascending order before it pushes anything,
//!   and lets go of each after its push (two-phase locking). The *lock point*, the last acquisition in *S*, is the
//!   instant of the publish: of two publishes with a common target, the one that came first to a common target holds
//!   that lock until after its lock point, so it precedes the other at *every* common target. Ascending order
//!   excludes deadlock.
//! - **B2, FIFO.** An inbox is a vector that is appended to under its lock and swapped out whole, so a shard sees its
//!   inbox in the order of lock points, and one sender's batches in the order in which they were published. Own-shard
//!   work takes its place too: with `own`, the core's own lock is one of those held at the lock point and its inbox is
//!   taken there, so everything drained precedes the own work and everything else follows it, here as at each target.
//! - **Own work alone** may skip the lock: a sequentially consistent load that finds the word empty is as good as a
//!   critical section that finds the vector empty. It either precedes a publisher's acquisition in *S*, and then the
//!   publish as a whole (whose lock point is no earlier) follows the own work; or it sees the word locked or full, and
//!   takes the lock. So whoever learned of a publish at another shard, by any chain of causes, and then does own work,
//!   does it after having drained that publish. Acquire and release would not do: two cores that each publish to
//!   the other and then work alone could both miss the other's batch, each seeing its own first (store buffering).
//!   With *remote* work in the same publish the skip is not sound, and not done.
//! - **T1, time.** Each inbox keeps the stamp of its last batch under its lock. A publish is stamped, while all its
//!   locks are held, with the maximum of the caller's clock and those stamps, which it raises to its own: stamps are
//!   equal for all pieces and never fall within an inbox. Own work advances the stamp in the same way, and skips the
//!   lock only if it has nothing to advance (its millisecond was recorded before).
//! - **C1, credits.** A port may have at most [`Credits`] unanswered batches at each other shard. So an inbox holds at
//!   most `(shards - 1) * credits` batches, and a reply box as many first replies; both are allocated up front, and no
//!   push ever waits for room. [`Port::reply`] answers a batch and returns its credit, even while some pieces of the
//!   batch wait for key locks: were they to keep the credit, the very batch that releases the locks might not be
//!   sendable. What such pieces answer later comes by [`Port::reply_late`], outside of credits: its room is bounded by
//!   the pieces that the *receiver of the reply* has outstanding, which is its own limit on commands in flight.
//! - **Wake-ups.** *Asleep* is a state of the very word that a push must change, so a push that finds it is the one
//!   that wakes, and a core that wants to sleep while a push is there or under way is refused; see `mailbox`.
//!
//! # What it must not know
//!
//! What a message means, commands, keys, connections, clocks, file descriptors: time comes in as an argument, and
//! waking goes out through [`Wake`].

mod bus;
#[cfg(feature = "sim-faults")]
mod fault;
mod mailbox;
mod port;
mod primitive;

pub use bus::{Bus, Credits};
pub use port::{Delivery, Port, Reply};

/// How a sleeping core is woken.
///
/// The wake-up must be *sticky*: between [`Port::prepare_sleep`] saying `true` and the core really blocking, a wake-up
/// may already arrive, and the core must then not block (an eventfd, a futex token and `Thread::unpark` are like that).
/// It may also arrive when the core is awake again; that must do no harm.
pub trait Wake: Send + Sync {
    /// Wakes the core of `shard`. Called without any lock held, from the core that sent the message.
    fn wake(&self, shard: u16);
}

impl<F: Fn(u16) + Send + Sync> Wake for F {
    fn wake(&self, shard: u16) {
        self(shard);
    }
}
