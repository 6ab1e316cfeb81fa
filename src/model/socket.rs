//! One row of the socket table.

use std::net::SocketAddr;
use std::num::NonZeroU64;

use super::{Owner, State, TcpInfo};

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
/// IPv4 on a dual-stack socket is held as IPv4: the source makes addresses canonical. What a system does not
/// tell is absent, never zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Socket {
    /// The transport protocol.
    pub protocol: Protocol,
    /// The TCP state.
    pub state: State,
    /// The address of this end.
    pub local: SocketAddr,
    /// The address of the other end; none where there is none (LISTEN, CLOSED).
    pub remote: Option<SocketAddr>,
    /// Who holds the socket, as far as it could be seen.
    pub owner: Owner,
    /// What the kernel calls the socket for as long as it lives, into TIME_WAIT; never used twice while the
    /// machine runs (Linux: `idiag_cookie`, `sock_diag(7)`). It is made up at the first look: where that meets the very
    /// moment in which a socket gives way to its TIME_WAIT, the two have different ones.
    pub cookie: Option<NonZeroU64>,
    /// The inode behind its descriptors (Linux); absent where no process has one.
    pub inode: Option<u32>,
    /// The number of the user it belongs to (unix).
    pub uid: Option<u32>,
    /// The control group in which it was made (Linux, cgroup v2), by the id of its folder.
    pub cgroup: Option<NonZeroU64>,
    /// How full its queues are.
    pub queues: Option<Queues>,
    /// The timer that runs for it.
    pub timer: Option<Timer>,
    /// What the kernel tells of the connection itself.
    pub tcp_info: Option<TcpInfo>,
}

impl Socket {
    /// A row of which no more is known than every system tells.
    pub const fn new(
        local: SocketAddr,
        remote: Option<SocketAddr>,
        state: State,
        owner: Owner,
    ) -> Self {
        Self {
            protocol: Protocol::Tcp,
            state,
            local,
            remote,
            owner,
            cookie: None,
            inode: None,
            uid: None,
            cgroup: None,
            queues: None,
            timer: None,
            tcp_info: None,
        }
    }
}

/// The queues of a socket (`sock_diag(7)`, `idiag_rqueue` and `idiag_wqueue`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Queues {
    /// Bytes received that nobody has read, one more for a FIN. Of a listener: connections that wait to be
    /// accepted.
    pub receive: u32,
    /// Bytes sent that are not acknowledged, or not sent yet. Of a listener: its backlog, one less than
    /// what may wait.
    pub send: u32,
}

/// A timer that runs for a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timer {
    /// Which.
    pub kind: TimerKind,
    /// When it goes off, in milliseconds after the table was read.
    pub remaining_ms: u32,
    /// How often it went off without an answer since the last one.
    pub tries: u8,
}

/// What a timer is for (`sock_diag(7)`, `idiag_timer`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimerKind {
    /// Data is sent again when no acknowledgement comes (RFC 6298).
    Retransmit,
    /// A keepalive probe is sent (RFC 9293, section 3.8.4).
    Keepalive,
    /// The kernel drops the row: TIME_WAIT, or FIN_WAIT_2 without an owner.
    Expiry,
    /// A closed window is probed (RFC 9293, section 3.8.6.1).
    Persist,
}

impl TimerKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Retransmit, Self::Keepalive, Self::Expiry, Self::Persist];

    /// The word for it in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retransmit => "retransmit",
            Self::Keepalive => "keepalive",
            Self::Expiry => "expiry",
            Self::Persist => "persist",
        }
    }

    /// The word for it in a table's cell.
    pub const fn short(self) -> &'static str {
        match self {
            Self::Retransmit => "rto",
            Self::Keepalive => "ka",
            Self::Expiry => "exp",
            Self::Persist => "per",
        }
    }
}
