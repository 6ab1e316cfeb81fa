//! The thread that looks closely at one socket: its row in the newest table, its other end, and the processes behind
//! it. Reading about a process takes milliseconds and searching a large table too, so no frame does either.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::Wake;
use super::cell::lock;
use super::frame::{Frame, Health};
use super::published::Published;
use crate::analysis::diagram::Opening;
use crate::analysis::pair;
use crate::analysis::track::{SocketId, Track};
use crate::error::panic_message;
use crate::model::{Owner, Process, ProcessDetails, Socket};
use crate::os::{self, InspectProcess};

/// A socket that many processes share, after forks, is shown with this many of them.
const MOST_PROCESSES: usize = 4;

/// A process's start is told to the second, and computed from a clock that is corrected now and then.
const SAME_START_S: u64 = 2;

/// What was found about one socket.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The socket.
    pub id: SocketId,
    /// The frame that was searched.
    pub frame: Arc<Frame>,
    /// Where the socket stands in the frame's table; none when it is gone.
    pub row: Option<usize>,
    /// Which end opened the connection, where that can be inferred.
    pub opening: Option<Opening>,
    /// Where its other end stands in the frame's table, when that is on this machine.
    pub other_end: Option<usize>,
    /// The processes that hold it, or held it.
    pub holders: Vec<Holder>,
    /// What the worker's panic said, when it could not look.
    pub failure: Option<String>,
}

impl Inspection {
    /// The other end and what tracking knows of it.
    pub fn other_end(&self) -> Option<(&Socket, Option<&Track>)> {
        let row = self.other_end?;
        let socket = self.frame.snapshot.as_ref()?.sockets.get(row)?;
        Some((socket, self.frame.tracks.get(row)))
    }
}

/// A process that holds a socket, or held it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The process, as the table names it.
    pub process: Process,
    /// What more is known of it.
    pub details: Details,
}

/// What more is known of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Details {
    /// This.
    Known(Box<ProcessDetails>),
    /// It has ended; its pid may be another's by now.
    Ended,
    /// The table is a recording: its processes are not of now, and perhaps of another machine.
    Recorded,
    /// The system gave this answer.
    Unreadable(String),
}

#[derive(Default)]
struct Orders {
    wanted: Option<(Arc<Frame>, SocketId)>,
    /// The table and the socket that were asked for last.
    asked: Option<(u64, SocketId)>,
    stop: bool,
}

struct Shared {
    orders: Mutex<Orders>,
    changed: Condvar,
    latest: Published<Inspection>,
    wake: Wake,
}

/// A running inspector. Dropping it stops and joins its thread.
pub struct Inspector {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Inspector {
    /// Starts the worker. `wake` is called from its thread after each publication.
    pub fn start(wake: Wake) -> std::io::Result<Self> {
        Self::with(Box::new(os::SystemProcesses), wake)
    }

    fn with(processes: Box<dyn InspectProcess>, wake: Wake) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            orders: Mutex::default(),
            changed: Condvar::new(),
            latest: Published::default(),
            wake,
        });
        let worker = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("inspector".to_owned())
            .spawn(move || work(&worker, processes))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Asks for a look at a socket in this frame's table, as often as one likes: it is looked at once. A request that was
    /// not begun yet is replaced.
    pub fn request(&self, frame: &Arc<Frame>, id: SocketId) {
        let mut orders = lock(&self.shared.orders);
        let asked = Some((frame.table, id));
        if orders.asked != asked {
            orders.asked = asked;
            orders.wanted = Some((Arc::clone(frame), id));
            self.shared.changed.notify_all();
        }
    }

    /// The newest finding; none before the first.
    pub fn latest(&self) -> Option<Arc<Inspection>> {
        self.shared.latest.latest()
    }
}

impl Drop for Inspector {
    fn drop(&mut self) {
        lock(&self.shared.orders).stop = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the inspector's thread ended in a panic");
        }
    }
}

fn work(shared: &Shared, mut processes: Box<dyn InspectProcess>) {
    loop {
        let (frame, id) = {
            let mut orders = lock(&shared.orders);
            loop {
                if orders.stop {
                    return;
                }
                if let Some(wanted) = orders.wanted.take() {
                    break wanted;
                }
                orders = shared.changed.wait(orders).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let look = || inspect(&frame, id, &mut *processes);
        let inspection = catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|panic| Inspection {
            failure: Some(panic_message(&*panic)),
            ..nothing(&frame, id)
        });
        shared.latest.publish(inspection);
        (shared.wake)();
    }
}

fn nothing(frame: &Arc<Frame>, id: SocketId) -> Inspection {
    Inspection {
        id,
        frame: Arc::clone(frame),
        row: None,
        opening: None,
        other_end: None,
        holders: Vec::new(),
        failure: None,
    }
}

fn inspect(frame: &Arc<Frame>, id: SocketId, processes: &mut dyn InspectProcess) -> Inspection {
    let row = frame.tracks.iter().position(|track| track.id == id);
    let table = frame.snapshot.as_ref().map(|snapshot| &*snapshot.sockets).unwrap_or_default();
    let Some(socket) = row.and_then(|row| table.get(row)) else {
        return nothing(frame, id);
    };
    let recorded = matches!(frame.health, Health::Recorded);
    let holders = holders(socket, frame).into_iter().take(MOST_PROCESSES);
    Inspection {
        row,
        opening: pair::opening(table, socket, frame.limits.ephemeral_ports.as_ref()),
        other_end: pair::other_end(table, socket),
        holders: holders
            .map(|process| {
                let details =
                    if recorded { Details::Recorded } else { details(&process, processes) };
                Holder { process, details }
            })
            .collect(),
        ..nothing(frame, id)
    }
}

/// The processes that a row names, whole.
fn holders(socket: &Socket, frame: &Frame) -> Vec<Process> {
    match &socket.owner {
        Owner::Remembered(was) => was.to_vec(),
        owner => owner.pids().iter().map(|pid| named(*pid, frame)).collect(),
    }
}

fn named(pid: u32, frame: &Frame) -> Process {
    let known = frame.snapshot.as_ref().and_then(|snapshot| snapshot.processes.get(&pid));
    known.cloned().unwrap_or_else(|| Process { pid, name: String::new(), started_s: None })
}

fn details(process: &Process, processes: &mut dyn InspectProcess) -> Details {
    match processes.details(process.pid) {
        Ok(Some(found)) if is_same(process, &found.process) => Details::Known(Box::new(found)),
        Ok(_) => Details::Ended,
        Err(cause) => Details::Unreadable(cause),
    }
}

/// Whether a pid still is the process that the table named. Where no start is known, nothing speaks against it.
fn is_same(table: &Process, now: &Process) -> bool {
    table
        .started_s
        .zip(now.started_s)
        .is_none_or(|(before, now)| before.abs_diff(now) <= SAME_START_S)
}

#[cfg(test)]
mod tests;
