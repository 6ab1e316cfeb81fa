//! Our end of one connection: it never waits, it answers as it was told, and it ends as it was told.

use std::io::{self, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::CallError;
use super::setup::{Answer, Payload};
use crate::lab::errno::met_itself;

/// So much of what came is taken at a time, and so much of an answer waits at most: whoever does not take our answers is
/// not read from either.
const CHUNK: usize = 65_536;

/// A receive buffer that fills soon, where nothing is read; set before the connection is made, which is told the window then.
pub(super) const SMALL_BUFFER: usize = 4_096;

/// So much of what came is thrown away before a close at most.
const DRAINED: usize = 1_048_576;

/// The answer to a request head. It says how long it is, so that a client may keep the connection.
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nok\n";

/// Our end. Dropping it resets the connection, so that nothing lingers.
#[derive(Debug)]
pub(super) struct Conn {
    socket: Option<Socket>,
    answer: Answer,
    /// What is to be sent, and how far that got.
    out: Vec<u8>,
    sent: usize,
    /// How many bytes are made up and sent after that.
    filler: usize,
    heads: Heads,
    /// Whether sending is over, by us or because the other end is gone.
    mute: bool,
    /// Whether everything that came was read, the FIN included.
    at_end: bool,
}

/// What came of a look at a connection.
#[derive(Debug)]
pub(super) enum Heard {
    /// Nothing that ends it.
    Nothing,
    /// The other end sent its FIN, and everything before it was read.
    End,
    /// It broke: a reset, as a rule.
    Broken,
}

/// How far a connect is.
#[derive(Debug)]
pub(super) enum Reached {
    /// There is no answer yet.
    NotYet,
    /// It is made.
    Made,
    /// It was made, and broke before that was asked.
    Broken,
    /// It failed.
    Failed(io::Error),
}

/// Whether an error that a socket keeps for its program can only come after the handshake: a SYN that is answered with a
/// reset gives ECONNREFUSED, ECONNRESET is a reset of what was established, and EPIPE one behind a FIN.
const fn breaks_what_was_made(error: io::ErrorKind) -> bool {
    matches!(error, io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
}

/// What a close leaves unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing: it sends a FIN.
    Nothing,
    /// More than is read before a close: the system resets the connection.
    Something,
}

impl Conn {
    /// Takes an accepted socket.
    pub(super) fn accepted(socket: Socket, answer: Answer) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self::with(socket, answer))
    }

    /// Begins to connect, with a small receive buffer where nothing is to be read.
    pub(super) fn connecting(address: SocketAddr, reads: bool) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if !reads {
            socket.set_recv_buffer_size(SMALL_BUFFER)?;
        }
        socket.set_nonblocking(true)?;
        match socket.connect(&SockAddr::from(address)) {
            Err(error) if !CallError::new(&error).is_underway() => return Err(error),
            _ => {}
        }
        Ok(Self::with(socket, Answer::Nothing))
    }

    fn with(socket: Socket, answer: Answer) -> Self {
        Self {
            socket: Some(socket),
            answer,
            out: Vec::new(),
            sent: 0,
            filler: 0,
            heads: Heads::default(),
            mute: false,
            at_end: false,
        }
    }

    /// How far `connect` is.
    pub(super) fn reached(&self) -> Reached {
        let Some(socket) = &self.socket else { return Reached::NotYet };
        // The address first: what broke since then has none any more, and asking for the error takes it away.
        if let Ok(peer) = socket.peer_addr() {
            let is_itself = socket.local_addr().is_ok_and(|local| local == peer);
            return if is_itself { Reached::Failed(met_itself()) } else { Reached::Made };
        }
        match socket.take_error() {
            Ok(None) => Reached::NotYet,
            Ok(Some(error)) if breaks_what_was_made(error.kind()) => Reached::Broken,
            Ok(Some(error)) | Err(error) => Reached::Failed(error),
        }
    }

    /// The address of this end.
    pub(super) fn local(&self) -> io::Result<SocketAddr> {
        let socket = self.socket.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        let address = socket.local_addr()?.as_socket();
        address.ok_or_else(|| io::Error::other("not an Internet address"))
    }

    /// Has this sent.
    pub(super) fn send(&mut self, payload: Payload, host: &str) {
        match payload {
            Payload::Nothing => {}
            Payload::Bytes(bytes) => self.filler = bytes,
            Payload::Http => self.out.extend_from_slice(
                format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive\r\n\r\n")
                    .as_bytes(),
            ),
        }
    }

    /// Sends what waits, reads what came, and answers it.
    pub(super) fn serve(&mut self) -> Heard {
        self.send_only();
        let mut data = [0; 4_096];
        let mut taken = 0;
        while !self.at_end && taken < CHUNK && self.out.len() < CHUNK {
            let Some(socket) = &mut self.socket else { return Heard::Nothing };
            match socket.read(&mut data) {
                Ok(0) => self.at_end = true,
                Ok(bytes) => {
                    taken += bytes;
                    self.answer(&data[..bytes]);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Heard::Broken,
            }
        }
        self.send_only();
        // What was asked for before the end is answered first.
        let answered = self.mute || self.sent == self.out.len();
        if self.at_end && answered { Heard::End } else { Heard::Nothing }
    }

    /// How many bytes wait to be read, as far as a small buffer may hold; or what ends it. Nothing is taken.
    pub(super) fn peek(&self) -> Result<usize, Heard> {
        // A system may make the buffer twice as large as it was told.
        let mut data = [MaybeUninit::uninit(); 2 * SMALL_BUFFER];
        match self.socket.as_ref().map(|socket| socket.peek(&mut data)) {
            None => Ok(0),
            Some(Ok(0)) => Err(Heard::End),
            Some(Ok(bytes)) => Ok(bytes),
            Some(Err(error)) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(0),
                _ => Err(Heard::Broken),
            },
        }
    }

    /// Sends what waits, and reads nothing.
    pub(super) fn send_only(&mut self) {
        if self.flush().is_err() {
            // The reason is told by a read, and what came before it is read first.
            self.mute = true;
        }
    }

    /// `shutdown(SHUT_WR)`.
    pub(super) fn half_close(&mut self) -> io::Result<()> {
        self.mute = true;
        self.socket.as_ref().map_or(Ok(()), |socket| socket.shutdown(Shutdown::Write))
    }

    /// A FIN, and `close()`, which resets the connection where something that came was not read (RFC 2525, section 2.17).
    /// So what came is taken first, as far as [`DRAINED`]; says whether that was all. The FIN goes before that: what comes
    /// between the last read and the close makes a reset behind our FIN, and not in its place.
    pub(super) fn close(self) -> Left {
        self.close_taking(DRAINED)
    }

    fn close_taking(mut self, most: usize) -> Left {
        if let Some(socket) = &self.socket {
            // Where the connection is gone already there is nothing to end.
            let _ = socket.shutdown(Shutdown::Write);
        }
        let left = self.drain(most);
        drop(self.socket.take());
        left
    }

    fn drain(&mut self, most: usize) -> Left {
        let Some(socket) = &mut self.socket else { return Left::Nothing };
        let mut data = [0; 4_096];
        let mut taken = 0;
        while taken < most {
            match socket.read(&mut data) {
                Ok(0) => return Left::Nothing,
                Ok(bytes) => taken += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // There is nothing more, or the connection broke and nothing can be sent.
                Err(_) => return Left::Nothing,
            }
        }
        Left::Something
    }

    /// `SO_LINGER` {1, 0} and `close()`.
    pub(super) fn reset(self) {
        drop(self);
    }

    fn answer(&mut self, data: &[u8]) {
        if self.mute {
            return;
        }
        match self.answer {
            Answer::Nothing => {}
            Answer::Echo => self.out.extend_from_slice(data),
            Answer::Http => {
                for _ in 0..self.heads.ended_in(data) {
                    self.out.extend_from_slice(RESPONSE);
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(socket) = &mut self.socket else { return Ok(()) };
        while !self.mute {
            if self.sent == self.out.len() {
                self.out.clear();
                self.sent = 0;
                if self.filler == 0 {
                    break;
                }
                let more = self.filler.min(CHUNK);
                self.filler -= more;
                self.out.resize(more, b'x');
            }
            match socket.write(&self.out[self.sent..]) {
                Ok(bytes) => self.sent += bytes,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        if let Some(socket) = &self.socket {
            // Nobody is left to be told of a failure, and the close that follows happens anyway.
            let _ = socket.set_linger(Some(Duration::ZERO));
        }
    }
}

/// So a request line ends, but for the digit of its minor version.
const VERSION: &[u8] = b" HTTP/1.";

/// Counts request heads by the blank line that ends each, where the first line ends as a request line does; nothing else
/// of the text is looked at, so that other protocols are not answered. An empty line before a head is none (RFC 9112,
/// section 2.2).
#[derive(Debug, Default)]
struct Heads {
    /// Whether something stands in the present line.
    in_line: bool,
    /// How many lines with something in them were seen.
    lines: usize,
    /// Whether the first of them is a request line.
    is_request: bool,
    /// The last bytes of the present line, as many as tell a request line.
    tail: [u8; VERSION.len() + 1],
}

impl Heads {
    fn ended_in(&mut self, data: &[u8]) -> usize {
        let mut ended = 0;
        for byte in data {
            match byte {
                b'\n' if self.in_line => {
                    self.in_line = false;
                    self.lines = self.lines.saturating_add(1);
                    if self.lines == 1 {
                        let [version @ .., minor] = &self.tail;
                        self.is_request = version == VERSION && minor.is_ascii_digit();
                    }
                }
                b'\n' => {
                    ended += usize::from(self.lines > 0 && self.is_request);
                    *self = Self::default();
                }
                b'\r' => {}
                _ => {
                    self.in_line = true;
                    self.tail.rotate_left(1);
                    self.tail[VERSION.len()] = *byte;
                }
            }
        }
        ended
    }
}

#[cfg(test)]
mod tests;
