//! The operating system: its socket table, its processes, its name for itself.
//!
//! Facts only. No row is dropped here, nothing is judged, and nothing waits for a user. What differs
//! between systems is decided in this folder; ARCHITECTURE.md lists the two files beside it.

mod host;
mod linux;
mod netstat;
mod processes;
mod replay;
mod system;
mod unheld;
#[cfg(unix)]
mod unix;
mod users;
#[cfg(windows)]
mod windows;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

pub use host::host;
pub use linux::{DiagSource, ExactPairProbe};
#[cfg(target_os = "linux")]
pub use linux::{descriptor_state, set_tcp_option, tcp_option};
pub use netstat::{NetstatSource, TablePairProbe};
pub use processes::SystemProcesses;
pub use replay::ReplaySource;
pub use system::{Silent, SystemInfo, setting, system_info};
#[cfg(unix)]
pub use unix::{Descriptor, descriptor_limit, descriptors_below, limit_descriptors, on_terminate};
#[cfg(windows)]
pub use windows::{
    Descriptor, descriptor_limit, descriptors_below, exclusive_address, keepalive_idle,
    keepalive_interval, limit_descriptors, set_exclusive_address,
};

use crate::model::lab::Resolution;
use crate::model::{PollFailure, Process, ProcessDetails, Snapshot, Socket};

/// Gives the socket table, whole, one poll at a time.
pub trait SocketSource: Send {
    /// The interface by the name people know it under, for the coverage line.
    fn name(&self) -> &str;

    /// Whether it shows this machine now, and not something recorded.
    fn is_live(&self) -> bool;

    /// Reads the table once.
    ///
    /// `Ok(None)` means that a recording has ended; a live source never says so. `Err` means that
    /// there is no table at all; what is merely incomplete travels in [`Snapshot::gaps`].
    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure>;
}

/// Tells what is known of processes.
pub trait ProcessInfo: Send {
    /// Looks up these pids; one that is gone by now is left out. `Err` holds the system's answer when
    /// nothing at all could be read.
    fn describe(&mut self, pids: &BTreeSet<u32>) -> Result<Vec<Process>, String>;
}

/// Tells all that is known of one process; dearer than [`ProcessInfo`], for a process that somebody looks at.
pub trait InspectProcess: Send {
    /// What is known of the process that has this pid now; none where no process has it. `Err` holds the system's
    /// answer when nothing at all could be read.
    fn details(&mut self, pid: u32) -> Result<Option<ProcessDetails>, String>;
}

/// A connection of which both ends may be on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The address of the end that connected.
    pub client: SocketAddr,
    /// The address it connected to.
    pub peer: SocketAddr,
}

/// Looks up single connections, quickly enough to watch them change.
pub trait PairProbe: Send {
    /// How the look-up is done.
    fn resolution(&self) -> Resolution;

    /// Whether it shows rows that no process holds: TIME_WAIT, and what was closed but is not gone yet.
    /// Where it does not, a closed end without a row may well be in such a state.
    fn shows_unowned(&self) -> bool;

    /// The row of the client and the row of the peer for each pair, all from one look; none where the
    /// table has no such row.
    fn lookup(&mut self, pairs: &[Pair]) -> Result<Vec<[Option<Socket>; 2]>, PollFailure>;

    /// The row of the listener at this address; none where nobody listens there.
    fn listener(&mut self, local: SocketAddr) -> Result<Option<Socket>, PollFailure>;
}

/// A TCP option that Linux alone has; tcp(7) describes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpOption {
    /// `TCP_DEFER_ACCEPT`: a listener makes no socket of a connection before data came; in seconds.
    DeferAccept,
    /// `TCP_LINGER2`: how long FIN_WAIT_2 lasts once nobody holds the socket; in seconds, negative for not at all.
    FinWait2Seconds,
    /// `TCP_SYNCNT`: how often a SYN is sent again before `connect` gives up.
    SynRetries,
}

