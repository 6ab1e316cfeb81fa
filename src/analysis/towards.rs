//! Where a connection leads, as sockets are grouped by it.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::model::{PortSet, Snapshot, Socket, State};

/// Which side of a connection a socket is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It opened the connection, as far as can be told: nobody listens on its port.
    Client,
    /// It was accepted: its port has a listener.
    Server,
}

impl Role {
    /// The role of a socket, by the ports that have listeners.
    pub fn of(socket: &Socket, listening: &PortSet) -> Self {
        if listening.contains(socket.local.port()) { Self::Server } else { Self::Client }
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
    pub fn of(socket: &Socket, listening: &PortSet) -> Option<Self> {
        let remote = socket.remote?;
        Some(match Role::of(socket, listening) {
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

/// The ports on which somebody listens.
pub fn listening_ports(snapshot: &Snapshot) -> PortSet {
    let listening = snapshot.sockets.iter().filter(|socket| socket.state == State::Listen);
    listening.map(|socket| socket.local.port()).collect()
}
