//! "Test my program", against clients and servers of the test's own.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails by failing the test"
)]

mod blind;
#[cfg(target_os = "linux")]
mod heir;
mod kept;
mod listening;
mod reaching;
mod same_port;
mod unreached;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::program::{
    Address, Answer, Connection, Fate, Holder, Judged, Party, Payload, Phase, ProgramState, Setup,
    Side, Treatment, Trouble, Unknown, Why,
};
use sockscope::lab::{NUMBERING, Numbering, Program, loopback};
use sockscope::model::State;

const LINUX: bool = matches!(NUMBERING, Numbering::Linux);

/// An errno as this system spells it.
fn errno(name: &str) -> String {
    match NUMBERING {
        Numbering::WinSock => format!("WSA{name}"),
        Numbering::Linux | Numbering::Bsd => name.to_owned(),
    }
}

/// A listener on loopback that acts soon and judges soon.
fn listener(treatment: Treatment, answer: Answer) -> Setup {
    let address = Address::Known(([127, 0, 0, 1], 0).into());
    setup(Side::Listener { address, answer, connections: None }, treatment)
}

/// A listener there.
const fn at(address: Address) -> Side {
    Side::Listener { address, answer: Answer::Nothing, connections: None }
}

fn client(target: SocketAddr, treatment: Treatment, payload: Payload, count: usize) -> Setup {
    let target = Address::Known(target);
    setup(Side::Client { target, payload, count }, treatment)
}

const fn setup(side: Side, treatment: Treatment) -> Setup {
    Setup {
        side,
        treatment,
        after: Duration::from_millis(100),
        grace: Duration::from_millis(300),
        time: Duration::from_mins(1),
    }
}

fn start(setup: Setup) -> Program {
    Program::start(setup, Arc::new(|| {})).expect("two threads")
}

fn wait(program: &Program, enough: impl Fn(&ProgramState) -> bool) -> Arc<ProgramState> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while Instant::now() < deadline {
        let state = program.latest();
        if enough(&state) {
            return state;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("waited in vain: {:#?}", program.latest());
}

/// Where it listens.
fn address(program: &Program) -> SocketAddr {
    wait(program, |state| state.phase == Phase::Running).address.expect("it listens")
}

fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).expect("it listens")
}

/// Reads to the end of the stream, or to what breaks it.
fn read_to_end(mut stream: &TcpStream) -> Vec<u8> {
    let mut data = Vec::new();
    // A reset is an end as well.
    let _ = stream.read_to_end(&mut data);
    data
}

/// What is known of this test's process.
fn mine(state: &ProgramState) -> Option<&Party> {
    state.parties.iter().find(|party| match &party.holder {
        Holder::Processes(processes) => processes.iter().any(|it| it.pid == std::process::id()),
        _ => false,
    })
}

fn judged(state: &ProgramState) -> Option<Judged> {
    mine(state).map(|party| party.judged)
}

/// Whether nothing is kept any more, and something was. That it was stays its verdict.
fn is_closed_late(party: &Party) -> bool {
    party.kept + party.unseen == 0 && party.late > 0 && party.judged >= Judged::Keeps
}

/// For who closes at once, on a machine however busy.
fn patient(setup: Setup) -> Setup {
    Setup { grace: Duration::from_secs(20), ..setup }
}

