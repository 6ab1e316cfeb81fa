//! Which processes hold which sockets, kept from poll to poll, so that a poll costs what has changed.
//!
//! The kernel does not tell a socket's holders; every descriptor of every process leads to an inode, and only
//! reading all these links tells (proc(5), `/proc/PID/fd`). So what was read is kept, and held against the table
//! each time:
//!
//! * An inode that is in the table still belongs to whoever held it; one that is not is forgotten at once, since
//!   numbers of descriptors and inodes are used again. Nothing is kept of descriptors that are no sockets.
//! * A new inode is looked for first where new sockets came from lately: at the descriptors that were left, and
//!   behind the highest. Only when that does not find it are descriptors listed, of processes whose number of
//!   descriptors changed before the others. That number may stay the same while the descriptors do not.
//! * An inode that nobody holds (a socket of another pid namespace) would make every poll a whole walk. It is
//!   looked for again after one second, four, sixteen.
//! * A few descriptors are read again in turn at every poll, so that a socket that passed on to another process
//!   is noticed sooner or later, and with few sockets at once.

mod process;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::model::{Pids, Socket};
use process::{Held, inode_of};

/// How many descriptors are read again at each poll, whatever they lead to: about a millisecond.
const REVIEWED: usize = 512;

/// When an inode that nobody holds is looked for again; the last one repeats.
const PATIENCE: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(16),
    Duration::from_mins(1),
];

/// Behind the highest descriptor so many free ones in a row mean that there are no more.
const FREE_IN_A_ROW: u32 = 4;

/// What one look for owners did, to see what it costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Effort {
    /// Processes whose descriptors were listed.
    pub(super) listed: usize,
    /// Single descriptors that were read.
    pub(super) probed: usize,
}

/// What is known of who holds what.
pub(super) struct Owners {
    proc: PathBuf,
    /// The user that this program runs as; root sees all.
    user: u32,
    poll: u32,
    processes: BTreeMap<u32, Held>,
    holders: HashMap<u32, Holders>,
    /// The inodes of the table that nobody holds, as far as can be seen.
    unheld: HashMap<u32, Unheld>,
    shared: HashMap<Box<[u32]>, Pids>,
    /// The process whose turn it is to be read again.
    turn: u32,
}

struct Holders {
    pids: Pids,
    /// The poll whose table last had the inode.
    seen: u32,
}

struct Unheld {
    /// Whose the inode was: its number may become another socket's.
    cookie: Option<NonZeroU64>,
    tries: usize,
    /// When it is looked for again; none when that would be no use.
    next: Option<Duration>,
    seen: u32,
}

impl Owners {
    /// Knows nothing yet. `proc` is where processes are shown.
    pub(super) fn new(proc: &Path) -> Self {
        Self {
            proc: proc.to_owned(),
            user: process::user(proc),
            poll: 0,
            processes: BTreeMap::new(),
            holders: HashMap::new(),
            unheld: HashMap::new(),
            shared: HashMap::new(),
            turn: 0,
        }
    }

    /// Brings what is known up to this table. `now` only ever grows. `Err` means that processes cannot be seen
    /// at all; what was known stays.
    pub(super) fn update(&mut self, sockets: &[Socket], now: Duration) -> io::Result<Effort> {
        let mut effort = Effort::default();
        let cold = self.poll == 0;
        self.poll += 1;
        let fresh = self.meet_processes()?;
        let mut wanted = self.match_table(sockets, now);
        self.forget_gone();
        for pid in fresh {
            self.list(pid, &mut wanted, &mut effort);
        }
        // The first look lists every process anyway.
        if !cold {
            self.review(&mut wanted, &mut effort);
            self.look_for(&mut wanted, &mut effort);
        }
        self.give_up_on(&wanted, now);
        Ok(effort)
    }

    /// Who holds this inode, as far as it could be seen.
    pub(super) fn of(&self, inode: u32) -> Option<&Pids> {
        self.holders.get(&inode).map(|holders| &holders.pids)
    }

    /// Takes what is told of when processes started. A number that is another process' by now is read anew;
    /// says whether there was one.
    pub(super) fn confirm(&mut self, started: impl Iterator<Item = (u32, u64)>) -> bool {
        let mut replaced = Vec::new();
        for (pid, started_s) in started {
            if let Some(held) = self.processes.get_mut(&pid)
                && held.started_s.replace(started_s).is_some_and(|before| before != started_s)
            {
                replaced.push(pid);
            }
        }
        for pid in &replaced {
            self.list(*pid, &mut HashSet::new(), &mut Effort::default());
        }
        !replaced.is_empty()
    }

    /// Forgets processes that ended, and gives those that are new.
    fn meet_processes(&mut self) -> io::Result<Vec<u32>> {
        let running = process::pids(&self.proc)?;
        let ended: Vec<u32> =
            self.processes.keys().filter(|pid| !running.contains(pid)).copied().collect();
        for pid in ended {
            if let Some(held) = self.processes.remove(&pid) {
                for (_, inode) in held.sockets {
                    self.let_go(pid, inode, &mut HashSet::new());
                }
            }
        }
        Ok(running.into_iter().filter(|pid| !self.processes.contains_key(pid)).collect())
    }

