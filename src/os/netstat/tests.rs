use std::net::{TcpListener, TcpStream};

use super::table::Descriptor;
use super::*;

fn row(state: State, pids: &[u32], inode: Option<u32>) -> Row {
    Row {
        local: "127.0.0.1:80".parse().expect("an address"),
        remote: None,
        state,
        pids: pids.to_vec(),
        descriptor: Descriptor { inode, uid: None },
    }
}

#[test]
fn a_row_is_never_without_an_answer_to_who_holds_it() {
    let listening = HashSet::from([80]);
    let kind = |row: &Row, listening: &HashSet<u16>| match classify(row, listening) {
        Holder::Processes => "processes",
        Holder::Kernel => "kernel",
        Holder::AcceptQueue => "accept queue",
        Holder::Unseen => "unseen",
    };
    let none = HashSet::new();
    assert_eq!(kind(&row(State::Established, &[7], Some(9)), &listening), "processes");
    assert_eq!(kind(&row(State::Established, &[], Some(9)), &listening), "unseen");
    assert_eq!(kind(&row(State::Established, &[], Some(0)), &listening), "accept queue");
    assert_eq!(kind(&row(State::CloseWait, &[], Some(0)), &listening), "accept queue");
    assert_eq!(kind(&row(State::CloseWait, &[], Some(0)), &none), "kernel");
    assert_eq!(kind(&row(State::FinWait2, &[], Some(0)), &listening), "kernel");
    assert_eq!(kind(&row(State::TimeWait, &[], None), &none), "kernel");
    assert_eq!(kind(&row(State::Established, &[], None), &none), "unseen");
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
