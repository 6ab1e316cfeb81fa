//! The thread that polls: poll -> track -> publish.
//!
//! Polls never overlap. A failed poll leaves the last good table in place and a break in the history; a
//! panic in a source is a failed poll that is not retried by itself more than a few times.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use super::Wake;
use super::cell::lock;
use super::frame::{Frame, Health, Interval};
use super::source::SourceChoice;
use crate::analysis::history::{Cause, Sample};
use crate::analysis::timeline::Timeline;
use crate::analysis::track::Tracker;
use crate::model::{Operation, PollFailure, Snapshot};
use crate::os::SocketSource;

/// The interval is at least so many times what a poll takes: polling may use a tenth of the time.
const COST_TO_INTERVAL: u32 = 10;

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
    frame: Mutex<Arc<Frame>>,
    wake: Wake,
}

/// A running sampler. Dropping it stops and joins its thread.
pub struct Monitor {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Monitor {
    /// Starts sampling. `wake` is called from the sampler's thread after each publication.
    pub fn start(choice: SourceChoice, interval: Duration, wake: Wake) -> std::io::Result<Self> {
        let source = choice.open();
        let began = SystemTime::now();
        let frame = Frame::starting(source.name().to_owned(), interval, began);
        let shared = Arc::new(Shared {
            orders: Mutex::new(Orders {
                interval,
                paused: false,
                poll_requests: 0,
                stop: false,
            }),
            changed: Condvar::new(),
            frame: Mutex::new(Arc::new(frame.clone())),
            wake,
        });
        let sampler = Sampler {
            shared: Arc::clone(&shared),
            source,
            tracker: Tracker::new(),
            timeline: Timeline::new(began),
            started: Instant::now(),
            frame,
            least_interval: Duration::ZERO,
            panics: 0,
        };
        let thread = std::thread::Builder::new()
            .name("sampler".to_owned())
            .spawn(move || sampler.run())?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// The newest frame.
    pub fn frame(&self) -> Arc<Frame> {
        Arc::clone(&lock(&self.shared.frame))
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
        let began = Instant::now();
        let polled = catch_unwind(AssertUnwindSafe(|| self.source.poll()));
        let placed = self
            .timeline
            .place(self.started.elapsed(), SystemTime::now());
        if placed.leapt.is_some() && self.source.is_live() {
            self.frame.history.interrupt(placed.at, Cause::Slept);
        }
        match polled {
            Ok(Ok(Some(snapshot))) => {
                self.panics = 0;
                self.take(snapshot, placed.at);
            }
            Ok(Ok(None)) => self.frame.health = Health::Recorded,
            Ok(Err(failure)) => self.fail(failure, true, placed.at),
            Err(panic) => {
                self.panics += 1;
                let failure = PollFailure {
                    source: self.source.name().to_owned(),
                    operation: Operation::RunCollector,
                    cause: panic_message(&*panic),
                };
                self.fail(failure, self.panics < PANICS_TOLERATED, placed.at);
            }
        }
        self.least_interval = began.elapsed() * COST_TO_INTERVAL;
        let asked = lock(&self.shared.orders).interval;
        self.frame.interval = Interval {
            asked,
            actual: asked.max(self.least_interval),
        };
        self.publish();
    }

    fn take(&mut self, mut snapshot: Snapshot, at: SystemTime) {
        // A recording has its own time.
        let at = if self.source.is_live() {
            at
        } else {
            snapshot.taken_at
        };
        self.frame.tracks = self.tracker.observe(&mut snapshot, at).into();
        if snapshot.is_partial() {
            // Counts that are too low are not drawn as if they were whole.
            self.frame.history.interrupt(at, Cause::Failed);
        } else {
            self.frame.history.push(Sample {
                at,
                counts: snapshot.counts(),
            });
        }
        if self.frame.paused.is_some() {
            // A single poll asked for during a pause does not end it.
            self.frame.history.interrupt(at, Cause::Paused);
        }
        self.frame.snapshot = Some(Arc::new(snapshot));
        self.frame.at = at;
        self.frame.table += 1;
        self.frame.health = Health::Live;
    }

    fn fail(&mut self, failure: PollFailure, retries: bool, at: SystemTime) {
        self.frame.history.interrupt(at, Cause::Failed);
        let since = match &self.frame.health {
            Health::Failed { since, .. } => *since,
            _ => at,
        };
        self.frame.health = Health::Failed {
            since,
            failure,
            retries,
        };
    }

    fn publish(&mut self) {
        self.frame.generation += 1;
        *lock(&self.shared.frame) = Arc::new(self.frame.clone());
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
            drop(
                shared
                    .changed
                    .wait_timeout(orders, due)
                    .unwrap_or_else(PoisonError::into_inner),
            );
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
        let interval = if self.source.is_live() {
            asked.max(self.least_interval)
        } else {
            Duration::ZERO
        };
        interval.saturating_sub(began.elapsed())
    }

    fn set_paused(&mut self, paused: bool) {
        if paused {
            let now = self
                .timeline
                .place(self.started.elapsed(), SystemTime::now())
                .at;
            self.frame.history.interrupt(now, Cause::Paused);
            self.frame.paused = Some(now);
        } else {
            self.frame.paused = None;
        }
        self.publish();
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked".to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;
    use std::sync::mpsc;

    use super::super::sample;
    use super::*;
    use crate::model::{Host, StateCounts};

    /// Gives what it is told to give, one a poll.
    struct Scripted(mpsc::Receiver<Poll>);

    enum Poll {
        Table,
        Failure,
        Panic,
    }

    impl SocketSource for Scripted {
        fn name(&self) -> &'static str {
            "scripted"
        }

        fn is_live(&self) -> bool {
            true
        }

        fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
            match self.0.try_recv() {
                Ok(Poll::Panic) => panic!("scripted"),
                Ok(Poll::Failure) => Err(PollFailure {
                    source: "scripted".to_owned(),
                    operation: Operation::ReadSocketTable,
                    cause: "EPERM".to_owned(),
                }),
                Ok(Poll::Table) | Err(_) => Ok(Some(Snapshot {
                    taken_at: SystemTime::now(),
                    host: Arc::new(Host {
                        name: String::new(),
                        os: String::new(),
                    }),
                    source: "scripted".to_owned(),
                    took: None,
                    sockets: Vec::new(),
                    processes: BTreeMap::new(),
                    gaps: Vec::new(),
                })),
            }
        }
    }

