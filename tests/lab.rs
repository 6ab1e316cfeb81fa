//! The lab on real sockets: loopback only, no privilege, nothing that waits for a minute.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails by failing the test"
)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::{
    Bench, BenchState, CallError, Cancel, Command, ConnectionState, Linger, Link, Listener,
    MAX_CONNECTIONS, MAX_SEND, NUMBERING, Numbering, PATIENCE, Recorder, Run, SCENARIOS, Scenario,
    Seen, SocketOptions, run, run_with,
};
use sockscope::model::lab::{CallOutcome, End, Resolution, Verdict};
use sockscope::model::{PollFailure, Socket, State};
use sockscope::os::{Pair, PairProbe, pair_probe};
use sockscope::text;
use sockscope::text::Text;

const DEFAULT: SocketOptions = SocketOptions { reuse_address: false, linger: Linger::Off };

/// An errno as this system spells it.
fn errno(name: &str) -> String {
    match NUMBERING {
        Numbering::WinSock => format!("WSA{name}"),
        Numbering::Linux | Numbering::Bsd => name.to_owned(),
    }
}

fn bench() -> Bench {
    Bench::start(Arc::new(|| {})).expect("two threads")
}

fn wait(bench: &Bench, enough: impl Fn(&BenchState) -> bool) -> Arc<BenchState> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        let state = bench.latest();
        if enough(&state) {
            return state;
        }
        thread::sleep(Duration::from_millis(2));
    }
    panic!("waited in vain: {:#?}", bench.latest());
}

/// Sends commands and waits until the bench is done with them.
fn act(bench: &Bench, commands: impl IntoIterator<Item = Command>) -> Arc<BenchState> {
    let mut due = bench.latest().finished;
    for command in commands {
        bench.send(command);
        due += 1;
    }
    wait(bench, |state| state.finished >= due)
}

fn connect(count: usize, client: SocketOptions) -> Command {
    Command::Connect { count, client, peer: DEFAULT }
}

/// The outcomes of the calls that begin so, in order: the value, or the errno.
fn outcomes(connection: &ConnectionState, end: End, call: &str) -> Vec<String> {
    connection
        .calls
        .iter()
        .filter(|logged| logged.end == end && logged.call.starts_with(call))
        .map(|logged| match &logged.outcome {
            CallOutcome::Returned(value) => value.clone(),
            CallOutcome::Failed { errno, .. } => errno.clone(),
        })
        .collect()
}

fn refusal(state: &BenchState) -> Option<&'static str> {
    state.refused.as_ref().map(|refused| refused.reason.id())
}

fn recorder() -> Recorder {
    Recorder::new(Instant::now(), 100, Cancel::new())
}

#[test]
fn every_scenario_is_as_expected() {
    for scenario in SCENARIOS {
        let result = run(*scenario, &Cancel::new());
        let blind = !pair_probe().shows_unowned();
        let expected = if blind { Verdict::CouldNotTell } else { Verdict::AsExpected };
        assert_eq!(result.verdict(), expected, "{result:#?}");
        assert!(!result.calls.is_empty() && result.took < Duration::from_secs(11));
        for text in [scenario.title(), scenario.teaches()] {
            assert_ne!(text.plain(), text.id(), "a sentence is missing");
        }
    }
}

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
        text!("lab.client_closes_first.title")
    }

    fn teaches(&self) -> Text {
        text!("lab.client_closes_first.teaches")
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        self.0(run)
    }
}

#[test]
fn a_wrong_expectation_differs() {
    let wrong = Tried(|run| {
        let mut link = run.connect(DEFAULT, DEFAULT)?;
        run.expect_state(&link, End::Client, Some(State::CloseWait));
        link.link.close(End::Client)?;
        run.expect_recv(&mut link, End::Peer, 1);
        run.expect_recv(&mut link, End::Peer, 0);
        let sent = link.link.peer.send(5, PATIENCE);
        run.expect_result(End::Peer, "send()", "ECONNRESET", sent);
        Ok(())
    });
    let result = run(&wrong, &Cancel::new());
    let verdicts: Vec<_> = result.checks.iter().map(|check| check.verdict).collect();
    let (differs, good) = (Verdict::Differs, Verdict::AsExpected);
    assert_eq!(verdicts, [differs, differs, good, differs], "{result:#?}");
    assert_eq!(result.verdict(), Verdict::Differs);
    assert_eq!(result.checks[0].observed, "ESTABLISHED");
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
}

