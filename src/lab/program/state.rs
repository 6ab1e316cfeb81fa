//! What is shown of a run: one immutable picture, replaced when something happens.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::setup::Setup;
use crate::lab::errno::CallError;
use crate::model::lab::Resolution;
use crate::model::{PollFailure, Process, State};
use crate::text::Text;

/// A run at one moment.
#[derive(Clone, Debug)]
pub struct ProgramState {
    /// What was chosen.
    pub setup: Setup,
    /// How far it is.
    pub phase: Phase,
    /// Where it listens, or whom it connects to; none before that is known.
    pub address: Option<SocketAddr>,
    /// For how long it has run.
    pub elapsed: Duration,
    /// The connections by who has the other end, those that keep most first.
    pub parties: Vec<Party>,
    /// Every connection, in the order they came.
    pub connections: Vec<Arc<Connection>>,
    /// The worst of the parties' verdicts; none before there is a connection.
    pub judged: Option<Judged>,
    /// How many connections are held now.
    pub held: usize,
    /// How many were reset as they came, because too many were held.
    pub refused: usize,
    /// How many the system lets wait to be accepted, where that is fewer than may be held.
    pub queue: Option<u64>,
    /// How the ends are looked up.
    pub resolution: Resolution,
    /// The time between two looks, the longest of those that a time of closing lies between: no such time that is told is
    /// longer than the true one by more.
    pub interval: Duration,
    /// What goes wrong, and does not end the run.
    pub trouble: Option<Trouble>,
}

impl ProgramState {
    /// Nothing is known yet.
    pub const fn new(setup: Setup, resolution: Resolution) -> Self {
        Self {
            setup,
            phase: Phase::Starting,
            address: None,
            elapsed: Duration::ZERO,
            parties: Vec::new(),
            connections: Vec::new(),
            judged: None,
            held: 0,
            refused: 0,
            queue: None,
            resolution,
            interval: Duration::ZERO,
            trouble: None,
        }
    }

    /// Whether it is neither over nor failed.
    pub const fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Running)
    }
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is being prepared.
    Starting,
    /// It runs.
    Running,
    /// It is over, and all its sockets are closed.
    Ended(Why),
    /// It could not begin, or broke; all its sockets are closed.
    Failed(Failure),
}

/// Why a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its time is up.
    TimeUp,
    /// It had all its connections, and the other ends of all of them are closed.
    AllClosed,
    /// It had all its connections, and each is closed or was kept for longer than the grace: nothing that follows can make
    /// the verdict a milder one.
    AllJudged,
    /// None of its connections was made.
    NoneMade,
    /// Somebody stopped it.
    Stopped,
}

/// Why a run could not begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What could not be done.
    pub what: Text,
    /// What the system answered; none where it was not the system.
    pub error: Option<CallError>,
    /// What to try, where that is known.
    pub advice: Option<Text>,
}

/// Something that goes wrong while a run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A call failed: `accept`, `connect`.
    Call {
        /// The call.
        call: &'static str,
        /// What the system answered.
        error: CallError,
    },
    /// A connect had no answer and was given up.
    NoAnswer,
    /// The other ends cannot be looked up.
    Look(PollFailure),
    /// Who has the other ends cannot be seen.
    Owners(PollFailure),
    /// Which descriptors processes have cannot be read.
    Descriptors(CallError),
}

impl Trouble {
    /// Whether it is this call that failed.
    pub(super) fn is_of(&self, name: &str) -> bool {
        matches!(self, Self::Call { call, .. } if *call == name)
    }
}

/// Who has the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// These processes; one as a rule.
    Processes(Vec<Process>),
    /// A process of this user, that may not be seen from here; the user's name where it is known.
    Hidden(Option<Arc<str>>),
    /// A server that has not accepted it.
    NotAccepted,
    /// Somebody who is not in this computer's table: on another computer, or in a network namespace of its own, as in a
    /// container.
    Elsewhere(IpAddr),
    /// A server that was not reached, or not yet.
    NotReached,
    /// Somebody on this computer who was gone before that was looked up.
    NotSeen,
}

/// What became of the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Our connect is not done yet.
    Connecting,
    /// It is open, and nothing was done to it yet.
    Open,
    /// It is open since this was done to it, at this time of the run.
    Waiting {
        /// When.
        since: Duration,
    },
    /// It is open, and our FIN has not arrived there: it does not know that we went.
    Unreached {
        /// When the FIN was sent.
        since: Duration,
        /// What keeps it back, as far as that is seen.
        obstacle: Obstacle,
    },
    /// Its row is gone, and its process still has the descriptor.
    Unseen {
        /// When this was done to it.
        since: Duration,
    },
    /// It is closed.
    Closed {
        /// When, in the time of the run.
        at: Duration,
        /// How long after our FIN or reset, or, where we sent none, after it connected; none when it was closed before.
        took: Option<Duration>,
        /// How long after that it was certainly not closed yet: less than it took, where only looks at its descriptor tell.
        kept: Duration,
    },
    /// The connection was not made: the system said why.
    NotMade(CallError),
    /// The connection was not made: nothing came within [`CONNECT`], or before the run was over, and it was given up.
    ///
    /// [`CONNECT`]: super::CONNECT
    NoAnswer {
        /// How long it had.
        waited: Duration,
    },
    /// That cannot be told.
    Unknown {
        /// Why.
        why: Unknown,
        /// When it was last certain, in the time of the run: as the connection was gone, or its descriptor was last found.
        at: Duration,
        /// How long the other end was certainly kept until then; none where nothing was done to it, or a reset took the
        /// rows at once.
        kept: Option<Duration>,
    },
}

