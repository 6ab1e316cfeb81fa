//! An experiment that runs by itself and says whether this system behaves as it is known to.
//!
//! Only what stays is judged: final states, errno, numbers of bytes. FIN_WAIT_1 or LAST_ACK may be over
//! before anybody looks, so they are shown when seen and never asked for. What could not be observed is
//! neither right nor wrong.

mod judge;
mod knobs;
mod known;
mod rest;
mod room;
mod run;
mod runner;
mod shown;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

pub(super) use judge::{over_time, with_remedy};
pub use knobs::{BadKnob, Knob, Knobs, Range};
pub use known::Known;
pub use run::{Run, RunLink};
pub use runner::{News, Order, Phase, Ran, ScenarioRunner, Tell};

use super::cancel::Cancel;
use super::errno::{CallError, cancelled};
use super::log::Bounded;
use super::presupposed::Presupposed;
use super::result::ScenarioResult;
use crate::model::lab::Resolution;
use crate::os::{self, PairProbe, pair_probe};
use crate::text;
use crate::text::Text;

/// How long a scenario may take in all, unless it says otherwise.
pub const TIME_LIMIT: Duration = Duration::from_secs(15);

/// An experiment. One file each, and one line in [`super::SCENARIOS`].
pub trait Scenario: Sync {
    /// Its name on the command line: `client-closes-first`.
    fn name(&self) -> &'static str;

    /// Its name in the window.
    fn title(&self) -> Text;

    /// What one learns from it.
    fn teaches(&self) -> Text;

    /// What can be chosen.
    fn knobs(&self) -> &'static [Knob] {
        &[]
    }

    /// How long it takes, more or less, with these knobs.
    fn lasts(&self, knobs: &Knobs) -> Duration;

    /// When it is stopped, with these knobs.
    fn time_limit(&self, knobs: &Knobs) -> Duration {
        self.lasts(knobs) + TIME_LIMIT
    }

    /// The settings of the kernel without which what is expected, with these knobs, cannot come. Where one is otherwise nothing
    /// is called, and the result says that it could not tell.
    fn presupposes(&self, _: &Knobs) -> Vec<Presupposed> {
        Vec::new()
    }

    /// Makes the calls and judges what comes of them. An error ends the run as one that could not tell:
    /// it is for calls that only prepare what is to be judged.
    fn run(&self, run: &mut Run) -> Result<(), CallError>;
}

/// What a run needs beside its scenario.
pub struct Setup {
    /// What was chosen.
    pub knobs: Knobs,
    /// How both ends are looked up.
    pub probe: Box<dyn PairProbe>,
    /// This program's own file, for the scenario that has to run in a process of its own; without it that one cannot
    /// tell.
    pub executable: Option<PathBuf>,
    /// Is told whenever there is more of the result.
    pub notify: Notify,
}

/// Is told of a result that has grown.
pub type Notify = Box<dyn Fn(Arc<ScenarioResult>) + Send>;

impl Setup {
    /// The scenario's own knobs, the system's best probe, and nobody to tell.
    pub fn new(scenario: &dyn Scenario) -> Self {
        Self {
            knobs: Knobs::of(scenario.knobs()),
            probe: pair_probe(),
            executable: None,
            notify: Box::new(|_| {}),
        }
    }
}

/// A result of which nothing has come yet.
fn blank(scenario: &dyn Scenario, knobs: &Knobs, resolution: Resolution) -> ScenarioResult {
    ScenarioResult {
        scenario: scenario.name(),
        os: os::host().os.into(),
        knobs: knobs.written(),
        resolution,
        began_at: SystemTime::now(),
        took: Duration::ZERO,
        finished: false,
        steps: Vec::new(),
        checks: Vec::new(),
        habits: Vec::new(),
        exhibits: Vec::new(),
        calls: Arc::new(Bounded::new(0)),
        lanes: Vec::new(),
    }
}

/// What comes of a scenario that was stopped before its turn: nothing could be told, and it is not finished.
pub fn stopped_before(scenario: &dyn Scenario, knobs: &Knobs) -> ScenarioResult {
    let mut result = blank(scenario, knobs, pair_probe().resolution());
    result.checks.push(judge::unfinished(text!("lab.check.cancelled").into()));
    result
}

/// Runs a scenario to its end, its time limit, or the wish to stop. Blocks meanwhile, and leaves no socket open.
pub fn run(scenario: &dyn Scenario, setup: Setup, cancel: &Cancel) -> ScenarioResult {
    let began = Instant::now();
    let result = blank(scenario, &setup.knobs, setup.probe.resolution());
    let limit = scenario.time_limit(&setup.knobs);
    let limited = cancel.with_deadline(began + limit);
    match Run::new(result.clone(), setup, began, limited) {
        Err(error) => {
            let mut result = result;
            result.checks.push(judge::unfinished(error.to_string().into()));
            result.finished = true;
            result
        }
        Ok(mut run) => {
            let ran = match run.try_loopback().and_then(|()| run.run(scenario)) {
                // What is judged under the wish to stop only says that it could not tell; this says why.
                Ok(()) if run.cancel().is_cancelled() && run.is_untold() => {
                    Err(CallError::new(&cancelled()))
                }
                ran => ran,
            };
            if let Err(error) = ran {
                run.broken_off(cancel, limit, &error);
            }
            run.finish()
        }
    }
}
