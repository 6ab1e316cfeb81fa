//! What happened between two tables that a chart should be marked with: processes that came and went, and counts
//! that jumped.
//!
//! Pauses, failures and sleep are no events: the history has them as its breaks.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::model::{Gap, Process, Snapshot, State, StateCounts};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it was seen, on the axis of [`super::timeline`].
    pub at: SystemTime,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A process started, and has sockets.
    Started(Process),
    /// A process that had run without sockets opened its first.
    FirstSocket(Process),
    /// A process has no sockets any more: it closed them, or it ended.
    NoSocketsLeft(Process),
    /// A count changed by much more than it had in the minute before.
    Jumped {
        /// Of which state.
        state: State,
        /// How many there were.
        from: u32,
        /// How many there are.
        to: u32,
    },
}

/// How many events are kept.
const MOST: usize = 256;

/// A process must have no socket for so long before it counts as gone, so that one that opens and closes a
/// connection now and then is not marked each time.
const ABSENCE: Duration = Duration::from_secs(10);

/// A process whose start lies so long before its first socket was seen did not start just then.
const JUST_STARTED: Duration = Duration::from_secs(10);

/// The smallest change that can be a jump.
const LEAST_JUMP: u32 = 32;

/// For so long a count that jumped does not jump again.
const JUMP_REST: Duration = Duration::from_mins(1);

/// Which process: a pid is used again, with another start.
type Key = (u32, Option<u64>);

#[derive(Debug)]
struct Seen {
    process: Process,
    first: SystemTime,
    last: SystemTime,
    /// Whether its coming was told, or needs not be: it was there before the program was.
    known: bool,
}

/// Compares each table with those before.
#[derive(Debug, Default)]
pub struct Watch {
    owners: BTreeMap<Key, Seen>,
    /// Whether a whole table was seen before, so that what is new in the next one has come since.
    begun: bool,
    counts: Option<StateCounts>,
    /// The largest step of each count, as it fades, and when it last jumped.
    steps: [(f32, Option<SystemTime>); State::COUNT],
    events: VecDeque<Event>,
    shared: Arc<[Event]>,
}

impl Watch {
    /// The newest events, oldest first, after one more table, read at `at`.
    ///
    /// A table that lacks rows or owners tells nothing of who came or went.
    pub fn observe(&mut self, snapshot: &Snapshot, at: SystemTime) -> Arc<[Event]> {
        let told = self.events.len();
        let blind = |gap: &Gap| matches!(gap, Gap::OwnersUnreadable { .. });
        if !snapshot.is_partial() {
            self.jumps(snapshot.counts(), at);
            if !snapshot.gaps.iter().any(blind) {
                self.owners(snapshot, at);
            }
        }
        if self.events.len() > told {
            self.events.drain(..self.events.len().saturating_sub(MOST));
            self.shared = self.events.iter().cloned().collect();
        }
        Arc::clone(&self.shared)
    }

    /// The time until the next table is not sampled, so that what changes until then is no jump.
    pub fn interrupt(&mut self) {
        self.counts = None;
    }

    fn owners(&mut self, snapshot: &Snapshot, at: SystemTime) {
        let pids: BTreeSet<u32> =
            snapshot.sockets.iter().flat_map(|socket| socket.owner.pids()).copied().collect();
        for process in pids.iter().filter_map(|pid| snapshot.processes.get(pid)) {
            let key = (process.pid, process.started_s);
            let known = !self.begun;
            let seen = self.owners.entry(key).or_insert_with(|| Seen {
                process: process.clone(),
                first: at,
                last: at,
                known,
            });
            seen.last = at;
            // One that is seen at a single poll is gone before anybody could look for it.
            if !seen.known && seen.first < at {
                seen.known = true;
                let process = seen.process.clone();
                let what = if just_started(&process, seen.first) {
                    What::Started(process)
                } else {
                    What::FirstSocket(process)
                };
                let event = Event { at: seen.first, what };
                self.events.push_back(event);
            }
        }
        self.owners.retain(|_, seen| {
            let stays = at.duration_since(seen.last).is_ok_and(|absent| absent < ABSENCE);
            if !stays && seen.known {
                let what = What::NoSocketsLeft(seen.process.clone());
                self.events.push_back(Event { at: seen.last, what });
            }
            stays
        });
        self.events.make_contiguous().sort_by_key(|event| event.at);
        self.begun = true;
    }

    /// A jump is a step of half the count at least, and of three times what the count's steps have been.
    #[expect(clippy::cast_precision_loss, reason = "steps are compared roughly")]
    fn jumps(&mut self, counts: StateCounts, at: SystemTime) {
        let Some(before) = self.counts.replace(counts) else { return };
        for state in State::ALL {
            let (from, to) = (before[state], counts[state]);
            let step = from.abs_diff(to);
            let (usual, last) = &mut self.steps[state.index()];
            let rests = last
                .is_some_and(|last| at.duration_since(last).is_ok_and(|since| since < JUMP_REST));
            let large =
                step >= LEAST_JUMP && step >= from.max(to) / 2 && step as f32 > 3.0 * *usual;
            if large && !rests {
                *last = Some(at);
                self.events.push_back(Event { at, what: What::Jumped { state, from, to } });
            }
            *usual = (*usual * 0.98).max(step as f32);
        }
    }
}