impl Fate {
    /// Whether nothing more can become of it.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Connecting
            | Self::Open
            | Self::Waiting { .. }
            | Self::Unreached { .. }
            | Self::Unseen { .. } => false,
            Self::Closed { .. } | Self::NotMade(_) | Self::NoAnswer { .. } => true,
            Self::Unknown { why, .. } => !matches!(why, Unknown::NotAsked | Unknown::NotLooked),
        }
    }
}

/// What keeps our FIN from the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// So many bytes wait before it, which are not taken there.
    Bytes(u32),
    /// This computer has our end alone: the server's accept queue was full when our connect was done.
    NoOtherEnd,
    /// It is on its way, or was lost.
    NotSeen,
}

/// Why it cannot be told what became of the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unknown {
    /// A reset takes both rows from the table, and the process' descriptors cannot be seen.
    Reset,
    /// The connection is gone without a FIN of the other end that was seen, and the process' descriptors cannot be seen.
    Vanished,
    /// Our socket heard that it broke before anything was done, and the process' descriptors cannot be seen.
    BrokenFirst,
    /// Its row is gone, and the process' descriptors were not read yet.
    NotAsked,
    /// Looks fail, and our own socket would not hear the end of it.
    NotLooked,
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its number, from 1 on.
    pub number: u64,
    /// The address of our end.
    pub ours: SocketAddr,
    /// The address of the other end.
    pub theirs: SocketAddr,
    /// Who has that.
    pub holder: Holder,
    /// When it was made, or first seen, in the time of the run; while it is being made, when that began.
    pub came: Duration,
    /// What became of it.
    pub fate: Fate,
    /// Whether its process had ended by the time its close was seen, which the system may have done then.
    pub with_process: bool,
    /// Whether something it sent was unread at our close, which then resets it.
    pub unread: bool,
    /// The state of our end; none where it has no row.
    pub our_state: Option<State>,
    /// The state of the other end; none where it has no row.
    pub their_state: Option<State>,
    /// Whether that is concluded from our end, because the other has no row here.
    pub inferred: bool,
    /// What the other end has sent and we have not taken (its Send-Q), in bytes, where the table tells.
    pub send_queue: Option<u32>,
}

impl Connection {
    /// Since when the other end has been left with it, or our FIN is on its way; none where it was not treated, or is
    /// closed.
    pub const fn since(&self) -> Option<Duration> {
        match self.fate {
            Fate::Waiting { since } | Fate::Unreached { since, .. } | Fate::Unseen { since } => {
                Some(since)
            }
            _ => None,
        }
    }

    /// Whether nothing more can become of it.
    pub const fn is_over(&self) -> bool {
        self.fate.is_final()
    }
}

/// All connections whose other end the same process has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Who.
    pub holder: Holder,
    /// How many connections.
    pub connections: usize,
    /// How many of them came after one of the others was over: closed by either end, or reset.
    pub reconnects: usize,
    /// How many were closed before anything was done to them.
    pub closed_first: usize,
    /// Whether something was unread at our close of any of them, which then was no FIN alone.
    pub unread: bool,
    /// How many were closed afterwards.
    pub closed: usize,
    /// How many others were closed as the process ended, later than it would by itself, and within the grace: whether the
    /// program would have closed them is not known.
    pub with_process: usize,
    /// How long after our FIN or reset that was at the latest; none where there is none.
    pub ended_after: Option<Duration>,
    /// How many of those that were closed certainly only after the grace: by the program, or by the system when the process ended.
    pub late: usize,
    /// How many of these when the process had ended.
    pub late_as_ended: usize,
    /// The longest time that closing took, of those that were not late; none when none was.
    pub prompt: Option<Duration>,
    /// The shortest, the middle and the longest time that closing took; none when none was closed.
    pub took: Option<[Duration; 3]>,
    /// How many have been open for longer than the grace since.
    pub kept: usize,
    /// How many have no row, and for longer than the grace since a descriptor that is held.
    pub unseen: usize,
    /// How many were kept for longer than the grace until the connection was gone; whether they are closed is not known.
    pub gone: usize,
    /// How long the oldest of those three has been kept, or was.
    pub kept_for: Option<Duration>,
    /// How many our FIN has not reached within the grace.
    pub unreached: usize,
    /// What keeps it from the first of them.
    pub obstacle: Option<Obstacle>,
    /// How many are open, and it is too early to say.
    pub open: usize,
    /// How many that nobody reads from were open for longer than the grace, and sending was not blocked.
    pub idle: usize,
    /// How many were not made.
    pub not_made: usize,
    /// How many others cannot be told, and why.
    pub unknown: BTreeMap<Unknown, usize>,
    /// The states of the other ends that have a row, or are concluded.
    pub states: BTreeMap<State, usize>,
    /// What follows.
    pub judged: Judged,
}

/// What follows for a process, or for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judged {
    /// It closes.
    Closes,
    /// It closed all of them before anything was done to them, or ended itself: what it does then was not tried.
    NotTried,
    /// Too early to say; so long it takes yet, unless something happens.
    TooEarly(Duration),
    /// It could not be told.
    CouldNotTell,
    /// It keeps some open, or did for longer than the grace; how many does not grow.
    Keeps,
    /// It opens new ones and keeps the old, or did.
    Leaks,
}

impl Judged {
    /// The word for it in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closes => "closes",
            Self::NotTried => "not_tried",
            Self::TooEarly(_) => "too_early",
            Self::CouldNotTell => "could_not_tell",
            Self::Keeps => "keeps",
            Self::Leaks => "leaks",
        }
    }
}
