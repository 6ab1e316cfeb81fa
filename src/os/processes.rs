//! Names and start times of processes, through sysinfo.

use std::collections::BTreeSet;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use super::ProcessInfo;
use crate::model::Process;

/// Looks up just the processes asked for; sysinfo keeps them by pid and start time.
#[derive(Default)]
pub struct SystemProcesses {
    system: Option<System>,
}

impl SystemProcesses {
    /// Nothing is read before the first question.
    pub fn new() -> Self {
        Self::default()
    }
}

impl ProcessInfo for SystemProcesses {
    fn describe(&mut self, pids: &BTreeSet<u32>) -> Result<Vec<Process>, String> {
        if pids.is_empty() {
            return Ok(Vec::new());
        }
        let system = match &mut self.system {
            Some(system) => system,
            None => self
                .system
                .insert(System::new().map_err(|error| error.to_string())?),
        };
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
        let found = SystemProcesses::new().describe(&BTreeSet::from([me, u32::MAX - 7]));
        let found = found.expect("the process table is readable");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].pid, me);
        assert!(!found[0].name.is_empty());
        assert!(found[0].started_s.is_some());
    }
}
