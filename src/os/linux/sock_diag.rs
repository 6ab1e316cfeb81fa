//! The kernel's messages about sockets: requests to bytes, bytes to rows. Pure, and compiled everywhere.
//!
//! Sources: netlink(7), `sock_diag(7)`, and the kernel's headers linux/netlink.h, `linux/inet_diag.h`, linux/tcp.h.
//! Numbers are in the machine's byte order, but addresses and ports in the network's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::num::NonZeroU64;

use crate::model::{Family, Owner, Protocol, Queues, Socket, State, TcpInfo, Timer, TimerKind};

/// Most of what the kernel puts into one message of a dump: larger buffers are not filled.
pub(super) const BUFFER: usize = 32 * 1024;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;

const NLMSG_NOOP: u16 = 1;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// The request of the time before `sock_diag`; one walk gives both families.
const TCPDIAG_GETSOCK: u16 = 18;
const SOCK_DIAG_BY_FAMILY: u16 = 20;

const NLM_F_REQUEST: u16 = 0x01;
const NLM_F_DUMP: u16 = 0x300;
const NLM_F_DUMP_INTR: u16 = 0x10;

const HEADER: usize = 16;
/// `struct inet_diag_msg`.
const MESSAGE: usize = 72;
/// `struct inet_diag_sockid`.
const SOCKET_ID: usize = 48;

const INET_DIAG_INFO: u16 = 2;
const INET_DIAG_CGROUP_ID: u16 = 21;
/// Which attributes are asked for: bit n - 1 stands for attribute n.
const EXTENSIONS: u8 = 1 << (INET_DIAG_INFO - 1);

/// Every state: bits 1 to 11 as in RFC 9293, 12 for connections that are being accepted, 13 for sockets that
/// are bound and nothing else (`TCP_BOUND_INACTIVE`; kernels before 6.8 know no such rows).
const ALL_STATES: u32 = 0x3ffe;

/// What is asked of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// The table of both families in one walk.
    Both,
    /// The table of one family.
    One(Family),
    /// One socket: this end, with the other.
    Pair(SocketAddr, SocketAddr),
}

impl Request {
    /// The message, with this number by which answers name it.
    pub(super) fn bytes(self, sequence: u32) -> Vec<u8> {
        let (kind, flags) = match self {
            Self::Both => (TCPDIAG_GETSOCK, NLM_F_REQUEST | NLM_F_DUMP),
            Self::One(_) => (SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST | NLM_F_DUMP),
            Self::Pair(..) => (SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST),
        };
        let mut bytes = vec![0; 4];
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(sequence.to_ne_bytes());
        bytes.extend(0_u32.to_ne_bytes());
        match self {
            Self::Both => {
                // struct inet_diag_req: family and both prefix lengths mean nothing in a dump.
                bytes.extend([0, 0, 0, EXTENSIONS]);
                bytes.extend([0; SOCKET_ID]);
                bytes.extend(ALL_STATES.to_ne_bytes());
                bytes.extend(0_u32.to_ne_bytes());
            }
            Self::One(family) => {
                let family = match family {
                    Family::V4 => AF_INET,
                    Family::V6 => AF_INET6,
                };
                // struct inet_diag_req_v2
                bytes.extend([family, IPPROTO_TCP, EXTENSIONS, 0]);
                bytes.extend(ALL_STATES.to_ne_bytes());
                bytes.extend([0; SOCKET_ID]);
            }
            Self::Pair(local, remote) => {
                let family = if local.is_ipv4() { AF_INET } else { AF_INET6 };
                bytes.extend([family, IPPROTO_TCP, EXTENSIONS, 0]);
                bytes.extend(ALL_STATES.to_ne_bytes());
                bytes.extend(local.port().to_be_bytes());
                bytes.extend(remote.port().to_be_bytes());
                bytes.extend(address_bytes(local.ip()));
                bytes.extend(address_bytes(remote.ip()));
                let interface = match local {
                    SocketAddr::V4(_) => 0,
                    SocketAddr::V6(address) => address.scope_id(),
                };
                bytes.extend(interface.to_ne_bytes());
                // No cookie is known: INET_DIAG_NOCOOKIE.
                bytes.extend([0xff; 8]);
            }
        }
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        bytes[..4].copy_from_slice(&length.to_ne_bytes());
        bytes
    }
}

