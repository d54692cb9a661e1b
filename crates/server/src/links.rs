//! Connections to other servers, which keys are handed to (MIGRATE). Whoever calls this may wait: it runs on threads of its own.
//!
//! A connection is kept for a while for the next parcel to the same place, with the database that is selected there. If such a
//! connection has ended meanwhile the parcel is sent again over a new one, as in Redis; but never after something of it was
//! answered, or when time has run out.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base::limits::{LINK_IDLE_MS, LINKS_IDLE_MAX};
use commands::{CmdError, Delivered, Parcel};
use resp::Reply;

/// How much is written at a time, for each of which the timeout holds anew. Redis's value.
const WRITE_BYTES: usize = 64 * 1024;
/// What of a line of an answer is looked at. Redis's value.
const LINE_MAX_BYTES: usize = 1023;
/// How much is read at a time: answers are short.
const READ_BYTES: usize = 4096;

const CONNECTING: &str = "IOERR error or timeout connecting to the client";
const WRITING: &str = "IOERR error or timeout writing to target instance";
const READING: &str = "IOERR error or timeout reading to target instance";

/// Host and port.
type Place = (Vec<u8>, u16);

/// Connections that nobody uses at the moment.
#[derive(Default)]
pub(crate) struct Links(Mutex<HashMap<Place, Vec<Idle>>>);

struct Idle {
    link: Link,
    since: Instant,
}

/// A connection.
struct Link {
    stream: TcpStream,
    /// The database that is selected.
    db: Option<i64>,
    /// What has come and was not looked at.
    rest: Vec<u8>,
}

/// Why a parcel was not delivered.
struct Failure {
    /// Whether anything of it was answered, so that it must not be sent again.
    answered: bool,
    writing: bool,
    error: io::Error,
}

impl Links {
    fn idle(&self) -> MutexGuard<'_, HashMap<Place, Vec<Idle>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many connections are kept.
    pub(crate) fn len(&self) -> usize {
        self.idle().values().map(Vec::len).sum()
    }

    /// Closes those that were not used for a while.
    pub(crate) fn close_old(&self) {
        let mut idle = self.idle();
        if !idle.is_empty() {
            let kept = Duration::from_millis(LINK_IDLE_MS);
            idle.values_mut().for_each(|links| links.retain(|idle| idle.since.elapsed() <= kept));
            idle.retain(|_, links| !links.is_empty());
        }
    }

    fn take(&self, place: &Place) -> Option<Link> {
        let mut idle = self.idle();
        let link = idle.get_mut(place)?.pop().map(|idle| idle.link);
        idle.retain(|_, links| !links.is_empty());
        link
    }

    fn keep(&self, place: Place, link: Link) {
        let mut idle = self.idle();
        if idle.values().map(Vec::len).sum::<usize>() >= LINKS_IDLE_MAX {
            idle.clear();
        }
        idle.entry(place).or_default().push(Idle { link, since: Instant::now() });
    }

    /// Sends a parcel and waits for the answers to it.
    pub(crate) fn carry(&self, parcel: &Parcel) -> Delivered {
        let place = (parcel.host.to_vec(), parcel.port);
        let timeout = Duration::from_millis(parcel.timeout_ms);
        let mut retries = true;
        let mut kept = self.take(&place);
        loop {
            let link = kept.take().map_or_else(|| Link::open(&place, timeout), Ok);
            let mut link = match link {
                Ok(link) => link,
                // Redis connects without waiting, and learns of this when it writes.
                Err(ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset) => {
                    return failed(WRITING, Vec::new());
                }
                Err(_) => return failed(CONNECTING, Vec::new()),
            };
            let mut delivered = Delivered::default();
            let Err(failure) = link.deliver(parcel, timeout, &mut delivered) else {
                link.db = delivered.error.is_none().then_some(parcel.db);
                self.keep(place, link);
                return delivered;
            };
            let too_late = matches!(failure.error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock);
            if retries && !failure.answered && !too_late {
                retries = false;
                continue;
            }
            if delivered.error.is_some() {
                return delivered;
            }
            return failed(if failure.writing { WRITING } else { READING }, delivered.accepted);
        }
    }
}

fn failed(text: &'static str, accepted: Vec<bool>) -> Delivered {
    Delivered { accepted, error: Some(CmdError::text_of(text)) }
}

