//! One process' descriptors below `/proc` (proc(5)), and what was kept of them.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// What is kept of one process.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Its descriptors that lead to sockets of the table, ascending, each with the inode.
    pub(super) sockets: Vec<(u32, u32)>,
    /// Descriptors that led to such a socket and do not any more. The kernel gives the lowest free one first.
    pub(super) left: BTreeSet<u32>,
    /// How many descriptors were read when they were last listed.
    pub(super) entries: usize,
    /// What [`size`] was then.
    pub(super) size: u64,
    /// The poll at which it last had a new socket; 0 for never.
    pub(super) yielded: u32,
    /// When the process started, once that was told.
    pub(super) started_s: Option<u64>,
    /// How the last listing went.
    sight: Sight,
    /// The next descriptor to be read again.
    cursor: u32,
}

/// How far into a process one sees.
#[derive(Debug, Default)]
enum Sight {
    /// Its descriptors were listed.
    #[default]
    Listed,
    /// It is another user's, or protects itself: that does not change by itself.
    Hidden,
    /// The listing failed for a reason that says nothing of the process, such as descriptors of our own that ran out.
    Failed(String),
}

impl Held {
    /// Whether this program may not look into it.
    pub(super) const fn is_hidden(&self) -> bool {
        matches!(self.sight, Sight::Hidden)
    }

    /// Why its descriptors could not be listed the last time, where it is not hidden.
    pub(super) fn failure(&self) -> Option<&str> {
        if let Sight::Failed(cause) = &self.sight { Some(cause) } else { None }
    }

    /// It could not be listed: what was known stays, and so does the wish to list it.
    pub(super) fn fail(&mut self, error: &io::Error) {
        self.sight = Sight::Failed(error.to_string());
    }

    /// A listing takes the place of all that was known; none is a process that is hidden.
    pub(super) fn replace(&mut self, listing: Option<Listing>, size: u64) {
        self.left.clear();
        self.size = size;
        self.sight = if listing.is_some() { Sight::Listed } else { Sight::Hidden };
        let listing = listing.unwrap_or_default();
        self.entries = listing.entries;
        self.sockets = listing.sockets;
    }

    /// Takes the descriptors whose inodes are gone for free.
    pub(super) fn leave(&mut self, is_gone: impl Fn(u32) -> bool) {
        let left = &mut self.left;
        self.sockets.retain(|(fd, inode)| {
            let gone = is_gone(*inode);
            if gone {
                left.insert(*fd);
            }
            !gone
        });
    }

    /// The next descriptors to be read again, and whether they are the last.
    pub(super) fn next_slice(&mut self, count: usize) -> (Vec<(u32, u32)>, bool) {
        let from = self.sockets.partition_point(|(fd, _)| *fd < self.cursor);
        let slice: Vec<(u32, u32)> = self.sockets[from..].iter().take(count).copied().collect();
        let done = from + slice.len() >= self.sockets.len();
        self.cursor = if done { 0 } else { slice.last().map_or(0, |(fd, _)| fd + 1) };
        (slice, done)
    }
}

/// The descriptors of one process, read one after the other.
#[derive(Debug, Default)]
pub(in crate::os::linux) struct Listing {
    /// How many there are.
    entries: usize,
    /// Those that lead to sockets, ascending, each with the inode.
    pub(in crate::os::linux) sockets: Vec<(u32, u32)>,
}

/// Every process there is. `Err` where processes are not shown.
pub(in crate::os::linux) fn pids(proc: &Path) -> io::Result<BTreeSet<u32>> {
    // An empty folder in its place shows nobody, and is no answer.
    std::fs::symlink_metadata(proc.join("self"))?;
    let mut pids = BTreeSet::new();
    for entry in std::fs::read_dir(proc)? {
        if let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) {
            pids.insert(pid);
        }
    }
    Ok(pids)
}

/// The user that this program runs as; none is more careful than root.
pub(super) fn user(proc: &Path) -> u32 {
    file_user(&proc.join("self")).unwrap_or(u32::MAX)
}

#[cfg(unix)]
fn file_user(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|metadata| metadata.uid())
}

#[cfg(not(unix))]
const fn file_user(_path: &Path) -> Option<u32> {
    None
}

/// How many descriptors a process has: the size of their folder, since Linux 6.2; before that it is always 0.
/// A process that is gone has none.
pub(super) fn size(proc: &Path, pid: u32) -> u64 {
    std::fs::metadata(folder(proc, pid)).map_or(0, |metadata| metadata.len())
}

/// Reads all descriptors of a process; none where they are hidden. One that is closed meanwhile is left out, and so is a
/// process that ends. `Err` is anything else, of which the process is not the cause.
pub(in crate::os::linux) fn list(proc: &Path, pid: u32) -> io::Result<Option<Listing>> {
    let entries = match std::fs::read_dir(folder(proc, pid)) {
        Ok(entries) => entries,
        Err(error) => return unlisted(error),
    };
    let mut listing = Listing::default();
    for entry in entries {
        let read = entry.and_then(|entry| Ok((entry.file_name(), target(&entry.path())?)));
        let (name, inode) = match read {
            Ok(read) => read,
            Err(error) => return unlisted(error),
        };
        listing.entries += 1;
        if let (Some(fd), Some(inode)) = (name.to_str().and_then(|name| name.parse().ok()), inode) {
            listing.sockets.push((fd, inode));
        }
    }
    listing.sockets.sort_unstable();
    Ok(Some(listing))
}

/// What it means that a process' descriptors cannot be listed: it is over, it is hidden, or we failed.
pub(super) fn unlisted(error: io::Error) -> io::Result<Option<Listing>> {
    match error.kind() {
        _ if is_gone(&error) => Ok(Some(Listing::default())),
        io::ErrorKind::PermissionDenied => Ok(None),
        _ => Err(error),
    }
}

/// The inode that a descriptor leads to, when it is one of a socket.
pub(super) fn inode_of(proc: &Path, pid: u32, fd: u32) -> io::Result<Option<u32>> {
    target(&folder(proc, pid).join(fd.to_string()))
}

fn folder(proc: &Path, pid: u32) -> PathBuf {
    proc.join(pid.to_string()).join("fd")
}

/// None for a descriptor that is closed by now as well.
fn target(link: &Path) -> io::Result<Option<u32>> {
    let target = match std::fs::read_link(link) {
        Ok(target) => target,
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let inode = || target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok();
    Ok(inode())
}

/// Whether the process, or its descriptor, is not there any more: `ENOENT`, or `ESRCH`, which has no [`io::ErrorKind`].
fn is_gone(error: &io::Error) -> bool {
    const ESRCH: i32 = 3;
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH)
}
