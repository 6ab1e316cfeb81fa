//! "Test my program": the bench turned around. A listener for the user's own client, or a client for the user's own
//! server, that closes, half-closes, resets, does not read or does not accept; and a look at what the *other* end makes
//! of it.
//!
//! ```text
//!  worker: our sockets, never waiting     observe: both rows of each connection
//!        \                                  /
//!         fate: what became of the other end        owners: whose it is, whether it has the descriptor
//!                          \                              /
//!                           judge: a verdict by process
//! ```
//!
//! One thread has all the sockets. Bytes, connections and time are bounded, and nothing of what comes is trusted. Left out
//! on purpose: to make anybody's program do something; it is only ever treated as peers treat it. Invariant: with the
//! [`Program`], or with its thread, all its sockets go.

mod conn;
mod entry;
mod fate;
mod gate;
mod judge;
mod owners;
mod processes;
mod setup;
mod state;
mod words;
mod worker;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

pub use super::resolve::Address;
pub use processes::{Ended, HeldSockets, Parents, Pids, Processes};
pub use setup::{
    Answer, CONNECT, GRACE, MAX_BYTES, MAX_CLIENTS, MAX_HELD, MAX_TIME, MAX_TOTAL, Payload, Setup,
    Side, Treatment,
};
pub use state::{
    Connection, Failure, Fate, Holder, Judged, Obstacle, Party, Phase, ProgramState, Trouble,
    Unknown, Why,
};
pub use words::{
    Advice, advice, brief, conclusion, failure_words, fate_words, holder_words, party_sentence,
    phase_words, queue_warning, reach_warning, refused_words, trouble_words, verdict_word,
};

use super::cancel::Cancel;
use super::errno::CallError;
use super::observe::{Observation, Observer};
use crate::os::{PairProbe, SocketSource, live_source, pair_probe};
use crate::text;
use worker::Worker;

/// What a run sees with.
pub struct Eyes {
    /// Looks up both ends.
    pub probe: Box<dyn PairProbe>,
    /// Reads whole tables, with owners.
    pub source: Box<dyn SocketSource>,
    /// Asks processes.
    pub processes: Processes,
}

impl Eyes {
    /// The best that this system has.
    pub fn of_this_computer() -> Self {
        Self {
            probe: pair_probe(),
            source: live_source(),
            processes: Processes::of_this_computer(),
        }
    }
}

/// A run, and the handle to it. Dropping it stops it and waits for its threads.
#[derive(Debug)]
pub struct Program {
    shared: Arc<Shared>,
    cancel: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Program {
    /// Starts a run. `wake` is called from its thread when [`Program::latest`] gives something new, ten times a second
    /// at most.
    ///
    /// The error is the system's refusal of a thread. That it could not listen, say, is in the state.
    pub fn start(setup: Setup, wake: Arc<dyn Fn() + Send + Sync>) -> io::Result<Self> {
        Self::start_with(setup, Eyes::of_this_computer(), wake)
    }

    /// Starts a run in the place of another, which is stopped: it begins when that one is over, since it may want the
    /// same port. Never waits for that: the new run's own thread does.
    pub fn start_after(
        before: Option<Self>,
        setup: Setup,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> io::Result<Self> {
        Self::begin(before, setup, Eyes::of_this_computer(), wake)
    }

    /// A run that sees with these eyes.
    pub fn start_with(
        setup: Setup,
        eyes: Eyes,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> io::Result<Self> {
        Self::begin(None, setup, eyes, wake)
    }

    fn begin(
        before: Option<Self>,
        setup: Setup,
        eyes: Eyes,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> io::Result<Self> {
        if let Some(before) = &before {
            before.stop();
        }
        let setup = setup.bounded();
        let began = Instant::now();
        let shared =
            Arc::new(Shared::new(ProgramState::new(setup.clone(), eyes.probe.resolution()), wake));
        let news = Arc::new(AtomicBool::new(false));
        let observer = {
            let news = Arc::clone(&news);
            let note = move |_: &Arc<Observation>, new: bool| {
                news.fetch_or(new, Ordering::Relaxed);
            };
            Observer::start(eyes.probe, began, Box::new(note))?
        };
        let cancel = Cancel::new();
        let owners = owners::Owners::new(eyes.source, eyes.processes);
        let work = {
            let (shared, cancel) = (Arc::clone(&shared), cancel.clone());
            move || {
                // Waits for its thread, and with that its sockets are closed.
                drop(before);
                Worker::new(setup, began, observer, owners, shared, cancel, news).run();
            }
        };
        let thread = {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("lab-program".to_owned()).spawn(move || {
                // Unwinding drops every socket, which closes it.
                if catch_unwind(AssertUnwindSafe(work)).is_err() {
                    shared.fail();
                }
            })?
        };
        Ok(Self { shared, cancel, thread: Some(thread) })
    }

    /// The run as it is now. Never waits.
    pub fn latest(&self) -> Arc<ProgramState> {
        Arc::clone(&self.shared.latest.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Wishes that it ends; the last state says when it has.
    pub fn stop(&self) {
        self.cancel.cancel();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            // The work's own panic is caught and shown; what is left here could only be one in `wake`.
            let _ = thread.join();
        }
    }
}

/// Where the picture hangs, and the bell that rings when it is replaced.
struct Shared {
    latest: Mutex<Arc<ProgramState>>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("latest", &self.latest).finish_non_exhaustive()
    }
}

impl Shared {
    fn new(state: ProgramState, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { latest: Mutex::new(Arc::new(state)), wake }
    }

    fn publish(&self, state: ProgramState) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(state);
        (self.wake)();
    }

    /// The work panicked: its sockets are closed.
    fn fail(&self) {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let state = Arc::make_mut(&mut latest);
        let what = text!("lab.failed");
        state.phase = Phase::Failed(Failure { what, error: None, advice: None });
        state.held = 0;
        drop(latest);
        (self.wake)();
    }
}
