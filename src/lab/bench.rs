//! The bench: connections to the built-in peer, and a hand on each end.
//!
//! A [`Bench`] is a handle. Commands go to a worker thread, where every call that may block is made; the
//! caller reads the latest [`BenchState`] whenever it likes and is rung up when there is a new one.
//! Dropping the handle interrupts what is running, closes everything abortively and joins the threads.

mod command;
mod state;
#[cfg(test)]
mod tests;
mod worker;

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

pub use command::{
    Actor, Client, Command, Connect, Leave, Local, On, OpenListener, Reconnect, Server, Target,
    Which,
};
pub use state::{
    BenchState, ConnectionState, EndState, Holding, ListenerState, ReadBack, Refused, Running,
};

use super::cancel::Cancel;
use super::observe::{Observation, Observer};
use crate::os::{PairProbe, pair_probe};
use crate::text;
use state::Shared;
use worker::Worker;

/// How many connections the bench has at most.
pub const MAX_CONNECTIONS: usize = 64;

/// How many bytes one command sends on one connection at most: more than the buffers of both ends hold.
pub const MAX_SEND: usize = 16 * 1024 * 1024;

/// How many commands wait behind the running one at most.
const MAX_QUEUED: usize = 16;

/// The handle of the bench.
pub struct Bench {
    inbox: Arc<Inbox>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
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
        let began = Instant::now();
        let nothing_seen = Arc::new(Observation::new(probe.as_ref()));
        let shared = Arc::new(Shared::new(BenchState::new(nothing_seen), wake));
        let observer = {
            let shared = Arc::clone(&shared);
            Observer::start(
                probe,
                began,
                Box::new(move |seen, news| {
                    if news {
                        shared.update(|state| state.observe(seen));
                    } else {
                        shared.update_silently(|state| state.observe(seen));
                    }
                }),
            )?
        };
        let cancel = Cancel::new();
        let inbox = Arc::new(Inbox::new(cancel.clone()));
        let worker = Worker::new(observer, Arc::clone(&shared), cancel, began);
        Self::with_worker(inbox, shared, move |inbox| worker.run(inbox))
    }

    /// Puts the work on its thread, and sees to it that a panic there is shown and not lost.
    fn with_worker(
        inbox: Arc<Inbox>,
        shared: Arc<Shared>,
        work: impl FnOnce(&Inbox) + Send + 'static,
    ) -> io::Result<Self> {
        let thread = {
            let inbox = Arc::clone(&inbox);
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("lab-bench".to_owned()).spawn(move || {
                // Unwinding drops every socket, which closes it abortively.
                let ended = catch_unwind(AssertUnwindSafe(|| work(&inbox)));
                let swept = inbox.close();
                if ended.is_err() {
                    shared.update(|state| state.fail(swept));
                }
            })?
        };
        Ok(Self { inbox, shared, thread: Some(thread) })
    }

    /// Has a command carried out after those that were sent before. One that cannot be is refused: the
    /// state says which and why. [`Command::Reset`] overtakes all others.
    pub fn send(&self, command: Command) {
        match self.inbox.push(command) {
            Ok(0) => {}
            Ok(swept) => self.shared.update(|state| state.finished += swept),
            Err(refused) => self.shared.update(|state| state.refuse(*refused)),
        }
    }

    /// The bench as it is now. Never waits for a command.
    pub fn latest(&self) -> Arc<BenchState> {
        self.shared.latest()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.inbox.close();
        if let Some(thread) = self.thread.take() {
            // The work's own panic is caught and shown; what is left here could only be one in `wake`.
            let _ = thread.join();
        }
    }
}

/// The commands that wait for the worker.
struct Inbox {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    cancel: Cancel,
}

#[derive(Default)]
struct Waiting {
    commands: VecDeque<Command>,
    closed: bool,
}

impl Inbox {
    fn new(cancel: Cancel) -> Self {
        Self { waiting: Mutex::default(), arrived: Condvar::new(), cancel }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a command in; says how many it swept away.
    fn push(&self, command: Command) -> Result<u64, Box<Refused>> {
        let mut waiting = self.lock();
        let refuse = |command, reason| Err(Box::new(Refused { command, reason }));
        if waiting.closed {
            return refuse(command, text!("lab.refused.stopped"));
        }
        let mut swept = 0;
        if command == Command::Reset {
            swept = waiting.commands.drain(..).count() as u64;
            self.cancel.cancel();
        } else if waiting.commands.len() >= MAX_QUEUED {
            return refuse(command, text!("lab.refused.queue", n = MAX_QUEUED));
        }
        waiting.commands.push_back(command);
        self.arrived.notify_one();
        Ok(swept)
    }

    /// Waits for the next command; none when it is time to stop.
    fn pop(&self) -> Option<Command> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            if let Some(command) = waiting.commands.pop_front() {
                if command == Command::Reset {
                    // What it was to interrupt has ended; the wish must not reach what comes next.
                    self.cancel.withdraw();
                }
                return Some(command);
            }
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Interrupts what runs and takes nothing more in; says how many commands were waiting.
    fn close(&self) -> u64 {
        let mut waiting = self.lock();
        waiting.closed = true;
        self.cancel.cancel();
        self.arrived.notify_one();
        waiting.commands.drain(..).count() as u64
    }
}