    /// Marks the inodes that the table has, and gives those whose holder has to be looked for.
    fn match_table(&mut self, sockets: &[Socket], now: Duration) -> HashSet<u32> {
        let mut wanted = HashSet::new();
        for socket in sockets {
            // Inode 0 (TIME_WAIT, orphans, not accepted yet) is nobody's.
            let Some(inode) = socket.inode else { continue };
            if let Some(holders) = self.holders.get_mut(&inode) {
                holders.seen = self.poll;
                continue;
            }
            let known = self.unheld.get_mut(&inode).filter(|known| known.cookie == socket.cookie);
            let due = if let Some(unheld) = known {
                unheld.seen = self.poll;
                unheld.next.is_some_and(|next| next <= now)
            } else {
                // Another user's socket is in another user's process, into which only root may look.
                let foreign = self.user != 0 && socket.uid.is_some_and(|uid| uid != self.user);
                let next = (!foreign).then_some(now);
                let cookie = socket.cookie;
                self.unheld.insert(inode, Unheld { cookie, tries: 0, next, seen: self.poll });
                !foreign
            };
            if due {
                wanted.insert(inode);
            }
        }
        wanted
    }

    fn forget_gone(&mut self) {
        let poll = self.poll;
        self.unheld.retain(|_, unheld| unheld.seen == poll);
        let mut gone = HashSet::new();
        let mut left: BTreeSet<u32> = BTreeSet::new();
        self.holders.retain(|inode, holders| {
            let stays = holders.seen == poll;
            if !stays {
                gone.insert(*inode);
                left.extend(&*holders.pids);
            }
            stays
        });
        for pid in left {
            if let Some(held) = self.processes.get_mut(&pid) {
                held.leave(|inode| gone.contains(&inode));
            }
        }
        if !gone.is_empty() {
            self.shared.retain(|_, pids| Arc::strong_count(pids) > 1);
        }
    }

    /// Looks for these inodes, in the order that finds them soonest.
    fn look_for(&mut self, wanted: &mut HashSet<u32>, effort: &mut Effort) {
        if wanted.is_empty() {
            return;
        }
        let mut lately: Vec<(u32, u32)> =
            self.processes.iter().map(|(pid, held)| (held.yielded, *pid)).collect();
        lately.retain(|(yielded, _)| *yielded > 0);
        lately.sort_unstable_by(|one, other| other.cmp(one));
        for (_, pid) in lately {
            if wanted.is_empty() {
                return;
            }
            self.probe(pid, wanted, effort);
        }
        // Not yet found: processes whose number of descriptors changed, then the others, the small ones first.
        let mut others: Vec<(bool, u64, u32)> = Vec::new();
        for (pid, held) in &self.processes {
            let size = process::size(&self.proc, *pid);
            if held.is_readable() {
                others.push((size == held.size, size, *pid));
            }
        }
        others.sort_unstable();
        for (_, _, pid) in others {
            if wanted.is_empty() {
                return;
            }
            self.list(pid, wanted, effort);
        }
    }

    /// Reads the descriptors of one process that most likely lead to new sockets.
    fn probe(&mut self, pid: u32, wanted: &mut HashSet<u32>, effort: &mut Effort) {
        let Some(held) = self.processes.get_mut(&pid) else { return };
        let mut found = Vec::new();
        let mut free = 0;
        for fd in &held.left {
            effort.probed += 1;
            match inode_of(&self.proc, pid, *fd) {
                Some(inode) => {
                    found.push((*fd, inode));
                    free = 0;
                }
                None => free += 1,
            }
            if free == FREE_IN_A_ROW {
                break;
            }
        }
        let mut free = 0;
        let mut fd = held.sockets.last().map_or(0, |(fd, _)| fd + 1);
        while free < FREE_IN_A_ROW {
            effort.probed += 1;
            match inode_of(&self.proc, pid, fd) {
                Some(inode) => {
                    found.push((fd, inode));
                    free = 0;
                }
                None => free += 1,
            }
            fd += 1;
        }
        found.retain(|(_, inode)| {
            self.holders.contains_key(inode) || self.unheld.contains_key(inode)
        });
        if found.is_empty() {
            return;
        }
        for (fd, _) in &found {
            held.left.remove(fd);
        }
        if found.iter().any(|(_, inode)| wanted.contains(inode)) {
            held.yielded = self.poll;
        }
        held.sockets.extend(&found);
        held.sockets.sort_unstable();
        held.sockets.dedup_by_key(|(fd, _)| *fd);
        for (_, inode) in found {
            self.take(pid, inode, wanted);
        }
    }

