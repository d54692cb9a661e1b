//! One glommio executor on a thread of its own, which opens files and writes them.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use glommio::{LocalExecutorBuilder, Placement};

use crate::pipe::Pipe;
use crate::writer;

/// Memory for buffers, which the kernel pins: some files' worth. The default of 10 MiB would exceed usual memlock limits.
const IO_MEMORY_BYTES: usize = 2 * 1024 * 1024;
/// Entries of its rings: more than writes in flight.
const RING_DEPTH: usize = 64;

#[derive(Default)]
struct Inbox {
    files: VecDeque<(Arc<Pipe>, PathBuf)>,
    waker: Option<Waker>,
}

/// See the [module documentation](self). It runs until the process ends.
pub(crate) struct Executor {
    inbox: Arc<Mutex<Inbox>>,
}

impl Executor {
    /// Starts one.
    ///
    /// # Errors
    /// Why it can't run here.
    pub(crate) fn start(number: usize) -> Result<Self, String> {
        let inbox = Arc::new(Mutex::new(Inbox::default()));
        let (ready, is_ready) = channel();
        let files = Arc::clone(&inbox);
        let builder = LocalExecutorBuilder::new(Placement::Unbound)
            .name(&format!("storage-{number}"))
            .io_memory(IO_MEMORY_BYTES)
            .ring_depth(RING_DEPTH);
        let thread = builder.spawn(move || async move {
            let _ = ready.send(());
            loop {
                let (pipe, path) = next(&files).await;
                glommio::spawn_local(writer::run(pipe, path)).detach();
            }
        });
        let thread = thread.map_err(|error| error.to_string())?;
        // If it can't run, it ends, and the sender with it.
        if is_ready.recv().is_ok() {
            return Ok(Executor { inbox });
        }
        match thread.join() {
            Ok(()) => Err("the executor ended".into()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Has a file made, whose orders come through a pipe.
    pub(crate) fn open(&self, pipe: Arc<Pipe>, path: &Path) {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        inbox.files.push_back((pipe, path.to_path_buf()));
        if let Some(waker) = inbox.waker.take() {
            waker.wake();
        }
    }
}

async fn next(inbox: &Mutex<Inbox>) -> (Arc<Pipe>, PathBuf) {
    poll_fn(|context| {
        let mut inbox = inbox.lock().unwrap_or_else(PoisonError::into_inner);
        match inbox.files.pop_front() {
            Some(file) => Poll::Ready(file),
            None => {
                inbox.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    })
    .await
}
