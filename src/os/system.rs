//! What the system tells beside sockets: its counters, its limits, and how many descriptors a process has.

use crate::model::{Counters, Descriptors, Limits};

/// Tells it; cheap enough to be asked at every poll. What a system does not tell is absent.
pub trait SystemInfo: Send {
    /// What is counted.
    fn counters(&mut self) -> Counters;

    /// What is allowed.
    fn limits(&mut self) -> Limits;

    /// How many descriptors a process has, and may have.
    fn descriptors(&mut self, pid: u32) -> Descriptors;
}

/// This machine.
#[cfg(target_os = "linux")]
pub fn system_info() -> Box<dyn SystemInfo> {
    Box::new(Linux)
}

/// This machine, which tells nothing yet.
#[cfg(not(target_os = "linux"))]
pub fn system_info() -> Box<dyn SystemInfo> {
    Box::new(Silent)
}

#[cfg(target_os = "linux")]
struct Linux;

/// Where Linux shows it all.
#[cfg(target_os = "linux")]
const PROC: &str = "/proc";

#[cfg(target_os = "linux")]
impl SystemInfo for Linux {
    fn counters(&mut self) -> Counters {
        super::linux::counters::read(PROC.as_ref())
    }

    fn limits(&mut self) -> Limits {
        super::linux::limits::read(PROC.as_ref())
    }

    fn descriptors(&mut self, pid: u32) -> Descriptors {
        super::linux::descriptors::descriptors(PROC.as_ref(), pid)
    }
}

/// The numbers that a setting of the kernel consists of, by its name (Linux: sysctl(8), below /proc/sys); none where there is
/// no such setting, or it cannot be read.
#[cfg(target_os = "linux")]
pub fn setting(name: &str) -> Option<Vec<u64>> {
    super::linux::limits::setting(PROC.as_ref(), name)
}

/// The numbers that a setting of the kernel consists of. This system is not asked.
#[cfg(not(target_os = "linux"))]
pub const fn setting(_: &str) -> Option<Vec<u64>> {
    None
}

/// A system of which nothing is known but its sockets, and a recording.
pub struct Silent;

impl SystemInfo for Silent {
    fn counters(&mut self) -> Counters {
        Counters::default()
    }

    fn limits(&mut self) -> Limits {
        Limits::default()
    }

    fn descriptors(&mut self, _pid: u32) -> Descriptors {
        Descriptors::default()
    }
}
