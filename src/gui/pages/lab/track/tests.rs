use super::*;
use crate::model::lab::Who;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn change(at: u64, end: End, state: Option<State>) -> Change {
    Change { at: ms(at), end, state }
}

fn call(at: u64, role: Role, call: &str, outcome: Result<&str, &str>) -> Call {
    let outcome = match outcome {
        Ok(value) => CallOutcome::Returned(value.to_owned()),
        Err(errno) => CallOutcome::Failed { errno: errno.to_owned(), meaning: String::new() },
    };
    let who = Who { role, number: 1 };
    Call { at: ms(at), who, call: call.to_owned(), outcome, took: ms(0) }
}

fn track(changes: &[Change], calls: &[Call], found: [bool; 2]) -> Track {
    Track::new(changes, &calls.iter().collect::<Vec<_>>(), found)
}

fn states(track: &Track, end: End) -> Vec<Option<State>> {
    track.lanes[end as usize].iter().map(|segment| segment.state).collect()
}

/// The peer half-closes, the client sends once more.
fn half_close() -> Track {
    use State::{CloseWait, Established, FinWait2};
    track(
        &[
            change(0, End::Peer, None),
            change(1, End::Client, Some(Established)),
            change(2, End::Peer, Some(Established)),
            change(1_200, End::Peer, Some(FinWait2)),
            change(1_202, End::Client, Some(CloseWait)),
        ],
        &[
            call(0, Role::Client, "socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)", Ok("a descriptor")),
            call(0, Role::Client, "connect(127.0.0.1:4000)", Ok("0")),
            call(1, Role::Listener, "accept()", Ok("127.0.0.1:5000")),
            call(1_199, Role::Peer, "shutdown(SHUT_WR)", Ok("0")),
            call(1_600, Role::Client, "recv(65536)", Ok("0")),
            call(2_500, Role::Client, "send(64)", Ok("64")),
            call(2_510, Role::Peer, "recv(65536)", Ok("64")),
            call(2_600, Role::Client, "recv(65536) to the end", Ok("4096, then 0")),
        ],
        [true, true],
    )
}

#[test]
fn an_accept_that_waited_is_where_it_returned() {
    let accept = call(100, Role::Listener, "accept()", Ok("127.0.0.1:5000"));
    let calls = [
        Call { took: ms(903), ..accept },
        call(1_000, Role::Client, "socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)", Ok("a descriptor")),
        call(1_001, Role::Client, "connect(127.0.0.1:4000)", Ok("0")),
    ];
    let track =
        track(&[change(1_002, End::Client, Some(State::Established))], &calls, [true, false]);
    assert_eq!((track.begin, track.last), (ms(1_000), ms(1_003)));
    assert!(track.ticks.iter().any(|tick| tick.name == "accept" && tick.at == ms(1_003)));
}

#[test]
fn a_lane_begins_with_its_first_row() {
    let track = half_close();
    assert_eq!(states(&track, End::Client), [Some(State::Established), Some(State::CloseWait)]);
    assert_eq!(states(&track, End::Peer), [Some(State::Established), Some(State::FinWait2)]);
    assert_eq!((track.begin, track.last), (ms(0), ms(2_600)));
    assert_eq!(track.inferred, [false; 2]);
    assert_eq!(track.state_at(End::Client, ms(0)), Was::NotThere);
    assert_eq!(track.state_at(End::Client, ms(1_201)), Was::In(State::Established));
    assert_eq!(track.state_at(End::Peer, ms(9_000)), Was::In(State::FinWait2));
}

#[test]
fn calls_have_short_names_and_preparations_none() {
    let names: Vec<_> = half_close().ticks.into_iter().map(|tick| (tick.end, tick.name)).collect();
    let expected = [
        (End::Client, "connect"),
        (End::Peer, "accept"),
        (End::Peer, "shutdown(write)"),
        (End::Client, "recv = 0"),
        (End::Client, "send 64"),
        (End::Peer, "recv 64"),
        (End::Client, "recv to the end"),
    ];
    assert_eq!(names, expected.map(|(end, name)| (end, name.to_owned())));
}

#[test]
fn a_send_is_a_transfer_and_a_fin_is_inferred_where_it_arrived() {
    let sent: Vec<_> = half_close().transfers;
    let fin = Transfer { at: ms(1_202), from: End::Peer, what: Sent::Fin };
    let data = Transfer { at: ms(2_500), from: End::Client, what: Sent::Bytes(64) };
    assert_eq!(sent, [fin, data]);
}