fn address_bytes(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&ip.octets());
            bytes
        }
        IpAddr::V6(ip) => ip.octets(),
    }
}

/// One message of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// A socket, which was added to the list.
    Row {
        /// Whether its state was one that this program knows; another is taken for CLOSED.
        known_state: bool,
    },
    /// There are no more.
    Done,
    /// The kernel refused, with this errno; 0 is an acknowledgement.
    Error(i32),
    /// Anything else.
    Other,
}

/// An answer that breaks the protocol; says how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

/// Goes through the messages of one datagram.
pub(super) struct Messages<'a> {
    rest: &'a [u8],
    sequence: u32,
    /// Whether the kernel said that the table changed while it was dumped.
    pub(super) interrupted: bool,
}

impl<'a> Messages<'a> {
    /// The messages of `datagram` that answer the request with this number.
    pub(super) const fn new(datagram: &'a [u8], sequence: u32) -> Self {
        Self { rest: datagram, sequence, interrupted: false }
    }

    /// The next message. A socket is added to `sockets`, with [`Owner::NoOwner`] in its owner's place: a row is
    /// written once and not moved, since there may be a hundred thousand.
    pub(super) fn next_into(
        &mut self,
        sockets: &mut Vec<Socket>,
    ) -> Option<Result<Message, Malformed>> {
        while !self.rest.is_empty() {
            let Some((header, _)) = self.rest.split_first_chunk::<HEADER>() else {
                self.rest = &[];
                return Some(Err(Malformed("a message without a header")));
            };
            let length = u32_at(header, 0) as usize;
            let (kind, flags) = (u16_at(header, 4), u16_at(header, 6));
            if length < HEADER || length > self.rest.len() {
                self.rest = &[];
                return Some(Err(Malformed("a message with a wrong length")));
            }
            let body = &self.rest[HEADER..length];
            self.rest = &self.rest[length.next_multiple_of(4).min(self.rest.len())..];
            if u32_at(header, 8) != self.sequence {
                // The rest of an answer that was given up.
                continue;
            }
            self.interrupted |= flags & NLM_F_DUMP_INTR != 0;
            return Some(match kind {
                NLMSG_NOOP => continue,
                // A dump that broke off ends with its errno.
                NLMSG_DONE => Ok(match errno(body) {
                    None | Some(0) => Message::Done,
                    Some(errno) => Message::Error(errno),
                }),
                NLMSG_ERROR => {
                    errno(body).map(Message::Error).ok_or(Malformed("an error without a number"))
                }
                TCPDIAG_GETSOCK | SOCK_DIAG_BY_FAMILY => {
                    row(body, sockets).map(|known_state| Message::Row { known_state })
                }
                _ => Ok(Message::Other),
            });
        }
        None
    }
}

/// The kernel writes them negative.
fn errno(body: &[u8]) -> Option<i32> {
    body.first_chunk().map(|bytes| i32::from_ne_bytes(*bytes).wrapping_neg())
}

/// Adds the socket; says whether its state was known.
fn row(body: &[u8], sockets: &mut Vec<Socket>) -> Result<bool, Malformed> {
    let Some((message, attributes)) = body.split_first_chunk::<MESSAGE>() else {
        return Err(Malformed("a socket that is cut off"));
    };
    let [family, state, timer, tries] = [message[0], message[1], message[2], message[3]];
    let interface = u32_at(message, 40);
    let local =
        address(family, &message[8..24], u16::from_be_bytes([message[4], message[5]]), interface)?;
    let remote =
        address(family, &message[24..40], u16::from_be_bytes([message[6], message[7]]), interface)?;
    let known = state_of(state);
    let state = known.unwrap_or(State::Closed);
    let inode = u32_at(message, 68);
    sockets.push(Socket {
        protocol: Protocol::Tcp,
        state,
        local,
        remote: Some(remote).filter(|remote| remote.port() != 0 && state != State::Listen),
        owner: Owner::NoOwner,
        cookie: NonZeroU64::new(
            u64::from(u32_at(message, 44)) | u64::from(u32_at(message, 48)) << 32,
        ),
        inode: Some(inode).filter(|inode| *inode != 0),
        // Without a descriptor the kernel gives 0 for a user, which is no answer.
        uid: Some(u32_at(message, 64)).filter(|_| inode != 0),
        cgroup: None,
        queues: Some(Queues { receive: u32_at(message, 56), send: u32_at(message, 60) }),
        timer: timer_of(timer, state, inode).map(|kind| Timer {
            kind,
            remaining_ms: u32_at(message, 52),
            tries,
        }),
        tcp_info: None,
    });
    if let Some(socket) = sockets.last_mut() {
        read_attributes(attributes, socket);
    }
    Ok(known.is_some())
}

