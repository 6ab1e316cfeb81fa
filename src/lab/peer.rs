//! The built-in peer: a listener on loopback that accepts what the lab's own client connects.

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket};

use super::connection::{ConnectionEnd, PATIENCE, address_of, is_wait, new_socket};
use super::errno::{CallError, cancelled};
use super::log::{Recorder, zero};
use crate::model::lab::End;

/// More than the lab ever leaves waiting, so that no SYN is dropped.
const BACKLOG: i32 = 128;

const STEP: Duration = Duration::from_millis(1);

/// A listening socket on this machine.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: SocketAddr,
}

impl Listener {
    /// `socket()`, `bind(address)`, `listen()`; port 0 lets the kernel choose.
    ///
    /// `EADDRINUSE` when the port has another listener, `EADDRNOTAVAIL` when the machine lacks the address.
    pub fn open(address: SocketAddr, recorder: &Recorder) -> Result<Self, CallError> {
        let socket = new_socket(End::Peer, address, recorder)?;
        recorder.call(
            End::Peer,
            format!("bind({address})"),
            || socket.bind(&SockAddr::from(address)),
            zero,
        )?;
        recorder.call(End::Peer, format!("listen({BACKLOG})"), || socket.listen(BACKLOG), zero)?;
        let address = recorder.call(
            End::Peer,
            "getsockname()".to_owned(),
            || {
                // Waiting happens in steps: no option makes every system's accept() give up.
                socket.set_nonblocking(true)?;
                address_of(&socket.local_addr()?)
            },
            SocketAddr::to_string,
        )?;
        Ok(Self { socket, address })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `accept()`: the connection that came from `client`; any other is let go.
    ///
    /// Fails when it does not come within two seconds.
    pub fn accept(
        &self,
        client: SocketAddr,
        recorder: &Recorder,
    ) -> Result<ConnectionEnd, CallError> {
        let (socket, _) = recorder.call(
            End::Peer,
            "accept()".to_owned(),
            || {
                let deadline = Instant::now() + PATIENCE;
                loop {
                    match self.socket.accept() {
                        Ok((socket, from)) if address_of(&from)? == client => {
                            // Some systems hand the listener's mode on, and the lab's ends block.
                            socket.set_nonblocking(false)?;
                            return Ok((socket, client));
                        }
                        Ok(_stranger) if Instant::now() < deadline => {}
                        Ok(_stranger) => return Err(io::ErrorKind::TimedOut.into()),
                        Err(error) if is_wait(&error) && Instant::now() < deadline => {
                            if recorder.cancel().is_cancelled() {
                                return Err(cancelled());
                            }
                            thread::sleep(STEP);
                        }
                        Err(error) => return Err(error),
                    }
                }
            },
            |(_, from)| from.to_string(),
        )?;
        Ok(ConnectionEnd::accepted(socket, recorder))
    }
}
