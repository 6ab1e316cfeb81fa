//! What each process has open, and how that grows.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::model::{Descriptors, Process, StateCounts};

/// The sockets of one process at one poll.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessLoad {
    /// The process.
    pub process: Process,
    /// Its sockets by state; one that it shares with another process counts for both.
    pub counts: StateCounts,
    /// How its CLOSE_WAIT changes; none while there is too little history, or a gap in it.
    pub close_wait_per_minute: Option<i64>,
    /// Its CLOSE_WAIT at the polls of the last ten minutes at most, oldest first.
    pub close_wait_course: Arc<[u32]>,
    /// The remote end that most of its CLOSE_WAIT are to, with how many.
    pub close_wait_remote: Option<(SocketAddr, u32)>,
    /// Its descriptors.
    pub descriptors: Descriptors,
}
