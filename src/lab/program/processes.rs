//! What is asked of processes: who there is, whose child, with which sockets, and whether it has ended.

use std::collections::BTreeSet;
use std::io;

use crate::os::{ProcessInfo, SystemProcesses, has_ended, held_sockets, parent, processes};

/// Tells the inodes of the sockets that a process holds; none where that cannot be seen. The error says nothing of the
/// process.
pub type HeldSockets = Box<dyn FnMut(u32) -> io::Result<Option<BTreeSet<u32>>> + Send>;

/// Tells every process there is. The error says nothing of any process.
pub type Pids = Box<dyn FnMut() -> io::Result<BTreeSet<u32>> + Send>;

/// Tells the process that started another, or that took its place when it ended.
pub type Parents = Box<dyn FnMut(u32) -> Option<u32> + Send>;

/// Tells whether a process has ended, though its number may not be free yet.
pub type Ended = Box<dyn FnMut(u32) -> bool + Send>;

/// Asks processes.
pub struct Processes {
    /// Tells which sockets one holds.
    pub held: HeldSockets,
    /// Tells every one there is.
    pub pids: Pids,
    /// Tells the parent of one.
    pub parents: Parents,
    /// Tells whether one has ended.
    pub ended: Ended,
    /// Tells their names.
    pub names: Box<dyn ProcessInfo>,
}

impl Processes {
    /// Those of this computer, as far as the system tells.
    pub fn of_this_computer() -> Self {
        Self {
            held: Box::new(held_sockets),
            pids: Box::new(processes),
            parents: Box::new(parent),
            ended: Box::new(has_ended),
            names: Box::new(SystemProcesses),
        }
    }
}
