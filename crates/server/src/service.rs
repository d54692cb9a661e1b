//! Joins the loop of a core to its frontend: the only place that knows both.

use std::io;
use std::sync::mpsc::Sender;

use base::conn::{CloseMode, ConnId, ConnInfo, Flow};
use bus::Wake;
use persist::log::Write;
use reactor::{Chunk, Service, TurnIo, Waker};

use crate::control::Event;

/// Wakes the core of a shard through its reactor.
pub(crate) struct CoreWaker(pub(crate) Vec<Waker>);

impl Wake for CoreWaker {
    fn wake(&self, shard: u16) {
        if let Some(waker) = self.0.get(usize::from(shard)) {
            waker.wake();
        }
    }
}

/// A core's frontend, as its reactor calls it.
pub(crate) struct CoreService {
    core: frontend::Core<Chunk, CoreWaker>,
    /// Told at the first turn that the loop runs.
    started: Option<Sender<Event>>,
}

impl CoreService {
    /// A core that tells `events` when its loop runs.
    pub(crate) fn new(core: frontend::Core<Chunk, CoreWaker>, events: Sender<Event>) -> Self {
        CoreService { core, started: Some(events) }
    }
}

/// The socket side of a turn, as the frontend calls it.
struct TurnSockets<'a, 'b>(&'a mut TurnIo<'b>);

impl frontend::Io for TurnSockets<'_, '_> {
    fn output(&mut self, conn: ConnId, bytes: &mut Vec<u8>) -> usize {
        self.0.output(conn, bytes)
    }

    fn unsent(&self, conn: ConnId) -> usize {
        self.0.unsent(conn)
    }

    fn close(&mut self, conn: ConnId, mode: CloseMode) {
        self.0.close(conn, mode);
    }

    fn pause(&mut self, conn: ConnId) {
        self.0.pause(conn);
    }

    fn resume(&mut self, conn: ConnId) {
        self.0.resume(conn);
    }

    fn write_file(&mut self, write: Write) {
        // Files of the system have handles.
        if let Some(file) = write.file.handle() {
            self.0.write_file(file, write.offset, write.bytes, write.skip);
        }
    }
}

impl Service for CoreService {
    fn open(&mut self, conn: ConnId, info: ConnInfo) {
        self.core.open(conn, info);
    }

    fn receive(&mut self, conn: ConnId, chunk: Chunk) -> Flow {
        self.core.receive(conn, chunk);
        Flow::Continue
    }

    fn ended(&mut self, conn: ConnId) {
        self.core.ended(conn);
    }

    fn closed(&mut self, conn: ConnId) {
        self.core.closed(conn);
    }

    fn sent(&mut self, conn: ConnId, unsent_bytes: usize) {
        self.core.sent(conn, unsent_bytes);
    }

    fn file_written(&mut self, buffer: Vec<u8>, result: io::Result<usize>) {
        self.core.file_written(buffer, result, sys::clock::monotonic_us());
    }

    fn quiet(&mut self, conn: ConnId) {
        self.core.quiet(conn);
    }

    fn turn(&mut self, now: reactor::Now, io: &mut TurnIo<'_>) -> reactor::Next {
        if let Some(events) = self.started.take() {
            let _ = events.send(Event::Started);
        }
        let now = frontend::Now {
            monotonic_us: now.monotonic_us,
            unix_ms: now.realtime_ms(),
            unix_rest_us: (now.realtime_us % 1000) as u16,
        };
        let next = self.core.turn(now, &mut TurnSockets(io));
        reactor::Next {
            again: next.again,
            deadline_us: next.deadline_us,
            remote_recent: next.remote_recent,
            stop: next.stop,
        }
    }

    fn work_waiting(&mut self) -> bool {
        self.core.work_waiting()
    }

    fn before_sleep(&mut self) -> bool {
        self.core.before_sleep()
    }

    fn awake(&mut self) {
        self.core.awake();
    }
}
