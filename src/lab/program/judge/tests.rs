use super::*;
use crate::lab::program::setup::{Answer, Payload, Side, Treatment};
use crate::lab::program::state::Unknown;
use crate::lab::resolve::Address;
use crate::model::{Process, State};

const S: Duration = Duration::from_secs(1);

fn setup() -> Setup {
    Setup {
        side: Side::Listener {
            address: Address::Known(([127, 0, 0, 1], 0).into()),
            answer: Answer::Nothing,
            connections: None,
        },
        treatment: Treatment::Close,
        after: S,
        grace: 5 * S,
        time: 60 * S,
    }
}

fn holder(pid: u32) -> Holder {
    Holder::Processes(vec![Process { pid, name: "curl".to_owned(), started_s: None }])
}

fn connection(came: u32, fate: Fate) -> Arc<Connection> {
    Arc::new(Connection {
        number: 1,
        ours: ([127, 0, 0, 1], 80).into(),
        theirs: ([127, 0, 0, 1], 40_000).into(),
        holder: holder(812),
        came: came * S,
        our_state: None,
        their_state: matches!(fate, Fate::Waiting { .. }).then_some(State::CloseWait),
        fate,
        with_process: false,
        unread: false,
        inferred: false,
        send_queue: None,
    })
}

/// Closed at this time, so long after our end.
const fn closed_at(at: Duration, took: Duration) -> Fate {
    Fate::Closed { at, took: Some(took), kept: took }
}

fn waiting(came: u32) -> Arc<Connection> {
    connection(came, Fate::Waiting { since: (came + 1) * S })
}

fn closed(came: u32, millis: u64) -> Arc<Connection> {
    let took = Duration::from_millis(millis);
    connection(came, closed_at((came + 1) * S + took, took))
}

fn only(connections: &[Arc<Connection>], now: u32) -> Party {
    let mut parties = parties(connections, &setup(), now * S);
    assert_eq!(parties.len(), 1);
    parties.remove(0)
}

#[test]
fn all_closed_closes_and_the_times_are_told() {
    let party = only(&[closed(0, 40), closed(0, 10), closed(0, 20)], 2);
    assert_eq!((party.closed, party.kept, party.judged), (3, 0, Judged::Closes));
    assert_eq!(party.took, Some([10, 20, 40].map(Duration::from_millis)));
    assert_eq!(party.reconnects, 0, "all came together");
}

#[test]
fn what_is_open_is_too_early_until_the_grace_is_over() {
    assert_eq!(only(&[waiting(0)], 3).judged, Judged::TooEarly(3 * S));
    assert_eq!(only(&[connection(0, Fate::Open)], 0).judged, Judged::TooEarly(6 * S));
    let party = only(&[waiting(0), closed(0, 10)], 6);
    assert_eq!((party.judged, party.kept, party.kept_for), (Judged::Keeps, 1, Some(5 * S)));
    assert_eq!(party.states[&State::CloseWait], 1);
}

#[test]
fn a_pool_that_died_at_once_is_kept_and_reconnects_without_closing_leak() {
    let pool: Vec<_> = (0..10).map(|_| waiting(0)).collect();
    assert_eq!(only(&pool, 100).judged, Judged::Keeps);
    let leak: Vec<_> = (0..4).map(|turn| waiting(turn * 2)).collect();
    let party = only(&leak, 100);
    assert_eq!((party.judged, party.kept, party.reconnects), (Judged::Leaks, 4, 3));
    // Two of three are closed, one is forgotten each time.
    let sometimes: Vec<_> = (0..9)
        .map(|turn| if turn % 3 == 0 { waiting(turn * 2) } else { closed(turn * 2, 10) })
        .collect();
    assert_eq!(only(&sometimes, 100).judged, Judged::Leaks);
}

#[test]
fn a_pool_that_replaces_the_dead_one_by_one_does_not_leak() {
    // Ten die together; three are taken out, found dead, closed, and replaced by ones that die as well.
    let mut pool: Vec<_> = (0..7).map(|_| waiting(0)).collect();
    for turn in 1..4 {
        pool.push(connection(0, closed_at(turn * 10 * S, turn * 9 * S)));
        pool.push(waiting(turn * 10));
    }
    assert_eq!(only(&pool, 100).judged, Judged::Keeps);
}

#[test]
fn a_descriptor_without_a_row_is_kept_and_what_cannot_be_told_is_said() {
    let party = only(&[connection(0, Fate::Unseen { since: S })], 10);
    assert_eq!((party.judged, party.unseen, party.kept), (Judged::Keeps, 1, 0));
    let unknown = connection(0, Fate::Unknown { why: Unknown::Reset, at: S, kept: None });
    let party = only(&[unknown, closed(0, 1)], 10);
    assert_eq!((party.judged, party.closed), (Judged::CouldNotTell, 1));
    assert_eq!(party.unknown[&Unknown::Reset], 1);
}

