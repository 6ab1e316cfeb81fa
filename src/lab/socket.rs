//! One socket of the lab, whose every call is written down.
//!
//! A call that might wait for ever is made in non-blocking steps behind the caller's back instead of with
//! `SO_RCVTIMEO`: after such a time-out Windows calls the socket's state indeterminate, and no system
//! could be interrupted while it waits. These steps are not the experiment and are not logged, nor is
//! asking for options. Between calls the socket is as the caller wants it, blocking or not, because what
//! `close()` does may depend on that.

mod closing;
mod connecting;
mod data;
mod lending;

use std::cell::Cell;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::cancel::Cancel;
use super::errno::{CallError, cancelled};
use super::log::{Recorder, zero};
use super::options::{Linger, OptionName, OptionValue, SocketOption, SocketOptions};
use super::starting;
use crate::model::State;
use crate::model::lab::Who;
use crate::os::descriptor_state;

/// How long a call waits for the other end before it gives up.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// How many bytes one `recv` takes at most.
pub const RECV_SIZE: usize = 65_536;

/// How often a waiting call looks again. On loopback the other end answers within microseconds, so this is
/// also the error of a logged duration when a call had to wait.
const STEP: Duration = Duration::from_millis(2);

/// One socket, from `socket()` to `close()`. Dropping it closes abortively.
#[derive(Debug)]
pub struct LabSocket {
    who: Who,
    recorder: Recorder,
    socket: Option<Socket>,
    blocking: bool,
    /// Whether `bind` gave it an address.
    bound: bool,
    sent: Cell<u64>,
    received: Cell<u64>,
}

impl LabSocket {
    /// `socket()`, of the family of this address; blocking.
    pub fn new(who: Who, like: SocketAddr, recorder: &Recorder) -> Result<Self, CallError> {
        let family = if like.is_ipv4() { "AF_INET" } else { "AF_INET6" };
        let socket = recorder.call(
            who,
            format!("socket({family}, SOCK_STREAM)"),
            || Socket::new(Domain::for_address(like), Type::STREAM, Some(Protocol::TCP)),
            |_| "a socket".to_owned(),
        )?;
        Ok(Self::around(socket, who, recorder))
    }

    fn around(socket: Socket, who: Who, recorder: &Recorder) -> Self {
        Self {
            who,
            recorder: recorder.clone(),
            socket: Some(socket),
            blocking: true,
            bound: false,
            sent: Cell::new(0),
            received: Cell::new(0),
        }
    }

    /// How many bytes the kernel took from it so far, those of failed calls included.
    pub const fn sent(&self) -> u64 {
        self.sent.get()
    }

    /// How many bytes the kernel gave it so far, those of failed calls included.
    pub const fn received(&self) -> u64 {
        self.received.get()
    }

    /// Which of the lab's sockets it is.
    pub const fn who(&self) -> Who {
        self.who
    }

    /// Whether it has not been closed.
    pub const fn is_held(&self) -> bool {
        self.socket.is_some()
    }

    /// Makes the calls from now on return at once, as a program with an event loop has them: `connect` with
    /// `EINPROGRESS`, `recv` and `send` with `EAGAIN`.
    pub fn set_nonblocking(&mut self) -> Result<(), CallError> {
        self.call("fcntl(O_NONBLOCK)".to_owned(), |socket| socket.set_nonblocking(true), zero)?;
        self.blocking = false;
        Ok(())
    }

    /// `bind(address)`; port 0 lets the kernel choose.
    pub fn bind(&mut self, address: SocketAddr) -> Result<(), CallError> {
        let bind = |socket: &Socket| socket.bind(&SockAddr::from(address));
        self.call(format!("bind({address})"), bind, zero)?;
        self.bound = true;
        Ok(())
    }

    /// `listen(backlog)`; on a socket that listens already it changes the backlog.
    pub fn listen(&mut self, backlog: i32) -> Result<(), CallError> {
        self.call(format!("listen({backlog})"), |socket| socket.listen(backlog), zero)
    }

    /// `getsockname()`.
    pub fn local_address(&self) -> Result<SocketAddr, CallError> {
        self.call(
            "getsockname()".to_owned(),
            |socket| address_of(&socket.local_addr()?),
            SocketAddr::to_string,
        )
    }

    /// One `setsockopt` for each option; stops at the first that fails.
    pub fn set_options(&mut self, options: SocketOptions) -> Result<(), CallError> {
        options.each().try_for_each(|option| self.set_option(option))
    }

    /// `setsockopt(option)`.
    pub fn set_option(&mut self, option: SocketOption) -> Result<(), CallError> {
        self.call(option.to_string(), |socket| option.set(socket), zero)
    }

