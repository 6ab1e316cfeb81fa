use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::time::{Duration, SystemTime};

use super::*;
use crate::analysis::towards::Towards;
use crate::analysis::track::Tracker;
use crate::model::{Host, Process, Queues, State, TcpInfo, Timer, TimerKind};

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + second)
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn socket(cookie: u64, local: &str, remote: Option<&str>, state: State, pid: u32) -> Socket {
    let owner = if pid == 0 { Owner::NoOwner } else { Owner::Known(Arc::from([pid])) };
    let bare = Socket::new(address(local), remote.map(address), state, owner);
    Socket { cookie: NonZeroU64::new(cookie), ..bare }
}

/// What a sampler does to tables, without one.
#[derive(Default)]
struct Polls {
    tracker: Tracker,
    vanished: Vec<Arc<Vanished>>,
    before: Vec<Socket>,
}

impl Polls {
    fn take(&mut self, second: u64, sockets: Vec<Socket>) -> Arc<Frame> {
        let process =
            |pid: u32, name: &str| (pid, Process { pid, name: name.into(), started_s: None });
        let mut snapshot = Snapshot {
            taken_at: at(second),
            host: Arc::new(Host { name: "h".to_owned(), os: "Linux".to_owned() }),
            source: "test".to_owned(),
            took: None,
            sockets,
            processes: [process(7, "curl"), process(9, "apache")].into(),
            users: Arc::default(),
            gaps: Vec::new(),
        };
        let observed = self.tracker.observe(&mut snapshot, at(second));
        for (row, track) in observed.vanished {
            let socket = self.before[row].clone();
            self.vanished.push(Arc::new(Vanished { socket, track, at: at(second) }));
        }
        self.before.clone_from(&snapshot.sockets);
        let mut frame = Frame::starting("test".to_owned(), Duration::from_secs(1), at(second));
        frame.tracks = observed.tracks.into();
        frame.vanished = self.vanished.clone().into();
        frame.snapshot = Some(Arc::new(snapshot));
        Arc::new(frame)
    }
}

fn sorted(sort: Column, descending: bool) -> ViewSpec {
    ViewSpec { sort, descending, ..ViewSpec::default() }
}

/// The local ports of the lines, `+` for a group's line, `x` before what vanished.
fn shown(view: &View) -> Vec<String> {
    let port = |line| view.row(line).map_or(0, |(socket, _)| socket.local.port());
    let lines = view.lines.iter().enumerate();
    lines
        .map(|(place, line)| match line {
            Line::Group(_) => "+".to_owned(),
            Line::Socket(_) => port(place).to_string(),
            Line::Vanished(_) => format!("x{}", port(place)),
        })
        .collect()
}

const REMOTE: Option<&str> = Some("10.0.0.9:443");

fn three() -> Vec<Socket> {
    vec![
        socket(1, "10.0.0.1:5001", REMOTE, State::Established, 7),
        socket(2, "10.0.0.1:5002", REMOTE, State::CloseWait, 9),
        socket(3, "10.0.0.1:5003", Some("10.0.0.8:80"), State::CloseWait, 7),
    ]
}

#[test]
fn facts_that_are_not_there_come_last_in_either_direction() {
    let mut sockets = three();
    sockets[0].queues = Some(Queues { receive: 5, send: 9 });
    sockets[1].queues = Some(Queues { receive: 8, send: 2 });
    sockets[1].timer = Some(Timer { kind: TimerKind::Keepalive, remaining_ms: 4, tries: 0 });
    sockets[2].tcp_info = Some(TcpInfo { rtt_us: 3, ..TcpInfo::default() });
    sockets[2].uid = Some(0);
    let frame = Polls::default().take(0, sockets);
    let order = |sort, descending| shown(&View::new(Arc::clone(&frame), sorted(sort, descending)));
    assert_eq!(order(Column::ReceiveQueue, false), ["5001", "5002", "5003"]);
    assert_eq!(order(Column::ReceiveQueue, true), ["5002", "5001", "5003"]);
    assert_eq!(order(Column::SendQueue, false), ["5002", "5001", "5003"]);
    for descending in [false, true] {
        assert_eq!(order(Column::Timer, descending)[0], "5002");
        assert_eq!(order(Column::RoundTrip, descending)[0], "5003");
        assert_eq!(order(Column::User, descending)[0], "5003");
    }
}