#[test]
fn what_cannot_be_seen_is_not_judged() {
    for works in [true, false] {
        let probe = Box::new(Impaired { inner: pair_probe(), works });
        let result = run_with(SCENARIOS[0], &Cancel::new(), probe);
        let told: Vec<_> =
            result.checks.iter().map(|check| (check.subject.as_str(), check.verdict)).collect();
        assert_eq!(
            told,
            [
                ("peer recv()", Verdict::AsExpected),
                ("client state", Verdict::CouldNotTell),
                ("peer state", Verdict::CouldNotTell),
            ],
            "{result:#?}"
        );
        assert_eq!(result.verdict(), Verdict::CouldNotTell);
    }
}

#[test]
fn a_scenario_stops_at_once_when_it_is_cancelled() {
    let waiting = Tried(|run| {
        let mut link = run.connect(DEFAULT, DEFAULT)?;
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
        let running = scope.spawn(|| run(&waiting, &cancel));
        thread::sleep(Duration::from_millis(100));
        cancel.cancel();
        let result = running.join().expect("no panic");
        assert_eq!(result.verdict(), Verdict::CouldNotTell, "{result:#?}");
        assert_eq!(result.checks[0].observed, "stopped by the user");
        assert!(result.took < Duration::from_secs(5), "{:?}", result.took);
    });
}

#[test]
fn an_abortive_close_resets_and_leaves_no_time_wait() {
    let bench = bench();
    let abortive = SocketOptions { linger: Linger::Seconds(0), ..DEFAULT };
    act(
        &bench,
        [
            connect(3, abortive),
            Command::Close { end: End::Client },
            Command::Read { end: End::Peer },
            Command::Close { end: End::Peer },
        ],
    );
    let state = wait(&bench, |state| {
        state.connections.iter().all(|connection| {
            End::ALL.into_iter().all(|end| state.seen(connection, end) == Seen::NoRow)
        })
    });
    assert_eq!(state.connections.len(), 3);
    for connection in &state.connections {
        assert_eq!(outcomes(connection, End::Peer, "recv"), [errno("ECONNRESET")]);
        let lane = state.lane(connection).expect("a lane");
        assert!(
            lane.changes.iter().all(|change| change.state != Some(State::TimeWait)),
            "{lane:?}"
        );
        let rows = pair_probe().lookup(&[lane.pair]).expect("a table");
        assert_eq!(rows, [[None, None]]);
    }
}

#[test]
fn a_plain_close_leaves_time_wait_on_the_side_that_closed_first() {
    if !pair_probe().shows_unowned() {
        eprintln!("not checked: TIME_WAIT cannot be seen on this system");
        return;
    }
    for first in End::ALL {
        let bench = bench();
        let second = End::ALL[1 - first as usize];
        act(
            &bench,
            [
                connect(1, DEFAULT),
                Command::Close { end: first },
                Command::Read { end: second },
                Command::Close { end: second },
            ],
        );
        let state = wait(&bench, |state| {
            let connection = &state.connections[0];
            state.seen(connection, first) == Seen::State(State::TimeWait)
                && state.seen(connection, second) == Seen::NoRow
        });
        let connection = &state.connections[0];
        assert_eq!(outcomes(connection, second, "recv"), ["0"]);
        assert_eq!(outcomes(connection, first, "close"), ["0"]);
        assert!(!connection.end(first).held && !connection.end(second).held);
    }
}

