//! The storage plane: one thread that may wait for the disk, and does one thing after the other.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};

use frontend::process::StorageTask;

/// How much the thread, and the executors that it starts, stand back where CPUs are short.
const NICE: i32 = 10;

/// Starts the thread. It ends when the sender is gone and all is done.
///
/// # Errors
/// No thread can be had.
pub(crate) fn start() -> io::Result<Sender<StorageTask>> {
    let (sender, tasks): (Sender<StorageTask>, Receiver<StorageTask>) = channel();
    let run = move || {
        // What it does can wait, and clients cannot. On Linux this is the thread's own, and of those that it starts.
        let _ = rustix::process::nice(NICE);
        tasks.into_iter().for_each(|task| task(&sys::clock::realtime_ms));
    };
    std::thread::Builder::new().name("storage".into()).spawn(run)?;
    Ok(sender)
}
