//! Whether a source of the socket table tells the truth here: sockets of our own in known states, held against what
//! each source shows of them.
//!
//! Nothing of anybody else's sockets is told but how many there are, so that what comes of it can be handed on.

mod judge;
mod stage;
#[cfg(test)]
mod tests;

use std::thread;
use std::time::{Duration, Instant};

use super::cancel::Cancel;
use super::errno::CallError;
use super::log::Recorder;
use super::options::loopback;
use super::result::Check;
use super::socket::LabSocket;
use crate::model::lab::{Basis, Role, Verdict, Who};
use crate::model::{Family, Gap, Operation, PollFailure, Snapshot};
use crate::os::{self, SocketSource, SystemInfo};
use crate::text;
use judge::Look;
use stage::{Actor, Stage};

/// How long the sockets may take to come into their states, and the source to show them so.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long all calls together may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Between two looks of one source while it does not show yet what it should.
const STEP: Duration = Duration::from_millis(50);

/// A table that came incomplete is asked for again, so often in all.
const TRIES: usize = 3;

/// More calls than the stage makes.
const CALLS: usize = 200;

/// So many descriptors have to be free beside the stage's. Where a source gets none it shows rows without their owners, or
/// panics as netstat2 does, and that is no fault of its table.
const SPARE: usize = 8;

/// What was found out about the sources of this system.
#[derive(Debug)]
pub struct Diagnosis {
    /// The system by its own name, with the kernel's version.
    pub os: String,
    /// The sources, the one that the program uses first.
    pub sources: Vec<Examined>,
}

/// What was found out about one source.
#[derive(Debug)]
pub struct Examined {
    /// Its name.
    pub name: String,
    /// How many rows its table had.
    pub rows: usize,
    /// How long a poll took, the median of those that were made; none when none gave a table.
    pub took: Option<Duration>,
    /// Which facts it tells beside address, state and owner.
    pub tells: Vec<&'static str>,
    /// What it could not see; of other users their names are left out.
    pub gaps: Vec<Gap>,
    /// What was judged.
    pub checks: Vec<Check>,
}

impl Examined {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            rows: 0,
            took: None,
            tells: Vec::new(),
            gaps: Vec::new(),
            checks: Vec::new(),
        }
    }

    fn describe(&mut self, tables: &[&Look], latest: &Look) {
        self.rows = latest.snapshot.sockets.len();
        self.took = judge::median(tables.iter().filter_map(|look| look.snapshot.took));
        self.tells = judge::tells(&latest.snapshot);
        self.gaps = judge::without_names(&latest.snapshot.gaps);
    }

    /// The worst verdict of its checks; nothing judged is nothing told.
    pub fn verdict(&self) -> Verdict {
        self.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::CouldNotTell)
    }
}

impl Diagnosis {
    /// The worst verdict of all sources.
    pub fn verdict(&self) -> Verdict {
        self.sources.iter().map(Examined::verdict).max().unwrap_or(Verdict::CouldNotTell)
    }

    /// The first source that contradicts nothing.
    pub fn trusted(&self) -> Option<&Examined> {
        self.sources.iter().find(|source| source.verdict() != Verdict::Differs)
    }
}

/// The looks at one source, in order.
type Looks = Vec<Result<Look, PollFailure>>;

/// Makes connections on loopback and examines every source of this system. Takes a second as a rule; afterwards one
/// row in TIME_WAIT for each family is left for a minute. Fails when not even one connection could be made, and when
/// this process lacks the descriptors without which nothing can be told.
pub fn examine() -> Result<Diagnosis, CallError> {
    let mut sources = vec![os::live_source(), os::portable_source()];
    if sources[0].name() == sources[1].name() {
        sources.truncate(1);
    }
    examine_with(sources, os::system_info(), os::pair_probe().shows_unowned(), PATIENCE)
}

