//! The scenarios about how connections end, each by itself and with the knobs that change what comes of it.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::{
    CallError, Cancel, Knobs, Known, Linger, OptionName, OptionValue, Run, Scenario,
    ScenarioResult, Setup, SocketOptions, run,
};
use sockscope::model::lab::{End, Resolution, Verdict};
use sockscope::model::{PollFailure, Socket, State};
use sockscope::os::{Pair, PairProbe, pair_probe};
use sockscope::text;
use sockscope::text::Text;

use super::errno;
use super::scenarios::{as_expected, scenario};

/// What was observed of this subject, in order.
fn observed(result: &ScenarioResult, subject: &str) -> Vec<String> {
    let checks = result.checks.iter().filter(|check| check.subject.plain() == subject);
    checks.map(|check| check.observed.plain()).collect()
}

/// What these ends came to, or that this system does not show it.
fn assert_rows(result: &ScenarioResult, client: &str, peer: &str) {
    for (subject, expected) in [("client state", client), ("peer state", peer)] {
        let last = observed(result, subject).pop().unwrap_or_default();
        let hidden = !pair_probe().shows_unowned() && last.contains("cannot be seen");
        assert!(last == expected || hidden, "{subject}, not {expected}: {result:#?}");
    }
}

fn on_linux() -> bool {
    cfg!(target_os = "linux")
}

#[test]
fn client_closes_first() {
    let result = as_expected("client-closes-first", &[]);
    assert_rows(&result, "TIME_WAIT", "no row");
}

#[test]
fn server_closes_first() {
    let result = as_expected("server-closes-first", &[]);
    assert_rows(&result, "no row", "TIME_WAIT");
}

#[test]
fn a_pause_between_the_closes_shows_both_halves() {
    let result = as_expected("client-closes-first", &["delay=1"]);
    let waiting = observed(&result, "client state");
    assert_eq!(waiting, ["FIN_WAIT_2", "TIME_WAIT"], "{result:#?}");
}

#[test]
fn linger_zero_on_the_first_end_leaves_no_time_wait() {
    let result = as_expected("server-closes-first", &["linger=0", "delay=1"]);
    assert_eq!(observed(&result, "client recv()"), [errno("ECONNRESET")]);
    assert_rows(&result, "no row", "no row");
}

#[test]
fn a_linger_time_on_the_first_end_changes_nothing() {
    let result = as_expected("client-closes-first", &["linger=5"]);
    assert_rows(&result, "TIME_WAIT", "no row");
}

#[test]
fn close_wait_peer_holds() {
    as_expected("close-wait-peer-holds", &["hold=2"]);
}

#[test]
fn an_end_of_stream_that_nobody_reads_stays_in_the_queue() {
    let result = as_expected("close-wait-peer-holds", &["hold=1", "eof=unread"]);
    if on_linux() {
        assert_eq!(observed(&result, "client receive queue, in bytes"), ["1"]);
    }
}

#[test]
fn close_wait_peer_gone() {
    as_expected("close-wait-peer-gone", &["fin-wait-2=1"]);
}

#[test]
#[ignore = "takes a minute: the system's own time for FIN_WAIT_2 is waited for"]
fn fin_wait_2_ends_when_the_system_says() {
    as_expected("close-wait-peer-gone", &["fin-wait-2=0"]);
    as_expected("keepalive", &["hold=3", "idle=2", "interval=2", "fin-wait-2=0"]);
}

#[test]
fn full_buffer() {
    as_expected("full-buffer", &[]);
}

#[test]
fn fewer_bytes_than_fit_arrive_as_well() {
    let result = as_expected("full-buffer", &["bytes=1048576"]);
    assert_eq!(observed(&result, "peer receives, in bytes"), ["1048576"]);
}

#[test]
fn abort_loses_what_is_queued() {
    let result = as_expected("abort", &[]);
    assert_eq!(observed(&result, "peer end of stream"), [errno("ECONNRESET")]);
    let lost: usize = observed(&result, "lost, in bytes")[0].parse().expect("a number");
    assert!(lost > 0, "{result:#?}");
}

#[test]
fn an_abort_with_nothing_queued_is_a_reset_or_after_a_shutdown_a_clean_end() {
    for (shutdown, expected) in
        [("no", errno("ECONNRESET")), ("write", "0".to_owned()), ("both", "0".to_owned())]
    {
        let result = as_expected("abort", &["queue=empty", &format!("shutdown={shutdown}")]);
        assert_eq!(observed(&result, "peer recv()")[0], expected, "{shutdown}: {result:#?}");
        assert_rows(&result, "no row", "no row");
    }
}

#[test]
fn a_shutdown_before_an_abort_saves_nothing() {
    for shutdown in ["shutdown=write", "shutdown=both"] {
        let result = as_expected("abort", &[shutdown]);
        assert_eq!(observed(&result, "peer end of stream"), [errno("ECONNRESET")]);
    }
}

