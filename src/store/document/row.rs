//! A row on the wire.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::WireOwner;
use crate::model::{Owner, Protocol, Queues, Socket, State, TcpInfo, Timer, TimerKind};

/// A row as the document has it. What the system does not tell is absent.
#[derive(Serialize, Deserialize)]
pub(super) struct WireSocket<'a> {
    pub(super) protocol: Cow<'a, str>,
    pub(super) local: SocketAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remote: Option<SocketAddr>,
    pub(super) state: Cow<'a, str>,
    pub(super) owner: WireOwner<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cookie: Option<NonZeroU64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inode: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cgroup: Option<NonZeroU64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    receive_queue: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    send_queue: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timer: Option<WireTimer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tcp_info: Option<WireTcpInfo>,
}

impl<'a> WireSocket<'a> {
    pub(super) fn new(socket: &Socket, owner: WireOwner<'a>) -> Self {
        Self {
            protocol: Cow::Borrowed(socket.protocol.name()),
            local: socket.local,
            remote: socket.remote,
            state: Cow::Borrowed(socket.state.name()),
            owner,
            cookie: socket.cookie,
            inode: socket.inode,
            uid: socket.uid,
            cgroup: socket.cgroup,
            receive_queue: socket.queues.map(|queues| queues.receive),
            send_queue: socket.queues.map(|queues| queues.send),
            timer: socket.timer.map(WireTimer::from),
            tcp_info: socket.tcp_info.map(WireTcpInfo),
        }
    }

    /// The row with its state and owner, which were checked already.
    pub(super) fn into_model(self, state: State, owner: Owner) -> Socket {
        Socket {
            protocol: Protocol::Tcp,
            state,
            local: self.local,
            remote: self.remote,
            owner,
            cookie: self.cookie,
            inode: self.inode,
            uid: self.uid,
            cgroup: self.cgroup,
            queues: match (self.receive_queue, self.send_queue) {
                (Some(receive), Some(send)) => Some(Queues { receive, send }),
                _ => None,
            },
            timer: self.timer.map(Timer::from),
            tcp_info: self.tcp_info.map(|WireTcpInfo(info)| info),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct WireTimer {
    kind: Kind,
    remaining_ms: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    tries: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(value: &u8) -> bool {
    *value == 0
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Retransmit,
    Keepalive,
    Expiry,
    Persist,
}

/// Absent keys read as zero only together with the key that says so: the whole is absent where the system
/// tells nothing.
#[derive(Serialize, Deserialize)]
#[serde(remote = "TcpInfo")]
struct TcpInfoKeys {
    #[serde(default)]
    last_data_sent_ms: u32,
    #[serde(default)]
    last_data_received_ms: u32,
    #[serde(default)]
    last_ack_received_ms: u32,
    #[serde(default)]
    rtt_us: u32,
    #[serde(default)]
    rtt_variation_us: u32,
    #[serde(default)]
    rto_us: u32,
    #[serde(default)]
    congestion_window: u32,
    #[serde(default)]
    send_mss: u32,
    #[serde(default)]
    retransmits: u32,
    #[serde(default)]
    bytes_acknowledged: u64,
    #[serde(default)]
    bytes_received: u64,
}

#[derive(Serialize, Deserialize)]
struct WireTcpInfo(#[serde(with = "TcpInfoKeys")] TcpInfo);

impl From<Timer> for WireTimer {
    fn from(timer: Timer) -> Self {
        let kind = match timer.kind {
            TimerKind::Retransmit => Kind::Retransmit,
            TimerKind::Keepalive => Kind::Keepalive,
            TimerKind::Expiry => Kind::Expiry,
            TimerKind::Persist => Kind::Persist,
        };
        Self { kind, remaining_ms: timer.remaining_ms, tries: timer.tries }
    }
}

impl From<WireTimer> for Timer {
    fn from(timer: WireTimer) -> Self {
        let kind = match timer.kind {
            Kind::Retransmit => TimerKind::Retransmit,
            Kind::Keepalive => TimerKind::Keepalive,
            Kind::Expiry => TimerKind::Expiry,
            Kind::Persist => TimerKind::Persist,
        };
        Self { kind, remaining_ms: timer.remaining_ms, tries: timer.tries }
    }
}
