//! Watches both ends of connections, on a thread of its own, at an interval it can afford.
//!
//! A look costs what the probe costs: a few microseconds where the kernel can be asked for single rows,
//! milliseconds where the whole table is read. The observer rests ten times as long as the last look
//! took, so it never takes more than a tenth of a core, and says how often it looks. While nothing happens
//! it looks less often; whoever is about to make something happen says so first ([`Observer::expect_changes`]).

mod inferred;
mod seen;
#[cfg(test)]
mod tests;

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use inferred::other_end;
pub(super) use seen::STEADY;
pub use seen::{Lane, Observation, Seen, Watch};

use super::cancel::Cancel;
use crate::model::{Operation, PollFailure, Socket};
use crate::os::{Pair, PairProbe};

/// The shortest rest between two looks after something happened.
const QUICK: Duration = Duration::from_millis(2);
/// The shortest rest while nothing happens.
const CALM: Duration = Duration::from_millis(5);
/// The longest rest, while nothing happens and a look is dear: what is left then are timers of a minute.
const SLOW: Duration = Duration::from_millis(100);
/// How long after the last change or command something may still happen.
const LIVELY: Duration = Duration::from_secs(2);
/// A tenth of a core: the rest is so many times the last look.
const REST_PER_COST: u32 = 10;
/// A hundredth of a core, while nothing happens.
const CALM_REST_PER_COST: u32 = 100;
/// How long a closed connection is watched: TIME_WAIT was measured to last 60 to 64 s on
/// Linux.
const AFTERLIFE: Duration = Duration::from_secs(65);

/// Is told of every new observation, and whether it shows something new or only the same again.
pub type Notify = Box<dyn Fn(&Arc<Observation>, bool) + Send>;

/// The thread that looks; dropping it ends it.
#[derive(Debug)]
pub struct Observer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    control: Mutex<Control>,
    /// Somebody wants something else to be done.
    told: Condvar,
    /// A look was made.
    looked: Condvar,
}

#[derive(Debug)]
struct Control {
    stop: bool,
    began: Instant,
    lively_until: Instant,
    last_look: Option<Instant>,
    observation: Arc<Observation>,
}

