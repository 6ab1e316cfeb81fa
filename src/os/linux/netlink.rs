//! The call itself: a netlink socket to the kernel's socket diagnostics, without privilege.

use std::io::{self, Read, Write};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

/// Address family, and protocol within it (linux/socket.h, linux/netlink.h).
const AF_NETLINK: i32 = 16;
const NETLINK_SOCK_DIAG: i32 = 4;

/// A kernel that answers nothing for so long is not going to.
const PATIENCE: Duration = Duration::from_secs(10);

/// Carries requests to the kernel and answers back; tests put a script in its place.
pub(super) trait Wire: Send {
    /// Sends one request.
    fn send(&mut self, request: &[u8]) -> io::Result<()>;

    /// Receives one datagram, and gives its length.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize>;
}

/// The kernel.
pub(super) struct Netlink(Socket);

impl Netlink {
    /// Opens a socket to it.
    pub(super) fn open() -> io::Result<Self> {
        let protocol = Protocol::from(NETLINK_SOCK_DIAG);
        let socket = Socket::new(Domain::from(AF_NETLINK), Type::DGRAM, Some(protocol))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self(socket))
    }
}

impl Wire for Netlink {
    fn send(&mut self, request: &[u8]) -> io::Result<()> {
        // Without an address netlink(7) sends to the kernel. A datagram goes whole or not at all.
        self.0.write(request).map(drop)
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                answer => return answer,
            }
        }
    }
}
