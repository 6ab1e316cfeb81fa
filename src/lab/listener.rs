//! The built-in peer's listener.

use std::net::SocketAddr;
use std::time::Instant;

use super::errno::CallError;
use super::log::Recorder;
use super::options::SocketOptions;
use super::socket::{LabSocket, PATIENCE};
use crate::model::lab::{Role, Who};

/// More than the lab ever leaves waiting, so that no SYN is dropped.
pub const BACKLOG: i32 = 128;

/// A listening socket on this machine.
#[derive(Debug)]
pub struct Listener {
    socket: LabSocket,
    address: SocketAddr,
}

impl Listener {
    /// `socket()`, the options, `bind(address)`, `listen(backlog)`; port 0 lets the kernel choose.
    ///
    /// `EADDRINUSE` when the port has another listener, `EADDRNOTAVAIL` when the machine lacks the address.
    pub fn open(
        address: SocketAddr,
        options: SocketOptions,
        backlog: i32,
        recorder: &Recorder,
    ) -> Result<Self, CallError> {
        Self::open_numbered(0, address, options, backlog, recorder)
    }

    /// [`Listener::open`], called by this number in the log.
    pub fn open_numbered(
        number: u64,
        address: SocketAddr,
        options: SocketOptions,
        backlog: i32,
        recorder: &Recorder,
    ) -> Result<Self, CallError> {
        let mut socket = LabSocket::new(Who { role: Role::Listener, number }, address, recorder)?;
        socket.set_options(options)?;
        socket.bind(address)?;
        socket.listen(backlog)?;
        let address = socket.local_address()?;
        Ok(Self { socket, address })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The socket, to set options on or to close.
    pub const fn socket_mut(&mut self) -> &mut LabSocket {
        &mut self.socket
    }

    /// The socket.
    pub const fn socket(&self) -> &LabSocket {
        &self.socket
    }

    /// `accept()`: the connection that came from `client`, as the peer with this number; any other is let go.
    ///
    /// `EAGAIN` when it does not come within two seconds.
    pub fn accept(
        &self,
        client: SocketAddr,
        number: u64,
        recorder: &Recorder,
    ) -> Result<LabSocket, CallError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let patience = deadline.saturating_duration_since(Instant::now());
            let (accepted, from) = self.socket.accept(patience, number, recorder)?;
            if from == client {
                return Ok(accepted);
            }
        }
    }

    /// `close()`. Connections that were not accepted are reset; accepted ones live on.
    pub fn close(mut self) -> Result<(), CallError> {
        self.socket.close(|| {})
    }
}