#[test]
fn each_process_is_judged_by_itself_the_worst_first() {
    let mut other = Connection::clone(&waiting(0));
    other.holder = holder(900);
    let parties = parties(&[closed(0, 1), closed(0, 2), Arc::new(other)], &setup(), 60 * S);
    let judged: Vec<_> = parties.iter().map(|party| (&party.holder, party.judged)).collect();
    assert_eq!(judged, [(&holder(900), Judged::Keeps), (&holder(812), Judged::Closes)]);
}

/// Closed five minutes after our FIN, when its process ended.
fn closed_at_exit(came: u32) -> Arc<Connection> {
    connection(came, closed_at(300 * S, (299 - came) * S))
}

#[test]
fn what_was_kept_is_judged_no_milder_once_its_process_has_ended() {
    let party = only(&[closed_at_exit(0), closed(0, 10)], 301);
    assert_eq!((party.judged, party.kept, party.late), (Judged::Keeps, 0, 1));
    assert_eq!(party.closed, 2);
    let leak: Vec<_> = (0..4).map(|turn| closed_at_exit(turn * 2)).collect();
    let party = only(&leak, 301);
    assert_eq!((party.judged, party.late), (Judged::Leaks, 4));
    // The one that is open does not hide what the others were.
    let party = only(&[closed_at_exit(0), waiting(299)], 301);
    assert_eq!((party.judged, party.open), (Judged::Keeps, 1));
}

#[test]
fn a_pool_that_replaces_all_of_its_dead_again_and_again_does_not_leak() {
    // Ten at a time for five rounds: each dead one is closed late, and then its successor is opened.
    let pool: Vec<_> = (0..50)
        .map(|at| {
            let came = at / 10 * 20;
            connection(came, closed_at((came + 19) * S, 18 * S))
        })
        .collect();
    let party = only(&pool, 200);
    assert_eq!((party.judged, party.late, party.reconnects), (Judged::Keeps, 50, 40));
}

#[test]
fn giving_up_late_on_a_peer_that_does_nothing_is_no_fault() {
    let gave_up = connection(0, closed_at(60 * S, 60 * S));
    let setup = Setup { treatment: Treatment::NeverRead, ..setup() };
    let parties = parties(&[gave_up], &setup, 61 * S);
    assert_eq!((parties[0].judged, parties[0].late), (Judged::Closes, 0));
}

#[test]
fn only_what_came_after_another_was_over_is_a_reconnect() {
    let setup = Setup { treatment: Treatment::NeverAccept, ..setup() };
    // Where nothing is done to them they have waited since they came, and none was over.
    let waits = |came: u32| connection(came, Fate::Waiting { since: came * S });
    let gave_up = |came: u32, at: u32| connection(came, closed_at(at * S, (at - came) * S));
    let reconnects = |all: &[Arc<Connection>]| parties(all, &setup, 60 * S)[0].reconnects;
    assert_eq!(reconnects(&[waits(0), waits(1), waits(2)]), 0);
    assert_eq!(reconnects(&[gave_up(0, 5), waits(1), waits(6)]), 1);
}

#[test]
fn a_connect_that_is_not_done_yet_is_too_early_for_as_long_as_it_may_take() {
    let party = only(&[connection(2, Fate::Connecting)], 3);
    assert_eq!((party.judged, party.open), (Judged::TooEarly(CONNECT + 5 * S), 1));
    let party = only(&[connection(2, Fate::NoAnswer { waited: CONNECT })], 12);
    assert_eq!((party.judged, party.not_made), (Judged::CouldNotTell, 1));
}

#[test]
fn only_what_was_certainly_kept_for_the_grace_is_late() {
    let found = |kept: u32| Fate::Closed { at: 10 * S, took: Some(9 * S), kept: kept * S };
    let party = only(&[connection(0, found(4))], 11);
    assert_eq!((party.judged, party.late), (Judged::Closes, 0));
    assert_eq!(only(&[connection(0, found(5))], 11).judged, Judged::Keeps);
}

/// Kept for so long after our FIN, and out of sight since.
fn gone(came: u32, kept: u32) -> Arc<Connection> {
    let at = (came + 1 + kept) * S;
    connection(came, Fate::Unknown { why: Unknown::Vanished, at, kept: Some(kept * S) })
}

#[test]
fn what_was_kept_stays_so_once_it_is_out_of_sight() {
    let party = only(&[gone(0, 60)], 100);
    assert_eq!((party.judged, party.gone, party.kept_for), (Judged::Keeps, 1, Some(60 * S)));
    assert!(party.unknown.is_empty(), "{party:#?}");
    assert_eq!(only(&[gone(0, 4)], 100).judged, Judged::CouldNotTell, "not for long enough");
    let leak: Vec<_> = (0..4).map(|turn| gone(turn * 2, 60)).collect();
    let party = only(&leak, 100);
    assert_eq!((party.judged, party.gone, party.reconnects), (Judged::Leaks, 4, 3));
    // One after the other: whether one is closed before the next comes is not known.
    let one_by_one: Vec<_> = (0..4).map(|turn| gone(turn * 70, 60)).collect();
    assert_eq!(only(&one_by_one, 300).judged, Judged::Keeps);
}