#[test]
fn what_a_client_keeps_and_what_it_closes_is_told_apart_by_process() {
    let program = start(listener(Treatment::Close, Answer::Nothing));
    let address = address(&program);
    let mut streams: Vec<TcpStream> = (0..5).map(|_| connect(address)).collect();
    for stream in &streams {
        assert_eq!(read_to_end(stream), b"");
    }
    let kept = streams.split_off(3);
    drop(streams);
    let state = wait(&program, |state| {
        mine(state).is_some_and(|it| (it.connections, it.kept, it.closed) == (5, 2, 3))
    });
    let party = mine(&state).expect("it is known");
    assert_eq!(party.judged, Judged::Keeps);
    assert_eq!(party.states.get(&State::CloseWait), Some(&2));
    let [least, middle, most] = party.took.expect("some closed");
    assert!(least <= middle && middle <= most);
    assert!(party.kept_for.is_some_and(|time| time >= Duration::from_millis(300)));
    drop(kept);
    let state = wait(&program, |state| mine(state).is_some_and(is_closed_late));
    assert_eq!(mine(&state).map(|party| party.closed), Some(5));
    program.stop();
    let state = wait(&program, |state| !state.is_running());
    assert_eq!((&state.phase, state.held), (&Phase::Ended(Why::Stopped), 0));
}

#[test]
fn reconnects_that_leave_the_old_one_open_are_a_leak() {
    let program = start(listener(Treatment::Close, Answer::Nothing));
    let address = address(&program);
    let reconnect = |_| {
        let stream = connect(address);
        read_to_end(&stream);
        stream
    };
    let leaked: Vec<TcpStream> = (0..4).map(reconnect).collect();
    let state = wait(&program, |state| mine(state).is_some_and(|party| party.kept == 4));
    let party = mine(&state).expect("it is known");
    assert_eq!((party.connections, party.reconnects, party.closed), (4, 3, 0));
    assert_eq!(party.judged, Judged::Leaks);
    drop(leaked);
    let state = wait(&program, |state| mine(state).is_some_and(is_closed_late));
    let party = mine(&state).expect("it is known");
    assert_eq!((party.judged, party.late), (Judged::Leaks, 4), "no milder than before");
}

#[test]
fn a_client_that_is_gone_at_once_is_counted() {
    let setup = patient(listener(Treatment::Close, Answer::Nothing));
    let program = start(Setup { after: Duration::from_mins(1), ..setup });
    let address = address(&program);
    for _ in 0..20 {
        drop(connect(address));
    }
    let state =
        wait(&program, |state| state.parties.iter().map(|it| it.closed_first).sum::<usize>() == 20);
    assert_eq!((state.connections.len(), state.judged), (20, Some(Judged::NotTried)));
    if LINUX {
        // It is watched until its rows are at rest: whoever closed first has TIME_WAIT.
        wait(&program, |state| {
            let rests = |it: &&Arc<Connection>| {
                it.their_state == Some(State::TimeWait) && it.our_state.is_none()
            };
            state.connections.iter().filter(rests).count() == 20
        });
    }
}

#[test]
fn after_a_reset_the_descriptor_is_looked_at_and_not_the_row() {
    let program = start(listener(Treatment::Reset, Answer::Nothing));
    let stream = connect(address(&program));
    let mut byte = [0];
    let error = (&stream).read(&mut byte).expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let expected = if LINUX { Judged::Keeps } else { Judged::CouldNotTell };
    let state = wait(&program, |state| state.judged == Some(expected));
    if !LINUX {
        assert!(state.parties[0].unknown.contains_key(&Unknown::Reset));
        return;
    }
    let party = mine(&state).expect("it is known");
    assert_eq!((party.kept, party.unseen, party.states.len()), (0, 1, 0));
    drop(stream);
    let state = wait(&program, |state| mine(state).is_some_and(is_closed_late));
    let took = mine(&state).and_then(|party| party.took).expect("it closed");
    assert!(took[0] >= Duration::from_millis(300), "not before it was kept: {took:?}");
}

#[test]
fn a_socket_that_was_shut_down_and_not_closed_is_found_though_its_row_is_gone() {
    if !LINUX {
        // Only there a process' descriptors are looked at.
        return;
    }
    let program = start(listener(Treatment::Close, Answer::Nothing));
    let stream = connect(address(&program));
    read_to_end(&stream);
    stream.shutdown(std::net::Shutdown::Both).expect("it is connected");
    let state = wait(&program, |state| judged(state) == Some(Judged::Keeps));
    let party = mine(&state).expect("it is known");
    assert_eq!((party.kept, party.unseen), (0, 1), "{party:#?}");
    drop(stream);
    wait(&program, |state| mine(state).is_some_and(is_closed_late));
}

