use std::collections::BTreeMap;

use super::*;
use crate::analysis::track::Tracker;
use crate::model::{Gap, Host, Owner, Process, Socket, State};
use crate::os::ReplaySource;

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

fn table(ports: impl IntoIterator<Item = u16>, gaps: Vec<Gap>) -> Snapshot {
    let row = |port| {
        let remote = Some(([10, 0, 0, 9], 443).into());
        Socket::new(([10, 0, 0, 1], port).into(), remote, State::CloseWait, Owner::NoOwner)
    };
    Snapshot {
        taken_at: at(0),
        host: Arc::new(Host { name: String::new(), os: String::new() }),
        source: "test".to_owned(),
        took: None,
        sockets: ports.into_iter().map(row).collect(),
        processes: BTreeMap::new(),
        users: Arc::default(),
        gaps,
    }
}

/// Takes these tables one a second; gives the local ports of what vanished by the last.
fn vanished(tables: Vec<Snapshot>) -> Vec<u16> {
    let mut survey = Survey::of(&ReplaySource::new("test".to_owned(), Vec::new()));
    let mut tracker = Tracker::new();
    let mut frame = Frame::starting("test".to_owned(), Duration::ZERO, at(0));
    for (second, mut table) in (1..).zip(tables) {
        let observed = tracker.observe(&mut table, at(second));
        survey.take(&table, &observed, &mut frame, at(second), false);
        frame.snapshot = Some(Arc::new(table));
    }
    frame.vanished.iter().map(|gone| gone.socket.local.port()).collect()
}

#[test]
fn what_a_partial_table_lacked_vanished_when_the_next_whole_one_lacks_it_too() {
    let partial = || table([1], vec![Gap::Interrupted]);
    let whole = |ports: &[u16]| table(ports.iter().copied(), Vec::new());
    assert_eq!(vanished(vec![whole(&[1, 2, 3]), partial()]), Vec::<u16>::new());
    assert_eq!(vanished(vec![whole(&[1, 2, 3]), partial(), whole(&[1, 3])]), [2]);
    assert_eq!(vanished(vec![whole(&[1, 2, 3]), partial(), partial(), whole(&[1, 3])]), [2]);
    assert_eq!(vanished(vec![whole(&[1, 2, 3]), whole(&[3])]), [1, 2]);
}

#[test]
fn of_a_pile_that_goes_at_once_the_last_are_kept() {
    let gone = vanished(vec![table(1..=5_000, Vec::new()), table([], Vec::new())]);
    assert_eq!((gone.len(), gone.last()), (Frame::VANISHED, Some(&5_000)));
}

#[test]
fn a_row_that_vanished_keeps_the_name_of_whoever_held_it() {
    let mut survey = Survey::of(&ReplaySource::new("test".to_owned(), Vec::new()));
    let mut tracker = Tracker::new();
    let mut frame = Frame::starting("test".to_owned(), Duration::ZERO, at(0));
    let mut first = table([1], Vec::new());
    first.sockets[0].owner = Owner::Known(Arc::from([7]));
    let curl = Process { pid: 7, name: "curl".to_owned(), started_s: None };
    first.processes.insert(7, curl.clone());
    for (second, mut table) in (1..).zip([first, table([], Vec::new())]) {
        let observed = tracker.observe(&mut table, at(second));
        survey.take(&table, &observed, &mut frame, at(second), false);
        frame.snapshot = Some(Arc::new(table));
    }
    assert_eq!(frame.vanished[0].socket.owner, Owner::Remembered(Arc::from([curl])));
}
