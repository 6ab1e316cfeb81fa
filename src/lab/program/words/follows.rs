//! What follows for a process from its numbers.

use std::time::Duration;

use super::{brief, long};
use crate::lab::program::setup::{Answer, Setup, Side, Treatment};
use crate::lab::program::state::{Holder, Judged, Party, ProgramState, Unknown};
use crate::text;
use crate::text::Text;

/// What follows from a process' numbers.
pub(super) fn follows(party: &Party, state: &ProgramState) -> Text {
    let setup = &state.setup;
    match party.judged {
        Judged::NotTried if party.with_process > 0 && !setup.treatment.waits() => text!(
            "lab_judged.follows.ended_waiting",
            n = party.with_process,
            time = brief(party.ended_after.unwrap_or_default())
        ),
        Judged::NotTried if party.with_process > 0 => text!(
            "lab_judged.follows.with_process",
            n = party.with_process,
            time = brief(party.ended_after.unwrap_or_default())
        ),
        Judged::NotTried if let Some(obstacle) = party.obstacle => {
            super::unreached::follows(obstacle)
        }
        Judged::NotTried if setup.treatment == Treatment::NeverRead => {
            text!("lab_reaching.follows.not_tried")
        }
        Judged::NotTried => text!("lab_program.follows.not_tried"),
        Judged::Closes if setup.treatment.waits() => text!("lab_program.follows.closes"),
        Judged::Closes => text!("lab_program.follows.gives_up"),
        Judged::Keeps | Judged::Leaks if party.kept + party.unseen == 0 => {
            let time = brief(setup.grace);
            let leaks = party.judged == Judged::Leaks;
            if party.gone > 0 && leaks {
                text!("lab_fate.follows.leaked", n = party.gone + party.late, time = time)
            } else if party.gone > 0 {
                text!("lab_fate.follows.kept_first", n = party.gone + party.late, time = time)
            } else if leaks {
                text!("lab_program.follows.leaked", n = party.late, time = time)
            } else {
                text!("lab_program.follows.kept_first", n = party.late, time = time)
            }
        }
        Judged::Keeps | Judged::Leaks if party.holder == Holder::NotAccepted => {
            text!("lab_judged.follows.not_accepted", time = kept_for(party))
        }
        Judged::Leaks => text!("lab_program.follows.leaks", time = kept_for(party)),
        Judged::Keeps if party.unseen > 0 => {
            text!("lab_program.follows.unseen", time = kept_for(party))
        }
        Judged::Keeps if !setup.treatment.waits() => {
            text!("lab_program.follows.waits", time = kept_for(party))
        }
        Judged::Keeps => text!("lab_program.follows.keeps", time = kept_for(party)),
        Judged::TooEarly(yet) => {
            // Rounded up: what is said is enough.
            let yet = Duration::from_secs(yet.as_secs() + u64::from(yet.subsec_nanos() > 0));
            if state.is_running() {
                text!("lab_program.follows.too_early", time = long(yet))
            } else {
                text!("lab_program.follows.ended_early", time = long(yet))
            }
        }
        Judged::CouldNotTell => match party.unknown.keys().next() {
            Some(Unknown::Reset) => text!("lab_program.follows.reset"),
            Some(Unknown::BrokenFirst) => text!("lab_judged.follows.broken_first"),
            Some(Unknown::Vanished) => text!("lab_program.follows.vanished"),
            Some(Unknown::NotAsked) => text!("lab_fate.follows.not_asked"),
            Some(Unknown::NotLooked) => text!("lab_fate.follows.not_looked"),
            None if party.not_made == party.connections => text!("lab_program.none_made"),
            None => text!("lab_program.follows.not_made"),
        },
    }
}

fn kept_for(party: &Party) -> Text {
    brief(party.kept_for.unwrap_or_default())
}

/// What to choose so that what was not tried is; each face has its own names for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// To go sooner.
    Sooner,
    /// To answer nothing to a client that ends after an answer, or to go sooner.
    SilentOrSooner,
}

/// What to choose otherwise, where a program closed everything before anything was done to it.
pub fn advice(party: &Party, setup: &Setup) -> Option<Advice> {
    let only_closed_first = party.with_process + party.unreached == 0;
    if party.judged != Judged::NotTried || !only_closed_first || !setup.treatment.waits() {
        return None;
    }
    Some(match setup.side {
        Side::Listener { answer: Answer::Http, .. } => Advice::SilentOrSooner,
        Side::Listener { .. } | Side::Client { .. } => Advice::Sooner,
    })
}
