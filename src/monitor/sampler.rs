//! The thread that polls: poll -> track -> publish.
//!
//! Polls never overlap. A failed poll leaves the last good table in place and a break in the history; a
//! panic in a source is a failed poll that is not retried by itself more than a few times.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use super::Wake;
use super::cell::lock;
use super::frame::{Frame, Health, Interval};
use super::published::Published;
use super::source::SourceChoice;
use super::survey::Survey;
use crate::analysis::events::Watch;
use crate::analysis::history::{Cause, History};
use crate::analysis::timeline::Timeline;
use crate::analysis::track::{Look, Tracker};
use crate::error::panic_message;
use crate::model::{Operation, PollFailure, Snapshot};
use crate::os::{self, SocketSource};

/// The interval is at least so many times what a poll costs in processor time: polling may use a tenth of a core.
const COST_TO_INTERVAL: u32 = 10;

/// But never longer than this: one poll that hung, through a sleep perhaps, must not stop polling.
const LONGEST_REST: Duration = Duration::from_secs(30);

/// Samples may be so much further apart than the interval before the time between them counts as not
/// sampled: the machine slept on a clock that goes on, or the program was stopped.
const LATE: Duration = Duration::from_secs(2);

/// After so many panics without a good poll in between, the collector is not restarted by itself.
const PANICS_TOLERATED: u32 = 3;

struct Orders {
    interval: Duration,
    paused: bool,
    /// Counts up with each request to poll at once.
    poll_requests: u64,
    stop: bool,
}

struct Shared {
    orders: Mutex<Orders>,
    changed: Condvar,
    frame: Published<Frame>,
    wake: Wake,
}

/// A running sampler. Dropping it stops and joins its thread.
pub struct Monitor {
    shared: Arc<Shared>,
    /// What is shown before the first poll.
    starting: Arc<Frame>,
    thread: Option<JoinHandle<()>>,
}

impl Monitor {
    /// Starts sampling. `wake` is called from the sampler's thread after each publication.
    pub fn start(choice: SourceChoice, interval: Duration, wake: Wake) -> std::io::Result<Self> {
        Self::resume(choice, interval, History::default(), wake)
    }

    /// Starts sampling, as [`Monitor::start`] does, after what an earlier run has seen.
    pub fn resume(
        choice: SourceChoice,
        interval: Duration,
        history: History,
        wake: Wake,
    ) -> std::io::Result<Self> {
        let source = choice.open();
        let survey = Survey::of(&*source);
        let began = SystemTime::now();
        let starting = Frame::starting(source.name().to_owned(), interval, began);
        let frame = Frame { history, ..starting };
        let shared = Arc::new(Shared {
            orders: Mutex::new(Orders { interval, paused: false, poll_requests: 0, stop: false }),
            changed: Condvar::new(),
            frame: Published::default(),
            wake,
        });
        let starting = Arc::new(frame.clone());
        let sampler = Sampler {
            shared: Arc::clone(&shared),
            source,
            tracker: Tracker::new(),
            watch: Watch::default(),
            survey,
            timeline: Timeline::new(began),
            started: Instant::now(),
            frame,
            least_interval: Duration::ZERO,
            panics: 0,
        };
        let thread =
            std::thread::Builder::new().name("sampler".to_owned()).spawn(move || sampler.run())?;
        Ok(Self { shared, starting, thread: Some(thread) })
    }

    /// The newest frame.
    pub fn frame(&self) -> Arc<Frame> {
        self.shared.frame.latest().unwrap_or_else(|| Arc::clone(&self.starting))
    }

    /// What gives the newest frame to another thread; nothing before the first poll.
    pub fn frames(&self) -> Frames {
        Frames(Arc::downgrade(&self.shared))
    }

    /// Stops or goes on polling.
    pub fn set_paused(&self, paused: bool) {
        self.order(|orders| orders.paused = paused);
    }