#[test]
fn every_column_sorts_one_way_and_the_other() {
    let (mut one, mut other) = (three().remove(0), three().remove(1));
    let full = |socket: &mut Socket, n: u32, state, remote: &str, owner| {
        socket.local = address(&format!("10.0.0.{n}:5000"));
        (socket.remote, socket.state, socket.owner) = (Some(address(remote)), state, owner);
        socket.queues = Some(Queues { receive: n, send: n });
        socket.timer = Some(Timer { kind: TimerKind::Expiry, remaining_ms: n, tries: 0 });
        (socket.uid, socket.cgroup) = (Some(n), NonZeroU64::new(n.into()));
        socket.tcp_info = Some(TcpInfo {
            last_data_received_ms: n * 1_000,
            last_ack_received_ms: n * 1_000,
            rtt_us: n,
            congestion_window: n,
            retransmits: n,
            bytes_acknowledged: n.into(),
            bytes_received: n.into(),
            ..TcpInfo::default()
        });
    };
    let apache = Owner::Known(Arc::from([9]));
    full(&mut one, 1, State::CloseWait, "10.0.0.7:80", apache);
    full(&mut other, 2, State::Established, "10.0.0.8:80", Owner::NoOwner);
    let frame = Polls::default().take(0, vec![other, one]);
    for column in Column::ALL {
        let first = |descending| {
            let view = View::new(Arc::clone(&frame), sorted(column, descending));
            view.row(0).map(|(socket, _)| socket.uid)
        };
        assert_eq!(first(false), Some(Some(1)), "{column:?}");
        assert_eq!(first(true), Some(Some(2)), "{column:?}");
    }
}

#[test]
fn owners_are_sorted_by_name_whoever_comes_first() {
    let frame = Polls::default().take(0, three());
    let view = View::new(frame, sorted(Column::Owner, false));
    assert_eq!(shown(&view), ["5002", "5001", "5003"], "apache before curl");
}

#[test]
fn groups_have_their_rows_and_counts_and_collapse() {
    let frame = Polls::default().take(0, three());
    let by_remote = ViewSpec { group_by: Some(GroupBy::Remote), ..ViewSpec::default() };
    let view = View::new(Arc::clone(&frame), by_remote.clone());
    // As many CLOSE_WAIT, but more sockets.
    assert_eq!(shown(&view), ["+", "5002", "5001", "+", "5003"]);
    let [first, second] = view.groups.as_slice() else { panic!("two groups") };
    assert_eq!(first.key, GroupKey::Remote(Towards::Service(address("10.0.0.9:443"))));
    assert_eq!((first.counts[State::CloseWait], first.counts.total()), (1, 2));
    assert_eq!((first.rows.clone(), second.rows.clone()), (0..2, 2..3));
    assert_eq!((first.line, second.line), (0, 3));

    let folds = Folds::default().with(&first.key, true);
    let view = View::new(Arc::clone(&frame), ViewSpec { folds, ..by_remote.clone() });
    assert_eq!(shown(&view), ["+", "+", "5003"]);
    assert_eq!(view.rows.len(), 3, "a collapsed group's rows still pass");
    let folds = Folds { all: true, ..Folds::default() };
    let view = View::new(Arc::clone(&frame), ViewSpec { folds: folds.clone(), ..by_remote });
    assert_eq!(shown(&view), ["+", "+"]);
    let opened = folds.with(&view.groups[0].key, false);
    assert!(!opened.is_collapsed(&view.groups[0].key));
    assert_eq!(opened.with(&view.groups[0].key, true), folds);
}

#[test]
fn a_service_is_the_port_that_is_listened_on_here_else_the_remote_one() {
    let sockets = vec![
        socket(1, "0.0.0.0:8080", None, State::Listen, 7),
        socket(2, "10.0.0.1:8080", Some("10.0.0.2:51000"), State::Established, 7),
        socket(3, "10.0.0.1:50000", REMOTE, State::Established, 9),
        socket(4, "10.0.0.1:50001", None, State::Closed, 9),
    ];
    let frame = Polls::default().take(0, sockets);
    let spec = ViewSpec { group_by: Some(GroupBy::Service), ..ViewSpec::default() };
    let view = View::new(frame, spec);
    let keys: Vec<GroupKey> = view.groups.iter().map(|group| group.key.clone()).collect();
    let expected = [
        GroupKey::Service { port: 8080, here: true },
        GroupKey::Service { port: 443, here: false },
        GroupKey::NoService,
    ];
    assert_eq!(keys, expected);
    assert_eq!(view.groups[0].rows.len(), 2);
}

#[test]
fn a_process_is_one_group_with_what_the_kernel_keeps_of_it() {
    let mut polls = Polls::default();
    polls.take(0, three());
    let mut sockets = three();
    (sockets[0].state, sockets[0].owner) = (State::TimeWait, Owner::NoOwner);
    let frame = polls.take(1, sockets);
    let spec = ViewSpec { group_by: Some(GroupBy::Process), ..ViewSpec::default() };
    let view = View::new(frame, spec);
    assert_eq!(view.groups.len(), 2);
    assert_eq!(view.groups[0].counts[State::TimeWait], 1, "{:?}", view.groups);
}

