//! One end closes first: the experiment that two scenarios make, each with another end.
//!
//! RFC 9293, section 3.6, case 1: the end that sends the first FIN waits for 2 MSL, so that a late segment
//! of this connection cannot reach the next one on the same addresses; the other end forgets at once.
//! Measured on Linux 6.18; Windows and macOS document the same states.

use std::time::Duration;

use super::{fin_wait_2, time_wait};
use crate::lab::errno::CallError;
use crate::lab::options::{Linger, SocketOptions};
use crate::lab::scenario::{Knob, Knobs, Range, Run};
use crate::model::State;
use crate::model::lab::End;
use crate::text;

pub(super) static KNOBS: [Knob; 3] = [
    Knob {
        name: "delay",
        title: || text!("lab_closing.knob.delay"),
        range: Range::Number { min: 0, max: 30, default: 0, unit: "s" },
    },
    Knob {
        name: "linger",
        title: || text!("lab_closing.knob.linger_first"),
        range: Range::Choice(&["off", "0", "5"]),
    },
    Knob {
        name: "wait",
        title: || text!("lab_closing.knob.wait"),
        range: Range::Choice(&["no", "yes"]),
    },
];

pub(super) fn lasts(knobs: &Knobs) -> Duration {
    let minute = if waits(knobs) { time_wait::PATIENCE } else { Duration::ZERO };
    Duration::from_millis(100) + Duration::from_secs(knobs.number("delay")) + minute
}

fn waits(knobs: &Knobs) -> bool {
    knobs.word("wait") == "yes" && knobs.word("linger") != "0"
}

pub(super) fn run(run: &mut Run, first: End) -> Result<(), CallError> {
    let linger = match run.knobs().word("linger") {
        "0" => Linger::Seconds(0),
        "5" => Linger::Seconds(5),
        _ => Linger::Off,
    };
    let options = match linger {
        Linger::Off => SocketOptions::NONE,
        Linger::Seconds(_) => SocketOptions::NONE.linger(linger),
    };
    let second = first.other();
    let of = |end: End| if end == first { options } else { SocketOptions::NONE };
    let listener = run.listen(SocketOptions::NONE)?;
    let mut link = run.connect(&listener, of(End::Client), of(End::Peer))?;
    let abortive = linger == Linger::Seconds(0);
    let delay = Duration::from_secs(run.knobs().number("delay"));
    // Where FIN_WAIT_2 may be over before the other end closes, nobody can say what comes then.
    let forgets = fin_wait_2::time(&link, first)
        .filter(|time| !abortive && !delay.is_zero() && *time < delay + fin_wait_2::SLACK);

    run.step(text!("lab_closing.first_close.close", end = first.name()));
    link.link.close(first)?;
    run.expect_recv(&mut link, second, if abortive { "ECONNRESET" } else { "0" });
    if !delay.is_zero() {
        run.step(text!("lab_closing.first_close.delay", end = second.name(), n = delay.as_secs()));
        if !abortive && forgets.is_none() {
            run.expect_state(&link, first, Some(State::FinWait2));
            run.expect_state(&link, second, Some(State::CloseWait));
        }
        run.pause(delay)?;
    }
    run.step(text!("lab_closing.first_close.then", end = second.name()));
    link.link.close(second)?;
    if let Some(time) = forgets {
        let why = text!("lab_closing.first_close.too_late", n = time.as_secs());
        let subject = text!("lab.check.state", end = first.name());
        run.could_not_tell(subject, State::TimeWait, why);
    } else if abortive {
        run.expect_state(&link, first, None);
    } else {
        run.expect_state(&link, first, Some(State::TimeWait));
    }
    run.expect_state(&link, second, None);
    if waits(run.knobs()) && forgets.is_none() {
        time_wait::expect_end(run, &link, first)?;
    }
    Ok(())
}
