use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::model::lab::{End, Resolution};
use crate::model::{Owner, State};

type Rows = Vec<[Option<Socket>; 2]>;
type Answer = dyn FnMut(u64, &[Pair]) -> Result<Rows, PollFailure> + Send;

/// Answers as the test says, after as long as it says.
struct Scripted {
    answer: Box<Answer>,
    looks: Arc<AtomicU64>,
}

impl PairProbe for Scripted {
    fn resolution(&self) -> Resolution {
        Resolution::Exact
    }

    fn shows_unowned(&self) -> bool {
        true
    }

    fn lookup(&mut self, pairs: &[Pair]) -> Result<Rows, PollFailure> {
        let look = self.looks.fetch_add(1, Ordering::Relaxed);
        (self.answer)(look, pairs)
    }

    fn listener(&mut self, _: std::net::SocketAddr) -> Result<Option<Socket>, PollFailure> {
        Ok(None)
    }
}

fn pair(port: u16) -> Pair {
    Pair { client: ([127, 0, 0, 1], port).into(), peer: ([127, 0, 0, 1], 80).into() }
}

#[expect(clippy::unnecessary_wraps, reason = "a place for a row holds one or none")]
fn row(pair: Pair, state: State) -> Option<Socket> {
    Some(Socket::new(pair.client, Some(pair.peer), state, Owner::NoOwner))
}

fn observer(
    answer: impl FnMut(u64, &[Pair]) -> Result<Rows, PollFailure> + Send + 'static,
) -> (Observer, Arc<AtomicU64>) {
    let looks = Arc::new(AtomicU64::new(0));
    let probe = Scripted { answer: Box::new(answer), looks: Arc::clone(&looks) };
    let observer =
        Observer::start(Box::new(probe), Instant::now(), Box::new(|_, _| {})).expect("a thread");
    (observer, looks)
}

fn wait(observer: &Observer, enough: impl Fn(&Observation) -> bool) -> Arc<Observation> {
    let deadline = Instant::now() + Duration::from_secs(10);
    let seen = observer.wait(deadline, &Cancel::new(), &enough);
    assert!(enough(&seen), "waited in vain: {seen:?}");
    seen
}

#[test]
fn changes_are_recorded_once_and_looking_ends_with_the_rows() {
    let (observer, looks) = observer(|look, pairs| {
        Ok(pairs
            .iter()
            .map(|pair| match look {
                0..3 => [row(*pair, State::Established), row(*pair, State::Established)],
                3..6 => [row(*pair, State::TimeWait), None],
                _ => [None, None],
            })
            .collect())
    });
    assert_eq!(looks.load(Ordering::Relaxed), 0, "nothing to look at");
    observer.watch(1, pair(1));
    let seen =
        wait(&observer, |seen| seen.lane(1).is_some_and(|lane| lane.watch == Watch::RowsGone));
    let lane = seen.lane(1).expect("the lane");
    let changes: Vec<_> = lane.changes.iter().map(|change| (change.end, change.state)).collect();
    assert_eq!(
        changes,
        [
            (End::Client, Some(State::Established)),
            (End::Peer, Some(State::Established)),
            (End::Client, Some(State::TimeWait)),
            (End::Peer, None),
            (End::Client, None),
        ]
    );
    thread::sleep(4 * QUICK);
    assert_eq!(looks.load(Ordering::Relaxed), 8, "it went on looking");
}

#[test]
fn a_failed_look_is_a_failure_and_not_a_missing_row() {
    let (observer, _) = observer(|look, pairs| match look {
        0 => Ok(vec![[row(pairs[0], State::Established), None]]),
        // Long enough that a look during it is not missed on a busy machine.
        1..100 => Err(failed("no table today")),
        100..120 => panic!("on purpose: the observer has to live through it"),
        120..140 => Ok(vec![]),
        _ => Ok(vec![[row(pairs[0], State::CloseWait), None]]),
    });
    observer.watch(1, pair(1));
    let seen = wait(&observer, |seen| seen.failed_looks > 0);
    assert_eq!(seen.failure.as_ref().map(|failure| failure.cause.as_str()), Some("no table today"));
    let lane = seen.lane(1).expect("the lane");
    assert_eq!(lane.seen(End::Client), Seen::State(State::Established));
    assert_eq!(lane.changes.iter().len(), 2);
    let seen = wait(&observer, |seen| seen.looks > 140);
    assert_eq!((seen.failed_looks, &seen.failure), (139, &None));
    let lane = seen.lane(1).expect("the lane");
    assert_eq!(lane.seen(End::Client), Seen::State(State::CloseWait));
}

