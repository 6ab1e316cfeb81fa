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
    /// Every socket that is not simply the same, by fate, then in the order of the tables.
    pub sockets: Vec<SocketChange>,
}

impl Comparison {
    /// Compares two snapshots; they may come from different machines.
    pub fn new(a: Arc<Snapshot>, b: Arc<Snapshot>) -> Self {
        let sockets = socket_changes(&a.sockets, &b.sockets);
        let holders = holder_changes(&a, &b);
        Self {
            counts_a: a.counts(),
            counts_b: b.counts(),
            a,
            b,
            holders,
            sockets,
        }
    }

    /// How many sockets had this fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.sockets
            .iter()
            .filter(|change| change.fate == fate)
            .count()
    }

    /// How many sockets differ: those that are new, gone, or in another state.
    pub fn differing(&self) -> usize {
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
        in_b.entry((socket.local, socket.remote))
            .or_default()
            .push(index);
    }
    let mut matched = HashSet::new();
    let mut changes = Vec::new();
    for (index_a, socket) in a.iter().enumerate() {
        let candidate = in_b
            .get_mut(&(socket.local, socket.remote))
            .and_then(Vec::pop);
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
        changes.extend(fate.map(|fate| SocketChange {
            fate,
            in_a: Some(index_a),
            in_b: same,
        }));
    }
    changes.extend(
        (0..b.len())
            .filter(|index| !matched.contains(index))
            .map(|index| SocketChange {
                fate: Fate::New,
                in_a: None,
                in_b: Some(index),
            }),
    );
    changes.sort_by_key(|change| change.fate);
    changes
}

/// A holder as one snapshot knows it. Two processes are one when pid, name and start agree.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Process {
        name: String,
        pid: u32,
        started_s: Option<u64>,
    },
    Other(Holder),
}

fn holder_changes(a: &Snapshot, b: &Snapshot) -> Vec<HolderChange> {
    let mut in_a = counts_by_holder(a);
    let mut in_b = counts_by_holder(b);
    let mut changes = Vec::new();

    let both: Vec<Key> = in_a
        .keys()
        .filter(|key| in_b.contains_key(*key))
        .cloned()
        .collect();
    for key in both {
        let (Some(a), Some(b)) = (in_a.remove(&key), in_b.remove(&key)) else {
            continue;
        };
        let holder = match key {
            Key::Process { name, pid, .. } => Holder::Process {
                name,
                pid_a: Some(pid),
                pid_b: Some(pid),
            },
            Key::Other(holder) => holder,
        };
        changes.push(HolderChange { holder, a, b });
    }
    // What is left of one name on each side is a restart when it is one process on each side.
    for (key, b) in std::mem::take(&mut in_b) {
        let holder = match key {
            Key::Other(holder) => holder,
            Key::Process { name, pid, .. } => {
                let old = only_process_named(&in_a, &name);
                let before = old
                    .as_ref()
                    .and_then(|(key, pid)| Some((in_a.remove(key)?, *pid)));
                let pid_a = before.map(|(_, pid)| pid);
                let a = before.map(|(counts, _)| counts).unwrap_or_default();
                let holder = Holder::Process {
                    name,
                    pid_a,
                    pid_b: Some(pid),
                };
                changes.push(HolderChange { holder, a, b });
                continue;
            }
        };
        changes.push(HolderChange {
            holder,
            a: StateCounts::default(),
            b,
        });
    }
    for (key, a) in in_a {
        let holder = match key {
            Key::Process { name, pid, .. } => Holder::Process {
                name,
                pid_a: Some(pid),
                pid_b: None,
            },
            Key::Other(holder) => holder,
        };
        changes.push(HolderChange {
            holder,
            a,
            b: StateCounts::default(),
        });
    }
    changes.sort_by_cached_key(|change| {
        let (a, b) = (change.a[State::CloseWait], change.b[State::CloseWait]);
        let total = change.a.total().abs_diff(change.b.total());
        (
            std::cmp::Reverse((a.abs_diff(b), a.max(b), total)),
            change.holder.clone(),
        )
    });
    changes
}