    /// Reads all descriptors of one process anew.
    fn list(&mut self, pid: u32, wanted: &mut HashSet<u32>, effort: &mut Effort) {
        effort.listed += 1;
        let size = process::size(&self.proc, pid);
        let sockets = process::sockets(&self.proc, pid);
        let readable = sockets.is_some();
        let mut sockets = sockets.unwrap_or_default();
        // Sockets of other protocols are none of the table's.
        sockets.retain(|(_, inode)| {
            self.holders.contains_key(inode) || self.unheld.contains_key(inode)
        });
        let now = inodes(&sockets);
        let held = self.processes.entry(pid).or_default();
        let before = inodes(&held.sockets);
        if now.iter().any(|inode| wanted.contains(inode)) {
            held.yielded = self.poll;
        }
        held.replace(sockets, size, readable);
        for inode in before.into_iter().filter(|inode| now.binary_search(inode).is_err()) {
            self.let_go(pid, inode, wanted);
        }
        for inode in now {
            self.take(pid, inode, wanted);
        }
    }

    /// Reads a few descriptors again, in turn.
    fn review(&mut self, wanted: &mut HashSet<u32>, effort: &mut Effort) {
        let mut left = REVIEWED;
        let mut visited = 0;
        while left > 0 && visited < self.processes.len() {
            visited += 1;
            let next = self.processes.range(self.turn..).next().or(self.processes.iter().next());
            let Some((pid, held)) = next else { return };
            let pid = *pid;
            let size = process::size(&self.proc, pid);
            let count = if held.is_readable() {
                usize::try_from(size).unwrap_or(usize::MAX).max(held.sockets.len())
            } else {
                // It may have changed its user since.
                1
            };
            if count <= left {
                left -= count.max(1);
                self.list(pid, wanted, effort);
                self.turn = pid.wrapping_add(1);
            } else if count <= REVIEWED {
                // It has its turn at the next poll.
                return;
            } else if self.verify(pid, left, wanted, effort) {
                // Once around: what verifying cannot see is found by listing, if there is anything.
                if self.processes.get(&pid).is_some_and(|held| held.size != size) {
                    self.list(pid, wanted, effort);
                }
                self.turn = pid.wrapping_add(1);
                return;
            } else {
                self.turn = pid;
                return;
            }
        }
    }

    /// Reads the next descriptors of a large process again; says whether that was the last of them.
    fn verify(
        &mut self,
        pid: u32,
        count: usize,
        wanted: &mut HashSet<u32>,
        effort: &mut Effort,
    ) -> bool {
        let Some(held) = self.processes.get_mut(&pid) else { return true };
        let (slice, done) = held.next_slice(count);
        effort.probed += slice.len();
        let gone: Vec<(u32, u32)> = slice
            .into_iter()
            .filter(|(fd, inode)| inode_of(&self.proc, pid, *fd) != Some(*inode))
            .collect();
        for (fd, inode) in gone {
            let Some(held) = self.processes.get_mut(&pid) else { return true };
            held.sockets.retain(|(known, _)| *known != fd);
            held.left.insert(fd);
            // It may hold the socket by another descriptor as well.
            if !held.sockets.iter().any(|(_, other)| *other == inode) {
                self.let_go(pid, inode, wanted);
            }
        }
        done
    }

    /// The process holds this inode of the table.
    fn take(&mut self, pid: u32, inode: u32, wanted: &mut HashSet<u32>) {
        wanted.remove(&inode);
        self.unheld.remove(&inode);
        match self.holders.get(&inode) {
            Some(known) if known.pids.contains(&pid) => {}
            Some(known) => {
                let mut pids = known.pids.to_vec();
                pids.push(pid);
                pids.sort_unstable();
                self.set(inode, &pids);
            }
            None => self.set(inode, &[pid]),
        }
    }

    /// The process does not hold this inode any more. Where nobody else is known to, somebody has to be found.
    fn let_go(&mut self, pid: u32, inode: u32, wanted: &mut HashSet<u32>) {
        let Some(known) = self.holders.get(&inode) else { return };
        let pids: Vec<u32> = known.pids.iter().copied().filter(|holder| *holder != pid).collect();
        if pids.is_empty() {
            self.holders.remove(&inode);
            let unheld = Unheld { cookie: None, tries: 0, next: None, seen: self.poll };
            self.unheld.insert(inode, unheld);
            wanted.insert(inode);
        } else {
            self.set(inode, &pids);
        }
    }

    fn set(&mut self, inode: u32, pids: &[u32]) {
        let shared = self.shared.entry(pids.into()).or_insert_with(|| Arc::from(pids));
        let holders = Holders { pids: Arc::clone(shared), seen: self.poll };
        self.holders.insert(inode, holders);
    }

    /// What was looked for in vain is looked for again later and later.
    fn give_up_on(&mut self, wanted: &HashSet<u32>, now: Duration) {
        for inode in wanted {
            if let Some(unheld) = self.unheld.get_mut(inode) {
                unheld.next = Some(now + PATIENCE[unheld.tries.min(PATIENCE.len() - 1)]);
                unheld.tries += 1;
            }
        }
    }
}

/// The inodes, ascending, each once.
fn inodes(sockets: &[(u32, u32)]) -> Vec<u32> {
    let mut inodes: Vec<u32> = sockets.iter().map(|(_, inode)| *inode).collect();
    inodes.sort_unstable();
    inodes.dedup();
    inodes
}

#[cfg(test)]
mod tests;
