//! How many descriptors a process has open, and how many it may.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use super::owners::{self, list};
use crate::model::Descriptors;

/// The descriptors of a process; what the system does not let this program see is absent.
///
/// `proc` is where proc(5) is mounted. The size of `PID/fd` is their number since Linux 6.2, for everybody to see;
/// before, it is 0, and the entries are counted, which only the process's own user and root may do. The limit is the
/// soft one of "Max open files" in `PID/limits`.
pub fn descriptors(proc: &Path, pid: u32) -> Descriptors {
    let process = proc.join(pid.to_string());
    let folder = process.join("fd");
    let entries = || Ok(fs::read_dir(&folder)?.count() as u64);
    let limits = fs::read_to_string(process.join("limits")).ok();
    Descriptors {
        open: fs::metadata(&folder).ok().and_then(|found| open(found.len(), entries)),
        limit: limits.as_deref().and_then(limit),
    }
}

/// The inodes of the sockets that a process has descriptors of, in the table or not; none where its descriptors may not
/// be listed. A process that is gone has none. One that is closed meanwhile is left out. `Err` is anything of which the
/// process is not the cause, such as descriptors of our own that ran out.
pub fn held_sockets(proc: &Path, pid: u32) -> io::Result<Option<BTreeSet<u32>>> {
    let listing = list(proc, pid)?;
    Ok(listing.map(|it| it.sockets.into_iter().map(|(_, inode)| inode).collect()))
}

/// Every process there is. `Err` where processes are not shown.
pub fn processes(proc: &Path) -> io::Result<BTreeSet<u32>> {
    owners::pids(proc)
}

