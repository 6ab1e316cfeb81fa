#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;

use super::*;
use crate::model::State;

/// Processes whose descriptors a test sets; shown as `/proc` shows them.
struct Proc {
    root: tempfile::TempDir,
    owners: Owners,
    second: u64,
}

impl Proc {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir(root.path().join("self")).expect("a folder");
        let owners = Owners::new(root.path());
        let mut proc = Self { root, owners, second: 0 };
        // These tests are about what may be seen, whoever runs them.
        proc.owners.user = 0;
        proc
    }

    fn open(&self, pid: u32, fd: u32, target: &str) {
        let folder = self.root.path().join(pid.to_string()).join("fd");
        fs::create_dir_all(&folder).expect("a folder");
        let link = folder.join(fd.to_string());
        // Closed and opened again, perhaps.
        let _ = fs::remove_file(&link);
        symlink(target, link).expect("a link");
    }

    fn socket(&self, pid: u32, fd: u32, inode: u32) {
        self.open(pid, fd, &format!("socket:[{inode}]"));
    }

    fn close(&self, pid: u32, fd: u32) {
        let link = self.root.path().join(pid.to_string()).join("fd").join(fd.to_string());
        fs::remove_file(link).expect("it was open");
    }

    fn end(&self, pid: u32) {
        fs::remove_dir_all(self.root.path().join(pid.to_string())).expect("it ran");
    }

    /// One poll a second: the holders of these inodes, and what finding them took.
    fn poll(&mut self, inodes: &[u32]) -> (Vec<Vec<u32>>, Effort) {
        let mut rows: Vec<Socket> = inodes.iter().map(|inode| row(*inode)).collect();
        self.second += 1;
        let effort = self.owners.update(&mut rows, Duration::from_secs(self.second));
        let holders = rows.iter().map(|row| row.owner.pids().to_vec()).collect();
        (holders, effort.expect("it can be seen"))
    }

    fn holders(&mut self, inodes: &[u32]) -> Vec<Vec<u32>> {
        self.poll(inodes).0
    }
}

fn row(inode: u32) -> Socket {
    Socket {
        inode: Some(inode).filter(|inode| *inode != 0),
        cookie: NonZeroU64::new(u64::from(inode) + 1_000),
        uid: Some(1_000),
        ..Socket::new(
            ([127, 0, 0, 1], 80).into(),
            Some(([127, 0, 0, 1], 5_000).into()),
            State::Established,
            Owner::NoOwner,
        )
    }
}

#[test]
fn all_holders_of_a_socket_are_found_at_the_first_look() {
    let mut proc = Proc::new();
    proc.socket(10, 3, 500);
    proc.socket(10, 4, 501);
    proc.socket(11, 7, 500);
    proc.open(11, 8, "/dev/null");
    proc.open(11, 9, "socket:[not a number]");
    assert_eq!(proc.holders(&[500, 501, 502, 0]), [vec![10, 11], vec![10], vec![], vec![]]);
}

#[test]
fn nothing_new_costs_a_bounded_look_whatever_there_is() {
    let mut proc = Proc::new();
    let inodes: Vec<u32> = (1_000..3_000).collect();
    for inode in &inodes {
        proc.socket(10, inode - 990, *inode);
    }
    proc.holders(&inodes);
    // A folder's size is not the number of its entries here, as it is in /proc: one listing may follow.
    proc.holders(&inodes);
    for _ in 0..10 {
        let (holders, effort) = proc.poll(&inodes);
        assert!(holders.iter().all(|pids| pids == &[10]));
        assert!(effort.probed <= 600 && effort.listed <= 1, "{effort:?}");
    }
}

