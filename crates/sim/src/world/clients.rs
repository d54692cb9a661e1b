//! The world's clients: what they send, what reaches them, and how they come and go.

use super::*;

impl World {
    pub(super) fn deliver(&mut self, at: usize) {
        let (process, core, conn) = match self.sessions.get(at) {
            Some(session) => (session.process, session.core, session.conn),
            None => self.orphans[at - self.sessions.len()],
        };
        let sockets = &mut self.nodes[core].sockets;
        let (bytes, _) = sockets.deliverable(conn);
        let len = if bytes == 0 { 0 } else { self.knobs.cut(&mut self.rng, bytes) };
        sockets.deliver(conn, len);
        let arrived = std::mem::take(&mut sockets.arrived);
        let step = self.step;
        let clocks = self.clocks();
        for op in arrived {
            self.history.arrive(op, step, clocks);
        }
        self.trace.event(&[DELIVER as u64, step, process as u64, len as u64], &[], || match len {
            0 => format!("{step:>7} conn {process} ends at core {core}"),
            _ => format!("{step:>7} conn {process}: {len} of {bytes} bytes arrive at core {core}"),
        });
    }

    pub(super) fn read(&mut self, at: usize, workload: &mut dyn Workload) -> Result<(), Failure> {
        let session = &mut self.sessions[at];
        if !self.rng.one_in(session.read_every) {
            return Ok(());
        }
        let sockets = &mut self.nodes[session.core].sockets;
        if sockets.is_over(session.conn) {
            // Closed by the server: right only if the client had said its last word and has all replies.
            let process = session.process;
            sockets.abandon(session.conn);
            if self.shape.blocks && session.state == SessionState::Leaving {
                // Who waits when the client says its last word waits no longer.
                session.unanswered.clear();
            }
            if session.state == SessionState::Open || !session.unanswered.is_empty() {
                return Err(Failure::Closed { process, ops: session.unanswered.iter().copied().collect() });
            }
            session.state = SessionState::Gone;
            let step = self.step;
            self.trace.event(&[READ as u64, step, process as u64], &[], || {
                format!("{step:>7} conn {process} is closed")
            });
            return Ok(());
        }
        let before = session.received.len();
        let len = self.knobs.cut(&mut self.rng, sockets.readable(session.conn));
        sockets.read(session.conn, len, &mut session.received);
        let (step, process) = (self.step, session.process);
        self.trace.event(&[READ as u64, step, process as u64], &session.received[before..], || {
            let text = String::from_utf8_lossy(&session.received[before..]).escape_default().to_string();
            format!("{step:>7} conn {process} reads {text}")
        });
        let mut used = 0;
        loop {
            match decode(&session.received[used..]) {
                Ok((reply, len)) => {
                    used += len;
                    if is_message(&reply) {
                        continue;
                    }
                    let op = session.unanswered.pop_front().map(|op| &self.history.ops[op]);
                    // What the client reads must be what left the core.
                    let Some(op) = op.filter(|op| op.reply() == Some(&reply)) else {
                        return Err(Failure::Garbage { process });
                    };
                    workload.replied(process, &op.command, &reply);
                }
                Err(DecodeError::Incomplete) => break,
                Err(DecodeError::Malformed) => return Err(Failure::Garbage { process }),
            }
        }
        session.received.drain(..used);
        Ok(())
    }

    /// A client calls, leaves or connects anew.
    pub(super) fn call(&mut self, at: usize, workload: &mut dyn Workload) {
        let session = &self.sessions[at];
        if session.state == SessionState::Gone {
            let client = session.client;
            self.orphans.push((session.process, session.core, session.conn));
            let nodes = &self.nodes;
            self.orphans.retain(|&(_, core, conn)| !nodes[core].sockets.is_over(conn));
            self.sessions[at] = self.connect(client);
            return;
        }
        if self.rng.one_in(self.knobs.leave_every) {
            return self.leave(at);
        }
        let asker = Asker {
            client: session.client,
            process: session.process,
            max: 1 + self.rng.below(self.shape.pipeline_max as u64) as usize,
            low_ms: self.clocks().low_ms,
        };
        let commands = workload.pipeline(asker, &mut self.rng);
        self.send(at, commands);
        // Now and then the connection ends right behind the pipeline, or within it.
        if self.rng.one_in(self.knobs.leave_every) {
            self.leave(at);
        }
    }

