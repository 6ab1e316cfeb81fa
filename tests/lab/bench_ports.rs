//! One local port again, done by hand: the tables A3 and A4 of what was measured on Linux 6.18.

use std::collections::BTreeSet;
use std::time::Duration;

use sockscope::lab::{
    Client, Command, Connect, Holding, Leave, Linger, Local, OpenListener, OptionName, OptionValue,
    Reconnect, Seen, Server, SocketOptions, Target, Watch, loopback,
};
use sockscope::model::State;
use sockscope::model::lab::End;

use super::errno;
use super::hands::*;

const REUSE: SocketOptions = DEFAULT.on(OptionName::ReuseAddress);
const REUSE_PORT: SocketOptions = DEFAULT.on(OptionName::ReusePort);

/// What came of `bind` and, where that worked, of `connect`.
fn bind_and_connect(hands: &Hands, number: u64) -> [String; 2] {
    let bind = hands.last(client(number), "bind");
    let bound = bind == "0";
    [bind, if bound { hands.last(client(number), "connect") } else { String::new() }]
}

fn to(server: Server, local: Local, options: SocketOptions) -> Connect {
    Connect { client: Client::B, target: Target::BuiltIn(server), local, options, ..connect() }
}

/// A socket on a fixed port in CLOSE_WAIT, which its peer holds open.
fn in_close_wait(hands: &Hands, local: Local, options: SocketOptions) -> u64 {
    let old = hands.connect(Connect { local, options, ..connect() });
    hands.act([Command::Shutdown { on: PEERS, how: std::net::Shutdown::Write }]);
    hands.wait_state(old, End::Client, Some(State::CloseWait));
    old
}

#[test]
fn a_port_whose_socket_is_in_close_wait() {
    if !is_linux() {
        return;
    }
    let in_use = [errno("EADDRINUSE"), String::new()];
    let not_available = ["0".to_owned(), errno("EADDRNOTAVAIL")];
    let works = ["0".to_owned(), "0".to_owned()];
    // Old socket before connect, and after; the new one; the same remote address, and another.
    for (old, later, new, same, other) in [
        (DEFAULT, DEFAULT, DEFAULT, &in_use, &in_use),
        (REUSE, DEFAULT, DEFAULT, &in_use, &in_use),
        (DEFAULT, DEFAULT, REUSE, &in_use, &in_use),
        (REUSE, REUSE, REUSE, &not_available, &works),
        (DEFAULT, REUSE, REUSE, &not_available, &works),
        (REUSE_PORT, REUSE_PORT, REUSE_PORT, &not_available, &works),
        (DEFAULT, DEFAULT, REUSE_PORT, &in_use, &in_use),
    ] {
        for (server, expected) in [(Server::First, same), (Server::Second, other)] {
            let hands = Hands::listening(DEFAULT);
            let local = fixed();
            let number = in_close_wait(&hands, local, old);
            if old != later {
                hands.act([Command::SetOptions { on: of(Client::A), options: later }]);
            }
            let next = hands.try_to_connect(to(server, local, new));
            let case = format!("{old:?} {later:?} {new:?} {server:?}{}", hands.log());
            assert_eq!(bind_and_connect(&hands, next), *expected, "{case}");
            hands.wait_state(number, End::Client, Some(State::CloseWait));
            // The descriptor is asked a moment after the row is seen.
            let state =
                hands.wait("the old socket is still there: it is never kicked out", |state| {
                    let end = connection(state, number).end(End::Client);
                    end.descriptor == Some(State::CloseWait)
                });
            let open = holding(&state, End::Client, Holding::Held);
            assert_eq!(open, 1 + usize::from(*expected == works), "{case}");
            if *expected == works {
                let pairs: Vec<_> = state.connections.iter().filter_map(|it| it.pair).collect();
                assert_eq!(pairs[0].client, pairs[1].client, "both on one port");
            }
        }
    }
}

