//! Sockets held still, one in each of the eleven states, on loopback and without privilege.
//!
//! Most states last only while something is on its way, so that it is kept from arriving: a peer that does not read leaves a
//! full buffer behind, and a FIN behind that is not sent; a full accept queue answers no SYN; a listener that waits for data
//! makes no socket of a connection (`TCP_DEFER_ACCEPT`, tcp(7)). Every one but TIME_WAIT has a descriptor here, and so lasts
//! as long as the museum, which closes abortively. Measured on Linux 6.18; elsewhere the recipes are the same, as far as the
//! system has the options, and nobody has looked.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::errno::CallError;
use super::link::Link;
use super::listener::{BACKLOG, Listener};
use super::log::Recorder;
use super::options::{OptionName, OptionValue, SocketOptions};
use super::presupposed::{RETRIES, SYN_COOKIES};
use super::socket::{LabSocket, PATIENCE};
use crate::model::State;
use crate::model::lab::{End, Role, Who};
use crate::os::{Pair, pair_probe};
use crate::text;
use crate::text::Text;

/// The receive buffer of a peer that does not read, and the send buffer before it, in bytes: what waits is far more than what
/// fits in at the other side.
const RECEIVE_BUFFER: u32 = 4_096;
const SEND_BUFFER: u32 = 65_536;

/// More than both take: a peer that took as much would be reading.
const MOST: usize = 16 * 1024 * 1024;

/// How often a wait looks again.
const STEP: Duration = Duration::from_millis(5);

/// How often a SYN is sent again (`TCP_SYNCNT`), so that nobody gives up within ten minutes.
const SYN_COUNT: u32 = 20;

/// How long a listener waits for data (`TCP_DEFER_ACCEPT`), in seconds.
const DEFER: u32 = 600;

/// The sockets, and what each is there for. Dropping it closes them.
#[derive(Debug)]
pub struct Museum {
    recorder: Recorder,
    address: SocketAddr,
    number: u64,
    /// What is held.
    pieces: Vec<Piece>,
    /// The listener that accepts.
    door: Listener,
    listeners: Vec<Listener>,
    links: Vec<Link>,
    sockets: Vec<LabSocket>,
}

/// A socket that is held still.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The state that it was brought into.
    pub state: State,
    /// How.
    pub recipe: Text,
    /// Where to look for it.
    pub place: Place,
}

/// Where a socket stands in the table.
#[derive(Clone, Debug)]
pub enum Place {
    /// One end of a connection.
    End(Pair, End),
    /// The listener at this address.
    Listener(SocketAddr),
    /// A socket that is bound to this address, and nothing else.
    Bound(SocketAddr),
    /// Nowhere: this system lacks what it takes, or is set so that it cannot be.
    Absent(Text),
}

impl Place {
    /// Its own address; none where there is no socket.
    pub const fn local(&self) -> Option<SocketAddr> {
        match self {
            Self::End(pair, End::Client) => Some(pair.client),
            Self::End(pair, End::Peer) => Some(pair.peer),
            Self::Listener(address) | Self::Bound(address) => Some(*address),
            Self::Absent(_) => None,
        }
    }

    /// The address of its other end; none where there is no connection.
    pub const fn remote(&self) -> Option<SocketAddr> {
        match self {
            Self::End(pair, End::Client) => Some(pair.peer),
            Self::End(pair, End::Peer) => Some(pair.client),
            _ => None,
        }
    }
}

impl Museum {
    /// Brings a socket into each state, at this address with any port.
    pub fn open(recorder: &Recorder, address: SocketAddr) -> Result<Self, CallError> {
        let mut museum = Self {
            recorder: recorder.clone(),
            address,
            number: 0,
            pieces: Vec::new(),
            door: Listener::open(address, SocketOptions::NONE, BACKLOG, recorder)?,
            listeners: Vec::new(),
            links: Vec::new(),
            sockets: Vec::new(),
        };
        museum.show_listener_and_bound()?;
        museum.show_syn_sent()?;
        museum.show_syn_received()?;
        museum.show_pairs()?;
        museum.show_stuck()?;
        let pair = museum.make_time_wait()?;
        museum.add(
            State::TimeWait,
            text!("lab_reuse.museum.time_wait"),
            Place::End(pair, End::Client),
        );
        museum.pieces.sort_by_key(|piece| piece.state);
        Ok(museum)
    }

    /// What is held: a socket of each state, in the order of [`State::ALL`].
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Makes another TIME_WAIT, the one state that ends by itself: after a minute, on Linux.
    pub fn renew_time_wait(&mut self) -> Result<(), CallError> {
        let place = Place::End(self.make_time_wait()?, End::Client);
        for piece in self.pieces.iter_mut().filter(|piece| piece.state == State::TimeWait) {
            piece.place = place.clone();
        }
        Ok(())
    }

    fn add(&mut self, state: State, recipe: Text, place: Place) {
        self.pieces.push(Piece { state, recipe, place });
    }

    fn client(&mut self) -> Result<LabSocket, CallError> {
        self.number += 1;
        let who = Who { role: Role::Client, number: self.number };
        LabSocket::new(who, self.address, &self.recorder)
    }

    fn listen(&self, options: SocketOptions, backlog: i32) -> Result<Listener, CallError> {
        Listener::open(self.address, options, backlog, &self.recorder)
    }

    fn link(&mut self) -> Result<Link, CallError> {
        let client = self.client()?;
        Link::join(&self.door, client, SocketOptions::NONE, &self.recorder, |_| {})
    }

