use std::time::SystemTime;

use super::*;
use crate::model::Host;

fn socket(port: u16, state: State, owner: Owner) -> Socket {
    Socket::new(
        SocketAddr::from(([10, 0, 0, 1], port)),
        Some(SocketAddr::from(([10, 0, 0, 9], 443))),
        state,
        owner,
    )
}

fn known(pid: u32) -> Owner {
    Owner::Known(Arc::from([pid]))
}

fn snapshot(sockets: Vec<Socket>, processes: &[(u32, &str)]) -> Arc<Snapshot> {
    Arc::new(Snapshot {
        taken_at: SystemTime::UNIX_EPOCH,
        host: Arc::new(Host { name: "build-17".to_owned(), os: "Linux".to_owned() }),
        source: "test".to_owned(),
        took: None,
        sockets,
        processes: processes
            .iter()
            .map(|(pid, name)| {
                let started_s = Some(u64::from(*pid));
                (*pid, Process { pid: *pid, name: (*name).to_owned(), started_s })
            })
            .collect(),
        users: Arc::default(),
        gaps: Vec::new(),
    })
}

#[test]
fn every_fate_is_told_apart() {
    let a = snapshot(
        vec![
            socket(1, State::CloseWait, known(7)),
            socket(2, State::Established, known(7)),
            socket(3, State::Established, known(7)),
            socket(4, State::Established, known(7)),
            socket(5, State::TimeWait, Owner::NoOwner),
        ],
        &[(7, "feed")],
    );
    let b = snapshot(
        vec![
            socket(5, State::Established, known(7)),
            socket(1, State::CloseWait, known(7)),
            socket(2, State::CloseWait, known(7)),
            socket(3, State::Established, known(7)),
            socket(6, State::SynSent, known(7)),
            socket(8, State::CloseWait, known(7)),
        ],
        &[(7, "feed")],
    );
    let comparison = Comparison::new(a, b);
    let change = |fate, in_a, in_b| SocketChange { fate, in_a, in_b };
    assert_eq!(
        comparison.sockets,
        [
            change(Fate::Stuck, Some(0), Some(1)),
            change(Fate::Changed, Some(1), Some(2)),
            // CLOSE_WAIT, what they came for, before the rest of its kind.
            change(Fate::New, None, Some(5)),
            change(Fate::New, None, Some(0)),
            change(Fate::New, None, Some(4)),
            change(Fate::Gone, Some(3), None),
            change(Fate::Gone, Some(4), None),
        ]
    );
    assert_eq!(comparison.differing(), 6);
    assert_eq!(comparison.counts_b[State::CloseWait], 3);
}

#[test]
fn a_restarted_process_is_one_holder_and_says_so() {
    let a = snapshot(
        vec![socket(1, State::CloseWait, known(7)), socket(2, State::Established, known(8))],
        &[(7, "feed"), (8, "chrome")],
    );
    let b = snapshot(
        vec![socket(3, State::Established, known(9)), socket(2, State::Established, known(8))],
        &[(9, "feed"), (8, "chrome")],
    );
    let comparison = Comparison::new(a, b);
    let holder = &comparison.holders[0].holder;
    let feed = Holder::Process { name: "feed".to_owned(), pid_a: Some(7), pid_b: Some(9) };
    assert_eq!(holder, &feed);
    assert!(holder.was_restarted());
    assert!(!comparison.holders[1].holder.was_restarted());
}

#[test]
fn two_processes_of_one_name_are_not_guessed_to_be_restarts() {
    let row = |port, pid| socket(port, State::Established, known(pid));
    let a = snapshot(vec![row(1, 7), row(2, 8)], &[(7, "chrome"), (8, "chrome")]);
    let b = snapshot(vec![row(3, 9)], &[(9, "chrome")]);
    for (a, b) in [(&a, &b), (&b, &a)] {
        let comparison = Comparison::new(Arc::clone(a), Arc::clone(b));
        assert_eq!(comparison.holders.len(), 3);
        assert!(comparison.holders.iter().all(|change| !change.holder.was_restarted()));
    }
}

#[test]
fn holders_without_a_process_are_counted_too() {
    let hidden = Owner::Hidden { user: Some(Arc::from("postgres")) };
    let rows = vec![
        socket(1, State::Established, hidden),
        socket(2, State::TimeWait, Owner::NoOwner),
        socket(3, State::CloseWait, Owner::NotAccepted),
    ];
    let comparison = Comparison::new(snapshot(rows, &[]), snapshot(Vec::new(), &[]));
    let total: StateCounts = comparison.holders.iter().map(|change| change.a).sum();
    assert_eq!(total, comparison.counts_a);
    assert_eq!(comparison.holders[0].holder, Holder::NotAccepted);
}