    pub(super) fn send(&mut self, at: usize, commands: Vec<Command>) {
        let session = &mut self.sessions[at];
        let sockets = &mut self.nodes[session.core].sockets;
        for command in commands {
            let mut bytes = Vec::new();
            command.encode(&mut bytes);
            let (step, process) = (self.step, session.process);
            let text = &command;
            self.trace.event(&[CALL as u64, step, process as u64], &bytes, || {
                format!("{step:>7} conn {process} calls {text} ({} bytes)", bytes.len())
            });
            let op = self.history.call(session.process, command);
            session.unanswered.push_back(op);
            sockets.write(session.conn, op, &bytes);
        }
    }

    pub(super) fn connect(&mut self, client: usize) -> Session {
        let core = self.rng.below(self.nodes.len() as u64) as usize;
        let process = self.history.open();
        let conn = self.nodes[core].open(self.knobs.kernel_max);
        let step = self.step;
        self.trace.event(&[step, process as u64, core as u64], &[], || {
            format!("{step:>7} conn {process} of client {client} opens at core {core}")
        });
        let read_every = if self.rng.one_in(4) { 10 } else { 1 };
        Session {
            client,
            process,
            core,
            conn,
            unanswered: VecDeque::new(),
            received: Vec::new(),
            read_every,
            state: SessionState::Open,
        }
    }

    /// A client leaves: politely, without waiting for its replies, or by breaking off in the middle of what it wrote.
    pub(super) fn leave(&mut self, at: usize) {
        let session = &mut self.sessions[at];
        let sockets = &mut self.nodes[session.core].sockets;
        let loses = !session.unanswered.is_empty();
        let may_lose = !loses || self.losses < self.shape.losses_max;
        if self.shape.blocks && !may_lose {
            return;
        }
        let how = if may_lose { self.rng.below(3) } else { 0 };
        session.state = SessionState::Gone;
        match how {
            0 => {
                sockets.shut_down(session.conn);
                session.state = SessionState::Leaving;
            }
            1 => {
                sockets.shut_down(session.conn);
                sockets.abandon(session.conn);
            }
            _ => {
                let keep = self.rng.below(1 + sockets.uplink(session.conn) as u64);
                sockets.break_off(session.conn, keep as usize);
            }
        }
        if self.shape.blocks && session.state == SessionState::Leaving {
            self.losses += usize::from(loses);
        }
        if session.state == SessionState::Gone {
            self.losses += usize::from(loses);
            session.unanswered.clear();
        }
        let (step, process) = (self.step, session.process);
        self.history.left.insert(process);
        self.trace.event(&[step, process as u64, how], &[], || {
            format!(
                "{step:>7} conn {process} leaves ({})",
                ["politely", "unread", "broken off"][how as usize]
            )
        });
    }

    /// With a torn bus: the next batch that some core holds back enters its inbox. False if there is none.
    #[cfg(feature = "faults")]
    pub(super) fn deliver_held_back(&mut self) -> bool {
        if self.fault != Some(Fault::TornPublish) {
            return false;
        }
        let cores = self.nodes.len();
        let first = self.rng.below(cores as u64) as usize;
        (0..cores).any(|offset| self.bus.deliver_torn(((first + offset) % cores) as u16))
    }

    #[cfg(not(feature = "faults"))]
    pub(super) fn deliver_held_back(&mut self) -> bool {
        false
    }
}
