use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use super::*;
use crate::model::{Descriptors, Host, Queues, Socket, StateCounts};

fn table(sockets: Vec<Socket>) -> Snapshot {
    Snapshot {
        taken_at: SystemTime::UNIX_EPOCH,
        host: Arc::new(Host { name: String::new(), os: String::new() }),
        source: "test".to_owned(),
        took: None,
        sockets,
        processes: BTreeMap::from([(7, process(7))]),
        users: Arc::default(),
        gaps: Vec::new(),
    }
}

fn process(pid: u32) -> Process {
    Process { pid, name: "metrics-agent".to_owned(), started_s: None }
}

fn row(port: u16, remote: &str, state: State) -> Socket {
    let owner = Owner::Known(Arc::from([7]));
    Socket::new(([10, 0, 0, 1], port).into(), remote.parse().ok(), state, owner)
}

fn limits() -> Limits {
    Limits {
        ephemeral_ports: Some(32_768..=32_777),
        reserved_ports: Some(2),
        max_time_wait: Some(100),
        ..Limits::default()
    }
}

#[test]
fn ports_count_once_for_each_destination_and_not_those_of_servers() {
    let table = table(vec![
        row(32_770, "", State::Listen),
        row(32_770, "10.0.0.3:5000", State::Established),
        row(32_771, "10.0.0.9:443", State::Established),
        row(32_772, "10.0.0.9:443", State::TimeWait),
        row(32_772, "10.0.0.9:80", State::TimeWait),
        // Not one that the system chose.
        row(1_024, "10.0.0.9:443", State::Established),
    ]);
    let seen = readings(&table, &[], &Counters::default(), &limits());
    let ports: Vec<(String, u64, u64)> = seen
        .iter()
        .filter_map(|reading| match &reading.what {
            Limited::LocalPorts { remote, .. } => {
                Some((remote.to_string(), reading.used, reading.of))
            }
            _ => None,
        })
        .collect();
    assert_eq!(ports, [("10.0.0.9:443".to_owned(), 2, 8), ("10.0.0.9:80".to_owned(), 1, 8)]);
}

#[test]
fn a_queue_takes_one_more_than_its_backlog_and_an_empty_one_is_no_news() {
    let listener = |port, receive| Socket {
        queues: Some(Queues { receive, send: 4 }),
        ..row(port, "", State::Listen)
    };
    let seen = readings(
        &table(vec![listener(80, 0), listener(9_100, 4)]),
        &[],
        &Counters::default(),
        &Limits::default(),
    );
    let [Reading { what: Limited::AcceptQueue { local, process: holder }, used: 4, of: 5 }] =
        seen.as_slice()
    else {
        panic!("one queue: {seen:?}");
    };
    assert_eq!((local.port(), holder), (9_100, &Some(process(7))));
}

#[test]
fn the_fullest_come_first_and_what_is_not_known_is_left_out() {
    let load = |pid, open, limit| ProcessLoad {
        process: process(pid),
        counts: StateCounts::default(),
        close_wait_per_minute: None,
        close_wait_course: Arc::from([]),
        close_wait_towards: None,
        descriptors: Descriptors { open, limit },
    };
    let loads = [
        load(1, Some(10), Some(100)),
        load(2, None, Some(100)),
        load(3, Some(90), Some(100)),
        load(4, Some(5), None),
        load(5, Some(20), Some(100)),
        load(6, Some(30), Some(100)),
    ];
    let counters = Counters { time_wait: Some(50), orphans: Some(1), ..Counters::default() };
    let seen = readings(&table(Vec::new()), &loads, &counters, &limits());
    let shares: Vec<(Option<u32>, u64)> = seen
        .iter()
        .map(|reading| match &reading.what {
            Limited::Descriptors(process) => (Some(process.pid), reading.used),
            _ => (None, reading.used),
        })
        .collect();
    assert_eq!(shares, [(Some(3), 90), (None, 50), (Some(6), 30), (Some(5), 20)]);
}
