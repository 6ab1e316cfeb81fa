//! Reads the whole table, or single rows, over a wire: what to ask, what may go wrong, and what that leaves.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::netlink::Wire;
use super::sock_diag::{BUFFER, Malformed, Message, Messages, Request};
use crate::model::{Family, Gap, Socket, State};

/// A table that changed while it was read is read once more; a second time is said.
const TRIES: u32 = 2;

/// So many answers to requests that were given up may stand before the one that is waited for.
const STALE_DATAGRAMS: u32 = 10_000;

/// What a kernel answers that does not know a request: `ENOENT`, `EINVAL`, `EOPNOTSUPP` (errno(3)). Another answer, such as
/// that there is no memory, may be another one next time.
const NOT_UNDERSTOOD: [i32; 3] = [ENOENT, 22, 95];

/// `ENOENT` (errno(3)): there is no such socket.
const ENOENT: i32 = 2;

/// The rows of a table whose owners are not looked for yet, and what is missing.
#[derive(Default)]
pub(super) struct Table {
    pub(super) sockets: Vec<Socket>,
    pub(super) gaps: Vec<Gap>,
}

/// Asks the kernel, and remembers what it understands.
pub(super) struct Diagnostics {
    wire: Box<dyn Wire>,
    sequence: u32,
    buffer: Vec<u8>,
    /// Whether the kernel refused to give both families in one walk; then it is not asked again.
    apart: bool,
    /// How many rows came last, so that the next table need not grow.
    rows: usize,
}

#[derive(Debug)]
enum Failure {
    /// The kernel answered with this errno.
    Refused(i32),
    Wire(io::Error),
    Malformed(Malformed),
}

impl Failure {
    fn cause(&self) -> String {
        match self {
            Self::Refused(errno) => io::Error::from_raw_os_error(*errno).to_string(),
            Self::Wire(error) => error.to_string(),
            Self::Malformed(Malformed(what)) => format!("the kernel's answer has {what}"),
        }
    }
}

/// No address, of the same family.
const fn unspecified(like: SocketAddr) -> IpAddr {
    match like {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    }
}

#[derive(Default)]
struct Listing {
    sockets: Vec<Socket>,
    unknown_states: usize,
    interrupted: bool,
}

impl Diagnostics {
    pub(super) fn new(wire: Box<dyn Wire>) -> Self {
        Self { wire, sequence: 0, buffer: vec![0; BUFFER], apart: false, rows: 0 }
    }

    /// Reads the whole table. `Err` holds the kernel's answer when neither family could be read.
    pub(super) fn table(&mut self) -> Result<Table, String> {
        let mut understood = false;
        if !self.apart {
            match self.list_steadily(Request::Both) {
                Ok(listing) => return Ok(self.finish(listing, Vec::new())),
                Err(Failure::Refused(errno)) => understood = !NOT_UNDERSTOOD.contains(&errno),
                // The rest would fail again.
                Err(failure) => return Err(failure.cause()),
            }
        }
        let mut whole = Listing::default();
        let mut missing = Vec::new();
        for family in Family::ALL {
            match self.list_steadily(Request::One(family)) {
                Ok(listing) => {
                    whole.sockets.extend(listing.sockets);
                    whole.unknown_states += listing.unknown_states;
                    whole.interrupted |= listing.interrupted;
                }
                Err(failure) => {
                    missing.push(Gap::FamilyUnreadable { family, cause: failure.cause() });
                }
            }
        }
        if let [Gap::FamilyUnreadable { cause, .. }, _] = missing.as_slice() {
            return Err(cause.clone());
        }
        self.apart = missing.is_empty() && !understood;
        Ok(self.finish(whole, missing))
    }

    /// The row of one socket by both its addresses; none where there is none.
    pub(super) fn find(
        &mut self,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Result<Option<Socket>, String> {
        match self.list(Request::Pair(local, remote)) {
            // Where there is no such socket the kernel gives the listener that would take its segments.
            Ok(listing) => {
                Ok(listing.sockets.into_iter().find(|found| found.remote == Some(remote)))
            }
            Err(Failure::Refused(ENOENT)) => Ok(None),
            Err(failure) => Err(failure.cause()),
        }
    }

    /// The listener at this address; none where there is none.
    pub(super) fn find_listener(&mut self, local: SocketAddr) -> Result<Option<Socket>, String> {
        let nobody = SocketAddr::new(unspecified(local), 0);
        match self.list(Request::Pair(local, nobody)) {
            // A listener on all addresses may stand in for one on this.
            Ok(listing) => Ok(listing
                .sockets
                .into_iter()
                .find(|found| found.state == State::Listen && found.local == local)),
            Err(Failure::Refused(ENOENT)) => Ok(None),
            Err(failure) => Err(failure.cause()),
        }
    }

    fn finish(&mut self, listing: Listing, mut gaps: Vec<Gap>) -> Table {
        self.rows = listing.sockets.len();
        if listing.interrupted {
            gaps.push(Gap::Interrupted);
        }
        if listing.unknown_states > 0 {
            gaps.push(Gap::UnknownState { rows: listing.unknown_states });
        }
        Table { sockets: listing.sockets, gaps }
    }

    fn list_steadily(&mut self, request: Request) -> Result<Listing, Failure> {
        let mut listing = self.list(request)?;
        for _ in 1..TRIES {
            if !listing.interrupted {
                break;
            }
            listing = self.list(request)?;
        }
        Ok(listing)
    }

    fn list(&mut self, request: Request) -> Result<Listing, Failure> {
        self.sequence = self.sequence.wrapping_add(1);
        self.wire.send(&request.bytes(self.sequence)).map_err(Failure::Wire)?;
        let single = matches!(request, Request::Pair(..));
        let mut listing = Listing::default();
        if !single {
            // A little more than last time: a table that grows is not copied for it.
            listing.sockets.reserve(self.rows + self.rows / 64 + 16);
        }
        let mut stale = 0;
        loop {
            let length = self.wire.receive(&mut self.buffer).map_err(Failure::Wire)?;
            let datagram = self.buffer.get(..length).unwrap_or_default();
            let mut messages = Messages::new(datagram, self.sequence);
            let mut answered = false;
            while let Some(message) = messages.next_into(&mut listing.sockets) {
                answered = true;
                match message.map_err(Failure::Malformed)? {
                    Message::Row { .. } if single => return Ok(listing),
                    Message::Row { known_state } => {
                        listing.unknown_states += usize::from(!known_state);
                    }
                    Message::Done => {
                        listing.interrupted |= messages.interrupted;
                        return Ok(listing);
                    }
                    Message::Error(0) | Message::Other => {}
                    Message::Error(errno) => return Err(Failure::Refused(errno)),
                }
            }
            listing.interrupted |= messages.interrupted;
            if !answered {
                stale += 1;
                if stale > STALE_DATAGRAMS {
                    return Err(Failure::Malformed(Malformed("no end")));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
