//! An experiment that runs by itself and says whether this system behaves as it is known to.
//!
//! Only what stays is judged: final states, errno, numbers of bytes. FIN_WAIT_1 or LAST_ACK may be over
//! before anybody looks, so they are shown when seen and never asked for. What could not be observed is
//! neither right nor wrong.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::cancel::Cancel;
use super::connection::PATIENCE;
use super::errno::CallError;
use super::link::Link;
use super::log::Recorder;
use super::observe::{Observation, Observer, STEADY, Seen, Watch};
use super::options::SocketOptions;
use super::peer::Listener;
use crate::model::State;
use crate::model::lab::{Check, End, ScenarioResult, Verdict};
use crate::os::{PairProbe, pair_probe};
use crate::text;
use crate::text::Text;

/// How long a scenario may take in all.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);

/// How long a final state may be in coming. On loopback it takes milliseconds; a busy machine takes longer
/// to show it, and nothing that is judged depends on how long.
const STATE_PATIENCE: Duration = Duration::from_secs(3);

/// How many calls are kept.
const CALLS: usize = 10_000;

/// An experiment. One file each, and one line in [`super::SCENARIOS`].
pub trait Scenario: Sync {
    /// Its name on the command line: `client-closes-first`.
    fn name(&self) -> &'static str;

    /// Its name in the window.
    fn title(&self) -> Text;

    /// What one learns from it.
    fn teaches(&self) -> Text;

    /// Makes the calls and judges what comes of them. An error ends the run as one that could not tell:
    /// it is for calls that only prepare what is to be judged.
    fn run(&self, run: &mut Run) -> Result<(), CallError>;
}

/// What a scenario works with.
pub struct Run {
    // Sockets belong to the scenario itself and are closed when it returns, before this is dropped.
    listener: Option<Listener>,
    observer: Observer,
    recorder: Recorder,
    links: u64,
    checks: Vec<Check>,
}

/// A connection of a scenario, with the number it is watched under.
pub struct RunLink {
    number: u64,
    /// The connection.
    pub link: Link,
}

impl Run {
    /// Connects to the built-in peer, and watches both ends from then on.
    pub fn connect(
        &mut self,
        client: SocketOptions,
        peer: SocketOptions,
    ) -> Result<RunLink, CallError> {
        let listener = match self.listener.take() {
            Some(listener) => listener,
            None => Listener::open(([127, 0, 0, 1], 0).into(), &self.recorder)?,
        };
        let listener = self.listener.insert(listener);
        self.links += 1;
        let number = self.links;
        let observer = &self.observer;
        let link = Link::open(listener, client, peer, &self.recorder, |pair| {
            observer.watch(number, pair);
        })?;
        Ok(RunLink { number, link })
    }

    /// `recv` at one end, judged: so many bytes, 0 for the end of the stream.
    pub fn expect_recv(&mut self, link: &mut RunLink, end: End, bytes: usize) {
        let received = link.link.end_mut(end).recv(PATIENCE);
        self.expect_result(end, "recv()", &bytes.to_string(), received);
    }

    /// Judges what a call returned: a number, or the name of an errno.
    pub fn expect_result<T: ToString>(
        &mut self,
        end: End,
        call: &str,
        expected: &str,
        result: Result<T, CallError>,
    ) {
        let (observed, cancelled) = match result {
            Ok(value) => (value.to_string(), false),
            Err(error) => (error.errno.clone(), error.is_cancelled()),
        };
        let verdict = if cancelled {
            Verdict::CouldNotTell
        } else if observed.strip_prefix("WSA").unwrap_or(&observed) == expected {
            Verdict::AsExpected
        } else {
            Verdict::Differs
        };
        self.checks.push(Check {
            subject: text!("lab.check.call", end = end.name(), call = call).plain(),
            expected: expected.to_owned(),
            observed,
            verdict,
        });
    }

