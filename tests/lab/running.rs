//! How scenarios run and are judged, whatever they try.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use sockscope::lab::{
    CallError, Cancel, Knobs, NUMBERING, Numbering, Outcome, PATIENCE, Run, SCENARIOS, Scenario,
    ScenarioResult, Setup, SocketOptions, run,
};
use sockscope::model::lab::{End, Resolution, Verdict};
use sockscope::model::{Operation, PollFailure, Socket, State};
use sockscope::os::{Pair, PairProbe, pair_probe};
use sockscope::text;
use sockscope::text::Text;

use super::scenarios::scenario;

const DEFAULT: SocketOptions = SocketOptions::NONE;

#[test]
fn the_names_of_scenarios_are_words_of_a_command_line() {
    let mut names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.name()).collect();
    assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SCENARIOS.len(), "two scenarios share a name");
}

/// A scenario of the test's own.
struct Tried(fn(&mut Run) -> Result<(), CallError>);

impl Scenario for Tried {
    fn name(&self) -> &'static str {
        "tried"
    }

    fn title(&self) -> Text {
        text!("lab_closing.client_closes_first.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_closing.client_closes_first.teaches")
    }

    fn lasts(&self, _: &Knobs) -> Duration {
        Duration::from_millis(100)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        self.0(run)
    }
}

#[test]
fn states_are_shown_while_the_run_itself_tells_nothing() {
    static SHOWN: AtomicBool = AtomicBool::new(false);
    let silent = Tried(|run| {
        let listener = run.listen(DEFAULT)?;
        let mut link = run.connect(&listener, DEFAULT, DEFAULT)?;
        run.show();
        link.link.client.shutdown_write()?;
        let patience = run.elapsed() + PATIENCE;
        while !SHOWN.load(Ordering::Relaxed) && run.elapsed() < patience {
            run.pause(Duration::from_millis(5))?;
        }
        Ok(())
    });
    let mut setup = Setup::new(&silent);
    setup.notify = Box::new(|result| {
        let mut changes = result.lanes.iter().flat_map(|lane| lane.changes.iter());
        if changes.any(|change| change.end == End::Client && change.state == Some(State::FinWait2))
        {
            SHOWN.store(true, Ordering::Relaxed);
        }
    });
    run(&silent, setup, &Cancel::new());
    assert!(SHOWN.load(Ordering::Relaxed), "the client's FIN_WAIT_2 was not shown");
}

#[test]
fn a_wrong_expectation_differs() {
    let wrong = Tried(|run| {
        let listener = run.listen(DEFAULT)?;
        let mut link = run.connect(&listener, DEFAULT, DEFAULT)?;
        run.expect_state(&link, End::Client, Some(State::CloseWait));
        link.link.close(End::Client)?;
        run.expect_recv(&mut link, End::Peer, "1");
        run.expect_recv(&mut link, End::Peer, "0");
        let sent = link.link.peer.send(5, PATIENCE);
        run.expect_result(
            text!("lab.check.call", end = "peer", call = "send()"),
            "ECONNRESET",
            sent,
        );
        Ok(())
    });
    let result = run(&wrong, Setup::new(&wrong), &Cancel::new());
    let verdicts: Vec<_> = result.checks.iter().map(|check| check.verdict).collect();
    let (differs, good) = (Verdict::Differs, Verdict::AsExpected);
    assert_eq!(verdicts, [differs, differs, good, differs], "{result:#?}");
    assert_eq!(result.verdict(), Verdict::Differs);
    assert_eq!(result.checks[0].observed.plain(), "ESTABLISHED");
}

#[test]
fn descriptors_that_ran_out_say_nothing_of_a_socket() {
    let starved = Tried(|run| {
        let number = if NUMBERING == Numbering::WinSock { 10_024 } else { 24 };
        let error = CallError::new(&std::io::Error::from_raw_os_error(number));
        run.expect_result(
            text!("lab.check.call", end = "peer", call = "accept()"),
            "EAGAIN",
            Err::<usize, _>(error.clone()),
        );
        Err(error)
    });
    let result = run(&starved, Setup::new(&starved), &Cancel::new());
    assert_eq!(result.checks.len(), 2, "{result:#?}");
    for check in &result.checks {
        assert_eq!(check.verdict, Verdict::CouldNotTell, "{check:?}");
        let said = check.observed.plain();
        assert!(said.contains("EMFILE") && said.contains("`ulimit -n`"), "{said}");
    }
}

/// A probe that gets no descriptor.
struct Starved;

impl PairProbe for Starved {
    fn resolution(&self) -> Resolution {
        Resolution::Exact
    }

    fn shows_unowned(&self) -> bool {
        true
    }