#[test]
fn a_held_order_stays_and_what_is_new_comes_behind_it() {
    let mut polls = Polls::default();
    let spec = sorted(Column::Local, true);
    let first = View::new(polls.take(0, three()), spec.clone());
    assert_eq!(shown(&first), ["5003", "5002", "5001"]);

    let mut sockets = three();
    sockets.reverse();
    sockets[0].state = State::LastAck;
    sockets.push(socket(4, "10.0.0.1:9000", REMOTE, State::SynSent, 7));
    sockets.push(socket(5, "10.0.0.1:9001", REMOTE, State::SynSent, 7));
    let frame = polls.take(1, sockets);
    let held = View::holding(Arc::default(), Arc::clone(&frame), spec.clone(), Some(&first));
    assert_eq!(shown(&held), ["5003", "5002", "5001", "9001", "9000"]);
    assert!(held.held);
    assert_eq!(held.row(0).map(|(socket, _)| socket.state), Some(State::LastAck));
    let free = View::new(Arc::clone(&frame), spec.clone());
    assert_eq!(shown(&free), ["9001", "9000", "5003", "5002", "5001"]);

    // Whoever asks for another order gets it.
    let other = View::holding(Arc::default(), frame, sorted(Column::Local, false), Some(&first));
    assert!(!other.held);
    assert_eq!(shown(&other)[0], "5001");

    // Under the pointer nothing moves up, not even when it has been gone for long.
    let gone = polls.take(60, three().split_off(1));
    assert_eq!(
        shown(&View::holding(Arc::default(), gone, spec, Some(&held))),
        ["5003", "5002", "x5001", "x9001", "x9000"]
    );
}

#[test]
fn held_groups_stay_in_order_too() {
    let mut polls = Polls::default();
    let spec = ViewSpec { group_by: Some(GroupBy::Process), ..ViewSpec::default() };
    let first = View::new(polls.take(0, three()), spec.clone());
    let mut sockets = three();
    for number in 10..15 {
        sockets.push(socket(number, "10.0.0.1:6000", REMOTE, State::CloseWait, 9));
    }
    let frame = polls.take(1, sockets);
    let keys = |view: &View| view.groups.iter().map(|group| group.key.clone()).collect::<Vec<_>>();
    let held = View::holding(Arc::default(), Arc::clone(&frame), spec.clone(), Some(&first));
    assert_eq!(keys(&held), keys(&first));
    assert_ne!(keys(&View::new(frame, spec)), keys(&first), "there is something to hold");
}

#[test]
fn what_vanished_stays_in_its_place_for_three_seconds() {
    let mut polls = Polls::default();
    polls.take(0, three());
    let without = || vec![three().remove(0), three().remove(2)];
    let spec = sorted(Column::Local, false);
    let view = View::new(polls.take(1, without()), spec.clone());
    assert_eq!(shown(&view), ["5001", "x5002", "5003"]);
    assert_eq!(view.mark(1), Some(Mark::Vanished));
    assert!(view.is_fresh(1, at(0)));
    assert_eq!(view.rows.len(), 2, "it counts no more");
    let view = View::new(polls.take(3, without()), spec.clone());
    assert!(!view.is_fresh(1, at(2)));
    assert_eq!(shown(&view), ["5001", "x5002", "5003"]);
    let filtered = ViewSpec { filter: "established".to_owned(), ..spec.clone() };
    let frame = polls.take(3, without());
    assert_eq!(shown(&View::new(frame, filtered)), ["5001"], "it must pass the filter as well");
    assert_eq!(shown(&View::new(polls.take(4, without()), spec)), ["5001", "5003"]);
}

#[test]
fn new_and_changed_rows_are_marked_for_five_seconds() {
    let mut polls = Polls::default();
    let spec = sorted(Column::Local, false);
    let with = |state, added| {
        let mut sockets = three();
        sockets[0].state = state;
        if added {
            sockets.push(socket(4, "10.0.0.1:9000", REMOTE, State::SynSent, 7));
        }
        sockets
    };
    let marks = |frame| {
        let view = View::new(frame, spec.clone());
        (0..view.lines.len()).map(|line| view.mark(line)).collect::<Vec<_>>()
    };
    assert_eq!(marks(polls.take(0, with(State::Established, false))), [None; 3]);
    let both = [Some(Mark::Changed), None, None, Some(Mark::New)];
    let frame = polls.take(1, with(State::CloseWait, true));
    let view = View::new(Arc::clone(&frame), spec.clone());
    assert!(view.is_fresh(0, at(0)) && view.is_fresh(3, at(0)) && !view.is_fresh(1, at(0)));
    assert_eq!(marks(frame), both);
    let later = polls.take(6, with(State::CloseWait, true));
    assert!(!View::new(Arc::clone(&later), spec.clone()).is_fresh(0, at(1)), "that was before");
    assert_eq!(marks(later), both);
    assert_eq!(marks(polls.take(8, with(State::CloseWait, true))), [None; 4]);
}

#[test]
fn a_socket_is_found_by_its_id_where_it_is_shown() {
    let frame = Polls::default().take(0, three());
    let spec = ViewSpec { group_by: Some(GroupBy::State), ..ViewSpec::default() };
    let view = View::new(Arc::clone(&frame), spec.clone());
    assert_eq!(view.ids().count(), 3);
    for line in 0..view.lines.len() {
        if let Some(id) = view.id(line) {
            assert_eq!(view.line_of(id), Some(line));
        }
    }
    let folds = Folds { all: true, ..Folds::default() };
    assert_eq!(View::new(frame, ViewSpec { folds, ..spec }).ids().count(), 0);
}
