//! A process that holds sockets.

/// A process that holds, or held, a socket.
///
/// A pid alone is reused; with the start time it names one process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    /// The process id.
    pub pid: u32,
    /// The program's name as the system reports it; on Linux at most 15 bytes (proc(5), comm).
    pub name: String,
    /// When it started, in seconds since the Unix epoch; none where the system does not tell.
    pub started_s: Option<u64>,
}

/// How many descriptors (handles) a process has open, and how many it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptors {
    /// Open now; none where it could not be seen.
    pub open: Option<u64>,
    /// The limit that binds: the soft one of `RLIMIT_NOFILE` (getrlimit(2)); none where it could not be seen or
    /// there is none.
    pub limit: Option<u64>,
}

/// More about one process, read when somebody looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessDetails {
    /// The process.
    pub process: Process,
    /// Its command line, as one line; empty where it could not be read.
    pub command: String,
    /// The user it runs as, by name, else by number.
    pub user: Option<String>,
    /// Its parents, nearest first.
    pub parents: Vec<Process>,
    /// What manages it: a service, a container, a session.
    pub unit: Option<Unit>,
    /// Its descriptors.
    pub descriptors: Descriptors,
}

/// What a process belongs to, by its control group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A service of the system's manager: `nginx.service`.
    Service(String),
    /// A container, by the id its runtime gave it.
    Container(String),
    /// Anything else that has a control group of its own: the last part of its path.
    Other(String),
}