#[test]
fn a_stale_socket_holds_its_port_after_its_peer_is_forgotten_too() {
    if !is_linux() {
        return;
    }
    let hands = Hands::listening(DEFAULT);
    let local = fixed();
    let short = DEFAULT.with(OptionName::FinWait2, OptionValue::Number(1));
    let old = hands.connect(Connect { local, options: REUSE, peer: short, ..connect() });
    hands.act([Command::Close { on: PEERS }]);
    hands.wait_state(old, End::Client, Some(State::CloseWait));
    hands.wait_state(old, End::Peer, None);
    let next = hands.try_to_connect(to(Server::First, local, REUSE));
    let expected = ["0".to_owned(), errno("EADDRNOTAVAIL")];
    assert_eq!(bind_and_connect(&hands, next), expected, "{}", hands.log());
    hands.wait_state(old, End::Client, Some(State::CloseWait));
}

/// One port is one CLOSE_WAIT for each server: the peer's listener moves on, and its connections stay.
#[test]
fn one_port_holds_a_close_wait_for_every_server() {
    if !is_linux() {
        return;
    }
    let hands = Hands::listening(DEFAULT);
    let local = fixed();
    for _ in 0..5 {
        in_close_wait(&hands, local, REUSE);
        hands.act([Command::CloseListener { server: Server::First }]);
        let address = loopback().ip();
        hands.open(OpenListener { address, ..OpenListener::new(Server::First) });
    }
    let state = hands.wait("five of them", |state| {
        let stuck = |it: &&_| state.seen(it, End::Client) == Seen::State(State::CloseWait);
        state.connections.iter().filter(stuck).count() == 5
    });
    let ports: BTreeSet<_> =
        state.connections.iter().filter_map(|it| Some(it.pair?.client)).collect();
    assert_eq!(ports.len(), 1, "{ports:?}");
}

#[test]
fn a_port_that_the_kernel_chose_cannot_be_bound_while_it_is_in_use() {
    if !is_linux() {
        return;
    }
    for new in [REUSE, REUSE.on(OptionName::ReusePort)] {
        for server in Server::ALL {
            let hands = Hands::listening(DEFAULT);
            let automatic = Local { address: Some(loopback().ip()), port: None };
            // Not even an address is bound: `connect` chooses both.
            let old = in_close_wait(&hands, Local::default(), DEFAULT);
            let state = hands.bench.latest();
            let pair = connection(&state, old).pair.expect("addresses");
            let local = Local { address: Some(pair.client.ip()), port: Some(pair.client.port()) };
            assert_ne!(local.address, automatic.address);
            let next = hands.try_to_connect(to(server, local, new));
            assert_eq!(bind_and_connect(&hands, next)[0], errno("EADDRINUSE"));
            hands.wait_state(old, End::Client, Some(State::CloseWait));
        }
    }
}

#[test]
fn a_port_is_free_at_once_when_the_old_socket_is_closed() {
    if !is_linux() {
        return;
    }
    for (peer_first, linger) in [(true, Linger::Off), (false, Linger::Seconds(0))] {
        let hands = Hands::listening(DEFAULT);
        let local = fixed();
        let options = DEFAULT.linger(linger);
        let old = hands.connect(Connect { local, options, ..connect() });
        if peer_first {
            hands.act([Command::Close { on: PEERS }, Command::ReadToEnd { on: CLIENTS }]);
        }
        hands.act([Command::Close { on: CLIENTS }]);
        hands.wait_state(old, End::Client, None);
        let next = hands.try_to_connect(to(Server::First, local, DEFAULT));
        assert_eq!(bind_and_connect(&hands, next), ["0", "0"], "{}", hands.log());
    }
}

/// How often each way to reconnect does so.
const TIMES: u32 = 20;

