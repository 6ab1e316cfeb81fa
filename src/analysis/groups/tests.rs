use std::collections::BTreeMap;

use super::*;
use crate::analysis::track::Tracker;
use crate::model::Host;

/// A machine whose table a test sets, looked at once a second.
#[derive(Default)]
struct Machine {
    tracker: Tracker,
    groups: Groups,
    before: Option<Snapshot>,
    second: u64,
}

impl Machine {
    fn look(&mut self, rows: &[(u16, State)]) {
        self.look_after(rows, false);
    }

    fn look_after(&mut self, rows: &[(u16, State)], parted: bool) {
        self.second += 1;
        let sockets = rows.iter().map(|(port, state)| {
            let owner = Owner::Known(Arc::from([7]));
            Socket::new(([10, 0, 0, 1], *port).into(), "10.0.0.9:443".parse().ok(), *state, owner)
        });
        let process = Process { pid: 7, name: "feed-client".to_owned(), started_s: Some(1) };
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(self.second);
        let mut now = Snapshot {
            taken_at: at,
            host: Arc::new(Host { name: String::new(), os: String::new() }),
            source: "test".to_owned(),
            took: None,
            sockets: sockets.collect(),
            processes: BTreeMap::from([(7, process)]),
            users: Arc::default(),
            gaps: Vec::new(),
        };
        let observed = self.tracker.observe(&mut now, at);
        let before = self.before.as_ref();
        self.groups.observe(&Tables { now: &now, observed: &observed, before, at, parted });
        self.before = Some(now);
    }

    fn group(&self) -> &Group {
        let towards = Towards::Service(([10, 0, 0, 9], 443).into());
        let remote = GroupKey::Remote { pid: 7, started_s: Some(1), towards };
        let found =
            self.groups.iter().find(|group| group.key == remote).expect("the process' group");
        let service =
            GroupKey::Service { program: "feed-client".into(), role: Role::Client, port: 443 };
        let same =
            self.groups.iter().find(|group| group.key == service).expect("the program's group");
        assert_eq!(same.discipline, found.discipline);
        found
    }

    fn last(&self) -> (u32, u32, u32) {
        let sample = self.group().samples.last().expect("a sample");
        (sample.count, sample.entered, sample.left)
    }
}

use State::{CloseWait, Established, LastAck};

#[test]
fn arrivals_and_exits_are_counted() {
    let mut machine = Machine::default();
    machine.look(&[(1, CloseWait), (2, Established), (3, Established)]);
    assert_eq!(machine.last(), (1, 0, 0), "what was there before did not come just now");
    machine.look(&[(1, CloseWait), (2, CloseWait), (3, Established)]);
    assert_eq!(machine.last(), (2, 1, 0));
    machine.look(&[(2, CloseWait), (3, CloseWait)]);
    assert_eq!(machine.last(), (2, 1, 1));
    let oldest = machine.group().samples.last().and_then(|sample| sample.oldest);
    assert_eq!(oldest, Some(SystemTime::UNIX_EPOCH + Duration::from_secs(2)));
    machine.look(&[]);
    assert_eq!(machine.last(), (0, 0, 2));
}

#[test]
fn nothing_is_said_to_have_come_or_gone_in_a_gap() {
    let mut machine = Machine::default();
    machine.look(&[(1, CloseWait)]);
    machine.look_after(&[(2, CloseWait), (3, CloseWait)], true);
    assert_eq!(machine.last(), (2, 0, 0));
    assert_eq!(machine.group().discipline, Discipline::default());
    assert!(machine.group().samples.last().is_some_and(|sample| sample.parted));
}

#[test]
fn discipline_tells_prompt_closes_from_late_ones() {
    let mut machine = Machine::default();
    machine.look(&[(9, CloseWait)]);
    machine.look(&[(9, CloseWait), (1, Established), (2, Established), (3, Established)]);
    machine.look(&[(9, CloseWait), (1, Established), (2, Established), (3, Established)]);
    // One is left, one is closed before the next look, one between two looks.
    machine.look(&[(9, CloseWait), (1, CloseWait), (2, CloseWait), (3, LastAck)]);
    machine.look(&[(9, CloseWait), (1, CloseWait), (2, LastAck)]);
    for _ in 0..5 {
        machine.look(&[(9, CloseWait), (1, CloseWait)]);
    }
    machine.look(&[(9, CloseWait)]);
    let discipline = machine.group().discipline;
    assert_eq!((discipline.fins, discipline.prompt, discipline.late), (3, 2, 1));
    // First seen at two seconds, closed by the peer at four.
    assert_eq!((discipline.lifetimes, discipline.lifetimes_seen), (Duration::from_secs(6), 3));
}

#[test]
fn groups_are_bounded() {
    let mut groups = Groups::default();
    let mut tracker = Tracker::new();
    for round in 0..4_u64 {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(round);
        let sockets = (0..1_000_u16).map(|number| {
            let host = [
                10,
                u8::try_from(round).expect("small"),
                number.to_be_bytes()[0],
                number.to_be_bytes()[1],
            ];
            let owner = Owner::Known(Arc::from([7]));
            Socket::new(([10, 0, 0, 1], 5).into(), Some((host, 443).into()), CloseWait, owner)
        });
        let process = Process { pid: 7, name: "crawler".to_owned(), started_s: None };
        let mut now = Snapshot {
            taken_at: at,
            host: Arc::new(Host { name: String::new(), os: String::new() }),
            source: "test".to_owned(),
            took: None,
            sockets: sockets.collect(),
            processes: BTreeMap::from([(7, process)]),
            users: Arc::default(),
            gaps: Vec::new(),
        };
        let observed = tracker.observe(&mut now, at);
        let tables = Tables { now: &now, observed: &observed, before: None, at, parted: false };
        groups.observe(&tables);
        assert!(groups.iter().count() <= MOST);
    }
    // With every ring full, a group takes at most 34 KiB: 34 MiB for as many as there may be.
    assert!(660 * size_of::<GroupSample>() <= 34 * 1_024, "{}", size_of::<GroupSample>());
}