    /// Judges the state in which one end comes to rest; none when its row should be gone.
    pub fn expect_state(&mut self, link: &RunLink, end: End, expected: Option<State>) {
        let wanted = expected.map_or(Seen::NoRow, Seen::State);
        let closed = !link.link.end(end).is_held();
        self.observer.expect_changes();
        // One look may have begun before the last call; those after it count.
        let fresh = self.observer.latest().looks + 1 + STEADY;
        let find = |seen: &Observation| {
            let lane = seen.lane(link.number);
            Found {
                seen: lane.map_or(Seen::Unknown, |lane| lane.seen(end)),
                steady: lane.is_some_and(|lane| lane.looks_unchanged(end) >= STEADY),
                // Rows that are gone never come back, so they are looked up no more.
                looked_since: lane.is_some_and(|lane| lane.watch == Watch::RowsGone)
                    || seen.looks >= fresh && seen.failure.is_none(),
                hidden: closed && !seen.shows_unowned,
            }
        };
        let seen =
            self.observer.wait(Instant::now() + STATE_PATIENCE, self.recorder.cancel(), |seen| {
                let found = find(seen);
                // Nothing comes after that, whatever was wanted.
                let gone = found.seen == Seen::NoRow;
                found.looked_since && found.steady && (gone || found.seen == wanted)
            });
        let found = find(&seen);
        let hidden = found.hidden && found.seen == Seen::NoRow;
        let verdict = if hidden || !found.looked_since || found.seen == Seen::Unknown {
            Verdict::CouldNotTell
        } else if found.seen == wanted {
            Verdict::AsExpected
        } else if self.recorder.cancel().is_cancelled() {
            Verdict::CouldNotTell
        } else {
            Verdict::Differs
        };
        self.checks.push(Check {
            subject: text!("lab.check.state", end = end.name()).plain(),
            expected: written(wanted),
            observed: if hidden { text!("lab.check.hidden").plain() } else { written(found.seen) },
            verdict,
        });
    }

    /// What stops the run. A scenario that does something for long asks it.
    pub const fn cancel(&self) -> &Cancel {
        self.recorder.cancel()
    }

    /// A check for a run that did not come to its end.
    fn broken_off(&mut self, cancel: &Cancel, error: &CallError) {
        let observed = if cancel.is_wished() {
            text!("lab.check.cancelled").plain()
        } else if self.cancel().is_cancelled() {
            text!("lab.check.time_limit", n = TIME_LIMIT.as_secs()).plain()
        } else {
            error.to_string()
        };
        self.checks.push(unfinished(observed));
    }
}

/// Runs a scenario to its end, its time limit of ten seconds, or the wish to stop. Blocks meanwhile, and
/// leaves no socket open.
pub fn run(scenario: &dyn Scenario, cancel: &Cancel) -> ScenarioResult {
    run_with(scenario, cancel, pair_probe())
}

/// [`run`], with this probe to look at both ends.
pub fn run_with(
    scenario: &dyn Scenario,
    cancel: &Cancel,
    probe: Box<dyn PairProbe>,
) -> ScenarioResult {
    let began = Instant::now();
    let mut result = ScenarioResult {
        scenario: scenario.name().to_owned(),
        resolution: probe.resolution(),
        took: Duration::ZERO,
        checks: Vec::new(),
        calls: Vec::new(),
        changes: Vec::new(),
    };
    let limited = cancel.with_deadline(began + TIME_LIMIT);
    let recorder = Recorder::new(began, CALLS, limited);
    match Observer::start(probe, began, Box::new(|_, _| {})) {
        Err(error) => result.checks.push(unfinished(error.to_string())),
        Ok(observer) => {
            let mut run = Run { listener: None, observer, recorder, links: 0, checks: Vec::new() };
            if let Err(error) = scenario.run(&mut run) {
                run.broken_off(cancel, &error);
            }
            result.calls = run.recorder.calls().iter().cloned().collect();
            let seen: Arc<Observation> = run.observer.latest();
            result.changes =
                seen.lanes.iter().flat_map(|lane| lane.changes.iter().copied()).collect();
            result.changes.sort_by_key(|change| change.at);
            result.checks = run.checks;
        }
    }
    result.took = began.elapsed();
    result
}

fn unfinished(observed: String) -> Check {
    Check {
        subject: text!("lab.check.run").plain(),
        expected: text!("lab.check.to_its_end").plain(),
        observed,
        verdict: Verdict::CouldNotTell,
    }
}

/// What is known of one end after its last call.
struct Found {
    seen: Seen,
    steady: bool,
    looked_since: bool,
    hidden: bool,
}

fn written(seen: Seen) -> String {
    match seen {
        Seen::State(state) => state.name().to_owned(),
        Seen::NoRow => text!("lab.check.no_row").plain(),
        Seen::Unknown => text!("lab.check.not_seen").plain(),
    }
}
