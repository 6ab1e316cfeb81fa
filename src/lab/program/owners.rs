//! Who has the other ends: the whole table about once a second, and soon after a connection came.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::state::Holder;
use crate::lab::errno::CallError;
use crate::model::{Owner, PollFailure, Process, Snapshot, Socket};
use crate::os::SocketSource;

/// How much another table is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// Somebody is looked for who may be gone soon.
    Soon,
    /// Connections are found in the table alone.
    Often,
    /// Something may have changed hands.
    Usual,
}

impl Need {
    /// The shortest rest between two tables.
    const fn rest(self) -> Duration {
        Duration::from_millis(match self {
            Self::Soon => 10,
            Self::Often => 200,
            Self::Usual => 1_000,
        })
    }
}

/// The shortest rest between two times that processes are asked for what they hold.
const ASKED: Duration = Duration::from_millis(50);
/// A tenth of a core at most; a third while somebody is looked for who may be gone soon.
const REST_PER_COST: u32 = 10;
const SOON_PER_COST: u32 = 2;

/// Tells the inodes of the sockets that a process holds; none where that cannot be seen. The error says nothing of the
/// process.
pub type HeldSockets = Box<dyn FnMut(u32) -> io::Result<Option<BTreeSet<u32>>> + Send>;

/// Reads tables, seldom enough.
pub(super) struct Owners {
    source: Box<dyn SocketSource>,
    held: HeldSockets,
    last: Option<Instant>,
    cost: Duration,
    /// What processes hold, as they were asked last.
    answers: BTreeMap<u32, Result<Option<BTreeSet<u32>>, CallError>>,
    asked: Option<Instant>,
    asking_cost: Duration,
}

/// What a table tells of one other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub holder: Option<Holder>,
    pub inode: Option<u32>,
}

impl Owners {
    pub(super) fn new(source: Box<dyn SocketSource>, held: HeldSockets) -> Self {
        Self {
            source,
            held,
            last: None,
            cost: Duration::ZERO,
            answers: BTreeMap::new(),
            asked: None,
            asking_cost: Duration::ZERO,
        }
    }

    /// Whether it is time for another table.
    pub(super) fn is_due(&self, need: Need) -> bool {
        let per_cost = if need == Need::Soon { SOON_PER_COST } else { REST_PER_COST };
        let rest = (self.cost * per_cost).max(need.rest());
        self.last.is_none_or(|last| last.elapsed() >= rest)
    }

    /// Reads the table now.
    pub(super) fn table(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        let began = Instant::now();
        let table = self.source.poll();
        self.last = Some(Instant::now());
        self.cost = began.elapsed();
        table
    }

    /// Whether processes may be asked anew for what they hold.
    pub(super) fn may_ask(&self) -> bool {
        let rest = (self.asking_cost * REST_PER_COST).max(ASKED);
        self.asked.is_none_or(|asked| asked.elapsed() >= rest)
    }

    /// Forgets what processes answered before.
    pub(super) fn ask_anew(&mut self) {
        self.answers.clear();
        self.asking_cost = Duration::ZERO;
        self.asked = Some(Instant::now());
    }

    /// Whether any of these processes still holds the socket with this inode; none where that cannot be seen. The error
    /// says nothing of the processes.
    pub(super) fn holds(&mut self, pids: &[u32], inode: u32) -> Result<Option<bool>, CallError> {
        let mut holds = Ok(Some(false));
        for pid in pids {
            match self.ask(*pid) {
                Ok(Some(inodes)) if inodes.contains(&inode) => return Ok(Some(true)),
                Ok(Some(_)) => {}
                // Once another is hidden it cannot be told whatever this one holds.
                Ok(None) => holds = Ok(None),
                Err(error) if holds == Ok(Some(false)) => holds = Err(error.clone()),
                Err(_) => {}
            }
        }
        holds
    }

    /// What a process holds, as it answered last.
    fn ask(&mut self, pid: u32) -> &Result<Option<BTreeSet<u32>>, CallError> {
        self.answers.entry(pid).or_insert_with(|| {
            let began = Instant::now();
            let answer = (self.held)(pid).map_err(|error| CallError::new(&error));
            self.asking_cost += began.elapsed();
            self.asked = Some(Instant::now());
            answer
        })
    }
}

/// What the table tells of the ends at these addresses, by (its address, the address it is connected to).
pub(super) fn find(
    table: &Snapshot,
    wanted: &BTreeSet<(SocketAddr, SocketAddr)>,
) -> HashMap<(SocketAddr, SocketAddr), Found> {
    let rows = table.sockets.iter().filter_map(|socket| {
        let key = (socket.local, socket.remote?);
        wanted.contains(&key).then(|| (key, found(table, socket)))
    });
    rows.collect()
}

fn found(table: &Snapshot, socket: &Socket) -> Found {
    let holder = match &socket.owner {
        Owner::Known(pids) => Some(Holder::Processes(
            pids.iter()
                .map(|pid| {
                    let unnamed = || Process { pid: *pid, name: String::new(), started_s: None };
                    table.processes.get(pid).cloned().unwrap_or_else(unnamed)
                })
                .collect(),
        )),
        Owner::Hidden { user } => Some(Holder::Hidden(user.clone())),
        Owner::NotAccepted => Some(Holder::NotAccepted),
        // What the kernel keeps alone tells nothing of who had it.
        Owner::Remembered(_) | Owner::NoOwner => None,
    };
    Found { holder, inode: socket.inode }
}
