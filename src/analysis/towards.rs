//! Where a connection leads, as sockets are grouped by it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::model::{Listeners, Socket};

/// Which side of a connection a socket is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It opened the connection, as far as can be told: nobody listens at its address.
    Client,
    /// It was accepted: somebody listens there.
    Server,
}

impl Role {
    /// The role of a socket, among these listeners.
    pub fn of(socket: &Socket, listeners: &Listeners) -> Self {
        if listeners.take(socket.local) { Self::Server } else { Self::Client }
    }
}

/// Where a connection leads: a client's to one service, a server's to many ports of one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Towards {
    /// To this service.
    Service(SocketAddr),
    /// From this host, to the local port.
    Host {
        /// The host.
        host: IpAddr,
        /// The local port.
        port: u16,
    },
}

impl Towards {
    /// Where a socket's connection leads; none where it has no other end.
    pub fn of(socket: &Socket, listeners: &Listeners) -> Option<Self> {
        let remote = socket.remote?;
        Some(match Role::of(socket, listeners) {
            Role::Client => Self::Service(remote),
            Role::Server => Self::Host { host: remote.ip(), port: socket.local.port() },
        })
    }
}

impl fmt::Display for Towards {
    /// `10.0.0.9:443`, or `10.0.0.7 → :8080`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(remote) => write!(f, "{remote}"),
            Self::Host { host, port } => write!(f, "{host} → :{port}"),
        }
    }
}
