//! The connections of simulated clients.

use std::collections::VecDeque;

use base::conn::ConnId;

use crate::history::OpIndex;

/// A client's connection.
pub(crate) struct Session {
    pub(crate) client: usize,
    pub(crate) process: usize,
    pub(crate) core: usize,
    pub(crate) conn: ConnId,
    pub(crate) unanswered: VecDeque<OpIndex>,
    /// Read and not decoded.
    pub(crate) received: Vec<u8>,
    /// It reads once in so many times that it could.
    pub(crate) read_every: u64,
    pub(crate) state: SessionState,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SessionState {
    Open,
    /// It writes no more, and reads until the server closes.
    Leaving,
    Gone,
}