    /// A monitor that polls only when asked, after its first poll.
    fn start(first: Poll) -> (Monitor, mpsc::Sender<Poll>, mpsc::Receiver<()>) {
        let (script, polls) = mpsc::channel();
        script.send(first).expect("the other end is held");
        let (announce, wakes) = mpsc::channel();
        // The window may be gone by the time a worker calls.
        let wake: Wake = Arc::new(move || {
            let _ = announce.send(());
        });
        let source = SourceChoice::Other(Box::new(Scripted(polls)));
        let monitor = Monitor::start(source, Duration::from_hours(1), wake).expect("a thread");
        next(&wakes);
        (monitor, script, wakes)
    }

    fn next(wakes: &mpsc::Receiver<()>) {
        wakes
            .recv_timeout(Duration::from_secs(20))
            .expect("a worker publishes");
    }

    #[test]
    fn a_failed_poll_keeps_the_last_table_and_is_no_sample() {
        let (monitor, script, wakes) = start(Poll::Table);
        let good = monitor.frame();
        assert_eq!((&good.health, good.table), (&Health::Live, 1));

        script.send(Poll::Failure).expect("the source is held");
        monitor.poll_now();
        next(&wakes);
        let failed = monitor.frame();
        assert!(matches!(
            failed.health,
            Health::Failed { retries: true, .. }
        ));
        assert_eq!(failed.table, 1);
        assert!(failed.snapshot.is_some());
        assert_eq!(failed.history.since(SystemTime::UNIX_EPOCH).count(), 1);
        assert_eq!(failed.history.breaks().count(), 1);

        monitor.poll_now();
        next(&wakes);
        assert_eq!(monitor.frame().health, Health::Live);
        assert_eq!(
            monitor.frame().history.last().map(|s| s.counts),
            Some(StateCounts::default())
        );
    }

    #[test]
    fn a_panicking_source_is_shown_and_at_last_left_alone_until_asked() {
        let (monitor, script, wakes) = start(Poll::Panic);
        assert!(matches!(
            monitor.frame().health,
            Health::Failed { retries: true, .. }
        ));
        for retries in [true, false] {
            script.send(Poll::Panic).expect("the source is held");
            monitor.poll_now();
            next(&wakes);
            let Health::Failed {
                failure,
                retries: now,
                ..
            } = &monitor.frame().health
            else {
                panic!("it did not fail");
            };
            assert_eq!((*now, failure.cause.as_str()), (retries, "scripted"));
        }
        monitor.poll_now();
        next(&wakes);
        assert_eq!(monitor.frame().health, Health::Live);
    }

    #[test]
    fn a_pause_is_a_break_and_a_poll_during_it_does_not_end_it() {
        let (monitor, _script, wakes) = start(Poll::Table);
        monitor.set_paused(true);
        next(&wakes);
        assert!(monitor.frame().paused.is_some());
        monitor.poll_now();
        next(&wakes);
        let frame = monitor.frame();
        assert!(frame.paused.is_some());
        assert_eq!(frame.table, 2);
        assert_eq!(
            frame
                .history
                .breaks()
                .filter(|gap| gap.to.is_none())
                .count(),
            1
        );
        monitor.set_paused(false);
        next(&wakes);
        assert!(monitor.frame().paused.is_none());
    }

    #[test]
    fn a_recording_is_played_to_its_end() {
        let (_script, polls) = mpsc::channel();
        let snapshot = Scripted(polls).poll().expect("a table").expect("a table");
        let replay = || SourceChoice::Replay {
            file: PathBuf::from("before.json"),
            snapshots: vec![snapshot.clone(), snapshot.clone()],
        };
        let (announce, wakes) = mpsc::channel();
        let wake: Wake = Arc::new(move || {
            let _ = announce.send(());
        });
        let monitor = Monitor::start(replay(), Duration::from_secs(1), wake).expect("a thread");
        for _ in 0..3 {
            next(&wakes);
        }
        let frame = monitor.frame();
        assert_eq!((&frame.health, frame.table), (&Health::Recorded, 2));
        assert_eq!(frame.source, "before.json");
        assert!(sample(replay()).is_ok());
        let empty = SourceChoice::Replay {
            file: PathBuf::from("empty"),
            snapshots: Vec::new(),
        };
        assert!(sample(empty).is_err());
    }
}