/// Attributes that are not known, or too short, are left out: kernels add to them.
fn read_attributes(mut rest: &[u8], socket: &mut Socket) {
    while let Some((head, _)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16_at(head, 0));
        if length < 4 || length > rest.len() {
            return;
        }
        let value = &rest[4..length];
        match u16_at(head, 2) {
            // Of a listener it tells nothing that its queues do not.
            INET_DIAG_INFO if socket.state != State::Listen => socket.tcp_info = tcp_info(value),
            INET_DIAG_CGROUP_ID => {
                socket.cgroup =
                    value.first_chunk().and_then(|id| NonZeroU64::new(u64::from_ne_bytes(*id)));
            }
            _ => {}
        }
        rest = &rest[length.next_multiple_of(4).min(rest.len())..];
    }
}

/// `struct tcp_info`, as far as linux 4.1 had it.
fn tcp_info(value: &[u8]) -> Option<TcpInfo> {
    let value = value.first_chunk::<136>()?;
    let wide = |offset: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&value[offset..offset + 8]);
        u64::from_ne_bytes(bytes)
    };
    Some(TcpInfo {
        rto_us: u32_at(value, 8),
        send_mss: u32_at(value, 16),
        last_data_sent_ms: u32_at(value, 44),
        last_data_received_ms: u32_at(value, 52),
        last_ack_received_ms: u32_at(value, 56),
        rtt_us: u32_at(value, 68),
        rtt_variation_us: u32_at(value, 72),
        congestion_window: u32_at(value, 80),
        retransmits: u32_at(value, 100),
        bytes_acknowledged: wide(120),
        bytes_received: wide(128),
    })
}

/// The kernel's numbers of states (`net/tcp_states.h`).
pub(super) const fn state_of(number: u8) -> Option<State> {
    Some(match number {
        1 => State::Established,
        2 => State::SynSent,
        // 12 is a connection whose listener has not made a socket of it yet.
        3 | 12 => State::SynReceived,
        4 => State::FinWait1,
        5 => State::FinWait2,
        6 => State::TimeWait,
        7 | 13 => State::Closed,
        8 => State::CloseWait,
        9 => State::LastAck,
        10 => State::Listen,
        11 => State::Closing,
        _ => return None,
    })
}

/// `idiag_timer`. The kernel runs the end of a FIN_WAIT_2 without an owner on the keepalive timer when it is
/// further away than TIME_WAIT is long.
const fn timer_of(number: u8, state: State, inode: u32) -> Option<TimerKind> {
    Some(match number {
        1 => TimerKind::Retransmit,
        2 if inode == 0 && matches!(state, State::FinWait2) => TimerKind::Expiry,
        2 => TimerKind::Keepalive,
        3 => TimerKind::Expiry,
        4 => TimerKind::Persist,
        _ => return None,
    })
}

fn address(family: u8, bytes: &[u8], port: u16, interface: u32) -> Result<SocketAddr, Malformed> {
    let Some((whole, _)) = bytes.split_first_chunk::<16>() else {
        return Err(Malformed("an address that is cut off"));
    };
    match family {
        AF_INET => {
            let [a, b, c, d, ..] = *whole;
            Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), port))
        }
        AF_INET6 => {
            let ip = Ipv6Addr::from(*whole);
            // A link-local address means nothing without its interface (RFC 4007).
            Ok(match ip.to_canonical() {
                IpAddr::V6(ip) if ip.is_unicast_link_local() => {
                    SocketAddr::V6(SocketAddrV6::new(ip, port, 0, interface))
                }
                ip => SocketAddr::new(ip, port),
            })
        }
        _ => Err(Malformed("an address of an unknown family")),
    }
}

fn u16_at<const N: usize>(bytes: &[u8; N], offset: usize) -> u16 {
    u16::from_ne_bytes([bytes[offset], bytes[offset + 1]])
}

fn u32_at<const N: usize>(bytes: &[u8; N], offset: usize) -> u32 {
    u32::from_ne_bytes([bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]])
}

#[cfg(test)]
pub(super) mod tests;
