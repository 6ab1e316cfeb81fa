//! Identity through time: which row of this table is which row of the one before.
//!
//! Rows are matched by 4-tuple. A 4-tuple whose state could not have come from the state before carries
//! a new connection, which inherits nothing from the old one.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use crate::model::{Owner, Pids, Process, Snapshot, Socket, State};

/// Names one socket for as long as the program runs; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(u64);

impl SocketId {
    /// The bare number, for ids of widgets.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// When a socket came into its present state, as far as that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// It was so when first seen: the state began then or earlier.
    Before(SystemTime),
    /// It began between the look before (`after`) and this one (`seen`).
    Between {
        /// The last look at which it was not so.
        after: SystemTime,
        /// The first look at which it was.
        seen: SystemTime,
    },
}

impl Since {
    /// The first look that showed the socket in its present state.
    pub const fn seen(self) -> SystemTime {
        match self {
            Self::Before(seen) | Self::Between { seen, .. } => seen,
        }
    }
}

/// What tracking knows of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Track {
    /// Which socket it is.
    pub id: SocketId,
    /// When it came into its present state.
    pub since: Since,
}

/// For so many polls in a row a row may be missing from partial tables before it counts as gone.
const PARTIAL_POLLS: u64 = 60;

/// Where a row is matched: several listeners, or sockets that are merely bound, may share one address, and
/// are told apart by the order in which the system lists them.
type Place = (SocketAddr, Option<SocketAddr>, u16);

#[derive(Debug)]
struct Entry {
    track: Track,
    state: State,
    /// Who held it when that was last seen; resolved then, since a pid may be another's later.
    holders: Option<Arc<[Process]>>,
    poll: u64,
}

/// Follows sockets from table to table.
#[derive(Debug, Default)]
pub struct Tracker {
    entries: HashMap<Place, Entry>,
    next_id: u64,
    poll: u64,
    last_look: Option<SystemTime>,
}

impl Tracker {
    /// Follows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next table, read at `at`; gives what is known of each row, in the table's order.
    ///
    /// A row whose owner the kernel has dropped gets its remembered owner in the table.
    pub fn observe(&mut self, snapshot: &mut Snapshot, at: SystemTime) -> Vec<Track> {
        self.poll += 1;
        let mut twins = HashMap::new();
        let mut resolved = HashMap::new();
        let Snapshot { sockets, processes, .. } = snapshot;
        let tracks = sockets
            .iter_mut()
            .map(|socket| {
                let place = self.place(socket, &mut twins);
                let entry = self.follow(place, socket.state, at);
                match &socket.owner {
                    Owner::Known(pids) => {
                        let holders = resolved
                            .entry(Arc::clone(pids))
                            .or_insert_with_key(|pids| resolve(pids, processes));
                        entry.holders = Some(Arc::clone(holders));
                    }
                    Owner::NoOwner => {
                        if let Some(holders) = &entry.holders {
                            socket.owner = Owner::Remembered(Arc::clone(holders));
                        }
                    }
                    Owner::Remembered(_) | Owner::NotAccepted | Owner::Hidden { .. } => {}
                }
                entry.track
            })
            .collect();
        let poll = self.poll;
        // A row that a partial table lacks may well still be there, but not for ever.
        let patience = if snapshot.is_partial() { PARTIAL_POLLS } else { 0 };
        self.entries.retain(|_, entry| poll - entry.poll <= patience);
        if !snapshot.is_partial() {
            self.last_look = Some(at);
        }
        tracks
    }

    /// The kernel allows a 4-tuple one connection, but addresses may lack what tells two apart: the
    /// interface of a link-local address, or a socket bound to a device. `twins` counts them in this poll.
    fn place(
        &self,
        socket: &Socket,
        twins: &mut HashMap<(SocketAddr, Option<SocketAddr>), u16>,
    ) -> Place {
        let (local, remote) = (socket.local, socket.remote);
        let taken =
            self.entries.get(&(local, remote, 0)).is_some_and(|entry| entry.poll == self.poll);
        let twin = if taken {
            let last = twins.entry((local, remote)).or_default();
            *last = last.saturating_add(1);
            *last
        } else {
            0
        };
        (local, remote, twin)
    }

    fn follow(&mut self, place: Place, state: State, at: SystemTime) -> &mut Entry {
        let since = match self.last_look {
            Some(after) => Since::Between { after, seen: at },
            None => Since::Before(at),
        };
        let poll = self.poll;
        let next_id = &mut self.next_id;
        let mut new_entry = || {
            let id = SocketId(*next_id);
            *next_id += 1;
            Entry { track: Track { id, since }, state, holders: None, poll }
        };
        let entry = self.entries.entry(place).or_insert_with(&mut new_entry);
        if !state.can_follow(entry.state) {
            *entry = new_entry();
        } else if state != entry.state {
            entry.state = state;
            entry.track.since = since;
        }
        entry.poll = poll;
        entry
    }
}