impl Link {
    fn open(place: &Place, timeout: Duration) -> Result<Link, ErrorKind> {
        let host = std::str::from_utf8(&place.0).map_err(|_| ErrorKind::InvalidInput)?;
        let mut last = ErrorKind::NotFound;
        for address in (host, place.1).to_socket_addrs().map_err(|_| ErrorKind::NotFound)? {
            let stream = TcpStream::connect_timeout(&address, timeout);
            match stream.and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
                Ok(stream) => return Ok(Link { stream, db: None, rest: Vec::new() }),
                Err(error) => last = error.kind(),
            }
        }
        Err(last)
    }

    /// Sends a parcel and reads the answers: to AUTH and SELECT, where they are needed, and to each command of it.
    fn deliver(
        &mut self,
        parcel: &Parcel,
        timeout: Duration,
        delivered: &mut Delivered,
    ) -> Result<(), Failure> {
        let (mut head, mut greetings) = (Vec::new(), 0);
        let mut say = |words: &[&[u8]]| {
            let mut out = Reply::new(&mut head, false);
            out.array(words.len());
            words.iter().for_each(|word| out.bulk(word));
            greetings += 1;
        };
        match &parcel.credentials {
            Some((Some(user), password)) => say(&[b"AUTH", user, password]),
            Some((None, password)) => say(&[b"AUTH", password]),
            None => {}
        }
        if self.db != Some(parcel.db) {
            say(&[b"SELECT", parcel.db.to_string().as_bytes()]);
        }
        let writing = |error| Failure { answered: false, writing: true, error };
        self.write(&head, timeout).map_err(writing)?;
        self.write(&parcel.commands, timeout).map_err(writing)?;
        let mut refusal = None;
        for _ in 0..greetings {
            let line = self.read_line(timeout);
            let line = line.map_err(|error| Failure { answered: false, writing: false, error })?;
            refusal = refusal.or_else(|| refusal_of(&line));
        }
        for number in 0..parcel.count {
            let answer = self.read_line(timeout);
            let answer = answer.map_err(|error| Failure { answered: number > 0, writing: false, error })?;
            let refused = refusal.clone().or_else(|| refusal_of(&answer));
            delivered.accepted.push(refused.is_none());
            if let (Some(text), None) = (refused, &delivered.error) {
                delivered.error = Some(CmdError::Text(text.into()));
            }
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8], timeout: Duration) -> io::Result<()> {
        for chunk in bytes.chunks(WRITE_BYTES) {
            let end = Instant::now() + timeout;
            let mut rest = chunk;
            while !rest.is_empty() {
                self.stream.set_write_timeout(Some(left(end)?))?;
                match self.stream.write(rest) {
                    Ok(0) => return Err(ErrorKind::WriteZero.into()),
                    Ok(len) => rest = rest.get(len..).unwrap_or_default(),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// An answer, which is one line: a status or an error.
    fn read_line(&mut self, timeout: Duration) -> io::Result<Vec<u8>> {
        let end = Instant::now() + timeout;
        loop {
            if let Some(len) = self.rest.iter().position(|&byte| byte == b'\n') {
                let mut line: Vec<u8> = self.rest.drain(..=len).collect();
                line.pop();
                line.pop_if(|&mut byte| byte == b'\r');
                return match line.first() {
                    Some(b'+' | b'-') => Ok(line),
                    // This is not a server that knows RESTORE.
                    _ => Err(ErrorKind::InvalidData.into()),
                };
            }
            if self.rest.len() > LINE_MAX_BYTES + READ_BYTES {
                return Err(ErrorKind::InvalidData.into());
            }
            self.stream.set_read_timeout(Some(left(end)?))?;
            let mut chunk = [0; READ_BYTES];
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(len) => self.rest.extend_from_slice(chunk.get(..len).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The time that is left.
fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// What the client is told of an answer that is an error.
fn refusal_of(line: &[u8]) -> Option<Vec<u8>> {
    let text = line.strip_prefix(b"-")?;
    let text = text.get(..LINE_MAX_BYTES).unwrap_or(text);
    Some([b"ERR Target instance replied with error: ", text].concat())
}

#[cfg(test)]
#[path = "links_tests.rs"]
mod tests;
