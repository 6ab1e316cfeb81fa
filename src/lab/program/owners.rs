//! Who has the other ends: the whole table about once a second, and soon after a connection came.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::processes::Processes;
use super::state::Holder;
use crate::lab::errno::CallError;
use crate::model::{Gap, Owner, PollFailure, Process, Snapshot, Socket};
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

/// A chain of parents is followed no further; a real one is a dozen long.
const MOST_PARENTS: usize = 32;
/// Whoever takes the place of a parent that ended.
const INIT: u32 = 1;

/// Reads tables, and asks processes, seldom enough.
pub(super) struct Owners {
    source: Box<dyn SocketSource>,
    processes: Processes,
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
    pub(super) fn new(source: Box<dyn SocketSource>, processes: Processes) -> Self {
        Self {
            source,
            processes,
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
        self.before = (self.processes.pids)().map_err(|error| CallError::new(&error))?;
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
        // Only a child inherits: what is hidden and cannot be one is left out, or nothing could ever be told beside the
        // processes of other users.
        let hidden = self.answers.iter().filter(|(_, answer)| **answer == Ok(None));
        let hidden: Vec<u32> = hidden.map(|(pid, _)| *pid).collect();
        let strangers: BTreeSet<u32> =
            hidden.into_iter().filter(|pid| !self.may_inherit(*pid, known)).collect();
        holders(self.answers.iter().filter(|(pid, _)| !strangers.contains(pid)), inode)
    }

    /// Whether a hidden process may be a child of these, or of a child of theirs that ended.
    fn may_inherit(&mut self, pid: u32, known: &[u32]) -> bool {
        if self.before.contains(&pid) {
            return false;
        }
        let above = self.above(pid);
        let Some(parent) = above.first() else { return false };
        if *parent == INIT || above.iter().any(|it| known.contains(it)) {
            return true;
        }
        // An orphan goes to the nearest subreaper above it, which is above its parent as well (prctl(2),
        // PR_SET_CHILD_SUBREAPER); which that was cannot be told once that has ended.
        known.iter().any(|known| {
            let above = self.above(*known);
            above.is_empty() || above.contains(parent)
        })
    }

    /// Its parent, the parent of that, and so on.
    fn above(&mut self, pid: u32) -> Vec<u32> {
        let parents = &mut self.processes.parents;
        let parent = parents(pid);
        std::iter::successors(parent, |pid| parents(*pid)).take(MOST_PARENTS).collect()
    }

    /// These processes by name, where that can be told: the number alone is enough to find one.
    pub(super) fn describe(&mut self, pids: &[u32]) -> Vec<Process> {
        let told =
            self.processes.names.describe(&pids.iter().copied().collect()).unwrap_or_default();
        let named = |pid: &u32| told.iter().find(|it| it.pid == *pid).cloned();
        pids.iter().map(|pid| named(pid).unwrap_or_else(|| unnamed(*pid))).collect()
    }

    /// Whether all of these have ended. What cannot be told has not.
    pub(super) fn have_ended(&mut self, processes: &[Process]) -> bool {
        !processes.is_empty() && processes.iter().all(|process| self.has_ended(process))
    }

    /// Whether this process is over, or its number is another's by now.
    fn has_ended(&mut self, process: &Process) -> bool {
        if (self.processes.ended)(process.pid) {
            return true;
        }
        let Ok(now) = self.processes.names.describe(&BTreeSet::from([process.pid])) else {
            return false;
        };
        now.iter().all(|now| {
            let started = now.started_s.zip(process.started_s);
            started.is_some_and(|(now, then)| now != then)
        })
    }

    /// Asks every process once.
    fn ask_all(&mut self) -> Result<(), CallError> {
        if self.asked_all {
            return Ok(());
        }
        let began = Instant::now();
        let pids = (self.processes.pids)();
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
            let answer = (self.processes.held)(pid).map_err(|error| CallError::new(&error));
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
        // Every process was looked into: it was missed in passing, and is looked for again.
        Owner::Hidden { .. } if sees_all(table) => None,
        Owner::Hidden { user } => Some(Holder::Hidden(user.clone())),
        Owner::NotAccepted => Some(Holder::NotAccepted),
        // What the kernel keeps alone tells nothing of who had it.
        Owner::Remembered(_) | Owner::NoOwner => None,
    };
    Found { holder, inode: socket.inode }
}

/// Whether nobody's descriptors were hidden from whoever read this table.
fn sees_all(table: &Snapshot) -> bool {
    table.gaps.iter().any(|gap| matches!(gap, Gap::OwnersElsewhere { .. }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::model::State;
    use crate::os::live_source;

    /// Who has which sockets; none who is hidden.
    const PROCESSES: [(u32, Option<u32>); 4] =
        [(810, None), (811, Some(1)), (812, Some(2)), (813, None)];

    /// Where the first so many were there before, the last is a child of this one, and how often who is there was asked.
    fn owners(before: usize, there: usize, parent: u32) -> (Owners, Arc<AtomicUsize>) {
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
        let parents = move |pid| match pid {
            813 => Some(parent),
            812 => Some(811),
            811 => Some(800),
            _ => None,
        };
        let processes = Processes {
            held: Box::new(held),
            pids: Box::new(pids),
            parents: Box::new(parents),
            ..Processes::of_this_computer()
        };
        let mut owners = Owners::new(live_source(), processes);
        owners.begin().expect("they are there");
        (owners, listed)
    }

    #[test]
    fn whoever_inherited_a_socket_is_found_and_all_are_asked_once_at_a_time() {
        let (mut owners, listed) = owners(2, 3, 812);
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
    fn beside_a_hidden_process_that_may_have_inherited_it_it_cannot_be_told() {
        let (mut child, _) = owners(3, 4, 812);
        assert_eq!(child.holders(&[811], 3), Ok(None), "813 is a child of its child");
        assert_eq!(child.holders(&[811], 2), Ok(Some(vec![812])), "whoever may have it too");
        assert_eq!(child.holders(&[810], 3), Ok(None), "it had it, and is hidden");
        let (mut orphan, _) = owners(3, 4, INIT);
        assert_eq!(orphan.holders(&[811], 3), Ok(None), "its parent may have been one");
        let (mut reaped, _) = owners(3, 4, 800);
        assert_eq!(
            reaped.holders(&[811], 3),
            Ok(None),
            "800 is above 811, and may reap what that leaves"
        );
        let (mut stranger, _) = owners(3, 4, 900);
        assert_eq!(stranger.holders(&[811], 3), Ok(Some(Vec::new())));
        assert_eq!(
            stranger.holders(&[820], 3),
            Ok(None),
            "who was above 820 is not known any more"
        );
        let (mut older, _) = owners(4, 4, 811);
        assert_eq!(older.holders(&[811], 3), Ok(Some(Vec::new())));
    }

    #[test]
    fn a_process_is_hidden_only_where_something_could_not_be_read() {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let mut table = live_source().poll().expect("a table").expect("a live one");
        let owner = Owner::Hidden { user: Some("root".into()) };
        let row = Socket::new(address(1), Some(address(2)), State::Established, owner);
        table.sockets = vec![row];
        let key = (address(1), address(2));
        let mut holder = |gap| {
            table.gaps = vec![gap];
            find(&table, &BTreeSet::from([key])).remove(&key).expect("its row").holder
        };
        assert_eq!(holder(Gap::OwnersElsewhere { sockets: 1 }), None, "it was missed in passing");
        let hidden = holder(Gap::OwnersHidden { user: Some("root".into()), sockets: 1 });
        assert_eq!(hidden, Some(Holder::Hidden(Some("root".into()))));
    }
}
