//! One row of the socket table.

use std::net::SocketAddr;

use super::{Owner, State};

/// The transport protocol of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// TCP over IPv4 or IPv6.
    #[default]
    Tcp,
}

impl Protocol {
    /// The name as it stands in documents and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
        }
    }
}

/// One row of the system's socket table at one time.
///
/// IPv4 on a dual-stack socket is held as IPv4: the source makes addresses canonical.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// The transport protocol.
    pub protocol: Protocol,
    /// The address of this end.
    pub local: SocketAddr,
    /// The address of the other end; none where there is none (LISTEN, CLOSED).
    pub remote: Option<SocketAddr>,
    /// The TCP state.
    pub state: State,
    /// Who holds the socket, as far as it could be seen.
    pub owner: Owner,
}