#[test]
fn trap_1_an_inode_that_nobody_holds_does_not_make_every_poll_a_walk() {
    let mut proc = Proc::new();
    // More than are read again in turn, so that a walk shows.
    for pid in 10..15 {
        for fd in 0..400 {
            proc.socket(pid, fd, pid * 1_000 + fd);
        }
    }
    let inodes: Vec<u32> =
        (10..15).flat_map(|pid| (0..400).map(move |fd| pid * 1_000 + fd)).chain([7]).collect();
    let mut walks = Vec::new();
    for second in 1..=40 {
        let (holders, effort) = proc.poll(&inodes);
        assert_eq!(holders.last(), Some(&vec![]));
        if effort.listed >= 5 {
            walks.push(second);
        }
    }
    // The first look, and then after one second, four, and sixteen.
    assert_eq!(walks, [1, 2, 6, 22]);
    proc.socket(10, 400, 7);
    let mut polls = 0;
    while proc.holders(&inodes).last() != Some(&vec![10]) {
        polls += 1;
        assert!(polls < 61, "it is found when somebody holds it after all");
    }
}

#[test]
fn trap_2_a_descriptor_that_was_no_socket_becomes_one() {
    let mut proc = Proc::new();
    proc.socket(10, 3, 500);
    proc.open(10, 4, "/tmp");
    proc.socket(10, 5, 501);
    assert_eq!(proc.holders(&[500, 501]), [[10], [10]]);
    proc.socket(10, 4, 502);
    assert_eq!(proc.holders(&[500, 501, 502]), [[10], [10], [10]]);
}

#[test]
fn trap_3_the_same_number_of_descriptors_may_be_other_descriptors() {
    let mut proc = Proc::new();
    proc.socket(10, 3, 500);
    proc.socket(10, 4, 501);
    assert_eq!(proc.holders(&[500, 501]), [[10], [10]]);
    // Closed and accepted: the number of the descriptor is used again, and so is the inode's by another process.
    proc.socket(10, 3, 502);
    proc.socket(11, 3, 500);
    assert_eq!(proc.holders(&[501, 502]), [[10], [10]]);
    assert_eq!(proc.holders(&[500, 501, 502]), [[11], [10], [10]]);
}

#[test]
fn new_sockets_of_a_large_process_are_found_without_listing_it() {
    let mut proc = Proc::new();
    let mut inodes: Vec<u32> = (1_000..3_000).collect();
    for inode in &inodes {
        proc.socket(10, inode - 1_000, *inode);
    }
    proc.holders(&inodes);
    proc.holders(&inodes);
    for round in 0..5 {
        // Two go, and their descriptors are the first to be given again; two more come behind the last.
        let gone = 100 + round * 10;
        for (fd, inode) in [(gone, 9_000 + round), (gone + 1, 9_100 + round)] {
            proc.close(10, fd);
            inodes.retain(|known| *known != 1_000 + fd);
            proc.holders(&inodes);
            proc.socket(10, fd, inode);
            inodes.push(inode);
        }
        for inode in [9_200 + round, 9_300 + round] {
            let last = 2_000 + round * 2 + u32::from(inode >= 9_300);
            proc.socket(10, last, inode);
            inodes.push(inode);
        }
        let (holders, effort) = proc.poll(&inodes);
        assert!(holders.iter().all(|pids| pids == &[10]), "round {round}");
        assert!(effort.listed <= 1 && effort.probed < 700, "{effort:?}");
    }
}

#[test]
fn a_process_that_ends_takes_its_sockets_along_unless_another_holds_them() {
    let mut proc = Proc::new();
    proc.socket(10, 3, 500);
    proc.socket(10, 4, 501);
    assert_eq!(proc.holders(&[500, 501]), [[10], [10]]);
    // A child that inherited one of them: nothing in the table tells, but it is new.
    proc.socket(20, 3, 500);
    proc.end(10);
    assert_eq!(proc.holders(&[500, 501]), [vec![20], vec![]]);
}

#[test]
fn a_socket_that_passed_on_is_noticed() {
    let mut proc = Proc::new();
    proc.socket(10, 3, 500);
    proc.socket(11, 3, 501);
    assert_eq!(proc.holders(&[500, 501]), [[10], [11]]);
    proc.socket(11, 4, 500);
    proc.holders(&[500, 501]);
    assert_eq!(proc.holders(&[500, 501]), [vec![10, 11], vec![11]]);
    proc.close(10, 3);
    proc.holders(&[500, 501]);
    assert_eq!(proc.holders(&[500, 501]), [[11], [11]]);
}

