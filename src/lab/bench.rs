//! The bench: connections to the built-in peer, and a hand on each end.
//!
//! ```text
//!   Bench::send ──> desk ──┬──> inbox ──> client A ──┐
//!                          ├──> inbox ──> client B ──┼── Session: log, observer, who waits to be accepted
//!                          └──> inbox ──> peer ──────┘
//!   Bench::latest <── Shared: one picture, replaced when something happens; a bell
//! ```
//!
//! A [`Bench`] is a handle. Each end has a thread of its own (an [`Actor`]), where every call that may block is made,
//! so that a client that blocks in `close()` holds up nobody else. The caller reads the latest [`BenchState`] whenever it
//! likes and is rung up when there is a new one.
//!
//! Dropping the handle interrupts what is running, closes everything abortively and joins the threads. Two things may
//! outlive it, because no system lets them be interrupted: a resolver, and a `close()` that lingers towards another machine.

mod actor;
mod client;
mod command;
mod inbox;
mod peer;
mod shared;
mod sockets;
mod state;
#[cfg(test)]
mod tests;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

pub use command::{
    Actor, Client, Command, Connect, Leave, Local, On, OpenListener, Reconnect, Server, Target,
    Which,
};
pub use state::{
    BenchState, ConnectionState, EndState, Holding, ListenerState, ReadBack, Refused, Running,
};

use super::observe::{Observation, Observer};
use crate::model::lab::End;
use crate::os::{PairProbe, pair_probe};
use crate::text;
use crate::text::Text;
use client::ClientWork;
use inbox::{Inbox, Job, Part};
use peer::PeerWork;
use shared::{Session, Shared};

/// How many connections the bench has at most, open ones of all clients together.
pub const MAX_CONNECTIONS: usize = 64;

/// How many bytes one command sends on one connection at most: more than the buffers of both ends hold.
pub const MAX_SEND: usize = 16 * 1024 * 1024;

/// How many copies of one descriptor there may be.
pub const MAX_COPIES: usize = 8;

/// How often one command reconnects at most.
pub const MAX_RECONNECTS: u32 = 1_000;

/// The handle of the bench.
pub struct Bench {
    inboxes: Inboxes,
    shared: Arc<Shared>,
    desk: Mutex<Desk>,
    threads: Vec<JoinHandle<()>>,
    // Dropped last, so that it can still see the sockets go.
    observer: Arc<Observer>,
}

/// One for each of [`Actor::ALL`].
type Inboxes = [Arc<Inbox>; 3];

/// Where commands are given out, one at a time.
#[derive(Default)]
struct Desk {
    session: Option<Arc<Session>>,
    /// The last command to a listener, which whatever connects there has to wait for.
    listening: Option<Arc<Job>>,
    /// The last command of this session to open each listener.
    opening: [Option<Arc<Job>>; 2],
}

impl Bench {
    /// Starts a bench. `wake` is called from its threads whenever [`Bench::latest`] gives something new.
    ///
    /// The error is the system's refusal of a thread.
    pub fn start(wake: Arc<dyn Fn() + Send + Sync>) -> io::Result<Self> {
        Self::with_probe(pair_probe(), wake)
    }

