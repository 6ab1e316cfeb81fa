use std::sync::mpsc::channel;
use std::time::Duration;

use super::*;
use crate::lab::bench::inbox::{MAX_QUEUED, Next};
use crate::lab::cancel::Cancel;
use crate::lab::link::Link;
use crate::lab::listener::{BACKLOG, Listener};
use crate::lab::log::Recorder;
use crate::lab::options::SocketOptions;

fn wait(bench: &Bench, enough: impl Fn(&BenchState) -> bool) -> Arc<BenchState> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        let state = bench.latest();
        if enough(&state) {
            return state;
        }
        thread::sleep(Duration::from_millis(2));
    }
    panic!("waited in vain: {:?}", bench.latest());
}

fn connect() -> Command {
    Command::Connect(Connect::new(Target::BuiltIn(Server::First)))
}

#[test]
fn a_panic_of_one_actor_closes_the_sockets_of_all_and_shows() {
    let (told, pairs) = channel();
    let bench = Bench::with_work(pair_probe(), Arc::new(|| {}), move |actor, inbox, _, _| {
        let recorder = Recorder::new(Instant::now(), 100, Cancel::new());
        let listener =
            Listener::open(([127, 0, 0, 1], 0).into(), SocketOptions::NONE, BACKLOG, &recorder)
                .expect("a listener");
        let options = SocketOptions::NONE;
        let link = Link::open(&listener, [options; 2], 1, &recorder, |_| {}).expect("a link");
        told.send(link.pair).expect("a test that listens");
        assert!(actor != Actor::Peer, "on purpose: the bench has to show it");
        while !matches!(inbox.next(None), Next::End) {}
    })
    .expect("three threads");
    let pairs: Vec<_> = pairs.iter().take(3).collect();
    let state = wait(&bench, |state| state.failure.is_some());
    let failure = state.failure.as_ref().map(Text::plain);
    assert!(failure.is_some_and(|sentence| sentence.ends_with("All its sockets are closed.")));
    let rows = pair_probe().lookup(&pairs).expect("a table");
    assert_eq!(rows, vec![[None, None]; 3]);
    bench.send(connect());
    let state = wait(&bench, |state| state.refused.is_some());
    let reason = state.refused.as_ref().map(|refused| refused.reason.id());
    assert_eq!(reason, Some("lab.refused.stopped"));
}

fn shared() -> Arc<Shared> {
    let nothing = Arc::new(Observation::new(pair_probe().as_ref()));
    Arc::new(Shared::new(BenchState::new(nothing), Arc::new(|| {})))
}

#[test]
fn a_reset_sweeps_away_what_waits() {
    let (inbox, shared) = (Inbox::new(), shared());
    let job = |command| Arc::new(Job::new(command, None, None, &shared, 1));
    for _ in 0..MAX_QUEUED {
        assert!(inbox.push(job(connect())).is_ok_and(|swept| swept.is_empty()));
    }
    let refused = inbox.push(job(connect())).map(drop).map_err(|reason| reason.id());
    assert_eq!(refused, Err("lab.refused.queue"));
    for interrupting in [Command::Reset, Command::Stop] {
        let swept = inbox.push(job(interrupting.clone())).expect("it is taken");
        assert!(!swept.is_empty());
        assert!(inbox.cancel.is_cancelled(), "what runs is interrupted");
        assert!(inbox.push(job(connect())).is_ok());
        assert!(matches!(inbox.next(None), Next::Job(job) if job.command == interrupting));
        assert!(!inbox.cancel.is_cancelled(), "and what comes after it is not");
    }
    assert!(matches!(inbox.next(None), Next::Job(job) if job.command == connect()));
    inbox.close();
    assert!(matches!(inbox.next(None), Next::End));
    assert!(inbox.push(job(Command::Reset)).is_err());
}

