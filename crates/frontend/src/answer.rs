//! What comes back from other shards, and how replies reach those who wait for them.

use base::conn::ConnId;
use bus::Wake;
use commands::CommandId;

use crate::core::{Core, conn_mut};
use crate::gather::Gather;
use crate::message::{Answer, AnswerBody, Batch, DEFERRED, Dest, Op};
use crate::watch::Note;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Takes what other shards answered. True if there was anything.
    pub(crate) fn take_answers(&mut self) -> bool {
        if self.topology.shards == 1 {
            return false;
        }
        let mut answers = std::mem::take(&mut self.answers);
        self.port.take_replies(&mut answers);
        let came = !answers.is_empty();
        for answer in answers.drain(..) {
            match answer.body.0 {
                AnswerBody::Batch(batch) => self.deliver_batch(answer.from, batch),
                AnswerBody::Late { dest, bytes, stream, ticks, calls, notes } => {
                    self.in_flight -= 1;
                    self.part_took(dest, ticks);
                    self.script_has_called(dest, calls, notes);
                    match stream {
                        Some(number) => self.deliver_streamed(dest, &bytes, answer.from, number),
                        None => self.deliver(dest, &bytes),
                    }
                }
                AnswerBody::Slice { dest, number, bytes, done } => {
                    self.in_flight -= 1;
                    self.take_slice(answer.from, dest, number, &bytes, done);
                }
                AnswerBody::Served { number, bytes, ticks } => {
                    let dest = Dest::Waiter { number };
                    self.part_took(dest, ticks);
                    self.deliver(dest, &bytes);
                }
                AnswerBody::Wake { number } => self.woken(number),
                AnswerBody::LateStep { dest, out, ticks } => {
                    self.in_flight -= 1;
                    self.part_took(dest, ticks);
                    self.step_done(dest, out);
                }
            }
        }
        self.answers = answers;
        came
    }

    /// Gives the reply of a piece that had to wait to the core that it came from, with how many commands it has called and the
    /// unusual ones among them, or itself if it is one.
    pub(crate) fn give_late(
        &mut self,
        from: u16,
        dest: Dest,
        (out, stream): (Vec<u8>, Option<u64>),
        ticks: u64,
        (calls, notes): (u32, Vec<Note>),
    ) {
        if from == self.id {
            self.part_took(dest, ticks);
            self.script_has_called(dest, calls, notes);
            match stream {
                Some(number) => self.deliver_streamed(dest, &out, from, number),
                None => self.deliver(dest, &out),
            }
        } else {
            let late = AnswerBody::Late { dest, bytes: out, stream, ticks, calls, notes };
            self.reply_late(from, Answer(late));
        }
    }

    /// Gives a reply to whoever waits for it.
    pub(crate) fn deliver(&mut self, dest: Dest, bytes: &[u8]) {
        match dest {
            Dest::Conn { index, generation, seq } => {
                if let Some(conn) = conn_mut(&mut self.conns, ConnId { index, generation }) {
                    conn.deliver(seq, bytes);
                    self.mark_dirty(index);
                }
            }
            Dest::Part { gather, part } => {
                let Some(entry) = self.gathers.get_mut(gather) else { return };
                if entry.add(part, bytes)
                    && let Some(done) = self.gathers.remove(gather)
                {
                    self.gathered(done);
                }
            }
            Dest::Step { .. } => self.reply_done(dest, bytes),
            Dest::Waiter { number } => self.unblocked(number, bytes),
        }
    }

    /// All parts of a command are there.
    pub(crate) fn gathered(&mut self, gather: Gather) {
        let random = self.rng.next_u64();
        let mut reply = std::mem::take(&mut self.scratch);
        reply.clear();
        let mut concluding_ticks = 0;
        match gather.op {
            Op::Inquiry(command) if self.own_commands.concludes(command) => {
                let start = (self.ticks)();
                self.conclude_inquiry(command, gather.part(0), gather.resp3, &mut reply);
                concluding_ticks = (self.ticks)().wrapping_sub(start);
            }
            Op::Inquiry(command) if command == self.detour.pause_command => {
                self.send_fences(gather.dest, gather.resp3);
                self.scratch = reply;
                self.spare_gathers.push(gather);
                return;
            }
            Op::Command(command) => {
                // Each shard has counted the command as its own; it is one.
                let counted_twice = (gather.parts() as u64).wrapping_sub(1);
                let stats = self.stats();
                stats.commands[usize::from(command)].calls.add(counted_twice.wrapping_neg());
                stats.commands_processed.add(counted_twice.wrapping_neg());
                gather.finish(random, &mut reply);
            }
            _ => gather.finish(random, &mut reply),
        }
        if let Op::Command(command) | Op::Inquiry(command) = gather.op {
            let ticks = gather.longest_ticks + concluding_ticks;
            self.command_took(gather.dest, command, ticks, reply.len(), &gather.args);
            if matches!(gather.op, Op::Inquiry(_)) {
                self.stats().commands[usize::from(command)].ticks.add(ticks);
            }
        }
        self.deliver(gather.dest, &reply);
        self.scratch = reply;
        self.spare_gathers.push(gather);
    }

    /// Gives the replies of a batch to those who wait for them.
    pub(crate) fn deliver_batch(&mut self, from: u16, mut batch: Box<Batch>) {
        self.take_times(&mut batch);
        self.log.heard(from, batch.log_position);
        let mut start = 0;
        let mut streams = batch.streams.iter().peekable();
        for (at, (piece, &end)) in batch.pieces.iter().zip(&batch.ends).enumerate() {
            if end == DEFERRED {
                continue;
            }
            self.in_flight -= 1;
            let bytes = batch.replies.get(start..end).unwrap_or_default();
            start = end;
            if let Some(&(_, number)) = streams.next_if(|&&(piece, _)| piece as usize == at) {
                self.deliver_streamed(piece.dest, bytes, from, number);
                continue;
            }
            match piece.dest {
                Dest::Conn { index, generation, seq } => {
                    let Some(conn) = conn_mut(&mut self.conns, ConnId { index, generation }) else {
                        continue;
                    };
                    // What is not a handler's (a function, say) may tell of more than the shard.
                    let has_handler = |command: CommandId| {
                        self.handlers.get(usize::from(command)).is_some_and(Option::is_some)
                    };
                    match piece.op {
                        Op::Command(command) if has_handler(command) => conn.deliver_of(from, seq, bytes),
                        _ => conn.deliver(seq, bytes),
                    }
                    if !conn.dirty {
                        conn.dirty = true;
                        self.dirty.push(index);
                    }
                }
                Dest::Waiter { .. } if bytes.is_empty() => {}
                Dest::Part { .. } | Dest::Waiter { .. } => self.deliver(piece.dest, bytes),
                Dest::Step { .. } if matches!(piece.op, Op::Command(_) | Op::Inquiry(_)) => {
                    self.deliver(piece.dest, bytes);
                }
                Dest::Step { .. } => {}
            }
        }
        for (dest, out) in batch.outs.drain(..) {
            self.step_done(dest, out);
        }
        self.plan.recycle(batch);
    }
}
