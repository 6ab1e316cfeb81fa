//! Ways to reconnect, addresses used again, limits, and states held still.

use std::collections::BTreeMap;

use sockscope::lab::article::CLAIMS;
use sockscope::lab::{Attempt, Cancel, Habit, Outcome, Recipe, ScenarioResult, Setup, run};
use sockscope::model::State;
use sockscope::model::lab::Verdict;

use super::scenarios::{as_expected, scenario};

/// A habit's numbers: connects, descriptors, CLOSE_WAIT, local ports, what is left at the server, the last error, and what
/// it comes to.
type Numbers<'a> = (usize, usize, usize, usize, Vec<(State, usize)>, Option<&'a str>, Outcome);

fn numbers(habit: &Habit) -> Numbers<'_> {
    (
        habit.connects,
        habit.descriptors,
        habit.close_wait,
        habit.ports,
        habit.server.iter().map(|(state, rows)| (*state, *rows)).collect(),
        habit.error.as_deref(),
        habit.outcome,
    )
}

fn habits(result: &ScenarioResult) -> BTreeMap<&'static str, &Habit> {
    result.habits.iter().map(|habit| (habit.name, habit)).collect()
}

#[test]
fn reconnect_habits() {
    let result = as_expected("reconnect-habits", &[]);
    assert_eq!(result.habits.len(), 12);
    for habit in &result.habits {
        assert_eq!(habit.attempts.len(), 20, "{habit:?}");
        assert!(!habit.attempts.contains(&Attempt::Pending), "{habit:?}");
        assert_eq!(habit.verdict.is_some(), result.finished, "{habit:?}");
    }
    if !cfg!(target_os = "linux") {
        eprintln!("NOT CHECKED: the numbers were measured on Linux only");
        return;
    }
    let all = |state| vec![(state, 20)];
    let one = |state| vec![(state, 1)];
    let leak = (20, 20, 20, 20, all(State::FinWait2), None, Outcome::Leaks);
    let stuck = |error| (1, 20, 1, 1, one(State::FinWait2), Some(error), Outcome::FailsAndLeaks);
    let cured = (20, 0, 0, 20, all(State::TimeWait), None, Outcome::Works);
    let expected = [
        ("leak", leak.clone()),
        ("keepalive", leak.clone()),
        ("linger", leak.clone()),
        ("shutdown", (20, 20, 0, 20, all(State::TimeWait), None, Outcome::LeaksUnseen)),
        ("fixed-port", stuck("bind: EADDRINUSE")),
        ("fixed-port-reuse", stuck("connect: EADDRNOTAVAIL")),
        ("as-printed", leak),
        ("read-and-close", cured.clone()),
        ("shutdown-and-close", cured),
        ("fixed-port-reuse-close", (20, 0, 0, 1, one(State::TimeWait), None, Outcome::Works)),
        ("whole-recipe", (20, 0, 0, 1, vec![], None, Outcome::Works)),
        ("inherited", (20, 0, 20, 20, all(State::FinWait2), None, Outcome::Leaks)),
    ];
    let found: Vec<_> = result.habits.iter().map(|habit| (habit.name, numbers(habit))).collect();
    assert_eq!(found, expected, "{result:#?}");
    let habits = habits(&result);
    let recipes: Vec<_> = habits.iter().filter(|(_, it)| it.recipe != Recipe::None).collect();
    assert_eq!(recipes.len(), 3, "{recipes:?}");
    assert_eq!(habits["whole-recipe"].recipe, Recipe::Whole);
    let fixed = &habits["fixed-port-reuse"].attempts;
    assert_eq!(fixed[0], Attempt::CloseWait);
    let failed = Attempt::Failed { call: "connect", errno: "EADDRNOTAVAIL".to_owned() };
    assert!(fixed[1..].iter().all(|attempt| *attempt == failed), "{fixed:?}");
    assert!(habits["shutdown"].attempts.iter().all(|attempt| *attempt == Attempt::Kept));
}

#[test]
fn one_reconnect_of_each_habit() {
    let result = as_expected("reconnect-habits", &["reconnects=1"]);
    assert!(result.habits.iter().all(|habit| habit.connects == 1 && habit.error.is_none()));
}

#[test]
fn the_squares_fill_side_by_side() {
    let scenario = scenario("reconnect-habits");
    let (told, shown) = std::sync::mpsc::channel();
    let mut setup = Setup::new(scenario);
    setup.knobs.set("reconnects=3").expect("a knob");
    setup.notify = Box::new(move |result| {
        let made = |habit: &Habit| {
            habit.attempts.iter().filter(|attempt| **attempt != Attempt::Pending).count()
        };
        // Whether anybody still listens does not matter.
        let _ = told.send(result.habits.iter().map(made).collect::<Vec<_>>());
    });
    let result = run(scenario, setup, &Cancel::new());
    let shown: Vec<Vec<usize>> = shown.try_iter().filter(|made| !made.is_empty()).collect();
    // Without the program's own file the inheriting habit is not tried, and the others are.
    let inherited = habits(&result)["inherited"];
    assert_eq!(inherited.outcome, Outcome::NotTried);
    assert_eq!(inherited.verdict, Some(Verdict::CouldNotTell));
    assert_eq!(result.verdict(), Verdict::CouldNotTell, "{result:#?}");
    let mut seen = 0;
    for made in shown {
        let tried = &made[..11];
        let (least, most) = (tried.iter().min(), tried.iter().max());
        assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1), "{tried:?}");
        let sum: usize = tried.iter().sum();
        assert!(sum == seen || sum == seen + 1, "every attempt is shown: {tried:?} after {seen}");
        seen = sum;
    }
    assert_eq!(seen, 33);
}

