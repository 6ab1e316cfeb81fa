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
mod search;
mod sets;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::model::{CountedMap, CountedSet, Owner, Socket};
use process::Held;
pub(super) use process::{list, pids};
use sets::{SetId, Sets};

/// After how many seconds an inode that nobody holds is looked for again; the last one repeats.
const PATIENCE_S: [u32; 4] = [1, 4, 16, 60];

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
    holders: CountedMap<u32, Holders>,
    /// The inodes of the table that nobody holds, as far as can be seen.
    unheld: CountedMap<u32, Unheld>,
    sets: Sets,
    /// The process whose turn it is to be read again.
    turn: u32,
}

struct Holders {
    pids: SetId,
    /// The poll whose table last had the inode.
    seen: u32,
}

struct Unheld {
    /// Whose the inode was: its number may become another socket's.
    cookie: Option<NonZeroU64>,
    /// When it is looked for again, in seconds; none when that would be no use.
    next_s: Option<NonZeroU32>,
    tries: u8,
    seen: u32,
}

impl Unheld {
    const fn new(cookie: Option<NonZeroU64>, seen: u32) -> Self {
        Self { cookie, next_s: None, tries: 0, seen }
    }
}

/// Inodes that are looked for.
type Wanted = CountedSet<u32>;

impl Owners {
    /// Knows nothing yet. `proc` is where processes are shown.
    pub(super) fn new(proc: &Path) -> Self {
        Self {
            proc: proc.to_owned(),
            user: process::user(proc),
            poll: 0,
            processes: BTreeMap::new(),
            holders: CountedMap::default(),
            unheld: CountedMap::default(),
            sets: Sets::default(),
            turn: 0,
        }
    }

    /// Brings what is known up to this table, and writes [`Owner::Known`] into each row whose holders are. `now`
    /// only ever grows. `Err` means that processes cannot be seen at all; then no row is written to.
    ///
    /// That a socket passed on may be seen one poll late.
    pub(super) fn update(&mut self, sockets: &mut [Socket], now: Duration) -> io::Result<Effort> {
        let mut effort = Effort::default();
        let cold = self.poll == 0;
        let fresh = self.meet_processes()?;
        self.poll += 1;
        let (unknown, mut wanted) = self.match_table(sockets, now);
        self.forget_gone();
        let failed: Vec<u32> = self.failures().map(|(pid, _)| pid).collect();
        for pid in fresh.into_iter().chain(failed) {
            self.list(pid, &mut wanted, &mut effort);
        }
        // The first look lists every process anyway.
        if !cold {
            self.review(&mut wanted, &mut effort);
            self.look_for(&mut wanted, &mut effort);
        }
        for row in unknown {
            let socket = &mut sockets[row as usize];
            if let Some(holders) = socket.inode.and_then(|inode| self.holders.get(&inode)) {
                socket.owner = Owner::Known(Arc::clone(self.sets.get(holders.pids)));
            } else {
                self.give_up_on(socket, &wanted, now);
            }
        }
        Ok(effort)
    }

    /// The processes that hold sockets of the table.
    pub(super) fn pids(&self) -> BTreeSet<u32> {
        let holds = |held: &&Held| !held.sockets.is_empty();
        self.processes.iter().filter(|(_, held)| holds(held)).map(|(pid, _)| *pid).collect()
    }

    /// Whether this program may look into every process.
    pub(super) fn sees_all(&self) -> bool {
        self.user == 0 && !self.processes.values().any(Held::is_hidden) && self.failure().is_none()
    }

