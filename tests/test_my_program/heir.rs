//! A socket that a child inherited. Only on Linux a process' descriptors are looked at.

use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use sockscope::lab::program::{Answer, Holder, Judged, Setup, Treatment};

use super::{address, connect, is_closed_late, listener, mine, patient, read_to_end, start, wait};

/// A process that inherited a copy of a socket, and does nothing but hold it. Dropping it ends it.
struct Heir(Child);

impl Heir {
    fn of(stream: &TcpStream) -> Self {
        let copy = OwnedFd::from(stream.try_clone().expect("a descriptor"));
        let child = Command::new(env!("CARGO_BIN_EXE_sockscope"))
            .args(["lab-child", "hold"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(copy)
            .spawn();
        Self(child.expect("it can be run"))
    }
}

impl Drop for Heir {
    fn drop(&mut self) {
        // Its standard input ends, and it with that.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[test]
fn a_copy_that_a_child_inherited_is_found_once_its_parent_has_closed_its_own() {
    let program = start(listener(Treatment::Reset, Answer::Nothing));
    let stream = connect(address(&program));
    read_to_end(&stream);
    wait(&program, |state| mine(state).is_some_and(|party| party.unseen == 1));
    // There is no row any more, so no table tells of it.
    let heir = Heir::of(&stream);
    drop(stream);
    let state = wait(&program, |state| {
        let [party] = &state.parties[..] else { return false };
        party.closed == 1 || mine(state).is_none()
    });
    let Holder::Processes(holders) = &state.parties[0].holder else { panic!("{state:#?}") };
    let holders: Vec<_> = holders.iter().map(|it| (it.pid, it.name.as_str())).collect();
    assert_eq!(holders, [(heir.0.id(), "sockscope")]);
    assert_eq!((state.judged, state.parties[0].unseen), (Some(Judged::Keeps), 1));
    drop(heir);
    wait(&program, |state| state.parties.iter().all(is_closed_late));
}

#[test]
fn what_the_system_closed_when_its_process_ended_is_not_credited_to_the_program() {
    let setup = patient(listener(Treatment::Close, Answer::Nothing));
    let program = start(Setup { after: Duration::from_secs(3), ..setup });
    let stream = connect(address(&program));
    let heir = Heir::of(&stream);
    drop(stream);
    let is_heir = |holder: &Holder| match holder {
        Holder::Processes(holders) => holders.iter().all(|it| it.pid == heir.0.id()),
        _ => false,
    };
    let state = wait(&program, |state| state.connections.iter().any(|it| it.since().is_some()));
    assert!(is_heir(&state.connections[0].holder), "{state:#?}");
    // Longer than a program takes that ends because of our FIN.
    thread::sleep(Duration::from_millis(600));
    drop(heir);
    let state = wait(&program, |state| state.connections.iter().all(|it| it.is_over()));
    let [party] = &state.parties[..] else { panic!("{state:#?}") };
    assert_eq!((party.judged, party.with_process, party.closed), (Judged::NotTried, 1, 0));
    assert!(party.ended_after >= Some(Duration::from_millis(600)), "{party:#?}");
}