/// What twenty reconnects leave: how many worked, how many clients are open, how many of those in CLOSE_WAIT, how many of the
/// peer's rows are in FIN_WAIT_2 and in TIME_WAIT.
#[test]
fn twenty_reconnects_side_by_side() {
    if !is_linux() {
        return;
    }
    let abort = DEFAULT.linger(Linger::Seconds(0));
    let alive = DEFAULT.on(OptionName::KeepAlive);
    let local = Some(());
    for (fix, options, leave, left) in [
        (None, DEFAULT, Leave::Leak, [20, 20, 20, 20, 0]),
        (None, alive, Leave::Leak, [20, 20, 20, 20, 0]),
        (None, abort, Leave::Leak, [20, 20, 20, 20, 0]),
        (local, DEFAULT, Leave::Leak, [1, 20, 1, 1, 0]),
        (local, REUSE, Leave::Leak, [1, 20, 1, 1, 0]),
        (None, DEFAULT, Leave::ReadToEndAndClose, [20, 0, 0, 0, 20]),
        (local, REUSE, Leave::Close, [20, 0, 0, 0, 1]),
        (None, abort, Leave::Close, [20, 0, 0, 0, 0]),
        (None, REUSE.linger(Linger::Seconds(0)), Leave::Leak, [20, 20, 20, 20, 0]),
        (local, REUSE.linger(Linger::Seconds(0)), Leave::Close, [20, 0, 0, 0, 0]),
        (None, DEFAULT, Leave::Abort, [20, 0, 0, 0, 0]),
        (None, DEFAULT, Leave::ShutDownAndClose, [20, 0, 0, 0, 20]),
        (None, DEFAULT, Leave::ShutDown, [20, 20, 0, 0, 20]),
    ] {
        let hands = Hands::listening(DEFAULT);
        let local = fix.map_or_else(Local::default, |()| fixed());
        let every = Duration::from_millis(5);
        let connect = Connect { local, options, ..connect() };
        let reconnect = Reconnect { connect, times: TIMES, every, leave, peer_closes: true };
        hands.act([Command::Reconnect(reconnect)]);
        let count = |end: End, wanted: State| {
            let state = hands.bench.latest();
            // A row that a newer connection with the same addresses took over is that one's.
            let is_old = |watch| matches!(watch, Watch::Replaced { .. });
            let current = |it| state.lane(it).is_some_and(|lane| !is_old(lane.watch));
            let seen = |it| state.seen(it, end) == Seen::State(wanted);
            state.connections.iter().filter(|it| current(it) && seen(it)).count()
        };
        let measure = || {
            let state = hands.bench.latest();
            let worked = state.connections.iter().filter(|it| it.accepted).count();
            [
                worked,
                holding(&state, End::Client, Holding::Leaked)
                    + holding(&state, End::Client, Holding::Held),
                count(End::Client, State::CloseWait),
                count(End::Peer, State::FinWait2),
                count(End::Peer, State::TimeWait),
            ]
        };
        let case = format!("{local:?} {options:?} {leave:?}");
        hands.wait(&case, |_| measure() == left);
        let ports: BTreeSet<_> = hands
            .bench
            .latest()
            .connections
            .iter()
            .filter_map(|it| Some(it.pair?.client.port()))
            .collect();
        assert_eq!(ports.len(), if fix.is_some() { 1 } else { 20 }, "{case}");
        let binds = hands.bench.latest();
        let failed = binds.calls.iter().filter(|it| outcome(it) == errno("EADDRINUSE")).count();
        let refused = binds.calls.iter().filter(|it| outcome(it) == errno("EADDRNOTAVAIL")).count();
        let expected = match (fix, leave, options == REUSE) {
            (Some(()), Leave::Leak, false) => [19, 0],
            (Some(()), Leave::Leak, true) => [0, 19],
            _ => [0, 0],
        };
        assert_eq!([failed, refused], expected, "{case}");
    }
}

/// TIME_WAIT on a client's fixed port, and the same port again.
#[test]
fn a_port_whose_connection_is_in_time_wait() {
    if !is_linux() {
        return;
    }
    let in_use = [errno("EADDRINUSE"), String::new()];
    let works = ["0".to_owned(), "0".to_owned()];
    for (old, new, same, other) in [
        (DEFAULT, DEFAULT, &in_use, &in_use),
        (REUSE, DEFAULT, &in_use, &in_use),
        (DEFAULT, REUSE, &in_use, &in_use),
        (REUSE, REUSE, &works, &works),
    ] {
        for (server, expected) in [(Server::First, same), (Server::Second, other)] {
            let hands = Hands::listening(DEFAULT);
            let local = fixed();
            let number = hands.connect(Connect { local, options: old, ..connect() });
            hands.act([
                Command::Close { on: CLIENTS },
                Command::ReadToEnd { on: PEERS },
                Command::Close { on: PEERS },
            ]);
            hands.wait_state(number, End::Client, Some(State::TimeWait));
            let next = hands.try_to_connect(to(server, local, new));
            assert_eq!(bind_and_connect(&hands, next), *expected, "{old:?} {new:?} {server:?}");
        }
    }
}

