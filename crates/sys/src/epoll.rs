//! The epoll backend, for systems that forbid io_uring: the same events in the same order.
//!
//! Level triggered. A readable socket is read into pooled buffers a few times a turn at most, so that one busy client
//! does not hold up the others; what is left is reported again by the next wait. Sends happen when they are asked for,
//! at the end of a turn; what the kernel does not take waits for the socket to become writable.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketFlags, accept_with, recv, send};

use crate::backend::{Backend, BackendOptions, Event, WAIT_MAX};
use crate::buffers::Pool;
use crate::counters::Counters;
use crate::net;
use crate::waker::Waker;
use epoll::EventFlags;

/// Readiness reports taken by one wait.
const READY_MAX: usize = 1024;

/// Reads of one socket in a turn.
const READS_MAX: u32 = 4;

/// Clients accepted from one listener in a turn.
const ACCEPTS_MAX: u32 = 64;

/// What a readiness report is about: bits 62 and 63 of its data. Bits 32 to 61 are the generation of the slot.
const KIND_SHIFT: u32 = 62;
const KIND_SOCKET: u64 = 0;
const KIND_LISTENER: u64 = 1;
const KIND_WAKER: u64 = 2;
const GENERATION_MASK: u32 = (1 << 30) - 1;

/// A readiness report being worked through.
#[derive(Clone, Copy)]
struct Report {
    kind: u64,
    generation: u32,
    index: u32,
    flags: EventFlags,
    /// How often it has been read or accepted from.
    uses: u32,
}

impl Report {
    fn new(event: &epoll::Event) -> Report {
        let data = event.data.u64();
        Report {
            kind: data >> KIND_SHIFT,
            generation: (data >> 32) as u32 & GENERATION_MASK,
            index: data as u32,
            flags: event.flags,
            uses: 0,
        }
    }
}

fn report_data(kind: u64, generation: u32, index: u32) -> epoll::EventData {
    let generation = u64::from(generation & GENERATION_MASK);
    epoll::EventData::new_u64(kind << KIND_SHIFT | generation << 32 | u64::from(index))
}

#[derive(Default)]
struct Socket {
    /// None if the slot is free.
    socket: Option<OwnedFd>,
    generation: u32,
    /// What epoll watches for; none if it does not watch the socket at all.
    watched: Option<EventFlags>,
    reading: bool,
    ended: bool,
    failed: bool,
    /// Whether `buffer` is being sent.
    sending: bool,
    offset: usize,
    buffer: Vec<u8>,
}

impl Socket {
    /// What should be watched for.
    fn wanted(&self) -> EventFlags {
        let mut flags = EventFlags::empty();
        flags.set(EventFlags::IN, self.reading);
        flags.set(EventFlags::OUT, self.sending);
        flags
    }
}

/// The epoll backend of one core.
pub struct Epoll {
    poll: OwnedFd,
    pool: Rc<Pool>,
    sockets: Vec<Socket>,
    listeners: Vec<Option<OwnedFd>>,
    reports: Vec<epoll::Event>,
    cursor: usize,
    current: Option<Report>,
    /// Sockets whose send failed, to be reported by the next `next_event`.
    failed: Vec<(u32, u32)>,
    /// What was to be written to a file, which is not done here.
    unwritten: Option<Vec<u8>>,
    counters: Arc<Counters>,
    _waker: Waker,
}

impl Epoll {
    /// Whether there are events that the system does not tell of.
    fn has_own_events(&self) -> bool {
        !self.failed.is_empty() || self.unwritten.is_some()
    }

    /// Watches for what the socket's state asks for.
    fn watch(&mut self, slot: u32) {
        let Some(entry) = self.sockets.get_mut(slot as usize) else { return };
        let Some(socket) = &entry.socket else { return };
        let wanted = entry.wanted();
        let data = report_data(KIND_SOCKET, entry.generation, slot);
        let done = match entry.watched {
            _ if entry.failed => return,
            Some(watched) if watched == wanted => return,
            Some(_) => epoll::modify(&self.poll, socket, data, wanted),
            None if wanted.is_empty() => return,
            None => epoll::add(&self.poll, socket, data, wanted),
        };
        if done.is_ok() {
            entry.watched = Some(wanted);
        }
    }

