//! Where connections come from: a listener, or a target that is connected to.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::conn::{Conn, SMALL_BUFFER};
use super::setup::{Answer, MAX_HELD, Setup, Side, Treatment};
use super::state::Failure;
use super::{CallError, Cancel};
use crate::lab::errno::remedy;
use crate::lab::resolve::Address;
use crate::model::{self, Snapshot};
use crate::os::{Pair, system_info};
use crate::text;

/// How many connections may wait to be accepted: as many as the system lets, which each holds to its own most (Linux to
/// `net.core.somaxconn`, BSD to `kern.ipc.somaxconn`; `SOMAXCONN` of Windows is this number).
const BACKLOG: i32 = i32::MAX;
/// The same where none ever is, so that one sees what a full queue does.
const SHORT_BACKLOG: i32 = 4;
/// How long a listener rests that could not accept for want of descriptors.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);
/// How long a name may take to be resolved.
const RESOLVE: Duration = Duration::from_secs(15);

/// Where connections come from.
pub(super) enum Gate {
    /// Nowhere.
    None,
    /// A listener.
    Listener {
        /// None once no more is let in.
        socket: Option<Socket>,
        address: SocketAddr,
        /// Whether connections over IPv4 come to it.
        takes_ipv4: bool,
        /// When to try again after an accept that failed.
        again: Option<Instant>,
        /// What had this port before us, and is no client of ours.
        before: BTreeSet<(SocketAddr, SocketAddr)>,
    },
    /// A target.
    Target {
        /// The one that is tried or was reached, and behind it those that are not tried yet; never empty.
        addresses: Vec<SocketAddr>,
        /// Whether no more is made.
        shut: bool,
    },
}

/// A connection that was not there before.
pub(super) struct Came {
    pub(super) conn: Conn,
    pub(super) pair: Pair,
}

impl Gate {
    /// Listens, or finds out whom to connect to; none where the wish to stop came before that was known.
    pub(super) fn open(
        setup: &Setup,
        table: Option<&Snapshot>,
        cancel: &Cancel,
    ) -> Result<Option<Self>, Box<Failure>> {
        let typed = match &setup.side {
            Side::Listener { address, .. } => address,
            Side::Client { target, .. } => target,
        };
        let addresses = match addresses(typed, cancel) {
            Ok(addresses) => addresses,
            Err(_) if cancel.is_wished() => return Ok(None),
            Err(error) => {
                return Err(Box::new(Failure {
                    what: text!("lab_program.failed.resolve", target = typed.to_string()),
                    error: Some(CallError::new(&error)),
                    advice: Some(text!("lab_program.advice.resolve")),
                }));
            }
        };
        if matches!(setup.side, Side::Client { .. }) {
            let addresses = addresses.into_iter().map(connectable).collect();
            return Ok(Some(Self::Target { addresses, shut: false }));
        }
        let Listening { socket, address, takes_ipv4 } = listen_at_one(&addresses, setup.treatment)
            .map_err(|error| {
                let error = CallError::new(&error);
                let what = text!("lab_program.failed.listen", address = typed.to_string());
                let advice = remedy(&error.errno);
                Box::new(Failure { what, error: Some(error), advice })
            })?;
        let socket = Some(socket);
        let before = BTreeSet::new();
        let mut gate = Self::Listener { socket, address, takes_ipv4, again: None, before };
        let here = table.into_iter().flat_map(|table| &table.sockets);
        let found = here.filter_map(|socket| gate.pair_of(socket));
        let found = found.map(|pair| (pair.client, pair.peer)).collect();
        if let Self::Listener { before, .. } = &mut gate {
            *before = found;
        }
        Ok(Some(gate))
    }