#[test]
fn fixed_port_time_wait() {
    let result = as_expected("fixed-port-time-wait", &[]);
    if cfg!(target_os = "linux") {
        // Eight times bind, and connect where that succeeds: with SO_REUSEADDR on both.
        assert_eq!(result.checks.len(), 8 + 2, "{result:#?}");
    }
}

#[test]
fn server_restart() {
    let result = as_expected("server-restart", &[]);
    assert_eq!(result.checks.len(), 7 * 4, "{result:#?}");
    let one = as_expected("server-restart", &["state=orphan"]);
    let told: Vec<_> = one.checks.iter().map(|check| check.observed.plain()).collect();
    if cfg!(target_os = "linux") {
        assert_eq!(told, ["EADDRINUSE", "EADDRINUSE", "EADDRINUSE", "0"]);
    }
}

#[test]
fn descriptor_limit() {
    for knobs in [&[][..], &["limit=40"]] {
        let result = as_expected("descriptor-limit", knobs);
        if cfg!(target_os = "linux") {
            assert_eq!(result.checks.len(), 6, "{result:#?}");
            let opened: u64 = result.checks[0].observed.plain().parse().expect("a number");
            let limit = if knobs.is_empty() { 64 } else { 40 };
            // At least the three standard streams were open before.
            assert!((limit / 2..=limit - 3).contains(&opened), "{opened}");
        }
    }
}

#[test]
fn backlog_overflow() {
    let result = as_expected("backlog-overflow", &[]);
    if cfg!(target_os = "linux") {
        let told: Vec<_> = result.checks.iter().map(|check| check.observed.plain()).collect();
        assert_eq!(told, ["2", "3", "2", "3"], "{result:#?}");
    }
    as_expected("backlog-overflow", &["backlog=0"]);
}

#[test]
fn state_museum() {
    let result = as_expected("state-museum", &["hold=1"]);
    let states: Vec<State> = result.exhibits.iter().map(|exhibit| exhibit.state).collect();
    assert_eq!(states, State::ALL);
    if cfg!(target_os = "linux") {
        assert!(result.exhibits.iter().all(|exhibit| exhibit.since.is_some()), "{result:#?}");
        assert_eq!(result.checks.len(), State::COUNT);
    }
}

#[test]
fn every_claim_of_the_article_is_proved_here_and_now() {
    let mut names: Vec<_> = CLAIMS.iter().map(|claim| claim.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), CLAIMS.len());
    let mut results: BTreeMap<String, ScenarioResult> = BTreeMap::new();
    for claim in &CLAIMS {
        for text in [(claim.says)(), (claim.because)(), claim.standing.said()] {
            assert_ne!(text.plain(), text.id(), "a sentence is missing");
        }
        assert!(claim.proof.order().is_some(), "{}", claim.name);
        // What takes a minute is proved with other settings, in `settings`.
        if claim.proof.takes_long().is_some() {
            continue;
        }
        let key = format!("{} {:?}", claim.proof.scenario, claim.proof.knobs);
        let result = results
            .entry(key)
            .or_insert_with(|| as_expected(claim.proof.scenario, claim.proof.knobs));
        assert!(!claim.proof.shown_by.is_empty());
        for shows in claim.proof.shown_by {
            let check = shows.find(result);
            assert!(check.is_some(), "{}: {:?}", claim.name, shows.subject(result));
        }
        if cfg!(target_os = "linux") {
            assert_eq!(claim.proof.verdict(result), Verdict::AsExpected, "{}", claim.name);
        }
    }
}

/// What the whole table shows of them, and what is left when they are stopped.
#[cfg(target_os = "linux")]
mod linux {
    use std::net::SocketAddr;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use sockscope::lab::{Museum, Place, loopback};
    use sockscope::model::Socket;
    use sockscope::model::lab::CallOutcome;
    use sockscope::os::live_source;

    use super::super::recorder;
    use super::*;