    /// Stops watching a socket until something is wanted of it again.
    fn unwatch(&mut self, slot: u32) {
        let Some(entry) = self.sockets.get_mut(slot as usize) else { return };
        if let (Some(socket), Some(_)) = (&entry.socket, entry.watched.take()) {
            let _ = epoll::delete(&self.poll, socket);
        }
    }

    /// Nothing more can be done with the socket: stops watching it and says so.
    fn fail(&mut self, slot: u32) -> Option<Event> {
        self.unwatch(slot);
        let entry = self.sockets.get_mut(slot as usize)?;
        if entry.socket.is_none() || std::mem::replace(&mut entry.failed, true) {
            return None;
        }
        (entry.reading, entry.sending) = (false, false);
        entry.buffer = Vec::new();
        Some(Event::Failed { slot })
    }

    /// Does one step of a report. Returns what it brought, and the report again if there may be more to it.
    fn step(&mut self, mut report: Report) -> (Option<Event>, Option<Report>) {
        match report.kind {
            KIND_LISTENER => {
                report.uses += 1;
                let event = self.accept(report.index);
                let again = matches!(event, Some(Event::Accepted { .. })) && report.uses < ACCEPTS_MAX;
                (event, again.then_some(report))
            }
            KIND_SOCKET => self.step_socket(report),
            // The waker is edge triggered and its counter is never read: having woken is all.
            _ => (None, None),
        }
    }

    fn step_socket(&mut self, mut report: Report) -> (Option<Event>, Option<Report>) {
        let slot = report.index;
        let Some(entry) = self.sockets.get(slot as usize) else { return (None, None) };
        if entry.socket.is_none() || entry.generation & GENERATION_MASK != report.generation || entry.failed {
            return (None, None);
        }
        let broken = EventFlags::ERR | EventFlags::HUP;
        if report.flags.intersects(EventFlags::OUT | broken) && entry.sending {
            report.flags.remove(EventFlags::OUT | broken);
            return (self.go_on_sending(slot), Some(report).filter(|report| !report.flags.is_empty()));
        }
        if report.flags.intersects(EventFlags::IN | broken) && entry.reading {
            report.uses += 1;
            let (event, full) = self.receive(slot);
            return (event, (full && report.uses < READS_MAX).then_some(report));
        }
        if report.flags.intersects(broken) {
            // A broken socket is reported whatever is watched for. If it is paused, there may be data to read before
            // the end, so it is left alone until it is resumed.
            if entry.ended {
                return (self.fail(slot), None);
            }
            self.unwatch(slot);
        }
        (None, None)
    }

    /// Reads once. Also returns whether there may be more to read.
    fn receive(&mut self, slot: u32) -> (Option<Event>, bool) {
        let entry = &mut self.sockets[slot as usize];
        let Some(socket) = &entry.socket else { return (None, false) };
        match self.pool.fill(|buffer| recv(socket, buffer, RecvFlags::DONTWAIT).map(|(length, _)| length)) {
            Ok(Some(chunk)) => {
                let length = chunk.bytes().len();
                self.counters.receives.add(1);
                self.counters.received_bytes.add(length as u64);
                (Some(Event::Received { slot, chunk }), length == self.pool.buffer_bytes())
            }
            Ok(None) => {
                (entry.reading, entry.ended) = (false, true);
                self.watch(slot);
                (Some(Event::Ended { slot }), false)
            }
            // No buffer is free: the next wait reports the socket again, when some have been given back.
            Err(None) => {
                self.counters.starved.add(1);
                (None, false)
            }
            Err(Some(Errno::AGAIN | Errno::INTR)) => (None, false),
            Err(Some(_)) => (self.fail(slot), false),
        }
    }