    /// The address it listens at, or connects to.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::None => None,
            Self::Listener { address, .. } => Some(*address),
            Self::Target { addresses, .. } => addresses.first().copied(),
        }
    }

    /// How many the system lets wait to be accepted, where that is fewer than are held.
    pub(super) fn short_queue(&self) -> Option<u64> {
        let listens = matches!(self, Self::Listener { .. });
        let most = system_info().limits().somaxconn.filter(|_| listens);
        most.filter(|most| *most < MAX_HELD as u64)
    }

    /// A connection was made: the target's other addresses are not wanted.
    pub(super) fn settle(&mut self) {
        if let Self::Target { addresses, .. } = self {
            addresses.truncate(1);
        }
    }

    /// Leaves an address that cannot be connected to for the next one; not where there is none.
    pub(super) fn has_moved_on(&mut self) -> bool {
        match self {
            Self::Target { addresses, .. } if addresses.len() > 1 => {
                addresses.remove(0);
                true
            }
            _ => false,
        }
    }

    /// Lets no more in.
    pub(super) fn shut(&mut self) {
        match self {
            Self::None => {}
            Self::Listener { socket, .. } => *socket = None,
            Self::Target { shut, .. } => *shut = true,
        }
    }

    /// Whether it rests after an accept that failed.
    pub(super) fn rests(&self) -> bool {
        matches!(self, Self::Listener { again: Some(again), .. } if Instant::now() < *again)
    }

    /// The next connection, where one is there or may be made; the error with the call that gave it.
    pub(super) fn next(
        &mut self,
        setup: &Setup,
    ) -> Result<Option<Came>, (&'static str, CallError)> {
        match self {
            Self::None | Self::Target { shut: true, .. } => Ok(None),
            Self::Target { addresses, shut } => loop {
                let reads = setup.treatment != Treatment::NeverRead;
                let Some(address) = addresses.first().copied() else { return Ok(None) };
                let made = Conn::connecting(address, reads).and_then(|conn| {
                    let pair = Pair { client: canonical(conn.local()?), peer: canonical(address) };
                    Ok(Came { conn, pair })
                });
                match made {
                    Ok(came) => return Ok(Some(came)),
                    // Without a route to it, say.
                    Err(_) if addresses.len() > 1 => {
                        addresses.remove(0);
                    }
                    Err(error) => {
                        *shut = true;
                        return Err(("connect", CallError::new(&error)));
                    }
                }
            },
            Self::Listener { socket, again, .. } => {
                let Some(socket) = socket else { return Ok(None) };
                if setup.treatment == Treatment::NeverAccept
                    || again.is_some_and(|again| Instant::now() < again)
                {
                    return Ok(None);
                }
                *again = None;
                let answer = match setup.side {
                    Side::Listener { answer, .. } => answer,
                    Side::Client { .. } => Answer::Nothing,
                };
                match accept(socket, answer) {
                    Ok(came) => Ok(came),
                    Err(error) => {
                        *again = Some(Instant::now() + OUT_OF_DESCRIPTORS);
                        Err(("accept", CallError::new(&error)))
                    }
                }
            }
        }
    }

    /// The connection to this listener that a row of the table is one end of; none when it is none.
    pub(super) fn pair_of(&self, socket: &model::Socket) -> Option<Pair> {
        let Self::Listener { address, takes_ipv4, before, .. } = self else { return None };
        let (local, remote) = (socket.local, socket.remote?);
        let here = canonical(*address);
        // Another listener may have the same port of the other family.
        let is_ours = |it: IpAddr| match it {
            IpAddr::V4(_) => *takes_ipv4,
            IpAddr::V6(_) => here.is_ipv6(),
        };
        let is_here = |it: SocketAddr| {
            let is_any = here.ip().is_unspecified() && is_ours(it.ip());
            it.port() == here.port() && (is_any || it.ip() == here.ip())
        };
        let pair = if is_here(local) {
            Pair { client: remote, peer: local }
        } else if is_here(remote) && !here.ip().is_unspecified() {
            Pair { client: local, peer: remote }
        } else {
            return None;
        };
        (!before.contains(&(pair.client, pair.peer))).then_some(pair)
    }
}

/// An address as the table has it: IPv4 on a socket of both families as the IPv4 it is, and an interface with those that
/// mean nothing without it.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(of) if of.ip().is_unicast_link_local() => {
            SocketAddrV6::new(*of.ip(), of.port(), 0, of.scope_id()).into()
        }
        _ => SocketAddr::new(address.ip().to_canonical(), address.port()),
    }
}

/// Listens at the first of a name's addresses that this computer has.
fn listen_at_one(addresses: &[SocketAddr], treatment: Treatment) -> io::Result<Listening> {
    let mut last = io::ErrorKind::AddrNotAvailable.into();
    for address in addresses {
        match listen(*address, treatment) {
            Ok(listening) => return Ok(listening),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A listener, and what is to be known of it.
struct Listening {
    socket: Socket,
    address: SocketAddr,
    takes_ipv4: bool,
}

fn listen(address: SocketAddr, treatment: Treatment) -> io::Result<Listening> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Our own ends of the run before may be in TIME_WAIT at this port. Linux has the old sockets and the new listener agree
    // to it, and accepted sockets have the listener's answer: so it is set where the kernel chooses the port as well, but
    // then after the choice, which it must not widen.
    let reuses = crate::lab::options::REUSES_TIME_WAIT;
    if reuses && address.port() > 0 {
        socket.set_reuse_address(true)?;
    }
    if treatment == Treatment::NeverRead {
        // Accepted sockets have the listener's.
        socket.set_recv_buffer_size(SMALL_BUFFER)?;
    }
    socket.bind(&SockAddr::from(address))?;
    if reuses {
        socket.set_reuse_address(true)?;
    }
    let never = treatment == Treatment::NeverAccept;
    socket.listen(if never { SHORT_BACKLOG } else { BACKLOG })?;
    socket.set_nonblocking(true)?;
    let address = internet(&socket.local_addr()?)?;
    let takes_ipv4 = address.is_ipv4() || !socket.only_v6()?;
    Ok(Listening { socket, address, takes_ipv4 })
}

fn accept(listener: &Socket, answer: Answer) -> io::Result<Option<Came>> {
    match listener.accept() {
        Ok((socket, from)) => {
            let pair = Pair {
                client: canonical(internet(&from)?),
                peer: canonical(internet(&socket.local_addr()?)?),
            };
            Ok(Some(Came { conn: Conn::accepted(socket, answer)?, pair }))
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(error) => {
            let call = CallError::new(&error);
            if call.is_underway() || call.is_of_what_came() { Ok(None) } else { Err(error) }
        }
    }
}

fn internet(address: &SockAddr) -> io::Result<SocketAddr> {
    address.as_socket().ok_or_else(|| io::Error::other("not an Internet address"))
}

/// What was typed as addresses to try.
fn addresses(typed: &Address, cancel: &Cancel) -> io::Result<Vec<SocketAddr>> {
    let limited = cancel.with_deadline(Instant::now() + RESOLVE);
    typed.resolve(&limited).map_err(|error| {
        let is_late = limited.is_cancelled() && CallError::new(&error).is_cancelled();
        if is_late { io::ErrorKind::TimedOut.into() } else { error }
    })
}

/// Whoever connects to `0.0.0.0` or `[::]` comes out at loopback, and the table has it so. Windows refuses it, and IPv4 on a
/// socket of IPv6. Any other address stays as it is, with its interface.
fn connectable(address: SocketAddr) -> SocketAddr {
    let ip: IpAddr = match address.ip().to_canonical() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V6(_) => return address,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests;
