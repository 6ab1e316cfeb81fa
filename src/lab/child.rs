//! A process of this program's own, for what only a process has: a limit of descriptors, and sockets that it inherited.
//!
//! It is started with a verb that help does not show, and ends when its standard input does: with whoever started it, in
//! whatever way that ends. What it does is `duty`; this file is the side that starts it.

mod duty;

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use duty::{Leaked, SETRLIMIT, hold, leak};

use super::cancel::Cancel;
use super::errno::{CallError, cancelled};
use super::socket::LabSocket;
use super::starting;

/// The verb that it is started with; `cli` has it.
pub const VERB: &str = "lab-child";

/// The verb's words for what it should do.
pub const HOLD: &str = "hold";
/// As [`HOLD`].
pub const LEAK: &str = "leak";

/// The first line that it says: it runs, and has no descriptor any more but those that it inherits.
pub const STARTED: &str = "started";

/// The most that is read of what it says.
const MOST_OUTPUT: u64 = 64 * 1024;

/// How long one that was told to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// How long one may take to say its first word.
const START_PATIENCE: Duration = Duration::from_secs(20);

/// How often a wait looks whether it should end.
const STEP: Duration = Duration::from_millis(2);

/// A process of this program's own. Dropping it kills it, and waits until it is gone.
pub(super) struct LabChild {
    process: Child,
    lines: Receiver<String>,
    reader: Option<JoinHandle<()>>,
}

impl LabChild {
    /// Starts one that does what these arguments say.
    pub(super) fn start(executable: &Path, arguments: &[String]) -> Result<Self, CallError> {
        let _alone = starting::alone();
        let child = spawn(executable, arguments, usize::MAX).and_then(Self::started);
        child.map_err(|error| CallError::new(&error))
    }

    /// Starts one that inherits this socket, and does nothing but hold it.
    pub(super) fn holding(executable: &Path, socket: &mut LabSocket) -> Result<Self, CallError> {
        let _alone = starting::alone();
        // It has nothing more to say, and there may be many: no pipe is kept for each.
        let child = socket.lend(|| spawn(executable, &[HOLD.to_owned()], 1))?;
        child.started().map_err(|error| CallError::new(&error))
    }

    /// Waits for its first word. That spawning it has returned does not say that it is through execve(2): `posix_spawn`
    /// waits until it is about to be, which is before its copies of descriptors are closed.
    fn started(self) -> io::Result<Self> {
        match self.lines.recv_timeout(START_PATIENCE) {
            Ok(line) if line == STARTED => Ok(self),
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            Ok(_) | Err(RecvTimeoutError::Disconnected) => Err(ended_early()),
        }
    }

    /// The next line that it has said; none so far. The error is that it says nothing any more.
    pub(super) fn line(&self) -> Result<Option<String>, CallError> {
        match self.lines.recv_timeout(Duration::ZERO) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(CallError::new(&ended_early())),
        }
    }

    /// Ends its standard input, and waits until it is gone; one that stays is killed.
    pub(super) fn end(mut self, cancel: &Cancel) -> Result<(), CallError> {
        drop(self.process.stdin.take());
        let deadline = Instant::now() + GRACE;
        loop {
            if cancel.is_cancelled() {
                return Err(CallError::new(&cancelled()));
            }
            match self.process.try_wait() {
                Ok(Some(_)) => return Ok(()),
                Ok(None) if Instant::now() < deadline => thread::sleep(STEP),
                Ok(None) => return Err(CallError::new(&io::ErrorKind::TimedOut.into())),
                Err(error) => return Err(CallError::new(&error)),
            }
        }
    }
}

impl Drop for LabChild {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to kill; either way it is waited for.
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(reader) = self.reader.take() {
            // It ends with the pipe that the process held.
            let _ = reader.join();
        }
    }
}

/// Starts one, of which so many lines are read.
fn spawn(executable: &Path, arguments: &[String], lines: usize) -> io::Result<LabChild> {
    let mut process = Command::new(executable)
        .arg(VERB)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let (said, heard) = mpsc::channel();
    let output = process.stdout.take();
    // From here on dropping it ends the process, should the thread be refused.
    let mut child = LabChild { process, lines: heard, reader: None };
    if let Some(output) = output {
        let read = move || {
            let output = BufReader::new(output.take(MOST_OUTPUT)).lines();
            for line in output.take(lines).map_while(Result::ok) {
                if said.send(line).is_err() {
                    break;
                }
            }
        };
        child.reader = Some(thread::Builder::new().name("lab-child".to_owned()).spawn(read)?);
    }
    Ok(child)
}

fn ended_early() -> io::Error {
    io::Error::other("the child process ended early")
}
