//! One end of a lab connection: a socket whose every call is written down.
//!
//! The socket is a blocking one, as most programs have it, because what `close()` does depends on that. A
//! call that might wait for ever is made in non-blocking steps behind the caller's back instead of with
//! `SO_RCVTIMEO`: after such a time-out Windows calls the socket's state indeterminate, and no system
//! could be interrupted while it waits. These steps are not the experiment and are not logged, nor is
//! asking for options.

use std::io::{self, Read as _};
use std::net::{Shutdown, SocketAddr};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::cancel::Cancel;
use super::errno::{CallError, cancelled};
use super::log::{Recorder, zero};
use super::options::{Linger, SocketOption, SocketOptions};
use crate::model::lab::End;

/// How long a call waits for the other end before it gives up.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// How many bytes one `recv` takes at most.
pub const RECV_SIZE: usize = 65_536;

/// How often a waiting call looks again. On loopback the other end answers within microseconds, so this is
/// also the error of a logged duration when a call had to wait.
const STEP: Duration = Duration::from_millis(2);

/// One end of a connection, from the socket to its close. Dropping it closes abortively.
#[derive(Debug)]
pub struct ConnectionEnd {
    end: End,
    recorder: Recorder,
    socket: Option<Socket>,
}

impl ConnectionEnd {
    /// `socket()`: the client's end, not connected yet.
    pub fn client(address: SocketAddr, recorder: &Recorder) -> Result<Self, CallError> {
        let socket = new_socket(End::Client, address, recorder)?;
        Ok(Self::holding(End::Client, socket, recorder))
    }

    /// An end around a socket that the listener accepted.
    pub(super) fn accepted(socket: Socket, recorder: &Recorder) -> Self {
        Self::holding(End::Peer, socket, recorder)
    }

    fn holding(end: End, socket: Socket, recorder: &Recorder) -> Self {
        Self { end, recorder: recorder.clone(), socket: Some(socket) }
    }

    /// Whether this end has not been closed.
    pub const fn is_held(&self) -> bool {
        self.socket.is_some()
    }

    /// `connect(address)`, then `getsockname()`: the local address the kernel chose.
    pub fn connect(&mut self, address: SocketAddr) -> Result<SocketAddr, CallError> {
        self.call(
            format!("connect({address})"),
            |socket| socket.connect_timeout(&SockAddr::from(address), PATIENCE),
            zero,
        )?;
        self.call(
            "getsockname()".to_owned(),
            |socket| address_of(&socket.local_addr()?),
            SocketAddr::to_string,
        )
    }

    /// One `setsockopt` for each option; stops at the first that fails.
    pub fn set_options(&mut self, options: SocketOptions) -> Result<(), CallError> {
        options.each().into_iter().try_for_each(|option| self.set_option(option))
    }

    /// `setsockopt(option)`.
    pub fn set_option(&mut self, option: SocketOption) -> Result<(), CallError> {
        self.call(option.to_string(), |socket| option.set(socket), zero)
    }

    /// What the kernel says the options are now.
    pub fn options(&self) -> Result<SocketOptions, CallError> {
        self.socket
            .as_ref()
            .ok_or_else(closed)
            .and_then(SocketOptions::read_back)
            .map_err(|error| CallError::new(&error))
    }

    /// `send(bytes)`: sends so many bytes, and says how many the kernel took.
    ///
    /// Takes less when the other end does not read and `patience` runs out; `EAGAIN` when not even one byte.
    pub fn send(&mut self, bytes: usize, patience: Duration) -> Result<usize, CallError> {
        let cancel = self.recorder.cancel().clone();
        self.call(
            format!("send({bytes})"),
            |socket| {
                let deadline = Instant::now() + patience;
                let data = vec![b'x'; bytes.min(RECV_SIZE)];
                let mut sent = 0;
                in_steps(socket, &cancel, |socket| {
                    loop {
                        let rest = data.len().min(bytes - sent);
                        // A send to a closed connection raises SIGPIPE on Unix; Rust's runtime
                        // ignores that signal, and what remains is the errno that the lab is after.
                        match socket.send(&data[..rest]) {
                            Ok(taken) => sent += taken,
                            Err(error) if is_wait(&error) && Instant::now() < deadline => {
                                return Step::Wait;
                            }
                            Err(_) if sent > 0 => return Step::Done(Ok(sent)),
                            Err(error) => return Step::Done(Err(error)),
                        }
                        if sent == bytes {
                            return Step::Done(Ok(sent));
                        }
                    }
                })
            },
            usize::to_string,
        )
    }

