//! Processes through sysinfo: names and start times of many, and everything about one.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind, Users};

use super::{InspectProcess, ProcessInfo, linux};
use crate::model::{Descriptors, Process, ProcessDetails, Unit};

/// A chain of parents is followed no further; a real one is a dozen long.
const MOST_PARENTS: usize = 32;

/// A command line is cut here, in characters: it may be megabytes long (execve(2)).
const LONGEST_COMMAND: usize = 4_096;

/// Looks up just the processes asked for.
///
/// Each question is asked anew: sysinfo would keep a process for as long as nobody asks for its pid again,
/// and would not see that it has become another program (execve(2)).
pub struct SystemProcesses;

impl ProcessInfo for SystemProcesses {
    fn describe(&mut self, pids: &BTreeSet<u32>) -> Result<Vec<Process>, String> {
        if pids.is_empty() {
            return Ok(Vec::new());
        }
        let mut system = System::new().map_err(|error| error.to_string())?;
        let wanted: Vec<Pid> = pids.iter().map(|pid| Pid::from_u32(*pid)).collect();
        // Without `without_tasks` every thread would be read as a process of its own.
        system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&wanted),
            true,
            ProcessRefreshKind::nothing().without_tasks(),
        );
        Ok(wanted.iter().filter_map(|pid| system.process(*pid)).map(named).collect())
    }
}

fn named(process: &sysinfo::Process) -> Process {
    Process {
        pid: process.pid().as_u32(),
        name: process.name().to_string_lossy().into_owned(),
        started_s: Some(process.start_time()).filter(|seconds| *seconds > 0),
    }
}

impl InspectProcess for SystemProcesses {
    fn details(&mut self, pid: u32) -> Result<Option<ProcessDetails>, String> {
        let mut system = System::new().map_err(|error| error.to_string())?;
        let pid = Pid::from_u32(pid);
        let kind = ProcessRefreshKind::nothing()
            .without_tasks()
            .with_cmd(UpdateKind::Always)
            .with_user(UpdateKind::Always);
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, kind);
        let Some(process) = system.process(pid) else {
            return Ok(None);
        };
        let details = ProcessDetails {
            process: named(process),
            command: command_line(process.cmd()),
            user: user(process),
            parents: Vec::new(),
            unit: unit(pid),
            descriptors: descriptors(process),
        };
        let parents = parents(process.parent(), |parent| {
            let kind = ProcessRefreshKind::nothing().without_tasks();
            system.refresh_processes_specifics(ProcessesToUpdate::Some(&[parent]), true, kind);
            system.process(parent).map(|process| (named(process), process.parent()))
        });
        Ok(Some(ProcessDetails { parents, ..details }))
    }
}

/// The chain of parents, nearest first. It is read step by step while processes come and go, so a pid that was given
/// anew may lead round in a circle.
fn parents(
    first: Option<Pid>,
    mut look_up: impl FnMut(Pid) -> Option<(Process, Option<Pid>)>,
) -> Vec<Process> {
    let mut found: Vec<Process> = Vec::new();
    let mut next = first;
    while let Some(pid) = next.filter(|_| found.len() < MOST_PARENTS) {
        if found.iter().any(|known| known.pid == pid.as_u32()) {
            break;
        }
        let Some((process, parent)) = look_up(pid) else {
            break;
        };
        found.push(process);
        next = parent;
    }
    found
}

/// The arguments as one line. What has a space in it is quoted, unless it stands alone: a program that renames
/// itself, as servers do, has one argument.
fn command_line(arguments: &[OsString]) -> String {
    let quoted = |argument: &OsString| {
        let argument = argument.to_string_lossy();
        let plain = !argument.is_empty() && !argument.contains(char::is_whitespace);
        if plain || arguments.len() == 1 {
            argument.into_owned()
        } else {
            format!("\"{argument}\"")
        }
    };
    let line = arguments.iter().map(quoted).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_COMMAND) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn user(process: &sysinfo::Process) -> Option<String> {
    let id = process.effective_user_id().or_else(|| process.user_id())?;
    // Where the system does not list its users the number is what is left.
    let users = Users::new_with_refreshed_list().ok();
    let name = users.as_ref().and_then(|users| users.get_user_by_id(id)).map(sysinfo::User::name);
    Some(name.map_or_else(|| id.to_string(), str::to_owned))
}

fn unit(pid: Pid) -> Option<Unit> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    linux::cgroup::unit(&groups)
}

fn descriptors(process: &sysinfo::Process) -> Descriptors {
    if cfg!(target_os = "linux") {
        return linux::descriptors::descriptors(Path::new("/proc"), process.pid().as_u32());
    }
    let count = |number: Option<usize>| number.map(|number| number as u64);
    Descriptors { open: count(process.open_files()), limit: count(process.open_files_limit()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found_and_a_missing_one_is_left_out() {
        let me = std::process::id();
        let found = SystemProcesses.describe(&BTreeSet::from([me, u32::MAX - 7]));
        let found = found.expect("the process table is readable");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].pid, me);
        assert!(!found[0].name.is_empty());
        assert!(found[0].started_s.is_some());
    }

    #[test]
    fn this_process_can_be_looked_at_closely() {
        let details = SystemProcesses.details(std::process::id());
        let details = details.expect("the process table is readable").expect("it runs");
        assert_eq!(details.process.pid, std::process::id());
        let program = std::env::args().next().expect("a name");
        assert!(details.command.starts_with(&program), "{}", details.command);
        assert!(details.user.is_some_and(|user| !user.is_empty()));
        let parent = details.parents.first().expect("somebody started the tests");
        assert_ne!(parent.pid, std::process::id());
        assert_eq!(SystemProcesses.details(u32::MAX - 7), Ok(None));
    }

    #[test]
    fn a_circle_of_parents_ends_and_so_does_a_long_chain() {
        let process =
            |pid: Pid| Process { pid: pid.as_u32(), name: String::new(), started_s: None };
        let ring = |pid: Pid| Some((process(pid), Some(Pid::from_u32(pid.as_u32() % 3 + 1))));
        let pids: Vec<u32> =
            parents(Some(Pid::from_u32(2)), ring).iter().map(|parent| parent.pid).collect();
        assert_eq!(pids, [2, 3, 1]);
        let chain = |pid: Pid| Some((process(pid), Some(Pid::from_u32(pid.as_u32() + 1))));
        assert_eq!(parents(Some(Pid::from_u32(1)), chain).len(), MOST_PARENTS);
        assert_eq!(parents(None, chain), []);
    }

    #[test]
    fn a_command_line_is_one_line_of_bounded_length() {
        let line = |arguments: &[&str]| {
            command_line(&arguments.iter().map(OsString::from).collect::<Vec<_>>())
        };
        assert_eq!(line(&["nc", "-l", "a b", ""]), "nc -l \"a b\" \"\"");
        assert_eq!(line(&["nginx: worker process"]), "nginx: worker process");
        assert_eq!(line(&[]), "");
        let long = line(&[&"ä".repeat(LONGEST_COMMAND + 1)]);
        assert_eq!(long.chars().count(), LONGEST_COMMAND + 1, "and a sign that it is cut");
        assert!(long.ends_with('…'));
    }
}
