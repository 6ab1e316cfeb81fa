//! A socket that a child inherited. Only on Linux a process' descriptors are looked at.

use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use sockscope::lab::program::{Answer, Holder, Judged, Treatment};

use super::{address, connect, is_closed_late, listener, mine, read_to_end, start, wait};

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
