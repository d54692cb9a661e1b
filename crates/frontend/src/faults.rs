//! Ways to break an invariant on purpose.

/// Ways to break an invariant on purpose, for tests that show that the simulator's checkers notice.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Pieces do not wait for locked keys (L1).
    pub skip_key_locks: bool,
    /// EXEC does not look at watched keys.
    pub skip_watches: bool,
    /// Own work is executed before what the inbox holds (B2).
    pub own_work_first: bool,
    /// What a script has written is not undone when it is run again.
    pub skip_undo: bool,
    /// Waiters are not looked at when their keys change.
    pub skip_waiters: bool,
    /// Replies do not wait for the log under `appendfsync always`.
    pub skip_sync: bool,
    /// At the cut of a rewrite the log goes on in the next file before what was done until then is in the last one.
    pub rotate_early: bool,
}
