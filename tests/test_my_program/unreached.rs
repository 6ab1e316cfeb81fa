//! Our FIN, while the other end has not heard of it.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sockscope::lab::Program;
use sockscope::lab::program::{
    Eyes, Fate, Holder, Judged, MAX_BYTES, Obstacle, Payload, Treatment,
};
use sockscope::model::lab::Resolution;
use sockscope::model::{PollFailure, Socket, State};
use sockscope::os::{Pair, PairProbe, live_source, pair_probe};

use super::{LINUX, client, judged, mine, read_to_end, start, wait};

#[test]
fn who_has_not_got_our_fin_because_it_does_not_read_keeps_nothing() {
    if !LINUX {
        // How much waits before it is told there.
        return;
    }
    let server = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let target = server.local_addr().expect("an address");
    let program = start(client(target, Treatment::Close, Payload::Bytes(MAX_BYTES), 1));
    let (stream, _) = server.accept().expect("a client");
    let state = wait(&program, |state| judged(state) == Some(Judged::NotTried));
    let party = mine(&state).expect("it is known");
    assert_eq!((party.kept, party.unreached), (0, 1), "{party:#?}");
    assert!(matches!(party.obstacle, Some(Obstacle::Bytes(100_000..))), "{party:#?}");
    // Once it has read all, it has heard of the end, and keeps it open.
    assert!(read_to_end(&stream).len() > 100_000);
    let read = program.latest().elapsed;
    let state = wait(&program, |state| judged(state) == Some(Judged::Keeps));
    assert!(state.elapsed >= read + state.setup.grace, "the grace counts from then");
    drop(stream);
}

/// A probe that sees a server's queue overflow: our end alone, and its FIN without an answer.
struct Overflowing {
    probe: Box<dyn PairProbe>,
    overflows: Arc<AtomicBool>,
}

impl PairProbe for Overflowing {
    fn resolution(&self) -> Resolution {
        self.probe.resolution()
    }

    fn shows_unowned(&self) -> bool {
        self.probe.shows_unowned()
    }

    fn lookup(&mut self, pairs: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure> {
        let mut rows = self.probe.lookup(pairs)?;
        if self.overflows.load(Ordering::Relaxed) {
            for [ours, theirs] in &mut rows {
                *theirs = None;
                if let Some(ours) = ours.as_mut().filter(|row| row.state == State::FinWait2) {
                    ours.state = State::FinWait1;
                }
            }
        }
        Ok(rows)
    }

    fn listener(&mut self, local: SocketAddr) -> Result<Option<Socket>, PollFailure> {
        self.probe.listener(local)
    }
}

#[test]
fn a_connection_that_a_server_never_had_is_none_that_it_keeps() {
    if !pair_probe().shows_unowned() {
        // Our own end has no process once it is closed.
        return;
    }
    let server = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let target = server.local_addr().expect("an address");
    let overflows = Arc::new(AtomicBool::new(true));
    let probe = Overflowing { probe: pair_probe(), overflows: Arc::clone(&overflows) };
    let eyes = Eyes { probe: Box::new(probe), source: live_source(), ..Eyes::of_this_computer() };
    let setup = client(target, Treatment::Close, Payload::Nothing, 1);
    let program = Program::start_with(setup, eyes, Arc::new(|| {})).expect("two threads");
    let state = wait(&program, |state| state.judged == Some(Judged::NotTried));
    let [party] = &state.parties[..] else { panic!("{state:#?}") };
    assert_eq!((party.kept, party.unreached), (0, 1), "{party:#?}");
    assert_eq!((&party.holder, party.reconnects), (&Holder::NotAccepted, 0));
    assert!(matches!(
        state.connections[0].fate,
        Fate::Unreached { obstacle: Obstacle::NoOtherEnd, .. }
    ));
    // Its queue has room again, and it has the connection and the FIN.
    overflows.store(false, Ordering::Relaxed);
    wait(&program, |state| state.judged == Some(Judged::Keeps));
}
