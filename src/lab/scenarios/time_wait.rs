//! How long TIME_WAIT lasts.
//!
//! Measured on Linux 6.18: its timer runs for 60 s, whatever `tcp_fin_timeout` is, and the row is gone a second or two
//! later. 30 s on macOS, which does not show the row; the documents of Windows say 120 s or 240 s.

use std::time::Duration;

use crate::lab::errno::CallError;
use crate::lab::scenario::{Known, Run, RunLink};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

/// How long it is waited for at most.
pub(super) const PATIENCE: Duration = Duration::from_secs(75);

/// Waits until it is over, and judges how long it lasted. The error is the wish to stop.
pub(super) fn expect_end(run: &mut Run, link: &RunLink, end: End) -> Result<(), CallError> {
    run.step(text!("lab_closing.first_close.wait", end = link.named(end)));
    run.expect_state_within(link, end, PATIENCE, Known::linux(None));
    run.pause(Duration::ZERO)?;
    let lane = run.lane(link.number());
    let times: Vec<_> = lane.iter().flat_map(|lane| lane.changes.iter()).collect();
    let entered = times.iter().find(|it| it.end == end && it.state == Some(State::TimeWait));
    let left = times.iter().rfind(|it| it.end == end && it.state.is_none());
    let subject = lasted();
    if let (Some(entered), Some(left)) = (entered, left) {
        let range = [Duration::from_secs(59), PATIENCE];
        run.expect_took(subject, Known::linux(range), left.at.saturating_sub(entered.at));
    } else {
        let why = text!("lab.check.not_seen");
        run.could_not_tell(subject, text!("lab.check.unknown"), why);
    }
    Ok(())
}

/// How long it was, by name.
pub(in crate::lab) fn lasted() -> Text {
    text!("lab_closing.check.time_wait")
}
