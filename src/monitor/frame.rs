//! What the sampler publishes: everything about one poll, immutable.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::analysis::events::Event;
use crate::analysis::filter::Row;
use crate::analysis::groups::Group;
use crate::analysis::history::History;
use crate::analysis::load::ProcessLoad;
use crate::analysis::readings::Reading;
use crate::analysis::track::{Track, Vanished};
use crate::model::{Counters, Limits, PollFailure, Snapshot, StateCounts};

/// How polling goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Health {
    /// The first poll has not come back yet.
    Starting,
    /// The latest poll gave a table.
    Live,
    /// Polls fail; the last good table stays.
    Failed {
        /// When the first of them failed.
        since: SystemTime,
        /// Why the latest of them did.
        failure: PollFailure,
        /// Whether it is tried again by itself; if not, [`super::Monitor::poll_now`] does.
        retries: bool,
    },
    /// A recording: nothing more will come.
    Recorded,
}

/// How often polls are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// What the user asked for.
    pub asked: Duration,
    /// What it is. Longer than asked when polls are so dear that they would take more than a tenth of the
    /// time.
    pub actual: Duration,
}

impl Interval {
    /// Whether polls come more slowly than asked.
    pub fn is_stretched(&self) -> bool {
        self.actual > self.asked
    }
}

/// Everything about one poll. A face draws from the newest, for as long as it likes.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Grows by one with everything published; two frames with one number are the same.
    pub generation: u64,
    /// Grows by one with every table; the rows of two frames with one number are the same.
    pub table: u64,
    /// How the latest poll went.
    pub health: Health,
    /// Since when the user has paused, while that lasts.
    pub paused: Option<SystemTime>,
    /// The source's name.
    pub source: String,
    /// The last good table; none before the first.
    pub snapshot: Option<Arc<Snapshot>>,
    /// What tracking knows of each row of it, in its order.
    pub tracks: Arc<[Track]>,
    /// The rows that vanished in the last minutes, oldest first; the newest [`Frame::VANISHED`] of them.
    pub vanished: Arc<[Arc<Vanished>]>,
    /// The processes that hold sockets, those with most CLOSE_WAIT first.
    pub loads: Arc<[ProcessLoad]>,
    /// CLOSE_WAIT by what can have the fault, over the last ten minutes.
    pub groups: Arc<[Group]>,
    /// How much of each limit is used, most used first.
    pub readings: Arc<[Reading]>,
    /// What the system counts; nothing where it was not asked (a recording).
    pub counters: Counters,
    /// What the system allows; nothing where it was not asked.
    pub limits: Arc<Limits>,
    /// How many rows of it are in each state.
    pub counts: StateCounts,
    /// When the table was read, on the history's axis of time.
    pub at: SystemTime,
    /// When the latest poll was made, whether or not it gave a table, on the same axis.
    pub now: SystemTime,
    /// The counts of the last day, those of an earlier run among them.
    pub history: History,
    /// What happened that the chart is marked with, oldest first; the newest few hundred.
    pub events: Arc<[Event]>,
    /// How often polls are made.
    pub interval: Interval,
}

impl Frame {
    /// How many rows that vanished are kept at most.
    pub const VANISHED: usize = 1_024;

    /// Before anything was read.
    pub fn starting(source: String, interval: Duration, now: SystemTime) -> Self {
        Self {
            generation: 0,
            table: 0,
            health: Health::Starting,
            paused: None,
            source,
            snapshot: None,
            tracks: Arc::from([]),
            vanished: Arc::from([]),
            loads: Arc::from([]),
            groups: Arc::from([]),
            readings: Arc::from([]),
            counters: Counters::default(),
            limits: Arc::default(),
            counts: StateCounts::default(),
            at: now,
            now,
            history: History::default(),
            events: Arc::from([]),
            interval: Interval { asked: interval, actual: interval },
        }
    }

    /// The rows of the table in its order, as filters take them.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let (tracks, now) = (&self.tracks, self.at);
        self.snapshot.iter().flat_map(move |snapshot| {
            let rows = snapshot.sockets.iter().enumerate();
            rows.map(move |(index, socket)| Row::of(snapshot, socket, tracks.get(index), now))
        })
    }
}
