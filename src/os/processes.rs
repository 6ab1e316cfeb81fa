//! Names and start times of processes, through sysinfo.

use std::collections::BTreeSet;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::ProcessInfo;
use crate::model::Process;

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
        Ok(wanted
            .iter()
            .filter_map(|pid| system.process(*pid))
            .map(|process| Process {
                pid: process.pid().as_u32(),
                name: process.name().to_string_lossy().into_owned(),
                started_s: Some(process.start_time()).filter(|seconds| *seconds > 0),
            })
            .collect())
    }
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
}
