//! Reading descriptors: the few that most likely lead to what is looked for, all of one process, or some in turn.

use super::process::{self, inode_of};
use super::{Effort, Owners, Wanted};

/// How many descriptors are read again at each poll, whatever they lead to: about a millisecond.
const REVIEWED: usize = 512;

/// Behind the highest descriptor so many free ones in a row mean that there are no more.
const FREE_IN_A_ROW: u32 = 4;

impl Owners {
    /// Looks for these inodes, in the order that finds them soonest.
    pub(super) fn look_for(&mut self, wanted: &mut Wanted, effort: &mut Effort) {
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
            if !held.is_hidden() {
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
    fn probe(&mut self, pid: u32, wanted: &mut Wanted, effort: &mut Effort) {
        let Some(held) = self.processes.get(&pid) else { return };
        let mut found = Vec::new();
        let mut free = 0;
        // What cannot be read here is listed next, which tells why.
        let inode_of = |fd| inode_of(&self.proc, pid, fd).unwrap_or(None);
        for fd in &held.left {
            effort.probed += 1;
            match inode_of(*fd) {
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
            match inode_of(fd) {
                Some(inode) => {
                    found.push((fd, inode));
                    free = 0;
                }
                None => free += 1,
            }
            fd += 1;
        }
        found.retain(|(_, inode)| self.has(*inode, wanted));
        let Some(held) = self.processes.get_mut(&pid).filter(|_| !found.is_empty()) else { return };
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
    pub(super) fn list(&mut self, pid: u32, wanted: &mut Wanted, effort: &mut Effort) {
        effort.listed += 1;
        let size = process::size(&self.proc, pid);
        let mut listing = match process::list(&self.proc, pid) {
            Ok(listing) => listing,
            Err(error) => return self.processes.entry(pid).or_default().fail(&error),
        };
        if let Some(listing) = &mut listing {
            // Sockets of other protocols are none of the table's.
            listing.sockets.retain(|(_, inode)| self.has(*inode, wanted));
        }
        let now = listing.as_ref().map_or_else(Vec::new, |listing| inodes(&listing.sockets));
        let held = self.processes.entry(pid).or_default();
        let before = inodes(&held.sockets);
        if now.iter().any(|inode| wanted.contains(inode)) {
            held.yielded = self.poll;
        }
        held.replace(listing, size);
        for inode in before.into_iter().filter(|inode| now.binary_search(inode).is_err()) {
            self.let_go(pid, inode, wanted);
        }
        for inode in now {
            self.take(pid, inode, wanted);
        }
    }

    /// Reads a few descriptors again, in turn.
    pub(super) fn review(&mut self, wanted: &mut Wanted, effort: &mut Effort) {
        let mut left = REVIEWED;
        let mut visited = 0;
        while left > 0 && visited < self.processes.len() {
            visited += 1;
            let next = self.processes.range(self.turn..).next().or(self.processes.iter().next());
            let Some((pid, held)) = next else { return };
            let pid = *pid;
            // One that may not be read may have changed its user since.
            let count = held.entries.max(held.sockets.len()).max(1);
            if count <= left {
                left -= count;
                self.list(pid, wanted, effort);
                self.turn = pid.wrapping_add(1);
            } else if count <= REVIEWED {
                // It has its turn at the next poll.
                return;
            } else if self.verify(pid, left, wanted, effort) {
                // Once around: what verifying cannot see is found by listing, if there is anything.
                let size = process::size(&self.proc, pid);
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
    fn verify(&mut self, pid: u32, count: usize, wanted: &mut Wanted, effort: &mut Effort) -> bool {
        let Some(held) = self.processes.get_mut(&pid) else { return true };
        let (slice, done) = held.next_slice(count);
        effort.probed += slice.len();
        let gone: Vec<(u32, u32)> = slice
            .into_iter()
            .filter(|(fd, inode)| {
                inode_of(&self.proc, pid, *fd).is_ok_and(|read| read != Some(*inode))
            })
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
}

/// The inodes, ascending, each once.
fn inodes(sockets: &[(u32, u32)]) -> Vec<u32> {
    let mut inodes: Vec<u32> = sockets.iter().map(|(_, inode)| *inode).collect();
    inodes.sort_unstable();
    inodes.dedup();
    inodes
}
