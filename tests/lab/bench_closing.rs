//! Ways to close, done by hand: the tables A2 and A5 of what was measured on Linux 6.18.

use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use sockscope::lab::{
    Command, Connect, Holding, Linger, MAX_COPIES, MAX_SEND, OptionName, OptionValue, Running,
    Server, SocketOptions,
};
use sockscope::model::State;
use sockscope::model::lab::{Call, End};

use super::errno;
use super::hands::*;

const fn linger(seconds: u16) -> SocketOptions {
    DEFAULT.linger(Linger::Seconds(seconds))
}

/// What takes as long as that waits for something; a busy machine alone does not need it.
const WAITS: Duration = Duration::from_secs(30);

/// Far longer than [`WAITS`].
const MINUTE: u16 = 60;

fn connected(options: SocketOptions) -> (Hands, u64) {
    let hands = Hands::listening(DEFAULT);
    let number = hands.connect(Connect { options, ..connect() });
    (hands, number)
}

/// A connection whose buffers are full, and how many bytes the kernel took.
fn filled(options: SocketOptions) -> (Hands, u64, u64) {
    let hands = Hands::listening(DEFAULT);
    let number = hands.connect(Connect { options, blocking: false, ..connect() });
    hands.act([Command::Send { on: CLIENTS, bytes: MAX_SEND }]);
    let sent = connection(&hands.bench.latest(), number).end(End::Client).sent;
    assert!(sent > 150_000 && sent < MAX_SEND as u64, "{sent}");
    (hands, number, sent)
}

fn received(hands: &Hands, number: u64) -> u64 {
    connection(&hands.bench.latest(), number).end(End::Peer).received
}

fn close() -> Command {
    Command::Close { on: CLIENTS }
}

fn shutdown(how: Shutdown) -> Command {
    Command::Shutdown { on: CLIENTS, how }
}

fn the_close(hands: &Hands, number: u64) -> Call {
    let close = hands.calls(client(number), "close").pop().expect("a close");
    assert_eq!(outcome(&close), "0", "{}", hands.log());
    close
}

#[test]
fn an_idle_connection_closes_gracefully_with_linger_off_or_on() {
    for options in [DEFAULT, linger(MINUTE)] {
        let (hands, number) = connected(options);
        hands.act([close(), read(PEERS), Command::Close { on: PEERS }]);
        assert!(the_close(&hands, number).took < WAITS);
        assert_eq!(hands.outcomes(peer(number), "recv"), ["0"]);
        hands.wait_state(number, End::Client, Some(State::TimeWait));
        hands.wait_state(number, End::Peer, None);
    }
}

#[test]
fn linger_zero_resets_whenever_it_was_set() {
    for live in [false, true] {
        let (hands, number) = connected(if live { DEFAULT } else { linger(0) });
        if live {
            hands.act([Command::SetOptions { on: CLIENTS, options: linger(0) }]);
        }
        hands.act([close(), read(PEERS), read(PEERS), Command::Send { on: PEERS, bytes: 1 }]);
        the_close(&hands, number);
        assert_eq!(hands.outcomes(peer(number), "recv"), [errno("ECONNRESET"), "0".to_owned()]);
        assert_eq!(hands.outcomes(peer(number), "send"), [errno("EPIPE")]);
        hands.wait_state(number, End::Client, None);
        hands.wait_state(number, End::Peer, None);
        let state = hands.bench.latest();
        let lane = state.lane(connection(&state, number)).expect("a lane");
        assert!(lane.changes.iter().all(|it| it.state != Some(State::TimeWait)));
    }
}

#[test]
fn a_default_close_delivers_what_is_queued() {
    if !is_linux() {
        return;
    }
    let (hands, number, sent) = filled(DEFAULT);
    hands.act([close()]);
    assert!(the_close(&hands, number).took < WAITS);
    hands.wait_state(number, End::Client, Some(State::FinWait1));
    let state = hands.bench.latest();
    assert_eq!(connection(&state, number).end(End::Client).holding, Holding::Closed);
    hands.act([Command::ReadToEnd { on: PEERS }]);
    assert_eq!(received(&hands, number), sent);
    assert!(connection(&hands.bench.latest(), number).end(End::Peer).at_end);
}

