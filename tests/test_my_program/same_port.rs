//! A client that comes back from the port it had.

use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use sockscope::lab::loopback;
use sockscope::lab::program::{Address, Answer, Judged, Setup, Side, Treatment};
use sockscope::model::State;
use sockscope::os::pair_probe;

use super::{LINUX, address, connect, patient, read_to_end, setup, start, wait};

/// How often it comes.
const TIMES: usize = 8;

/// A listener at an address that this test has alone.
fn alone(treatment: Treatment) -> Setup {
    let address = Address::Known(loopback());
    patient(setup(
        Side::Listener { address, answer: Answer::Nothing, connections: Some(TIMES) },
        treatment,
    ))
}

/// A port that is free at this address.
fn free_port(of: SocketAddr) -> SocketAddr {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::new(of.ip(), 0).into()).expect("a port");
    socket.local_addr().ok().and_then(|it| it.as_socket()).expect("an address")
}

/// Connects from this port.
fn connect_from(local: SocketAddr, target: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_reuse_address(true).expect("an option");
    socket.bind(&local.into()).expect("its own port");
    socket.connect(&target.into()).expect("it listens");
    socket.into()
}

#[test]
fn a_client_that_closes_and_comes_back_from_its_port_closes() {
    if !LINUX {
        // Elsewhere a port with TIME_WAIT at the other end is not let in again so soon.
        return;
    }
    for treatment in [Treatment::Close, Treatment::HalfClose, Treatment::Reset] {
        let program = start(alone(treatment));
        let target = address(&program);
        let local = free_port(target);
        for _ in 0..TIMES {
            drop({
                let stream = connect_from(local, target);
                read_to_end(&stream);
                stream
            });
        }
        let state = wait(&program, |state| !state.is_running());
        assert_eq!(state.judged, Some(Judged::Closes), "{treatment:?} {:#?}", state.connections);
        // Where looks are far between it may not be seen that our FIN was there first.
        let closed: usize =
            state.parties.iter().map(|party| party.closed + party.closed_first).sum();
        assert_eq!((state.connections.len(), closed), (TIMES, TIMES), "{:#?}", state.connections);
    }
}

#[test]
fn what_was_left_open_is_found_though_its_port_is_anothers() {
    if !LINUX {
        // Only there a process' descriptors are looked at.
        return;
    }
    let setup = Setup { grace: Duration::from_millis(300), ..alone(Treatment::Reset) };
    let program = start(setup);
    let target = address(&program);
    let local = free_port(target);
    let reconnect = |_| {
        let stream = connect_from(local, target);
        read_to_end(&stream);
        stream
    };
    let leaked: Vec<TcpStream> = (0..TIMES).map(reconnect).collect();
    let state = wait(&program, |state| {
        state.parties.iter().map(|party| party.unseen).sum::<usize>() == TIMES
    });
    assert_eq!(state.judged, Some(Judged::Leaks), "{:#?}", state.connections);
    drop(leaked);
}

#[test]
fn a_client_that_nobody_accepts_may_give_up_and_come_back_from_its_port() {
    if !pair_probe().shows_unowned() || !LINUX {
        return;
    }
    let program = start(alone(Treatment::NeverAccept));
    let target = address(&program);
    let local = free_port(target);
    let first = connect_from(local, target);
    wait(&program, |state| state.connections.len() == 1);
    let first = Socket::from(first);
    first.set_linger(Some(Duration::ZERO)).expect("an option");
    drop(first);
    let second = connect_from(local, target);
    wait(&program, |state| {
        let over = state.connections.first().is_some_and(|it| it.is_over());
        let again = state.connections.get(1);
        over && again.is_some_and(|it| it.their_state == Some(State::Established))
    });
    drop(second);
    wait(&program, |state| state.connections.iter().all(|it| it.is_over()));
}

#[test]
fn a_listener_of_the_other_family_is_another_one() {
    // The whole of IPv4 at a port that no other test has.
    let free = std::net::TcpListener::bind("0.0.0.0:0").expect("IPv4");
    let here = free.local_addr().expect("an address");
    let Ok(other) = Socket::new(Domain::IPV6, Type::STREAM, None) else {
        eprintln!("NOT RUN: this machine has no IPv6");
        return;
    };
    other.set_only_v6(true).expect("an option");
    let theirs = SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, here.port()));
    if other.bind(&theirs.into()).is_err() {
        eprintln!("NOT RUN: this machine has no ::1, or its port is taken");
        return;
    }
    other.listen(8).expect("it is bound");
    drop(free);
    let side = Side::Listener {
        address: Address::Known(here),
        answer: Answer::Nothing,
        connections: None,
    };
    let program = start(setup(side, Treatment::NeverAccept));
    address(&program);
    let stranger = connect(theirs);
    let client = connect(SocketAddr::from(([127, 0, 0, 1], here.port())));
    let state = wait(&program, |state| !state.connections.is_empty());
    // Another table or two.
    thread::sleep(Duration::from_secs(1));
    let now = program.latest();
    let all: Vec<SocketAddr> = now.connections.iter().map(|it| it.theirs).collect();
    assert_eq!(all, [client.local_addr().expect("an address")], "{:#?}", state.connections);
    drop((stranger, client));
}
