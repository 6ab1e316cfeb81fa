//! What every source of the socket table promises, and that two of them agree, over sockets that the test holds:
//! all eleven states, IPv4 and IPv6. Linux only, as the states are; elsewhere it says so.

#![expect(clippy::expect_used, reason = "a test that cannot go on should say so and end")]

#[cfg(target_os = "linux")]
#[path = "../examples/sockload/mix.rs"]
#[expect(dead_code, reason = "the load generator asks for more of it")]
mod mix;

#[cfg(not(target_os = "linux"))]
#[test]
fn the_sources_agree() {
    eprintln!("NOT RUN: sockets can be held in all eleven states on Linux only");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::net::{IpAddr, SocketAddr};

    use sockscope::model::{Gap, Owner, Snapshot, Socket, State};
    use sockscope::os::{SocketSource, live_source, portable_source};

    use super::mix::{Held, Mix, Place, State as Wanted};

    /// How many of each state a place is asked to hold.
    const MIX: [(Wanted, usize); 12] = [
        (Wanted::Listen, 2),
        (Wanted::Closed, 3),
        (Wanted::Established, 4),
        (Wanted::CloseWait, 3),
        (Wanted::CloseWaitOrphan, 2),
        (Wanted::FinWait1, 1),
        (Wanted::LastAck, 2),
        (Wanted::Closing, 1),
        (Wanted::SynSent, 2),
        (Wanted::SynReceived, 2),
        (Wanted::NotAccepted, 2),
        (Wanted::TimeWait, 2),
    ];

    /// What that makes, peers and listeners included.
    const EXPECTED: [(State, usize); 11] = [
        // Its own, and one for each of the ten states that are made through a listener.
        (State::Listen, 12),
        (State::Closed, 3),
        // Its own; the peer of FIN_WAIT_1; both ends of the one that fills the queue for SYN_SENT; the clients of
        // SYN_RECEIVED; both ends of what is not accepted.
        (State::Established, 4 + 1 + 2 + 2 + 4),
        (State::CloseWait, 3 + 2),
        (State::FinWait1, 1),
        // The peers of CLOSE_WAIT, LAST_ACK and CLOSING.
        (State::FinWait2, 3 + 2 + 2 + 1),
        (State::LastAck, 2),
        (State::Closing, 1),
        (State::SynSent, 2),
        (State::SynReceived, 2),
        (State::TimeWait, 2),
    ];

    /// The third byte of the addresses: another at each run, whose TIME_WAIT outlives it by a minute.
    fn third() -> u8 {
        u8::try_from(std::process::id() % 251).expect("it is small")
    }

    /// Sockets at addresses that nobody else has: each test its own.
    fn hold(second: u8) -> Held {
        let mut mix = Mix::default();
        for (state, count) in MIX {
            mix.set(state, count);
        }
        Held::make(Place::V4(second, third()), &mix).expect("the sockets are made")
    }

    fn ours(second: u8) -> impl Fn(&&Socket) -> bool {
        move |socket| matches!(socket.local.ip(), IpAddr::V4(ip) if ip.octets()[..3] == [127, second, third()])
    }

    fn poll(source: &mut dyn SocketSource) -> Snapshot {
        source.poll().expect("a table").expect("a live source does not end")
    }

    fn counts<'a>(sockets: impl Iterator<Item = &'a Socket>) -> BTreeMap<State, usize> {
        let mut counts = BTreeMap::new();
        for socket in sockets {
            *counts.entry(socket.state).or_default() += 1;
        }
        counts
    }

    /// What a source promises of the sockets that are held, whatever else it can tell.
    fn keeps_its_contract(source: &mut dyn SocketSource, second: u8) {
        assert!(source.is_live());
        let snapshot = poll(source);
        assert_eq!(snapshot.source, source.name());
        assert!(!snapshot.is_partial(), "{:?}", snapshot.gaps);
        assert!(snapshot.took.is_some());
        let me = std::process::id();
        assert!(snapshot.processes.get(&me).is_some_and(|process| !process.name.is_empty()));
        for socket in snapshot.sockets.iter().filter(ours(second)) {
            let has_process = !matches!(
                socket.state,
                State::TimeWait | State::FinWait1 | State::LastAck | State::SynReceived
            );
            match &socket.owner {
                Owner::Known(pids) => assert!(has_process && pids.contains(&me), "{socket:?}"),
                Owner::NoOwner | Owner::NotAccepted => {
                    let may = !has_process
                        || matches!(socket.state, State::FinWait2 | State::Established);
                    assert!(may, "{socket:?}");
                }
                Owner::Remembered(_) | Owner::Hidden { .. } => unreachable!("{socket:?}"),
            }
            let has_remote = !matches!(socket.state, State::Listen | State::Closed);
            assert_eq!(socket.remote.is_some(), has_remote, "{socket:?}");
        }
        let not_accepted = |socket: &&Socket| socket.owner == Owner::NotAccepted;
        let waiting = snapshot.sockets.iter().filter(ours(second)).filter(not_accepted).count();
        // One is in the full queue of the listener that SYN_SENT waits for.
        assert_eq!(waiting, 2 + 1);
    }

    #[test]
    fn all_eleven_states_are_seen_as_they_are_held() {
        let _held = hold(91);
        let snapshot = poll(&mut *live_source());
        let seen = counts(snapshot.sockets.iter().filter(ours(91)));
        assert_eq!(seen, BTreeMap::from(EXPECTED));
    }

    #[test]
    fn every_source_keeps_the_contract() {
        let _held = hold(92);
        keeps_its_contract(&mut *live_source(), 92);
        keeps_its_contract(&mut *portable_source(), 92);
    }

    #[test]
    fn the_native_source_and_the_portable_one_agree() {
        let _held = hold(93);
        let rows = |snapshot: &Snapshot| {
            let mut rows: Vec<(SocketAddr, Option<SocketAddr>, State, Owner)> = snapshot
                .sockets
                .iter()
                .filter(ours(93))
                // netstat2 does not ask for sockets that are merely bound.
                .filter(|socket| socket.state != State::Closed)
                .map(|socket| (socket.local, socket.remote, socket.state, socket.owner.clone()))
                .collect();
            rows.sort_by_key(|(local, remote, state, _)| (*local, *remote, *state));
            rows
        };
        let native = poll(&mut *live_source());
        let portable = poll(&mut *portable_source());
        assert_eq!(rows(&native), rows(&portable));
        assert!(rows(&native).len() > 30);
    }

    #[test]
    fn ipv6_and_dual_stack_are_seen() {
        let mut mix = Mix::default();
        mix.set(Wanted::CloseWait, 3);
        let before = poll(&mut *live_source());
        let _held = Held::make(Place::V6, &mix).expect("the sockets are made");
        let after = poll(&mut *live_source());
        let close_wait = |snapshot: &Snapshot| {
            let me = std::process::id();
            let v6 = |socket: &&Socket| socket.local.is_ipv6() && socket.owner.pids() == [me];
            counts(snapshot.sockets.iter().filter(v6)).get(&State::CloseWait).copied()
        };
        assert_eq!((close_wait(&before), close_wait(&after)), (None, Some(3)));

        let listener = std::net::TcpListener::bind("[::]:0").expect("a listener");
        let port = listener.local_addr().expect("its address").port();
        let _client = std::net::TcpStream::connect(("127.94.0.1", port)).expect("IPv4 reaches it");
        let _server = listener.accept().expect("it is accepted");
        let table = poll(&mut *live_source());
        let server = table
            .sockets
            .iter()
            .find(|socket| socket.local.port() == port && socket.state == State::Established);
        assert_eq!(server.map(|socket| socket.local.is_ipv4()), Some(true));
    }

    #[test]
    fn the_native_source_tells_more_than_the_row() {
        let _held = hold(95);
        let mut source = live_source();
        let first = poll(&mut *source);
        assert!(!first.gaps.iter().any(|gap| matches!(gap, Gap::Fallback { .. })));
        for socket in first.sockets.iter().filter(ours(95)) {
            assert!(socket.cookie.is_some(), "{socket:?}");
            let measured =
                matches!(socket.state, State::Established | State::CloseWait | State::Closing);
            assert!(!measured || socket.tcp_info.is_some(), "{socket:?}");
            let expires = socket.timer.is_some_and(|timer| timer.remaining_ms <= 60_000);
            assert!(socket.state != State::TimeWait || expires, "{socket:?}");
        }
        // A cookie is the same at the next look, and nobody else's.
        let cookies = |snapshot: &Snapshot| -> BTreeMap<_, _> {
            let ours = snapshot.sockets.iter().filter(ours(95));
            ours.map(|socket| (socket.cookie, (socket.local, socket.remote))).collect()
        };
        let again = cookies(&poll(&mut *source));
        assert_eq!(again.len(), first.sockets.iter().filter(ours(95)).count());
        assert_eq!(cookies(&first), again);
    }
}