#[test]
fn a_number_that_is_another_process_by_now_is_read_anew() {
    let mut proc = Proc::new();
    proc.socket(10, 3, 500);
    proc.socket(11, 3, 500);
    let mut rows = [row(500)];
    proc.owners.update(&mut rows, Duration::from_secs(1)).expect("it can be seen");
    proc.owners.confirm([(10, 1), (11, 1)].into_iter(), &mut rows);
    assert_eq!(rows[0].owner.pids(), [10, 11]);
    proc.close(10, 3);
    proc.owners.confirm([(10, 99), (11, 1)].into_iter(), &mut rows);
    assert_eq!(rows[0].owner.pids(), [11]);
}

#[test]
fn another_users_sockets_are_not_looked_for_in_vain() {
    let mut proc = Proc::new();
    proc.owners.user = 2_000;
    for fd in 0..600 {
        proc.socket(10, fd, 1_000 + fd);
    }
    proc.holders(&[]);
    for _ in 0..5 {
        let (holders, effort) = proc.poll(&[7]);
        assert_eq!(holders, [Vec::<u32>::new()]);
        assert_eq!(effort.listed, 0, "{effort:?}");
    }
}

#[test]
fn processes_that_cannot_be_seen_at_all_are_an_error() {
    let empty = tempfile::tempdir().expect("a folder");
    for proc in [Path::new("/nowhere/at/all"), empty.path()] {
        let mut rows = [row(500)];
        assert!(Owners::new(proc).update(&mut rows, Duration::ZERO).is_err(), "{proc:?}");
        assert_eq!(rows[0].owner, Owner::NoOwner);
    }
}

#[test]
fn another_users_socket_in_a_process_of_ones_own_is_seen_at_the_first_look() {
    let mut proc = Proc::new();
    proc.owners.user = 2_000;
    proc.socket(10, 3, 500);
    assert_eq!(proc.holders(&[500, 501]), [vec![10], vec![]]);
    assert!(!proc.owners.sees_all());
    proc.owners.user = 0;
    assert!(proc.owners.sees_all());
}

#[test]
fn what_fails_for_a_reason_of_our_own_is_no_hidden_process_and_is_tried_again() {
    let mut proc = Proc::new();
    proc.socket(10, 3, 500);
    proc.socket(11, 3, 501);
    assert_eq!(proc.holders(&[500, 501]), [[10], [11]]);
    assert_eq!(proc.owners.failure(), None);
    // A file where the folder should be: ENOTDIR, which is neither "may not" nor "is gone".
    let (folder, aside) = (proc.root.path().join("10/fd"), proc.root.path().join("aside"));
    fs::rename(&folder, &aside).expect("it is there");
    fs::write(&folder, "").expect("a file");
    proc.holders(&[500, 501, 502]);
    assert!(proc.owners.failure().is_some_and(|cause| cause.contains("os error 20")));
    assert!(!proc.owners.sees_all(), "nobody holds it, or only the one that was not seen");
    fs::remove_file(&folder).expect("a file");
    fs::rename(&aside, &folder).expect("it is there");
    proc.socket(10, 4, 502);
    assert_eq!(proc.holders(&[500, 501, 502]), [[10], [11], [10]]);
    assert_eq!(proc.owners.failure(), None);
    assert!(proc.owners.sees_all());
}

#[test]
fn only_a_refusal_hides_and_only_an_end_is_an_end() {
    let listed = |errno| process::unlisted(io::Error::from_raw_os_error(errno));
    // EPERM and EACCES.
    for hidden in [1, 13] {
        assert!(matches!(listed(hidden), Ok(None)), "{hidden}");
    }
    // ENOENT and ESRCH.
    for ended in [2, 3] {
        assert!(matches!(listed(ended), Ok(Some(_))), "{ended}");
    }
    // EIO, ENFILE and EMFILE.
    for ours in [5, 23, 24] {
        assert!(listed(ours).is_err_and(|error| error.raw_os_error() == Some(ours)), "{ours}");
    }
}
