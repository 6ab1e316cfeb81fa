//! Two snapshots compared: by state, by who holds the sockets, and socket by socket.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;

use crate::model::{Owner, Process, Snapshot, Socket, State, StateCounts};

/// What became of one socket between A and B, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// The same 4-tuple is in CLOSE_WAIT in both.
    Stuck,
    /// It is in another state.
    Changed,
    /// Only B has it.
    New,
    /// Only A has it.
    Gone,
}

impl Fate {
    /// Every fate, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Stuck, Self::Changed, Self::New, Self::Gone];

    /// The word for it in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Changed => "changed",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

/// One socket that is not simply the same in both snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketChange {
    /// What became of it.
    pub fate: Fate,
    /// Its row in A, by index.
    pub in_a: Option<usize>,
    /// Its row in B, by index.
    pub in_b: Option<usize>,
}

/// Who holds a group of sockets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A process; one that was restarted in between is one holder under its name.
    Process {
        /// The program's name; empty where it could not be read.
        name: String,
        /// Its pid in A, if it was there.
        pid_a: Option<u32>,
        /// Its pid in B, if it is there.
        pid_b: Option<u32>,
    },
    /// Some process of this user, hidden from whoever took the snapshot.
    Hidden(Option<Arc<str>>),
    /// Nobody yet: it waits in an accept queue.
    NotAccepted,
    /// The kernel alone.
    Kernel,
}

impl Holder {
    /// Whether a process by this name ended and another by the same name began.
    pub fn was_restarted(&self) -> bool {
        matches!(self, Self::Process { pid_a: Some(a), pid_b: Some(b), .. } if a != b)
    }
}

/// A holder's sockets in both snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderChange {
    /// Who.
    pub holder: Holder,
    /// The counts in A.
    pub a: StateCounts,
    /// The counts in B.
    pub b: StateCounts,
}

/// Two snapshots, and everything in which they differ.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The earlier one, or whichever was named first.
    pub a: Arc<Snapshot>,
    /// The later one.
    pub b: Arc<Snapshot>,
    /// The counts by state in A.
    pub counts_a: StateCounts,
    /// The counts by state in B.
    pub counts_b: StateCounts,
    /// Every holder, those whose CLOSE_WAIT changed most first.
    pub holders: Vec<HolderChange>,
    /// Every socket that is not simply the same, by fate, then in the order in which states are shown.
    pub sockets: Vec<SocketChange>,
    fates: [usize; Fate::ALL.len()],
}

impl Comparison {
    /// Compares two snapshots; they may come from different machines.
    pub fn new(a: Arc<Snapshot>, b: Arc<Snapshot>) -> Self {
        let sockets = socket_changes(&a.sockets, &b.sockets);
        let holders = holder_changes(&a, &b);
        let fates = Fate::ALL.map(|fate| sockets.iter().filter(|it| it.fate == fate).count());
        Self { counts_a: a.counts(), counts_b: b.counts(), a, b, holders, sockets, fates }
    }

    /// How many sockets had this fate.
    pub const fn count(&self, fate: Fate) -> usize {
        self.fates[fate as usize]
    }

    /// How many sockets differ: those that are new, gone, or in another state.
    pub const fn differing(&self) -> usize {
        self.sockets.len() - self.count(Fate::Stuck)
    }

    /// The row of a change to show for who and where: B's, which is later, else A's.
    pub fn socket(&self, change: &SocketChange) -> Option<(&Snapshot, &Socket)> {
        let newer = change.in_b.map(|index| (&*self.b, &self.b.sockets[index]));
        newer.or_else(|| change.in_a.map(|index| (&*self.a, &self.a.sockets[index])))
    }

    /// The state of a socket on each side.
    pub fn states(&self, change: &SocketChange) -> (Option<State>, Option<State>) {
        (
            change.in_a.map(|index| self.a.sockets[index].state),
            change.in_b.map(|index| self.b.sockets[index].state),
        )
    }
}

type Place = (SocketAddr, Option<SocketAddr>);

fn socket_changes(a: &[Socket], b: &[Socket]) -> Vec<SocketChange> {
    // Several listeners may share a place: they are matched in the order in which they stand.
    let mut in_b: HashMap<Place, Vec<usize>> = HashMap::with_capacity(b.len());
    for (index, socket) in b.iter().enumerate().rev() {
        in_b.entry((socket.local, socket.remote)).or_default().push(index);
    }
    let mut matched = HashSet::new();
    let mut changes = Vec::new();
    for (index_a, socket) in a.iter().enumerate() {
        let candidate = in_b.get_mut(&(socket.local, socket.remote)).and_then(|twins| {
            // Of several at one place, one in the same state, else the first.
            let same = twins.iter().rposition(|index| b[*index].state == socket.state);
            match same {
                Some(place) => Some(twins.remove(place)),
                None => twins.pop(),
            }
        });
        // A state that cannot follow means that the 4-tuple carries another connection now: one that is
        // gone and one that is new.
        let same = candidate.filter(|index| b[*index].state.can_follow(socket.state));
        let fate = match same.map(|index| b[index].state) {
            None => Some(Fate::Gone),
            Some(state) if state != socket.state => Some(Fate::Changed),
            Some(State::CloseWait) => Some(Fate::Stuck),
            Some(_) => None,
        };
        matched.extend(same);
        changes.extend(fate.map(|fate| SocketChange { fate, in_a: Some(index_a), in_b: same }));
    }
    changes.extend(
        (0..b.len()).filter(|index| !matched.contains(index)).map(|index| SocketChange {
            fate: Fate::New,
            in_a: None,
            in_b: Some(index),
        }),
    );
    changes.sort_by_key(|change| {
        let now = change.in_b.map(|index| &b[index]).or_else(|| change.in_a.map(|index| &a[index]));
        (change.fate, now.map(|socket| socket.state.shown_position()))
    });
    changes
}