#[test]
fn options_of_living_sockets_change_and_read_back() {
    let bench = bench();
    let state = act(&bench, [connect(2, DEFAULT)]);
    for connection in &state.connections {
        assert_eq!(connection.end(End::Client).kernel, Some(Ok(DEFAULT)));
    }
    for (end, options) in [
        (End::Client, SocketOptions { reuse_address: true, linger: Linger::Seconds(0) }),
        (End::Peer, SocketOptions { reuse_address: true, linger: Linger::Seconds(7) }),
        (End::Client, DEFAULT),
    ] {
        let state = act(&bench, [Command::SetOptions { end, options }]);
        for connection in &state.connections {
            assert_eq!(connection.end(end).asked, options);
            assert_eq!(connection.end(end).kernel, Some(Ok(options)));
        }
    }
    let state = act(&bench, [Command::Close { end: End::Client }]);
    assert_eq!(state.connections[0].end(End::Client).kernel, None);
    let linger = outcomes(&state.connections[0], End::Client, "setsockopt(SO_LINGER, {1, 0})");
    assert_eq!(linger, ["0"]);
}

#[test]
fn bytes_arrive_and_a_half_close_still_reads() {
    let bench = bench();
    let (client, peer) = (End::Client, End::Peer);
    let state = act(
        &bench,
        [
            connect(1, DEFAULT),
            Command::Send { end: client, bytes: 64 },
            Command::Read { end: peer },
            Command::ShutdownWrite { end: client },
            Command::Read { end: peer },
            Command::Send { end: peer, bytes: 5 },
            Command::Read { end: client },
            Command::Send { end: client, bytes: 1 },
        ],
    );
    let connection = &state.connections[0];
    assert_eq!(outcomes(connection, peer, "recv(65536)"), ["64", "0"]);
    assert_eq!(outcomes(connection, client, "recv"), ["5"]);
    let pipe = match NUMBERING {
        Numbering::WinSock => errno("ESHUTDOWN"),
        Numbering::Linux | Numbering::Bsd => errno("EPIPE"),
    };
    assert_eq!(outcomes(connection, client, "send"), ["64", &pipe]);
    assert_eq!(outcomes(connection, client, "shutdown(SHUT_WR)"), ["0"]);
    wait(&bench, |state| {
        state.seen(&state.connections[0], client) == Seen::State(State::FinWait2)
            && state.seen(&state.connections[0], peer) == Seen::State(State::CloseWait)
    });
}

#[test]
fn dropping_the_bench_leaves_nothing_established() {
    let bench = bench();
    let state = act(&bench, [connect(8, DEFAULT)]);
    let pairs: Vec<Pair> =
        state.connections.iter().filter_map(|connection| connection.pair).collect();
    assert_eq!(pairs.len(), 8);
    let established = |rows: &[[Option<Socket>; 2]]| rows.iter().flatten().flatten().count();
    let rows = pair_probe().lookup(&pairs).expect("a table");
    assert_eq!(established(&rows), 16);
    drop(bench);
    let rows = pair_probe().lookup(&pairs).expect("a table");
    assert_eq!(established(&rows), 0, "{rows:?}");
}

