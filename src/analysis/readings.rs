//! How much of each limit is used: readings, without a verdict.

use std::net::{IpAddr, SocketAddr};

use crate::model::Process;

/// What is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limited {
    /// The descriptors of a process.
    Descriptors(Process),
    /// The connections that wait to be accepted by the listener at this address; the room is one more than its
    /// backlog.
    AcceptQueue {
        /// Where it listens.
        local: SocketAddr,
        /// Who holds it, where that is known.
        process: Option<Process>,
    },
    /// The local ports from one address to one destination: each 4-tuple is used once.
    LocalPorts {
        /// The address they are of.
        local: IpAddr,
        /// Where they lead.
        remote: SocketAddr,
    },
    /// The rows in TIME_WAIT of the whole system.
    TimeWaitTable,
    /// The sockets without an owner of the whole system.
    Orphans,
    /// The pages of memory for TCP of the whole system.
    Memory,
    /// The open files of the whole system.
    SystemFiles,
}

/// How much of one limit is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What is limited.
    pub what: Limited,
    /// How much of it is used now.
    pub used: u64,
    /// How much there is.
    pub of: u64,
}

impl Reading {
    /// The share that is used, 1 when all is; a limit of nothing is used whole.
    #[expect(clippy::cast_precision_loss, reason = "a share is shown in percent")]
    pub fn share(&self) -> f32 {
        if self.of == 0 { 1.0 } else { self.used as f32 / self.of as f32 }
    }
}