    /// What the kernel says this option is now; not logged.
    pub fn option(&self, name: OptionName) -> Result<OptionValue, CallError> {
        self.asked(|socket| name.read(socket))
    }

    /// The state that the descriptor itself tells (`TCP_INFO`), whether or not the table has a row for it; not logged.
    /// None where the system does not tell.
    pub fn descriptor_state(&self) -> Result<Option<State>, CallError> {
        self.asked(descriptor_state)
    }

    /// `shutdown(SHUT_WR)`: sends the FIN and goes on reading.
    pub fn shutdown_write(&mut self) -> Result<(), CallError> {
        self.shutdown(Shutdown::Write)
    }

    /// `shutdown(how)`.
    pub fn shutdown(&mut self, how: Shutdown) -> Result<(), CallError> {
        let word = match how {
            Shutdown::Read => "SHUT_RD",
            Shutdown::Write => "SHUT_WR",
            Shutdown::Both => "SHUT_RDWR",
        };
        self.call(format!("shutdown({word})"), |socket| socket.shutdown(how), zero)
    }

    /// `dup()`: another descriptor of the same socket. The kernel closes the connection with the last of them.
    pub fn duplicate(&self) -> Result<Self, CallError> {
        let socket =
            self.call("dup()".to_owned(), Socket::try_clone, |_| "a descriptor".to_owned())?;
        let mut duplicate = Self::around(socket, self.who, &self.recorder);
        duplicate.blocking = self.blocking;
        Ok(duplicate)
    }

    /// `close()`, as the socket's own linger option has it; it may block for that long.
    ///
    /// When the lab is cancelled meanwhile, `unblock` is called to make the kernel give up: on loopback
    /// aborting the other end does. Where that does not help either, the close goes on on a thread of its own.
    pub fn close(&mut self, unblock: impl FnOnce()) -> Result<(), CallError> {
        self.close_timed(unblock).0
    }

    /// [`LabSocket::close`], and how long that took; before it begins it may have to wait for a process that is being
    /// started, which is not counted.
    pub fn close_timed(&mut self, unblock: impl FnOnce()) -> (Result<(), CallError>, Duration) {
        let socket = self.socket.take();
        let cancel = self.recorder.cancel();
        let gate = starting::none();
        let began = Instant::now();
        let result = self.recorder.call(
            self.who,
            "close()".to_owned(),
            || closing::close(socket.ok_or_else(closed)?, gate, cancel, unblock),
            zero,
        );
        (result, began.elapsed())
    }

    /// `setsockopt(SO_LINGER, {1, 0})`, then `close()`: sends a reset and forgets the connection.
    pub fn abort(&mut self) -> Result<(), CallError> {
        let linger = OptionValue::Linger(Linger::Seconds(0));
        let set = self.set_option(SocketOption::new(OptionName::Linger, linger));
        // The close happens even when the option could not be set: nothing may stay open.
        self.close(|| {}).and(set)
    }

    fn asked<T>(&self, what: impl FnOnce(&Socket) -> io::Result<T>) -> Result<T, CallError> {
        let asked = self.socket.as_ref().ok_or_else(closed).and_then(what);
        asked.map_err(|error| CallError::new(&error))
    }

    fn call<T>(
        &self,
        call: String,
        make: impl FnOnce(&Socket) -> io::Result<T>,
        written: impl FnOnce(&T) -> String,
    ) -> Result<T, CallError> {
        let socket = self.socket.as_ref();
        self.recorder.call(self.who, call, || make(socket.ok_or_else(closed)?), written)
    }
}

impl Drop for LabSocket {
    fn drop(&mut self) {
        if let Some(socket) = &self.socket {
            // Nobody is left to be told of a failure, and the close that follows happens anyway.
            let _ = socket.set_linger(Some(Duration::ZERO));
        }
    }
}

/// The address of an Internet socket.
fn address_of(address: &SockAddr) -> io::Result<SocketAddr> {
    address.as_socket().ok_or_else(|| io::Error::other("not an Internet address"))
}

enum Step<T> {
    Wait,
    Done(io::Result<T>),
}

/// Repeats a non-blocking step until it is done or the lab is cancelled.
fn in_steps<T>(
    socket: &Socket,
    blocking: bool,
    cancel: &Cancel,
    mut step: impl FnMut(&Socket) -> Step<T>,
) -> io::Result<T> {
    if blocking {
        socket.set_nonblocking(true)?;
    }
    let result = loop {
        match step(socket) {
            Step::Done(result) => break result,
            Step::Wait if cancel.is_cancelled() => break Err(cancelled()),
            Step::Wait => thread::sleep(STEP),
        }
    };
    if blocking {
        socket.set_nonblocking(false)?;
    }
    result
}

fn is_wait(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

fn closed() -> io::Error {
    io::Error::other("this end is closed")
}