/// Whether a process started shortly before its first socket was seen.
fn just_started(process: &Process, first_seen: SystemTime) -> bool {
    let started = process.started_s.map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(s));
    started.is_some_and(|started| {
        // A start may be told in whole seconds, and so lie a little ahead.
        first_seen.duration_since(started).is_ok_and(|ago| ago < JUST_STARTED)
            || started.duration_since(first_seen).is_ok_and(|ahead| ahead < JUST_STARTED)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Host, Owner, Socket};

    const STARTED_S: u64 = 10_000;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(STARTED_S + second)
    }

    fn process(pid: u32) -> Process {
        // By its pid: pid 7 starts at second 7.
        Process { pid, name: format!("p{pid}"), started_s: Some(STARTED_S + u64::from(pid)) }
    }

    fn table(pids: &[u32], time_wait: usize) -> Snapshot {
        let socket = |state, owner| {
            Socket::new("127.0.0.1:1".parse().expect("an address"), None, state, owner)
        };
        let held = pids.iter().map(|pid| socket(State::Listen, Owner::Known(Arc::from([*pid]))));
        let free = (0..time_wait).map(|_| socket(State::TimeWait, Owner::NoOwner));
        Snapshot {
            taken_at: at(0),
            host: Arc::new(Host { name: String::new(), os: String::new() }),
            source: String::new(),
            took: None,
            sockets: held.chain(free).collect(),
            processes: pids.iter().map(|pid| (*pid, process(*pid))).collect(),
            users: Arc::default(),
            gaps: Vec::new(),
        }
    }

    fn watch(tables: &[(u64, Snapshot)]) -> Vec<Event> {
        let mut watch = Watch::default();
        let mut events: Arc<[Event]> = Arc::from([]);
        for (second, table) in tables {
            events = watch.observe(table, at(*second));
        }
        events.to_vec()
    }

    #[test]
    fn a_process_that_comes_is_marked_when_it_was_first_seen_and_by_whether_it_started_then() {
        let events = watch(&[
            (100, table(&[1], 0)),
            (101, table(&[1, 50, 101], 0)),
            (102, table(&[1, 50, 101], 0)),
            (103, table(&[1, 50, 101], 0)),
        ]);
        assert_eq!(
            events,
            [
                Event { at: at(101), what: What::FirstSocket(process(50)) },
                Event { at: at(101), what: What::Started(process(101)) },
            ]
        );
    }

    #[test]
    fn a_process_is_gone_after_a_while_and_one_that_blinks_is_neither_gone_nor_come() {
        let mut tables = Vec::new();
        for second in 100..130 {
            let mut pids = vec![1];
            if second < 105 {
                pids.push(2);
            }
            if second % 5 == 0 {
                pids.push(3);
            }
            if second == 110 {
                pids.push(110);
            }
            tables.push((second, table(&pids, 0)));
        }
        let gone = Event { at: at(104), what: What::NoSocketsLeft(process(2)) };
        assert_eq!(watch(&tables), [gone]);
    }

    #[test]
    fn a_table_without_owners_tells_of_nobody() {
        let mut blind = table(&[], 0);
        blind.gaps.push(Gap::OwnersUnreadable { sockets: 1, cause: "EACCES".to_owned() });
        let mut tables = vec![(100, table(&[1], 0))];
        tables.extend((101..140).map(|second| (second, blind.clone())));
        tables.push((140, table(&[1], 0)));
        assert_eq!(watch(&tables), []);
    }

    #[test]
    fn a_count_jumps_once_and_not_when_it_always_does() {
        let calm = (100..110).map(|second| (second, table(&[], 20)));
        let high = (110..115).map(|second| (second, table(&[], 200)));
        let tables: Vec<(u64, Snapshot)> = calm.chain(high).collect();
        let what = What::Jumped { state: State::TimeWait, from: 20, to: 200 };
        assert_eq!(watch(&tables), [Event { at: at(110), what }]);

        let restless: Vec<(u64, Snapshot)> = (0..200)
            .map(|second| (second, table(&[], if second % 2 == 0 { 0 } else { 100 })))
            .collect();
        assert_eq!(watch(&restless).len(), 1, "the first of them could not be known");
    }

    #[test]
    fn what_changed_while_nobody_looked_is_no_jump() {
        let mut watch = Watch::default();
        watch.observe(&table(&[], 0), at(100));
        watch.interrupt();
        assert!(watch.observe(&table(&[], 500), at(200)).is_empty());
    }

    #[test]
    fn events_are_bounded() {
        let mut watch = Watch::default();
        let mut events: Arc<[Event]> = Arc::from([]);
        watch.observe(&table(&[], 0), at(0));
        for second in 1..2_000_u32 {
            // Two sightings each.
            let pids = [second / 2 + 1];
            events = watch.observe(&table(&pids, 0), at(u64::from(second)));
        }
        assert_eq!(events.len(), MOST);
        assert!(watch.owners.len() < 20);
    }
}