impl Observer {
    /// Starts the thread. Times of changes count from `began`. The error is the system's refusal of a thread.
    pub fn start(probe: Box<dyn PairProbe>, began: Instant, notify: Notify) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            control: Mutex::new(Control {
                stop: false,
                began,
                lively_until: began,
                last_look: None,
                observation: Arc::new(Observation::new(probe.as_ref())),
            }),
            told: Condvar::new(),
            looked: Condvar::new(),
        });
        let thread = {
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name("lab-observer".to_owned())
                .spawn(move || shared.look_until_stopped(probe, &notify))?
        };
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Begins to watch a connection under a number of the caller's. An older one with the same addresses
    /// is replaced: its row is the new one's now. An older one of this number is forgotten: its addresses were
    /// tried in vain.
    pub fn watch(&self, number: u64, pair: Pair) {
        self.tell(|control| {
            let by = control.began.elapsed();
            let lanes = &mut control.change().lanes;
            lanes.retain(|lane| lane.number != number);
            for lane in lanes.iter_mut() {
                if lane.pair == pair && lane.watch == Watch::Looking {
                    Arc::make_mut(lane).watch = Watch::Replaced { by };
                }
            }
            lanes.push(Arc::new(Lane::new(number, pair)));
        });
    }

    /// Both ends are closed: watches until the rows are gone, or 65 seconds.
    pub fn let_go(&self, number: u64) {
        self.tell(|control| {
            for lane in &mut control.change().lanes {
                if lane.number == number && lane.until.is_none() {
                    Arc::make_mut(lane).until = Some(Instant::now() + AFTERLIFE);
                }
            }
        });
    }

    /// Forgets one connection and what was seen of it.
    pub fn forget(&self, number: u64) {
        self.tell(|control| control.change().lanes.retain(|lane| lane.number != number));
    }

    /// Forgets everything; times of changes count from `began` now.
    pub fn restart(&self, began: Instant) {
        self.tell(|control| {
            control.began = began;
            control.change().lanes.clear();
        });
    }

    /// Something is about to happen: looks as often as it can afford for the next two seconds.
    pub fn expect_changes(&self) {
        self.tell(|_| {});
    }

    /// What was seen so far.
    pub fn latest(&self) -> Arc<Observation> {
        Arc::clone(&self.shared.lock().observation)
    }

    /// Waits until `enough`, `deadline`, or the wish to stop, and gives what was seen by then.
    pub fn wait(
        &self,
        deadline: Instant,
        cancel: &Cancel,
        enough: impl Fn(&Observation) -> bool,
    ) -> Arc<Observation> {
        let mut control = self.shared.lock();
        loop {
            let now = Instant::now();
            if enough(&control.observation) || now >= deadline || cancel.is_cancelled() {
                return Arc::clone(&control.observation);
            }
            // Short, because a wish to stop rings no bell.
            let rest = QUICK.min(deadline - now);
            control = match self.shared.looked.wait_timeout(control, rest) {
                Ok((control, _)) => control,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    fn tell(&self, what: impl FnOnce(&mut Control)) {
        let mut control = self.shared.lock();
        control.lively_until = Instant::now() + LIVELY;
        what(&mut control);
        self.shared.told.notify_all();
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.tell(|control| control.stop = true);
        if let Some(thread) = self.thread.take() {
            // A panic of the probe is caught and told; what is left here could only be one in `notify`.
            let _ = thread.join();
        }
    }
}

impl Control {
    /// The observation, to be changed.
    fn change(&mut self) -> &mut Observation {
        let observation = Arc::make_mut(&mut self.observation);
        observation.generation += 1;
        observation
    }

    /// When the next look is due.
    fn due(&self, now: Instant) -> Instant {
        let cost = self.observation.last_cost.unwrap_or_default();
        let affordable = cost * REST_PER_COST;
        let rest = if now < self.lively_until {
            affordable.max(QUICK)
        } else {
            (cost * CALM_REST_PER_COST).clamp(CALM, SLOW).max(affordable)
        };
        self.last_look.map_or(now, |look| look + rest)
    }

    /// What has to be looked up now. Gives up what had its time.
    fn wanted(&mut self, now: Instant) -> Vec<(u64, Pair)> {
        let over = |lane: &Lane| {
            lane.watch == Watch::Looking && lane.until.is_some_and(|until| now >= until)
        };
        if self.observation.lanes.iter().any(|lane| over(lane)) {
            for lane in &mut self.change().lanes {
                if over(lane) {
                    Arc::make_mut(lane).watch = Watch::GivenUp;
                }
            }
        }
        self.observation
            .lanes
            .iter()
            .filter(|lane| lane.watch == Watch::Looking)
            .map(|lane| (lane.number, lane.pair))
            .collect()
    }

    /// Takes in one look; says whether it shows anything new.
    fn record(
        &mut self,
        wanted: &[(u64, Pair)],
        cost: Duration,
        now: Instant,
        result: Result<Vec<[Option<Socket>; 2]>, PollFailure>,
    ) -> bool {
        let at = now.saturating_duration_since(self.began);
        self.last_look = Some(now);
        let observation = self.change();
        observation.looks += 1;
        observation.last_cost = Some(cost);
        let failure = result.as_ref().err().cloned();
        let mut changed = observation.failure != failure;
        observation.failed_looks += u64::from(failure.is_some());
        observation.failure = failure;
        for ((number, pair), rows) in wanted.iter().zip(result.unwrap_or_default()) {
            // It may have been forgotten, given up, or watched at other addresses while the look was made.
            let lane = observation.lanes.iter_mut().find(|lane| {
                lane.number == *number && lane.pair == *pair && lane.watch == Watch::Looking
            });
            if let Some(lane) = lane {
                changed |= Arc::make_mut(lane).record(at, &rows);
            }
        }
        if changed {
            self.lively_until = now + LIVELY;
        }
        let interval = self.due(now).saturating_duration_since(now);
        Arc::make_mut(&mut self.observation).interval = interval;
        changed
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_until_stopped(&self, mut probe: Box<dyn PairProbe>, notify: &Notify) {
        while let Some(wanted) = self.next_look() {
            let pairs: Vec<Pair> = wanted.iter().map(|(_, pair)| *pair).collect();
            let began = Instant::now();
            let result = catch_unwind(AssertUnwindSafe(|| probe.lookup(&pairs)))
                .unwrap_or_else(|_| Err(failed("the look-up panicked")))
                .and_then(|rows| {
                    if rows.len() == pairs.len() {
                        Ok(rows)
                    } else {
                        Err(failed("the look-up left connections out"))
                    }
                });
            let now = Instant::now();
            let (observation, changed) = {
                let mut control = self.lock();
                let changed = control.record(&wanted, now - began, now, result);
                (Arc::clone(&control.observation), changed)
            };
            self.looked.notify_all();
            notify(&observation, changed);
        }
    }

    /// Rests until a look is due, and says at what; none when it is time to stop.
    fn next_look(&self) -> Option<Vec<(u64, Pair)>> {
        let mut control = self.lock();
        loop {
            if control.stop {
                return None;
            }
            let now = Instant::now();
            let due = control.due(now);
            let wanted = control.wanted(now);
            control = if wanted.is_empty() {
                self.told.wait(control).unwrap_or_else(PoisonError::into_inner)
            } else if due <= now {
                return Some(wanted);
            } else {
                match self.told.wait_timeout(control, due - now) {
                    Ok((control, _)) => control,
                    Err(poisoned) => poisoned.into_inner().0,
                }
            };
        }
    }
}

fn failed(cause: &str) -> PollFailure {
    PollFailure {
        source: "lab observer".to_owned(),
        operation: Operation::RunCollector,
        cause: cause.to_owned(),
        number: None,
    }
}
