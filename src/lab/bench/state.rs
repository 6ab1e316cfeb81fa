//! What the bench shows: one immutable picture of everything, replaced when something happens.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::command::{Actor, Client, Command, Server, Target};
use crate::lab::errno::CallError;
use crate::lab::log::{Bounded, Waiting};
use crate::lab::observe::{Lane, Observation, Seen};
use crate::lab::options::{OptionName, OptionValue, SocketOptions};
use crate::model::State;
use crate::model::lab::{Call, End, Role};
use crate::os::Pair;
use crate::text;
use crate::text::Text;

/// How many calls are kept.
pub(super) const CALLS: usize = 2_000;

/// What the kernel says of each option that this system has, read back.
pub type ReadBack = Vec<(OptionName, Result<OptionValue, CallError>)>;

/// The bench at one moment.
#[derive(Clone, Debug)]
pub struct BenchState {
    /// Its connections, oldest first; the closed ones stay until they are in the way or a reset.
    pub connections: Vec<ConnectionState>,
    /// The listeners of the built-in peer.
    pub listeners: [ListenerState; 2],
    /// What was seen of the connections, and how.
    pub observation: Arc<Observation>,
    /// The newest 2 000 calls on all sockets, in the order in which they began.
    pub calls: Arc<Bounded<Call>>,
    /// The calls that have not returned for a moment, those that began first first. They are not among `calls`.
    pub waiting: Vec<Waiting>,
    /// What is being carried out: one command by each actor at most.
    pub running: Vec<Running>,
    /// How many commands are done with: carried out, refused, or swept away by a stop or a reset.
    pub finished: u64,
    /// The last command, when it could not be carried out.
    pub refused: Option<Refused>,
    /// Why the bench works no more; only a new one helps.
    pub failure: Option<Text>,
    /// When the first command was sent since the start or the last reset, from which the times of calls and changes
    /// count; none before it.
    pub began: Option<Instant>,
}

/// A command that is being carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// By whom.
    pub actor: Actor,
    /// The command.
    pub command: Command,
}

/// A command that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The command.
    pub command: Command,
    /// Why not.
    pub reason: Text,
}

/// One connection of the bench.
#[derive(Clone, Debug)]
pub struct ConnectionState {
    /// Its number, from 1 on; never given twice by one bench. Both its ends have it in the log.
    pub number: u64,
    /// Who made it.
    pub client: Client,
    /// To what.
    pub target: Target,
    /// The addresses of its ends, as soon as its SYN is sent; none before, or when it came to none, and then the calls say why.
    pub pair: Option<Pair>,
    /// Whether the built-in peer has accepted it.
    pub accepted: bool,
    pub(super) ends: [EndState; 2],
}

impl ConnectionState {
    /// One that begins: its client is about to have a socket.
    pub(super) fn new(number: u64, client: Client, target: Target) -> Self {
        let begins = EndState { holding: Holding::Held, ..EndState::default() };
        let ends = [begins, EndState::default()];
        Self { number, client, target, pair: None, accepted: false, ends }
    }

    /// One of its ends.
    pub const fn end(&self, end: End) -> &EndState {
        &self.ends[end as usize]
    }

    /// Whether a descriptor of ours is open at either end, leaked ones included.
    pub fn is_open(&self) -> bool {
        self.ends.iter().any(|end| end.holding.is_open())
    }
}

/// What became of a descriptor of ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Holding {
    /// There never was one: not accepted, or not ours.
    #[default]
    Never,
    /// It is open, and commands act on it.
    Held,
    /// It is open, and forgotten.
    Leaked,
    /// It is closed.
    Closed,
}

impl Holding {
    /// Whether it is open.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Held | Self::Leaked)
    }
}

/// One end of a connection of the bench: what its descriptor tells. What the table tells is in the lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndState {
    /// Whether the descriptor is open.
    pub holding: Holding,
    /// How many copies of it are open beside it, made by `dup()`.
    pub copies: usize,
    /// How many of its descriptors were closed while others stayed open.
    pub copies_closed: usize,
    /// How many bytes had not been acknowledged when its last descriptor was closed, a FIN not counted: its Send-Q at the last
    /// look before. None where it was not looked up, or is not closed.
    pub unsent_at_close: Option<u32>,
    /// The options that were asked for.
    pub asked: SocketOptions,
    /// What the kernel says of each option, read back after they were set; empty when the socket is closed.
    pub kernel: ReadBack,
    /// Whether it reads whatever comes.
    pub reading: bool,
    /// Whether a read gave 0: the other end sends no more.
    pub at_end: bool,
    /// How many bytes the kernel took from us.
    pub sent: u64,
    /// How many bytes it gave us.
    pub received: u64,
    /// The state as the descriptor itself tells it (`TCP_INFO`), also where the table has no row for it any more; none
    /// when the socket is closed, and where the system does not tell.
    pub descriptor: Option<State>,
}