/// What is left of a connection when its listener is opened again.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    Established,
    CloseWait,
    FinWait2Held,
    FinWait2Orphan,
    TimeWait,
    TimeWaitAtClient,
    /// The listener itself.
    Listening,
}

impl Left {
    fn leave(self, hands: &Hands, number: u64) {
        let shutdown = |on| Command::Shutdown { on, how: std::net::Shutdown::Write };
        let (close, read) = (|on| Command::Close { on }, |on| Command::ReadToEnd { on });
        let (commands, end, state) = match self {
            Self::Established | Self::Listening => (vec![], End::Peer, State::Established),
            Self::CloseWait => (vec![shutdown(CLIENTS)], End::Peer, State::CloseWait),
            Self::FinWait2Held => (vec![shutdown(PEERS)], End::Peer, State::FinWait2),
            Self::FinWait2Orphan => (vec![close(PEERS)], End::Peer, State::FinWait2),
            Self::TimeWait => {
                (vec![close(PEERS), read(CLIENTS), close(CLIENTS)], End::Peer, State::TimeWait)
            }
            Self::TimeWaitAtClient => {
                (vec![close(CLIENTS), read(PEERS), close(PEERS)], End::Client, State::TimeWait)
            }
        };
        hands.act(commands);
        hands.wait_state(number, end, Some(state));
    }
}

#[test]
fn a_listener_that_is_opened_again() {
    if !is_linux() {
        return;
    }
    for left in [
        Left::Established,
        Left::CloseWait,
        Left::FinWait2Held,
        Left::FinWait2Orphan,
        Left::TimeWait,
        Left::TimeWaitAtClient,
        Left::Listening,
    ] {
        for (old, new) in [(DEFAULT, DEFAULT), (REUSE, DEFAULT), (DEFAULT, REUSE), (REUSE, REUSE)] {
            let hands = Hands::new();
            let address = loopback().ip();
            let opened = |options| OpenListener { options, ..own(address, Server::First) };
            assert!(hands.open(opened(old)).is_some());
            let number = hands.connect(connect());
            left.leave(&hands, number);
            let again = if left == Left::Listening { Server::Second } else { Server::First };
            if left != Left::Listening {
                hands.act([Command::CloseListener { server: Server::First }]);
            }
            let address = hands.open(OpenListener { server: again, ..opened(new) });
            let works = match left {
                Left::TimeWaitAtClient => true,
                Left::Listening => false,
                _ => old == REUSE && new == REUSE,
            };
            let bind = if works { "0".to_owned() } else { errno("EADDRINUSE") };
            assert_eq!(hands.last(listener(again), "bind"), bind, "{left:?} {old:?} {new:?}");
            assert_eq!(address.is_some(), works, "{left:?} {old:?} {new:?}");
            if works {
                // The reopened listener is a listener: it takes the next connection.
                hands.connect(Connect { target: Target::BuiltIn(again), ..connect() });
            }
        }
    }
}

/// Accepted sockets have the listener's flag; that is why "new only" does not help above.
#[test]
fn accepted_sockets_inherit_from_the_listener() {
    if !is_linux() {
        return;
    }
    for on in [false, true] {
        let hands = Hands::listening(if on { REUSE } else { DEFAULT });
        let number = hands.connect(connect());
        let state = hands.bench.latest();
        let kernel = &connection(&state, number).end(End::Peer).kernel;
        let reuse = kernel.iter().find(|(name, _)| *name == OptionName::ReuseAddress);
        let reuse = reuse.and_then(|(_, value)| value.clone().ok());
        assert_eq!(reuse, Some(OptionValue::Switch(on)));
    }
}
