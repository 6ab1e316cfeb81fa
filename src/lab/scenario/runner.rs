//! Runs lab scenarios, some at a time and the others after them, and keeps what came of each.
//!
//! A scenario tells of itself far more often than anybody can look, so what it tells is only laid down; whoever draws it
//! while it runs looks as often as it likes, and is told when it is done.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{Knobs, Scenario, Setup, run};
use crate::error::{Error, panic_message};
use crate::lab::cancel::Cancel;
use crate::lab::result::ScenarioResult;
use crate::os::descriptor_limit;
use crate::text;
use crate::text::Text;

/// So many run side by side: most of their time they wait.
const AT_ONCE: usize = 4;

/// One runs for so many descriptors that this process may have. All but one scenario are content with thirty or so, this
/// program's own among them; where they take them from each other none can tell.
const ROOM: u64 = 64;

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

/// What there is to be fetched with [`ScenarioRunner::update`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// More of a scenario that runs.
    More,
    /// A scenario is done.
    Done,
}

/// Is told of news, on the thread that has them.
pub type Tell = Arc<dyn Fn(News) + Send + Sync>;

/// The scenarios that run, those that wait, and what came of those that ran.
pub struct ScenarioRunner {
    running: Vec<Running>,
    waiting: VecDeque<Order>,
    ran: BTreeMap<&'static str, Ran>,
    executable: Option<PathBuf>,
    tell: Tell,
    at_once: usize,
}

struct Running {
    name: &'static str,
    began: Instant,
    lasts: Duration,
    cancel: Cancel,
    told: Arc<Told>,
    /// None when the system gave no thread; what was told says so.
    thread: Option<JoinHandle<()>>,
}

/// What a scenario has told and nobody has fetched.
#[derive(Default)]
struct Told(Mutex<Untaken>);

#[derive(Default)]
struct Untaken {
    ran: Option<Ran>,
    done: bool,
}

impl Told {
    fn lock(&self) -> MutexGuard<'_, Untaken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, ran: Ran, done: bool) {
        *self.lock() = Untaken { ran: Some(ran), done };
    }
}

impl Running {
    fn start(Order { scenario, knobs }: Order, executable: Option<PathBuf>, tell: Tell) -> Self {
        let (cancel, lasts) = (Cancel::new(), scenario.lasts(&knobs));
        let (told, stop) = (Arc::new(Told::default()), cancel.clone());
        let work = {
            let told = Arc::clone(&told);
            move || {
                let (grown, more) = (Arc::clone(&told), Arc::clone(&tell));
                let notify = Box::new(move |result| {
                    grown.put(Ran::Result(result), false);
                    more(News::More);
                });
                let setup = Setup { knobs, executable, notify, ..Setup::new(scenario) };
                // Unwinding drops every socket, which closes it.
                let ran = match catch_unwind(AssertUnwindSafe(|| run(scenario, setup, &stop))) {
                    Ok(result) => Ran::Result(Arc::new(result)),
                    Err(panic) => {
                        Ran::Lost(text!("lab_room.panicked", cause = panic_message(&*panic)))
                    }
                };
                told.put(ran, true);
                tell(News::Done);
            }
        };
        let thread = thread::Builder::new().name(format!("lab-{}", scenario.name())).spawn(work);
        let thread =
            thread.map_err(|error| told.put(Ran::Lost(Error::Thread(error).text()), true)).ok();
        Self { name: scenario.name(), began: Instant::now(), lasts, cancel, told, thread }
    }
}

impl Drop for Running {
    /// Wishes that it stops, and waits for it.
    fn drop(&mut self) {
        self.cancel.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of the scenario is caught and told; what is left here could only be one in `tell`.
            let _ = thread.join();
        }
    }
}

/// How many run side by side in a process that may have so many descriptors.
fn at_once(descriptors: Option<u64>) -> usize {
    let room = descriptors.map(|limit| usize::try_from(limit / ROOM).unwrap_or(AT_ONCE));
    room.unwrap_or(AT_ONCE).clamp(1, AT_ONCE)
}

impl ScenarioRunner {
    /// Nothing ran yet. `executable` is this program's own file, for the scenarios that start it.
    pub fn new(executable: Option<PathBuf>, tell: Tell) -> Self {
        Self {
            running: Vec::new(),
            waiting: VecDeque::new(),
            ran: BTreeMap::new(),
            executable,
            tell,
            at_once: at_once(descriptor_limit()),
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
        self.running.retain(|running| {
            let mut told = running.told.lock();
            if let Some(news) = told.ran.take() {
                ran.insert(running.name, news);
            }
            !told.done
        });
        self.fill();
    }

    /// Begins those that wait, while there is room.
    fn fill(&mut self) {
        while self.running.len() < self.at_once
            && let Some(order) = self.waiting.pop_front()
        {
            // What came of it before would be taken for what comes of it now.
            self.ran.remove(order.scenario.name());
            let running = Running::start(order, self.executable.clone(), Arc::clone(&self.tell));
            self.running.push(running);
        }
    }

    /// Has a result that nothing was run for.
    #[cfg(test)]
    pub fn put(&mut self, ran: Ran, name: &'static str) {
        self.ran.insert(name, ran);
    }
}

impl Drop for ScenarioRunner {
    /// All are told before the first is waited for.
    fn drop(&mut self) {
        self.stop_all();
    }
}

#[cfg(test)]
mod tests;
