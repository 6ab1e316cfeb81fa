//! Where connections come from: a listener, or a target that is connected to.

use std::collections::BTreeSet;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use super::conn::Conn;
use super::setup::{Answer, MAX_CLIENTS, Setup, Side, Target, Treatment};
use super::state::Failure;
use super::{CallError, Cancel};
use crate::model::{self, Snapshot};
use crate::os::Pair;
use crate::text;
use crate::text::Text;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 128;
/// The same where none ever is, so that one sees what a full queue does.
const SHORT_BACKLOG: i32 = 4;
/// What fills soon, where nothing is read.
const SMALL_BUFFER: usize = 4_096;
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
        /// When to try again after an accept that failed.
        again: Option<Instant>,
        /// What had this port before us, and is no client of ours.
        before: BTreeSet<(SocketAddr, SocketAddr)>,
    },
    /// A target.
    Target {
        address: SocketAddr,
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
    /// Listens, or finds out whom to connect to.
    pub(super) fn open(
        setup: &Setup,
        table: Option<&Snapshot>,
        cancel: &Cancel,
    ) -> Result<Self, Box<Failure>> {
        match &setup.side {
            Side::Listener { address, .. } => {
                let (socket, address) = listen(*address, setup.treatment).map_err(|error| {
                    let error = CallError::new(&error);
                    let what = text!("lab_program.failed.listen", address = address.to_string());
                    let advice = advice(&error);
                    Box::new(Failure { what, error: Some(error), advice })
                })?;
                let mut gate = Self::Listener {
                    socket: Some(socket),
                    address,
                    again: None,
                    before: BTreeSet::new(),
                };
                let here = table.into_iter().flat_map(|table| &table.sockets);
                let found = here.filter_map(|socket| gate.pair_of(socket));
                let found = found.map(|pair| (pair.client, pair.peer)).collect();
                if let Self::Listener { before, .. } = &mut gate {
                    *before = found;
                }
                Ok(gate)
            }
            Side::Client { target, .. } => {
                let address = resolve(target, cancel).map_err(|error| {
                    Box::new(Failure {
                        what: text!("lab_program.failed.resolve", target = target.to_string()),
                        error: Some(CallError::new(&error)),
                        advice: Some(text!("lab_program.advice.resolve")),
                    })
                })?;
                Ok(Self::Target { address, shut: false })
            }
        }
    }

    /// The address it listens at, or connects to.
    pub(super) const fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::None => None,
            Self::Listener { address, .. } | Self::Target { address, .. } => Some(*address),
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

    /// The next connection, where one is there or may be made; the error with the call that gave it.
    pub(super) fn next(
        &mut self,
        setup: &Setup,
        held: usize,
    ) -> Result<Option<Came>, (&'static str, CallError)> {
        match self {
            Self::None | Self::Target { shut: true, .. } => Ok(None),
            Self::Target { .. } if held >= MAX_CLIENTS => Ok(None),
            Self::Target { address, shut } => {
                let made = Conn::connecting(*address).and_then(|conn| {
                    let pair = Pair { client: conn.local()?, peer: *address };
                    Ok(Came { conn, pair })
                });
                *shut = made.is_err();
                made.map(Some).map_err(|error| ("connect", CallError::new(&error)))
            }
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
        let Self::Listener { address, before, .. } = self else { return None };
        let (local, remote) = (socket.local, socket.remote?);
        let here = canonical(*address);
        let is_here = |it: SocketAddr| {
            it.port() == here.port() && (here.ip().is_unspecified() || it.ip() == here.ip())
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

/// IPv4 on a socket of both families as the IPv4 it is: the table has it so.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn listen(address: SocketAddr, treatment: Treatment) -> io::Result<(Socket, SocketAddr)> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if crate::lab::options::REUSES_TIME_WAIT && address.port() > 0 {
        // Our own ends of the run before are in TIME_WAIT at this port.
        socket.set_reuse_address(true)?;
    }
    if treatment == Treatment::NeverRead {
        // Accepted sockets have the listener's.
        socket.set_recv_buffer_size(SMALL_BUFFER)?;
    }
    socket.bind(&SockAddr::from(address))?;
    let never = treatment == Treatment::NeverAccept;
    socket.listen(if never { SHORT_BACKLOG } else { BACKLOG })?;
    socket.set_nonblocking(true)?;
    let address = internet(&socket.local_addr()?)?;
    Ok((socket, address))
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
        // Reset before it could be accepted: there is nothing to accept now.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock
                    | io::ErrorKind::Interrupted
                    | io::ErrorKind::ConnectionAborted
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn internet(address: &SockAddr) -> io::Result<SocketAddr> {
    address.as_socket().ok_or_else(|| io::Error::other("not an Internet address"))
}

/// The first address of a target. A name is resolved on a thread of its own, since no system lets that be interrupted: a
/// run that is stopped leaves it behind, and it ends by itself with nothing in its hands.
fn resolve(target: &Target, cancel: &Cancel) -> io::Result<SocketAddr> {
    if let Ok(address) = target.host.parse() {
        return Ok(SocketAddr::new(address, target.port));
    }
    let (send, receive) = mpsc::channel();
    let (host, port) = (target.host.clone(), target.port);
    thread::Builder::new().name("lab-resolve".to_owned()).spawn(move || {
        let found = (host.as_str(), port).to_socket_addrs().map(|mut found| found.next());
        // Nobody may be waiting any more.
        let _ = send.send(found);
    })?;
    let deadline = Instant::now() + RESOLVE;
    while Instant::now() < deadline && !cancel.is_wished() {
        if let Ok(found) = receive.recv_timeout(Duration::from_millis(20)) {
            return found?.ok_or_else(|| io::ErrorKind::NotFound.into());
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// What to try when it cannot listen.
fn advice(error: &CallError) -> Option<Text> {
    Some(match error.errno.trim_start_matches("WSA") {
        "EADDRINUSE" => text!("lab_program.advice.in_use"),
        "EADDRNOTAVAIL" => text!("lab_program.advice.not_here"),
        "EACCES" | "EPERM" => text!("lab_program.advice.not_permitted"),
        _ => return None,
    })
}