#[test]
fn linger() {
    as_expected("linger", &["seconds=1"]);
}

#[test]
fn a_lingering_close_waits_after_a_shutdown_too() {
    as_expected("linger", &["seconds=5", "shutdown=write"]);
}

#[test]
fn a_peer_that_reads_ends_a_lingering_close() {
    as_expected("linger", &["seconds=30", "delay=1"]);
}

#[test]
fn reset_without_asking() {
    let result = as_expected("reset-without-asking", &[]);
    assert_eq!(observed(&result, "peer recv()"), [errno("ECONNRESET")]);
    assert_rows(&result, "no row", "no row");
}

#[test]
fn only_data_that_was_not_read_resets() {
    for (read, peer, expected) in [
        ("part", "open", errno("ECONNRESET")),
        ("all", "open", "0".to_owned()),
        ("part", "half-closed", errno("ECONNRESET")),
        ("nothing", "half-closed", errno("ECONNRESET")),
        ("all", "half-closed", "0".to_owned()),
    ] {
        let knobs = [format!("read={read}"), format!("peer={peer}")];
        let knobs: Vec<&str> = knobs.iter().map(String::as_str).collect();
        let result = as_expected("reset-without-asking", &knobs);
        assert_eq!(observed(&result, "peer recv()"), [expected], "{knobs:?}: {result:#?}");
        match (read, peer) {
            ("all", "open") => assert_rows(&result, "TIME_WAIT", "no row"),
            ("all", _) => assert_rows(&result, "no row", "TIME_WAIT"),
            _ => assert_rows(&result, "no row", "no row"),
        }
    }
}

#[test]
fn abort_out_of_close_wait() {
    let result = as_expected("abort-out-of-close-wait", &[]);
    assert_eq!(observed(&result, "peer recv()"), [errno("ECONNRESET")]);
    assert_rows(&result, "no row", "no row");
}

#[test]
fn a_plain_close_out_of_close_wait_leaves_time_wait_at_the_peer() {
    let result = as_expected("abort-out-of-close-wait", &["linger=off"]);
    assert_rows(&result, "no row", "TIME_WAIT");
}

#[test]
fn keepalive() {
    as_expected("keepalive", &["hold=3", "fin-wait-2=1"]);
}

#[test]
fn copy_keeps_open() {
    as_expected("copy-keeps-open", &[]);
}

#[test]
fn shutdown_does_not_ask_for_copies() {
    let result = as_expected("copy-keeps-open", &["call=shutdown"]);
    assert_eq!(observed(&result, "peer recv()"), ["0"]);
}

#[test]
fn whatever_waits_stops_at_once() {
    thread::scope(|scope| {
        for (name, knobs) in [
            ("client-closes-first", &["wait=yes"][..]),
            ("server-closes-first", &["wait=yes"]),
            ("close-wait-peer-holds", &["hold=300"]),
            ("close-wait-peer-gone", &["fin-wait-2=60"]),
            ("full-buffer", &["delay=60"]),
            ("linger", &["seconds=60"]),
            ("linger", &["seconds=60", "delay=59"]),
            ("keepalive", &["hold=300"]),
            ("copy-keeps-open", &["hold=60"]),
        ] {
            scope.spawn(move || {
                let scenario = scenario(name);
                let mut setup = Setup::new(scenario);
                for knob in knobs {
                    setup.knobs.set(knob).expect("a knob of the scenario");
                }
                let cancel = Cancel::new();
                let result = thread::scope(|scope| {
                    let running = scope.spawn(|| run(scenario, setup, &cancel));
                    thread::sleep(Duration::from_millis(500));
                    cancel.cancel();
                    running.join().expect("no panic")
                });
                let last = result.checks.last().map(|check| check.observed.plain());
                assert_eq!(last.as_deref(), Some("stopped by the user"), "{result:#?}");
                assert!(result.took < Duration::from_secs(40), "{name}: {:?}", result.took);
            });
        }
    });
}

/// A scenario of the test's own.
struct Tried(fn(&mut Run) -> Result<(), CallError>);

impl Scenario for Tried {
    fn name(&self) -> &'static str {
        "tried"
    }

    fn title(&self) -> Text {
        text!("lab_closing.linger.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_closing.linger.teaches")
    }

    fn lasts(&self, _: &Knobs) -> Duration {
        Duration::from_secs(5)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        self.0(run)
    }
}

fn verdicts(scenario: &Tried) -> Vec<Verdict> {
    let result = run(scenario, Setup::new(scenario), &Cancel::new());
    assert!(result.finished, "{result:#?}");
    result.checks.iter().map(|check| check.verdict).collect()
}

