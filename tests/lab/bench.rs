//! The bench by its commands.

use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::{
    Bench, BenchState, Command, Connect, ConnectionState, Holding, Linger, MAX_CONNECTIONS,
    MAX_SEND, NUMBERING, Numbering, On, OptionName, OptionValue, RECV_SIZE, Running, Seen, Server,
    SocketOptions, Target, Which,
};
use sockscope::model::lab::{CallOutcome, End, Role, Who};
use sockscope::model::{Socket, State};
use sockscope::os::{Pair, pair_probe};

use super::errno;

const DEFAULT: SocketOptions = SocketOptions::NONE;

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

fn connect(count: usize, options: SocketOptions) -> Command {
    Command::Connect(Connect { count, options, ..Connect::new(Target::BuiltIn(Server::First)) })
}

const fn all(end: End) -> On {
    On { end, of: Which::All }
}

/// The outcomes of the calls that begin so, in order: the value, or the errno.
fn outcomes(state: &BenchState, number: u64, end: End, call: &str) -> Vec<String> {
    state
        .calls
        .iter()
        .filter(|logged| {
            logged.who == Who { role: role(end), number } && logged.call.starts_with(call)
        })
        .map(|logged| match &logged.outcome {
            CallOutcome::Returned(value) => value.clone(),
            CallOutcome::Failed { errno, .. } => errno.clone(),
        })
        .collect()
}

const fn role(end: End) -> Role {
    match end {
        End::Client => Role::Client,
        End::Peer => Role::Peer,
    }
}

fn refusal(state: &BenchState) -> Option<&'static str> {
    state.refused.as_ref().map(|refused| refused.reason.id())
}

#[test]
fn an_abortive_close_resets_and_leaves_no_time_wait() {
    let bench = bench();
    let abortive = DEFAULT.linger(Linger::Seconds(0));
    act(
        &bench,
        [
            connect(3, abortive),
            Command::Close { on: all(End::Client) },
            Command::Read { on: all(End::Peer), bytes: RECV_SIZE },
            Command::Close { on: all(End::Peer) },
        ],
    );
    let state = wait(&bench, |state| {
        state.connections.iter().all(|connection| {
            End::ALL.into_iter().all(|end| state.seen(connection, end) == Seen::NoRow)
        })
    });
    assert_eq!(state.connections.len(), 3);
    for connection in &state.connections {
        assert_eq!(outcomes(&state, connection.number, End::Peer, "recv"), [errno("ECONNRESET")]);
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
                Command::Close { on: all(first) },
                Command::Read { on: all(second), bytes: RECV_SIZE },
                Command::Close { on: all(second) },
            ],
        );
        let state = wait(&bench, |state| {
            let connection = &state.connections[0];
            state.seen(connection, first) == Seen::State(State::TimeWait)
                && state.seen(connection, second) == Seen::NoRow
        });
        let connection = &state.connections[0];
        assert_eq!(outcomes(&state, connection.number, second, "recv"), ["0"]);
        assert_eq!(outcomes(&state, connection.number, first, "close"), ["0"]);
        assert!(
            !(connection.end(first).holding == Holding::Held)
                && !(connection.end(second).holding == Holding::Held)
        );
    }
}

fn kernel(connection: &ConnectionState, end: End, name: OptionName) -> Option<OptionValue> {
    let read = &connection.end(end).kernel;
    read.iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.clone().ok())
}

#[test]
fn options_of_living_sockets_change_and_read_back() {
    let bench = bench();
    let state = act(&bench, [connect(2, DEFAULT)]);
    let (reuse, linger) = (OptionName::ReuseAddress, OptionName::Linger);
    let off = OptionValue::Linger(Linger::Off);
    for connection in &state.connections {
        assert_eq!(kernel(connection, End::Client, reuse), Some(OptionValue::Switch(false)));
        assert_eq!(kernel(connection, End::Client, linger), Some(off));
    }
    for (end, options) in [
        (End::Client, DEFAULT.on(reuse).linger(Linger::Seconds(0))),
        (End::Peer, DEFAULT.on(reuse).linger(Linger::Seconds(7))),
        (End::Client, DEFAULT.with(reuse, OptionValue::Switch(false)).linger(Linger::Off)),
    ] {
        let state = act(&bench, [Command::SetOptions { on: all(end), options }]);
        for connection in &state.connections {
            assert_eq!(connection.end(end).asked, options);
            for option in options.each() {
                assert_eq!(kernel(connection, end, option.name()), Some(option.value()));
            }
        }
    }
    let state = act(&bench, [Command::Close { on: all(End::Client) }]);
    assert!(state.connections[0].end(End::Client).kernel.is_empty());
    let linger =
        outcomes(&state, state.connections[0].number, End::Client, "setsockopt(SO_LINGER, {1, 0})");
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
            Command::Send { on: all(client), bytes: 64 },
            Command::Read { on: all(peer), bytes: RECV_SIZE },
            Command::Shutdown { on: all(client), how: Shutdown::Write },
            Command::Read { on: all(peer), bytes: RECV_SIZE },
            Command::Send { on: all(peer), bytes: 5 },
            Command::Read { on: all(client), bytes: RECV_SIZE },
            Command::Send { on: all(client), bytes: 1 },
        ],
    );
    let connection = &state.connections[0];
    assert_eq!(outcomes(&state, connection.number, peer, "recv(65536)"), ["64", "0"]);
    assert_eq!(outcomes(&state, connection.number, client, "recv"), ["5"]);
    let pipe = match NUMBERING {
        Numbering::WinSock => errno("ESHUTDOWN"),
        Numbering::Linux | Numbering::Bsd => errno("EPIPE"),
    };
    assert_eq!(outcomes(&state, connection.number, client, "send"), ["64", &pipe]);
    assert_eq!(outcomes(&state, connection.number, client, "shutdown(SHUT_WR)"), ["0"]);
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
        let patient = DEFAULT.linger(Linger::Seconds(300));
        act(&bench, [connect(2, patient), Command::Send { on: all(End::Client), bytes: MAX_SEND }]);
        bench.send(Command::Close { on: all(End::Client) });
        wait(&bench, |state| {
            matches!(state.running[..], [Running { command: Command::Close { .. }, .. }])
        });
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
        (Command::Read { on: all(End::Client), bytes: RECV_SIZE }, "lab.refused.no_client"),
        (Command::Abort { on: all(End::Peer) }, "lab.refused.no_peer"),
        (Command::Send { on: all(End::Client), bytes: MAX_SEND + 1 }, "lab.refused.bytes"),
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
            End::ALL
                .into_iter()
                .map(|end| usize::from(connection.end(end).holding == Holding::Held))
        });
        ends.sum::<usize>()
    };
    assert_eq!(held(&state), 2 * MAX_CONNECTIONS);
    let state = act(&bench, [connect(1, DEFAULT)]);
    assert_eq!(refusal(&state), Some("lab.refused.connections"));
    let state = act(
        &bench,
        [
            Command::Abort { on: all(End::Client) },
            Command::Close { on: all(End::Peer) },
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