    /// A bench that looks its connections up with this probe.
    pub fn with_probe(
        probe: Box<dyn PairProbe>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> io::Result<Self> {
        Self::with_work(probe, wake, |actor, inbox, shared, observer| match actor {
            Actor::Client(client) => {
                actor::run(actor, inbox, shared, observer, |session, cancel| {
                    ClientWork::new(client, session, cancel)
                });
            }
            Actor::Peer => actor::run(actor, inbox, shared, observer, PeerWork::new),
        })
    }

    /// Puts the work of each actor on its thread, and sees to it that a panic there is shown and not lost.
    fn with_work(
        probe: Box<dyn PairProbe>,
        wake: Arc<dyn Fn() + Send + Sync>,
        work: impl Fn(Actor, &Inbox, &Shared, &Observer) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let nothing_seen = Arc::new(Observation::new(probe.as_ref()));
        let shared = Arc::new(Shared::new(BenchState::new(nothing_seen), wake));
        let inboxes: Inboxes = Actor::ALL.map(|_| Arc::new(Inbox::new()));
        let observer = Arc::new(watch(probe, &shared, &inboxes)?);
        let threads = Threads {
            work: Arc::new(work),
            ending: Arc::default(),
            inboxes: inboxes.clone(),
            shared: Arc::clone(&shared),
            observer: Arc::clone(&observer),
        };
        let desk = Mutex::default();
        // Made first, so that dropping it ends the threads that there are when there is no thread for the next.
        let mut bench = Self { inboxes, shared, desk, threads: Vec::new(), observer };
        for (place, actor) in Actor::ALL.into_iter().enumerate() {
            bench.threads.push(threads.start(place, actor)?);
        }
        Ok(bench)
    }

    /// Has a command carried out by those whom it concerns, each after what was sent to it before. One that cannot be is
    /// refused: the state says which and why. [`Command::Stop`] and [`Command::Reset`] overtake all others.
    ///
    /// A built-in listener that nobody opened yet is opened, with no options, when something connects to it.
    pub fn send(&self, command: Command) {
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        if command == Command::Reset {
            *desk = Desk::default();
            self.shared.begin_anew(&self.observer);
        }
        if let Some(server) = connects_to(&command)
            && desk.opening[server as usize].as_ref().is_none_or(|opening| opening.was_dropped())
        {
            self.give_out(&mut desk, Command::OpenListener(OpenListener::new(server)));
        }
        self.give_out(&mut desk, command);
    }

    fn give_out(&self, desk: &mut MutexGuard<'_, Desk>, command: Command) {
        let session = match command {
            Command::Stop | Command::Reset => None,
            _ => Some(Arc::clone(desk.session.get_or_insert_with(|| {
                Arc::new(Session::begin(&self.shared, &self.observer, &self.inboxes[2]))
            }))),
        };
        let actors = concerned(&command);
        let after = connects_to(&command).and(desk.listening.clone());
        let opens = match &command {
            Command::OpenListener(open) => Some(open.server),
            _ => None,
        };
        let is_listening = matches!(
            command,
            Command::OpenListener(_) | Command::CloseListener { .. } | Command::SetListener { .. }
        );
        let parts = actors.iter().filter(|concerned| **concerned).count();
        let job = Arc::new(Job::new(command, session, after, &self.shared, parts));
        if let Some(server) = opens {
            desk.opening[server as usize] = Some(Arc::clone(&job));
        }
        if is_listening {
            desk.listening = Some(Arc::clone(&job));
        }
        for (inbox, _) in self.inboxes.iter().zip(actors).filter(|(_, concerned)| *concerned) {
            match inbox.push(Arc::clone(&job)) {
                Ok(swept) => swept.iter().for_each(|job| job.part_done(Part::Done)),
                Err(refused) => job.part_done(Part::Refused(refused)),
            }
        }
    }

    /// The bench as it is now. Never waits for a command.
    pub fn latest(&self) -> Arc<BenchState> {
        self.shared.latest()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // All are told before the first is waited for: one may block until another's sockets are closed.
        close(&self.inboxes);
        for thread in self.threads.drain(..) {
            // The work's own panic is caught and shown; what is left here could only be one in `wake`.
            let _ = thread.join();
        }
    }
}

/// Starts the observer, which has the picture changed and the actors look when it sees something new.
fn watch(
    probe: Box<dyn PairProbe>,
    shared: &Arc<Shared>,
    inboxes: &Inboxes,
) -> io::Result<Observer> {
    let (shared, inboxes) = (Arc::clone(shared), inboxes.clone());
    Observer::start(
        probe,
        Instant::now(),
        Box::new(move |seen, news| {
            if news {
                shared.update(|state| state.observe(seen));
                for inbox in &inboxes {
                    inbox.poke();
                }
            } else {
                shared.update_silently(|state| state.observe(seen));
            }
        }),
    )
}

/// What every actor's thread is made of.
struct Threads<W> {
    work: Arc<W>,
    ending: Arc<Ending>,
    inboxes: Inboxes,
    shared: Arc<Shared>,
    observer: Arc<Observer>,
}

/// How many threads have ended, and whether one panicked.
#[derive(Default)]
struct Ending {
    ended: AtomicUsize,
    panicked: AtomicBool,
}

impl<W: Fn(Actor, &Inbox, &Shared, &Observer) + Send + Sync + 'static> Threads<W> {
    fn start(&self, place: usize, actor: Actor) -> io::Result<JoinHandle<()>> {
        let name = match actor {
            Actor::Client(Client::A) => "lab-client-a",
            Actor::Client(Client::B) => "lab-client-b",
            Actor::Peer => "lab-peer",
        };
        let (work, ending, inboxes) =
            (Arc::clone(&self.work), Arc::clone(&self.ending), self.inboxes.clone());
        let (shared, observer) = (Arc::clone(&self.shared), Arc::clone(&self.observer));
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            // Unwinding drops every socket, which closes it abortively.
            let done = catch_unwind(AssertUnwindSafe(|| {
                work(actor, &inboxes[place], &shared, &observer);
            }));
            if done.is_err() {
                ending.panicked.store(true, Ordering::SeqCst);
                close(&inboxes);
            }
            // The last one says it: by then the sockets of all are closed.
            let ended = ending.ended.fetch_add(1, Ordering::SeqCst) + 1;
            if ended == inboxes.len() && ending.panicked.load(Ordering::SeqCst) {
                shared.update(BenchState::fail);
            }
        })
    }
}

