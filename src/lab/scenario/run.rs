//! What a scenario works with: sockets, time, and a place for what comes of it. `judge` has the judging.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::judge::named;
use super::room::Room;
use super::shown::Shown;
use super::{Knobs, Scenario, Setup};
use crate::lab::cancel::Cancel;
use crate::lab::errno::{CallError, cancelled};
use crate::lab::link::Link;
use crate::lab::listener::{BACKLOG, Listener};
use crate::lab::log::Recorder;
use crate::lab::observe::{Lane, Observation, Observer};
use crate::lab::options::{SocketOptions, loopback};
use crate::lab::result::{Exhibit, Habit, Outcome, ScenarioResult, Step};
use crate::lab::socket::LabSocket;
use crate::model::lab::{End, Role, Verdict, Who};
use crate::model::{PollFailure, Socket};
use crate::os::{Pair, PairProbe, pair_probe};
use crate::text;
use crate::text::Text;

/// How many calls are kept.
const CALLS: usize = 10_000;

/// How often a wait looks whether it should end.
const STEP: Duration = Duration::from_millis(2);

/// What a scenario works with. Its sockets belong to the scenario and are closed when that returns.
pub struct Run {
    pub(super) observer: Observer,
    pub(super) recorder: Recorder,
    pub(super) result: ScenarioResult,
    /// For single questions; the observer has its own.
    probe: Box<dyn PairProbe>,
    room: Room,
    address: SocketAddr,
    numbers: u64,
    knobs: Knobs,
    executable: Option<PathBuf>,
    shown: Arc<Shown>,
    began: Instant,
}

/// A connection of a scenario, with the number it is watched under.
#[derive(Debug)]
pub struct RunLink {
    pub(super) number: u64,
    /// The connection.
    pub link: Link,
}

impl RunLink {
    /// The number it is watched under.
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// An end by its name, with the connection's number unless it is the first: `client`, `client 2`.
    pub fn named(&self, end: End) -> String {
        named(end, self.number)
    }
}

impl Run {
    pub(super) fn new(
        result: ScenarioResult,
        setup: Setup,
        began: Instant,
        cancel: Cancel,
    ) -> io::Result<Self> {
        let shown = Arc::new(Shown::new(result.clone(), setup.notify, began));
        let seen = Arc::clone(&shown);
        let notify = move |observation: &Arc<Observation>, changed| seen.see(observation, changed);
        let observer = Observer::start(setup.probe, began, Box::new(notify))?;
        Ok(Self {
            observer,
            recorder: Recorder::new(began, CALLS, cancel),
            result,
            probe: pair_probe(),
            room: Room::now(),
            address: loopback(),
            numbers: 0,
            knobs: setup.knobs,
            executable: setup.executable,
            shown,
            began,
        })
    }

    /// What was chosen.
    pub const fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    /// This program's own file; none when nobody said where it is.
    pub fn executable(&self) -> Option<&Path> {
        self.executable.as_deref()
    }

    /// What stops the run. A scenario that does something for long asks it.
    pub const fn cancel(&self) -> &Cancel {
        self.recorder.cancel()
    }

    /// Writes down the calls of sockets that are made without the run's help.
    pub const fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// The time since the run began.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Says what it does now, and shows what has come of it so far.
    pub fn step(&mut self, text: Text) {
        self.result.steps.push(Step { at: self.elapsed(), text });
        self.show();
    }

    /// Shows the ways to reconnect as they are now.
    pub fn show_habits(&mut self, habits: &[Habit]) {
        self.result.habits = habits.to_vec();
        self.show();
    }

    /// Shows what is held still.
    pub fn show_exhibits(&mut self, exhibits: &[Exhibit]) {
        self.result.exhibits = exhibits.to_vec();
        self.show();
    }

    /// Shows what has come of it so far.
    pub fn show(&mut self) {
        let shown = Arc::clone(&self.shown);
        shown.put(|| {
            self.take_stock();
            self.result.clone()
        });
    }

