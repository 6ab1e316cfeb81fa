//! Who holds a socket: five answers, and never a blank.

use std::sync::Arc;

use super::Process;

/// The ids of the processes that hold one socket: one as a rule, more after a fork.
pub type Pids = Arc<[u32]>;

/// Who holds a socket.
///
/// A row exists whether or not its owner could be found; the owner is joined to it afterwards.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// These processes hold a descriptor of it now. Never empty.
    Known(Pids),
    /// The kernel has dropped the owner (TIME_WAIT, an orphan); when last seen it was these.
    ///
    /// They are held whole: by now they may have ended, and their pids may be another's.
    Remembered(Arc<[Process]>),
    /// The kernel keeps the socket for nobody, and who had it was not seen.
    NoOwner,
    /// It waits in a listener's accept queue: no process has it yet.
    NotAccepted,
    /// Some process holds it, and this program may not see which.
    Hidden {
        /// The user the socket belongs to, where the system tells.
        user: Option<Arc<str>>,
    },
}

impl Owner {
    /// The processes that hold the socket now, as far as they could be seen.
    pub fn pids(&self) -> &[u32] {
        match self {
            Self::Known(pids) => pids,
            Self::Remembered(_) | Self::NoOwner | Self::NotAccepted | Self::Hidden { .. } => &[],
        }
    }
}