#[test]
fn a_peer_elsewhere_has_a_lane_that_its_other_end_tells() {
    use State::{Established, FinWait1, FinWait2, SynSent, TimeWait};
    let seen = [SynSent, Established, FinWait1, FinWait2, TimeWait];
    let changes: Vec<_> =
        (0..).zip(seen).map(|(at, it)| change(at, End::Client, Some(it))).collect();
    let track = track(&changes, &[], [true, false]);
    assert_eq!(track.inferred, [false, true]);
    let told = [Some(Established), Some(State::CloseWait), Some(State::Closed)];
    assert_eq!(states(&track, End::Peer), told);
    assert_eq!(track.lanes[1][1].from, ms(3), "the FIN is acknowledged with FIN_WAIT_2");
    let fins: Vec<_> = track.transfers.iter().map(|it| (it.from, it.at)).collect();
    assert_eq!(fins, [(End::Client, ms(3)), (End::Peer, ms(4))]);
}

#[test]
fn a_row_that_vanishes_after_the_others_close_was_reset() {
    use State::Established;
    let changes = [
        change(0, End::Client, Some(Established)),
        change(0, End::Peer, Some(Established)),
        change(50, End::Client, None),
        change(50, End::Peer, None),
    ];
    let abort = [
        call(48, Role::Peer, "setsockopt(SO_LINGER, {1, 0})", Ok("0")),
        call(49, Role::Peer, "close()", Ok("0")),
    ];
    let reset = Transfer { at: ms(50), from: End::Peer, what: Sent::Reset };
    let aborted = track(&changes, &abort, [true; 2]);
    assert_eq!(aborted.transfers, [reset]);
    assert_eq!(states(&aborted, End::Client), [Some(Established), None]);
    // Without a close of the other end nobody knows why the row is gone.
    assert_eq!(track(&changes, &[], [true; 2]).transfers, []);
    let told = [call(90, Role::Client, "recv(65536)", Err("ECONNRESET"))];
    assert_eq!(track(&changes[..2], &told, [true; 2]).transfers[0].what, Sent::Reset);
}

#[test]
fn a_row_that_ends_by_itself_was_not_reset() {
    use State::{CloseWait, FinWait2, LastAck, TimeWait};
    let changes = [
        change(1, End::Peer, Some(CloseWait)),
        change(1, End::Client, Some(FinWait2)),
        change(2, End::Peer, Some(LastAck)),
        change(2, End::Client, Some(TimeWait)),
        change(3, End::Peer, None),
        change(60_003, End::Client, None),
    ];
    let calls =
        [call(0, Role::Client, "close()", Ok("0")), call(2, Role::Peer, "close()", Ok("0"))];
    let track = track(&changes, &calls, [true; 2]);
    assert!(track.transfers.iter().all(|it| it.what == Sent::Fin), "{:?}", track.transfers);
    assert_eq!(track.transfers.len(), 2);
}

/// LAST_ACK is over before a look finds it, and no reset is needed for a row to go so.
#[test]
fn an_end_that_shut_down_in_close_wait_was_not_reset() {
    use State::{CloseWait, Established, FinWait2, TimeWait};
    let peer_first = |how: &str, last: Option<State>| {
        track(
            &[
                change(0, End::Client, Some(Established)),
                change(1, End::Peer, Some(Established)),
                change(100, End::Peer, Some(FinWait2)),
                change(100, End::Client, Some(CloseWait)),
                change(200, End::Client, None),
                change(201, End::Peer, last),
            ],
            &[call(99, Role::Peer, "close()", Ok("0")), call(199, Role::Client, how, Ok("0"))],
            [true, true],
        )
    };
    let resets = |track: Track| {
        track.transfers.iter().filter(|transfer| transfer.what == Sent::Reset).count()
    };
    for how in ["shutdown(SHUT_WR)", "shutdown(SHUT_RDWR)"] {
        assert_eq!(resets(peer_first(how, None)), 0, "{how}");
    }
    // Whoever is in TIME_WAIT has heard the other's FIN.
    assert_eq!(resets(peer_first("recv(1)", Some(TimeWait))), 0);
    for how in ["shutdown(SHUT_RD)", "recv(1)"] {
        assert_eq!(resets(peer_first(how, None)), 1, "{how}");
    }
}