    /// Why a process that is not hidden could not be looked into the last time; the first one's reason.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failures().next().map(|(_, cause)| cause)
    }

    fn failures(&self) -> impl Iterator<Item = (u32, &str)> {
        self.processes.iter().filter_map(|(pid, held)| Some((*pid, held.failure()?)))
    }

    /// Takes what is told of when processes started. A number that is another process' by now is read anew, and
    /// the rows are written once more; says whether there was one.
    pub(super) fn confirm(
        &mut self,
        started: impl Iterator<Item = (u32, u64)>,
        sockets: &mut [Socket],
    ) -> bool {
        let mut replaced = Vec::new();
        for (pid, started_s) in started {
            if let Some(held) = self.processes.get_mut(&pid)
                && held.started_s.replace(started_s).is_some_and(|before| before != started_s)
            {
                replaced.push(pid);
            }
        }
        if replaced.is_empty() {
            return false;
        }
        let (mut wanted, mut effort) = (Wanted::default(), Effort::default());
        for pid in replaced {
            self.list(pid, &mut wanted, &mut effort);
        }
        self.look_for(&mut wanted, &mut effort);
        for socket in sockets {
            let Some(inode) = socket.inode else { continue };
            socket.owner = match self.holders.get(&inode) {
                Some(holders) => Owner::Known(Arc::clone(self.sets.get(holders.pids))),
                None => Owner::NoOwner,
            };
        }
        true
    }

    /// Forgets processes that ended, and gives those that are new.
    fn meet_processes(&mut self) -> io::Result<Vec<u32>> {
        let running = pids(&self.proc)?;
        let ended: Vec<u32> =
            self.processes.keys().filter(|pid| !running.contains(pid)).copied().collect();
        for pid in ended {
            if let Some(held) = self.processes.remove(&pid) {
                for (_, inode) in held.sockets {
                    self.let_go(pid, inode, &mut Wanted::default());
                }
            }
        }
        Ok(running.into_iter().filter(|pid| !self.processes.contains_key(pid)).collect())
    }

    /// Writes the holders that are known into the rows; gives the rows without, and the inodes that have to be
    /// looked for.
    fn match_table(&mut self, sockets: &mut [Socket], now: Duration) -> (Vec<u32>, Wanted) {
        let mut unknown = Vec::new();
        let mut wanted = Wanted::default();
        for (row, socket) in (0_u32..).zip(sockets.iter_mut()) {
            // Without an inode (TIME_WAIT, orphans, not accepted yet) it is nobody's.
            let Some(inode) = socket.inode else { continue };
            if let Some(holders) = self.holders.get_mut(&inode) {
                holders.seen = self.poll;
                socket.owner = Owner::Known(Arc::clone(self.sets.get(holders.pids)));
                continue;
            }
            unknown.push(row);
            let known = self.unheld.get_mut(&inode).filter(|known| known.cookie == socket.cookie);
            let due = if let Some(unheld) = known {
                unheld.seen = self.poll;
                unheld.next_s.is_some_and(|next| u64::from(next.get()) <= now.as_secs())
            } else if self.user == 0 || socket.uid.is_none_or(|uid| uid == self.user) {
                true
            } else {
                // Another user's socket is in another user's process as a rule, into which only root may look:
                // it is not looked for, but known when it turns up.
                self.unheld.insert(inode, Unheld::new(socket.cookie, self.poll));
                false
            };
            if due {
                wanted.insert(inode);
            }
        }
        (unknown, wanted)
    }

    /// Whether the table has this inode.
    fn has(&self, inode: u32, wanted: &Wanted) -> bool {
        self.holders.contains_key(&inode)
            || wanted.contains(&inode)
            || self.unheld.contains_key(&inode)
    }

    fn forget_gone(&mut self) {
        let poll = self.poll;
        self.unheld.retain(|_, unheld| unheld.seen == poll);
        let mut gone = CountedSet::default();
        let mut left: BTreeSet<u32> = BTreeSet::new();
        let sets = &mut self.sets;
        self.holders.retain(|inode, holders| {
            let stays = holders.seen == poll;
            if !stays {
                gone.insert(*inode);
                left.extend(&**sets.get(holders.pids));
                sets.release(holders.pids);
            }
            stays
        });
        for pid in left {
            if let Some(held) = self.processes.get_mut(&pid) {
                held.leave(|inode| gone.contains(&inode));
            }
        }
    }

    /// The process holds this inode of the table.
    fn take(&mut self, pid: u32, inode: u32, wanted: &mut Wanted) {
        wanted.remove(&inode);
        self.unheld.remove(&inode);
        match self.holders.get(&inode) {
            Some(known) => {
                let mut pids = self.sets.get(known.pids).to_vec();
                if let Err(place) = pids.binary_search(&pid) {
                    pids.insert(place, pid);
                    self.set(inode, &pids);
                }
            }
            None => self.set(inode, &[pid]),
        }
    }

    /// The process does not hold this inode any more. Where nobody else is known to, somebody has to be found.
    fn let_go(&mut self, pid: u32, inode: u32, wanted: &mut Wanted) {
        let Some(known) = self.holders.get(&inode) else { return };
        let known = known.pids;
        let holders = self.sets.get(known).iter().copied();
        let pids: Vec<u32> = holders.filter(|holder| *holder != pid).collect();
        if pids.is_empty() {
            self.holders.remove(&inode);
            self.sets.release(known);
            wanted.insert(inode);
        } else {
            self.set(inode, &pids);
        }
    }

    fn set(&mut self, inode: u32, pids: &[u32]) {
        let holders = Holders { pids: self.sets.take(pids), seen: self.poll };
        if let Some(before) = self.holders.insert(inode, holders) {
            self.sets.release(before.pids);
        }
    }

    /// What was looked for in vain is looked for again later and later; what nobody else may see, never.
    fn give_up_on(&mut self, socket: &Socket, wanted: &Wanted, now: Duration) {
        let Some(inode) = socket.inode else { return };
        let fresh = || Unheld::new(socket.cookie, self.poll);
        let unheld = self.unheld.entry(inode).or_insert_with(fresh);
        if unheld.cookie != socket.cookie {
            *unheld = fresh();
        }
        unheld.seen = self.poll;
        if wanted.contains(&inode) {
            let patience = PATIENCE_S[usize::from(unheld.tries).min(PATIENCE_S.len() - 1)];
            let next = u32::try_from(now.as_secs()).unwrap_or(u32::MAX).saturating_add(patience);
            unheld.next_s = NonZeroU32::new(next);
            unheld.tries = unheld.tries.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests;