    /// The museum is a load for whoever wants every state: the table has them all, each where the museum says.
    #[test]
    fn the_table_shows_every_state_of_the_museum() {
        let museum = Museum::open(&recorder(), loopback()).expect("a museum");
        let mut source = live_source();
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            let table = source.poll().expect("a table").expect("a live source does not end");
            let missing: Vec<State> = museum
                .pieces()
                .iter()
                .filter(|piece| {
                    !table.sockets.iter().any(|row| {
                        Some(row.local) == piece.place.local()
                            && row.remote == piece.place.remote()
                            && row.state == piece.state
                    })
                })
                .map(|piece| piece.state)
                .collect();
            if missing.is_empty() {
                break;
            }
            assert!(Instant::now() < deadline, "not in the table: {missing:?} of {museum:#?}");
        }
        assert_eq!(museum.pieces().len(), State::COUNT);
        // What is dropped is gone, but for what ends by itself.
        let held: Vec<Place> = museum.pieces().iter().map(|piece| piece.place.clone()).collect();
        drop(museum);
        let gone = wait_until(|| {
            let table = source.poll().expect("a table").expect("a live source does not end");
            !table.sockets.iter().any(|row| {
                row.state != State::TimeWait
                    && held.iter().any(|place| Some(row.local) == place.local())
            })
        });
        assert!(gone, "the museum is closed and sockets are left");
    }

    fn wait_until(mut done: impl FnMut() -> bool) -> bool {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !done() {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }

    /// Stands in for the program, and writes down which processes were started.
    fn counted(folder: &Path) -> std::path::PathBuf {
        let script = folder.join("started");
        let text = format!(
            "#!/bin/sh\necho $$ >> '{}'\nexec '{}' \"$@\"\n",
            folder.join("pids").display(),
            env!("CARGO_BIN_EXE_sockscope"),
        );
        std::fs::write(&script, text).expect("a script");
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&script, executable).expect("it may be run");
        script
    }

    fn pids(folder: &Path) -> Vec<u32> {
        let text = std::fs::read_to_string(folder.join("pids")).unwrap_or_default();
        text.lines().map(|line| line.parse().expect("a pid")).collect()
    }

    /// Every address that a socket of this run had.
    fn addresses(result: &ScenarioResult) -> Vec<SocketAddr> {
        let value = |outcome: &CallOutcome| match outcome {
            CallOutcome::Returned(value) => value.parse().ok(),
            CallOutcome::Failed { .. } => None,
        };
        result.calls.iter().filter_map(|call| value(&call.outcome)).collect()
    }

    /// Stops a scenario once `begun` says so of what it shows; afterwards neither a row nor a process of it is there.
    fn leaves_nothing(name: &str, knobs: &[&str], begun: fn(&ScenarioResult, usize) -> bool) {
        let folder = tempfile::tempdir().expect("a folder");
        let scenario = scenario(name);
        let mut setup = Setup::new(scenario);
        setup.executable = Some(counted(folder.path()));
        for knob in knobs {
            setup.knobs.set(knob).expect("a knob");
        }
        let cancel = Cancel::new();
        let was_begun = Arc::new(AtomicBool::new(false));
        setup.notify = Box::new({
            let (cancel, was_begun) = (cancel.clone(), Arc::clone(&was_begun));
            let path = folder.path().to_owned();
            move |result| {
                if begun(&result, pids(&path).len()) {
                    was_begun.store(true, Ordering::Release);
                    cancel.cancel();
                }
            }
        });
        let result = run(scenario, setup, &cancel);
        assert!(was_begun.load(Ordering::Acquire), "{name} ended before it was stopped");
        assert_eq!(result.verdict(), Verdict::CouldNotTell, "{result:#?}");
        let last = result.checks.last().map(|check| check.observed.plain());
        assert_eq!(last.as_deref(), Some("stopped by the user"));
        let addresses = addresses(&result);
        assert!(!addresses.is_empty());
        let left = |row: &&Socket| {
            row.state != State::TimeWait
                && (addresses.contains(&row.local)
                    || row.remote.is_some_and(|remote| addresses.contains(&remote)))
        };
        let mut rows: Vec<Socket> = Vec::new();
        let gone = wait_until(|| {
            let snapshot = live_source().poll().expect("a table").expect("it is live");
            rows = snapshot.sockets.iter().filter(left).cloned().collect();
            rows.is_empty()
        });
        assert!(gone, "{name} left {rows:#?}");
        for pid in pids(folder.path()) {
            assert!(!Path::new(&format!("/proc/{pid}")).exists(), "{name} left process {pid}");
        }
    }

    #[test]
    fn in_the_middle_every_scenario_leaves_nothing() {
        leaves_nothing("reconnect-habits", &["reconnects=10"], |result, started| {
            started >= 3 && result.habits.first().is_some_and(|habit| habit.connects >= 3)
        });
        leaves_nothing("server-restart", &[], |result, _| result.checks.len() >= 5);
        leaves_nothing("fixed-port-time-wait", &[], |result, _| result.checks.len() >= 3);
        leaves_nothing("backlog-overflow", &[], |result, _| result.steps.len() >= 3);
        leaves_nothing("state-museum", &[], |result, _| !result.exhibits.is_empty());
    }

    #[test]
    fn a_process_that_leaks_is_ended_with_its_run() {
        leaves_nothing("descriptor-limit", &[], |result, started| {
            started == 1 && !result.checks.is_empty()
        });
    }
}