    fn lookup(&mut self, _: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure> {
        Err(PollFailure {
            source: "starved".to_owned(),
            operation: Operation::ReadSocketTable,
            cause: "the system's words".to_owned(),
            number: Some(if NUMBERING == Numbering::WinSock { 10_024 } else { 24 }),
        })
    }

    fn listener(&mut self, _: std::net::SocketAddr) -> Result<Option<Socket>, PollFailure> {
        self.lookup(&[]).map(|_| None)
    }
}

#[test]
fn a_look_without_descriptors_says_what_to_try() {
    let plain = Tried(|run| {
        let listener = run.listen(DEFAULT)?;
        let link = run.connect(&listener, DEFAULT, DEFAULT)?;
        run.expect_state(&link, End::Client, Some(State::Established));
        Ok(())
    });
    let setup = Setup { probe: Box::new(Starved), ..Setup::new(&plain) };
    let result = run(&plain, setup, &Cancel::new());
    assert_eq!(result.verdict(), Verdict::CouldNotTell, "{result:#?}");
    let said = result.checks[0].observed.plain();
    assert!(said.contains("EMFILE: starved") && said.contains("`ulimit -n`"), "{said}");
}

/// A probe that sees less than the real one.
struct Impaired {
    inner: Box<dyn PairProbe>,
    works: bool,
}

impl PairProbe for Impaired {
    fn resolution(&self) -> Resolution {
        self.inner.resolution()
    }

    fn shows_unowned(&self) -> bool {
        false
    }

    fn lookup(&mut self, pairs: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure> {
        assert!(self.works, "on purpose: the run has to live through it");
        let mut rows = self.inner.lookup(pairs)?;
        for row in rows.iter_mut().flatten() {
            row.take_if(|row| row.state == State::TimeWait);
        }
        Ok(rows)
    }

    fn listener(&mut self, local: std::net::SocketAddr) -> Result<Option<Socket>, PollFailure> {
        self.inner.listener(local)
    }
}

#[test]
fn what_cannot_be_seen_is_not_judged() {
    for works in [true, false] {
        let probe = Box::new(Impaired { inner: pair_probe(), works });
        let result = run(SCENARIOS[0], Setup { probe, ..Setup::new(SCENARIOS[0]) }, &Cancel::new());
        let told: Vec<_> =
            result.checks.iter().map(|check| (check.subject.plain(), check.verdict)).collect();
        assert_eq!(
            told,
            [
                ("peer recv()".to_owned(), Verdict::AsExpected),
                ("client state".to_owned(), Verdict::CouldNotTell),
                ("peer state".to_owned(), Verdict::CouldNotTell),
            ],
            "{result:#?}"
        );
        assert_eq!(result.verdict(), Verdict::CouldNotTell);
    }
}

#[test]
fn what_is_seen_after_the_wish_to_stop_is_not_held_against_the_system() {
    let cancel = Cancel::new();
    let stopped = cancel.clone();
    let wrong = Tried(|run| {
        let cut_short = run.pause(Duration::from_mins(1));
        assert!(cut_short.is_err_and(|error| error.is_cancelled()));
        let subject = || text!("lab.check.call", end = "peer", call = "recv()");
        run.expect(subject(), 1_u64, 2_u64);
        run.expect_result(subject(), "0", Ok::<_, CallError>(1));
        Ok(())
    });
    let result = thread::scope(|scope| {
        let running = scope.spawn(|| run(&wrong, Setup::new(&wrong), &cancel));
        thread::sleep(Duration::from_millis(100));
        stopped.cancel();
        running.join().expect("no panic")
    });
    assert_eq!(result.verdict(), Verdict::CouldNotTell, "{result:#?}");
    assert_eq!(result.checks[2].observed.plain(), "stopped by the user");
}

#[test]
fn a_scenario_stops_at_once_when_it_is_cancelled() {
    let waiting = Tried(|run| {
        let listener = run.listen(DEFAULT)?;
        let mut link = run.connect(&listener, DEFAULT, DEFAULT)?;
        loop {
            // Nothing is ever sent: only the wish to stop ends this within the time limit.
            match link.link.peer.recv(Duration::from_mins(1)) {
                Err(error) if error.is_cancelled() => return Err(error),
                _ => {}
            }
        }
    });
    let cancel = Cancel::new();
    thread::scope(|scope| {
        let running = scope.spawn(|| run(&waiting, Setup::new(&waiting), &cancel));
        thread::sleep(Duration::from_millis(100));
        cancel.cancel();
        let result = running.join().expect("no panic");
        assert_eq!(result.verdict(), Verdict::CouldNotTell, "{result:#?}");
        assert_eq!(result.checks[0].observed.plain(), "stopped by the user");
        assert!(result.took < Duration::from_secs(30), "{:?}", result.took);
    });
}

#[test]
fn what_was_cut_short_does_not_run_any_more() {
    let habits = scenario("reconnect-habits");
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let notify = Box::new(move |result: Arc<ScenarioResult>| {
        if result.habits.iter().any(|habit| habit.connects > 0) {
            stop.cancel();
        }
    });
    let result = run(habits, Setup { notify, ..Setup::new(habits) }, &cancel);
    let outcomes: Vec<Outcome> = result.habits.iter().map(|habit| habit.outcome).collect();
    assert!(result.finished && outcomes.contains(&Outcome::CutShort), "{outcomes:?}");
    assert!(!outcomes.contains(&Outcome::Running), "{outcomes:?}");
}