/// The best source of the socket table that this system has.
#[cfg(target_os = "linux")]
pub fn live_source() -> Box<dyn SocketSource> {
    Box::new(DiagSource::new(Box::new(SystemProcesses), portable_source()))
}

/// The best source of the socket table that this system has.
#[cfg(not(target_os = "linux"))]
pub fn live_source() -> Box<dyn SocketSource> {
    portable_source()
}

/// The processor time that this thread has used; none where the system is not asked (`clock_gettime(2)`).
#[cfg(target_os = "linux")]
pub fn thread_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

/// The processor time that this thread has used; none where the system is not asked.
#[cfg(not(target_os = "linux"))]
pub const fn thread_time() -> Option<Duration> {
    None
}

/// What the option is now. This system has none of these.
#[cfg(not(target_os = "linux"))]
pub fn tcp_option(_: &socket2::Socket, _: TcpOption) -> std::io::Result<i32> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Sets the option. This system has none of these.
#[cfg(not(target_os = "linux"))]
pub fn set_tcp_option(_: &socket2::Socket, _: TcpOption, _: i32) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// The inodes of the sockets that this process has descriptors of, whether or not the table still has rows for them;
/// none where that cannot be seen. A process that is gone has none. `Err` says nothing of the process.
#[cfg(target_os = "linux")]
pub fn held_sockets(pid: u32) -> std::io::Result<Option<BTreeSet<u32>>> {
    linux::descriptors::held_sockets("/proc".as_ref(), pid)
}

/// The inodes of the sockets that this process has descriptors of. This system is not asked.
#[cfg(not(target_os = "linux"))]
pub const fn held_sockets(_: u32) -> std::io::Result<Option<BTreeSet<u32>>> {
    Ok(None)
}

/// Every process there is. `Err` where processes are not shown.
#[cfg(target_os = "linux")]
pub fn processes() -> std::io::Result<BTreeSet<u32>> {
    linux::descriptors::processes("/proc".as_ref())
}

/// Every process that [`held_sockets`] tells something of: this system is not asked.
#[cfg(not(target_os = "linux"))]
pub const fn processes() -> std::io::Result<BTreeSet<u32>> {
    Ok(BTreeSet::new())
}

/// The process that started this one, or that took its place when it ended; none where that is not told.
#[cfg(target_os = "linux")]
pub fn parent(pid: u32) -> Option<u32> {
    linux::descriptors::parent("/proc".as_ref(), pid)
}

/// The process that started this one. This system is not asked.
#[cfg(not(target_os = "linux"))]
pub const fn parent(_: u32) -> Option<u32> {
    None
}

/// Calls this whenever the process is told to end: no system but Unix tells.
#[cfg(not(unix))]
pub fn on_terminate(_: impl Fn() + Send + 'static) -> std::io::Result<()> {
    Ok(())
}

/// Whether a process has ended, though its number may not be free yet.
#[cfg(target_os = "linux")]
pub fn has_ended(pid: u32) -> bool {
    linux::descriptors::has_ended("/proc".as_ref(), pid)
}

/// Whether a process has ended, though its number may not be free yet. This system is not asked.
#[cfg(not(target_os = "linux"))]
pub const fn has_ended(_: u32) -> bool {
    false
}

/// The state of the socket itself, whether or not the table still has a row for it. This system is not asked.
#[cfg(not(target_os = "linux"))]
pub fn descriptor_state(_: &socket2::Socket) -> std::io::Result<Option<crate::model::State>> {
    Ok(None)
}

/// The source that every system has.
pub fn portable_source() -> Box<dyn SocketSource> {
    Box::new(NetstatSource::new(Box::new(SystemProcesses)))
}

/// The best probe for single connections that this system has.
#[cfg(target_os = "linux")]
pub fn pair_probe() -> Box<dyn PairProbe> {
    Box::new(ExactPairProbe::default())
}

/// The best probe for single connections that this system has.
#[cfg(not(target_os = "linux"))]
pub fn pair_probe() -> Box<dyn PairProbe> {
    Box::new(TablePairProbe)
}
