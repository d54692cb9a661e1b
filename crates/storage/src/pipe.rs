//! From a thread that blocks to an executor, and what happened back: one pipe a file.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use persist::files::File;

use crate::executor::Executor;

/// While more bytes than this are in a pipe, its writer waits.
const PIPE_MAX_BYTES: usize = 2 * 1024 * 1024;

/// What is to be done with a file.
#[derive(Debug)]
pub(crate) enum Order {
    /// Append bytes.
    Append(Vec<u8>),
    /// Write over the first bytes.
    Start(Vec<u8>),
    /// Bring all to the disk.
    Sync,
    /// Nothing more comes.
    Close,
}

#[derive(Default)]
struct State {
    orders: VecDeque<Order>,
    /// Bytes to append that wait or are being written.
    bytes: usize,
    /// Orders other than to append, which their giver waits for.
    waiting: usize,
    /// What went wrong first.
    error: Option<(io::ErrorKind, String)>,
    /// Of the executor, if it waits for an order.
    waker: Option<Waker>,
}

/// See the [module documentation](self).
#[derive(Default)]
pub(crate) struct Pipe {
    state: Mutex<State>,
    changed: Condvar,
}

impl Pipe {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives an order, and waits until there is room in the pipe, and if it is not to append until it is done.
    fn give(&self, order: Order) -> io::Result<()> {
        let mut state = self.state();
        match &order {
            Order::Append(bytes) => state.bytes += bytes.len(),
            Order::Start(_) | Order::Sync | Order::Close => state.waiting += 1,
        }
        state.orders.push_back(order);
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
        self.settle(state)
    }

    /// Waits until there is room and nothing is waited for.
    fn settle(&self, mut state: MutexGuard<'_, State>) -> io::Result<()> {
        while (state.bytes > PIPE_MAX_BYTES || state.waiting > 0) && state.error.is_none() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match &state.error {
            Some((kind, text)) => Err(io::Error::new(*kind, text.clone())),
            None => Ok(()),
        }
    }

    /// The next order, for the executor.
    pub(crate) async fn next(&self) -> Order {
        poll_fn(|context| {
            let mut state = self.state();
            match state.orders.pop_front() {
                Some(order) => Poll::Ready(order),
                None => {
                    state.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// So many bytes are in the file.
    pub(crate) fn appended(&self, bytes: usize) {
        let mut state = self.state();
        state.bytes = state.bytes.saturating_sub(bytes);
        drop(state);
        self.changed.notify_all();
    }

    /// An order other than to append is done.
    pub(crate) fn done(&self) {
        let mut state = self.state();
        state.waiting = state.waiting.saturating_sub(1);
        drop(state);
        self.changed.notify_all();
    }

    /// Something went wrong.
    pub(crate) fn fail(&self, error: &io::Error) {
        self.state().error.get_or_insert((error.kind(), error.to_string()));
        self.changed.notify_all();
    }

    /// Whether something went wrong.
    pub(crate) fn has_failed(&self) -> bool {
        self.state().error.is_some()
    }
}

/// A file at the other end of a pipe.
pub(crate) struct PipeFile(Arc<Pipe>);

impl PipeFile {
    /// Has an executor make a file.
    pub(crate) fn create(executor: &Executor, path: &Path) -> io::Result<Self> {
        let pipe = Arc::new(Pipe::default());
        // It is open when the executor says that something is done.
        pipe.state().waiting = 1;
        executor.open(Arc::clone(&pipe), path);
        pipe.settle(pipe.state())?;
        Ok(PipeFile(pipe))
    }
}

impl File for PipeFile {
    fn write(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.0.give(Order::Append(bytes))
    }

    fn write_at_start(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.give(Order::Start(bytes.to_vec()))
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.give(Order::Sync)
    }
}

impl Drop for PipeFile {
    fn drop(&mut self) {
        // The file is closed when this returns, so that it can be removed; errors were told before.
        let _ = self.0.give(Order::Close);
    }
}
