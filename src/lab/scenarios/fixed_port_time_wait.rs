//! A client that closed first wants its fixed port again: TIME_WAIT has it.
//!
//! That is what SO_REUSEADDR is for. On Linux it takes both sockets: the one that left TIME_WAIT behind and the new one. To
//! the same remote the connection itself then takes the place of the TIME_WAIT, for which the kernel wants timestamps
//! (RFC 6191; `tcp_timestamps`). Measured on Linux 6.18; macOS by its source.

use std::time::Duration;

use super::look::comes_to;
use super::reuse::Reuse;
use crate::lab::errno::CallError;
use crate::lab::link::Link;
use crate::lab::listener::{BACKLOG, Listener};
use crate::lab::options::{NUMBERING, Numbering, SocketOptions, loopback};
use crate::lab::scenario::{Knobs, Known, Run, Scenario};
use crate::lab::socket::PATIENCE;
use crate::model::State;
use crate::model::lab::End;
use crate::os::system_info;
use crate::text;
use crate::text::Text;

pub(super) struct FixedPortTimeWait;

/// Where the new socket connects to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Remote {
    Same,
    Other,
}

impl Scenario for FixedPortTimeWait {
    fn name(&self) -> &'static str {
        "fixed-port-time-wait"
    }

    fn title(&self) -> Text {
        text!("lab_reuse.time_wait.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_reuse.time_wait.teaches")
    }

    fn lasts(&self, _: &Knobs) -> Duration {
        Duration::from_millis(300)
    }

    fn time_limit(&self, _: &Knobs) -> Duration {
        Duration::from_mins(1)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let timestamps = system_info().limits().timestamps;
        for reuse in Reuse::ALL {
            run.step(text!("lab_reuse.time_wait.step", reuse = reuse.said()));
            for remote in [Remote::Same, Remote::Other] {
                try_again(run, reuse, remote, timestamps)?;
            }
        }
        Ok(())
    }
}

fn try_again(
    run: &mut Run,
    reuse: Reuse,
    remote: Remote,
    timestamps: Option<u64>,
) -> Result<(), CallError> {
    run.pause(Duration::ZERO)?;
    let none = SocketOptions::NONE;
    let server = Listener::open(loopback(), none, BACKLOG, run.recorder())?;
    let mut old = run.client(reuse.of_old())?;
    let mut address = server.address();
    address.set_port(0);
    old.bind(address)?;
    let number = old.who().number;
    let recorder = run.recorder().clone();
    let mut link = Link::join(&server, old, none, &recorder, |pair| run.watch(number, pair))?;
    link.close(End::Client)?;
    link.peer.recv(PATIENCE)?;
    link.close(End::Peer)?;
    if !comes_to(run, link.pair, End::Client, Some(State::TimeWait))? {
        let not_come = || text!("lab_reuse.not_come", what = State::TimeWait.name());
        let why = run.no_room().unwrap_or_else(not_come);
        run.could_not_tell(subject(reuse, remote, "bind()"), text!("lab_reuse.not_judged"), why);
        return Ok(());
    }
    let elsewhere = Listener::open(loopback(), none, BACKLOG, run.recorder())?;
    let mut new = run.client(reuse.of_new())?;
    let bound = new.bind(link.pair.client);
    let refused = bound.is_err();
    run.expect_result(subject(reuse, remote, "bind()"), bind(reuse), bound.map(|()| 0));
    if refused {
        return Ok(());
    }
    let (to, expected) = match remote {
        Remote::Same => (server.address(), connect_again(timestamps)),
        Remote::Other => (elsewhere.address(), Some(Known::linux("0"))),
    };
    let connected = new.connect(to, PATIENCE).map(|()| 0);
    let subject = subject(reuse, remote, "connect()");
    match expected {
        Some(expected) => {
            run.expect_result(subject, expected, connected);
        }
        None => {
            run.could_not_tell(
                subject,
                text!("lab_reuse.not_judged"),
                text!("lab_reuse.no_setting", setting = "net.ipv4.tcp_timestamps"),
            );
        }
    }
    Ok(())
}

/// What `bind` says, the same whatever the remote is.
const fn bind(reuse: Reuse) -> Known<&'static str> {
    match reuse {
        Reuse::Both => Known::linux("0").macos("0"),
        Reuse::New => Known::linux("EADDRINUSE").macos("0"),
        Reuse::Nobody | Reuse::Old => Known::linux("EADDRINUSE"),
    }
}

/// What `connect` to the same remote says; none where it hangs on a setting that could not be read.
fn connect_again(timestamps: Option<u64>) -> Option<Known<&'static str>> {
    match timestamps {
        Some(0) => Some(Known::linux("EADDRNOTAVAIL")),
        Some(_) => Some(Known::linux("0")),
        // Of other systems nobody knows what it says, so nothing is judged there.
        None => (NUMBERING != Numbering::Linux).then_some(Known::linux("0")),
    }
}

fn subject(reuse: Reuse, remote: Remote, call: &'static str) -> Text {
    let remote = match remote {
        Remote::Same => text!("lab_reuse.time_wait.same"),
        Remote::Other => text!("lab_reuse.time_wait.other"),
    };
    text!("lab_reuse.time_wait.cell", reuse = reuse.said(), remote = remote, call = call)
}
