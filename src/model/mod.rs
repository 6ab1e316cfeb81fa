//! Plain data about sockets: what every layer speaks of, and no layer owns.
//!
//! Nothing here reads a file, asks a clock, starts a thread, or knows which system it runs on.
//! Serialisation is left out on purpose: the wire format is `store::document`'s, so that a field can
//! be renamed here without breaking a file.

mod counted;
mod counters;
mod failure;
mod gap;
pub mod lab;
mod listeners;
mod owner;
mod ports;
mod process;
mod snapshot;
mod socket;
mod state;
mod tcp_info;

pub use counted::{CountedHasher, CountedMap, CountedSet};
pub use counters::{Counters, Limits};
pub use failure::{Operation, PollFailure};
pub use gap::{Family, Gap, OtherGap};
pub use listeners::Listeners;
pub use owner::{Owner, Pids};
pub use ports::PortSet;
pub use process::{Descriptors, Process, ProcessDetails, Unit};
pub use snapshot::{Host, Snapshot, StateCounts, UserNames};
pub use socket::{Protocol, Queues, Socket, Timer, TimerKind};
pub use state::{ParseStateError, State};
pub use tcp_info::TcpInfo;
