//! Who has the other ends: the whole table about once a second, and soon after a connection came.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::state::Holder;
use crate::lab::errno::CallError;
use crate::model::{Owner, PollFailure, Process, Snapshot, Socket};
use crate::os::{ProcessInfo, SocketSource};

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

/// Tells every process there is. The error says nothing of any process.
pub type Pids = Box<dyn FnMut() -> io::Result<BTreeSet<u32>> + Send>;

/// Reads tables, and asks processes, seldom enough.
pub(super) struct Owners {
    source: Box<dyn SocketSource>,
    held: HeldSockets,
    pids: Pids,
    names: Box<dyn ProcessInfo>,
    /// The processes that were there before the first connection: they inherited none.
    before: BTreeSet<u32>,
    /// Those of them that cannot be looked into.
    hidden: BTreeSet<u32>,
    last: Option<Instant>,
    cost: Duration,
    /// What processes hold, as they were asked last.
    answers: BTreeMap<u32, Result<Option<BTreeSet<u32>>, CallError>>,
    /// Whether these are the answers of all processes.
    asked_all: bool,
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
    pub(super) fn new(
        source: Box<dyn SocketSource>,
        held: HeldSockets,
        pids: Pids,
        names: Box<dyn ProcessInfo>,
    ) -> Self {
        Self {
            source,
            held,
            pids,
            names,
            before: BTreeSet::new(),
            hidden: BTreeSet::new(),
            last: None,
            cost: Duration::ZERO,
            answers: BTreeMap::new(),
            asked_all: false,
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

    /// Notes who is there before the first connection.
    pub(super) fn begin(&mut self) -> Result<(), CallError> {
        self.before = (self.pids)().map_err(|error| CallError::new(&error))?;
        Ok(())
    }

    /// Whether processes may be asked anew for what they hold.
    pub(super) fn may_ask(&self) -> bool {
        let rest = (self.asking_cost * REST_PER_COST).max(ASKED);
        self.asked.is_none_or(|asked| asked.elapsed() >= rest)
    }

    /// Forgets what processes answered before.
    pub(super) fn ask_anew(&mut self) {
        self.answers.clear();
        self.asked_all = false;
        self.asking_cost = Duration::ZERO;
        self.asked = Some(Instant::now());
    }

    /// Which processes hold the socket with this inode; none where that cannot be told. Those that are known to have had it
    /// are asked first, and where none of them has it any more, all are: a child may have inherited it. The error says
    /// nothing of the processes.
    pub(super) fn holders(
        &mut self,
        known: &[u32],
        inode: u32,
    ) -> Result<Option<Vec<u32>>, CallError> {
        for pid in known {
            self.ask(*pid);
        }
        match holders(self.answers.iter().filter(|(pid, _)| known.contains(pid)), inode) {
            Ok(Some(holders)) if holders.is_empty() => {}
            told => return told,
        }
        self.ask_all()?;
        // What was there before the connection can only have been given it on purpose: what is hidden of that is left out,
        // or nothing could ever be told beside the processes of other users.
        holders(self.answers.iter().filter(|(pid, _)| !self.hidden.contains(pid)), inode)
    }

    /// These processes by name, where that can be told: the number alone is enough to find one.
    pub(super) fn describe(&mut self, pids: &[u32]) -> Vec<Process> {
        let told = self.names.describe(&pids.iter().copied().collect()).unwrap_or_default();
        let named = |pid: &u32| told.iter().find(|it| it.pid == *pid).cloned();
        pids.iter().map(|pid| named(pid).unwrap_or_else(|| unnamed(*pid))).collect()
    }

    /// Asks every process once.
    fn ask_all(&mut self) -> Result<(), CallError> {
        if self.asked_all {
            return Ok(());
        }
        let began = Instant::now();
        let pids = (self.pids)();
        self.asking_cost += began.elapsed();
        for pid in pids.map_err(|error| CallError::new(&error))? {
            if !self.hidden.contains(&pid)
                && self.ask(pid) == &Ok(None)
                && self.before.contains(&pid)
            {
                self.hidden.insert(pid);
            }
        }
        self.asked_all = true;
        Ok(())
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

/// A process and what it answered.
type Answer<'a> = (&'a u32, &'a Result<Option<BTreeSet<u32>>, CallError>);

/// Who of these holds the socket with this inode; none where nobody is seen to, and some are hidden.
fn holders<'a>(
    answers: impl Iterator<Item = Answer<'a>>,
    inode: u32,
) -> Result<Option<Vec<u32>>, CallError> {
    let (mut holders, mut is_hidden, mut failure) = (Vec::new(), false, None);
    for (pid, answer) in answers {
        match answer {
            Ok(Some(inodes)) if inodes.contains(&inode) => holders.push(*pid),
            Ok(Some(_)) => {}
            Ok(None) => is_hidden = true,
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        _ if !holders.is_empty() => Ok(Some(holders)),
        Some(error) => Err(error.clone()),
        None => Ok((!is_hidden).then_some(holders)),
    }
}

const fn unnamed(pid: u32) -> Process {
    Process { pid, name: String::new(), started_s: None }
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
                .map(|pid| table.processes.get(pid).cloned().unwrap_or_else(|| unnamed(*pid)))
                .collect(),
        )),
        Owner::Hidden { user } => Some(Holder::Hidden(user.clone())),
        Owner::NotAccepted => Some(Holder::NotAccepted),
        // What the kernel keeps alone tells nothing of who had it.
        Owner::Remembered(_) | Owner::NoOwner => None,
    };
    Found { holder, inode: socket.inode }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::os::{SystemProcesses, live_source};

    /// Who has which sockets; none who is hidden.
    const PROCESSES: [(u32, Option<u32>); 4] =
        [(810, None), (811, Some(1)), (812, Some(2)), (813, None)];

    /// Where the first so many were there before, and how often who is there was asked.
    fn owners(before: usize, there: usize) -> (Owners, Arc<AtomicUsize>) {
        let held = |pid| {
            let inode = PROCESSES.iter().find(|it| it.0 == pid).map_or(Some(0), |it| it.1);
            Ok(inode.map(|inode| BTreeSet::from([inode])))
        };
        let listed = Arc::new(AtomicUsize::new(0));
        let pids = {
            let listed = Arc::clone(&listed);
            move || {
                let first = listed.fetch_add(1, Ordering::Relaxed) == 0;
                let count = if first { before } else { there };
                Ok(PROCESSES[..count].iter().map(|it| it.0).collect())
            }
        };
        let names = Box::new(SystemProcesses);
        let mut owners = Owners::new(live_source(), Box::new(held), Box::new(pids), names);
        owners.begin().expect("they are there");
        (owners, listed)
    }

    #[test]
    fn whoever_inherited_a_socket_is_found_and_all_are_asked_once_at_a_time() {
        let (mut owners, listed) = owners(2, 3);
        assert_eq!(owners.holders(&[811], 1), Ok(Some(vec![811])));
        assert_eq!(listed.load(Ordering::Relaxed), 1, "it has it still");
        assert_eq!(owners.holders(&[811], 2), Ok(Some(vec![812])), "its child");
        assert_eq!(owners.holders(&[811], 3), Ok(Some(Vec::new())), "nobody");
        assert_eq!(listed.load(Ordering::Relaxed), 2);
        owners.ask_anew();
        assert_eq!(owners.holders(&[811], 3), Ok(Some(Vec::new())));
        assert_eq!(listed.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn beside_a_process_that_is_hidden_and_newer_than_the_run_it_cannot_be_told() {
        let (mut newer, _) = owners(3, 4);
        assert_eq!(newer.holders(&[811], 3), Ok(None), "813 may be a child");
        assert_eq!(newer.holders(&[811], 2), Ok(Some(vec![812])), "whoever may have it too");
        assert_eq!(newer.holders(&[810], 3), Ok(None), "it had it, and is hidden");
        let (mut older, _) = owners(4, 4);
        assert_eq!(older.holders(&[811], 3), Ok(Some(Vec::new())));
    }
}
