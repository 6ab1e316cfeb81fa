//! TIME_WAIT, as several scenarios judge it.
//!
//! Measured on Linux 6.18: its timer runs for 60 s, whatever `tcp_fin_timeout` is, and the row is gone a second or two
//! later; there are `tcp_max_tw_buckets` of them at most, and what is more than that is skipped. 30 s on macOS, which does
//! not show the row; the documents of Windows say 120 s or 240 s.

use std::time::Duration;

use crate::lab::errno::CallError;
use crate::lab::scenario::{Known, Run, RunLink};
use crate::model::State;
use crate::model::lab::End;
use crate::os::system_info;
use crate::text;

/// How long it is waited for at most.
pub(super) const PATIENCE: Duration = Duration::from_secs(75);

/// Judges that this end comes to rest in TIME_WAIT, unless the system has no room for one more.
pub(super) fn expect(run: &mut Run, link: &RunLink, end: End) {
    if let Some(most) = no_room() {
        let subject = text!("lab.check.state", end = link.named(end));
        let why = text!("lab_closing.check.no_time_wait", n = most);
        run.could_not_tell(subject, State::TimeWait, why);
    } else {
        run.expect_state(link, end, Some(State::TimeWait));
    }
}

/// How many rows the system keeps in TIME_WAIT, where it has so many; none where there is room, or nobody tells.
fn no_room() -> Option<u64> {
    let mut system = system_info();
    let most = system.limits().max_time_wait?;
    (system.counters().time_wait? >= most).then_some(most)
}

/// Waits until it is over, and judges how long it lasted. The error is the wish to stop.
pub(super) fn expect_end(run: &mut Run, link: &RunLink, end: End) -> Result<(), CallError> {
    run.step(text!("lab_closing.first_close.wait", end = link.named(end)));
    run.expect_state_within(link, end, PATIENCE, Known::linux(None));
    run.pause(Duration::ZERO)?;
    let lane = run.lane(link.number());
    let times: Vec<_> = lane.iter().flat_map(|lane| lane.changes.iter()).collect();
    let entered = times.iter().find(|it| it.end == end && it.state == Some(State::TimeWait));
    let left = times.iter().rfind(|it| it.end == end && it.state.is_none());
    let subject = text!("lab_closing.check.time_wait");
    if let (Some(entered), Some(left)) = (entered, left) {
        let range = [Duration::from_secs(59), PATIENCE];
        run.expect_took(subject, Known::linux(range), left.at.saturating_sub(entered.at));
    } else {
        let why = text!("lab.check.not_seen");
        run.could_not_tell(subject, text!("lab.check.unknown"), why);
    }
    Ok(())
}