/// One listener of the built-in peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerState {
    /// Where it listens; none when it is closed.
    pub address: Option<SocketAddr>,
    /// Where it listened last.
    pub last_address: Option<SocketAddr>,
    /// The options that were asked for.
    pub asked: SocketOptions,
    /// What the kernel says of each; empty when it is closed.
    pub kernel: ReadBack,
    /// The backlog that was asked for.
    pub backlog: u32,
    /// How many connections wait to be accepted, and the backlog that is in force; none where the row does not tell.
    pub queue: Option<(u32, u32)>,
    /// Whether it accepts whatever comes.
    pub automatic: bool,
}

impl EndState {
    /// One whose socket could not be made.
    pub(super) fn closed() -> Self {
        Self { holding: Holding::Closed, ..Self::default() }
    }
}

impl BenchState {
    pub(super) fn new(observation: Arc<Observation>) -> Self {
        Self {
            connections: Vec::new(),
            listeners: Default::default(),
            observation,
            calls: Arc::new(Bounded::new(CALLS)),
            waiting: Vec::new(),
            running: Vec::new(),
            finished: 0,
            refused: None,
            failure: None,
            began: None,
        }
    }

    /// The connection with this number.
    pub fn connection(&self, number: u64) -> Option<&ConnectionState> {
        self.connections.iter().find(|connection| connection.number == number)
    }

    /// One of the listeners.
    pub const fn listener(&self, server: Server) -> &ListenerState {
        &self.listeners[server as usize]
    }

    /// Whether it has anything open, or is about to.
    pub fn is_open(&self) -> bool {
        let mut ends = self.connections.iter().flat_map(|connection| &connection.ends);
        !self.running.is_empty()
            || self.listeners.iter().any(|listener| listener.address.is_some())
            || ends.any(|end| end.holding.is_open())
    }

    /// Whether this actor is at work.
    pub fn is_busy(&self, actor: Actor) -> bool {
        self.running.iter().any(|running| running.actor == actor)
    }

    /// The `close()` that an end is inside, which `SO_LINGER` holds there. Its descriptor is gone, and nothing more can be
    /// done with it.
    pub fn closing(&self, connection: &ConnectionState, end: End) -> Option<&Waiting> {
        let role = match end {
            End::Client => Role::Client,
            End::Peer => Role::Peer,
        };
        // Only the last of several descriptors waits.
        self.waiting.iter().find(|it| {
            it.who.role == role && it.who.number == connection.number && it.call == "close()"
        })
    }

    /// How long ago a call or a change was whose time counts from the first command.
    pub fn since(&self, at: Duration) -> Duration {
        self.began.map_or(Duration::ZERO, |began| began.elapsed().saturating_sub(at))
    }

    /// What was seen of a connection; none when it was never looked up.
    pub fn lane(&self, connection: &ConnectionState) -> Option<&Lane> {
        self.observation.lane(connection.number)
    }

    /// What the last look found of one end.
    pub fn seen(&self, connection: &ConnectionState, end: End) -> Seen {
        self.lane(connection).map_or(Seen::Unknown, |lane| lane.seen(end))
    }

    /// Takes over what was seen, unless something newer is known: two threads bring it.
    pub(super) fn observe(&mut self, observation: &Arc<Observation>) {
        if observation.generation >= self.observation.generation {
            self.observation = Arc::clone(observation);
        }
    }

    pub(super) fn connection_mut(&mut self, number: u64) -> Option<&mut ConnectionState> {
        self.connections.iter_mut().find(|connection| connection.number == number)
    }

    /// A thread panicked and all have ended: the sockets are closed, and nothing works any more.
    pub(super) fn fail(&mut self) {
        self.running.clear();
        self.waiting.clear();
        self.failure = Some(text!("lab.failed"));
        for end in self.connections.iter_mut().flat_map(|connection| &mut connection.ends) {
            if end.holding.is_open() {
                end.holding = Holding::Closed;
            }
            end.kernel.clear();
            end.descriptor = None;
        }
        for listener in &mut self.listeners {
            listener.address = None;
            listener.kernel.clear();
        }
    }
}
