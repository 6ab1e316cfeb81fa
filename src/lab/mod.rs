//! The lab: sockets of our own, both ends watched.
//!
//! ```text
//!  scenario (one click, a verdict)      bench (the user's hands)      program (the user's own program at the other end)
//!        \                               /                            /
//!         link: client <-> peer    observe: both rows of each connection, on its own thread
//!          |
//!         socket: one end, each call through log, named by errno
//!          |
//!         options: what can be set, and this system's numbers
//! ```
//!
//! Left out on purpose: anything that needs privilege; and other hosts, unless the user types one: a target on the bench, a
//! target or an address to listen at for Test my program. Invariant: whatever is opened here is closed abortively when its
//! owner is dropped, panics included. Two things may outlive it, because no system lets them be interrupted: a resolver, and
//! a `close()` that the user had linger towards an end that is not ours; each ends with its own time.

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
mod presupposed;
pub mod program;
mod resolve;
mod result;
mod scenario;
mod scenarios;
mod socket;
mod starting;

pub use crate::os::on_terminate;
pub use bench::{
    Actor, Bench, BenchState, Client, Command, Connect, ConnectionState, EndState, Holding, Leave,
    ListenerState, Local, MAX_CONNECTIONS, MAX_COPIES, MAX_RECONNECTS, MAX_SEND, On, OpenListener,
    ReadBack, Reconnect, Refused, Running, Server, Target, Which,
};
pub use cancel::Cancel;
pub use errno::{CallError, meaning, plain_errno, remedy};
pub use link::Link;
pub use listener::{BACKLOG, Listener};
pub use log::{Bounded, Recorder, Waiting};
pub use museum::{Museum, Piece, Place};
pub use observe::{Lane, Observation, Observer, Seen, Watch, other_end};
pub use options::{
    Linger, NUMBERING, Numbering, OptionName, OptionValue, SocketOption, SocketOptions, Takes,
    loopback,
};
pub use presupposed::Presupposed;
pub use program::Program;
pub use result::{
    Attempt, Check, Exhibit, Habit, Outcome, Recipe, Said, ScenarioResult, Step, document,
    markdown, words,
};
pub use scenario::{
    BadKnob, Knob, Knobs, Known, News, Notify, Order, Phase, Ran, Range, Run, RunLink, Scenario,
    ScenarioRunner, Setup, TIME_LIMIT, Tell, run, stopped_before,
};
pub use scenarios::SCENARIOS;
pub use socket::{LabSocket, PATIENCE, RECV_SIZE};
