//! Identity through time: which row of this table is which row of the one before.
//!
//! Rows are matched by the kernel's cookie, which decides alone. Where a system has none they are matched by
//! 4-tuple, and a 4-tuple whose state could not have come from the state before carries a new connection,
//! which inherits nothing from the old one.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::model::{CountedMap, Owner, Pids, Process, Snapshot, Socket, State, TimerKind};

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
pub struct Since {
    /// It cannot have begun before this; none where nothing bounds it.
    pub earliest: Option<SystemTime>,
    /// It had begun by then.
    pub latest: SystemTime,
}

impl Since {
    /// How long it has been so at `now`, at the least.
    pub fn at_least(&self, now: SystemTime) -> Duration {
        now.duration_since(self.latest).unwrap_or_default()
    }

    /// How long it has been so at `now`, at the most; none where nothing bounds it.
    pub fn at_most(&self, now: SystemTime) -> Option<Duration> {
        self.earliest.map(|earliest| now.duration_since(earliest).unwrap_or_default())
    }
}

/// A state that a socket was seen to come into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The state.
    pub state: State,
    /// When it came into it.
    pub since: Since,
}

/// What tracking knows of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// Which socket it is.
    pub id: SocketId,
    /// When it came into its present state.
    pub since: Since,
    /// The states it was seen in, oldest first, the present one last; none while it was seen in one alone.
    pub path: Option<Arc<[Transition]>>,
    /// Whether it was there at the very first look, so that when it was made was not seen.
    pub from_start: bool,
}

/// The longest path that is kept of one socket.
const LONGEST_PATH: usize = 16;

/// How long Linux keeps a row in TIME_WAIT (`TCP_TIMEWAIT_LEN` in the kernel's net/tcp.h); no setting changes it. A
/// FIN that comes again starts it anew, which only makes the row older than it is said to be.
const TIME_WAIT_MS: u32 = 60_000;

/// For so many polls in a row a row may be missing from partial tables before it counts as gone.
const PARTIAL_POLLS: u64 = 60;

/// Where a row is matched that has no cookie: several listeners, or sockets that are merely bound, may share one
/// address, and are told apart by the order in which the system lists them.
type Place = (SocketAddr, Option<SocketAddr>, u16);

#[derive(Debug)]
struct Entry {
    track: Track,
    state: State,
    /// Who held it when that was last seen; resolved then, since a pid may be another's later.
    holders: Option<Arc<[Process]>>,
    poll: u64,
    /// Where it stood in the table of that poll.
    row: usize,
}

/// What a table says when it is held against those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// What is known of each row, in the table's order.
    pub tracks: Vec<Track>,
    /// The rows of the table before that are not there any more: where they stood in it, and what was known
    /// of them.
    pub vanished: Vec<(usize, Track)>,
    /// The rows of the table before that a partial table lacks, which says nothing of them yet.
    pub missing: Vec<(usize, Track)>,
}

/// When a table was read: its rows are of some moment between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Reading began.
    pub began: SystemTime,
    /// Reading had ended.
    pub ended: SystemTime,
}

impl From<SystemTime> for Look {
    /// A look that took no time.
    fn from(at: SystemTime) -> Self {
        Self { began: at, ended: at }
    }
}

/// A row that is not there any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vanished {
    /// The row as it was last seen.
    pub socket: Socket,
    /// What was known of it.
    pub track: Track,
    /// The first look that did not show it.
    pub at: SystemTime,
}

/// Follows sockets from table to table.
#[derive(Debug, Default)]
pub struct Tracker {
    by_cookie: CountedMap<NonZeroU64, Entry>,
    by_place: HashMap<Place, Entry>,
    next_id: u64,
    poll: u64,
    /// When reading the last whole table began: what it did not show came after that.
    last_look: Option<SystemTime>,
}

impl Tracker {
    /// Follows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets every row, as after another source's tables. Ids go on: none is used twice.
    pub fn restart(&mut self) {
        *self = Self { next_id: self.next_id, poll: self.poll, ..Self::default() };
    }

    /// Takes the next table.
    ///
    /// A row whose owner the kernel has dropped gets its remembered owner in the table.
    pub fn observe(&mut self, snapshot: &mut Snapshot, look: impl Into<Look>) -> Observed {
        let at = look.into();
        self.poll += 1;
        let mut twins = HashMap::new();
        // By where the pids are held, which a source shares among rows.
        let mut resolved: CountedMap<usize, Arc<[Process]>> = CountedMap::default();
        let partial = snapshot.is_partial();
        let Snapshot { sockets, processes, .. } = snapshot;
        let mut tracks = Vec::with_capacity(sockets.len());
        for (row, socket) in sockets.iter_mut().enumerate() {
            let entry = self.follow(socket, row, at, &mut twins);
            match &socket.owner {
                Owner::Known(pids) => {
                    let holders = resolved
                        .entry(Arc::as_ptr(pids).addr())
                        .or_insert_with(|| resolve(pids, processes));
                    entry.holders = Some(Arc::clone(holders));
                }
                Owner::NoOwner => {
                    if let Some(holders) = &entry.holders {
                        socket.owner = Owner::Remembered(Arc::clone(holders));
                    }
                }
                Owner::Remembered(_) | Owner::NotAccepted | Owner::Hidden { .. } => {}
            }
            tracks.push(entry.track.clone());
        }
        let mut observed = Observed { tracks, ..Observed::default() };
        self.forget(partial, &mut observed);
        if !partial {
            self.last_look = Some(at.began);
        }
        observed
    }