    /// `recv(65536)`: how many bytes came, 0 for the end of the stream.
    ///
    /// `EAGAIN` when nothing came within `patience`.
    pub fn recv(&mut self, patience: Duration) -> Result<usize, CallError> {
        let cancel = self.recorder.cancel().clone();
        self.call(
            format!("recv({RECV_SIZE})"),
            |socket| {
                let deadline = Instant::now() + patience;
                let mut data = vec![0; RECV_SIZE];
                in_steps(socket, &cancel, |mut socket| match socket.read(&mut data) {
                    Err(error) if is_wait(&error) && Instant::now() < deadline => Step::Wait,
                    result => Step::Done(result),
                })
            },
            usize::to_string,
        )
    }

    /// `shutdown(SHUT_WR)`: sends the FIN and goes on reading.
    pub fn shutdown_write(&mut self) -> Result<(), CallError> {
        self.call("shutdown(SHUT_WR)".to_owned(), |socket| socket.shutdown(Shutdown::Write), zero)
    }

    /// `close()`, as the socket's own linger option has it; it may block for that long.
    ///
    /// When the lab is cancelled meanwhile, `unblock` is called to make the kernel give up: on loopback
    /// aborting the other end does.
    pub fn close(&mut self, unblock: impl FnOnce()) -> Result<(), CallError> {
        let socket = self.socket.take();
        let cancel = self.recorder.cancel();
        self.recorder.call(
            self.end,
            "close()".to_owned(),
            || close(socket.ok_or_else(closed)?, cancel, unblock),
            zero,
        )
    }

    /// `setsockopt(SO_LINGER, {1, 0})`, then `close()`: sends a reset and forgets the connection.
    pub fn abort(&mut self) -> Result<(), CallError> {
        let set = self.set_option(SocketOption::Linger(Linger::Seconds(0)));
        // The close happens even when the option could not be set: nothing may stay open.
        self.close(|| {}).and(set)
    }

    fn call<T>(
        &mut self,
        call: String,
        make: impl FnOnce(&Socket) -> io::Result<T>,
        written: impl FnOnce(&T) -> String,
    ) -> Result<T, CallError> {
        let socket = self.socket.as_ref();
        self.recorder.call(self.end, call, || make(socket.ok_or_else(closed)?), written)
    }
}

impl Drop for ConnectionEnd {
    fn drop(&mut self) {
        if let Some(socket) = &self.socket {
            // Nobody is left to be told of a failure, and the close that follows happens anyway.
            let _ = socket.set_linger(Some(Duration::ZERO));
        }
    }
}

/// `socket()` for this address, for either end.
pub(super) fn new_socket(
    end: End,
    address: SocketAddr,
    recorder: &Recorder,
) -> Result<Socket, CallError> {
    let family = if address.is_ipv4() { "AF_INET" } else { "AF_INET6" };
    recorder.call(
        end,
        format!("socket({family}, SOCK_STREAM)"),
        || Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP)),
        |_| "a socket".to_owned(),
    )
}

/// The address of an Internet socket.
pub(super) fn address_of(address: &SockAddr) -> io::Result<SocketAddr> {
    address.as_socket().ok_or_else(|| io::Error::other("not an Internet address"))
}

enum Step<T> {
    Wait,
    Done(io::Result<T>),
}

/// Repeats a non-blocking step until it is done or the lab is cancelled.
fn in_steps<T>(
    socket: &Socket,
    cancel: &Cancel,
    mut step: impl FnMut(&Socket) -> Step<T>,
) -> io::Result<T> {
    socket.set_nonblocking(true)?;
    let result = loop {
        match step(socket) {
            Step::Done(result) => break result,
            Step::Wait if cancel.is_cancelled() => break Err(cancelled()),
            Step::Wait => thread::sleep(STEP),
        }
    };
    socket.set_nonblocking(false)?;
    result
}

pub(super) fn is_wait(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

fn closed() -> io::Error {
    io::Error::other("this end is closed")
}

/// Drops the socket, and says 0.
///
/// Dropping loses what `close()` answers. On Linux it has nothing to say: its `sock_close` returns 0
/// always, which held when measured (idle, full buffer, unread data, after a reset; linger off, 0, 1, 20).
/// Elsewhere the documented errors of a close are those of a non-blocking or a foreign descriptor.
fn close(socket: Socket, cancel: &Cancel, unblock: impl FnOnce()) -> io::Result<()> {
    let may_block = socket.linger().is_ok_and(|time| time.is_some_and(|time| !time.is_zero()));
    if !may_block {
        drop(socket);
        return Ok(());
    }
    let (done, closing) = mpsc::channel();
    let closer = thread::Builder::new().name("lab-close".to_owned()).spawn(move || {
        drop(socket);
        // The other side waits for this until the thread is joined.
        let _ = done.send(());
    })?;
    let mut unblock = Some(unblock);
    while let Err(mpsc::RecvTimeoutError::Timeout) = closing.recv_timeout(STEP) {
        if cancel.is_cancelled()
            && let Some(unblock) = unblock.take()
        {
            unblock();
        }
    }
    closer.join().map_err(|_| io::Error::other("the closing thread panicked"))
}
