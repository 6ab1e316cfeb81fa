//! What the system allows and how much of it is used, without a thread.

use crate::analysis::load::Loads;
use crate::analysis::readings::{Reading, readings};
use crate::model::{Counters, Limits, PollFailure, Snapshot};
use crate::os;

/// One look at what is limited.
pub struct Usage {
    /// What the system allows.
    pub limits: Limits,
    /// What it counts.
    pub counters: Counters,
    /// How much of each limit is used, the fullest first, and the table it was read from; or why there is no table.
    pub readings: Result<(Vec<Reading>, Snapshot), PollFailure>,
}

/// Looks at this machine. All descriptors are counted, which costs a few microseconds for each process that holds
/// sockets.
pub fn usage() -> Usage {
    let mut system = os::system_info();
    let (limits, counters) = (system.limits(), system.counters());
    let readings = super::sample(super::SourceChoice::Live).map(|snapshot| {
        let at = snapshot.taken_at;
        let loads = Loads::default().observe(&snapshot, at, false, |pid| system.descriptors(pid));
        (readings(&snapshot, &loads, &counters, &limits), snapshot)
    });
    Usage { limits, counters, readings }
}
