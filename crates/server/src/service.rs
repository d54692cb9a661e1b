//! Joins the loop of a core to its frontend: the only place that knows both.

use base::conn::{CloseMode, ConnId, ConnInfo, Flow};
use bus::Wake;
use reactor::{Chunk, Service, TurnIo, Waker};

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
pub(crate) struct CoreService(pub(crate) frontend::Core<Chunk, CoreWaker>);

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
}

impl Service for CoreService {
    fn open(&mut self, conn: ConnId, info: ConnInfo) {
        self.0.open(conn, info);
    }

    fn receive(&mut self, conn: ConnId, chunk: Chunk) -> Flow {
        self.0.receive(conn, chunk);
        Flow::Continue
    }

    fn ended(&mut self, conn: ConnId) {
        self.0.ended(conn);
    }

    fn closed(&mut self, conn: ConnId) {
        self.0.closed(conn);
    }

    fn sent(&mut self, conn: ConnId, unsent_bytes: usize) {
        self.0.sent(conn, unsent_bytes);
    }

    fn quiet(&mut self, conn: ConnId) {
        self.0.quiet(conn);
    }

    fn turn(&mut self, now: reactor::Now, io: &mut TurnIo<'_>) -> reactor::Next {
        let now = frontend::Now {
            monotonic_us: now.monotonic_us,
            unix_ms: now.realtime_ms(),
            unix_rest_us: (now.realtime_us % 1000) as u16,
        };
        let next = self.0.turn(now, &mut TurnSockets(io));
        reactor::Next {
            again: next.again,
            deadline_us: next.deadline_us,
            remote_recent: next.remote_recent,
            stop: next.stop,
        }
    }

    fn work_waiting(&mut self) -> bool {
        self.0.work_waiting()
    }

    fn before_sleep(&mut self) -> bool {
        self.0.before_sleep()
    }

    fn awake(&mut self) {
        self.0.awake();
    }
}
