//! The bench by its commands: options, bytes, limits, and what is left when it goes.

use std::net::Shutdown;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::{
    Actor, Bench, BenchState, Client, Command, Connect, ConnectionState, Holding, Linger,
    MAX_CONNECTIONS, MAX_SEND, NUMBERING, Numbering, On, OpenListener, OptionName, OptionValue,
    RECV_SIZE, Server, Which,
};
use sockscope::model::State;
use sockscope::model::lab::End;
use sockscope::os::{Pair, pair_probe};

use super::errno;
use super::hands::*;

#[test]
fn one_command_connects() {
    // The listener that nobody opened is opened.
    let bench = Bench::start(Arc::new(|| {})).expect("four threads");
    let hands = Hands { bench };
    hands.bench.send(Command::Connect(connect()));
    let state = hands
        .wait("it is accepted", |state| state.connections.first().is_some_and(|it| it.accepted));
    assert!(state.listener(Server::First).address.is_some_and(|it| it.ip().is_loopback()));
    assert!(state.listener(Server::Second).address.is_none());
    for end in End::ALL {
        hands.wait_state(state.connections[0].number, end, Some(State::Established));
    }
}

#[test]
fn a_plain_close_leaves_time_wait_on_the_side_that_closed_first() {
    if !pair_probe().shows_unowned() {
        eprintln!("not checked: TIME_WAIT cannot be seen on this system");
        return;
    }
    for first in End::ALL {
        let hands = Hands::listening(DEFAULT);
        let second = End::ALL[1 - first as usize];
        let number = hands.connect(connect());
        hands.act([
            Command::Close { on: all(first) },
            read(all(second)),
            Command::Close { on: all(second) },
        ]);
        hands.wait_state(number, first, Some(State::TimeWait));
        let state = hands.wait_state(number, second, None);
        let [closer, other] = match first {
            End::Client => [client(number), peer(number)],
            End::Peer => [peer(number), client(number)],
        };
        assert_eq!(hands.outcomes(other, "recv"), ["0"]);
        assert_eq!(hands.outcomes(closer, "close"), ["0"]);
        for end in End::ALL {
            let end = connection(&state, number).end(end);
            assert_eq!((end.holding, end.kernel.len()), (Holding::Closed, 0));
        }
    }
}

fn kernel(connection: &ConnectionState, end: End, name: OptionName) -> Option<OptionValue> {
    let read = &connection.end(end).kernel;
    read.iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.clone().ok())
}

#[test]
fn options_of_living_sockets_change_and_read_back() {
    let hands = Hands::listening(DEFAULT);
    hands.connect(Connect { count: 2, ..connect() });
    let state = hands.bench.latest();
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
        let state = hands.act([Command::SetOptions { on: all(end), options }]);
        for connection in &state.connections {
            assert_eq!(connection.end(end).asked, options);
            for option in options.each() {
                assert_eq!(kernel(connection, end, option.name()), Some(option.value()));
            }
        }
    }
    let number = state.connections[0].number;
    let linger = hands.outcomes(client(number), "setsockopt(SO_LINGER, {1, 0})");
    assert_eq!(linger, ["0"]);
}

#[test]
fn options_of_a_listener_change_and_read_back() {
    let server = Server::Second;
    let hands = Hands::listening(DEFAULT);
    let options = DEFAULT.on(OptionName::KeepAlive);
    let state = hands.act([Command::SetListener { server, options, backlog: 3 }]);
    let listener_state = state.listener(server);
    assert_eq!((listener_state.asked, listener_state.backlog), (options, 3));
    assert_eq!(hands.last(listener(server), "listen"), "0");
    assert_eq!(hands.calls(listener(server), "listen(3)").len(), 1);
    let alive = listener_state.kernel.iter().find(|(name, _)| *name == OptionName::KeepAlive);
    assert_eq!(alive.and_then(|it| it.1.clone().ok()), Some(OptionValue::Switch(true)));
    let first = hands.bench.latest();
    assert_eq!(first.listener(Server::First).asked, DEFAULT, "the other is as it was");
    if is_linux() {
        hands.wait("the queue is as long", |state| state.listener(server).queue == Some((0, 3)));
    }
}

#[test]
fn an_option_that_failed_is_tried_again_and_holds_up_no_other() {
    let server = Server::First;
    let hands = Hands::listening(DEFAULT);
    let number = hands.connect(connect());
    let absent = OptionName::ALL.into_iter().find(|name| name.absence().is_some());
    let absent = absent.expect("an option that this system has not");
    let options = DEFAULT.on(absent).on(OptionName::NoDelay);
    for times in 1..=2 {
        let state = hands.act([
            Command::SetOptions { on: CLIENTS, options },
            Command::SetListener { server, options, backlog: 128 },
        ]);
        let asked = connection(&state, number).end(End::Client).asked;
        assert_eq!([asked, state.listener(server).asked], [options; 2]);
        for who in [client(number), listener(server)] {
            assert_eq!(hands.calls(who, &format!("setsockopt({absent}")).len(), times);
            assert_eq!(hands.outcomes(who, "setsockopt(TCP_NODELAY"), ["0"], "set once");
        }
    }
}

