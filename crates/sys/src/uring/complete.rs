//! What each completion means to the loop.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

use io_uring::cqueue;

use super::Uring;
use super::socket::{Kind, Receive, Send, untag};
use crate::backend::Event;

impl Uring {
    /// What a completion means to the loop, if anything.
    pub(super) fn complete(&mut self, completion: &cqueue::Entry) -> Option<Event> {
        let (kind, generation, slot) = untag(completion.user_data());
        let (result, flags) = (completion.result(), completion.flags());
        match kind {
            Kind::Receive => self.received(slot, generation, result, flags),
            Kind::Send => self.send_reported(slot, generation, result),
            Kind::Accept => self.accepted(slot, result, cqueue::more(flags)),
            Kind::Wake => {
                if !cqueue::more(flags) {
                    self.arm_wake();
                }
                None
            }
            Kind::File => self.file_written(result),
            Kind::Ignored => None,
        }
    }

    fn file_written(&mut self, result: i32) -> Option<Event> {
        let (_, buffer) = self.file_write.take()?;
        let result = usize::try_from(result).map_err(|_| io::Error::from_raw_os_error(-result));
        Some(Event::FileWritten { buffer, result })
    }

    fn received(&mut self, slot: u32, generation: u32, result: i32, flags: u32) -> Option<Event> {
        // First of all the buffer is taken hold of, whoever it was for: dropping the chunk gives it back.
        let chunk = cqueue::buffer_select(flags).map(|id| {
            self.buffers.taken();
            let length = (result.max(0) as u32).min(self.pool.buffer_bytes() as u32);
            // SAFETY: the kernel picked the buffer out of those offered, each of which was taken from the pool, and
            // this completion hands it over.
            unsafe { self.pool.chunk(id, length) }
        });
        let socket = self.sockets.get_mut(slot as usize).filter(|socket| socket.is(generation))?;
        let ended = !cqueue::more(flags);
        if ended {
            socket.receive = Receive::Off;
        }
        if socket.closing {
            return self.release_if_idle(slot);
        }
        match (result, chunk) {
            (1.., Some(chunk)) => {
                self.counters.receives.add(1);
                self.counters.received_bytes.add(result as u64);
                if ended && self.sockets[slot as usize].reading {
                    self.arm_receive(slot);
                }
                Some(Event::Received { slot, chunk })
            }
            (0, _) => {
                socket.reading = false;
                socket.ended = true;
                Some(Event::Ended { slot })
            }
            (error, _) => self.receive_failed(slot, -error, ended),
        }
    }

    fn receive_failed(&mut self, slot: u32, error: i32, ended: bool) -> Option<Event> {
        let socket = &mut self.sockets[slot as usize];
        match error {
            libc::ENOBUFS => {
                self.counters.starved.add(1);
                self.buffers.widen();
                if ended {
                    socket.receive = Receive::Starved;
                    self.starved.push(slot);
                }
                None
            }
            libc::ECANCELED | libc::EINTR | libc::EAGAIN => {
                if ended && socket.reading {
                    self.arm_receive(slot);
                }
                None
            }
            _ => {
                socket.reading = false;
                Some(Event::Failed { slot })
            }
        }
    }

    fn send_reported(&mut self, slot: u32, generation: u32, result: i32) -> Option<Event> {
        let socket = self.sockets.get_mut(slot as usize).filter(|socket| socket.is(generation))?;
        let was_silent = socket.send == Send::Silent;
        let sent = match -result {
            libc::EAGAIN | libc::EINTR => 0,
            1.. => {
                socket.send = Send::Off;
                socket.buffer = Vec::new();
                return if socket.closing {
                    self.release_if_idle(slot)
                } else {
                    Some(Event::Failed { slot })
                };
            }
            _ => result as usize,
        };
        self.counters.sent_bytes.add(sent as u64);
        socket.offset = (socket.offset + sent).min(socket.buffer.len());
        if socket.closing {
            socket.send = Send::Off;
            return self.release_if_idle(slot);
        }
        if socket.offset == socket.buffer.len() {
            return Some(self.sent(slot, true));
        }
        if was_silent {
            self.counters.slow_sends.add(1);
        }
        socket.send = Send::Waiting;
        let unsent = socket.buffer.len() - socket.offset;
        self.push_send(slot);
        (sent > 0).then_some(Event::Progress { slot, unsent })
    }

    /// The buffer is sent.
    #[inline]
    fn sent(&mut self, slot: u32, slow: bool) -> Event {
        let socket = &mut self.sockets[slot as usize];
        socket.send = Send::Off;
        Event::Sent { slot, buffer: std::mem::take(&mut socket.buffer), slow }
    }

    /// A silent send was executed, and its failure, if any, has been handled.
    #[inline]
    pub(super) fn conclude(&mut self, slot: u32, serial: u32) -> Option<Event> {
        let socket = &mut self.sockets[slot as usize];
        if socket.send != Send::Silent || socket.serial != serial {
            return None;
        }
        self.counters.sent_bytes.add(socket.buffer.len() as u64);
        if socket.closing {
            socket.send = Send::Off;
            return self.release_if_idle(slot);
        }
        Some(self.sent(slot, false))
    }

    fn accepted(&mut self, listener: u32, result: i32, more: bool) -> Option<Event> {
        if result >= 0 {
            // SAFETY: the kernel just made this descriptor for us; nobody else knows it.
            let socket = unsafe { OwnedFd::from_raw_fd(result) };
            if !more {
                self.arm_accept(listener);
            }
            return Some(Event::Accepted { listener, socket });
        }
        if more || self.listeners.get(listener as usize).is_none_or(Option::is_none) {
            return None;
        }
        match -result {
            libc::ECONNABORTED | libc::EINTR | libc::EAGAIN => {
                self.arm_accept(listener);
                None
            }
            error => Some(Event::AcceptStopped { listener, error: io::Error::from_raw_os_error(error) }),
        }
    }
}