#[test]
fn whoever_closes_all_of_them_first_was_not_tried() {
    let first = |came| {
        connection(came, Fate::Closed { at: (came + 1) * S, took: None, kept: Duration::ZERO })
    };
    let party = only(&[first(0), first(2)], 10);
    assert_eq!((party.judged, party.closed_first), (Judged::NotTried, 2));
    assert_eq!(only(&[first(0), closed(2, 10)], 10).judged, Judged::Closes, "one was");
    assert_eq!(only(&[first(0), waiting(2)], 10).judged, Judged::Keeps);
    // Where nothing is done to them it is for them to give up, and they did.
    let setup = Setup { treatment: Treatment::NeverRead, ..setup() };
    let parties = parties(&[closed(0, 10)], &setup, 10 * S);
    assert_eq!(parties[0].judged, Judged::Closes);
}

#[test]
fn whoever_never_had_to_wait_was_not_tried() {
    let setup = Setup { treatment: Treatment::NeverRead, ..setup() };
    let party = |all: &[Arc<Connection>], now: u32| parties(all, &setup, now * S).remove(0);
    let idle = || connection(0, Fate::Open);
    let early = party(&[idle()], 3);
    assert_eq!((early.judged, early.idle), (Judged::TooEarly(2 * S), 0), "it may send yet");
    let party_of_one = party(&[idle()], 5);
    assert_eq!(
        (party_of_one.judged, party_of_one.open, party_of_one.idle),
        (Judged::NotTried, 0, 1)
    );
    let by_itself = connection(0, Fate::Closed { at: 20 * S, took: None, kept: Duration::ZERO });
    assert_eq!(party(&[by_itself], 30).judged, Judged::NotTried);
    let gave_up = connection(0, Fate::Closed { at: 20 * S, took: Some(10 * S), kept: 10 * S });
    assert_eq!(party(&[idle(), gave_up], 30).judged, Judged::Closes, "one was tried");
    let waits = connection(0, Fate::Waiting { since: S });
    assert_eq!(party(&[idle(), waits], 30).judged, Judged::Keeps);
}

#[test]
fn what_was_closed_as_its_process_ended_was_not_tried() {
    let ended = |came: u32, after: u32| {
        let fate = closed_at((came + 1 + after) * S, after * S);
        Arc::new(Connection { with_process: true, ..Connection::clone(&connection(came, fate)) })
    };
    let party = only(&[ended(0, 1), ended(0, 2), closed(0, 10)], 4);
    assert_eq!((party.judged, party.with_process, party.closed), (Judged::NotTried, 2, 1));
    assert_eq!(party.ended_after, Some(2 * S));
    assert_eq!(party.took, Some([Duration::from_millis(10); 3]), "the others' alone");
    let party = only(&[ended(0, 6), ended(0, 2)], 8);
    assert_eq!((party.judged, party.late), (Judged::Keeps, 1), "that is longer than the grace");
    assert_eq!(only(&[ended(0, 1), waiting(0)], 10).judged, Judged::Keeps);
}

#[test]
fn whoever_ended_while_it_waited_need_not_have_given_up() {
    let setup = Setup { treatment: Treatment::NeverAccept, ..setup() };
    let ended = |came: u32, by_then: bool| {
        let fate = closed_at((came + 8) * S, 8 * S);
        Arc::new(Connection { with_process: by_then, ..Connection::clone(&connection(came, fate)) })
    };
    let party = |all: &[Arc<Connection>]| parties(all, &setup, 20 * S).remove(0);
    let killed = party(&[ended(0, true)]);
    assert_eq!((killed.judged, killed.with_process, killed.late), (Judged::NotTried, 1, 0));
    assert_eq!(party(&[ended(0, false)]).judged, Judged::Closes, "it lives, and gave up");
}

#[test]
fn what_was_late_is_told_apart_from_what_was_prompt() {
    let at_end =
        Arc::new(Connection { with_process: true, ..Connection::clone(&closed_at_exit(0)) });
    let party = only(&[at_end, closed_at_exit(0), closed(0, 10)], 301);
    assert_eq!((party.closed, party.late, party.late_as_ended), (3, 2, 1));
    assert_eq!(party.prompt, Some(Duration::from_millis(10)));
}

#[test]
fn what_our_own_client_connects_is_no_reconnect() {
    let target = Address::Known(([127, 0, 0, 1], 80).into());
    let side = Side::Client { target, payload: Payload::Nothing, count: 3 };
    let client = Setup { side, ..setup() };
    let all = [closed(0, 10), closed(2, 10), waiting(4)];
    assert_eq!(parties(&all, &client, 5 * S)[0].reconnects, 0);
    assert_eq!(only(&all, 5).reconnects, 2);
}
