//! Runs lab scenarios, some at a time and the others after them, and keeps what came of each.
//!
//! A scenario tells of itself far more often than anybody can look, so what it tells is only laid down; whoever draws it
//! while it runs looks as often as it likes, and is woken when it is done.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::task::Task;
use crate::lab::{self, Cancel, Knobs, Scenario, ScenarioResult, Setup};
use crate::monitor::Wake;
use crate::text::Text;

/// So many run side by side.
pub const AT_ONCE: usize = 4;

/// A scenario to run.
#[derive(Clone)]
pub struct Order {
    /// Which.
    pub scenario: &'static dyn Scenario,
    /// What was chosen.
    pub knobs: Knobs,
}

impl Order {
    /// A scenario with its knobs as they are unless somebody says otherwise.
    pub fn of(scenario: &'static dyn Scenario) -> Self {
        Self { scenario, knobs: Knobs::of(scenario.knobs()) }
    }
}

/// How far a scenario is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It does not run.
    Rests,
    /// Others have to end before.
    Waits,
    /// It runs.
    Runs {
        /// For how long it has.
        time: Duration,
        /// How long it takes, more or less.
        lasts: Duration,
        /// Somebody wants it to stop.
        stopping: bool,
    },
}

/// What came of a scenario: all of it once it is done, and what there is while it runs.
#[derive(Clone, Debug)]
pub enum Ran {
    /// This.
    Result(Arc<ScenarioResult>),
    /// Nothing: it panicked, or the system gave no thread.
    Lost(Text),
}

/// The scenarios that run, those that wait, and what came of those that ran.
pub struct ScenarioRunner {
    running: Vec<Running>,
    waiting: VecDeque<Order>,
    ran: BTreeMap<&'static str, Ran>,
    executable: Option<PathBuf>,
    wake: Wake,
}

struct Running {
    name: &'static str,
    began: Instant,
    lasts: Duration,
    cancel: Cancel,
    told: Arc<Mutex<Option<Arc<ScenarioResult>>>>,
    task: Task<ScenarioResult>,
}

impl ScenarioRunner {
    /// Nothing ran yet. `wake` is called when a scenario is done; `executable` is this program's own file, for the
    /// scenarios that start it.
    pub const fn new(executable: Option<PathBuf>, wake: Wake) -> Self {
        Self {
            running: Vec::new(),
            waiting: VecDeque::new(),
            ran: BTreeMap::new(),
            executable,
            wake,
        }
    }

    /// Whether any runs or waits.
    pub fn is_busy(&self) -> bool {
        !(self.running.is_empty() && self.waiting.is_empty())
    }

    /// How far a scenario is.
    pub fn phase(&self, name: &str) -> Phase {
        if let Some(running) = self.running.iter().find(|running| running.name == name) {
            Phase::Runs {
                time: running.began.elapsed(),
                lasts: running.lasts,
                stopping: running.cancel.is_wished(),
            }
        } else if self.waiting.iter().any(|order| order.scenario.name() == name) {
            Phase::Waits
        } else {
            Phase::Rests
        }
    }

    /// What came of a scenario, or comes of it now.
    pub fn ran(&self, name: &str) -> Option<&Ran> {
        self.ran.get(name)
    }

    /// The result of a scenario, as far as it is there.
    pub fn result(&self, name: &str) -> Option<&Arc<ScenarioResult>> {
        match self.ran(name)? {
            Ran::Result(result) => Some(result),
            Ran::Lost(_) => None,
        }
    }

    /// Runs a scenario as soon as there is room, unless it runs or waits already.
    pub fn order(&mut self, order: Order) {
        if self.phase(order.scenario.name()) == Phase::Rests {
            self.waiting.push_back(order);
            self.fill();
        }
    }

    /// Wishes that a scenario stops, or does not begin.
    pub fn stop(&mut self, name: &str) {
        self.waiting.retain(|order| order.scenario.name() != name);
        for running in self.running.iter().filter(|running| running.name == name) {
            running.cancel.cancel();
        }
    }

    /// Wishes that all of them stop.
    pub fn stop_all(&mut self) {
        self.waiting.clear();
        for running in &self.running {
            running.cancel.cancel();
        }
    }

    /// Takes what the scenarios tell of themselves, and begins others in the place of those that are done.
    pub fn update(&mut self) {
        let ran = &mut self.ran;
        self.running.retain_mut(|running| {
            let told = running.told.lock().unwrap_or_else(PoisonError::into_inner).take();
            let (news, done) = match running.task.take() {
                None => (told.map(Ran::Result), false),
                Some(Ok(result)) => (Some(Ran::Result(Arc::new(result))), true),
                Some(Err(lost)) => (Some(Ran::Lost(lost.text())), true),
            };
            if let Some(news) = news {
                ran.insert(running.name, news);
            }
            !done
        });
        self.fill();
    }

    /// Begins those that wait, while there is room.
    fn fill(&mut self) {
        while self.running.len() < AT_ONCE
            && let Some(Order { scenario, knobs }) = self.waiting.pop_front()
        {
            let told = Arc::new(Mutex::new(None));
            let (cancel, lasts) = (Cancel::new(), scenario.lasts(&knobs));
            let task = {
                let (stop, executable) = (cancel.clone(), self.executable.clone());
                let told = Arc::clone(&told);
                Task::start("scenario", &self.wake, move || {
                    let notify = Box::new(move |result| {
                        *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                    });
                    let setup = Setup { knobs, executable, notify, ..Setup::new(scenario) };
                    lab::run(scenario, setup, &stop)
                })
            };
            let name = scenario.name();
            // What came of it before would be taken for what comes of it now.
            self.ran.remove(name);
            self.running.push(Running { name, began: Instant::now(), lasts, cancel, told, task });
        }
    }

    /// Has a result that nothing was run for.
    #[cfg(test)]
    pub fn put(&mut self, ran: Ran, name: &'static str) {
        self.ran.insert(name, ran);
    }
}

impl Drop for ScenarioRunner {
    /// All are told before the first is waited for, by its task.
    fn drop(&mut self) {
        self.stop_all();
    }
}

#[cfg(test)]
mod tests;