    /// Sends as much of the buffer as the kernel takes. Returns whether it is sent completely; none if the socket is
    /// broken.
    fn push(&mut self, slot: u32) -> Option<bool> {
        let entry = &mut self.sockets[slot as usize];
        let socket = entry.socket.as_ref()?;
        while entry.offset < entry.buffer.len() {
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            match send(socket, &entry.buffer[entry.offset..], flags) {
                Ok(sent) => {
                    entry.offset += sent;
                    self.counters.sent_bytes.add(sent as u64);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Some(false),
                Err(_) => return None,
            }
        }
        Some(true)
    }

    fn go_on_sending(&mut self, slot: u32) -> Option<Event> {
        let before = self.sockets[slot as usize].offset;
        match self.push(slot) {
            None => self.fail(slot),
            Some(false) => {
                let entry = &self.sockets[slot as usize];
                let unsent = entry.buffer.len() - entry.offset;
                (entry.offset > before).then_some(Event::Progress { slot, unsent })
            }
            Some(true) => {
                let entry = &mut self.sockets[slot as usize];
                entry.sending = false;
                let buffer = std::mem::take(&mut entry.buffer);
                self.watch(slot);
                Some(Event::Sent { slot, buffer, slow: true })
            }
        }
    }

    fn accept(&mut self, listener: u32) -> Option<Event> {
        let socket = self.listeners.get(listener as usize)?.as_ref()?;
        match accept_with(socket, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
            Ok(socket) => Some(Event::Accepted { listener, socket }),
            Err(Errno::AGAIN | Errno::INTR | Errno::CONNABORTED) => None,
            Err(error) => {
                self.unlisten(listener);
                Some(Event::AcceptStopped { listener, error: error.into() })
            }
        }
    }
}

impl Backend for Epoll {
    fn open(options: &BackendOptions, waker: &Waker) -> io::Result<Epoll> {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let flags = EventFlags::IN | EventFlags::ET;
        epoll::add(&poll, waker.as_fd(), report_data(KIND_WAKER, 0, 0), flags)?;
        Ok(Epoll {
            poll,
            pool: Pool::new(options.buffer_count, options.buffer_bytes)?,
            sockets: Vec::new(),
            listeners: Vec::new(),
            reports: Vec::with_capacity(READY_MAX),
            cursor: 0,
            current: None,
            failed: Vec::new(),
            unwritten: None,
            counters: Arc::clone(&options.counters),
            _waker: waker.clone(),
        })
    }

    fn listen(&mut self, listener: u32, socket: &OwnedFd) -> io::Result<()> {
        let index = listener as usize;
        if self.listeners.len() <= index {
            self.listeners.resize_with(index + 1, || None);
        }
        let socket = socket.try_clone()?;
        // accept() must not block when the client has gone again before it is called.
        rustix::io::ioctl_fionbio(&socket, true)?;
        epoll::add(&self.poll, &socket, report_data(KIND_LISTENER, 0, listener), EventFlags::IN)?;
        self.listeners[index] = Some(socket);
        Ok(())
    }

    fn unlisten(&mut self, listener: u32) {
        if let Some(socket) = self.listeners.get_mut(listener as usize).and_then(Option::take) {
            // Closing alone would not do, since the caller's descriptor keeps the socket open.
            let _ = epoll::delete(&self.poll, &socket);
        }
    }

    fn adopt(&mut self, slot: u32, socket: OwnedFd) -> io::Result<()> {
        let index = slot as usize;
        if self.sockets.len() <= index {
            self.sockets.resize_with(index + 1, Socket::default);
        }
        let entry = &mut self.sockets[index];
        if entry.socket.is_some() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the slot is in use"));
        }
        epoll::add(&self.poll, &socket, report_data(KIND_SOCKET, entry.generation, slot), EventFlags::IN)?;
        let generation = entry.generation;
        *entry = Socket {
            socket: Some(socket),
            generation,
            watched: Some(EventFlags::IN),
            reading: true,
            ..Socket::default()
        };
        Ok(())
    }

