//! The lab: sockets of our own on loopback, both ends watched, every call logged.
//!
//! ```text
//!  scenario (one click, a verdict)      bench (the user's hands)
//!        \                               /
//!         link: client <-> peer    observe: both rows of each link, on its own thread
//!          |
//!         socket: one end, each call through log, named by errno
//!          |
//!         options: what can be set, and this system's numbers
//! ```
//!
//! Left out on purpose: anything that needs privilege, and other hosts, unless the user types one on the bench. Invariant: whatever is opened here
//! is closed abortively when its owner is dropped, panics included, so that nothing lingers.

pub mod article;
mod bench;
mod cancel;
pub mod child;
pub mod doctor;
mod errno;
mod link;
mod listener;
mod log;
mod museum;
mod observe;
mod options;
pub mod program;
mod resolve;
mod result;
mod scenario;
mod scenarios;
mod socket;
mod starting;

pub use bench::{
    Actor, Bench, BenchState, Client, Command, Connect, ConnectionState, EndState, Holding, Leave,
    ListenerState, Local, MAX_CONNECTIONS, MAX_COPIES, MAX_RECONNECTS, MAX_SEND, On, OpenListener,
    ReadBack, Reconnect, Refused, Running, Server, Target, Which,
};
pub use cancel::Cancel;
pub use errno::{CallError, meaning, plain_errno, remedy};
pub use link::Link;
pub use listener::{BACKLOG, Listener};
pub use log::{Bounded, Recorder};
pub use museum::{Museum, Piece, Place};
pub use observe::{Lane, Observation, Observer, Seen, Watch, other_end};
pub use options::{
    Linger, NUMBERING, Numbering, OptionName, OptionValue, SocketOption, SocketOptions, Takes,
    loopback,
};
pub use program::Program;
pub use result::{
    Attempt, Check, Exhibit, Habit, Outcome, Recipe, Said, ScenarioResult, Step, document,
    markdown, words,
};
pub use scenario::{
    BadKnob, Knob, Knobs, Known, News, Notify, Order, Phase, Ran, Range, Run, RunLink, Scenario,
    ScenarioRunner, Setup, TIME_LIMIT, Tell, run,
};
pub use scenarios::SCENARIOS;
pub use socket::{LabSocket, PATIENCE, RECV_SIZE};
