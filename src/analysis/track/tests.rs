use super::*;
use crate::model::{Gap, Host, TcpInfo, Timer};

const REMOTE: Option<&str> = Some("10.0.0.9:443");

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

fn socket(local: &str, remote: Option<&str>, state: State, owner: Owner) -> Socket {
    Socket::new(
        local.parse().expect("an address"),
        remote.map(|remote| remote.parse().expect("an address")),
        state,
        owner,
    )
}

fn table(sockets: Vec<Socket>, processes: &[(u32, &str)]) -> Snapshot {
    Snapshot {
        taken_at: at(0),
        host: Arc::new(Host { name: "build-17".to_owned(), os: "Linux".to_owned() }),
        source: "test".to_owned(),
        took: None,
        sockets,
        processes: processes
            .iter()
            .map(|(pid, name)| {
                (*pid, Process { pid: *pid, name: (*name).to_owned(), started_s: None })
            })
            .collect(),
        users: Arc::default(),
        gaps: Vec::new(),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an observation is looked at once")]
fn only(observed: Observed) -> Track {
    let [track] = observed.tracks.as_slice() else { panic!("one row: {observed:?}") };
    track.clone()
}

fn known(pid: u32) -> Owner {
    Owner::Known(Arc::from([pid]))
}

#[test]
fn a_socket_keeps_its_identity_and_its_state_begins_between_two_looks() {
    let mut tracker = Tracker::new();
    let row = |state| table(vec![socket("10.0.0.1:5000", REMOTE, state, known(7))], &[(7, "curl")]);
    let first = only(tracker.observe(&mut row(State::Established), at(1)));
    assert_eq!(first.since, Since { earliest: None, latest: at(1) });
    assert!(first.from_start);
    let second = only(tracker.observe(&mut row(State::Established), at(2)));
    assert_eq!(second, first);
    let third = only(tracker.observe(&mut row(State::CloseWait), at(3)));
    assert_eq!(third.id, first.id);
    assert_eq!(third.since, Since { earliest: Some(at(2)), latest: at(3) });
    let states: Vec<State> =
        third.path.iter().flat_map(|path| path.iter().map(|t| t.state)).collect();
    assert_eq!(states, [State::Established, State::CloseWait]);
}

#[test]
fn a_dropped_owner_is_remembered_and_a_reused_port_does_not_inherit() {
    let mut tracker = Tracker::new();
    let row = |state, owner, names: &[(u32, &str)]| {
        table(vec![socket("10.0.0.1:5000", REMOTE, state, owner)], names)
    };
    let first =
        only(tracker.observe(&mut row(State::Established, known(7), &[(7, "curl")]), at(1)));

    let mut waiting = row(State::TimeWait, Owner::NoOwner, &[(7, "someone-else")]);
    assert_eq!(only(tracker.observe(&mut waiting, at(2))).id, first.id);
    let Owner::Remembered(processes) = &waiting.sockets[0].owner else {
        panic!("the owner is forgotten: {:?}", waiting.sockets[0].owner);
    };
    assert_eq!(processes[0].name, "curl");

    let mut reused = row(State::Established, Owner::NoOwner, &[]);
    assert_ne!(only(tracker.observe(&mut reused, at(3))).id, first.id);
    assert_eq!(reused.sockets[0].owner, Owner::NoOwner);
}

#[test]
fn listeners_on_one_address_are_told_apart() {
    let mut tracker = Tracker::new();
    let listeners = || {
        let row = |pid| socket("0.0.0.0:80", None, State::Listen, known(pid));
        table(vec![row(1), row(2), row(3)], &[])
    };
    let first = tracker.observe(&mut listeners(), at(1)).tracks;
    let ids: Vec<u64> = first.iter().map(|track| track.id.number()).collect();
    assert_eq!(ids, [0, 1, 2]);
    assert_eq!(tracker.observe(&mut listeners(), at(2)).tracks, first);
}

#[test]
fn a_partial_table_forgets_nothing() {
    let mut tracker = Tracker::new();
    let full = || table(vec![socket("10.0.0.1:5000", REMOTE, State::CloseWait, known(7))], &[]);
    let first = only(tracker.observe(&mut full(), at(1)));
    let mut partial = table(vec![], &[]);
    partial.gaps.push(Gap::RowsUnreadable { rows: 1, cause: "EIO".to_owned() });
    tracker.observe(&mut partial.clone(), at(2));
    assert_eq!(only(tracker.observe(&mut full(), at(3))), first);
    tracker.observe(&mut table(vec![], &[]), at(4));
    let second = only(tracker.observe(&mut full(), at(5)));
    assert_ne!(second.id, first.id);
    for second in 0..=PARTIAL_POLLS {
        tracker.observe(&mut partial.clone(), at(6 + second));
    }
    assert_ne!(only(tracker.observe(&mut full(), at(100))).id, second.id, "not for ever");
}

fn with_cookie(cookie: u64, state: State, owner: Owner) -> Socket {
    let mut socket = socket("10.0.0.1:5000", REMOTE, state, owner);
    socket.cookie = NonZeroU64::new(cookie);
    socket
}

#[test]
fn a_cookie_decides_alone() {
    let mut tracker = Tracker::new();
    let mut first = table(vec![with_cookie(1, State::Established, known(7))], &[(7, "curl")]);
    let first = only(tracker.observe(&mut first, at(1)));

    // The same 4-tuple in a state that could follow: without the cookie it would inherit.
    let mut reused = table(vec![with_cookie(2, State::TimeWait, Owner::NoOwner)], &[]);
    let second = tracker.observe(&mut reused, at(2));
    assert_eq!(reused.sockets[0].owner, Owner::NoOwner);
    assert_eq!(second.vanished, [(0, first)]);
    let second = only(second);

    // A socket that connects again keeps its cookie and stays itself.
    let mut again = table(vec![with_cookie(2, State::SynSent, Owner::NoOwner)], &[]);
    assert_eq!(only(tracker.observe(&mut again, at(3))).id, second.id);
}

#[test]
fn what_was_there_before_the_program_is_bounded_by_what_the_kernel_tells() {
    let info = TcpInfo {
        last_data_received_ms: 50_000,
        last_ack_received_ms: 45_000,
        last_data_sent_ms: 48_000,
        ..TcpInfo::default()
    };
    let first_look = |state, info, timer| {
        let mut socket = socket("10.0.0.1:5000", REMOTE, state, Owner::NoOwner);
        (socket.tcp_info, socket.timer) = (info, timer);
        only(Tracker::new().observe(&mut table(vec![socket], &[]), at(100))).since
    };
    let close_wait = first_look(State::CloseWait, Some(info), None);
    assert_eq!(close_wait, Since { earliest: Some(at(50)), latest: at(55) });
    let open = first_look(State::Established, Some(info), None);
    assert_eq!(open, Since { earliest: None, latest: at(50) });
    let expiry = Timer { kind: TimerKind::Expiry, remaining_ms: 8_000, tries: 0 };
    let time_wait = first_look(State::TimeWait, None, Some(expiry));
    assert_eq!(time_wait, Since { earliest: Some(at(48)), latest: at(48) });
    assert_eq!(first_look(State::Listen, None, None), Since { earliest: None, latest: at(100) });
}

#[test]
fn the_kernel_may_sharpen_what_was_seen_but_not_contradict_it() {
    let mut tracker = Tracker::new();
    tracker.observe(&mut table(vec![], &[]), at(98));
    let info = |ack, data| {
        Some(TcpInfo {
            last_ack_received_ms: ack,
            last_data_received_ms: data,
            ..TcpInfo::default()
        })
    };
    let mut inside = socket("10.0.0.1:5000", REMOTE, State::CloseWait, Owner::NoOwner);
    inside.tcp_info = info(1_000, 90_000);
    let mut outside = socket("10.0.0.1:5001", REMOTE, State::CloseWait, Owner::NoOwner);
    outside.tcp_info = info(70_000, 90_000);
    let seen = tracker.observe(&mut table(vec![inside, outside], &[]), at(100)).tracks;
    assert_eq!(seen[0].since, Since { earliest: Some(at(98)), latest: at(99) });
    assert_eq!(seen[1].since, Since { earliest: Some(at(98)), latest: at(100) });
}

#[test]
fn a_path_is_bounded() {
    let mut tracker = Tracker::new();
    for second in 0..100 {
        let state = if second % 2 == 0 { State::SynSent } else { State::Closed };
        let row = with_cookie(1, state, Owner::NoOwner);
        let track = only(tracker.observe(&mut table(vec![row], &[]), at(second)));
        assert!(track.path.is_none_or(|path| path.len() <= LONGEST_PATH));
    }
}

#[test]
fn no_id_is_used_twice_also_after_another_sources_tables() {
    let mut tracker = Tracker::new();
    let row = || table(vec![socket("10.0.0.1:5000", REMOTE, State::CloseWait, known(7))], &[]);
    let first = only(tracker.observe(&mut row(), at(1)));
    tracker.restart();
    let second = only(tracker.observe(&mut row(), at(2)));
    assert_ne!(first.id, second.id);
    assert_eq!(second.since, Since { earliest: None, latest: at(2) }, "nothing is known of before");
}

#[test]
fn nothing_is_said_to_be_sharper_than_a_look_is_long() {
    let mut tracker = Tracker::new();
    let look = |began, ended| Look { began: at(began), ended: at(ended) };
    let row = |state| table(vec![with_cookie(1, state, known(7))], &[]);
    tracker.observe(&mut row(State::Established), look(10, 12));
    let changed = only(tracker.observe(&mut row(State::CloseWait), look(20, 22)));
    assert_eq!(changed.since, Since { earliest: Some(at(10)), latest: at(22) });
    let mut told = row(State::CloseWait);
    told.sockets[0].cookie = NonZeroU64::new(2);
    let ms = |last_ack_received_ms| TcpInfo {
        last_ack_received_ms,
        last_data_received_ms: last_ack_received_ms,
        ..TcpInfo::default()
    };
    told.sockets[0].tcp_info = Some(ms(5_000));
    let bounded = only(tracker.observe(&mut told, look(30, 32)));
    assert_eq!(bounded.since, Since { earliest: Some(at(25)), latest: at(27) });
}

#[test]
fn what_a_partial_table_lacks_is_missing_and_not_gone() {
    let mut tracker = Tracker::new();
    let full = || table(vec![socket("10.0.0.1:5000", REMOTE, State::CloseWait, known(7))], &[]);
    let first = only(tracker.observe(&mut full(), at(1)));
    let mut partial = table(vec![], &[]);
    partial.gaps.push(Gap::Interrupted);
    let observed = tracker.observe(&mut partial.clone(), at(2));
    assert_eq!((observed.vanished, observed.missing), (vec![], vec![(0, first)]));
    let observed = tracker.observe(&mut partial, at(3));
    assert_eq!((observed.vanished, observed.missing), (vec![], vec![]), "it is said once");
    assert_eq!(
        tracker.observe(&mut table(vec![], &[]), at(4)).vanished,
        [],
        "it stood in no table before"
    );
}