    fn pause(&mut self, slot: u32) {
        if let Some(entry) = self.sockets.get_mut(slot as usize) {
            entry.reading = false;
            self.watch(slot);
        }
    }

    fn resume(&mut self, slot: u32) {
        if let Some(entry) = self.sockets.get_mut(slot as usize) {
            entry.reading = !entry.ended && !entry.failed;
            self.watch(slot);
        }
    }

    fn send(&mut self, slot: u32, buffer: Vec<u8>) -> Option<Vec<u8>> {
        let Some(entry) = self.sockets.get_mut(slot as usize) else { return Some(buffer) };
        debug_assert!(!entry.sending, "a send is in flight");
        if entry.socket.is_none() || entry.failed || entry.sending || buffer.is_empty() {
            return Some(buffer);
        }
        entry.buffer = buffer;
        entry.offset = 0;
        entry.sending = true;
        self.counters.sends.add(1);
        match self.push(slot) {
            Some(true) => {
                let entry = &mut self.sockets[slot as usize];
                entry.sending = false;
                return Some(std::mem::take(&mut entry.buffer));
            }
            Some(false) => {
                self.counters.slow_sends.add(1);
                self.watch(slot);
            }
            None => {
                let generation = self.sockets[slot as usize].generation;
                self.failed.push((slot, generation));
            }
        }
        None
    }

    fn unsent(&self, slot: u32) -> usize {
        match self.sockets.get(slot as usize) {
            Some(entry) if entry.sending => entry.buffer.len() - entry.offset,
            _ => 0,
        }
    }

    fn hang_up(&mut self, slot: u32) -> Option<bool> {
        net::hang_up(self.sockets.get(slot as usize)?.socket.as_ref()?)
    }

    fn close(&mut self, slot: u32) -> bool {
        let Some(entry) = self.sockets.get_mut(slot as usize) else { return false };
        if entry.socket.is_none() {
            return false;
        }
        // Dropping the descriptor closes the socket and takes it out of epoll.
        *entry = Socket { generation: entry.generation.wrapping_add(1), ..Socket::default() };
        true
    }

    fn write_file(&mut self, _: Arc<File>, _: u64, buffer: Vec<u8>, _: usize) {
        self.unwritten = Some(buffer);
    }

    fn submit(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn ready(&mut self) -> bool {
        if self.has_own_events() || self.current.is_some() || self.cursor < self.reports.len() {
            return true;
        }
        // Looking is a system call here; what it finds is kept for the wait that follows.
        self.poll(Some(Duration::ZERO)).is_ok() && !self.reports.is_empty()
    }

    fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        if self.current.is_some() || self.cursor < self.reports.len() {
            return Ok(());
        }
        let timeout = if self.has_own_events() { Some(Duration::ZERO) } else { timeout };
        self.poll(timeout)
    }

    fn next_event(&mut self) -> Option<Event> {
        if let Some(buffer) = self.unwritten.take() {
            return Some(Event::FileWritten { buffer, result: Err(io::ErrorKind::Unsupported.into()) });
        }
        while let Some((slot, generation)) = self.failed.pop() {
            if self.sockets[slot as usize].generation == generation
                && let Some(event) = self.fail(slot)
            {
                return Some(event);
            }
        }
        loop {
            let report = match self.current.take() {
                Some(report) => report,
                None => {
                    let report = Report::new(self.reports.get(self.cursor)?);
                    self.cursor += 1;
                    report
                }
            };
            let (event, rest) = self.step(report);
            self.current = rest;
            if event.is_some() {
                return event;
            }
        }
    }
}

impl Epoll {
    /// Asks the kernel what is ready.
    fn poll(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.reports.clear();
        self.cursor = 0;
        self.counters.enters.add(1);
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout.min(WAIT_MAX)).ok());
        match epoll::wait(&self.poll, rustix::buffer::spare_capacity(&mut self.reports), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
