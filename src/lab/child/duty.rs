//! What the child process does, and what it says of it.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::lab::cancel::Cancel;
use crate::lab::errno::CallError;
use crate::lab::log::Recorder;
use crate::lab::socket::{LabSocket, PATIENCE};
use crate::model::lab::{Role, Who};
use crate::os::{descriptors_below, limit_descriptors};

/// How many calls are kept: nobody reads them there.
const CALLS: usize = 16;

/// How many sockets beyond its limit it asks for at most: none should be given.
const BEYOND: u32 = 16;

/// The call that fails where the process may not have such a limit.
pub const SETRLIMIT: &str = "setrlimit";

/// How far a process came that opens sockets and closes none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaked {
    /// The limit of its descriptors: what each one's number has to be below.
    pub limit: u32,
    /// How many below that it had when it began; none where the system does not tell.
    pub open_before: Option<u32>,
    /// How many sockets it opened, connected, and kept after their other end had closed.
    pub opened: u32,
    /// The call that failed then; none when nothing did.
    pub call: Option<String>,
    /// Its errno; none where this system has no such call.
    pub errno: Option<String>,
    /// Whether that was for want of a local port, and not of a descriptor.
    pub out_of_ports: bool,
}

/// Holds what it inherited until `input` ends.
pub fn hold(mut input: impl Read) -> io::Result<()> {
    io::copy(&mut input, &mut io::sink()).map(drop)
}

/// Opens sockets to a peer that closes each, closes none, and says how far it came; then closes one and goes on, and says
/// it again. What it holds it holds until `input` ends.
pub fn leak<E: From<io::Error>>(
    limit: u32,
    to: SocketAddr,
    input: impl Read,
    mut say: impl FnMut(&Leaked) -> Result<(), E>,
) -> Result<(), E> {
    let open_before = descriptors_below(limit);
    if let Err(error) = limit_descriptors(limit) {
        let has_one = error.kind() != io::ErrorKind::Unsupported;
        let errno = has_one.then(|| CallError::new(&error).errno);
        let call = Some(SETRLIMIT.to_owned());
        return say(&Leaked { limit, open_before, opened: 0, call, errno, out_of_ports: false });
    }
    let mut kept = Vec::new();
    say(&open_until_refused(limit, open_before, to, &mut kept))?;
    if kept.pop().is_some() {
        let open_before = descriptors_below(limit);
        say(&open_until_refused(limit, open_before, to, &mut kept))?;
    }
    Ok(hold(input)?)
}

fn open_until_refused(
    limit: u32,
    open_before: Option<u32>,
    to: SocketAddr,
    kept: &mut Vec<LabSocket>,
) -> Leaked {
    let recorder = Recorder::new(Instant::now(), CALLS, Cancel::new());
    let mut leaked =
        Leaked { limit, open_before, opened: 0, call: None, errno: None, out_of_ports: false };
    while leaked.opened < limit + BEYOND {
        match open(to, leaked.opened.into(), &recorder) {
            Ok(socket) => kept.push(socket),
            Err((call, error)) => {
                leaked.call = Some(call.to_owned());
                leaked.out_of_ports = error.is_out_of_ports();
                leaked.errno = Some(error.errno);
                break;
            }
        }
        leaked.opened += 1;
    }
    leaked
}

/// One connection, whose end the peer sent and this side has read: CLOSE_WAIT.
fn open(
    to: SocketAddr,
    number: u64,
    recorder: &Recorder,
) -> Result<LabSocket, (&'static str, CallError)> {
    let who = Who { role: Role::Client, number };
    let mut socket = LabSocket::new(who, to, recorder).map_err(|error| ("socket", error))?;
    socket.connect(to, PATIENCE).map_err(|error| ("connect", error))?;
    socket.recv(PATIENCE).map_err(|error| ("recv", error))?;
    Ok(socket)
}