#[test]
fn a_half_close_goes_on_reading() {
    let program = start(listener(Treatment::HalfClose, Answer::Nothing));
    let mut stream = connect(address(&program));
    assert_eq!(read_to_end(&stream), b"");
    // A reset would break the second of these.
    stream.write_all(&[b'x'; 100]).expect("it reads");
    wait(&program, |state| judged(state) == Some(Judged::Keeps));
    stream.write_all(&[b'x'; 100]).expect("it reads still");
    let state = wait(&program, |state| {
        state.connections.first().is_some_and(|it| it.our_state == Some(State::FinWait2))
    });
    assert_eq!(state.held, 1, "our end is held for the reading");
    drop(stream);
    let state = wait(&program, |state| mine(state).is_some_and(is_closed_late));
    assert_eq!(state.held, 0);
}

#[test]
fn http_is_answered_request_by_request_and_then_closed() {
    let program = start(Setup {
        after: Duration::from_millis(500),
        ..listener(Treatment::Close, Answer::Http)
    });
    let mut stream = connect(address(&program));
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n").expect("it reads");
    stream.write_all(b"Host: a\r\n\r\n").expect("it reads");
    let answers = String::from_utf8(read_to_end(&stream)).expect("text");
    assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{answers}");
    assert_eq!(answers.matches("Content-Length: 3\r\n").count(), 2, "{answers}");
    assert!(answers.ends_with("\r\n\r\nok\n"), "{answers}");
}

#[test]
fn all_that_came_is_echoed_though_the_end_comes_with_it() {
    let program =
        start(Setup { after: Duration::from_mins(1), ..listener(Treatment::Close, Answer::Echo) });
    let stream = connect(address(&program));
    let sent: Vec<u8> = (0..24_000_000_u32).map(|at| at.to_le_bytes()[0]).collect();
    let writer = {
        let (mut stream, sent) = (stream.try_clone().expect("a descriptor"), sent.clone());
        thread::Builder::new().name("writer".to_owned()).spawn(move || {
            stream.write_all(&sent).expect("it reads");
            stream.shutdown(std::net::Shutdown::Write).expect("it is connected");
        })
    };
    // More slowly than it is sent, so that all buffers are full when the end comes.
    let mut echoed = Vec::new();
    let mut chunk = vec![0; 65_536];
    loop {
        match (&stream).read(&mut chunk).expect("no reset") {
            0 => break,
            bytes => echoed.extend_from_slice(&chunk[..bytes]),
        }
        thread::sleep(Duration::from_millis(5));
    }
    assert!(echoed == sent, "{} bytes of {}", echoed.len(), sent.len());
    writer.expect("a thread").join().expect("no panic");
}

#[test]
fn a_client_that_nobody_reads_from_is_seen_to_wait_and_to_give_up() {
    let program = start(listener(Treatment::NeverRead, Answer::Nothing));
    let mut stream = connect(address(&program));
    stream.set_nonblocking(true).expect("an option");
    let full = vec![0; 65_536];
    while stream.write(&full).is_ok() {}
    let state = wait(&program, |state| judged(state) == Some(Judged::Keeps));
    if LINUX {
        let queue = state.connections[0].send_queue;
        assert!(queue.is_some_and(|bytes| bytes > 0), "{queue:?}");
    }
    drop(stream);
    wait(&program, |state| judged(state) == Some(Judged::Closes));
}

