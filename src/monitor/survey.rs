//! What is made of each table beside its rows: loads of processes, groups, readings of limits, rows that vanished.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::frame::Frame;
use crate::analysis::groups::{Groups, Tables};
use crate::analysis::load::Loads;
use crate::analysis::readings::readings;
use crate::analysis::track::{Observed, SocketId, Track, Vanished, resolve};
use crate::model::{Descriptors, Limits, Owner, Snapshot};
use crate::os::{self, Silent, SocketSource, SystemInfo};

/// For so long a row that vanished is kept.
const VANISHED: Duration = Duration::from_mins(3);

/// Limits are settings: they are read anew after so many tables.
const LIMITS_EVERY: u32 = 10;

/// Descriptors of twice so many processes are read at each table: of those with most CLOSE_WAIT, of those that are
/// new, and of the others in turn.
const DESCRIPTORS: usize = 64;

/// Keeps what lasts from table to table.
pub(super) struct Survey {
    system: Box<dyn SystemInfo>,
    loads: Loads,
    groups: Groups,
    vanished: VecDeque<Arc<Vanished>>,
    limits: Arc<Limits>,
    tables: u32,
    descriptors: HashMap<ProcessKey, Descriptors>,
    /// The rows that only partial tables have lacked so far.
    missing: HashMap<SocketId, Arc<Vanished>>,
}

/// A pid is used again, with another start.
type ProcessKey = (u32, Option<u64>);

impl Survey {
    /// Knows nothing yet. Of a recording's machine nothing is known but its tables.
    pub(super) fn of(source: &dyn SocketSource) -> Self {
        let system = if source.is_live() { os::system_info() } else { Box::new(Silent) };
        Self {
            system,
            loads: Loads::default(),
            groups: Groups::default(),
            vanished: VecDeque::new(),
            limits: Arc::default(),
            tables: 0,
            descriptors: HashMap::new(),
            missing: HashMap::new(),
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
        self.keep_vanished(observed, before, snapshot.is_partial(), at);
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
        let key = |pid| (pid, snapshot.processes.get(&pid).and_then(|process| process.started_s));
        let descriptors = |pid| known.get(&key(pid)).copied().unwrap_or_default();
        let loads = self.loads.observe(snapshot, at, parted, descriptors);
        frame.readings = readings(snapshot, &loads, &frame.counters, &self.limits).into();
        frame.loads = loads.into();
        let tables = Tables { now: snapshot, observed, before, at, parted };
        self.groups.observe(&tables);
        frame.groups = self.groups.iter().cloned().collect();
    }

    fn keep_vanished(
        &mut self,
        observed: &Observed,
        before: Option<&Snapshot>,
        partial: bool,
        at: SystemTime,
    ) {
        let vanished = |(row, track): &(usize, Track)| {
            let before = before?;
            let mut socket = before.sockets.get(*row)?.clone();
            if let Owner::Known(pids) = &socket.owner {
                // By name: the table that has these rows no more may lack the process as well.
                socket.owner = Owner::Remembered(resolve(pids, &before.processes));
            }
            Some(Arc::new(Vanished { socket, track: track.clone(), at }))
        };
        for missing in observed.missing.iter().filter_map(vanished).take(Frame::VANISHED) {
            self.missing.insert(missing.track.id, missing);
        }
        if !partial && !self.missing.is_empty() {
            for track in &observed.tracks {
                self.missing.remove(&track.id);
            }
            let mut gone: Vec<_> = self.missing.drain().map(|(_, gone)| gone).collect();
            gone.sort_unstable_by_key(|gone| (gone.at, gone.track.id));
            self.vanished.extend(gone);
        }
        // Of a whole pile that goes at once the last ones are enough.
        let skipped = observed.vanished.len().saturating_sub(Frame::VANISHED);
        self.vanished.extend(observed.vanished[skipped..].iter().filter_map(vanished));
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
        let key =
            |pid: u32| (pid, snapshot.processes.get(&pid).and_then(|process| process.started_s));
        self.descriptors
            .retain(|known, _| snapshot.processes.contains_key(&known.0) && *known == key(known.0));
        let known = &self.descriptors;
        let foremost = frame.loads.iter().map(|load| load.process.pid).take(DESCRIPTORS / 2);
        let unread = snapshot.processes.keys().filter(|pid| !known.contains_key(&key(**pid)));
        let turn = self.tables as usize * DESCRIPTORS / 2;
        let others = snapshot.processes.keys().cycle().skip(turn % snapshot.processes.len().max(1));
        let due: Vec<u32> = foremost
            .chain(unread.copied().take(DESCRIPTORS))
            .chain(others.copied().take(snapshot.processes.len().min(DESCRIPTORS / 2)))
            .filter(|pid| snapshot.processes.contains_key(pid))
            .collect();
        for pid in due {
            let descriptors = self.system.descriptors(pid);
            self.descriptors.insert(key(pid), descriptors);
        }
    }
}

#[cfg(test)]
mod tests;
