//! How a run comes to a server, and what a server does that nobody reads from.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use sockscope::lab::loopback;
use sockscope::lab::program::{Fate, Holder, Payload, Treatment};

use super::{client, start, wait};

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
        let not_made = matches!(connection.fate, Fate::NotMade(_) | Fate::NoAnswer);
        assert!(!not_made && connection.holder != Holder::NotReached, "{connection:#?}");
    }
    resets.expect("a thread").join().expect("no panic");
}