/// Whether FIN was sent before or not: what is queued is lost, but for what the peer's kernel has already.
#[test]
fn an_abortive_close_loses_what_is_queued() {
    if !is_linux() {
        return;
    }
    for before in [None, Some(Shutdown::Write), Some(Shutdown::Both)] {
        let (hands, number, sent) = filled(linger(0));
        hands.wait("the last look finds where every byte is", |state| {
            let lane = state.lane(connection(state, number));
            let queues = |end| lane.and_then(|lane| lane.row(end)?.queues);
            let both = queues(End::Client).zip(queues(End::Peer));
            both.is_some_and(|(client, peer)| u64::from(client.send + peer.receive) == sent)
        });
        hands.act(before.map(shutdown));
        hands.act([close(), Command::ReadToEnd { on: PEERS }]);
        the_close(&hands, number);
        let received = received(&hands, number);
        assert!(received > 0 && received < sent, "{received} of {sent}");
        let unsent = connection(&hands.bench.latest(), number)
            .end(End::Client)
            .unsent_at_close
            .map(u64::from);
        assert_eq!(
            unsent,
            Some(sent - received),
            "what was lost was its Send-Q, a FIN not counted"
        );
        assert_eq!(hands.outcomes(peer(number), "recv"), [errno("ECONNRESET")]);
        hands.wait_state(number, End::Client, None);
        hands.wait_state(number, End::Peer, None);
    }
}

#[test]
fn a_lingering_close_ends_when_the_peer_has_read() {
    if !is_linux() {
        return;
    }
    let (hands, number, sent) = filled(linger(MINUTE));
    hands.bench.send(close());
    hands.wait("it closes", |state| {
        matches!(state.running[..], [Running { command: Command::Close { .. }, .. }])
    });
    thread::sleep(Duration::from_secs(1));
    assert!(hands.calls(client(number), "close").is_empty(), "it blocks");
    let state = hands.bench.latest();
    let closing = |end| state.closing(connection(&state, number), end);
    let waits = closing(End::Client).expect("it is known to be inside");
    assert!(state.since(waits.at) >= Duration::from_millis(500), "{waits:?}");
    assert_eq!(closing(End::Peer), None);
    // The client's thread is in close(); the peer's is not.
    hands.bench.send(Command::KeepReading { on: PEERS, yes: true });
    hands.wait("it is closed", |state| {
        connection(state, number).end(End::Client).holding == Holding::Closed
    });
    assert!(hands.bench.latest().waiting.is_empty());
    let took = the_close(&hands, number).took;
    assert!(took >= Duration::from_millis(900) && took < WAITS, "{took:?}");
    let state = hands
        .wait("the peer is at the end", |state| connection(state, number).end(End::Peer).at_end);
    let end = connection(&state, number).end(End::Peer);
    assert_eq!((end.received, end.reading), (sent, false));
    hands.act([Command::Close { on: PEERS }]);
    hands.wait_state(number, End::Client, Some(State::TimeWait));
}

/// On Linux the time runs out and nothing else happens: 0, no errno, and everything arrives all the same.
#[test]
fn a_lingering_close_that_runs_out_of_time_loses_nothing() {
    if !is_linux() {
        return;
    }
    for (blocking, shut_down) in [(false, false), (false, true), (true, false)] {
        let hands = Hands::listening(DEFAULT);
        let number = hands.connect(Connect { options: linger(MINUTE), blocking, ..connect() });
        hands.act([Command::Send { on: CLIENTS, bytes: MAX_SEND }]);
        if shut_down {
            hands.act([shutdown(Shutdown::Write)]);
            let took = hands.calls(client(number), "shutdown")[0].took;
            assert!(took < WAITS, "shutdown does not linger: {took:?}");
        }
        hands.act([Command::SetOptions { on: CLIENTS, options: linger(2) }, close()]);
        let took = the_close(&hands, number).took;
        assert!(took >= Duration::from_millis(1_900), "{took:?}");
        hands.wait_state(number, End::Client, Some(State::FinWait1));
        hands.act([Command::ReadToEnd { on: PEERS }]);
        let state = hands.bench.latest();
        let sent = connection(&state, number).end(End::Client).sent;
        assert!(sent > 150_000, "{sent}");
        assert_eq!(received(&hands, number), sent);
        assert!(connection(&state, number).end(End::Peer).at_end);
    }
}

