//! The columns of a socket table: what each is called in files, and which value it sorts by.

use std::net::{IpAddr, SocketAddr};
use std::time::SystemTime;

use crate::analysis::track::Track;
use crate::model::{Socket, TcpInfo};

/// A column by which rows can be sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The state, in the order in which people are shown states.
    State,
    /// How long it has been in that state.
    Residence,
    /// Who holds it, by name.
    Owner,
    /// The address of this end.
    Local,
    /// The address of the other end.
    Remote,
    /// What waits in the receive queue.
    ReceiveQueue,
    /// What waits in the send queue.
    SendQueue,
    /// The timer that runs, by when it goes off.
    Timer,
    /// The user it belongs to, by number.
    User,
    /// What the kernel calls it.
    Cookie,
    /// The smoothed round trip time.
    RoundTrip,
    /// How many segments were sent again.
    Retransmits,
    /// How many bytes were sent and acknowledged.
    BytesSent,
    /// How many bytes were received.
    BytesReceived,
    /// The congestion window.
    CongestionWindow,
    /// How long ago data last came.
    LastReceived,
    /// The control group in which it was made.
    ControlGroup,
}

impl Column {
    /// Every column, in the order in which they are offered.
    pub const ALL: [Self; 17] = [
        Self::State,
        Self::Residence,
        Self::Owner,
        Self::Local,
        Self::Remote,
        Self::ReceiveQueue,
        Self::SendQueue,
        Self::Timer,
        Self::User,
        Self::Cookie,
        Self::RoundTrip,
        Self::Retransmits,
        Self::BytesSent,
        Self::BytesReceived,
        Self::CongestionWindow,
        Self::LastReceived,
        Self::ControlGroup,
    ];

    /// Its name in files; never translated.
    pub const fn id(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Residence => "residence",
            Self::Owner => "owner",
            Self::Local => "local",
            Self::Remote => "remote",
            Self::ReceiveQueue => "receive_queue",
            Self::SendQueue => "send_queue",
            Self::Timer => "timer",
            Self::User => "user",
            Self::Cookie => "cookie",
            Self::RoundTrip => "rtt",
            Self::Retransmits => "retransmits",
            Self::BytesSent => "bytes_sent",
            Self::BytesReceived => "bytes_received",
            Self::CongestionWindow => "congestion_window",
            Self::LastReceived => "last_received",
            Self::ControlGroup => "control_group",
        }
    }

    /// The column with this [`Column::id`].
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.id() == id)
    }

    /// What a row is sorted by, smallest first; none where the row has no such fact. `owner` is the place of the
    /// row's owner among all owners.
    pub(super) fn sort_value(
        self,
        socket: &Socket,
        track: Option<&Track>,
        at: SystemTime,
        owner: u32,
    ) -> Option<(u128, u16)> {
        let end = |end: SocketAddr| (number(end.ip()), end.port());
        let info = |read: fn(&TcpInfo) -> u64| socket.tcp_info.as_ref().map(read).map(u128::from);
        let value = match self {
            Self::Local => return Some(end(socket.local)),
            Self::Remote => return socket.remote.map(end),
            Self::State => Some(socket.state.shown_position() as u128),
            Self::Residence => track.map(|track| track.since.at_least(at).as_nanos()),
            Self::Owner => Some(owner.into()),
            Self::ReceiveQueue => socket.queues.map(|queues| queues.receive.into()),
            Self::SendQueue => socket.queues.map(|queues| queues.send.into()),
            Self::Timer => socket.timer.map(|timer| timer.remaining_ms.into()),
            Self::User => socket.uid.map(u128::from),
            Self::Cookie => socket.cookie.map(|cookie| cookie.get().into()),
            Self::ControlGroup => socket.cgroup.map(|group| group.get().into()),
            Self::RoundTrip => info(|info| info.rtt_us.into()),
            Self::Retransmits => info(|info| info.retransmits.into()),
            Self::BytesSent => info(|info| info.bytes_acknowledged),
            Self::BytesReceived => info(|info| info.bytes_received),
            Self::CongestionWindow => info(|info| info.congestion_window.into()),
            Self::LastReceived => info(|info| info.last_data_received_ms.into()),
        };
        value.map(|value| (value, 0))
    }
}

/// An address as a number: IPv4 before IPv6, but for the few addresses of IPv6 that are mostly zeros.
pub(super) fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u32::from(ip).into(),
        IpAddr::V6(ip) => ip.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_reads_back_and_no_other_does() {
        for column in Column::ALL {
            assert_eq!(Column::from_id(column.id()), Some(column));
        }
        assert_eq!(Column::from_id("smell"), None);
    }
}
