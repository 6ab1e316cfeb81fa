//! A process that holds sockets.

/// A process that holds, or held, a socket.
///
/// A pid alone is reused; with the start time it names one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// The process id.
    pub pid: u32,
    /// The program's name as the system reports it; on Linux at most 15 bytes (proc(5), comm).
    pub name: String,
    /// When it started, in seconds since the Unix epoch; none where the system does not tell.
    pub started_s: Option<u64>,
}
