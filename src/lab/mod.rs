//! The lab: sockets of our own on loopback, both ends watched, every call logged.
//!
//! ```text
//!  scenario (one click, a verdict)      bench (the user's hands)
//!        \                               /
//!         link: client <-> peer    observe: both rows of each link, on its own thread
//!          |
//!         connection: one end, each call through log, named by errno
//!          |
//!         options: what can be set, and this system's numbers
//! ```
//!
//! Left out on purpose: other hosts, and anything that needs privilege. Invariant: whatever is opened here
//! is closed abortively when its owner is dropped, panics included, so that nothing lingers.

mod bench;
mod cancel;
mod connection;
pub mod doctor;
mod errno;
mod link;
mod log;
mod observe;
mod options;
mod peer;
mod scenario;
mod scenarios;

pub use bench::{
    Bench, BenchState, Command, ConnectionState, EndState, MAX_CONNECTIONS, MAX_SEND, Refused,
};
pub use cancel::Cancel;
pub use connection::{ConnectionEnd, PATIENCE, RECV_SIZE};
pub use errno::{CallError, meaning};
pub use link::Link;
pub use log::{Bounded, Recorder};
pub use observe::{Lane, Observation, Observer, Seen, Watch};
pub use options::{Linger, NUMBERING, Numbering, SocketOption, SocketOptions};
pub use peer::Listener;
pub use scenario::{Run, RunLink, Scenario, TIME_LIMIT, run, run_with};
pub use scenarios::SCENARIOS;