    /// Changes the time between two polls.
    pub fn set_interval(&self, interval: Duration) {
        self.order(|orders| orders.interval = interval);
    }

    /// Polls once at once, paused or not, and tries again after a failure that is not retried by itself.
    pub fn poll_now(&self) {
        self.order(|orders| orders.poll_requests += 1);
    }

    fn order(&self, change: impl FnOnce(&mut Orders)) {
        change(&mut lock(&self.shared.orders));
        self.shared.changed.notify_all();
    }
}

/// Gives the newest frame, as [`Monitor::frame`] does, for as long as the monitor is there; what wakes a face may hold
/// it, though the monitor holds that.
#[derive(Clone)]
pub struct Frames(Weak<Shared>);

impl Frames {
    /// The newest frame; none before the first poll.
    pub fn latest(&self) -> Option<Arc<Frame>> {
        self.0.upgrade()?.frame.latest()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.order(|orders| orders.stop = true);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the sampler's thread ended in a panic");
        }
    }
}

struct Sampler {
    shared: Arc<Shared>,
    source: Box<dyn SocketSource>,
    tracker: Tracker,
    watch: Watch,
    survey: Survey,
    timeline: Timeline,
    started: Instant,
    frame: Frame,
    /// Shorter than this, polls would take more of the time than they may.
    least_interval: Duration,
    panics: u32,
}

impl Sampler {
    fn run(mut self) {
        let mut answered = 0;
        loop {
            let began = Instant::now();
            self.poll();
            match self.wait(began, answered) {
                Some(poll_requests) => answered = poll_requests,
                None => return,
            }
        }
    }