/// The processes by these pids; one that ended before it could be looked up keeps its pid alone.
fn resolve(pids: &Pids, processes: &BTreeMap<u32, Process>) -> Arc<[Process]> {
    pids.iter()
        .map(|pid| {
            processes.get(pid).cloned().unwrap_or_else(|| Process {
                pid: *pid,
                name: String::new(),
                started_s: None,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{Gap, Host, Protocol};

    const REMOTE: Option<&str> = Some("10.0.0.9:443");

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    fn socket(local: &str, remote: Option<&str>, state: State, owner: Owner) -> Socket {
        Socket {
            protocol: Protocol::Tcp,
            local: local.parse().expect("an address"),
            remote: remote.map(|remote| remote.parse().expect("an address")),
            state,
            owner,
        }
    }

    fn table(sockets: Vec<Socket>, processes: &[(u32, &str)]) -> Snapshot {
        Snapshot {
            taken_at: at(0),
            host: Arc::new(Host { name: "build-17".to_owned(), os: "Linux".to_owned() }),
            source: "test".to_owned(),
            took: None,
            sockets,
            processes: processes
                .iter()
                .map(|(pid, name)| {
                    (*pid, Process { pid: *pid, name: (*name).to_owned(), started_s: None })
                })
                .collect(),
            gaps: Vec::new(),
        }
    }

    fn known(pid: u32) -> Owner {
        Owner::Known(Arc::from([pid]))
    }

    #[test]
    fn a_socket_keeps_its_identity_and_its_state_begins_between_two_looks() {
        let mut tracker = Tracker::new();
        let row =
            |state| table(vec![socket("10.0.0.1:5000", REMOTE, state, known(7))], &[(7, "curl")]);
        let first = tracker.observe(&mut row(State::Established), at(1))[0];
        assert_eq!(first.since, Since::Before(at(1)));
        let second = tracker.observe(&mut row(State::Established), at(2))[0];
        assert_eq!(second, first);
        let third = tracker.observe(&mut row(State::CloseWait), at(3))[0];
        assert_eq!(third.id, first.id);
        assert_eq!(third.since, Since::Between { after: at(2), seen: at(3) });
    }

    #[test]
    fn a_dropped_owner_is_remembered_and_a_reused_port_does_not_inherit() {
        let mut tracker = Tracker::new();
        let row = |state, owner, names: &[(u32, &str)]| {
            table(vec![socket("10.0.0.1:5000", REMOTE, state, owner)], names)
        };
        let first =
            tracker.observe(&mut row(State::Established, known(7), &[(7, "curl")]), at(1))[0];

        let mut waiting = row(State::TimeWait, Owner::NoOwner, &[(7, "someone-else")]);
        assert_eq!(tracker.observe(&mut waiting, at(2))[0].id, first.id);
        let Owner::Remembered(processes) = &waiting.sockets[0].owner else {
            panic!("the owner is forgotten: {:?}", waiting.sockets[0].owner);
        };
        assert_eq!(processes[0].name, "curl");

        let mut reused = row(State::Established, Owner::NoOwner, &[]);
        assert_ne!(tracker.observe(&mut reused, at(3))[0].id, first.id);
        assert_eq!(reused.sockets[0].owner, Owner::NoOwner);
    }

    #[test]
    fn listeners_on_one_address_are_told_apart() {
        let mut tracker = Tracker::new();
        let listeners = || {
            let row = |pid| socket("0.0.0.0:80", None, State::Listen, known(pid));
            table(vec![row(1), row(2), row(3)], &[])
        };
        let first = tracker.observe(&mut listeners(), at(1));
        let ids: Vec<u64> = first.iter().map(|track| track.id.number()).collect();
        assert_eq!(ids, [0, 1, 2]);
        assert_eq!(tracker.observe(&mut listeners(), at(2)), first);
    }

    #[test]
    fn a_partial_table_forgets_nothing() {
        let mut tracker = Tracker::new();
        let full = || table(vec![socket("10.0.0.1:5000", REMOTE, State::CloseWait, known(7))], &[]);
        let first = tracker.observe(&mut full(), at(1))[0];
        let mut partial = table(vec![], &[]);
        partial.gaps.push(Gap::RowsUnreadable { rows: 1, cause: "EIO".to_owned() });
        tracker.observe(&mut partial.clone(), at(2));
        assert_eq!(tracker.observe(&mut full(), at(3))[0], first);
        tracker.observe(&mut table(vec![], &[]), at(4));
        let second = tracker.observe(&mut full(), at(5))[0];
        assert_ne!(second.id, first.id);
        for second in 0..=PARTIAL_POLLS {
            tracker.observe(&mut partial.clone(), at(6 + second));
        }
        assert_ne!(tracker.observe(&mut full(), at(100))[0].id, second.id, "not for ever");
    }
}
