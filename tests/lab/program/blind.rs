//! A run that sees less than there is.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;

use sockscope::lab::Program;
use sockscope::lab::program::{Answer, Eyes, Holder, Judged, Setup, Treatment, Trouble, Unknown};
use sockscope::model::lab::Resolution;
use sockscope::model::{Operation, PollFailure, Snapshot, Socket, State};
use sockscope::os::{Pair, PairProbe, SocketSource, live_source, pair_probe};

use super::{address, connect, is_closed_late, listener, patient, wait};

/// A probe that sees our end alone, as of a connection to another computer.
pub(super) struct OneEyed(pub(super) Box<dyn PairProbe>);

impl PairProbe for OneEyed {
    fn resolution(&self) -> Resolution {
        self.0.resolution()
    }

    fn shows_unowned(&self) -> bool {
        self.0.shows_unowned()
    }

    fn lookup(&mut self, pairs: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure> {
        let rows = self.0.lookup(pairs)?;
        Ok(rows.into_iter().map(|[_, peer]| [None, peer]).collect())
    }

    fn listener(&mut self, local: SocketAddr) -> Result<Option<Socket>, PollFailure> {
        self.0.listener(local)
    }
}

/// A source that never has a table.
struct Blind;

impl SocketSource for Blind {
    fn name(&self) -> &'static str {
        "blind"
    }

    fn is_live(&self) -> bool {
        true
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        Err(PollFailure {
            source: "blind".to_owned(),
            operation: Operation::ReadSocketTable,
            cause: "no table today".to_owned(),
        })
    }
}

pub(super) fn start_with(
    treatment: Treatment,
    probe: Box<dyn PairProbe>,
    source: Box<dyn SocketSource>,
) -> Program {
    start_with_setup(listener(treatment, Answer::Nothing), probe, source)
}

fn start_with_setup(
    setup: Setup,
    probe: Box<dyn PairProbe>,
    source: Box<dyn SocketSource>,
) -> Program {
    let eyes = Eyes { probe, source, held: Box::new(|_| None) };
    Program::start_with(setup, eyes, Arc::new(|| {})).expect("two threads")
}

#[test]
fn an_end_that_is_not_in_the_table_is_concluded_from_ours() {
    if !pair_probe().shows_unowned() {
        // Our own end has no process once it is closed.
        return;
    }
    let program = start_with(Treatment::Close, Box::new(OneEyed(pair_probe())), Box::new(Blind));
    let stream = connect(address(&program));
    let state = wait(&program, |state| state.judged == Some(Judged::Keeps));
    let connection = &state.connections[0];
    assert_eq!((connection.their_state, connection.inferred), (Some(State::CloseWait), true));
    assert_eq!(connection.holder, Holder::NotSeen);
    assert!(matches!(&state.trouble, Some(Trouble::Owners(failure)) if failure.source == "blind"));
    drop(stream);
    wait(&program, |state| state.parties.iter().all(is_closed_late));
}

#[test]
fn a_reset_of_an_end_that_nobody_sees_could_not_be_told() {
    let program = start_with(Treatment::Reset, Box::new(OneEyed(pair_probe())), live_source());
    let stream = connect(address(&program));
    let state = wait(&program, |state| state.judged == Some(Judged::CouldNotTell));
    assert!(state.parties[0].unknown.contains_key(&Unknown::Reset));
    drop(stream);
}

/// A probe that is not fit for its work.
struct Panics;

impl PairProbe for Panics {
    fn resolution(&self) -> Resolution {
        Resolution::Exact
    }

    fn shows_unowned(&self) -> bool {
        true
    }

    fn lookup(&mut self, _: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure> {
        panic!("on purpose: the run has to live through it")
    }

    fn listener(&mut self, _: SocketAddr) -> Result<Option<Socket>, PollFailure> {
        Ok(None)
    }
}

#[test]
fn without_a_look_up_what_our_own_socket_hears_is_judged() {
    let program = start_with(Treatment::HalfClose, Box::new(Panics), live_source());
    let stream = connect(address(&program));
    let state = wait(&program, |state| state.judged == Some(Judged::Keeps));
    assert!(matches!(&state.trouble, Some(Trouble::Look(_))), "{:?}", state.trouble);
    drop(stream);
    wait(&program, |state| state.parties.iter().all(is_closed_late));
}

#[test]
fn a_row_that_our_close_took_away_is_no_proof_of_theirs() {
    let program = start_with(Treatment::Close, pair_probe(), live_source());
    let mut stream = connect(address(&program));
    assert_eq!(stream.read(&mut [0; 1]).ok(), Some(0), "our FIN");
    // Nobody is there to read this, which the system answers with a reset: both rows go, and the descriptor stays.
    stream.write_all(b"x").expect("the reset comes later");
    let state = wait(&program, |state| {
        !matches!(state.judged, None | Some(Judged::TooEarly(_) | Judged::Keeps))
    });
    assert_eq!(state.judged, Some(Judged::CouldNotTell), "{:#?}", state.connections);
    assert!(state.parties[0].unknown.contains_key(&Unknown::Vanished));
    drop(stream);
}

#[test]
fn a_fin_that_was_seen_tells_that_it_closed_though_the_descriptor_is_not_seen() {
    if !pair_probe().shows_unowned() {
        return;
    }
    let setup = patient(listener(Treatment::Close, Answer::Nothing));
    let program = start_with_setup(setup, pair_probe(), live_source());
    let mut stream = connect(address(&program));
    assert_eq!(stream.read(&mut [0; 1]).ok(), Some(0), "our FIN");
    drop(stream);
    let state = wait(&program, |state| state.judged == Some(Judged::Closes));
    assert_eq!(state.parties[0].closed, 1);
}
