use std::net::SocketAddr;

use super::*;
use crate::model::{Host, Owner, Socket};

fn at(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

fn socket(local: &str, remote: &str, state: State, pids: &[u32]) -> Socket {
    let remote: Option<SocketAddr> = remote.parse().ok();
    Socket::new(local.parse().expect("an address"), remote, state, Owner::Known(Arc::from(pids)))
}

fn table(sockets: Vec<Socket>) -> Snapshot {
    let process = |pid| Process { pid, name: format!("p{pid}"), started_s: Some(1) };
    Snapshot {
        taken_at: at(0),
        host: Arc::new(Host { name: String::new(), os: String::new() }),
        source: "test".to_owned(),
        took: None,
        processes: sockets
            .iter()
            .flat_map(|socket| socket.owner.pids())
            .map(|pid| (*pid, process(*pid)))
            .collect(),
        sockets,
        users: Arc::default(),
        gaps: Vec::new(),
    }
}

fn descriptors(pid: u32) -> Descriptors {
    Descriptors { open: Some(u64::from(pid)), limit: None }
}

#[test]
fn the_process_with_most_close_wait_comes_first_and_says_where_they_lead() {
    let table = table(vec![
        socket("10.0.0.1:80", "", State::Listen, &[7]),
        socket("10.0.0.1:80", "10.0.0.3:5000", State::CloseWait, &[7]),
        socket("10.0.0.1:80", "10.0.0.3:5001", State::CloseWait, &[7]),
        socket("10.0.0.1:80", "10.0.0.4:5000", State::CloseWait, &[7]),
        socket("10.0.0.1:4000", "10.0.0.9:443", State::CloseWait, &[8, 9]),
        socket("10.0.0.1:4001", "10.0.0.9:443", State::Established, &[9]),
    ]);
    let loads = Loads::default().observe(&table, at(1), false, descriptors);
    let seen: Vec<(u32, u32, Option<String>)> = loads
        .iter()
        .map(|load| {
            let towards =
                load.close_wait_towards.map(|(towards, count)| format!("{count} {towards}"));
            (load.process.pid, load.counts.total(), towards)
        })
        .collect();
    let expected = [
        (7, 4, Some("2 10.0.0.3 → :80".to_owned())),
        (9, 2, Some("1 10.0.0.9:443".to_owned())),
        (8, 1, Some("1 10.0.0.9:443".to_owned())),
    ];
    assert_eq!(seen, expected);
    assert_eq!(loads[0].descriptors, descriptors(7));
}

#[test]
fn a_process_grows_by_itself_and_a_reused_pid_begins_anew() {
    let mut loads = Loads::default();
    let leaking = |count: u16| {
        let row =
            |port| socket(&format!("10.0.0.1:{port}"), "10.0.0.9:443", State::CloseWait, &[7]);
        table((0..count).map(|number| row(4_000 + number)).collect())
    };
    for second in 0..=60_u16 {
        let load = loads.observe(&leaking(second + 1), at(second.into()), false, descriptors);
        let growth = load[0].close_wait_per_minute;
        assert_eq!(growth, (second >= 30).then_some(60), "at {second} s");
    }
    let mut other = leaking(62);
    for process in other.processes.values_mut() {
        process.started_s = Some(2);
    }
    let load = loads.observe(&other, at(61), false, descriptors);
    assert_eq!((load[0].close_wait_per_minute, load[0].close_wait_course.len()), (None, 1));
}

#[test]
fn only_so_many_processes_are_followed_and_those_with_close_wait_stay() {
    let mut loads = Loads::default();
    for round in 0..10_u32 {
        let mut rows: Vec<Socket> = (0..200)
            .map(|pid| {
                socket(
                    "10.0.0.1:4000",
                    "10.0.0.9:443",
                    State::Established,
                    &[1_000 + round * 200 + pid],
                )
            })
            .collect();
        if round == 0 {
            rows.push(socket("10.0.0.1:4000", "10.0.0.9:443", State::CloseWait, &[7]));
        }
        loads.observe(&table(rows), at(round.into()), false, descriptors);
        assert!(loads.known.len() <= MOST);
    }
    assert!(loads.known.contains_key(&(7, Some(1))));
}