fn only_process_named(counts: &BTreeMap<Key, StateCounts>, wanted: &str) -> Option<(Key, u32)> {
    let mut found = counts.keys().filter_map(|key| match key {
        Key::Process { name, pid, .. } if name == wanted && !name.is_empty() => {
            Some((key.clone(), *pid))
        }
        Key::Process { .. } | Key::Other(_) => None,
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
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
        let key = snapshot.processes.get(&pid).map_or_else(
            || Key::Process {
                name: String::new(),
                pid,
                started_s: None,
            },
            process,
        );
        *counts.entry(key).or_default() += counted;
    }
    counts
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::model::{Host, Protocol};

    fn socket(port: u16, state: State, owner: Owner) -> Socket {
        Socket {
            protocol: Protocol::Tcp,
            local: SocketAddr::from(([10, 0, 0, 1], port)),
            remote: Some(SocketAddr::from(([10, 0, 0, 9], 443))),
            state,
            owner,
        }
    }

    fn known(pid: u32) -> Owner {
        Owner::Known(Arc::from([pid]))
    }

    fn snapshot(sockets: Vec<Socket>, processes: &[(u32, &str)]) -> Arc<Snapshot> {
        Arc::new(Snapshot {
            taken_at: SystemTime::UNIX_EPOCH,
            host: Arc::new(Host {
                name: "build-17".to_owned(),
                os: "Linux".to_owned(),
            }),
            source: "test".to_owned(),
            took: None,
            sockets,
            processes: processes
                .iter()
                .map(|(pid, name)| {
                    let started_s = Some(u64::from(*pid));
                    (
                        *pid,
                        Process {
                            pid: *pid,
                            name: (*name).to_owned(),
                            started_s,
                        },
                    )
                })
                .collect(),
            gaps: Vec::new(),
        })
    }

    #[test]
    fn every_fate_is_told_apart() {
        let a = snapshot(
            vec![
                socket(1, State::CloseWait, known(7)),
                socket(2, State::Established, known(7)),
                socket(3, State::Established, known(7)),
                socket(4, State::Established, known(7)),
                socket(5, State::TimeWait, Owner::NoOwner),
            ],
            &[(7, "feed")],
        );
        let b = snapshot(
            vec![
                socket(5, State::Established, known(7)),
                socket(1, State::CloseWait, known(7)),
                socket(2, State::CloseWait, known(7)),
                socket(3, State::Established, known(7)),
                socket(6, State::SynSent, known(7)),
            ],
            &[(7, "feed")],
        );
        let comparison = Comparison::new(a, b);
        let change = |fate, in_a, in_b| SocketChange { fate, in_a, in_b };
        assert_eq!(
            comparison.sockets,
            [
                change(Fate::Stuck, Some(0), Some(1)),
                change(Fate::Changed, Some(1), Some(2)),
                change(Fate::New, None, Some(0)),
                change(Fate::New, None, Some(4)),
                change(Fate::Gone, Some(3), None),
                change(Fate::Gone, Some(4), None),
            ]
        );
        assert_eq!(comparison.differing(), 5);
        assert_eq!(comparison.counts_b[State::CloseWait], 2);
    }

    #[test]
    fn a_restarted_process_is_one_holder_and_says_so() {
        let a = snapshot(
            vec![
                socket(1, State::CloseWait, known(7)),
                socket(2, State::Established, known(8)),
            ],
            &[(7, "feed"), (8, "chrome")],
        );
        let b = snapshot(
            vec![
                socket(3, State::Established, known(9)),
                socket(2, State::Established, known(8)),
            ],
            &[(9, "feed"), (8, "chrome")],
        );
        let comparison = Comparison::new(a, b);
        let holder = &comparison.holders[0].holder;
        let feed = Holder::Process {
            name: "feed".to_owned(),
            pid_a: Some(7),
            pid_b: Some(9),
        };
        assert_eq!(holder, &feed);
        assert!(holder.was_restarted());
        assert!(!comparison.holders[1].holder.was_restarted());
    }

    #[test]
    fn two_processes_of_one_name_are_not_guessed_to_be_restarts() {
        let row = |port, pid| socket(port, State::Established, known(pid));
        let a = snapshot(vec![row(1, 7), row(2, 8)], &[(7, "chrome"), (8, "chrome")]);
        let b = snapshot(vec![row(3, 9)], &[(9, "chrome")]);
        let comparison = Comparison::new(a, b);
        assert_eq!(comparison.holders.len(), 3);
        assert!(
            comparison
                .holders
                .iter()
                .all(|change| !change.holder.was_restarted())
        );
    }

    #[test]
    fn holders_without_a_process_are_counted_too() {
        let hidden = Owner::Hidden {
            user: Some(Arc::from("postgres")),
        };
        let rows = vec![
            socket(1, State::Established, hidden),
            socket(2, State::TimeWait, Owner::NoOwner),
            socket(3, State::CloseWait, Owner::NotAccepted),
        ];
        let comparison = Comparison::new(snapshot(rows, &[]), snapshot(Vec::new(), &[]));
        let total: StateCounts = comparison.holders.iter().map(|change| change.a).sum();
        assert_eq!(total, comparison.counts_a);
        assert_eq!(comparison.holders[0].holder, Holder::NotAccepted);
    }
}