    /// Drops what is gone. A row that a partial table lacks may well still be there, but not for ever.
    /// Notes what vanished, and what is only missing.
    fn forget(&mut self, partial: bool, observed: &mut Observed) {
        let poll = self.poll;
        let patience = if partial { PARTIAL_POLLS } else { 0 };
        let Observed { vanished, missing, .. } = observed;
        let mut stays = |entry: &mut Entry| {
            let stays = poll - entry.poll <= patience;
            // Longer ago it was noted as missing already.
            if entry.poll + 1 == poll {
                let list = if stays { &mut *missing } else { &mut *vanished };
                list.push((entry.row, entry.track.clone()));
            }
            stays
        };
        self.by_cookie.retain(|_, entry| stays(entry));
        self.by_place.retain(|_, entry| stays(entry));
        vanished.sort_unstable_by_key(|(row, _)| *row);
        missing.sort_unstable_by_key(|(row, _)| *row);
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
            self.by_place.get(&(local, remote, 0)).is_some_and(|entry| entry.poll == self.poll);
        let twin = if taken {
            let last = twins.entry((local, remote)).or_default();
            *last = last.saturating_add(1);
            *last
        } else {
            0
        };
        (local, remote, twin)
    }

    fn follow(
        &mut self,
        socket: &Socket,
        row: usize,
        at: Look,
        twins: &mut HashMap<(SocketAddr, Option<SocketAddr>), u16>,
    ) -> &mut Entry {
        let (poll, last_look, state) = (self.poll, self.last_look, socket.state);
        let place = socket.cookie.is_none().then(|| self.place(socket, twins));
        let next_id = &mut self.next_id;
        let mut new_entry = || {
            let id = SocketId(*next_id);
            *next_id += 1;
            let since = since(socket, last_look, at);
            let track = Track { id, since, path: None, from_start: last_look.is_none() };
            Entry { track, state, holders: None, poll, row }
        };
        let entry = match (socket.cookie, place) {
            (Some(cookie), _) => self.by_cookie.entry(cookie).or_insert_with(&mut new_entry),
            (None, place) => {
                let place = place.unwrap_or((socket.local, socket.remote, 0));
                let entry = self.by_place.entry(place).or_insert_with(&mut new_entry);
                // Without a cookie a state that cannot follow tells that this is another connection.
                if !state.can_follow(entry.state) {
                    *entry = new_entry();
                }
                entry
            }
        };
        if state != entry.state {
            entry.pass_into(state, since(socket, last_look, at));
        }
        entry.poll = poll;
        entry.row = row;
        entry
    }
}

impl Entry {
    fn pass_into(&mut self, state: State, since: Since) {
        let before = Transition { state: self.state, since: self.track.since };
        let now = Transition { state, since };
        let path: Arc<[Transition]> = match &self.track.path {
            // A socket that is connected again and again has no end of them.
            Some(path) if path.len() >= LONGEST_PATH => {
                path[1..].iter().copied().chain([now]).collect()
            }
            Some(path) => path.iter().copied().chain([now]).collect(),
            None => Arc::new([before, now]),
        };
        self.track.path = Some(path);
        self.track.since = since;
        self.state = state;
    }
}

/// When the present state began, for a row that was not so at the last look, from the looks and from what the
/// kernel tells.
///
/// A FIN does not touch the time of the last data, and was acknowledged when it came (CLOSE_WAIT), as ours was
/// (`FIN_WAIT_2`): so the last acknowledgement came no earlier, and the last data no later. An open connection
/// is at least as old as anything that happened on it. TIME_WAIT has a fixed length on Linux, and a timer.
fn since(socket: &Socket, last_look: Option<SystemTime>, look: Look) -> Since {
    let (mut earliest, mut latest) = (last_look, look.ended);
    let mut narrow = |not_before: Option<SystemTime>, not_after: Option<SystemTime>| {
        // What the kernel tells may not contradict what was seen.
        if let Some(bound) = not_after.filter(|bound| earliest.is_none_or(|least| *bound >= least))
        {
            latest = latest.min(bound);
        }
        if let Some(bound) = not_before.filter(|bound| *bound <= latest) {
            earliest = Some(earliest.map_or(bound, |least| least.max(bound)));
        }
    };
    // The kernel counted from the moment at which it gave the row, somewhere within the look.
    let ago = |ms: u32, from: SystemTime| from.checked_sub(Duration::from_millis(ms.into()));
    let after = |ms| ago(ms, look.began);
    let by = |ms| ago(ms, look.ended);
    match (socket.state, &socket.tcp_info, &socket.timer) {
        (State::CloseWait, Some(info), _) => {
            narrow(after(info.last_data_received_ms), by(info.last_ack_received_ms));
        }
        (State::FinWait2, Some(info), _) => narrow(None, by(info.last_ack_received_ms)),
        (State::Established, Some(info), _) => {
            let oldest = info.last_ack_received_ms.max(info.last_data_received_ms);
            narrow(None, by(oldest.max(info.last_data_sent_ms)));
        }
        (State::TimeWait, _, Some(timer)) if timer.kind == TimerKind::Expiry => {
            let elapsed = TIME_WAIT_MS.checked_sub(timer.remaining_ms);
            narrow(elapsed.and_then(after), elapsed.and_then(by));
        }
        _ => {}
    }
    Since { earliest, latest }
}

/// The processes by these pids; one that ended before it could be looked up keeps its pid alone.
pub fn resolve(pids: &Pids, processes: &BTreeMap<u32, Process>) -> Arc<[Process]> {
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
mod tests;
