use std::sync::Arc;

use super::*;

fn row(state: State, owner: Owner) -> Socket {
    let local = "192.168.7.21:49820".parse().unwrap();
    let remote = "10.0.0.9:443".parse().ok();
    let alone = matches!(state, State::Listen | State::Closed);
    Socket::new(local, remote.filter(|_| !alone), state, owner)
}

fn held() -> Owner {
    Owner::Known(Arc::from([18_422]))
}

fn with(mut socket: Socket, queues: (u32, u32), timer: Option<(TimerKind, u32, u8)>) -> Socket {
    socket.queues = Some(Queues { receive: queues.0, send: queues.1 });
    socket.timer = timer.map(|(kind, remaining_ms, tries)| Timer { kind, remaining_ms, tries });
    socket
}

/// The whole as people read it.
fn said(socket: &Socket, elapsed_s: u64) -> String {
    let situation = situation(socket, Duration::from_secs(elapsed_s));
    let details = situation.details.iter().map(Text::plain);
    let whole: Vec<String> = std::iter::once(situation.headline.plain()).chain(details).collect();
    whole.join(" ").replace('\u{2009}', " ")
}

#[test]
fn each_situation_has_its_sentences() {
    use TimerKind::{Expiry, Keepalive, Persist, Retransmit};
    let kernel = || Owner::NoOwner;
    let close_wait = |owner| row(State::CloseWait, owner);
    let cases: Vec<(Socket, &[&str], &[&str])> = vec![
        (
            with(close_wait(held()), (1, 0), None),
            &["The peer has closed, this program has not.", "Recv-Q is 1", "No timer"],
            &["accept", "unread wait"],
        ),
        (with(close_wait(held()), (0, 0), None), &["has read the end of the stream"], &["Nobody"]),
        (with(close_wait(held()), (513, 0), None), &["512 bytes", "No timer"], &["Recv-Q is 1"]),
        (
            with(close_wait(held()), (1, 0), Some((Keepalive, 41_000, 0))),
            &["in 36 s", "descriptor stays"],
            &["No timer"],
        ),
        (
            with(close_wait(Owner::NotAccepted), (17, 0), None),
            &["no program has accepted", "does not call accept", "16 bytes"],
            &["No timer"],
        ),
        // Without queues nothing is said of them, nor of a timer that may run unseen.
        (close_wait(held()), &["no time limit"], &["Recv-Q", "read", "No timer"]),
        (
            with(row(State::FinWait2, held()), (0, 0), None),
            &["still holds", "no time limit"],
            &["the kernel drops it in"],
        ),
        (
            with(row(State::FinWait2, kernel()), (0, 0), Some((Expiry, 29_000, 0))),
            &["No program holds it", "in 24 s", "tcp_fin_timeout"],
            &["still holds"],
        ),
        (row(State::FinWait2, kernel()), &["No program holds it"], &["in 24 s"]),
        (
            with(row(State::TimeWait, kernel()), (0, 0), Some((Expiry, 52_000, 0))),
            &["Normal", "47 s", "tcp_fin_timeout does not"],
            &[],
        ),
        (row(State::TimeWait, kernel()), &["Normal", "by itself"], &["more,"]),
        (
            with(row(State::SynSent, held()), (0, 1), Some((Retransmit, 6_900, 3))),
            &["has not answered", "sent again 3 times", "in 1.9 s"],
            &[],
        ),
        (
            with(row(State::SynSent, held()), (0, 1), Some((Retransmit, 6_900, 0))),
            &["in 1.9 s"],
            &["again 0"],
        ),
        (
            with(row(State::Listen, held()), (0, 128), None),
            &["waits for connections", "129"],
            &["full"],
        ),
        (with(row(State::Listen, held()), (4, 4), None), &["4 connections", "5"], &["full"]),
        (with(row(State::Listen, held()), (5, 4), None), &["full", "calls accept"], &[]),
        (
            with(row(State::Established, held()), (0, 0), None),
            &["Both directions are open.", "No keepalive"],
            &["unread"],
        ),
        (row(State::Established, held()), &["Both directions are open."], &["keepalive"]),
        (
            with(row(State::Established, held()), (7, 62_144), Some((Persist, 900, 0))),
            &["7 bytes", "62144 bytes", "window is closed"],
            &["keepalive"],
        ),
        (
            with(row(State::Established, Owner::NotAccepted), (0, 0), None),
            &["no program has accepted", "does not call accept"],
            &[],
        ),
        (
            with(row(State::FinWait1, kernel()), (0, 18_113), Some((Retransmit, 900, 2))),
            &["18112 bytes", "again 2 times", "gives up"],
            &[],
        ),
        (
            with(row(State::LastAck, kernel()), (0, 1), Some((Retransmit, 200, 0))),
            &["Both sides have closed", "gives up"],
            &["bytes", "again 0"],
        ),
        (row(State::Closing, kernel()), &["at once"], &[]),
        (row(State::SynReceived, kernel()), &["wants to connect"], &[]),
        (row(State::Closed, held()), &["bound"], &["over"]),
    ];
    for (socket, holds, lacks) in cases {
        let said = said(&socket, 5);
        for part in holds {
            assert!(said.contains(part), "{} lacks {part:?}: {said}", socket.state);
        }
        for part in lacks {
            assert!(!said.contains(part), "{} has {part:?}: {said}", socket.state);
        }
    }
}

#[test]
fn every_state_is_explained_and_no_sentence_is_missing() {
    for state in State::ALL {
        for owner in [held(), Owner::NoOwner, Owner::NotAccepted, Owner::Hidden { user: None }] {
            let socket = with(row(state, owner), (0, 0), None);
            let said = said(&socket, 0);
            assert!(!said.contains("explain.") && !said.contains("%{"), "{state}: {said}");
        }
    }
}

#[test]
fn a_timer_counts_down_and_never_below_zero() {
    let timer = Timer { kind: TimerKind::Expiry, remaining_ms: 3_000, tries: 0 };
    assert_eq!(remaining(timer, Duration::from_secs(1)), Duration::from_secs(2));
    assert_eq!(remaining(timer, Duration::from_secs(9)), Duration::ZERO);
}