/// A holder as one snapshot knows it. Two processes are one when pid, name and start agree.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Process { name: String, pid: u32, started_s: Option<u64> },
    Other(Holder),
}

fn holder_changes(a: &Snapshot, b: &Snapshot) -> Vec<HolderChange> {
    let mut in_a = counts_by_holder(a);
    let mut in_b = counts_by_holder(b);
    let mut changes = Vec::new();

    let both: Vec<Key> = in_a.keys().filter(|key| in_b.contains_key(*key)).cloned().collect();
    for key in both {
        let (Some(a), Some(b)) = (in_a.remove(&key), in_b.remove(&key)) else { continue };
        let holder = match key {
            Key::Process { name, pid, .. } => {
                Holder::Process { name, pid_a: Some(pid), pid_b: Some(pid) }
            }
            Key::Other(holder) => holder,
        };
        changes.push(HolderChange { holder, a, b });
    }
    // What is left of one name is a restart when it is one process on each side; with more of them, which
    // took over from which would be a guess.
    let only_in_b = only_processes(&in_b);
    for (name, key_a) in only_processes(&in_a) {
        let Some(key_b) = only_in_b.get(&name) else { continue };
        let (Some(a), Some(b)) = (in_a.remove(&key_a), in_b.remove(key_b)) else { continue };
        let holder = Holder::Process { name, pid_a: key_a.pid(), pid_b: key_b.pid() };
        changes.push(HolderChange { holder, a, b });
    }
    let one_sided = |key: Key, in_a: bool| match key {
        Key::Process { name, pid, .. } => Holder::Process {
            name,
            pid_a: Some(pid).filter(|_| in_a),
            pid_b: Some(pid).filter(|_| !in_a),
        },
        Key::Other(holder) => holder,
    };
    let none = StateCounts::default();
    changes.extend(in_a.into_iter().map(|(key, a)| HolderChange {
        holder: one_sided(key, true),
        a,
        b: none,
    }));
    changes.extend(in_b.into_iter().map(|(key, b)| HolderChange {
        holder: one_sided(key, false),
        a: none,
        b,
    }));
    changes.sort_by_cached_key(|change| {
        let (a, b) = (change.a[State::CloseWait], change.b[State::CloseWait]);
        let total = change.a.total().abs_diff(change.b.total());
        (std::cmp::Reverse((a.abs_diff(b), a.max(b), total)), change.holder.clone())
    });
    changes
}

impl Key {
    const fn pid(&self) -> Option<u32> {
        match self {
            Self::Process { pid, .. } => Some(*pid),
            Self::Other(_) => None,
        }
    }
}

/// The processes whose name no other process has, by that name.
fn only_processes(counts: &BTreeMap<Key, StateCounts>) -> BTreeMap<String, Key> {
    let mut by_name: BTreeMap<&str, Vec<&Key>> = BTreeMap::new();
    for key in counts.keys() {
        if let Key::Process { name, .. } = key
            && !name.is_empty()
        {
            by_name.entry(name).or_default().push(key);
        }
    }
    by_name
        .into_iter()
        .filter_map(|(name, keys)| match keys.as_slice() {
            [only] => Some((name.to_owned(), (*only).clone())),
            _ => None,
        })
        .collect()
}

fn counts_by_holder(snapshot: &Snapshot) -> BTreeMap<Key, StateCounts> {
    let mut counts: BTreeMap<Key, StateCounts> = BTreeMap::new();
    let process = |process: &Process| Key::Process {
        name: process.name.clone(),
        pid: process.pid,
        started_s: process.started_s,
    };
    let mut by_pid: HashMap<u32, StateCounts> = HashMap::new();
    for socket in &snapshot.sockets {
        let keys = match &socket.owner {
            // A socket that several processes hold counts for each of them.
            Owner::Known(pids) => {
                for pid in pids.iter() {
                    by_pid.entry(*pid).or_default()[socket.state] += 1;
                }
                continue;
            }
            Owner::Remembered(processes) => processes.iter().map(process).collect(),
            Owner::NoOwner => vec![Key::Other(Holder::Kernel)],
            Owner::NotAccepted => vec![Key::Other(Holder::NotAccepted)],
            Owner::Hidden { user } => vec![Key::Other(Holder::Hidden(user.clone()))],
        };
        for key in keys {
            counts.entry(key).or_default()[socket.state] += 1;
        }
    }
    for (pid, counted) in by_pid {
        let key = snapshot
            .processes
            .get(&pid)
            .map_or_else(|| Key::Process { name: String::new(), pid, started_s: None }, process);
        *counts.entry(key).or_default() += counted;
    }
    counts
}

#[cfg(test)]
mod tests;
