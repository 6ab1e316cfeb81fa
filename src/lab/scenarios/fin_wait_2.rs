//! How long FIN_WAIT_2 lasts once nobody holds the socket: what several scenarios wait for.
//!
//! `tcp_fin_timeout` on Linux (60 s unless somebody set it otherwise), `TCP_LINGER2` for a single socket; 60 s on macOS.

use std::time::Duration;

use crate::lab::errno::CallError;
use crate::lab::options::{OptionName, OptionValue, SocketOption};
use crate::lab::scenario::{Knob, Known, Range, Run, RunLink};
use crate::model::lab::End;
use crate::text;

/// The longest that a scenario waits for it.
pub(super) const LONGEST: Duration = Duration::from_mins(2);

/// How long it may take beyond its time: the kernel rounds it up, and a busy machine is late.
pub(super) const SLACK: Duration = Duration::from_secs(10);

/// Seconds; 0 leaves it as the system has it.
pub(super) const KNOB: Knob = Knob {
    name: "fin-wait-2",
    title: || text!("lab_closing.knob.fin_wait_2"),
    range: Range::Number { min: 0, max: 120, default: 3, unit: "s" },
};

/// How long it will last for this end, as the kernel tells; none where it does not.
pub(super) fn time(link: &RunLink, end: End) -> Option<Duration> {
    match link.link.end(end).option(OptionName::FinWait2) {
        Ok(OptionValue::Number(seconds)) => Some(Duration::from_secs(seconds.into())),
        _ => None,
    }
}

/// Shortens it for this end as the knob says, where the system has an option for that.
pub(super) fn shorten(run: &Run, link: &mut RunLink, end: End) -> Result<(), CallError> {
    let seconds = u32::try_from(run.knobs().number(KNOB.name)).unwrap_or(u32::MAX);
    if seconds == 0 || OptionName::FinWait2.absence().is_some() {
        return Ok(());
    }
    let option = SocketOption::new(OptionName::FinWait2, OptionValue::Number(seconds));
    link.link.end_mut(end).set_option(option)
}

/// Waits until the peer's is over, and judges that. The error is the wish to stop.
pub(super) fn expect_end(
    run: &mut Run,
    link: &RunLink,
    time: Option<Duration>,
) -> Result<(), CallError> {
    let patience = time.unwrap_or(LONGEST) + SLACK;
    if patience > LONGEST + SLACK {
        let why = text!("lab_closing.check.too_long", n = time.unwrap_or_default().as_secs());
        let subject = text!("lab.check.state", end = link.named(End::Peer));
        run.could_not_tell(subject, text!("lab.check.no_row"), why);
    } else {
        run.expect_state_within(link, End::Peer, patience, Known::linux(None).macos(None));
    }
    run.pause(Duration::ZERO)
}
