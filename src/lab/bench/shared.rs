//! What the bench's threads share: the picture, the bell, and who waits to be accepted.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::MAX_CONNECTIONS;
use super::command::{Actor, Client, Command, Target};
use super::inbox::Inbox;
use super::state::{BenchState, CALLS, ConnectionState, EndState, Refused, Running};
use crate::lab::cancel::Cancel;
use crate::lab::log::Recorder;
use crate::lab::observe::Observer;
use crate::lab::options::SocketOptions;
use crate::model::lab::End;
use crate::os::Pair;
use crate::text;
use crate::text::Text;

/// How long a call has not returned before it is shown: what is over sooner is in the log as soon as it could be read.
const NOTICED: Duration = Duration::from_millis(100);

/// Where the picture hangs, and the bell that rings when it is replaced.
pub(super) struct Shared {
    latest: Mutex<Latest>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

struct Latest {
    /// Grows with every reset. Who still works for an older session changes nothing any more.
    session: u64,
    last_number: u64,
    state: Arc<BenchState>,
    /// The present session's; none between two.
    recorder: Option<Recorder>,
}

impl Shared {
    pub(super) fn new(state: BenchState, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        let latest = Latest { session: 0, last_number: 0, state: Arc::new(state), recorder: None };
        Self { latest: Mutex::new(latest), wake }
    }

    /// The picture, with the calls that wait as they are now: a call that waits cannot ring.
    pub(super) fn latest(&self) -> Arc<BenchState> {
        let mut latest = self.lock();
        let waiting = latest.recorder.as_ref().map(|recorder| recorder.waiting(NOTICED));
        let waiting = waiting.filter(|_| latest.state.failure.is_none()).unwrap_or_default();
        if latest.state.waiting != waiting {
            Arc::make_mut(&mut latest.state).waiting = waiting;
        }
        Arc::clone(&latest.state)
    }

    fn lock(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the picture and rings.
    pub(super) fn update(&self, change: impl FnOnce(&mut BenchState)) {
        self.update_silently(change);
        (self.wake)();
    }

    /// Changes the picture in something that is worth no bell of its own.
    pub(super) fn update_silently(&self, change: impl FnOnce(&mut BenchState)) {
        change(Arc::make_mut(&mut self.lock().state));
    }

    /// Forgets everything but what is being carried out and counted.
    pub(super) fn begin_anew(&self, observer: &Observer) {
        let mut latest = self.lock();
        latest.session += 1;
        latest.recorder = None;
        observer.restart(Instant::now());
        let state = Arc::make_mut(&mut latest.state);
        let old = std::mem::replace(state, BenchState::new(observer.latest()));
        state.running = old.running;
        state.finished = old.finished;
        state.failure = old.failure;
        drop(latest);
        (self.wake)();
    }

    /// An actor begins with a command.
    pub(super) fn begin(&self, actor: Actor, command: &Command) {
        self.update(|state| state.running.push(Running { actor, command: command.clone() }));
    }

    /// An actor is done with its part of a command.
    pub(super) fn end(&self, actor: Actor) {
        self.update(|state| state.running.retain(|running| running.actor != actor));
    }

    /// All are done with a command: it could not be carried out for this reason, or was.
    pub(super) fn finish(&self, command: &Command, refused: Option<Text>) {
        self.update(|state| {
            state.finished += 1;
            state.refused = refused.map(|reason| Refused { command: command.clone(), reason });
        });
    }
}

/// A connection that was begun and not accepted yet.
#[derive(Debug)]
pub(super) struct Awaited {
    pub(super) number: u64,
    pub(super) client: Client,
    pub(super) pair: Pair,
    /// What the accepted socket gets.
    pub(super) options: SocketOptions,
    /// Whether it is closed as soon as it is accepted.
    pub(super) closes: bool,
}

/// The time from the first command to a reset, with everything that belongs to it.
pub(super) struct Session {
    number: u64,
    shared: Arc<Shared>,
    pub(super) observer: Arc<Observer>,
    recorder: Recorder,
    awaited: Mutex<Vec<Awaited>>,
    /// Of whoever accepts.
    peer: Arc<Inbox>,
}

impl Session {
    pub(super) fn begin(shared: &Arc<Shared>, observer: &Arc<Observer>, peer: &Arc<Inbox>) -> Self {
        let began = Instant::now();
        observer.restart(began);
        let recorder = Recorder::new(began, CALLS, Cancel::new());
        let number = {
            let mut latest = shared.lock();
            Arc::make_mut(&mut latest.state).began = Some(began);
            latest.recorder = Some(recorder.clone());
            latest.session
        };
        Self {
            number,
            shared: Arc::clone(shared),
            observer: Arc::clone(observer),
            recorder,
            awaited: Mutex::default(),
            peer: Arc::clone(peer),
        }
    }

