//! How a socket comes to its connection: `connect()` and `accept()`.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket};

use super::{LabSocket, Step, address_of, closed, in_steps, is_wait};
use crate::lab::cancel::Cancel;
use crate::lab::errno::CallError;
use crate::lab::log::Recorder;
use crate::model::lab::{Role, Who};

impl LabSocket {
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
        Ok((Self::around(accepted, who, recorder), from))
    }

    /// [`LabSocket::accept`] without a number yet, for one who does not know who comes. None, and no line in the log,
    /// when nobody has come.
    pub fn accept_if_any(&self) -> Result<Option<(Self, SocketAddr)>, CallError> {
        let cancel = self.recorder.cancel().clone();
        let accepted = self.recorder.call_if_any(
            self.who,
            "accept()".to_owned(),
            || {
                let socket = self.socket.as_ref().ok_or_else(closed)?;
                let accepted =
                    in_steps(socket, self.blocking, &cancel, |socket| Step::Done(socket.accept()));
                let (accepted, from) = match accepted {
                    Err(error) if is_wait(&error) => return Ok(None),
                    accepted => accepted?,
                };
                accepted.set_nonblocking(false)?;
                Ok(Some((accepted, address_of(&from)?)))
            },
            |(_, from)| from.to_string(),
        )?;
        let who = Who { role: Role::Peer, number: 0 };
        Ok(accepted.map(|(accepted, from)| (Self::around(accepted, who, &self.recorder), from)))
    }

    /// Whose calls its are from now on.
    pub(in crate::lab) const fn renumber(&mut self, number: u64) {
        self.who.number = number;
    }

    /// `connect(address)`; gives up after `patience`. A non-blocking socket gives `EINPROGRESS` where it would wait.
    pub fn connect(&mut self, address: SocketAddr, patience: Duration) -> Result<(), CallError> {
        self.connect_telling(address, patience, |_| {})
    }

    /// [`LabSocket::connect`]; `begun` learns the local address as soon as the SYN is sent, before the answer.
    pub fn connect_telling(
        &mut self,
        address: SocketAddr,
        patience: Duration,
        begun: impl FnOnce(SocketAddr),
    ) -> Result<(), CallError> {
        let cancel = self.recorder.cancel().clone();
        let blocking = self.blocking;
        let connected = self.call(
            format!("connect({address})"),
            |socket| connect(socket, address, blocking, patience, &cancel, begun),
            super::zero,
        );
        connected.map_err(|error| if self.bound { error } else { error.of_automatic_port() })
    }

    /// Whether it has another end: `getpeername()`, without a line in the log.
    pub(in crate::lab) fn is_connected(&self) -> bool {
        self.socket.as_ref().is_some_and(|socket| socket.peer_addr().is_ok())
    }

    /// Asks for the outcome of a `connect` in progress with `getsockopt(SO_ERROR)`, as a program does whose socket became
    /// writable. None, and no line in the log, while there is none.
    pub fn connect_outcome(&mut self) -> Result<Option<Result<(), CallError>>, CallError> {
        let outcome = self.recorder.call_if_any(
            self.who,
            "getsockopt(SO_ERROR)".to_owned(),
            || {
                let socket = self.socket.as_ref().ok_or_else(closed)?;
                if let Some(error) = socket.take_error()? {
                    return Ok(Some(Some(error)));
                }
                Ok(socket.peer_addr().is_ok().then_some(None))
            },
            |error| error.as_ref().map_or_else(|| "0".to_owned(), |it| CallError::new(it).errno),
        )?;
        Ok(outcome.map(|error| error.map_or(Ok(()), |error| Err(CallError::new(&error)))))
    }
}

/// `connect` in steps: begun without blocking, then asked whether it is done, so that it can be cancelled.
///
/// A server that resets what it has just accepted may be quicker than the question: then this is ECONNRESET, as it is of a
/// blocking `connect`, which Linux answers with the socket's error when its thread is woken too late (measured: 22 of 6000
/// on loopback). It is told and not swallowed: the kernel gives the error once, and a read after it would say 0, as after a
/// FIN.
fn connect(
    socket: &Socket,
    address: SocketAddr,
    blocking: bool,
    patience: Duration,
    cancel: &Cancel,
    begun: impl FnOnce(SocketAddr),
) -> io::Result<()> {
    let deadline = Instant::now() + patience;
    let mut first = Some((SockAddr::from(address), begun));
    in_steps(socket, blocking, cancel, |socket| {
        if let Some((address, begun)) = first.take() {
            let result = socket.connect(&address);
            let waits = result.as_ref().is_err_and(|error| CallError::new(error).is_underway());
            if (waits || result.is_ok())
                && let Ok(local) = socket.local_addr().and_then(|it| address_of(&it))
            {
                begun(local);
            }
            if !waits || !blocking {
                return Step::Done(result);
            }
        }
        // First of all, since what was made may break at any moment.
        if socket.peer_addr().is_ok() {
            return Step::Done(Ok(()));
        }
        match socket.take_error() {
            Ok(None) if Instant::now() < deadline => Step::Wait,
            Ok(None) => Step::Done(Err(io::ErrorKind::TimedOut.into())),
            Ok(Some(error)) | Err(error) => Step::Done(Err(error)),
        }
    })
}
