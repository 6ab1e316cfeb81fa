//! Room for what is left of a closed socket.
//!
//! TIME_WAIT, and FIN_WAIT_2 of a socket that nobody holds, are one kind of record on Linux. A network namespace has
//! `tcp_max_tw_buckets` of them at most (ip-sysctl.rst in the kernel's documentation). What is more than that is skipped, which
//! `TCPTimeWaitOverflow` counts: the socket is gone at once, and nothing is wrong with it. And TIME_WAIT may end early: it
//! answers a FIN that was sent again with an ACK, which nobody waits for any more, and the reset that comes back ends it
//! (RFC 1337, section 2.1; `tcp_rfc1337` of ip-sysctl.rst is off by default). A FIN is sent again where a busy machine is
//! late with its ACK.

use crate::model::State;
use crate::os::system_info;
use crate::text;
use crate::text::Text;

/// What was counted when a run began.
pub(super) struct Room {
    skipped: Option<u64>,
    resent: Option<u64>,
}

impl Room {
    /// From now on.
    pub(super) fn now() -> Self {
        let counters = system_info().counters();
        Self { skipped: counters.time_wait_overflows, resent: counters.retransmitted_segments }
    }

    /// Why a record may be missing: there is no room for one more, or there was none at some time since. None where there
    /// was room, or nobody tells.
    pub(super) fn lacked(&self) -> Option<Text> {
        let mut system = system_info();
        let counters = system.counters();
        let most = system.limits().max_time_wait;
        let full = most.zip(counters.time_wait).is_some_and(|(most, now)| now >= most);
        let skipped = self.skipped.zip(counters.time_wait_overflows);
        let skipped = skipped.is_some_and(|(before, now)| now > before);
        (full || skipped).then(|| text!("lab_closing.check.no_room"))
    }

    /// Why a TIME_WAIT may have ended early: something was sent again since. None where nothing was, or nobody tells.
    pub(super) fn ended_early(&self) -> Option<Text> {
        let resent = self.resent.zip(system_info().counters().retransmitted_segments);
        resent.is_some_and(|(before, now)| now > before).then(|| text!("lab_settings.resent"))
    }
}

/// Whether a closed socket in this state is such a record.
pub(super) const fn is_record(state: State) -> bool {
    matches!(state, State::TimeWait | State::FinWait2)
}