/// The process that started this one, or that took its place when it ended (proc(5), `PID/stat`); none where the process is
/// gone or that is not shown. The name before it may hold spaces and parentheses.
pub fn parent(proc: &Path, pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(proc.join(pid.to_string()).join("stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Whether a process has ended: it is gone, its parent has not taken its status yet, or it is on its way out, which is
/// when the kernel closes its descriptors (proc(5), `PID/stat`: the state, and among the flags `PF_EXITING` of the kernel's
/// linux/sched.h). Where that cannot be read it has not.
pub fn has_ended(proc: &Path, pid: u32) -> bool {
    const PF_EXITING: u32 = 4;
    const ESRCH: i32 = 3;
    let stat = match fs::read_to_string(proc.join(pid.to_string()).join("stat")) {
        Ok(stat) => stat,
        Err(error) => {
            return error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(ESRCH);
        }
    };
    let Some((_, fields)) = stat.rsplit_once(')') else { return false };
    let mut fields = fields.split_whitespace();
    let is_over = matches!(fields.next(), Some("Z" | "X" | "x"));
    let flags = fields.nth(5).and_then(|flags| flags.parse::<u32>().ok());
    is_over || flags.is_some_and(|flags| flags & PF_EXITING != 0)
}

/// The number that the kernel gives as a size, else the number of entries. A process without any descriptor has size 0
/// as well, and no entries.
fn open(size: u64, entries: impl FnOnce() -> io::Result<u64>) -> Option<u64> {
    if size > 0 { Some(size) } else { entries().ok() }
}

/// The soft limit; none where it is `unlimited`.
fn limit(text: &str) -> Option<u64> {
    let values = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    values.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: &str = "Limit                     Soft Limit           Hard Limit           Units     \n\
        Max processes             63420                63420                processes \n\
        Max open files            1024                 1048576              files     \n\
        Max locked memory         8388608              8388608              bytes     \n";

    #[test]
    fn the_soft_limit_binds() {
        assert_eq!(limit(LIMITS), Some(1_024));
        assert_eq!(limit(&LIMITS.replace("1024  ", "unlimited  ")), None);
        assert_eq!(limit("Max open files"), None);
        assert_eq!(limit(""), None);
    }

    #[test]
    fn the_size_counts_and_entries_do_where_there_is_none() {
        let denied = || Err(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(open(1_240, denied), Some(1_240));
        assert_eq!(open(0, || Ok(17)), Some(17));
        assert_eq!(open(0, denied), None, "unknown is not none");
    }

    #[test]
    fn a_process_is_looked_up_under_the_root_that_is_given() -> io::Result<()> {
        let proc = tempfile::tempdir()?;
        assert_eq!(descriptors(proc.path(), 812), Descriptors::default());
        fs::create_dir(proc.path().join("812"))?;
        fs::write(proc.path().join("812/limits"), LIMITS)?;
        let found = descriptors(proc.path(), 812);
        assert_eq!(found, Descriptors { open: None, limit: Some(1_024) });
        fs::create_dir(proc.path().join("812/fd"))?;
        assert!(descriptors(proc.path(), 812).open.is_some());
        Ok(())
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_sockets_of_a_process_are_told_by_inode_while_it_has_them() -> io::Result<()> {
        use std::os::fd::AsRawFd as _;

        let (proc, me) = (Path::new("/proc"), std::process::id());
        let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
        let link = fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd()))?;
        let held = |pid| held_sockets(proc, pid).ok().flatten().expect("one's own can be seen");
        let is_held = || held(me).iter().any(|inode| link.ends_with(format!("socket:[{inode}]")));
        assert!(is_held());
        drop(socket);
        assert!(!is_held());
        assert!(held(u32::MAX).is_empty(), "nobody has this pid");
        Ok(())
    }

    #[test]
    fn the_parent_stands_behind_the_name_whatever_that_is() -> io::Result<()> {
        let proc = tempfile::tempdir()?;
        fs::create_dir(proc.path().join("17"))?;
        assert_eq!(parent(proc.path(), 17), None);
        fs::write(proc.path().join("17/stat"), "17 (a) S 3 b) I 2 0 0 0 -1 69238880 0 0")?;
        assert_eq!(parent(proc.path(), 17), Some(2));
        Ok(())
    }

    #[test]
    fn what_fails_for_no_fault_of_the_process_is_no_answer() -> io::Result<()> {
        let proc = tempfile::tempdir()?;
        fs::create_dir(proc.path().join("812"))?;
        fs::write(proc.path().join("812/fd"), "no folder")?;
        held_sockets(proc.path(), 812).expect_err("neither hidden nor empty");
        Ok(())
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_descriptor_more_of_this_process_is_counted() -> io::Result<()> {
        // Other tests of this process open and close descriptors at the same time, so many are opened.
        let (proc, me) = (Path::new("/proc"), std::process::id());
        let before = descriptors(proc, me).open.expect("one's own can be seen");
        let opened: Vec<fs::File> =
            (0..200).map(|_| fs::File::open("/dev/null")).collect::<io::Result<_>>()?;
        let after = descriptors(proc, me).open.expect("one's own can be seen");
        assert!(after >= before + 100, "{before} and {} more: {after}", opened.len());
        Ok(())
    }

    #[test]
    fn a_process_has_ended_that_is_gone_or_on_its_way_out() {
        let proc = tempfile::tempdir().expect("a folder");
        let ended = |pid: u32, stat: &str| {
            let folder = proc.path().join(pid.to_string());
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join("stat"), stat).expect("a file");
            has_ended(proc.path(), pid)
        };
        assert!(!ended(10, "10 (a) Z) S 1 10 10 0 -1 4194304 0"));
        assert!(ended(10, "10 (a) Z 1 10 10 0 -1 4194304 0"), "its parent has not taken it");
        assert!(ended(10, "10 (a) R 1 10 10 0 -1 4194308 0"), "its descriptors are being closed");
        assert!(!ended(10, ""), "not to be read");
        assert!(has_ended(proc.path(), 11));
        assert!(!has_ended("/proc".as_ref(), std::process::id()));
    }
}
