//! The bench's threads: who waits for whom, what can be interrupted, and what is left.

use std::net::{IpAddr, Ipv6Addr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::{
    Actor, Client, Command, Connect, Holding, Leave, Local, MAX_CONNECTIONS, MAX_RECONNECTS,
    OpenListener, Reconnect, Seen, Server, Target, loopback,
};
use sockscope::model::State;
use sockscope::model::lab::End;
use sockscope::os::pair_probe;

use super::errno;
use super::hands::*;

/// A bench whose first listener is full: a SYN to it is dropped, and `connect` never answers.
fn with_a_full_listener() -> Hands {
    let hands = Hands::new();
    let address = loopback().ip();
    let server = Server::First;
    hands.open(OpenListener { address, backlog: 0, ..OpenListener::new(server) });
    hands.act([Command::AcceptAutomatically { server, yes: false }]);
    let number = hands.try_to_connect(connect());
    hands.wait_state(number, End::Client, Some(State::Established));
    hands.wait("it is full", |state| state.listener(server).queue == Some((1, 0)));
    hands
}

#[test]
fn a_connect_that_nobody_answers_is_shown_and_stops_at_once() {
    if !is_linux() {
        return;
    }
    let hands = with_a_full_listener();
    hands.bench.send(Command::Connect(connect()));
    let state = hands.wait("it is in SYN_SENT", |state| {
        state.connections.get(1).is_some_and(|it| {
            state.seen(it, End::Client) == Seen::State(State::SynSent) && it.pair.is_some()
        })
    });
    assert!(state.is_busy(Actor::Client(Client::A)), "it blocks");
    let number = state.connections[1].number;
    // Another client and the peer go on meanwhile.
    hands.bench.send(Command::OpenListener(OpenListener::new(Server::Second)));
    hands.bench.send(Command::Connect(Connect {
        client: Client::B,
        target: Target::BuiltIn(Server::Second),
        ..connect()
    }));
    hands.wait("client B is connected", |state| state.connections.iter().any(|it| it.accepted));
    // It would try for a minute or two, for longer than is waited for here.
    hands.bench.send(Command::Stop);
    let state = hands.wait("it has stopped", |state| state.running.is_empty());
    assert_eq!(hands.last(client(number), "connect"), "cancelled");
    assert_eq!(holding(&state, End::Client, Holding::Held), 3, "every socket stays");
    // The kernel goes on: as soon as somebody accepts, the SYN that is sent again is answered.
    assert_eq!(connection(&state, number).end(End::Client).descriptor, Some(State::SynSent));
    hands.act([Command::AcceptAutomatically { server: Server::First, yes: true }]);
    hands.wait("it is accepted after all", |state| connection(state, number).accepted);
    hands.wait("its outcome is asked for", |_| {
        hands.last(client(number), "getsockopt(SO_ERROR)") == "0"
    });
}

#[test]
fn a_connect_that_does_not_wait_is_in_progress() {
    if !is_linux() {
        return;
    }
    let hands = with_a_full_listener();
    let number = hands.try_to_connect(Connect { blocking: false, ..connect() });
    assert_eq!(hands.outcomes(client(number), "connect"), [errno("EINPROGRESS")]);
    let state = hands.wait_state(number, End::Client, Some(State::SynSent));
    let end = connection(&state, number).end(End::Client);
    assert_eq!((end.holding, end.descriptor), (Holding::Held, Some(State::SynSent)));
    assert!(state.running.is_empty() && state.refused.is_none());
    hands.act([Command::Close { on: CLIENTS }]);
    hands.wait_state(number, End::Client, None);
}

#[test]
fn stop_keeps_every_socket_and_sweeps_away_what_waits() {
    let hands = Hands::listening(DEFAULT);
    // Two seconds for each would be longer than is waited for here.
    hands.connect(Connect { count: 20, ..connect() });
    let due = hands.bench.latest().finished + 4;
    hands.bench.send(Command::ReadToEnd { on: PEERS });
    hands.wait("it reads", |state| state.is_busy(Actor::Peer));
    hands.bench.send(Command::Close { on: PEERS });
    hands.bench.send(Command::Abort { on: PEERS });
    hands.bench.send(Command::Stop);
    let state = hands.wait("all are done with", |state| state.finished >= due);
    assert_eq!(holding(&state, End::Peer, Holding::Held), 20);
    assert_eq!(holding(&state, End::Client, Holding::Held), 20);
    // And everything works on.
    let number = state.connections[0].number;
    hands.act([Command::Send { on: CLIENTS, bytes: 9 }, read(PEERS)]);
    assert_eq!(hands.last(peer(number), "recv(65536)"), "9");
}

#[test]
fn a_listener_that_stop_swept_away_is_opened_when_it_is_needed() {
    let hands = Hands::new();
    hands.connect(connect());
    hands.bench.send(Command::ReadToEnd { on: PEERS });
    hands.wait("it reads", |state| state.is_busy(Actor::Peer));
    let due = hands.bench.latest().finished + 4;
    let to_second = Connect { target: Target::BuiltIn(Server::Second), ..connect() };
    hands.bench.send(Command::Connect(to_second.clone()));
    hands.bench.send(Command::Stop);
    hands.wait("all are done with", |state| state.finished >= due && state.running.is_empty());
    assert!(hands.bench.latest().listener(Server::Second).last_address.is_none(), "swept away");
    hands.bench.send(Command::Connect(to_second));
    hands.wait("it is accepted", |state| {
        state.refused.is_some() || state.connections.iter().filter(|it| it.accepted).count() == 2
    });
    assert_eq!(hands.refusal(), None);
}

#[test]
fn both_families_work_or_say_why_not() {
    for address in [loopback().ip(), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        let hands = Hands::new();
        let opened = hands.open(OpenListener { address, ..OpenListener::new(Server::First) });
        if opened.is_none() {
            assert!(address.is_ipv6(), "{}", hands.log());
            let state = hands.bench.latest();
            let failed = state.calls.iter().next_back().map(outcome);
            let known = [errno("EAFNOSUPPORT"), errno("EADDRNOTAVAIL")];
            assert!(failed.is_some_and(|it| known.contains(&it)), "{}", hands.log());
            hands.act([Command::Connect(connect())]);
            assert_eq!(hands.refusal(), Some("lab_bench.refused.never_listened"));
            eprintln!("not checked: this machine has no {address}");
            continue;
        }
        let local = Local { address: Some(address), port: None };
        let number = hands.connect(Connect { local, ..connect() });
        assert_eq!(hands.last(client(number), "bind"), "0");
        hands.act([Command::Send { on: CLIENTS, bytes: 70_000 }, Command::Close { on: CLIENTS }]);
        hands.act([Command::ReadToEnd { on: PEERS }]);
        let state = hands.bench.latest();
        let connection = connection(&state, number);
        assert_eq!(connection.end(End::Client).sent, 70_000);
        assert_eq!(connection.end(End::Peer).received, 70_000);
        assert_eq!(connection.pair.map(|pair| pair.peer), opened);
        assert_eq!(connection.pair.map(|pair| pair.client.ip()), Some(address));
    }
}

#[test]
fn a_typed_target_is_met_by_its_name() {
    let hands = Hands::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let typed = |text: String| Connect { target: Target::Typed(text), ..connect() };
    // `localhost` may come to ::1 first, where nobody listens: then the next address is tried.
    let number = hands.try_to_connect(typed(format!("localhost:{port}")));
    assert_eq!(hands.last(client(number), "connect"), "0", "{}", hands.log());
    let (accepted, from) = listener.accept().expect("a connection");
    let state = hands.wait_state(number, End::Client, Some(State::Established));
    assert_eq!(connection(&state, number).pair.map(|pair| pair.client), Some(from));
    assert!(!connection(&state, number).accepted);
    assert_eq!(connection(&state, number).end(End::Peer).holding, Holding::Never);
    drop(accepted);
    hands.act([read(CLIENTS)]);
    assert_eq!(hands.outcomes(client(number), "recv"), ["0"]);
    drop(listener);
    let number = hands.try_to_connect(typed(format!("127.0.0.1:{port}")));
    assert_eq!(hands.last(client(number), "connect"), errno("ECONNREFUSED"));
    let number = hands.try_to_connect(typed("nobody.invalid:80".to_owned()));
    assert_eq!(hands.outcomes(client(number), "getaddrinfo"), ["not found"]);
    let state = hands.bench.latest();
    assert_eq!(connection(&state, number).end(End::Client).holding, Holding::Closed);
    hands.act([Command::Connect(typed("nonsense".to_owned()))]);
    assert_eq!(hands.refusal(), Some("lab_bench.refused.target"));
    assert_eq!(hands.bench.latest().connections.len(), 3, "nothing was tried");
}

#[test]
fn a_connect_to_a_closed_listener_is_refused_by_the_kernel() {
    let hands = Hands::listening(DEFAULT);
    let server = Server::First;
    hands.act([Command::CloseListener { server }]);
    let state = hands.bench.latest();
    let listener = state.listener(server);
    assert!(listener.address.is_none() && listener.last_address.is_some());
    let number = hands.try_to_connect(connect());
    assert_eq!(hands.last(client(number), "connect"), errno("ECONNREFUSED"));
    assert_eq!(hands.last(client(number), "close"), "0");
    hands.act([Command::CloseListener { server }]);
    assert_eq!(hands.refusal(), Some("lab_bench.refused.not_listening"));
}

/// What waited to be accepted is reset with its listener; what was accepted lives on.
#[test]
fn closing_a_listener_resets_what_waits_there() {
    if !is_linux() {
        return;
    }
    let hands = Hands::listening(DEFAULT);
    let server = Server::First;
    let accepted = hands.connect(connect());
    hands.act([Command::AcceptAutomatically { server, yes: false }]);
    let waiting = hands.try_to_connect(connect());
    hands.act([Command::CloseListener { server }]);
    hands.wait_state(waiting, End::Client, None);
    hands.act([read(CLIENTS)]);
    assert_eq!(hands.last(client(waiting), "recv"), errno("ECONNRESET"));
    hands.wait_state(accepted, End::Peer, Some(State::Established));
}

/// An old connection that nobody accepted does not stand in for a new one with the same addresses.
#[test]
fn a_listener_that_is_opened_again_accepts_what_comes_then() {
    if !is_linux() {
        return;
    }
    let hands = Hands::new();
    let (server, address, local) = (Server::First, loopback().ip(), fixed());
    hands.open(own(address, server));
    hands.act([Command::AcceptAutomatically { server, yes: false }]);
    let lost = hands.try_to_connect(Connect { local, ..connect() });
    hands.act([Command::CloseListener { server }, Command::Abort { on: CLIENTS }]);
    hands.open(own(address, server));
    let number = hands.connect(Connect { local, ..connect() });
    let state = hands.bench.latest();
    assert_ne!(number, lost);
    assert_eq!(connection(&state, number).pair, connection(&state, lost).pair);
    assert!(connection(&state, number).accepted && !connection(&state, lost).accepted);
}

#[test]
fn leaked_sockets_stay_until_a_reset() {
    let hands = Hands::listening(DEFAULT);
    let number = hands.connect(connect());
    hands.act([Command::Leak { on: CLIENTS }, Command::Close { on: CLIENTS }]);
    assert_eq!(hands.refusal(), Some("lab.refused.no_client"), "nobody remembers it");
    let state = hands.bench.latest();
    assert_eq!(connection(&state, number).end(End::Client).holding, Holding::Leaked);
    hands.wait_state(number, End::Client, Some(State::Established));
    let pair = connection(&state, number).pair.expect("addresses");
    let state = hands.act([Command::Reset]);
    assert!(state.connections.is_empty() && state.began.is_none());
    assert_eq!(pair_probe().lookup(&[pair]).expect("a table"), [[None, None]]);
}

#[test]
fn reconnecting_leaks_no_more_than_the_bench_may_have() {
    let hands = Hands::listening(DEFAULT);
    let reconnect = |times| {
        let every = Duration::ZERO;
        let leave = Leave::Leak;
        Command::Reconnect(Reconnect { connect: connect(), times, every, leave, peer_closes: true })
    };
    for bad in [0, MAX_RECONNECTS + 1] {
        hands.act([reconnect(bad)]);
        assert_eq!(hands.refusal(), Some("lab_bench.refused.times"));
    }
    let state = hands.act([reconnect(MAX_RECONNECTS)]);
    assert_eq!(hands.refusal(), Some("lab.refused.connections"));
    assert_eq!(holding(&state, End::Client, Holding::Leaked), MAX_CONNECTIONS);
    let state = hands.act([Command::Reset]);
    assert!(state.connections.is_empty());
}

#[test]
fn a_reset_in_the_midst_of_everything_leaves_nothing_of_it() {
    let hands = Hands::listening(DEFAULT);
    for _ in 0..5 {
        for client in Client::ALL {
            let connect = Connect { client, ..connect() };
            let every = Duration::from_millis(1);
            hands.bench.send(Command::Reconnect(Reconnect {
                connect,
                times: MAX_RECONNECTS,
                every,
                leave: Leave::Close,
                peer_closes: false,
            }));
        }
        hands.wait("they are at it", |state| state.running.len() == 2);
        thread::sleep(Duration::from_millis(20));
        hands.bench.send(Command::Reset);
        // Sent while the others are still ending: it belongs to what comes after.
        hands.bench.send(Command::Connect(connect()));
        let state = hands.wait("only the last is there", |state| {
            state.running.is_empty() && state.connections.iter().any(|it| it.accepted)
        });
        assert_eq!(state.connections.len(), 1);
        let number = state.connections[0].number;
        assert!(state.calls.iter().all(|it| it.who.number <= 2 || it.who.number == number));
        assert!(state.observation.lanes.iter().all(|lane| lane.number == number));
        assert!(state.began.is_some());
    }
}

#[test]
fn the_log_is_one_and_in_order_from_the_first_action_on() {
    let started = Instant::now();
    let hands = Hands::new();
    thread::sleep(Duration::from_millis(300));
    assert!(hands.bench.latest().began.is_none());
    for client in Client::ALL {
        hands.bench.send(Command::Connect(Connect { client, count: 3, ..connect() }));
    }
    let state = hands.wait("all are accepted", |state| {
        state.connections.iter().filter(|it| it.accepted).count() == 6 && state.running.is_empty()
    });
    let times: Vec<_> = state.calls.iter().map(|call| call.at).collect();
    assert!(times.is_sorted(), "{}", hands.log());
    assert_eq!(state.calls.iter().next().map(|it| it.who), Some(listener(Server::First)));
    let began = state.began.expect("it began");
    assert!(began - started >= Duration::from_millis(300), "not from the program's start");
    assert!(began + *times.last().expect("a call") <= Instant::now());
    let changes = state.observation.lanes.iter().flat_map(|lane| lane.changes.iter());
    assert!(changes.into_iter().all(|change| began + change.at <= Instant::now()));
    assert_eq!(state.observation.lanes.len(), 6);
}
