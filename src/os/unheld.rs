//! Why no process is known to hold a row; one answer for every source.

use std::net::SocketAddr;

use crate::model::State;

/// Why no process is known to hold a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unheld {
    /// None does: the kernel keeps it alone.
    Kernel,
    /// Nobody has accepted it yet.
    AcceptQueue,
    /// Some process does that cannot be seen from here.
    Hidden,
}

impl Unheld {
    /// The reason for a row in this state at this address. `has_descriptor` is whether some process has a
    /// descriptor of it (on Linux: whether its inode is not 0), none where the table does not say.
    ///
    /// A row without a descriptor waits to be accepted while it is open, or closed by the peer alone, and somebody
    /// listens at its address; any other is the kernel's. In TIME_WAIT no process holds a row on any system.
    pub(super) fn of(
        state: State,
        local: SocketAddr,
        has_descriptor: Option<bool>,
        is_listening: impl Fn(SocketAddr) -> bool,
    ) -> Self {
        match (state, has_descriptor) {
            (State::TimeWait, _) => Self::Kernel,
            (_, Some(true) | None) => Self::Hidden,
            (State::Established | State::CloseWait, Some(false)) if is_listening(local) => {
                Self::AcceptQueue
            }
            (_, Some(false)) => Self::Kernel,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_never_without_an_answer_to_who_holds_it() {
        let why = |state, has_descriptor, listener: &str| {
            let local = "127.0.0.1:80".parse().expect("an address");
            let listener: Option<SocketAddr> = listener.parse().ok();
            Unheld::of(state, local, has_descriptor, |local| listener == Some(local))
        };
        let here = "127.0.0.1:80";
        assert_eq!(why(State::Established, Some(false), here), Unheld::AcceptQueue);
        assert_eq!(why(State::CloseWait, Some(false), here), Unheld::AcceptQueue);
        assert_eq!(why(State::Established, Some(false), "127.0.0.2:80"), Unheld::Kernel);
        assert_eq!(why(State::CloseWait, Some(false), "none"), Unheld::Kernel);
        assert_eq!(why(State::FinWait2, Some(false), here), Unheld::Kernel);
        assert_eq!(why(State::SynReceived, Some(false), here), Unheld::Kernel);
        assert_eq!(why(State::Established, Some(true), here), Unheld::Hidden);
        assert_eq!(why(State::Listen, Some(true), here), Unheld::Hidden);
        assert_eq!(why(State::Established, None, here), Unheld::Hidden);
        for has_descriptor in [None, Some(false), Some(true)] {
            assert_eq!(why(State::TimeWait, has_descriptor, here), Unheld::Kernel);
        }
    }
}