#[test]
fn an_abortive_close_after_a_fin_skips_time_wait() {
    if !is_linux() {
        return;
    }
    let (hands, number) = connected(linger(0));
    hands.act([shutdown(Shutdown::Both)]);
    hands.wait_state(number, End::Client, Some(State::FinWait2));
    hands.act([read(PEERS), close(), Command::Send { on: PEERS, bytes: 1 }]);
    assert_eq!(hands.outcomes(peer(number), "recv"), ["0"], "the FIN came first");
    assert_eq!(hands.outcomes(peer(number), "send"), [errno("EPIPE")]);
    hands.wait_state(number, End::Client, None);
    hands.wait_state(number, End::Peer, None);
}

#[test]
fn an_abortive_close_does_not_end_time_wait() {
    if !is_linux() {
        return;
    }
    let (hands, number) = connected(DEFAULT);
    hands.act([
        shutdown(Shutdown::Write),
        Command::ReadToEnd { on: PEERS },
        Command::Close { on: PEERS },
    ]);
    hands.wait_state(number, End::Client, Some(State::TimeWait));
    hands.wait("the descriptor says CLOSED", |state| {
        connection(state, number).end(End::Client).descriptor == Some(State::Closed)
    });
    hands.act([Command::Abort { on: CLIENTS }]);
    thread::sleep(Duration::from_millis(200));
    hands.wait_state(number, End::Client, Some(State::TimeWait));
}

/// Unread data makes a reset of a plain close, in ESTABLISHED and in CLOSE_WAIT.
#[test]
fn a_close_with_unread_data_resets() {
    for close_wait in [false, true] {
        let (hands, number) = connected(DEFAULT);
        hands.act([Command::Send { on: PEERS, bytes: 5 }]);
        if close_wait {
            hands.act([Command::Shutdown { on: PEERS, how: Shutdown::Write }]);
            hands.wait_state(number, End::Client, Some(State::CloseWait));
        }
        hands.act([close(), read(PEERS)]);
        assert_eq!(hands.outcomes(peer(number), "recv"), [errno("ECONNRESET")]);
        hands.wait_state(number, End::Client, None);
        hands.wait_state(number, End::Peer, None);
    }
}

#[test]
fn a_close_out_of_close_wait() {
    if !is_linux() {
        return;
    }
    for (options, recv, left) in
        [(DEFAULT, "0".to_owned(), Some(State::TimeWait)), (linger(0), errno("ECONNRESET"), None)]
    {
        let (hands, number) = connected(options);
        hands.act([Command::Shutdown { on: PEERS, how: Shutdown::Write }, read(CLIENTS)]);
        assert_eq!(hands.outcomes(client(number), "recv"), ["0"]);
        hands.wait_state(number, End::Client, Some(State::CloseWait));
        hands.wait_state(number, End::Peer, Some(State::FinWait2));
        hands.act([close(), read(PEERS)]);
        assert_eq!(hands.outcomes(peer(number), "recv"), [recv]);
        hands.wait_state(number, End::Client, None);
        hands.wait_state(number, End::Peer, left);
    }
}

/// The listener's SO_LINGER at the time of the handshake counts, and not at that of `accept`.
#[test]
fn linger_is_inherited_at_the_handshake() {
    if !is_linux() {
        return;
    }
    for before in [true, false] {
        let hands = Hands::listening(if before { linger(7) } else { DEFAULT });
        let server = Server::First;
        hands.act([Command::AcceptAutomatically { server, yes: false }]);
        let number = hands.try_to_connect(connect());
        hands.wait_state(number, End::Client, Some(State::Established));
        hands.wait("one waits", |state| state.listener(server).queue == Some((1, 128)));
        assert!(!connection(&hands.bench.latest(), number).accepted);
        let options = if before { DEFAULT.linger(Linger::Off) } else { linger(7) };
        hands.act([
            Command::SetListener { server, options, backlog: 128 },
            Command::Accept { server },
        ]);
        let state = hands.bench.latest();
        assert_eq!(state.listener(server).queue, Some((0, 128)));
        let end = connection(&state, number).end(End::Peer);
        let kernel = end.kernel.iter().find(|(name, _)| *name == OptionName::Linger);
        let expected = if before { Linger::Seconds(7) } else { Linger::Off };
        let linger = kernel.and_then(|(_, value)| value.clone().ok());
        assert_eq!(linger, Some(OptionValue::Linger(expected)));
    }
}

