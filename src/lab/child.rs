//! A process of this program's own, for what only a process has: a limit of descriptors, and sockets that it inherited.
//!
//! It is started with a verb that help does not show, and ends when its standard input does: with whoever started it, in
//! whatever way that ends. What it does is `duty`; this file is the side that starts it.

mod duty;

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use duty::{Leaked, SETRLIMIT, hold, leak};

use super::cancel::Cancel;
use super::errno::{CallError, cancelled};
use super::socket::LabSocket;

/// The verb that it is started with; `cli` has it.
pub const VERB: &str = "lab-child";

/// The verb's words for what it should do.
pub const HOLD: &str = "hold";
/// As [`HOLD`].
pub const LEAK: &str = "leak";

/// The most that is read of what it says.
const MOST_OUTPUT: u64 = 64 * 1024;

/// How long one that was told to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// How often a wait looks whether it should end.
const STEP: Duration = Duration::from_millis(2);

/// One is started at a time: it must inherit what it should, and not what was meant for another.
static STARTING: Mutex<()> = Mutex::new(());

/// A process of this program's own. Dropping it kills it, and waits until it is gone.
pub(super) struct LabChild {
    process: Child,
    lines: Receiver<String>,
    reader: Option<JoinHandle<()>>,
}

impl LabChild {
    /// Starts one that does what these arguments say.
    pub(super) fn start(executable: &Path, arguments: &[String]) -> Result<Self, CallError> {
        let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        spawn(executable, arguments, Stdio::piped()).map_err(|error| CallError::new(&error))
    }

    /// Starts one that inherits this socket, and does nothing but hold it.
    pub(super) fn holding(executable: &Path, socket: &mut LabSocket) -> Result<Self, CallError> {
        let _alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        // It has nothing to say, and there may be many.
        socket.lend(|| spawn(executable, &[HOLD.to_owned()], Stdio::null()))
    }

    /// The next line that it has said; none so far. The error is that it says nothing any more.
    pub(super) fn line(&self) -> Result<Option<String>, CallError> {
        match self.lines.recv_timeout(Duration::ZERO) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                Err(CallError::new(&io::Error::other("the child process ended early")))
            }
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

fn spawn(executable: &Path, arguments: &[String], output: Stdio) -> io::Result<LabChild> {
    let mut process = Command::new(executable)
        .arg(VERB)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(output)
        .stderr(Stdio::null())
        .spawn()?;
    let (said, lines) = mpsc::channel();
    let output = process.stdout.take();
    // From here on dropping it ends the process, should the thread be refused.
    let mut child = LabChild { process, lines, reader: None };
    if let Some(output) = output {
        let read = move || {
            for line in BufReader::new(output.take(MOST_OUTPUT)).lines().map_while(Result::ok) {
                if said.send(line).is_err() {
                    break;
                }
            }
        };
        child.reader = Some(thread::Builder::new().name("lab-child".to_owned()).spawn(read)?);
    }
    Ok(child)
}
