//! What was seen: plain data, taken in look by look.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::lab::log::Bounded;
use crate::model::lab::{Change, End, Resolution};
use crate::model::{PollFailure, Socket, State};
use crate::os::{Pair, PairProbe};

/// How many looks have to agree before something counts as final.
pub(in crate::lab) const STEADY: u64 = 2;

/// The newest changes that a lane keeps.
const CHANGES: usize = 500;

/// What is known of one end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seen {
    /// No look has succeeded yet.
    #[default]
    Unknown,
    /// The last look found no row for it.
    NoRow,
    /// The last look found its row in this state.
    State(State),
}

/// Whether a connection is still looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// It is.
    Looking,
    /// Neither end has a row any more; none can come back.
    RowsGone,
    /// Its time was up before its rows were gone.
    GivenUp,
    /// Its addresses are a newer connection's, which came by then.
    Replaced {
        /// When, in the time of the run.
        by: Duration,
    },
}

/// What was seen of one connection.
#[derive(Clone, Debug)]
pub struct Lane {
    /// The number it was given.
    pub number: u64,
    /// Its addresses.
    pub pair: Pair,
    /// Whether it is still looked up.
    pub watch: Watch,
    /// Every change of state, with times since the run began.
    pub changes: Bounded<Change>,
    /// What the kernel calls both sockets, once they are known to be this connection's.
    cookies: [Option<NonZeroU64>; 2],
    seen: [Seen; 2],
    /// The rows of the last look.
    rows: [Option<Socket>; 2],
    /// Whether a look ever found a row.
    found: [bool; 2],
    /// How many looks in a row found the ends as they are now.
    unchanged: [u64; 2],
    /// When the last look was that succeeded, in the time of the run.
    looked: Option<Duration>,
    /// When to give up; none while an end is held.
    pub(in crate::lab) until: Option<Instant>,
}

impl Lane {
    pub(super) const fn new(number: u64, pair: Pair) -> Self {
        Self {
            number,
            pair,
            watch: Watch::Looking,
            changes: Bounded::new(CHANGES),
            cookies: [None; 2],
            seen: [Seen::Unknown; 2],
            rows: [None, None],
            found: [false; 2],
            unchanged: [0; 2],
            looked: None,
            until: None,
        }
    }

    /// What the last look found of this end.
    pub const fn seen(&self, end: End) -> Seen {
        self.seen[end as usize]
    }

    /// The row that the last look found for this end, with its queues and timers.
    pub const fn row(&self, end: End) -> Option<&Socket> {
        self.rows[end as usize].as_ref()
    }

    /// Whether a look ever found a row for this end. The other end of a connection to another machine never has one here.
    pub const fn was_found(&self, end: End) -> bool {
        self.found[end as usize]
    }

    /// How many looks in a row found it so.
    pub const fn looks_unchanged(&self, end: End) -> u64 {
        self.unchanged[end as usize]
    }

    /// When the last look was that succeeded, in the time of the run; none before the first.
    pub const fn looked(&self) -> Option<Duration> {
        self.looked
    }

    /// Records one look; says whether anything changed.
    pub(super) fn record(&mut self, at: Duration, rows: &[Option<Socket>; 2]) -> bool {
        let rows = if self.are_anothers(rows) { &[None, None] } else { rows };
        self.identify(rows);
        self.looked = Some(at);
        let mut changed = false;
        for (end, row) in End::ALL.into_iter().zip(rows) {
            let state = row.as_ref().map(|row| row.state);
            let seen = state.map_or(Seen::NoRow, Seen::State);
            let index = end as usize;
            self.found[index] |= row.is_some();
            self.rows[index].clone_from(row);
            if self.seen[index] == seen {
                self.unchanged[index] += 1;
                continue;
            }
            self.seen[index] = seen;
            self.unchanged[index] = 1;
            self.changes.push(Change { at, end, state });
            changed = true;
        }
        // A table that is read while a row changes its place may miss it once.
        let steady = self.unchanged.iter().all(|looks| *looks >= STEADY);
        if self.seen == [Seen::NoRow; 2] && steady {
            self.watch = Watch::RowsGone;
        }
        changed
    }

    /// Whether these rows belong to a newer connection with the same addresses, which only has them because both ends of this
    /// one are over.
    fn are_anothers(&self, rows: &[Option<Socket>; 2]) -> bool {
        self.cookies.iter().zip(rows).any(|(known, row)| {
            let cookie = row.as_ref().and_then(|row| row.cookie);
            known.zip(cookie).is_some_and(|(known, cookie)| known != cookie)
        })
    }

    /// Learns what the kernel calls both sockets. A connection that is only being made may have the rows of an older one
    /// beside it, in TIME_WAIT or half-open, until the client's own is established.
    fn identify(&mut self, rows: &[Option<Socket>; 2]) {
        let client = rows[End::Client as usize].as_ref();
        if client.is_none_or(|row| matches!(row.state, State::SynSent | State::TimeWait)) {
            return;
        }
        for (known, row) in self.cookies.iter_mut().zip(rows) {
            *known = known.or(row.as_ref().and_then(|row| row.cookie));
        }
    }
}

/// Everything that was seen, as of one moment.
#[derive(Clone, Debug)]
pub struct Observation {
    /// Grows with every change to this observation, so that the newer of two can be told.
    pub generation: u64,
    /// How the ends are looked up.
    pub resolution: Resolution,
    /// Whether the look-up can show rows that no process holds, TIME_WAIT among them.
    pub shows_unowned: bool,
    /// The watched connections, oldest first.
    pub lanes: Vec<Arc<Lane>>,
    /// How many looks were made, failed ones included.
    pub looks: u64,
    /// How long the last look took; none before the first.
    pub last_cost: Option<Duration>,
    /// How long the observer rests until the next look; zero before the first.
    pub interval: Duration,
    /// How many looks failed. A failed look says nothing about rows: each end keeps what was last seen.
    pub failed_looks: u64,
    /// Why the last look failed; none when it succeeded.
    pub failure: Option<PollFailure>,
}

impl Observation {
    /// Nothing seen yet, by this probe.
    pub fn new(probe: &dyn PairProbe) -> Self {
        Self {
            generation: 0,
            resolution: probe.resolution(),
            shows_unowned: probe.shows_unowned(),
            lanes: Vec::new(),
            looks: 0,
            last_cost: None,
            interval: Duration::ZERO,
            failed_looks: 0,
            failure: None,
        }
    }

    /// The connection with this number.
    pub fn lane(&self, number: u64) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.number == number).map(Arc::as_ref)
    }
}