/// [`examine`] with these sources, and this system's counters; `shows_unowned` when rows without a process are in
/// its tables; `patience` is how long the first source may take to show everything as it is.
fn examine_with(
    mut sources: Vec<Box<dyn SocketSource>>,
    mut system: Box<dyn SystemInfo>,
    shows_unowned: bool,
    patience: Duration,
) -> Result<Diagnosis, CallError> {
    let before = system.counters();
    let (stages, missing) = set_stages()?;
    let actors: Vec<&Actor> = stages.iter().flat_map(|stage| &stage.actors).collect();
    let hidden = (!shows_unowned).then(|| text!("lab.check.hidden"));
    if let Some(first) = sources.first_mut() {
        let judged = |snapshot: &Snapshot| judge::rows(snapshot, &actors, hidden.as_ref());
        settle(first.as_mut(), &judged, Instant::now() + patience);
    }
    let mut looks: Vec<Looks> = sources.iter().map(|_| Looks::new()).collect();
    // Twice round, so that each source's table lies between two of the other's.
    for _ in 0..2 {
        for (source, looks) in sources.iter_mut().zip(&mut looks) {
            looks.push(look(source.as_mut(), system.as_mut()));
        }
    }
    let full = judge::time_wait_is_full(&before, &system.counters(), &system.limits());
    let unkept = hidden.or_else(|| full.then(|| text!("doctor.time_wait_full")));
    let examined = sources.iter().enumerate().map(|(place, source)| {
        let mut examined = Examined::new(source.name());
        examined.checks.push(judge::answers(source.name(), &looks[place]));
        let tables: Vec<&Look> = looks[place].iter().flatten().collect();
        let (Some(first), Some(latest)) = (tables.first(), tables.last()) else { return examined };
        examined.describe(&tables, latest);
        let checks = &mut examined.checks;
        checks.extend(judge::rows(&latest.snapshot, &actors, unkept.as_ref()));
        checks.extend(missing.iter().cloned());
        checks.extend(judge::counts(latest));
        checks.extend(judge::cookies(&first.snapshot, &latest.snapshot, &actors));
        for (other, looks) in looks.iter().enumerate().filter(|(other, _)| *other != place) {
            let name = sources[other].name();
            checks.extend(judge::others(name, place < other, &tables, looks));
        }
        examined
    });
    Ok(Diagnosis { os: os::host().os, sources: examined.collect() })
}

/// The sockets of each family, and a check for each that this machine lacks; fails when it lacks both.
fn set_stages() -> Result<(Vec<Stage>, Vec<Check>), CallError> {
    let began = Instant::now();
    let recorder = Recorder::new(began, CALLS, Cancel::new().with_deadline(began + TIME_LIMIT));
    let (mut stages, mut missing) = (Vec::new(), Vec::new());
    let mut failed = None;
    for family in Family::ALL {
        let listener = Stage::listen(family, &recorder);
        let off = listener.as_ref().err().is_some_and(CallError::is_without_address);
        match listener.and_then(|listener| Stage::set(family, listener, &recorder)) {
            Ok(stage) => stages.push(stage),
            Err(error) if error.is_out_of_descriptors() => return Err(error),
            Err(error) => {
                missing.push(without(family, off, &error));
                failed.get_or_insert(error);
            }
        }
    }
    if let Some(error) = failed.filter(|_| stages.is_empty()) {
        return Err(error);
    }
    have_spare(&recorder)?;
    Ok((stages, missing))
}

/// Whether enough descriptors are left for the sources; the error is what the system says where they are not.
fn have_spare(recorder: &Recorder) -> Result<(), CallError> {
    let who = Who { role: Role::Client, number: 0 };
    let spare = (0..SPARE).map(|_| LabSocket::new(who, loopback(), recorder));
    spare.collect::<Result<Vec<_>, _>>().map(drop)
}

/// A family without connections is no fault of a source; `off` where this machine lacks its loopback address.
fn without(family: Family, off: bool, error: &CallError) -> Check {
    let observed = if off {
        text!("doctor.family_off", family = family.name()).into()
    } else {
        error.to_string().into()
    };
    Check {
        subject: text!("doctor.check.family", family = family.name()),
        expected: text!("doctor.connections").into(),
        observed,
        basis: Basis::Measured,
        verdict: Verdict::CouldNotTell,
    }
}

/// Waits until the source shows everything as it should, or will not.
fn settle(
    source: &mut dyn SocketSource,
    judged: &impl Fn(&Snapshot) -> Vec<Check>,
    deadline: Instant,
) {
    while Instant::now() < deadline {
        // A failure is judged at the looks that follow.
        if let Ok(Some(snapshot)) = source.poll()
            && judged(&snapshot).iter().all(|check| check.verdict == Verdict::AsExpected)
        {
            return;
        }
        thread::sleep(STEP);
    }
}

/// One table, whole if it can be had, and what the kernel counted before and after it was read.
fn look(source: &mut dyn SocketSource, system: &mut dyn SystemInfo) -> Result<Look, PollFailure> {
    let mut tries = 1;
    loop {
        let before = system.counters();
        let snapshot = source.poll()?;
        let after = system.counters();
        let Some(snapshot) = snapshot else {
            return Err(PollFailure {
                source: source.name().to_owned(),
                operation: Operation::ReadSocketTable,
                cause: text!("doctor.no_table").plain(),
                number: None,
            });
        };
        if tries == TRIES || !snapshot.is_partial() {
            return Ok(Look { before, snapshot, after });
        }
        tries += 1;
        thread::sleep(STEP);
    }
}