    fn show_listener_and_bound(&mut self) -> Result<(), CallError> {
        let door = Place::Listener(self.door.address());
        self.add(State::Listen, text!("lab_reuse.museum.listen"), door);
        let mut bound = self.client()?;
        bound.bind(self.address)?;
        let place = Place::Bound(bound.local_address()?);
        self.sockets.push(bound);
        self.add(State::Closed, text!("lab_reuse.museum.closed"), place);
        Ok(())
    }

    /// A queue of none takes one connection, and answers no SYN after it.
    fn show_syn_sent(&mut self) -> Result<(), CallError> {
        let listener = self.listen(SocketOptions::NONE, 0)?;
        let mut first = self.client()?;
        first.connect(listener.address(), PATIENCE)?;
        wait_for_queue(&listener);
        let mut second = self.client()?;
        if OptionName::SynCount.absence().is_none() {
            second.set_options(
                SocketOptions::NONE.with(OptionName::SynCount, OptionValue::Number(SYN_COUNT)),
            )?;
        }
        second.set_nonblocking()?;
        match second.connect(listener.address(), Duration::ZERO) {
            Err(error) if !error.is_underway() => return Err(error),
            _ => {}
        }
        let pair = Pair { client: second.local_address()?, peer: listener.address() };
        self.listeners.push(listener);
        self.sockets.extend([first, second]);
        let recipe = text!("lab_reuse.museum.syn_sent");
        self.add(State::SynSent, recipe, Place::End(pair, End::Client));
        Ok(())
    }

    fn show_syn_received(&mut self) -> Result<(), CallError> {
        let recipe = text!("lab_reuse.museum.syn_received");
        if let Some(why) = OptionName::DeferAccept.absence().or_else(|| SYN_COOKIES.why_not()) {
            self.add(State::SynReceived, recipe, Place::Absent(why));
            return Ok(());
        }
        let defer = SocketOptions::NONE.with(OptionName::DeferAccept, OptionValue::Number(DEFER));
        let listener = self.listen(defer, BACKLOG)?;
        let mut client = self.client()?;
        client.connect(listener.address(), PATIENCE)?;
        let pair = Pair { client: client.local_address()?, peer: listener.address() };
        self.listeners.push(listener);
        self.sockets.push(client);
        self.add(State::SynReceived, recipe, Place::End(pair, End::Peer));
        Ok(())
    }

    fn show_pairs(&mut self) -> Result<(), CallError> {
        let open = self.link()?;
        let recipe = text!("lab_reuse.museum.established");
        self.add(State::Established, recipe, Place::End(open.pair, End::Client));
        let mut half = self.link()?;
        half.peer.shutdown_write()?;
        let (waits, closed) =
            (Place::End(half.pair, End::Client), Place::End(half.pair, End::Peer));
        self.add(State::CloseWait, text!("lab_reuse.museum.close_wait"), waits);
        self.add(State::FinWait2, text!("lab_reuse.museum.fin_wait_2"), closed);
        self.links.extend([open, half]);
        Ok(())
    }

    /// Connections whose FIN waits behind data that the peer has no room for.
    fn show_stuck(&mut self) -> Result<(), CallError> {
        let small = OptionValue::Number(RECEIVE_BUFFER);
        let listener =
            self.listen(SocketOptions::NONE.with(OptionName::ReceiveBuffer, small), BACKLOG)?;
        let not_here = RETRIES.why_not();
        for state in [State::FinWait1, State::LastAck, State::Closing] {
            let recipe = match state {
                State::LastAck => text!("lab_reuse.museum.last_ack"),
                State::Closing => text!("lab_reuse.museum.closing"),
                _ => text!("lab_reuse.museum.fin_wait_1"),
            };
            if let Some(why) = &not_here {
                self.add(state, recipe, Place::Absent(why.clone()));
                continue;
            }
            let mut client = self.client()?;
            let buffer = OptionValue::Number(SEND_BUFFER);
            client.set_options(SocketOptions::NONE.with(OptionName::SendBuffer, buffer))?;
            let mut link =
                Link::join(&listener, client, SocketOptions::NONE, &self.recorder, |_| {})?;
            if link.client.fill(MOST)? == MOST {
                let error = std::io::Error::other("the peer's buffer does not fill up");
                return Err(CallError::new(&error));
            }
            if state == State::LastAck {
                link.peer.shutdown_write()?;
                link.client.wait_for_end(PATIENCE);
            }
            link.client.shutdown_write()?;
            if state == State::Closing {
                link.peer.shutdown_write()?;
            }
            self.add(state, recipe, Place::End(link.pair, End::Client));
            self.links.push(link);
        }
        self.listeners.push(listener);
        Ok(())
    }

    fn make_time_wait(&mut self) -> Result<Pair, CallError> {
        let mut link = self.link()?;
        link.close(End::Client)?;
        link.peer.recv(PATIENCE)?;
        link.close(End::Peer)?;
        Ok(link.pair)
    }
}

/// Waits until the listener has a connection that is not accepted, where the table tells of it.
fn wait_for_queue(listener: &Listener) {
    let deadline = Instant::now() + PATIENCE;
    let mut probe = pair_probe();
    while Instant::now() < deadline {
        match probe.listener(listener.address()) {
            Ok(Some(row)) if row.queues.is_some_and(|queues| queues.receive == 0) => {
                thread::sleep(STEP);
            }
            _ => break,
        }
    }
}