    /// One poll, whatever comes of it, and its publication.
    fn poll(&mut self) {
        let (began, spent) = (Instant::now(), os::thread_time());
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.poll_once())) {
            self.panics += 1;
            // They may have been left half way through a table.
            self.tracker.restart();
            self.survey = Survey::of(&*self.source);
            self.watch = Watch::default();
            let failure = PollFailure {
                source: self.source.name().to_owned(),
                operation: Operation::RunCollector,
                cause: panic_message(&*panic),
                number: None,
            };
            let at = self.timeline.place(self.started.elapsed(), SystemTime::now()).at;
            self.fail(failure, self.panics < PANICS_TOLERATED, at);
        }
        // Where the system does not tell its processor time a poll counts as if it had it all.
        let cost = os::thread_time().zip(spent).map(|(now, before)| now.saturating_sub(before));
        let cost = cost.unwrap_or_else(|| began.elapsed());
        self.least_interval = (cost * COST_TO_INTERVAL).min(LONGEST_REST);
        let asked = lock(&self.shared.orders).interval;
        self.frame.interval = Interval { asked, actual: asked.max(self.least_interval) };
        self.publish();
    }

    fn poll_once(&mut self) {
        // Two tables at a time are enough: the newest, and the one that is being read.
        self.shared.frame.sweep();
        let began = self.timeline.place(self.started.elapsed(), SystemTime::now());
        let polled = self.source.poll();
        let ended = self.timeline.place(self.started.elapsed(), SystemTime::now());
        match polled {
            Ok(Some(snapshot)) => {
                // A recording has its own time.
                let look = if self.source.is_live() {
                    Look { began: began.at, ended: ended.at }
                } else {
                    Look::from(snapshot.taken_at)
                };
                let leapt = began.leapt.is_some() || ended.leapt.is_some();
                let stood_still = leapt || self.is_late(look.ended);
                if self.source.is_live() && stood_still && !self.frame.history.is_interrupted() {
                    self.frame.history.interrupt(look.ended, Cause::Slept);
                }
                self.take(snapshot, look);
                self.panics = 0;
            }
            Ok(None) => self.frame.health = Health::Recorded,
            Err(failure) => self.fail(failure, true, ended.at),
        }
    }

    /// Whether much more time has passed since the last sample than should have.
    fn is_late(&self, at: SystemTime) -> bool {
        let since = self.frame.history.last().and_then(|last| at.duration_since(last.at).ok());
        let interval = self.frame.interval.actual.max(lock(&self.shared.orders).interval);
        since.is_some_and(|since| since > interval * 2 + LATE)
    }

    fn take(&mut self, mut snapshot: Snapshot, look: Look) {
        let at = look.ended;
        if self.frame.snapshot.as_ref().is_some_and(|before| before.source != snapshot.source) {
            // Another source names rows otherwise: all would seem new, and all that was gone.
            self.tracker.restart();
        }
        let observed = self.tracker.observe(&mut snapshot, look);
        // What panics below must not leave a frame that disagrees with itself.
        let mut frame = self.frame.clone();
        let parted = frame.history.is_interrupted();
        self.survey.take(&snapshot, &observed, &mut frame, at, parted);
        frame.tracks = observed.tracks.into();
        frame.counts = snapshot.counts();
        if parted {
            self.watch.interrupt();
        }
        frame.events = self.watch.observe(&snapshot, at);
        if snapshot.is_partial() {
            // Counts that are too low are not drawn as if they were whole.
            frame.history.interrupt(at, Cause::Failed);
        } else {
            frame.history.push(at, frame.counts);
        }
        frame.snapshot = Some(Arc::new(snapshot));
        frame.at = at;
        frame.now = at;
        frame.table += 1;
        frame.health = Health::Live;
        self.frame = frame;
        self.stay_paused(at);
    }

    fn fail(&mut self, failure: PollFailure, retries: bool, at: SystemTime) {
        self.frame.history.interrupt(at, Cause::Failed);
        self.stay_paused(at);
        self.frame.now = at;
        let since = match &self.frame.health {
            Health::Failed { since, .. } => *since,
            _ => at,
        };
        self.frame.health = Health::Failed { since, failure, retries };
    }

    /// A single poll that was asked for during a pause does not end it.
    fn stay_paused(&mut self, at: SystemTime) {
        if self.frame.paused.is_some() {
            self.frame.history.interrupt(at, Cause::Paused);
        }
    }

    fn publish(&mut self) {
        self.frame.generation += 1;
        self.shared.frame.publish(self.frame.clone());
        (self.shared.wake)();
    }

    /// Waits until the next poll is due, and gives the number of requests it answers; none when the
    /// sampler is to stop.
    fn wait(&mut self, began: Instant, answered: u64) -> Option<u64> {
        let shared = Arc::clone(&self.shared);
        loop {
            let orders = lock(&shared.orders);
            if orders.stop {
                return None;
            }
            let paused = orders.paused;
            if paused != self.frame.paused.is_some() {
                drop(orders);
                self.set_paused(paused);
                continue;
            }
            let due = self.next_poll_in(began, orders.interval);
            if orders.poll_requests != answered || due.is_zero() {
                return Some(orders.poll_requests);
            }
            drop(shared.changed.wait_timeout(orders, due).unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// How long until the next poll is due by itself; an hour stands for "not by itself".
    fn next_poll_in(&self, began: Instant, asked: Duration) -> Duration {
        let by_itself = match self.frame.health {
            Health::Starting | Health::Live => true,
            Health::Failed { retries, .. } => retries,
            Health::Recorded => false,
        };
        if !by_itself || self.frame.paused.is_some() {
            return Duration::from_hours(1);
        }
        // A recording is played through at once: its time is its own.
        let interval =
            if self.source.is_live() { asked.max(self.least_interval) } else { Duration::ZERO };
        interval.saturating_sub(began.elapsed())
    }

    fn set_paused(&mut self, paused: bool) {
        if paused {
            let now = self.timeline.place(self.started.elapsed(), SystemTime::now()).at;
            self.frame.history.interrupt(now, Cause::Paused);
            self.frame.paused = Some(now);
        } else {
            self.frame.paused = None;
        }
        self.publish();
    }
}

#[cfg(test)]
mod tests;
