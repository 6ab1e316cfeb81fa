//! What each process has open, and how that grows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::course::Course;
use super::towards::Towards;
use crate::model::{Descriptors, Listeners, Process, Snapshot, State, StateCounts};

/// How many processes have a course; beyond that the least active go.
const MOST: usize = 256;

/// How far back growth looks.
const GROWTH: Duration = Duration::from_mins(1);

/// In how many steps a course is drawn.
const STEPS: usize = 60;

/// The sockets of one process at one poll.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessLoad {
    /// The process.
    pub process: Process,
    /// Its sockets by state; one that it shares with another process counts for both.
    pub counts: StateCounts,
    /// How its CLOSE_WAIT changes; none while there is too little history, or a gap in it.
    pub close_wait_per_minute: Option<i64>,
    /// Its CLOSE_WAIT over the last ten minutes at most, oldest first, in at most 60 steps.
    pub close_wait_course: Arc<[u32]>,
    /// Where most of its CLOSE_WAIT lead, with how many.
    pub close_wait_towards: Option<(Towards, u32)>,
    /// Its descriptors.
    pub descriptors: Descriptors,
}

/// A pid is used again, with another start.
type Key = (u32, Option<u64>);

struct Known {
    course: Course,
    /// The last poll at which it had a socket in CLOSE_WAIT, or any.
    active: (u64, u64),
}

/// Follows processes from table to table.
#[derive(Default)]
pub struct Loads {
    known: HashMap<Key, Known>,
    poll: u64,
}

impl Loads {
    /// Takes the next table, read at `at`; `parted` when the time before it was not sampled. Gives the processes
    /// that hold sockets, those with most CLOSE_WAIT first, then those with most sockets. `descriptors` tells a
    /// process' descriptors.
    pub fn observe(
        &mut self,
        snapshot: &Snapshot,
        at: SystemTime,
        parted: bool,
        mut descriptors: impl FnMut(u32) -> Descriptors,
    ) -> Vec<ProcessLoad> {
        self.poll += 1;
        let mut loads: Vec<ProcessLoad> = count(snapshot)
            .into_iter()
            .map(|(pid, Counted { counts, towards })| {
                let process = snapshot.processes.get(&pid).cloned().unwrap_or_else(|| Process {
                    pid,
                    name: String::new(),
                    started_s: None,
                });
                let course = self.follow(&process, &counts, at, parted);
                ProcessLoad {
                    close_wait_per_minute: course.close_wait_per_minute(GROWTH),
                    close_wait_course: course.close_wait(STEPS).into(),
                    close_wait_towards: towards
                        .into_iter()
                        .max_by_key(|(towards, count)| (*count, Reverse(*towards))),
                    process,
                    counts,
                    descriptors: descriptors(pid),
                }
            })
            .collect();
        loads.sort_by_key(|load| {
            let most = (load.counts[State::CloseWait], load.counts.total());
            (Reverse(most), load.process.pid)
        });
        self.forget_idle();
        loads
    }

    fn follow(
        &mut self,
        process: &Process,
        counts: &StateCounts,
        at: SystemTime,
        parted: bool,
    ) -> &Course {
        let poll = self.poll;
        let known = self
            .known
            .entry((process.pid, process.started_s))
            .or_insert_with(|| Known { course: Course::default(), active: (0, poll) });
        known.active.1 = poll;
        if counts[State::CloseWait] > 0 {
            known.active.0 = poll;
        }
        known.course.push(at, counts, parted);
        &known.course
    }

    fn forget_idle(&mut self) {
        // A process without sockets keeps its course for as long as it goes back.
        self.known.retain(|_, known| self.poll - known.active.1 < 600);
        if self.known.len() > MOST {
            // Among equally active ones always the same, so that these have a course.
            let mut active: Vec<((u64, u64), Reverse<Key>)> =
                self.known.iter().map(|(key, known)| (known.active, Reverse(*key))).collect();
            active.sort_unstable();
            let spare = active.len() - MOST;
            for (_, Reverse(key)) in active.into_iter().take(spare) {
                self.known.remove(&key);
            }
        }
    }
}

#[derive(Default)]
struct Counted {
    counts: StateCounts,
    towards: HashMap<Towards, u32>,
}

fn count(snapshot: &Snapshot) -> BTreeMap<u32, Counted> {
    let listening = Listeners::among(&snapshot.sockets);
    let mut counted: BTreeMap<u32, Counted> = BTreeMap::new();
    for socket in &snapshot.sockets {
        for pid in socket.owner.pids() {
            let process = counted.entry(*pid).or_default();
            process.counts[socket.state] += 1;
            if socket.state == State::CloseWait
                && let Some(towards) = Towards::of(socket, &listening)
            {
                *process.towards.entry(towards).or_default() += 1;
            }
        }
    }
    counted
}

#[cfg(test)]
mod tests;