#[test]
fn a_close_that_blocks_ends_with_the_bench_or_a_reset() {
    for reset in [true, false] {
        let bench = bench();
        let patient = SocketOptions { linger: Linger::Seconds(300), ..DEFAULT };
        act(&bench, [connect(2, patient), Command::Send { end: End::Client, bytes: MAX_SEND }]);
        bench.send(Command::Close { end: End::Client });
        wait(&bench, |state| matches!(state.running, Some(Command::Close { .. })));
        thread::sleep(Duration::from_millis(100));
        let began = Instant::now();
        if reset {
            let state = act(&bench, [Command::Reset]);
            // The close counts as well, so wait for the reset itself.
            drop(state);
            wait(&bench, |state| state.connections.is_empty());
        }
        drop(bench);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}

#[test]
fn commands_that_cannot_work_are_refused_with_a_reason() {
    let bench = bench();
    for (command, reason) in [
        (connect(0, DEFAULT), "lab.refused.connections"),
        (connect(MAX_CONNECTIONS + 1, DEFAULT), "lab.refused.connections"),
        (Command::Read { end: End::Client }, "lab.refused.no_client"),
        (Command::Abort { end: End::Peer }, "lab.refused.no_peer"),
        (Command::Send { end: End::Client, bytes: MAX_SEND + 1 }, "lab.refused.bytes"),
    ] {
        let state = act(&bench, [command]);
        assert_eq!(refusal(&state), Some(reason));
        let sentence = state.refused.as_ref().map(|it| it.reason.plain());
        assert!(sentence.is_some_and(|it| !it.contains("lab.") && !it.contains("%{")));
    }
    let state = act(&bench, [connect(MAX_CONNECTIONS, DEFAULT)]);
    assert_eq!(refusal(&state), None);
    let held = |state: &BenchState| {
        let ends = state.connections.iter().flat_map(|connection| {
            End::ALL.into_iter().map(|end| usize::from(connection.end(end).held))
        });
        ends.sum::<usize>()
    };
    assert_eq!(held(&state), 2 * MAX_CONNECTIONS);
    let state = act(&bench, [connect(1, DEFAULT)]);
    assert_eq!(refusal(&state), Some("lab.refused.connections"));
    let state = act(
        &bench,
        [
            Command::Abort { end: End::Client },
            Command::Close { end: End::Peer },
            connect(1, DEFAULT),
        ],
    );
    assert_eq!((refusal(&state), held(&state)), (None, 2));
    assert_eq!(state.connections.len(), MAX_CONNECTIONS);
    let state = act(&bench, [Command::Reset]);
    assert!(state.connections.is_empty());
}

#[test]
fn the_caller_is_rung_up() {
    let rings = Arc::new(AtomicUsize::new(0));
    let bench = {
        let rings = Arc::clone(&rings);
        let ring = move || {
            rings.fetch_add(1, Ordering::Relaxed);
        };
        Bench::start(Arc::new(ring)).expect("two threads")
    };
    act(&bench, [connect(1, DEFAULT)]);
    wait(&bench, |state| {
        state.seen(&state.connections[0], End::Peer) == Seen::State(State::Established)
    });
    let rung = rings.load(Ordering::Relaxed);
    assert!(rung >= 3, "{rung}");
    thread::sleep(Duration::from_millis(300));
    let since = rings.load(Ordering::Relaxed) - rung;
    assert!(since <= 1, "rung {since} times with nothing new");
}

#[test]
fn a_port_in_use_is_called_by_its_name() {
    let recorder = recorder();
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let first = Listener::open(SocketAddr::new(local, 0), &recorder).expect("a free port");
    let second = Listener::open(first.address(), &recorder).map(|_| ());
    let error = second.expect_err("the port is taken");
    assert_eq!(error.errno, errno("EADDRINUSE"));
    let last = recorder.calls();
    let last = last.iter().next_back().expect("a call");
    assert_eq!(last.call, format!("bind({})", first.address()));
    let expected =
        CallOutcome::Failed { errno: errno("EADDRINUSE"), meaning: error.meaning.plain() };
    assert_eq!(last.outcome, expected);
}

#[test]
fn the_peer_listens_on_both_families() {
    for ip in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        let recorder = recorder();
        let listener = match Listener::open(SocketAddr::new(ip, 0), &recorder) {
            Ok(listener) => listener,
            Err(error) if ip.is_ipv6() => {
                eprintln!("not checked: this machine has no {ip}: {error}");
                continue;
            }
            Err(error) => panic!("no listener on {ip}: {error}"),
        };
        let mut link =
            Link::open(&listener, DEFAULT, DEFAULT, &recorder, |_| {}).expect("a connection");
        assert_eq!(link.client.send(3, PATIENCE), Ok(3));
        assert_eq!(link.peer.recv(PATIENCE), Ok(3));
        let began = Instant::now();
        let waited = link.peer.recv(Duration::from_millis(50));
        let names = [errno("EAGAIN"), errno("EWOULDBLOCK")];
        assert!(waited.as_ref().is_err_and(|error| names.contains(&error.errno)), "{waited:?}");
        assert!(began.elapsed() < PATIENCE);
        assert!(link.peer.abort().is_ok() && !link.peer.is_held());
        assert_eq!(
            link.client.recv(PATIENCE).map_err(|error| error.errno),
            Err(errno("ECONNRESET"))
        );
    }
}