#[test]
fn bytes_arrive_and_a_half_close_still_reads() {
    let hands = Hands::listening(DEFAULT);
    let number = hands.connect(connect());
    let state = hands.act([
        Command::Send { on: CLIENTS, bytes: 64 },
        Command::Read { on: PEERS, bytes: 60 },
        read(PEERS),
        Command::Shutdown { on: CLIENTS, how: Shutdown::Write },
        read(PEERS),
        Command::Send { on: PEERS, bytes: 5 },
        read(CLIENTS),
        Command::Send { on: CLIENTS, bytes: 1 },
    ]);
    assert_eq!(hands.outcomes(peer(number), "recv"), ["60", "4", "0"]);
    assert_eq!(hands.outcomes(client(number), "recv"), ["5"]);
    let pipe = match NUMBERING {
        Numbering::WinSock => errno("ESHUTDOWN"),
        Numbering::Linux | Numbering::Bsd => errno("EPIPE"),
    };
    assert_eq!(hands.outcomes(client(number), "send"), ["64", &pipe]);
    assert_eq!(hands.outcomes(client(number), "shutdown(SHUT_WR)"), ["0"]);
    let ends = End::ALL.map(|end| {
        let end = connection(&state, number).end(end);
        (end.sent, end.received, end.at_end)
    });
    assert_eq!(ends, [(64, 5, false), (5, 64, true)]);
    hands.wait_state(number, End::Client, Some(State::FinWait2));
    hands.wait_state(number, End::Peer, Some(State::CloseWait));
}

#[test]
fn one_end_reads_whatever_comes_until_told_otherwise() {
    let hands = Hands::listening(DEFAULT);
    let number = hands.connect(connect());
    hands.act([Command::KeepReading { on: PEERS, yes: true }]);
    for total in [100_000, 100_001, 2_100_001] {
        let before = connection(&hands.bench.latest(), number).end(End::Client).sent;
        let bytes = usize::try_from(total - before).expect("a few bytes");
        hands.act([Command::Send { on: CLIENTS, bytes }]);
        let state = hands
            .wait("it is read", |state| connection(state, number).end(End::Peer).received == total);
        assert!(connection(&state, number).end(End::Peer).reading);
    }
    hands.act([
        Command::KeepReading { on: PEERS, yes: false },
        Command::Send { on: CLIENTS, bytes: 3 },
    ]);
    thread::sleep(Duration::from_millis(100));
    let state = hands.bench.latest();
    assert_eq!(connection(&state, number).end(End::Peer).received, 2_100_001);
    hands.act([Command::KeepReading { on: PEERS, yes: true }, Command::Close { on: CLIENTS }]);
    let state =
        hands.wait("it is at the end", |state| connection(state, number).end(End::Peer).at_end);
    let end = connection(&state, number).end(End::Peer);
    assert_eq!((end.received, end.reading), (2_100_004, false));
}

#[test]
fn commands_reach_those_they_are_for() {
    let hands = Hands::listening(DEFAULT);
    let a = hands.connect(connect());
    let b = hands.connect(Connect { client: Client::B, ..connect() });
    let later = hands.connect(connect());
    let sent = |end: End| {
        let state = hands.bench.latest();
        [a, b, later].map(|number| connection(&state, number).end(end).sent)
    };
    for end in End::ALL {
        let on = |of| Command::Send { on: On { end, of }, bytes: 1 };
        hands.act([on(Which::Client(Client::A))]);
        assert_eq!(sent(end), [1, 0, 1]);
        hands.act([on(Which::Client(Client::B))]);
        assert_eq!(sent(end), [1, 1, 1]);
        hands.act([on(Which::Connection(later))]);
        assert_eq!(sent(end), [1, 1, 2]);
        hands.act([on(Which::All)]);
        assert_eq!(sent(end), [2, 2, 3]);
        hands.act([on(Which::Connection(99))]);
        assert!(hands.refusal().is_some());
    }
}

#[test]
fn dropping_the_bench_leaves_nothing_established() {
    let hands = Hands::listening(DEFAULT);
    hands.connect(Connect { count: 8, ..connect() });
    hands.act([Command::Leak { on: of(Client::A) }]);
    let state = hands.bench.latest();
    let pairs: Vec<Pair> = state.connections.iter().filter_map(|it| it.pair).collect();
    assert_eq!(pairs.len(), 8);
    let listeners = Server::ALL.map(|server| state.listener(server).address.expect("it listens"));
    let mut probe = pair_probe();
    let mut rows =
        || probe.lookup(&pairs).expect("a table").into_iter().flatten().flatten().count();
    assert_eq!(rows(), 16);
    drop(hands);
    assert_eq!(rows(), 0);
    for address in listeners {
        assert!(pair_probe().listener(address).expect("a table").is_none(), "{address}");
    }
}

