//! Bytes out and in.

use std::io::Read as _;
use std::time::{Duration, Instant};

use socket2::Socket;

use super::{LabSocket, RECV_SIZE, Step, closed, in_steps, is_wait};
use crate::lab::errno::{CallError, cancelled};

/// A buffer that took nothing for so long is full, for now.
const FULL: Duration = Duration::from_millis(100);

impl LabSocket {
    /// `send(bytes)`: sends so many bytes, and says how many the kernel took.
    ///
    /// Takes less when the other end does not read and `patience` runs out, or the socket does not block; `EAGAIN` when
    /// not even one byte.
    pub fn send(&mut self, bytes: usize, patience: Duration) -> Result<usize, CallError> {
        let cancel = self.recorder.cancel().clone();
        let (blocking, sent_ever) = (self.blocking, &self.sent);
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
                            Ok(taken) => {
                                sent += taken;
                                sent_ever.set(sent_ever.get() + taken as u64);
                            }
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

    /// [`LabSocket::send`] to an end that does not read: until no more is taken, at most so many bytes.
    pub fn fill(&mut self, most: usize) -> Result<usize, CallError> {
        self.send(most, FULL)
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
        let (blocking, received) = (self.blocking, &self.received);
        self.call(
            format!("recv({bytes})"),
            |socket| {
                let deadline = Instant::now() + if blocking { patience } else { Duration::ZERO };
                let mut data = vec![0; bytes.min(RECV_SIZE)];
                in_steps(socket, blocking, &cancel, |mut socket| match socket.read(&mut data) {
                    Err(error) if is_wait(&error) && Instant::now() < deadline => Step::Wait,
                    result => {
                        let bytes = result.as_ref().map_or(0, |bytes| *bytes as u64);
                        received.set(received.get() + bytes);
                        Step::Done(result)
                    }
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
                                self.received.set(self.received.get() + bytes as u64);
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

    /// Reads what is there, up to `most` bytes, without waiting: how many bytes came, and whether the stream ended with
    /// them. One line of the log, however many calls it takes; none, and no line, when nothing is there.
    pub fn recv_if_any(&mut self, most: usize) -> Result<Option<(usize, bool)>, CallError> {
        let cancel = self.recorder.cancel().clone();
        let read = |mut socket: &Socket| {
            let mut data = vec![0; RECV_SIZE];
            let mut read = 0;
            loop {
                match socket.read(&mut data) {
                    Ok(0) => return Ok(Some((read, true))),
                    Ok(bytes) => {
                        read += bytes;
                        self.received.set(self.received.get() + bytes as u64);
                        if read >= most {
                            return Ok(Some((read, false)));
                        }
                    }
                    Err(error) if is_wait(&error) => {
                        return Ok((read > 0).then_some((read, false)));
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        self.recorder.call_if_any(
            self.who,
            format!("recv({RECV_SIZE}), what is there"),
            || {
                let socket = self.socket.as_ref().ok_or_else(closed)?;
                in_steps(socket, self.blocking, &cancel, |socket| Step::Done(read(socket)))
            },
            |(bytes, end)| match (bytes, end) {
                (0, true) => "0".to_owned(),
                (bytes, true) => format!("{bytes}, then 0"),
                (bytes, false) => bytes.to_string(),
            },
        )
    }

    /// Waits until the other end has closed or broken the connection, at most for `patience`. Reads nothing, and is not
    /// logged: it is the lab that waits, not the program that it plays.
    pub fn wait_for_end(&self, patience: Duration) {
        let Some(socket) = self.socket.as_ref() else { return };
        let deadline = Instant::now() + patience;
        let mut byte = [std::mem::MaybeUninit::uninit()];
        let ended = in_steps(socket, self.blocking, self.recorder.cancel(), |socket| match socket
            .peek(&mut byte)
        {
            Ok(bytes) if bytes > 0 && Instant::now() < deadline => Step::Wait,
            Err(error) if is_wait(&error) && Instant::now() < deadline => Step::Wait,
            result => Step::Done(result),
        });
        // Whatever it was, the calls that follow meet it again and log it.
        drop(ended);
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
}