const DEFAULT: SocketOptions = SocketOptions::NONE;

#[test]
fn what_does_not_stay_differs() {
    let tried = Tried(|run| {
        let listener = run.listen(DEFAULT)?;
        let link = run.connect(&listener, DEFAULT, DEFAULT)?;
        let established = || Known::from(State::Established);
        // Never was, so nobody waits for it to last.
        let ends = [(End::Client, State::CloseWait.into()), (End::Peer, established())];
        run.expect_stays(&link, ends, Duration::from_mins(10))?;
        run.expect_stays(&link, [(End::Client, established())], Duration::from_millis(50))
    });
    assert_eq!(verdicts(&tried), [Verdict::Differs, Verdict::AsExpected, Verdict::AsExpected]);
}

/// The kernel ends FIN_WAIT_2 after a second, in the middle of the time it is asked to stay.
#[test]
fn what_changes_meanwhile_differs() {
    if !on_linux() {
        eprintln!("not checked: TCP_LINGER2 is Linux's");
        return;
    }
    let tried = Tried(|run| {
        let listener = run.listen(DEFAULT)?;
        let short = DEFAULT.with(OptionName::FinWait2, OptionValue::Number(1));
        let mut link = run.connect(&listener, DEFAULT, short)?;
        link.link.close(End::Peer)?;
        let ends = [(End::Client, State::CloseWait.into()), (End::Peer, State::FinWait2.into())];
        run.expect_stays(&link, ends, Duration::from_secs(3))?;
        run.expect_state_within(
            &link,
            End::Peer,
            Duration::from_millis(100),
            Some(State::FinWait2),
        );
        Ok(())
    });
    assert_eq!(verdicts(&tried), [Verdict::AsExpected, Verdict::Differs, Verdict::Differs]);
}

/// A probe that shows a wrong state for a moment, a second after the first row.
struct Flickering {
    inner: Box<dyn PairProbe>,
    first: Option<Instant>,
    wrong: u32,
}

impl PairProbe for Flickering {
    fn resolution(&self) -> Resolution {
        self.inner.resolution()
    }

    fn shows_unowned(&self) -> bool {
        self.inner.shows_unowned()
    }

    fn lookup(&mut self, pairs: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure> {
        let mut rows = self.inner.lookup(pairs)?;
        let first = *self.first.get_or_insert_with(Instant::now);
        if first.elapsed() > Duration::from_secs(1) && self.wrong < 5 {
            self.wrong += 1;
            for row in rows.iter_mut().flatten().flatten() {
                row.state = State::CloseWait;
            }
        }
        Ok(rows)
    }

    fn listener(&mut self, local: SocketAddr) -> Result<Option<Socket>, PollFailure> {
        self.inner.listener(local)
    }
}

/// It is as it was in the end, and that is not enough.
#[test]
fn what_left_its_state_and_came_back_did_not_stay() {
    let tried = Tried(|run| {
        let listener = run.listen(DEFAULT)?;
        let link = run.connect(&listener, DEFAULT, DEFAULT)?;
        let ends = [(End::Client, State::Established.into())];
        run.expect_stays(&link, ends, Duration::from_secs(3))?;
        run.expect_state(&link, End::Client, Some(State::Established));
        Ok(())
    });
    let probe = Box::new(Flickering { inner: pair_probe(), first: None, wrong: 0 });
    let result = run(&tried, Setup { probe, ..Setup::new(&tried) }, &Cancel::new());
    let verdicts: Vec<_> = result.checks.iter().map(|check| check.verdict).collect();
    assert_eq!(verdicts, [Verdict::Differs, Verdict::AsExpected], "{result:#?}");
}

#[test]
fn a_wrong_duration_number_or_descriptor_differs() {
    let tried = Tried(|run| {
        let listener = run.listen(DEFAULT)?;
        let mut link = run.connect(&listener, DEFAULT.linger(Linger::Off), DEFAULT)?;
        let range = [Duration::from_millis(1_900), Duration::from_secs(7)];
        for took in [1_899, 1_900, 7_000, 7_001] {
            run.expect_took(text!("lab.check.run"), range, Duration::from_millis(took));
        }
        run.expect(text!("lab.check.run"), 6_usize, 5_usize);
        run.expect_send(&mut link, End::Client, 5, "EPIPE");
        run.expect_descriptor(&link, End::Client, State::Closed);
        run.expect_descriptor(&link, End::Client, State::Established);
        Ok(())
    });
    let (good, differs) = (Verdict::AsExpected, Verdict::Differs);
    let mut expected = vec![differs, good, good, differs, differs, differs, differs, good];
    if !on_linux() {
        expected[6..].fill(Verdict::CouldNotTell);
    }
    assert_eq!(verdicts(&tried), expected);
}