#[test]
fn connections_that_are_never_accepted_are_found_in_the_table() {
    let program = start(listener(Treatment::NeverAccept, Answer::Nothing));
    let address = address(&program);
    let streams = [connect(address), connect(address)];
    let state = wait(&program, |state| mine(state).is_some_and(|party| party.kept == 2));
    assert_eq!((judged(&state), state.connections.len()), (Some(Judged::Keeps), 2));
    assert_eq!(state.held, 0, "nothing was accepted");
    drop(streams);
    wait(&program, |state| judged(state) == Some(Judged::Closes));
    // Their other ends stay in the accept queue, and are no new connections.
    thread::sleep(Duration::from_millis(700));
    assert_eq!(program.latest().connections.len(), 2);
}

#[test]
fn a_server_that_does_not_close_is_found_from_the_client_side() {
    let server = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let target = server.local_addr().expect("an address");
    let program = start(client(target, Treatment::Close, Payload::Bytes(100_000), 3));
    let accepted: Vec<TcpStream> = (0..3).map(|_| server.accept().expect("a client").0).collect();
    let read: usize = accepted.iter().map(|stream| read_to_end(stream).len()).sum();
    assert_eq!(read, 300_000);
    let state = wait(&program, |state| {
        mine(state).is_some_and(|party| party.kept == 3 && party.judged == Judged::Keeps)
    });
    assert_eq!(mine(&state).map(|party| party.states[&State::CloseWait]), Some(3));
    // Nothing that follows can make that milder, so it does not wait for it.
    let state = wait(&program, |state| !state.is_running());
    assert_eq!((&state.phase, state.judged), (&Phase::Ended(Why::AllJudged), Some(Judged::Keeps)));
    drop(accepted);
}

#[test]
fn more_than_a_client_may_hold_are_made_one_after_the_other() {
    let server = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let target = server.local_addr().expect("an address");
    let program = start(patient(client(target, Treatment::HalfClose, Payload::Nothing, 100)));
    let mut most = 0;
    for _ in 0..100 {
        let (stream, _) = server.accept().expect("a client");
        read_to_end(&stream);
        most = most.max(program.latest().held);
    }
    let state = wait(&program, |state| !state.is_running());
    assert_eq!((state.connections.len(), state.judged), (100, Some(Judged::Closes)));
    assert!(most <= 64, "{most} at a time");
}

#[test]
fn what_cannot_begin_says_why_and_what_to_try() {
    let taken = TcpListener::bind(loopback()).expect("loopback");
    let address = taken.local_addr().expect("an address");
    let side = at(Address::Known(address));
    let program = start(setup(side, Treatment::Close));
    let state = wait(&program, |state| !state.is_running());
    let Phase::Failed(failure) = &state.phase else { panic!("{:?}", state.phase) };
    assert_eq!(failure.error.as_ref().map(|it| it.errno.clone()), Some(errno("EADDRINUSE")));
    assert!(failure.advice.is_some());

    drop(taken);
    let program = start(client(address, Treatment::Close, Payload::Nothing, 5));
    let state = wait(&program, |state| !state.is_running());
    assert_eq!((state.connections.len(), state.judged), (1, Some(Judged::CouldNotTell)));
    let Some(Trouble::Call { call: "connect", error }) = &state.trouble else {
        panic!("{:?}", state.trouble)
    };
    assert_eq!(error.errno, errno("ECONNREFUSED"));
    assert!(matches!(&state.connections[0].fate, Fate::NotMade(_)));
    assert_eq!(state.phase, Phase::Ended(Why::NoneMade));
}

#[test]
fn when_nobody_comes_nothing_is_judged_and_with_the_handle_everything_goes() {
    let program = start(Setup {
        time: Duration::from_millis(200),
        ..listener(Treatment::Close, Answer::Nothing)
    });
    let state = wait(&program, |state| !state.is_running());
    assert_eq!((&state.phase, state.judged), (&Phase::Ended(Why::TimeUp), None));

    let program = start(listener(Treatment::NeverRead, Answer::Nothing));
    let address = address(&program);
    let stream = connect(address);
    wait(&program, |state| state.held == 1);
    drop(program);
    assert_eq!(read_to_end(&stream), b"", "it is reset");
    assert!(TcpStream::connect(address).is_err(), "nobody listens");
}
