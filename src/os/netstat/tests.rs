use std::net::{TcpListener, TcpStream};

use super::table::Descriptor;
use super::*;

#[test]
fn only_an_inode_of_0_says_that_no_process_has_a_descriptor() {
    let why = |inode, state| {
        let local = "127.0.0.1:80".parse().expect("an address");
        let descriptor = Descriptor { inode, uid: None };
        let row = Row { local, remote: None, state, pids: Vec::new(), descriptor };
        why_unheld(&row, |listener| listener == local)
    };
    assert_eq!(why(Some(0), State::Established), Unheld::AcceptQueue);
    assert_eq!(why(Some(0), State::LastAck), Unheld::Kernel);
    assert_eq!(why(Some(9), State::Established), Unheld::Hidden);
    assert_eq!(why(None, State::Established), Unheld::Hidden);
    assert_eq!(why(None, State::TimeWait), Unheld::Kernel);
}

#[test]
fn a_held_connection_is_seen_from_both_ends_with_its_owner() -> std::io::Result<()> {
    for host in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = TcpListener::bind(host) else {
            eprintln!("not checked: this machine has no {host}");
            continue;
        };
        let client = TcpStream::connect(listener.local_addr()?)?;
        let (peer, _) = listener.accept()?;
        let mut source = NetstatSource::new(Box::new(crate::os::SystemProcesses));
        let snapshot = source.poll().expect("a table").expect("a live source never ends");
        let find = |local, remote| {
            snapshot.sockets.iter().find(|row| row.local == local && row.remote == remote)
        };
        let me = Owner::Known(Arc::from([std::process::id()]));
        for socket in [&client, &peer] {
            let row = find(socket.local_addr()?, Some(socket.peer_addr()?)).expect("a row");
            assert_eq!((row.state, &row.owner), (State::Established, &me));
        }
        let row = find(listener.local_addr()?, None).expect("the listener's row");
        assert_eq!((row.state, &row.owner), (State::Listen, &me));
        assert!(snapshot.processes.contains_key(&std::process::id()));

        let pair = Pair { client: client.local_addr()?, peer: client.peer_addr()? };
        let ends = TablePairProbe.lookup(&[pair]).expect("a table").remove(0);
        assert!(
            ends.iter().all(|end| {
                end.as_ref().is_some_and(|socket| socket.state == State::Established)
            })
        );
    }
    Ok(())
}
