//! How a run comes to a server, and what a server does that nobody reads from.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use sockscope::lab::loopback;
use sockscope::lab::program::{Fate, Holder, Judged, Payload, Phase, Setup, Treatment, Why};
use sockscope::os::{live_source, pair_probe};

use super::blind::{OneEyed, start_with};
use super::{LINUX, address, client, connect, start, wait};

/// How many connections the run makes.
const SOME: usize = 20;

#[test]
fn a_server_that_accepts_and_resets_at_once_was_reached() {
    let server = TcpListener::bind(loopback()).expect("loopback");
    let target = server.local_addr().expect("an address");
    let resets = thread::Builder::new().name("resets".to_owned()).spawn(move || {
        for _ in 0..SOME {
            let (accepted, _) = server.accept().expect("a client");
            let accepted = socket2::Socket::from(accepted);
            accepted.set_linger(Some(Duration::ZERO)).expect("an option");
        }
    });
    let program = start(client(target, Treatment::Close, Payload::Http, SOME));
    let state = wait(&program, |state| !state.is_running());
    assert_eq!((state.connections.len(), &state.trouble), (SOME, &None), "it does not stop");
    for connection in &state.connections {
        let not_made = matches!(connection.fate, Fate::NotMade(_) | Fate::NoAnswer { .. });
        assert!(!not_made && connection.holder != Holder::NotReached, "{connection:#?}");
    }
    resets.expect("a thread").join().expect("no panic");
}

#[test]
fn a_server_that_sends_little_is_not_said_to_wait() {
    let server = TcpListener::bind(loopback()).expect("loopback");
    let target = server.local_addr().expect("an address");
    let program = start(client(target, Treatment::NeverRead, Payload::Bytes(100), 1));
    let (mut accepted, _) = server.accept().expect("a client");
    accepted.read_exact(&mut [0; 100]).expect("it sends");
    accepted.write_all(&[b'x'; 38]).expect("there is room");
    let state = wait(&program, |state| state.parties.iter().any(|party| party.idle == 1));
    assert_eq!(state.judged, Some(Judged::NotTried), "{:#?}", state.connections);
    assert_eq!(state.connections[0].fate, Fate::Open);
    drop(accepted);
    let state = wait(&program, |state| !state.is_running());
    assert_eq!(state.judged, Some(Judged::NotTried), "it had no reason to give up");
    assert!(matches!(state.connections[0].fate, Fate::Closed { took: None, .. }));
}

#[test]
fn a_server_that_sends_much_is_soon_kept_waiting() {
    let server = TcpListener::bind(loopback()).expect("loopback");
    let target = server.local_addr().expect("an address");
    let program = start(client(target, Treatment::NeverRead, Payload::Nothing, 1));
    let (mut accepted, _) = server.accept().expect("a client");
    // More than our buffer holds, and much less than one of the usual size.
    accepted.write_all(&vec![b'x'; 40_000]).expect("there is room");
    let state = wait(&program, |state| state.judged == Some(Judged::Keeps));
    assert!(matches!(state.connections[0].fate, Fate::Waiting { .. }), "{state:#?}");
    drop(accepted);
    let state = wait(&program, |state| !state.is_running());
    assert_eq!(state.judged, Some(Judged::Closes), "{:#?}", state.connections);
}

#[test]
fn whose_row_is_not_to_be_seen_waits_once_our_buffer_is_full() {
    let one_eyed = Box::new(OneEyed(pair_probe()));
    let program = start_with(Treatment::NeverRead, one_eyed, live_source());
    let mut stream = connect(address(&program));
    stream.write_all(&[b'x'; 2_000]).expect("there is room");
    let state = wait(&program, |state| state.parties.iter().any(|party| party.idle == 1));
    assert_eq!(state.connections[0].fate, Fate::Open, "there is room yet");
    stream.set_nonblocking(true).expect("an option");
    let full = vec![b'x'; 65_536];
    while stream.write(&full).is_ok() {}
    wait(&program, |state| state.judged == Some(Judged::Keeps));
    drop(stream);
}

#[test]
fn what_breaks_before_it_had_to_wait_is_over() {
    let program = start_with(Treatment::NeverRead, Box::new(OneEyed(pair_probe())), live_source());
    let stream = socket2::Socket::from(connect(address(&program)));
    wait(&program, |state| state.held == 1);
    stream.set_linger(Some(Duration::ZERO)).expect("an option");
    drop(stream);
    let state = wait(&program, |state| state.connections.iter().all(|it| it.is_over()));
    assert_eq!(state.judged, Some(Judged::CouldNotTell), "{:#?}", state.connections);
}

#[test]
fn a_connect_that_is_under_way_as_the_run_ends_had_no_answer() {
    if !LINUX {
        // Only there the system is known to leave a connect alone whose listener's queue is full.
        return;
    }
    let server = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    let server = server.expect("a socket");
    server.bind(&loopback().into()).expect("loopback");
    server.listen(0).expect("it is bound");
    let target = server.local_addr().expect("an address").as_socket().expect("of the Internet");
    // Nobody accepts it, and there is room for no other.
    let _first = connect(target);
    let time = Duration::from_millis(400);
    let setup = client(target, Treatment::Close, Payload::Nothing, 1);
    let program = start(Setup { time, ..setup });
    let state = wait(&program, |state| !state.is_running());
    assert_eq!(
        (&state.phase, state.judged),
        (&Phase::Ended(Why::TimeUp), Some(Judged::CouldNotTell))
    );
    let Fate::NoAnswer { waited } = state.connections[0].fate else {
        panic!("{:#?}", state.connections);
    };
    assert!(waited <= state.elapsed && waited > Duration::ZERO, "{waited:?}");
    assert_eq!((state.parties[0].not_made, state.parties[0].open), (1, 0));
}