/// Interrupts everybody and sweeps away what waits.
fn close(inboxes: &Inboxes) {
    for inbox in inboxes {
        for job in inbox.close() {
            job.part_done(Part::Done);
        }
    }
}

/// Which of [`Actor::ALL`] have a part in a command.
const fn concerned(command: &Command) -> [bool; 3] {
    let on = match command {
        Command::Stop | Command::Reset => return [true; 3],
        Command::OpenListener(_)
        | Command::CloseListener { .. }
        | Command::SetListener { .. }
        | Command::Accept { .. }
        | Command::AcceptAutomatically { .. } => return [false, false, true],
        Command::Connect(connect) | Command::Reconnect(Reconnect { connect, .. }) => {
            return only(connect.client);
        }
        Command::SetOptions { on, .. }
        | Command::Send { on, .. }
        | Command::Read { on, .. }
        | Command::ReadToEnd { on }
        | Command::KeepReading { on, .. }
        | Command::Shutdown { on, .. }
        | Command::Close { on }
        | Command::Abort { on }
        | Command::Leak { on }
        | Command::Duplicate { on } => on,
    };
    match (on.end, on.of) {
        (End::Peer, _) => [false, false, true],
        (End::Client, Which::Client(client)) => only(client),
        (End::Client, Which::All | Which::Connection(_)) => [true, true, false],
    }
}

const fn only(client: Client) -> [bool; 3] {
    match client {
        Client::A => [true, false, false],
        Client::B => [false, true, false],
    }
}

/// The built-in listener that a command connects to.
const fn connects_to(command: &Command) -> Option<Server> {
    match command {
        Command::Connect(Connect { target: Target::BuiltIn(server), .. })
        | Command::Reconnect(Reconnect {
            connect: Connect { target: Target::BuiltIn(server), .. },
            ..
        }) => Some(*server),
        _ => None,
    }
}

/// Why nothing was done with the sockets of an end.
fn text_for(end: End) -> Text {
    match end {
        End::Client => text!("lab.refused.no_client"),
        End::Peer => text!("lab.refused.no_peer"),
    }
}
