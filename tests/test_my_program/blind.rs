//! A run that sees less than there is.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use sockscope::lab::Program;
use sockscope::lab::program::{
    Answer, Eyes, Holder, Judged, Phase, Processes, ProgramState, Setup, Treatment, Trouble,
    Unknown, conclusion, phase_words,
};
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
        Err(no_table("blind"))
    }
}

fn no_table(source: &str) -> PollFailure {
    PollFailure {
        source: source.to_owned(),
        operation: Operation::ReadSocketTable,
        cause: "no table today".to_owned(),
        number: None,
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
    let held = Box::new(|_| Ok(None));
    let eyes =
        Eyes { probe, source, processes: Processes { held, ..Processes::of_this_computer() } };
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
fn without_a_look_up_a_close_listens_on() {
    let program = start_with(Treatment::Close, Box::new(Panics), live_source());
    let stream = connect(address(&program));
    wait(&program, |state| state.judged == Some(Judged::Keeps));
    drop(stream);
    wait(&program, |state| state.parties.iter().all(is_closed_late));
}

#[test]
fn without_a_look_up_and_without_descriptors_a_reset_cannot_be_told() {
    let program = start_with(Treatment::Reset, Box::new(Panics), live_source());
    let stream = connect(address(&program));
    let state = wait(&program, |state| state.connections.iter().any(|it| it.is_over()));
    assert_eq!(state.judged, Some(Judged::CouldNotTell), "{:#?}", state.parties);
    assert!(state.parties[0].unknown.contains_key(&Unknown::Reset));
    drop(stream);
}

/// A probe that fails while it is told to.
struct Failing(Box<dyn PairProbe>, Arc<AtomicBool>);

impl PairProbe for Failing {
    fn resolution(&self) -> Resolution {
        self.0.resolution()
    }

    fn shows_unowned(&self) -> bool {
        self.0.shows_unowned()
    }

    fn lookup(&mut self, pairs: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure> {
        if self.1.load(Ordering::Relaxed) { Err(no_table("failing")) } else { self.0.lookup(pairs) }
    }

    fn listener(&mut self, local: SocketAddr) -> Result<Option<Socket>, PollFailure> {
        self.0.listener(local)
    }
}

#[test]
fn what_is_not_seen_any_more_is_not_said_to_be_kept_and_what_was_seen_is() {
    if !pair_probe().shows_unowned() {
        // Our own socket hears what becomes of the other end.
        return;
    }
    let fails = Arc::new(AtomicBool::new(false));
    let probe = Box::new(Failing(pair_probe(), Arc::clone(&fails)));
    let program = start_with(Treatment::Close, probe, live_source());
    let mut stream = connect(address(&program));
    assert_eq!(stream.read(&mut [0; 1]).ok(), Some(0), "our FIN");
    // Our end is closed, and hears nothing.
    wait(&program, |state| state.held == 0 && state.connections[0].our_state.is_some());
    fails.store(true, Ordering::Relaxed);
    drop(stream);
    let state = wait(&program, |state| !matches!(state.judged, None | Some(Judged::TooEarly(_))));
    assert_eq!(state.judged, Some(Judged::CouldNotTell), "{:#?}", state.connections);
    assert!(state.parties[0].unknown.contains_key(&Unknown::NotLooked));
    assert!(matches!(&state.trouble, Some(Trouble::Look(_))), "{:?}", state.trouble);
    fails.store(false, Ordering::Relaxed);
    // It is seen again, and that it was closed is known.
    let kept = connect(address(&program));
    wait(&program, |state| state.connections[0].is_over() && state.judged == Some(Judged::Keeps));
    fails.store(true, Ordering::Relaxed);
    wait(&program, |state| matches!(&state.trouble, Some(Trouble::Look(_))));
    let state = program.latest();
    assert_eq!(state.judged, Some(Judged::Keeps), "{:#?}", state.connections);
    drop(kept);
}

#[test]
fn without_a_table_nobody_is_said_not_to_have_connected() {
    let setup = listener(Treatment::NeverAccept, Answer::Nothing);
    let setup = Setup { time: Duration::from_millis(500), ..setup };
    let program = start_with_setup(setup, pair_probe(), Box::new(Blind));
    let stream = connect(address(&program));
    let state = wait(&program, |state| !state.is_running());
    assert_eq!(state.judged, None);
    let [what, why] = conclusion(&state).map(|text| text.plain());
    assert_eq!(what, "Who connected could not be told.", "{why}");
    drop(stream);
}

#[test]
fn a_row_that_our_close_took_away_is_no_proof_of_theirs() {
    let setup = patient(listener(Treatment::Close, Answer::Nothing));
    let program = start_with_setup(setup, pair_probe(), live_source());
    let mut stream = connect(address(&program));
    assert_eq!(stream.read(&mut [0; 1]).ok(), Some(0), "our FIN");
    // Our end is closed soon after that, and takes what comes before.
    wait(&program, |state| {
        state.held == 0 && state.connections.iter().any(|it| it.since().is_some())
    });
    // Nobody is there to read this, which the system answers with a reset: both rows go, and the descriptor stays.
    stream.write_all(b"x").expect("the reset comes later");
    let state = wait(&program, |state| !matches!(state.judged, None | Some(Judged::TooEarly(_))));
    assert_eq!(state.judged, Some(Judged::CouldNotTell), "{:#?}", state.connections);
    assert!(state.parties[0].unknown.contains_key(&Unknown::Vanished));
    drop(stream);
}

#[test]
fn what_was_kept_stays_so_though_its_row_goes_and_its_descriptor_is_not_seen() {
    if !pair_probe().shows_unowned() {
        // Our end is held open there, so nothing resets the other.
        return;
    }
    let program = start_with(Treatment::Close, pair_probe(), live_source());
    let address = address(&program);
    let reconnect = |_| {
        let mut stream = connect(address);
        assert_eq!(stream.read(&mut [0; 1]).ok(), Some(0), "our FIN");
        stream
    };
    let mut leaked: Vec<_> = (0..4).map(reconnect).collect();
    let kept = |state: &ProgramState| state.parties.iter().map(|it| it.kept).sum::<usize>() == 4;
    let state = wait(&program, kept);
    assert_eq!(state.judged, Some(Judged::Leaks), "{:#?}", state.parties);
    for stream in &mut leaked {
        stream.write_all(b"x").expect("the reset comes later");
    }
    let is_over = |state: &ProgramState| state.connections.iter().all(|it| it.is_over());
    let state = wait(&program, is_over);
    assert_eq!(state.judged, Some(Judged::Leaks), "no milder than before: {:#?}", state.parties);
    let [party] = &state.parties[..] else { panic!("{:#?}", state.parties) };
    assert_eq!((party.gone, party.kept, party.late), (4, 0, 0), "{party:#?}");
    assert!(party.kept_for.is_some_and(|time| time >= state.setup.grace), "{party:#?}");
    drop(leaked);
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

#[test]
fn what_another_computer_kept_stays_so_once_our_own_row_is_gone() {
    if !pair_probe().shows_unowned() {
        return;
    }
    let program = start_with(Treatment::Close, Box::new(OneEyed(pair_probe())), live_source());
    let mut stream = connect(address(&program));
    let state = wait(&program, |state| state.judged == Some(Judged::Keeps));
    assert_eq!((state.parties[0].kept, state.held), (1, 0));
    // As when the time of our FIN_WAIT_2 is up, but at once.
    stream.write_all(b"x").expect("the reset comes later");
    let state = wait(&program, |state| state.connections.iter().all(|it| it.is_over()));
    assert_eq!((state.judged, state.parties[0].gone), (Some(Judged::Keeps), 1));
    drop(stream);
}

/// A probe whose looks fall between all that happens when a connection ends: it sees our FIN on its way, and then no row.
struct Between(Box<dyn PairProbe>);

impl PairProbe for Between {
    fn resolution(&self) -> Resolution {
        self.0.resolution()
    }

    fn shows_unowned(&self) -> bool {
        self.0.shows_unowned()
    }

    fn lookup(&mut self, pairs: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure> {
        let before = |row: Socket| match row.state {
            State::FinWait2 => Some(Socket { state: State::FinWait1, ..row }),
            State::CloseWait => Some(Socket { state: State::Established, ..row }),
            State::TimeWait => None,
            _ => Some(row),
        };
        let rows = self.0.lookup(pairs)?.into_iter();
        Ok(rows.map(|ends| ends.map(|row| row.and_then(before))).collect())
    }

    fn listener(&mut self, local: SocketAddr) -> Result<Option<Socket>, PollFailure> {
        self.0.listener(local)
    }
}

#[test]
fn who_closes_soon_after_our_fin_has_got_it() {
    if !pair_probe().shows_unowned() {
        return;
    }
    let eyes = Eyes { probe: Box::new(Between(pair_probe())), ..Eyes::of_this_computer() };
    let setup = patient(listener(Treatment::Close, Answer::Nothing));
    let program = Program::start_with(setup, eyes, Arc::new(|| {})).expect("two threads");
    let address = address(&program);
    for _ in 0..10 {
        let mut stream = connect(address);
        assert_eq!(stream.read(&mut [0; 1]).ok(), Some(0), "our FIN");
        // Some looks later.
        thread::sleep(Duration::from_millis(50));
    }
    let state = wait(&program, |state| {
        state.connections.len() == 10 && state.connections.iter().all(|it| it.is_over())
    });
    // A busy machine may show some of them late.
    let closed: usize = state.parties.iter().map(|party| party.closed).sum();
    assert!(closed > 0, "{:#?}", state.parties);
}

/// A probe that sees what processes hold and nothing else, as on macOS: no row of the kernel's alone, no inode, no cookie.
struct HeldAlone(Box<dyn PairProbe>);

impl PairProbe for HeldAlone {
    fn resolution(&self) -> Resolution {
        self.0.resolution()
    }

    fn shows_unowned(&self) -> bool {
        false
    }

    fn lookup(&mut self, pairs: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure> {
        let is_shown = self.0.shows_unowned();
        let held = |row: &Socket| !is_shown || row.inode.is_some();
        let bare = |row| Socket { inode: None, cookie: None, ..row };
        let rows = self.0.lookup(pairs)?.into_iter();
        Ok(rows.map(|ends| ends.map(|row| row.filter(held).map(bare))).collect())
    }

    fn listener(&mut self, local: SocketAddr) -> Result<Option<Socket>, PollFailure> {
        self.0.listener(local)
    }
}

#[test]
fn where_only_what_is_held_is_seen_our_end_stays_until_the_other_is_closed() {
    let setup = patient(listener(Treatment::Close, Answer::Nothing));
    let program = start_with_setup(setup, Box::new(HeldAlone(pair_probe())), live_source());
    let mut stream = connect(address(&program));
    assert_eq!(stream.read(&mut [0; 1]).ok(), Some(0), "our FIN");
    // Nobody would be there to read this, and the system would answer with a reset.
    stream.write_all(b"x").expect("it reads");
    let state = wait(&program, |state| state.connections.iter().any(|it| it.since().is_some()));
    assert_eq!(state.held, 1, "our end hears how the other ends");
    drop(stream);
    let state = wait(&program, |state| state.connections.iter().all(|it| it.is_over()));
    assert_eq!(state.judged, Some(Judged::Closes), "{:#?}", state.connections);
    assert_eq!((state.parties[0].closed, state.held), (1, 0));
}

#[test]
fn where_only_what_is_held_is_seen_a_client_that_keeps_is_found() {
    let setup = listener(Treatment::Close, Answer::Nothing);
    let program = start_with_setup(setup, Box::new(HeldAlone(pair_probe())), live_source());
    let stream = connect(address(&program));
    let state = wait(&program, |state| state.judged == Some(Judged::Keeps));
    assert_eq!(state.parties[0].kept, 1);
    drop(stream);
    wait(&program, |state| state.parties.iter().all(is_closed_late));
}

/// A source that breaks at the second table.
struct BreaksLater(bool);

impl SocketSource for BreaksLater {
    fn name(&self) -> &'static str {
        "breaks"
    }

    fn is_live(&self) -> bool {
        true
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        assert!(!self.0, "on purpose: the run has to say that it broke off");
        self.0 = true;
        Ok(None)
    }
}

#[test]
fn a_run_that_breaks_in_the_middle_broke_off_and_one_that_never_began_could_not_start() {
    for (broken, words) in [(false, "broke off"), (true, "could not start")] {
        let source = Box::new(BreaksLater(broken));
        let program = start_with(Treatment::Close, pair_probe(), source);
        let stream = (!broken).then(|| connect(address(&program)));
        let state = wait(&program, |state| matches!(state.phase, Phase::Failed(_)));
        assert_eq!(phase_words(&state).plain(), words);
        drop(stream);
    }
}