#[test]
fn a_command_of_several_parts_counts_once() {
    let nothing = || Part::Nothing(text!("lab.refused.no_client"));
    let refused = || Part::Refused(text!("lab.refused.queue", n = 1_usize));
    for (parts, reason) in [
        ([nothing(), nothing()], Some("lab.refused.no_client")),
        ([nothing(), Part::Done], None),
        ([Part::Done, nothing()], None),
        ([refused(), Part::Done], Some("lab.refused.queue")),
        ([nothing(), refused()], Some("lab.refused.queue")),
    ] {
        let shared = shared();
        let job = Job::new(connect(), None, None, &shared, 2);
        let [first, second] = parts;
        job.part_done(first);
        assert_eq!(shared.latest().finished, 0);
        job.part_done(second);
        let state = shared.latest();
        assert_eq!(state.finished, 1);
        assert_eq!(state.refused.as_ref().map(|it| it.reason.id()), reason);
    }
}

/// Who still works for what a reset ended writes into nothing, however late.
#[test]
fn an_older_session_changes_nothing_any_more() {
    let shared = shared();
    let observer = Observer::start(pair_probe(), Instant::now(), Box::new(|_, _| {}));
    let observer = Arc::new(observer.expect("a thread"));
    let peer = Arc::new(Inbox::new());
    let target = Target::BuiltIn(Server::First);
    let old = Session::begin(&shared, &observer, &peer);
    assert_eq!(old.new_connection(Client::A, &target), Ok(1));
    assert_eq!(shared.latest().connections.len(), 1);
    let pair = |port: u16| crate::os::Pair {
        client: ([127, 0, 0, 1], port).into(),
        peer: ([127, 0, 0, 1], 1).into(),
    };
    old.watch(1, pair(2));
    assert_eq!(observer.latest().lanes.len(), 1);
    shared.begin_anew(&observer);
    assert!(shared.latest().observation.lanes.is_empty());
    assert!(shared.latest().began.is_none());
    assert_eq!(old.new_connection(Client::A, &target), Ok(2));
    old.update(|state| state.listeners[0].automatic = true);
    old.watch(2, pair(3));
    assert!(observer.latest().lanes.is_empty());
    let state = shared.latest();
    assert!(state.connections.is_empty() && !state.listeners[0].automatic);
    let new = Session::begin(&shared, &observer, &peer);
    assert_eq!(new.new_connection(Client::B, &target), Ok(3), "numbers are never given twice");
    assert!(shared.latest().connection(3).is_some());
}

/// Nobody of ours accepts it, and so nobody of ours is waited for.
#[test]
fn a_connection_to_another_program_is_let_go_when_it_is_closed() {
    let program = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a listener");
    let address = program.local_addr().expect("its address");
    let bench = Bench::start(Arc::new(|| {})).expect("threads");
    bench.send(Command::Connect(Connect::new(Target::Typed(address.to_string()))));
    let (accepted, _) = program.accept().expect("the bench's connection");
    wait(&bench, |state| state.finished == 1 && state.observation.lane(1).is_some());
    bench.send(Command::Close { on: On { end: End::Client, of: Which::All } });
    wait(&bench, |state| state.observation.lane(1).is_some_and(|lane| lane.until.is_some()));
    drop(accepted);
}

/// A SYN that nobody answered is accepted by nobody after its socket is closed.
#[test]
fn a_connect_that_is_closed_unanswered_is_let_go() {
    if crate::lab::NUMBERING != crate::lab::Numbering::Linux {
        eprintln!("not checked: nobody has measured here when a queue of no length is full");
        return;
    }
    let bench = Bench::start(Arc::new(|| {})).expect("threads");
    let server = Server::First;
    bench.send(Command::OpenListener(OpenListener { backlog: 0, ..OpenListener::new(server) }));
    bench.send(Command::AcceptAutomatically { server, yes: false });
    bench.send(connect());
    wait(&bench, |state| state.listener(server).queue == Some((1, 0)) && state.finished == 3);
    let Command::Connect(connect) = connect() else { return };
    bench.send(Command::Connect(Connect { blocking: false, ..connect }));
    let state = wait(&bench, |state| state.finished == 4 && state.connections.len() == 2);
    let number = state.connections[1].number;
    let of = Which::Connection(number);
    bench.send(Command::Close { on: On { end: End::Client, of } });
    wait(&bench, |state| state.observation.lane(number).is_some_and(|lane| lane.until.is_some()));
}
