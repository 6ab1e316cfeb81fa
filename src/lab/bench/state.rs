//! What the bench shows: one immutable picture of everything, replaced when something happens.

use std::sync::{Arc, Mutex, PoisonError};

use super::Command;
use crate::lab::errno::CallError;
use crate::lab::log::Bounded;
use crate::lab::observe::{Lane, Observation, Seen};
use crate::lab::options::{OptionName, OptionValue, SocketOptions};
use crate::model::lab::{Call, End};
use crate::os::Pair;
use crate::text;
use crate::text::Text;

/// The bench at one moment.
#[derive(Clone, Debug)]
pub struct BenchState {
    /// Its connections, oldest first; the closed ones stay until they are in the way or a reset.
    pub connections: Vec<ConnectionState>,
    /// What was seen of them, and how.
    pub observation: Arc<Observation>,
    /// The command that is being carried out.
    pub running: Option<Command>,
    /// How many commands are done with: carried out, refused, or swept away by a reset.
    pub finished: u64,
    /// The last command, when it could not be carried out.
    pub refused: Option<Refused>,
    /// Why the bench works no more; only a new one helps.
    pub failure: Option<Text>,
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
    /// Its number, from 1 on; never given twice by one bench.
    pub number: u64,
    /// The addresses of its ends; none when it could not be made, and then the calls say why.
    pub pair: Option<Pair>,
    /// The newest 500 calls on either end, oldest first.
    pub calls: Arc<Bounded<Call>>,
    pub(super) ends: [EndState; 2],
}

impl ConnectionState {
    /// One of its ends.
    pub const fn end(&self, end: End) -> &EndState {
        &self.ends[end as usize]
    }
}

/// One end of a connection of the bench.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndState {
    /// Whether our socket is open; false after we closed it.
    pub held: bool,
    /// The options that were asked for last.
    pub asked: SocketOptions,
    /// What the kernel says of each option, read back after they were set; empty when the socket is closed.
    pub kernel: Vec<(OptionName, Result<OptionValue, CallError>)>,
}

impl BenchState {
    pub(super) fn new(observation: Arc<Observation>) -> Self {
        Self {
            connections: Vec::new(),
            observation,
            running: None,
            finished: 0,
            refused: None,
            failure: None,
        }
    }

    /// What was seen of a connection over time; none when it could not be made.
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

    pub(super) fn refuse(&mut self, refused: Refused) {
        self.finished += 1;
        self.refused = Some(refused);
    }

    /// The worker panicked: its sockets are closed, and nothing works any more.
    pub(super) fn fail(&mut self, commands_swept_away: u64) {
        self.finished += commands_swept_away + u64::from(self.running.take().is_some());
        self.failure = Some(text!("lab.failed"));
        for connection in &mut self.connections {
            for end in &mut connection.ends {
                end.held = false;
                end.kernel.clear();
            }
        }
    }
}

/// Where the picture hangs, and the bell that rings when it is replaced.
pub(super) struct Shared {
    latest: Mutex<Arc<BenchState>>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Shared {
    pub(super) fn new(state: BenchState, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { latest: Mutex::new(Arc::new(state)), wake }
    }

    pub(super) fn latest(&self) -> Arc<BenchState> {
        Arc::clone(&self.latest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the picture and rings.
    pub(super) fn update(&self, change: impl FnOnce(&mut BenchState)) {
        self.update_silently(change);
        (self.wake)();
    }

    /// Changes the picture in something that is worth no bell of its own.
    pub(super) fn update_silently(&self, change: impl FnOnce(&mut BenchState)) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut latest));
    }
}