    /// Waits so long; the error is the wish to stop.
    pub fn pause(&self, time: Duration) -> Result<(), CallError> {
        let end = Instant::now() + time;
        loop {
            if self.cancel().is_cancelled() {
                return Err(CallError::new(&cancelled()));
            }
            let rest = end.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return Ok(());
            }
            std::thread::sleep(rest.min(STEP));
        }
    }

    /// The run's own loopback address, with port 0.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A number for a connection that is made without the run's help.
    pub const fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Whether two sockets on the run's own address can meet at all: without that nothing can be told of this system. What
    /// is called for it is no part of the experiment, and not written down.
    pub(super) fn try_loopback(&self) -> Result<(), CallError> {
        let recorder = Recorder::new(self.began, 0, self.cancel().clone());
        let met =
            Listener::open(self.address, SocketOptions::NONE, 1, &recorder).and_then(|listener| {
                Link::open(&listener, [SocketOptions::NONE; 2], 0, &recorder, |_| {})
            });
        met.map(drop).map_err(|error| {
            if error.is_cancelled() {
                return error;
            }
            let meaning = text!(
                "lab.check.no_loopback",
                ip = self.address.ip().to_string(),
                why = error.meaning
            );
            CallError { meaning, ..error }
        })
    }

    /// Runs the scenario, unless a setting that it presupposes is otherwise.
    pub(super) fn run(&mut self, scenario: &dyn Scenario) -> Result<(), CallError> {
        let presupposed = scenario.presupposes(&self.knobs);
        let otherwise = presupposed.iter().filter(|it| !self.holds(it)).count();
        if otherwise == 0 { scenario.run(self) } else { Ok(()) }
    }

    /// A listener on the run's own address with these options.
    pub fn listen(&self, options: SocketOptions) -> Result<Listener, CallError> {
        Listener::open(self.address, options, BACKLOG, &self.recorder)
    }

    /// A client socket with these options, not bound and not connected.
    pub fn client(&mut self, options: SocketOptions) -> Result<LabSocket, CallError> {
        let who = Who { role: Role::Client, number: self.next_number() };
        let mut client = LabSocket::new(who, self.address, &self.recorder)?;
        client.set_options(options)?;
        Ok(client)
    }

    /// Connects to the listener, and watches both ends from then on.
    pub fn connect(
        &mut self,
        listener: &Listener,
        client: SocketOptions,
        peer: SocketOptions,
    ) -> Result<RunLink, CallError> {
        let client = self.client(client)?;
        self.join(listener, client, peer)
    }

    /// [`Run::connect`] for a client socket that is prepared already.
    pub fn join(
        &mut self,
        listener: &Listener,
        client: LabSocket,
        peer: SocketOptions,
    ) -> Result<RunLink, CallError> {
        let number = client.who().number;
        let observer = &self.observer;
        let link = Link::join(listener, client, peer, &self.recorder, |pair| {
            observer.watch(number, pair);
        })?;
        Ok(RunLink { number, link })
    }

    /// Watches a connection that was made without the run's help.
    pub fn watch(&self, number: u64, pair: Pair) {
        self.observer.watch(number, pair);
    }

    /// What was seen of a connection so far.
    pub fn lane(&self, number: u64) -> Option<Arc<Lane>> {
        let seen = self.observer.latest();
        seen.lanes.iter().find(|lane| lane.number == number).cloned()
    }

    /// The rows of both ends as they are at this moment.
    pub fn rows(&mut self, pair: Pair) -> Result<[Option<Socket>; 2], CallError> {
        let rows = self.probe.lookup(&[pair]);
        rows.map(|mut rows| rows.pop().unwrap_or([None, None])).map_err(|it| unseen(&it))
    }

    /// The rows of both ends of several connections, all from one look.
    pub fn rows_of(&mut self, pairs: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, CallError> {
        self.probe.lookup(pairs).map_err(|it| unseen(&it))
    }

    /// The row of a listener at this moment.
    pub fn listener_row(&mut self, address: SocketAddr) -> Result<Option<Socket>, CallError> {
        self.probe.listener(address).map_err(|it| unseen(&it))
    }

    /// Why TIME_WAIT, or FIN_WAIT_2 of a socket that nobody holds, may have no row; none where there was room for it.
    pub fn no_room(&self) -> Option<Text> {
        self.room.lacked()
    }

    /// Why a TIME_WAIT may be over before its time; none where nothing speaks for that.
    pub fn ended_early(&self) -> Option<Text> {
        self.room.ended_early()
    }

    /// Whether something that was judged could not be told.
    pub(super) fn is_untold(&self) -> bool {
        self.result.verdict() == Verdict::CouldNotTell
    }

    /// The result, with everything that was called and seen.
    pub(super) fn finish(mut self) -> ScenarioResult {
        self.take_stock();
        for habit in &mut self.result.habits {
            if habit.outcome == Outcome::Running {
                habit.outcome = Outcome::CutShort;
            }
        }
        self.result.finished = true;
        self.result
    }

    fn take_stock(&mut self) {
        self.result.took = self.began.elapsed();
        self.result.calls = self.recorder.calls();
        let seen: Arc<Observation> = self.observer.latest();
        self.result.lanes.clone_from(&seen.lanes);
    }
}

/// The table could not be looked at. Lacking descriptors keep their name, so that what to try is said.
pub(super) fn unseen(failure: &PollFailure) -> CallError {
    let numbered = failure.number.map(io::Error::from_raw_os_error);
    if let Some(error) = numbered.map(|error| CallError::new(&error))
        && error.is_out_of_descriptors()
    {
        let meaning =
            text!("lab_room.no_look", source = failure.source.as_str(), why = error.meaning);
        return CallError { meaning, ..error };
    }
    CallError::new(&io::Error::other(format!("{}: {}", failure.source, failure.cause)))
}
