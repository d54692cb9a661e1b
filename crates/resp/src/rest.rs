//! Replies that are too long to be written at once.

use std::fmt::Debug;

use crate::Reply;

/// What is left of a reply: written bit by bit, when there is room for it.
///
/// It holds all that it needs, so that the reply is of one instant whatever happens meanwhile.
pub trait Rest: Debug + Send {
    /// Writes whole elements, about so many bytes of them, at least one. Returns whether that was all.
    fn write(&mut self, reply: &mut Reply<'_>, bytes: usize) -> bool;

    /// Frees some of what is held, in about `budget` allocations; returns whether all of it is freed. Nothing is written any
    /// more after the first call.
    fn free_some(&mut self, budget: usize) -> bool;
}
