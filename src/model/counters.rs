//! What the system counts and what it allows, beside the table.

use std::ops::RangeInclusive;

/// Counts that the kernel keeps of TCP; each grows from boot unless it says "now".
///
/// Source on Linux: `/proc/net/sockstat`, `/proc/net/sockstat6`, `/proc/net/snmp` and `/proc/net/netstat` (proc(5)),
/// all of this network namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Sockets in use now, both families, without TIME_WAIT.
    pub in_use: Option<u64>,
    /// Sockets now that no process holds and that are not in TIME_WAIT.
    pub orphans: Option<u64>,
    /// Rows in TIME_WAIT now, and FIN_WAIT_2 without an owner.
    pub time_wait: Option<u64>,
    /// Pages of memory that TCP's buffers take now.
    pub memory_pages: Option<u64>,
    /// Connections opened from here (RFC 4022, tcpActiveOpens).
    pub active_opens: Option<u64>,
    /// Connections accepted here (tcpPassiveOpens).
    pub passive_opens: Option<u64>,
    /// Connections that were never made (tcpAttemptFails).
    pub attempt_fails: Option<u64>,
    /// Connections reset from ESTABLISHED or CLOSE_WAIT (tcpEstabResets).
    pub established_resets: Option<u64>,
    /// Segments sent again (tcpRetransSegs).
    pub retransmitted_segments: Option<u64>,
    /// Segments sent with RST (tcpOutRsts).
    pub resets_sent: Option<u64>,
    /// Times that an accept queue was full.
    pub listen_overflows: Option<u64>,
    /// Connections dropped by listeners, for any reason.
    pub listen_drops: Option<u64>,
    /// Rows that could not be kept in TIME_WAIT because the table was full.
    pub time_wait_overflows: Option<u64>,
    /// Connections aborted because memory for TCP ran out.
    pub aborts_on_memory: Option<u64>,
}

/// What the system allows; what it does not tell, or what it does not have, is absent.
///
/// Source on Linux: `/proc/sys/net/ipv4`, `/proc/sys/net/core` and `/proc/sys/fs` (ip-sysctl.rst, proc(5)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Ports that the system gives to outgoing connections.
    pub ephemeral_ports: Option<RangeInclusive<u16>>,
    /// How many of these are reserved and not given.
    pub reserved_ports: Option<u64>,
    /// Seconds that a FIN_WAIT_2 without an owner is kept. It does not change TIME_WAIT.
    pub fin_timeout_s: Option<u64>,
    /// Whether a port in TIME_WAIT is used again for a new outgoing connection: 0 no, 1 yes, 2 on loopback.
    pub tw_reuse: Option<u64>,
    /// The value of `tcp_tw_recycle`; gone since Linux 4.12.
    pub tw_recycle: Option<u64>,
    /// Whether segments carry timestamps (RFC 7323): 0 no, 1 yes, 2 yes and not offset at random.
    pub timestamps: Option<u64>,
    /// How many rows may be in TIME_WAIT.
    pub max_time_wait: Option<u64>,
    /// How many sockets may be without an owner.
    pub max_orphans: Option<u64>,
    /// The longest accept queue that listen(2) gives.
    pub somaxconn: Option<u64>,
    /// How many connections may be in SYN_RECEIVED for one listener.
    pub max_syn_backlog: Option<u64>,
    /// Pages of memory at which TCP's buffers are no longer given (the third value of `tcp_mem`).
    pub memory_pages: Option<u64>,
    /// Seconds without traffic after which keepalive, where it is on, sends its first probe.
    pub keepalive_time_s: Option<u64>,
    /// Files open in the whole system.
    pub files_open: Option<u64>,
    /// How many may be.
    pub files_max: Option<u64>,
    /// The most that one process may be allowed.
    pub files_per_process: Option<u64>,
}