#[test]
fn a_dear_look_is_made_seldom() {
    let cost = Duration::from_millis(10);
    let (observer, looks) = observer(move |_, pairs| {
        thread::sleep(cost);
        Ok(vec![[row(pairs[0], State::Established), None]])
    });
    let began = Instant::now();
    observer.watch(1, pair(1));
    while began.elapsed() < 50 * cost {
        observer.expect_changes();
        thread::sleep(cost / 10);
    }
    let made = looks.load(Ordering::Relaxed);
    let time = began.elapsed();
    let most = time.as_millis() / (cost * (1 + REST_PER_COST)).as_millis() + 1;
    assert!(made >= 1 && u128::from(made) <= most, "{made} looks in {time:?}");
    assert!(observer.latest().interval >= cost * REST_PER_COST);
}

#[test]
fn while_nothing_happens_it_looks_seldom() {
    for (cost, calm) in [(Duration::ZERO, CALM), (Duration::from_millis(2), SLOW)] {
        let (observer, _) = observer(move |_, pairs| {
            thread::sleep(cost);
            Ok(vec![[row(pairs[0], State::Established), None]])
        });
        observer.watch(1, pair(1));
        wait(&observer, |seen| seen.looks > 3 && seen.interval < calm);
        wait(&observer, |seen| seen.interval >= calm);
        observer.expect_changes();
        wait(&observer, |seen| seen.interval < calm);
    }
}

#[test]
fn a_number_that_is_forgotten_or_replaced_is_left_alone() {
    let (observer, _) = observer(|_, pairs| {
        Ok(pairs.iter().map(|pair| [row(*pair, State::Established), None]).collect())
    });
    observer.watch(1, pair(1));
    observer.watch(2, pair(2));
    observer.watch(3, pair(1));
    let seen = wait(&observer, |seen| seen.looks > 2);
    let watches: Vec<_> = seen.lanes.iter().map(|lane| lane.watch).collect();
    assert!(
        matches!(watches[..], [Watch::Replaced { .. }, Watch::Looking, Watch::Looking]),
        "{watches:?}"
    );
    observer.forget(2);
    assert!(observer.latest().lane(2).is_none());
    observer.restart(Instant::now());
    assert!(observer.latest().lanes.is_empty());
}

/// A name with several addresses is tried under one number, at one after the other.
#[test]
fn a_number_that_is_watched_again_has_one_lane() {
    let (observer, _) = observer(|_, pairs| {
        let state = |it: &Pair| if *it == pair(1) { State::SynSent } else { State::Established };
        Ok(pairs.iter().map(|pair| [row(*pair, state(pair)), None]).collect())
    });
    observer.watch(1, pair(1));
    wait(&observer, |seen| seen.lane(1).is_some_and(|lane| lane.changes.iter().len() == 2));
    observer.watch(1, pair(2));
    let looks = observer.latest().looks;
    let seen = wait(&observer, |seen| seen.looks > looks + 5);
    assert_eq!(seen.lanes.len(), 1);
    let lane = &seen.lanes[0];
    assert_eq!((lane.pair, lane.watch), (pair(2), Watch::Looking));
    let states: Vec<_> = lane.changes.iter().map(|change| change.state).collect();
    assert_eq!(states, [Some(State::Established), None], "it flips, and rings at every look");
}

/// A client that binds its port comes back with the same addresses, before anybody has accepted that.
#[test]
fn the_rows_of_a_newer_connection_are_not_taken_for_those_of_an_older_one() {
    use State::{CloseWait, Established, FinWait2, SynSent, TimeWait};
    let named = |name, row: Option<Socket>| {
        row.map(|row| Socket { cookie: std::num::NonZeroU64::new(name), ..row })
    };
    let (observer, _) = observer(move |look, pairs| {
        let row = |name, state| named(name, row(pairs[0], state));
        Ok(vec![match look {
            // What the one before has left is not its own.
            0..3 => [row(3, SynSent), row(1, TimeWait)],
            3..6 => [row(3, Established), row(4, Established)],
            6..9 => [row(3, CloseWait), row(4, FinWait2)],
            _ => [row(5, Established), row(6, Established)],
        }])
    });
    observer.watch(1, pair(1));
    let seen =
        wait(&observer, |seen| seen.lane(1).is_some_and(|lane| lane.watch != Watch::Looking));
    let lane = seen.lane(1).expect("the lane");
    assert_eq!(lane.watch, Watch::RowsGone);
    let of = |end| {
        let changes = lane.changes.iter().filter(move |change| change.end == end);
        changes.map(|change| change.state).collect::<Vec<_>>()
    };
    assert_eq!(of(End::Client), [Some(SynSent), Some(Established), Some(CloseWait), None]);
    assert_eq!(of(End::Peer), [Some(TimeWait), Some(Established), Some(FinWait2), None]);
}
