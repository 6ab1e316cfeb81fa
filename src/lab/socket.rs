//! One socket of the lab, whose every call is written down.
//!
//! A call that might wait for ever is made in non-blocking steps behind the caller's back instead of with
//! `SO_RCVTIMEO`: after such a time-out Windows calls the socket's state indeterminate, and no system
//! could be interrupted while it waits. These steps are not the experiment and are not logged, nor is
//! asking for options. Between calls the socket is as the caller wants it, blocking or not, because what
//! `close()` does may depend on that.

mod closing;
mod lending;

use std::io::{self, Read as _};
use std::net::{Shutdown, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::cancel::Cancel;
use super::errno::{CallError, cancelled};
use super::log::{Recorder, zero};
use super::options::{Linger, OptionName, OptionValue, SocketOption, SocketOptions};
use crate::model::State;
use crate::model::lab::{Role, Who};
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
        Ok(Self { who, recorder: recorder.clone(), socket: Some(socket), blocking: true })
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
        self.call(format!("bind({address})"), |socket| socket.bind(&SockAddr::from(address)), zero)
    }

    /// `listen(backlog)`; on a socket that listens already it changes the backlog.
    pub fn listen(&mut self, backlog: i32) -> Result<(), CallError> {
        self.call(format!("listen({backlog})"), |socket| socket.listen(backlog), zero)
    }

    /// `accept()`: the next connection and where it came from. What is accepted is a peer with this number, logged by
    /// this recorder.
    ///
    /// `EAGAIN` when none comes within `patience`.
    pub fn accept(
        &self,
        patience: Duration,
        number: u64,
        recorder: &Recorder,
    ) -> Result<(Self, SocketAddr), CallError> {
        let who = Who { role: Role::Peer, number };
        let cancel = recorder.cancel().clone();
        let (accepted, from) = recorder.call(
            self.who,
            "accept()".to_owned(),
            || {
                let socket = self.socket.as_ref().ok_or_else(closed)?;
                let deadline = Instant::now() + patience;
                let (accepted, from) =
                    in_steps(socket, self.blocking, &cancel, |socket| match socket.accept() {
                        Err(error) if is_wait(&error) && Instant::now() < deadline => Step::Wait,
                        result => Step::Done(result),
                    })?;
                // Some systems hand the listener's mode on, and the lab's sockets block.
                accepted.set_nonblocking(false)?;
                Ok((accepted, address_of(&from)?))
            },
            |(_, from)| from.to_string(),
        )?;
        let recorder = recorder.clone();
        Ok((Self { who, recorder, socket: Some(accepted), blocking: true }, from))
    }

    /// `connect(address)`; gives up after `patience`. A non-blocking socket gives `EINPROGRESS` where it would wait.
    pub fn connect(&mut self, address: SocketAddr, patience: Duration) -> Result<(), CallError> {
        let cancel = self.recorder.cancel().clone();
        let blocking = self.blocking;
        self.call(
            format!("connect({address})"),
            |socket| connect(socket, address, blocking, patience, &cancel),
            zero,
        )
    }

    /// `getsockname()`.
    pub fn local_address(&self) -> Result<SocketAddr, CallError> {
        self.call(
            "getsockname()".to_owned(),
            |socket| address_of(&socket.local_addr()?),
            SocketAddr::to_string,
        )
    }

    /// `getsockopt(SO_ERROR)`: how a `connect` in progress ended, or what broke the connection; none when nothing did.
    pub fn pending_error(&self) -> Result<Option<CallError>, CallError> {
        let error = self.recorder.call(
            self.who,
            "getsockopt(SO_ERROR)".to_owned(),
            || self.socket.as_ref().ok_or_else(closed)?.take_error(),
            |error| error.as_ref().map_or_else(|| "0".to_owned(), |it| CallError::new(it).errno),
        )?;
        Ok(error.map(|error| CallError::new(&error)))
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

    /// `send(bytes)`: sends so many bytes, and says how many the kernel took.
    ///
    /// Takes less when the other end does not read and `patience` runs out, or the socket does not block; `EAGAIN` when
    /// not even one byte.
    pub fn send(&mut self, bytes: usize, patience: Duration) -> Result<usize, CallError> {
        let cancel = self.recorder.cancel().clone();
        let blocking = self.blocking;
        self.call(
            format!("send({bytes})"),
            |socket| {
                let deadline = Instant::now() + if blocking { patience } else { Duration::ZERO };
                let data = vec![b'x'; bytes.min(RECV_SIZE)];
                let mut sent = 0;
                in_steps(socket, blocking, &cancel, |socket| {
                    loop {
                        let rest = data.len().min(bytes - sent);
                        // A send to a closed connection raises SIGPIPE on Unix; Rust's runtime
                        // ignores that signal, and what remains is the errno that the lab is after.
                        match socket.send(&data[..rest]) {
                            Ok(taken) => sent += taken,
                            Err(error) if is_wait(&error) && Instant::now() < deadline => {
                                return Step::Wait;
                            }
                            Err(error) if is_wait(&error) && sent > 0 => {
                                return Step::Done(Ok(sent));
                            }
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

    /// `recv()`: waits for data, and says how many bytes came; 0 is the end of the stream.
    ///
    /// `EAGAIN` when nothing came within `patience`, or at once where the socket does not block.
    pub fn recv(&mut self, patience: Duration) -> Result<usize, CallError> {
        self.recv_at_most(RECV_SIZE, patience)
    }

    /// [`LabSocket::recv`] of at most so many bytes.
    pub fn recv_at_most(&mut self, bytes: usize, patience: Duration) -> Result<usize, CallError> {
        let cancel = self.recorder.cancel().clone();
        let blocking = self.blocking;
        self.call(
            format!("recv({bytes})"),
            |socket| {
                let deadline = Instant::now() + if blocking { patience } else { Duration::ZERO };
                let mut data = vec![0; bytes.min(RECV_SIZE)];
                in_steps(socket, blocking, &cancel, |mut socket| match socket.read(&mut data) {
                    Err(error) if is_wait(&error) && Instant::now() < deadline => Step::Wait,
                    result => Step::Done(result),
                })
            },
            usize::to_string,
        )
    }

    /// Reads until the end of the stream, or until nothing comes for `patience`, and says how many bytes came: one line
    /// of the log, however many calls it takes.
    ///
    /// The error carries what broke the stream; the bytes that came before it are in the log.
    pub fn recv_to_end(&mut self, patience: Duration) -> (usize, Result<(), CallError>) {
        let cancel = self.recorder.cancel().clone();
        let mut read = 0;
        let read_so_far = &mut read;
        let result = self.recorder.call(
            self.who,
            format!("recv({RECV_SIZE}) to the end"),
            || {
                let socket = self.socket.as_ref().ok_or_else(closed)?;
                let mut data = vec![0; RECV_SIZE];
                let mut deadline = Instant::now() + patience;
                in_steps(socket, self.blocking, &cancel, |mut socket| {
                    loop {
                        match socket.read(&mut data) {
                            Ok(0) => return Step::Done(Ok(*read_so_far)),
                            Ok(bytes) => {
                                *read_so_far += bytes;
                                deadline = Instant::now() + patience;
                                if cancel.is_cancelled() {
                                    return Step::Done(Err(cancelled()));
                                }
                            }
                            Err(error) if is_wait(&error) && Instant::now() < deadline => {
                                return Step::Wait;
                            }
                            Err(error) => return Step::Done(Err(error)),
                        }
                    }
                })
            },
            |bytes| format!("{bytes}, then 0"),
        );
        (read, result.map(drop))
    }

    /// `recv(MSG_PEEK)`: what a read would give, and leaves it there. Never waits.
    pub fn peek(&mut self) -> Result<usize, CallError> {
        let (cancel, blocking) = (self.recorder.cancel().clone(), self.blocking);
        self.call(
            "recv(1, MSG_PEEK)".to_owned(),
            |socket| {
                let mut byte = [std::mem::MaybeUninit::uninit()];
                in_steps(socket, blocking, &cancel, |socket| Step::Done(socket.peek(&mut byte)))
            },
            usize::to_string,
        )
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
        let recorder = self.recorder.clone();
        Ok(Self { who: self.who, recorder, socket: Some(socket), blocking: self.blocking })
    }

    /// `close()`, as the socket's own linger option has it; it may block for that long.
    ///
    /// When the lab is cancelled meanwhile, `unblock` is called to make the kernel give up: on loopback
    /// aborting the other end does. Where that does not help either, the close goes on on a thread of its own.
    pub fn close(&mut self, unblock: impl FnOnce()) -> Result<(), CallError> {
        let socket = self.socket.take();
        let cancel = self.recorder.cancel();
        self.recorder.call(
            self.who,
            "close()".to_owned(),
            || closing::close(socket.ok_or_else(closed)?, cancel, unblock),
            zero,
        )
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

/// `connect` in steps: begun without blocking, then asked whether it is done, so that it can be cancelled.
fn connect(
    socket: &Socket,
    address: SocketAddr,
    blocking: bool,
    patience: Duration,
    cancel: &Cancel,
) -> io::Result<()> {
    let deadline = Instant::now() + patience;
    let address = SockAddr::from(address);
    if !blocking {
        return socket.connect(&address);
    }
    let mut begun = false;
    in_steps(socket, blocking, cancel, |socket| {
        if !begun {
            begun = true;
            match socket.connect(&address) {
                Err(error) if is_in_progress(&error) => {}
                result => return Step::Done(result),
            }
        }
        match socket.take_error() {
            Ok(None) => {}
            Ok(Some(error)) | Err(error) => return Step::Done(Err(error)),
        }
        if socket.peer_addr().is_ok() {
            Step::Done(Ok(()))
        } else if Instant::now() < deadline {
            Step::Wait
        } else {
            Step::Done(Err(io::ErrorKind::TimedOut.into()))
        }
    })
}

/// POSIX says `EINPROGRESS`, Windows `WSAEWOULDBLOCK`.
fn is_in_progress(error: &io::Error) -> bool {
    is_wait(error) || CallError::new(error).errno == "EINPROGRESS"
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
