//! What is shown of a run while it goes on: what it tells itself, and between that what the observer sees.
//!
//! A call may block for a minute, in which the run tells nothing; its connections change their states all the same.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Notify;
use crate::lab::observe::{Observation, Watch};
use crate::lab::result::ScenarioResult;

/// What the observer sees is shown once in so long: a look is made every few milliseconds, and nobody reads that fast.
const INTERVAL: Duration = Duration::from_millis(50);

/// Shared by the run's thread and the observer's.
pub(super) struct Shown {
    began: Instant,
    latest: Mutex<Latest>,
}

struct Latest {
    notify: Notify,
    result: Arc<ScenarioResult>,
    at: Instant,
    /// The observer saw something that is not shown yet.
    behind: bool,
}

impl Shown {
    pub(super) fn new(result: ScenarioResult, notify: Notify, began: Instant) -> Self {
        let latest = Latest { notify, result: Arc::new(result), at: began, behind: false };
        Self { began, latest: Mutex::new(latest) }
    }

    /// Shows what the run has put together; it does so under the lock, lest something older takes the place of what the
    /// observer showed meanwhile.
    pub(super) fn put(&self, result: impl FnOnce() -> ScenarioResult) {
        let mut latest = self.lock();
        let result = result();
        latest.show(result);
    }

    /// Takes in a look of the observer; `changed` when it saw something new.
    pub(super) fn see(&self, observation: &Observation, changed: bool) {
        let mut latest = self.lock();
        latest.behind |= changed;
        // After the last look there is no other one that could bring what is held back.
        let goes_on = observation.lanes.iter().any(|lane| lane.watch == Watch::Looking);
        if !latest.behind || goes_on && latest.at.elapsed() < INTERVAL {
            return;
        }
        let mut result = ScenarioResult::clone(&latest.result);
        result.took = self.began.elapsed();
        result.lanes.clone_from(&observation.lanes);
        latest.show(result);
    }

    fn lock(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Latest {
    fn show(&mut self, result: ScenarioResult) {
        self.result = Arc::new(result);
        self.at = Instant::now();
        self.behind = false;
        (self.notify)(Arc::clone(&self.result));
    }
}
