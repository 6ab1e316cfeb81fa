//! Runs a lab scenario on a thread of its own and keeps the last result of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::task::Task;
use crate::lab::{self, Cancel, SCENARIOS, ScenarioResult, Setup};
use crate::monitor::Wake;
use crate::text::Text;

/// The scenario that runs, and what came of those that ran.
pub struct ScenarioRunner {
    running: Option<Running>,
    results: BTreeMap<&'static str, Arc<ScenarioResult>>,
    wake: Wake,
}

struct Running {
    name: &'static str,
    cancel: Cancel,
    task: Task<ScenarioResult>,
}

impl ScenarioRunner {
    /// Nothing ran yet. `wake` is called when a scenario is done.
    pub const fn new(wake: Wake) -> Self {
        Self { running: None, results: BTreeMap::new(), wake }
    }

    /// The scenario that runs.
    pub fn running(&self) -> Option<&'static str> {
        self.running.as_ref().map(|running| running.name)
    }

    /// What came of a scenario when it last ran.
    pub fn result(&self, name: &str) -> Option<&Arc<ScenarioResult>> {
        self.results.get(name)
    }

    /// Runs the scenario with this name, unless one runs already.
    pub fn start(&mut self, name: &'static str) {
        let found = SCENARIOS.iter().copied().find(|scenario| scenario.name() == name);
        let Some(scenario) = found.filter(|_| self.running.is_none()) else { return };
        let cancel = Cancel::new();
        let stopped = cancel.clone();
        let task = Task::start("scenario", &self.wake, move || {
            lab::run(scenario, Setup::new(scenario), &stopped)
        });
        self.running = Some(Running { name, cancel, task });
    }

    /// Wishes that the scenario that runs stops.
    pub fn stop(&self) {
        if let Some(running) = &self.running {
            running.cancel.cancel();
        }
    }

    /// Takes the result of the scenario that ran, once it is there; says so when there will be none.
    pub fn update(&mut self) -> Option<Text> {
        let running = self.running.as_mut()?;
        let result = running.task.take()?;
        let name = running.name;
        self.running = None;
        match result {
            Ok(result) => {
                self.results.insert(name, Arc::new(result));
                None
            }
            Err(lost) => {
                self.results.remove(name);
                Some(lost.text())
            }
        }
    }
}

impl Drop for ScenarioRunner {
    fn drop(&mut self) {
        self.stop();
    }
}
