//! What is made of each table beside its rows: loads of processes, groups, readings of limits, rows that vanished.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::frame::Frame;
use crate::analysis::groups::{Groups, Tables};
use crate::analysis::load::Loads;
use crate::analysis::readings::readings;
use crate::analysis::track::{Observed, Vanished};
use crate::model::{Descriptors, Limits, Snapshot};
use crate::os::SystemInfo;

/// For so long a row that vanished is kept.
const VANISHED: Duration = Duration::from_mins(3);

/// Limits are settings: they are read anew after so many tables.
const LIMITS_EVERY: u32 = 10;

/// Descriptors of so many processes are read at each table, those with most CLOSE_WAIT first; of the others in
/// turn.
const DESCRIPTORS: usize = 64;

/// Keeps what lasts from table to table.
pub(super) struct Survey {
    system: Box<dyn SystemInfo>,
    loads: Loads,
    groups: Groups,
    vanished: VecDeque<Arc<Vanished>>,
    limits: Arc<Limits>,
    tables: u32,
    descriptors: HashMap<u32, Descriptors>,
}

impl Survey {
    /// Knows nothing yet, and asks this system.
    pub(super) fn new(system: Box<dyn SystemInfo>) -> Self {
        Self {
            system,
            loads: Loads::default(),
            groups: Groups::default(),
            vanished: VecDeque::new(),
            limits: Arc::default(),
            tables: 0,
            descriptors: HashMap::new(),
        }
    }

    /// Takes a table, read at `at`, and writes what it makes of it into the frame, which still has the table
    /// before. `parted` when the time between the two was not sampled.
    pub(super) fn take(
        &mut self,
        snapshot: &Snapshot,
        observed: &Observed,
        frame: &mut Frame,
        at: SystemTime,
        parted: bool,
    ) {
        let before = frame.snapshot.as_deref();
        self.keep_vanished(observed, before, at);
        frame.vanished = self.vanished.iter().map(Arc::clone).collect();
        frame.counters = self.system.counters();
        if self.tables.is_multiple_of(LIMITS_EVERY) {
            self.limits = Arc::new(self.system.limits());
        }
        self.tables = self.tables.wrapping_add(1);
        frame.limits = Arc::clone(&self.limits);
        if snapshot.is_partial() {
            // Counts that are too low say nothing of growth; what was told stays.
            return;
        }
        self.read_descriptors(snapshot, frame);
        let known = &self.descriptors;
        let descriptors = |pid| known.get(&pid).copied().unwrap_or_default();
        let loads = self.loads.observe(snapshot, at, parted, descriptors);
        frame.readings = readings(snapshot, &loads, &frame.counters, &self.limits).into();
        frame.loads = loads.into();
        let tables = Tables { now: snapshot, observed, before, at, parted };
        self.groups.observe(&tables);
        frame.groups = self.groups.iter().cloned().collect();
    }

    fn keep_vanished(&mut self, observed: &Observed, before: Option<&Snapshot>, at: SystemTime) {
        for (row, track) in &observed.vanished {
            let Some(socket) = before.and_then(|table| table.sockets.get(*row)) else { continue };
            let vanished = Vanished { socket: socket.clone(), track: track.clone(), at };
            self.vanished.push_back(Arc::new(vanished));
        }
        let old =
            |vanished: &Vanished| at.duration_since(vanished.at).is_ok_and(|age| age > VANISHED);
        while self.vanished.len() > Frame::VANISHED
            || self.vanished.front().is_some_and(|vanished| old(vanished))
        {
            self.vanished.pop_front();
        }
    }

    /// Of the processes that had most to show at the last table, and of some others in turn: each costs a few
    /// microseconds, and there may be thousands.
    fn read_descriptors(&mut self, snapshot: &Snapshot, frame: &Frame) {
        self.descriptors.retain(|pid, _| snapshot.processes.contains_key(pid));
        let foremost = frame.loads.iter().map(|load| load.process.pid).take(DESCRIPTORS / 2);
        let unread = snapshot.processes.keys().filter(|pid| !self.descriptors.contains_key(pid));
        let turn = self.tables as usize * DESCRIPTORS / 2;
        let others = snapshot.processes.keys().cycle().skip(turn % snapshot.processes.len().max(1));
        let due: Vec<u32> = foremost
            .chain(unread.copied().take(DESCRIPTORS))
            .chain(others.copied().take(snapshot.processes.len().min(DESCRIPTORS / 2)))
            .collect();
        for pid in due {
            let descriptors = self.system.descriptors(pid);
            self.descriptors.insert(pid, descriptors);
        }
    }
}
