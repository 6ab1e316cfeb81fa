//! A server ends and starts again while connections of its old self are still there.
//!
//! Whatever state they are in, on Linux the port can be listened on again only if the old listener and the new one both set
//! SO_REUSEADDR: what was accepted has the old listener's flag (socket(7), BUGS). Measured on Linux 6.18; macOS, by its
//! source, asks the new socket alone.

use std::time::Duration;

use super::look::comes_to;
use super::reuse::Reuse;
use crate::lab::errno::CallError;
use crate::lab::link::Link;
use crate::lab::listener::{BACKLOG, Listener};
use crate::lab::options::{SocketOptions, loopback};
use crate::lab::scenario::{Knob, Knobs, Known, Range, Run, Scenario};
use crate::lab::socket::PATIENCE;
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

pub(super) struct ServerRestart;

/// What is left of the old server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Established,
    CloseWait,
    /// Half closed, and held.
    FinWait2,
    /// Closed: nobody holds it.
    Orphan,
    TimeWait,
    /// TIME_WAIT, but the client's: nothing is left here.
    TimeWaitElsewhere,
    /// It listens still.
    Listen,
}

impl Left {
    const ALL: [Self; 7] = [
        Self::Established,
        Self::CloseWait,
        Self::FinWait2,
        Self::Orphan,
        Self::TimeWait,
        Self::TimeWaitElsewhere,
        Self::Listen,
    ];

    /// The words of the knob: every one, then each in the order of [`Left::ALL`].
    const WORDS: [&str; 8] = [
        "all",
        "established",
        "close-wait",
        "fin-wait-2",
        "orphan",
        "time-wait",
        "time-wait-elsewhere",
        "listen",
    ];

    fn said(self) -> Text {
        match self {
            Self::Established => text!("lab_reuse.restart.established"),
            Self::CloseWait => text!("lab_reuse.restart.close_wait"),
            Self::FinWait2 => text!("lab_reuse.restart.fin_wait_2"),
            Self::Orphan => text!("lab_reuse.restart.orphan"),
            Self::TimeWait => text!("lab_reuse.restart.time_wait"),
            Self::TimeWaitElsewhere => text!("lab_reuse.restart.elsewhere"),
            Self::Listen => text!("lab_reuse.restart.listen"),
        }
    }

    /// The row of the server's end that shows it; none where there should be no row.
    const fn row(self) -> Option<State> {
        match self {
            Self::Established | Self::Listen => Some(State::Established),
            Self::CloseWait => Some(State::CloseWait),
            Self::FinWait2 | Self::Orphan => Some(State::FinWait2),
            Self::TimeWait => Some(State::TimeWait),
            Self::TimeWaitElsewhere => None,
        }
    }

    /// Makes the calls that lead there.
    fn bring_about(self, link: &mut Link) -> Result<(), CallError> {
        let mut first = |end: End| {
            link.close(end)?;
            let other = end.other();
            link.end_mut(other).recv(PATIENCE)?;
            link.close(other)
        };
        match self {
            Self::Established | Self::Listen => Ok(()),
            Self::CloseWait => link.client.shutdown_write(),
            Self::FinWait2 => link.peer.shutdown_write(),
            Self::Orphan => link.close(End::Peer),
            Self::TimeWait => first(End::Peer),
            Self::TimeWaitElsewhere => first(End::Client),
        }
    }

    const fn expected(self, reuse: Reuse) -> Known<&'static str> {
        match (self, reuse) {
            (Self::TimeWaitElsewhere, _) => Known::linux("0"),
            (Self::Listen, _) | (_, Reuse::Nobody | Reuse::Old) => Known::linux("EADDRINUSE"),
            (_, Reuse::Both) => Known::linux("0").macos("0"),
            (_, Reuse::New) => Known::linux("EADDRINUSE").macos("0"),
        }
    }
}

impl Scenario for ServerRestart {
    fn name(&self) -> &'static str {
        "server-restart"
    }

    fn title(&self) -> Text {
        text!("lab_reuse.restart.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_reuse.restart.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        const {
            &[Knob {
                name: "state",
                title: || text!("lab_reuse.restart.state"),
                range: Range::Choice(&Left::WORDS),
            }]
        }
    }

    fn lasts(&self, _: &Knobs) -> Duration {
        Duration::from_millis(300)
    }

    fn time_limit(&self, _: &Knobs) -> Duration {
        Duration::from_mins(1)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let wanted = run.knobs().word("state");
        for (left, word) in Left::ALL.into_iter().zip(&Left::WORDS[1..]) {
            if wanted != Left::WORDS[0] && wanted != *word {
                continue;
            }
            run.step(text!("lab_reuse.restart.step", left = left.said()));
            for reuse in Reuse::ALL {
                restart(run, left, reuse)?;
            }
        }
        Ok(())
    }
}

fn restart(run: &mut Run, left: Left, reuse: Reuse) -> Result<(), CallError> {
    run.pause(Duration::ZERO)?;
    let none = SocketOptions::NONE;
    let listener = Listener::open(loopback(), reuse.of_old(), BACKLOG, run.recorder())?;
    let address = listener.address();
    let mut link = {
        let client = run.client(none)?;
        let number = client.who().number;
        let recorder = run.recorder().clone();
        Link::join(&listener, client, none, &recorder, |pair| run.watch(number, pair))?
    };
    left.bring_about(&mut link)?;
    let there = comes_to(run, link.pair, End::Peer, left.row())?;
    // Held until the end of this try where it should go on listening.
    let _old = if left == Left::Listen {
        Some(listener)
    } else {
        listener.close()?;
        None
    };
    let subject = subject(left, reuse);
    if !there {
        let not_come = || text!("lab_reuse.not_come", what = left.said());
        let why = run.no_room().unwrap_or_else(not_come);
        run.could_not_tell(subject, text!("lab_reuse.not_judged"), why);
        return Ok(());
    }
    let again = Listener::open(address, reuse.of_new(), BACKLOG, run.recorder());
    run.expect_result(subject, left.expected(reuse), again.map(|_| 0));
    Ok(())
}

/// What one try is called.
fn subject(left: Left, reuse: Reuse) -> Text {
    text!("lab_reuse.restart.cell", left = left.said(), reuse = reuse.said())
}

/// The try with TIME_WAIT left where nobody sets SO_REUSEADDR.
pub(in crate::lab) fn time_wait_nobody() -> Text {
    subject(Left::TimeWait, Reuse::Nobody)
}

/// The try with TIME_WAIT left where the new listener alone sets SO_REUSEADDR.
pub(in crate::lab) fn time_wait_new() -> Text {
    subject(Left::TimeWait, Reuse::New)
}

/// The try with TIME_WAIT left where both set SO_REUSEADDR.
pub(in crate::lab) fn time_wait_both() -> Text {
    subject(Left::TimeWait, Reuse::Both)
}