#[test]
fn a_close_that_blocks_ends_with_the_bench_or_a_reset() {
    for reset in [true, false] {
        let hands = Hands::listening(DEFAULT);
        let options = DEFAULT.linger(Linger::Seconds(300));
        hands.connect(Connect { options, count: 2, blocking: false, ..connect() });
        hands.act([Command::Send { on: CLIENTS, bytes: MAX_SEND }]);
        hands.bench.send(Command::Close { on: CLIENTS });
        hands.wait("it closes", |state| state.is_busy(Actor::Client(Client::A)));
        thread::sleep(Duration::from_millis(100));
        let began = Instant::now();
        if reset {
            hands.bench.send(Command::Reset);
            hands.wait("it is reset", |state| {
                state.running.is_empty() && state.connections.is_empty()
            });
        }
        drop(hands);
        assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
    }
}

#[test]
fn commands_that_cannot_work_are_refused_with_a_reason() {
    let hands = Hands::listening(DEFAULT);
    let connections = |count| Command::Connect(Connect { count, ..connect() });
    let server = Server::First;
    let outside = "192.0.2.1".parse().expect("an address");
    for (command, reason) in [
        (connections(0), "lab.refused.connections"),
        (connections(MAX_CONNECTIONS + 1), "lab.refused.connections"),
        (read(CLIENTS), "lab.refused.no_client"),
        (Command::Abort { on: PEERS }, "lab.refused.no_peer"),
        (Command::Send { on: CLIENTS, bytes: MAX_SEND + 1 }, "lab.refused.bytes"),
        (Command::Read { on: CLIENTS, bytes: 0 }, "lab_bench.refused.read"),
        (Command::Read { on: CLIENTS, bytes: RECV_SIZE + 1 }, "lab_bench.refused.read"),
        (Command::OpenListener(OpenListener::new(server)), "lab_bench.refused.listens"),
        (
            Command::SetListener { server, options: DEFAULT, backlog: 65_536 },
            "lab_bench.refused.backlog",
        ),
    ] {
        hands.act([command]);
        assert_eq!(hands.refusal(), Some(reason));
        let state = hands.bench.latest();
        let sentence = state.refused.as_ref().map(|it| it.reason.plain());
        assert!(
            sentence.is_some_and(|it| !it.contains("lab.")
                && !it.contains("lab_")
                && !it.contains("%{")),
            "{reason}"
        );
    }
    hands.act([Command::CloseListener { server }]);
    hands.act([Command::OpenListener(OpenListener {
        address: outside,
        ..OpenListener::new(server)
    })]);
    assert_eq!(hands.refusal(), Some("lab_bench.refused.not_loopback"));
    hands.act([Command::OpenListener(OpenListener::new(server))]);
    hands.connect(Connect { count: MAX_CONNECTIONS, ..connect() });
    assert_eq!(hands.refusal(), None);
    let open = |state: &BenchState| End::ALL.map(|end| holding(state, end, Holding::Held));
    assert_eq!(open(&hands.bench.latest()), [MAX_CONNECTIONS; 2]);
    hands.act([connections(1)]);
    assert_eq!(hands.refusal(), Some("lab.refused.connections"));
    hands.act([Command::Abort { on: CLIENTS }, Command::Close { on: PEERS }]);
    hands.bench.send(connections(1));
    let state = hands.wait("the next is open", |state| open(state) == [1, 1]);
    assert_eq!(state.connections.len(), MAX_CONNECTIONS, "the oldest closed one made room");
    let state = hands.act([Command::Reset]);
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
        Bench::start(Arc::new(ring)).expect("four threads")
    };
    let hands = Hands { bench };
    hands.bench.send(Command::Connect(connect()));
    let state = hands
        .wait("it is accepted", |state| state.connections.first().is_some_and(|it| it.accepted));
    let number = state.connections[0].number;
    hands.wait_state(number, End::Peer, Some(State::Established));
    hands.wait_state(number, End::Client, Some(State::Established));
    // The last news of the connection may still be on its way.
    thread::sleep(Duration::from_millis(300));
    let rung = rings.load(Ordering::Relaxed);
    assert!(rung >= 3, "{rung}");
    thread::sleep(Duration::from_millis(300));
    let since = rings.load(Ordering::Relaxed) - rung;
    assert!(since <= 1, "rung {since} times with nothing new");
    hands.wait_state(number, End::Client, Some(State::Established));
}

#[test]
fn each_option_of_this_system_is_read_back_from_each_socket() {
    let hands = Hands::listening(DEFAULT);
    let number = hands.connect(connect());
    let state = hands.bench.latest();
    let here = |it: &OptionName| it.absence().is_none();
    for end in End::ALL {
        let kernel = &connection(&state, number).end(end).kernel;
        assert!(kernel.iter().all(|(_, value)| value.is_ok()), "{kernel:?}");
        let role = if end == End::Client { client(0).role } else { peer(0).role };
        let expected: Vec<_> =
            OptionName::ALL.into_iter().filter(here).filter(|it| it.suits(role)).collect();
        assert_eq!(kernel.iter().map(|(name, _)| *name).collect::<Vec<_>>(), expected);
    }
    assert!(!state.listener(Server::First).kernel.is_empty());
}