    /// Its log, for one whose calls are interrupted by `cancel`.
    pub(super) fn recorder(&self, cancel: &Cancel) -> Recorder {
        self.recorder.with_cancel(cancel.clone())
    }

    pub(super) fn latest(&self) -> Arc<BenchState> {
        self.shared.latest()
    }

    /// Changes the picture, with all calls so far, and rings; nothing when the session is over.
    pub(super) fn update(&self, change: impl FnOnce(&mut BenchState)) {
        let observation = self.observer.latest();
        let calls = self.recorder.calls();
        {
            let mut latest = self.shared.lock();
            if latest.session != self.number {
                return;
            }
            let state = Arc::make_mut(&mut latest.state);
            state.observe(&observation);
            state.calls = calls;
            change(state);
        }
        (self.shared.wake)();
    }

    /// Has a new connection stand in the picture and gives its number, or says that there are too many open ones. The
    /// oldest closed one goes where there would be too many to show.
    pub(super) fn new_connection(&self, client: Client, target: &Target) -> Result<u64, Text> {
        let (number, gone) = {
            let mut latest = self.shared.lock();
            let mut gone = None;
            if latest.session == self.number {
                let state = Arc::make_mut(&mut latest.state);
                if state.connections.len() >= MAX_CONNECTIONS {
                    let closed = state.connections.iter().position(|it| !it.is_open());
                    let Some(closed) = closed else {
                        let open = state.connections.len();
                        return Err(too_many(open));
                    };
                    gone = Some(state.connections.remove(closed).number);
                }
            }
            latest.last_number += 1;
            let number = latest.last_number;
            if latest.session == self.number {
                let connection = ConnectionState::new(number, client, target.clone());
                Arc::make_mut(&mut latest.state).connections.push(connection);
            }
            (number, gone)
        };
        if let Some(gone) = gone {
            self.observer.forget(gone);
            self.no_longer_awaited(gone);
        }
        Ok(number)
    }

    /// Where connections that begin are written down. Who holds it keeps the peer from taking them for a stranger's.
    pub(super) fn awaited(&self) -> MutexGuard<'_, Vec<Awaited>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection between these two that has waited longest to be accepted.
    pub(super) fn take_awaited(&self, pair: Pair) -> Option<Awaited> {
        let mut awaited = self.awaited();
        let place = awaited.iter().position(|it| it.pair == pair)?;
        Some(awaited.remove(place))
    }

    /// It failed, or nobody can accept it any more.
    pub(super) fn no_longer_awaited(&self, number: u64) {
        self.awaited().retain(|it| it.number != number);
        self.settle(number);
    }

    /// Nobody listens at this address any more: who waited there is accepted no more.
    pub(super) fn stopped_listening(&self, address: SocketAddr) {
        let mut gone = Vec::new();
        self.awaited().retain(|it| {
            let waited_here = it.pair.peer == address;
            if waited_here {
                gone.push(it.number);
            }
            !waited_here
        });
        for number in gone {
            self.settle(number);
        }
    }

    /// Whether somebody waits to be accepted at this address.
    pub(super) fn is_awaited_at(&self, address: SocketAddr) -> bool {
        self.awaited().iter().any(|it| it.pair.peer == address)
    }

    /// A connection has its addresses: from now on both its rows are looked up, and whoever accepts is told.
    pub(super) fn watch(&self, number: u64, pair: Pair) {
        {
            let latest = self.shared.lock();
            // Where the session is over the lanes are another's.
            if latest.session == self.number {
                self.observer.watch(number, pair);
            }
        }
        self.update(|state| {
            if let Some(connection) = state.connection_mut(number) {
                connection.pair = Some(pair);
            }
        });
        self.peer.poke();
    }

    /// Shows what an end's descriptor tells now.
    pub(super) fn show(&self, number: u64, end: End, shown: EndState) {
        let closed = !shown.holding.is_open();
        self.update(|state| {
            if let Some(connection) = state.connection_mut(number) {
                connection.accepted |= end == End::Peer;
                connection.ends[end as usize] = shown;
            }
        });
        if closed {
            self.settle(number);
        }
    }

    /// Lets go of a connection that none of us holds or will hold: its rows go in their time.
    fn settle(&self, number: u64) {
        let awaited = self.awaited().iter().any(|it| it.number == number);
        let open = self.latest().connection(number).is_some_and(ConnectionState::is_open);
        if !awaited && !open {
            self.observer.let_go(number);
        }
    }
}

/// Why no more connections are made.
pub(super) fn too_many(open: usize) -> Text {
    text!("lab.refused.connections", n = MAX_CONNECTIONS, open = open)
}
