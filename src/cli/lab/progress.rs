//! Runs scenarios on threads of their own, a few side by side, and shows how far each is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::cli::interrupt::Event;
use crate::error::{Error, Result};
use crate::lab::{self, Cancel, Knobs, Scenario, ScenarioResult, Setup};

/// A scenario with what was chosen.
pub struct Job {
    pub scenario: &'static dyn Scenario,
    pub knobs: Knobs,
}

/// How far a job is.
#[derive(Clone)]
pub enum Progress {
    /// Its turn has not come.
    Waiting,
    /// This has come of it so far, or all of it.
    Shown(Arc<ScenarioResult>),
    /// It was stopped before its turn came.
    NotRun,
    /// It panicked; the panic was printed where it happened.
    Broken,
}

impl Progress {
    /// Whether there will be no more of it.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Waiting => false,
            Self::Shown(result) => result.finished,
            Self::NotRun | Self::Broken => true,
        }
    }
}

/// The threads that run jobs. Dropping it stops them and waits for them.
pub struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    jobs: Vec<Job>,
    executable: Option<PathBuf>,
    cancel: Cancel,
    /// The next job that nobody has taken.
    next: AtomicUsize,
    progress: Mutex<Vec<Progress>>,
}

impl Workers {
    /// Starts the jobs in their order, so many at a time. Whatever happens is told as [`Event::News`].
    pub fn start(
        jobs: Vec<Job>,
        at_a_time: usize,
        executable: Option<&PathBuf>,
        events: &Sender<Event>,
    ) -> Result<Self> {
        let progress = Mutex::new(vec![Progress::Waiting; jobs.len()]);
        let shared = Arc::new(Shared {
            executable: executable.cloned(),
            cancel: Cancel::new(),
            next: AtomicUsize::new(0),
            progress,
            jobs,
        });
        let mut workers = Self { shared, threads: Vec::new() };
        for number in 1..=at_a_time.min(workers.shared.jobs.len()) {
            let (shared, events) = (Arc::clone(&workers.shared), events.clone());
            let thread = thread::Builder::new()
                .name(format!("lab-run-{number}"))
                .spawn(move || shared.work(&events))
                .map_err(Error::Thread)?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Wishes that all of them stop now.
    pub fn stop(&self) {
        self.shared.cancel.cancel();
    }

    /// How far each job is, in their order.
    pub fn progress(&self) -> Vec<Progress> {
        self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop();
        for thread in self.threads.drain(..) {
            // What a job panics with is caught there and shown; nothing else panics.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn work(self: Arc<Self>, events: &Sender<Event>) {
        loop {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = self.jobs.get(place) else { return };
            let progress = if self.cancel.is_wished() {
                Progress::NotRun
            } else {
                catch_unwind(AssertUnwindSafe(|| self.run(place, job, events)))
                    .map_or(Progress::Broken, |result| Progress::Shown(Arc::new(result)))
            };
            self.put(place, progress, events);
        }
    }

    fn run(self: &Arc<Self>, place: usize, job: &Job, events: &Sender<Event>) -> ScenarioResult {
        let mut setup = Setup::new(job.scenario);
        setup.knobs = job.knobs.clone();
        setup.executable.clone_from(&self.executable);
        let (shared, told) = (Arc::clone(self), events.clone());
        setup.notify = Box::new(move |result| shared.put(place, Progress::Shown(result), &told));
        lab::run(job.scenario, setup, &self.cancel)
    }

    fn put(&self, place: usize, progress: Progress, events: &Sender<Event>) {
        let mut all = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = all.get_mut(place) {
            *old = progress;
        }
        drop(all);
        // Nobody listens any more once the verb has failed, which stops the workers as well.
        let _ = events.send(Event::News);
    }
}