#[test]
fn what_arrived_before_a_reset_can_still_be_read() {
    if !is_linux() {
        return;
    }
    let (hands, number) = connected(linger(0));
    hands.act([Command::Send { on: CLIENTS, bytes: 1_000 }, close(), read(PEERS), read(PEERS)]);
    let expected = ["1000".to_owned(), errno("ECONNRESET")];
    assert_eq!(hands.outcomes(peer(number), "recv"), expected);
}

/// A2: the peer is gone, the first send lies, the second fails; the row goes, and the descriptor stays. Two things.
#[test]
fn a_row_goes_and_its_descriptor_stays() {
    if !is_linux() {
        return;
    }
    let (hands, number) = connected(DEFAULT);
    hands.act([Command::Close { on: PEERS }, read(CLIENTS)]);
    hands.wait_state(number, End::Client, Some(State::CloseWait));
    hands.act([Command::Send { on: CLIENTS, bytes: 1 }]);
    hands.wait_state(number, End::Client, None);
    let state = hands.wait("the descriptor says CLOSED", |state| {
        connection(state, number).end(End::Client).descriptor == Some(State::Closed)
    });
    let end = connection(&state, number).end(End::Client);
    assert_eq!((end.holding, end.at_end), (Holding::Held, true));
    hands.act([Command::Send { on: CLIENTS, bytes: 1 }, read(CLIENTS)]);
    assert_eq!(hands.outcomes(client(number), "send"), ["1".to_owned(), errno("EPIPE")]);
    assert_eq!(hands.outcomes(client(number), "recv"), ["0", "0"]);
}

/// A2: the same from the other side, by what the peer left unread.
#[test]
fn a_peer_that_closes_with_unread_data_resets() {
    let (hands, number) = connected(DEFAULT);
    hands.act([
        Command::Send { on: CLIENTS, bytes: 5 },
        Command::Close { on: PEERS },
        read(CLIENTS),
    ]);
    assert_eq!(hands.outcomes(client(number), "recv"), [errno("ECONNRESET")]);
}

#[test]
fn an_orphan_in_fin_wait_2_lasts_as_long_as_its_option_says() {
    if !is_linux() {
        return;
    }
    let hands = Hands::listening(DEFAULT);
    let peer = DEFAULT.with(OptionName::FinWait2, OptionValue::Number(1));
    let number = hands.connect(Connect { peer, ..connect() });
    hands.act([Command::Close { on: PEERS }]);
    hands.wait_state(number, End::Peer, Some(State::FinWait2));
    hands.wait_state(number, End::Peer, None);
    hands.wait_state(number, End::Client, Some(State::CloseWait));
}

/// Only the last of several descriptors closes the connection, whether it is closed or aborted.
#[test]
fn a_copy_keeps_the_connection_open() {
    for last in [Command::Close { on: CLIENTS }, Command::Abort { on: CLIENTS }] {
        let (hands, number) = connected(DEFAULT);
        let duplicate = || Command::Duplicate { on: CLIENTS };
        let state = hands.act(std::iter::repeat_with(duplicate).take(MAX_COPIES + 1));
        assert_eq!(connection(&state, number).end(End::Client).copies, MAX_COPIES);
        let state = hands.act(std::iter::repeat_n(Command::Close { on: CLIENTS }, MAX_COPIES));
        let end = connection(&state, number).end(End::Client);
        assert_eq!((end.copies, end.copies_closed, end.holding), (0, MAX_COPIES, Holding::Held));
        assert_eq!(hands.outcomes(client(number), "close"), ["0"; MAX_COPIES]);
        // Data goes through: nothing was sent that ends the connection.
        hands.act([Command::Send { on: CLIENTS, bytes: 3 }, read(PEERS)]);
        assert_eq!(hands.last(peer(number), "recv"), "3");

        let aborts = matches!(last, Command::Abort { .. });
        let state = hands.act([last, read(PEERS)]);
        assert_eq!(connection(&state, number).end(End::Client).holding, Holding::Closed);
        let expected = if aborts { errno("ECONNRESET") } else { "0".to_owned() };
        assert_eq!(hands.last(peer(number), "recv"), expected, "{}", hands.log());
    }
}
