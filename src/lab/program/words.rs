//! What a run says, for both faces.

mod follows;
mod unreached;

use std::net::SocketAddr;
use std::time::Duration;

pub use follows::{Advice, advice};

use follows::follows;

use super::judge::is_late;
use super::setup::{CONNECT, Setup, Side, Treatment};
use super::state::{
    Connection, Fate, Holder, Judged, Party, Phase, ProgramState, Trouble, Unknown, Why,
};
use crate::model::{Operation, PollFailure};
use crate::text;
use crate::text::{Text, lasting};

/// `40 ms`, `3.2 s`, `8 min`: a duration in a sentence; up to a second rounded up, since it took no longer.
pub fn brief(time: Duration) -> Text {
    let millis = u64::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
    match millis {
        0..1_000 => text!("lab_program.millis", ms = millis),
        1_000..60_000 => {
            let tenths = format!("{}.{}", millis / 1_000, millis % 1_000 / 100);
            text!("lab_program.seconds", s = tenths)
        }
        _ => long(time),
    }
}

/// The same as a bound: no less than it took.
fn within(time: Duration) -> Text {
    const TENTH: u64 = 100;
    let millis = u64::try_from(time.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
    let tenths = millis.div_ceil(TENTH).saturating_mul(TENTH);
    brief(Duration::from_millis(if millis < 1_000 { millis } else { tenths }))
}

/// `58 s`, `8 min`: a duration without fractions.
fn long(time: Duration) -> Text {
    // A terminal may not have the thin space.
    text!("lab_program.long", time = lasting(time).replace('\u{2009}', " "))
}

/// That connections were reset, or not made, because too many were held, and why it was not more; none where none was.
pub fn refused_words(state: &ProgramState) -> Option<Text> {
    let side = &state.setup.side;
    let (held, short) = (side.most_held(), side.is_short_of_descriptors());
    let ended_short = matches!(state.phase, Phase::Ended(Why::TimeUp));
    match (side, state.refused) {
        (Side::Client { count, .. }, _) if ended_short && state.connections.len() < *count => {
            let left = count - state.connections.len();
            Some(if short {
                text!("lab_room.left_by_limit", n = left, held = held)
            } else {
                text!("lab_room.left", n = left, held = held)
            })
        }
        (_, 0) => None,
        (_, refused) if short => Some(text!("lab_room.refused_by_limit", n = refused, held = held)),
        (_, refused) => Some(text!("lab_room.refused", n = refused, held = held)),
    }
}

/// Who has the other end.
pub fn holder_words(holder: &Holder) -> Text {
    match holder {
        Holder::Processes(processes) => {
            let name = processes.first().map_or("", |process| process.name.as_str());
            let pids: Vec<String> = processes.iter().map(|it| it.pid.to_string()).collect();
            text!("lab_program.process", pids = pids.join(", "), name = name)
        }
        Holder::Hidden(Some(user)) => text!("lab_program.hidden_of", user = user.as_ref()),
        Holder::Hidden(None) => text!("lab_program.hidden"),
        Holder::NotAccepted => text!("lab_program.not_accepted"),
        Holder::Elsewhere(address) => text!("lab_program.elsewhere", address = address.to_string()),
        Holder::NotReached => text!("lab_program.not_reached"),
        Holder::NotSeen => text!("lab_program.not_seen"),
    }
}

/// The word for a verdict.
pub fn verdict_word(judged: Judged) -> Text {
    match judged {
        Judged::Closes => text!("lab_program.verdict.closes"),
        Judged::NotTried => text!("lab_fate.verdict.not_tried"),
        Judged::Keeps => text!("lab_program.verdict.keeps"),
        Judged::Leaks => text!("lab_program.verdict.leaks"),
        Judged::TooEarly(_) => text!("lab_program.verdict.too_early"),
        Judged::CouldNotTell => text!("lab_program.verdict.could_not_tell"),
    }
}

/// The numbers of a process in one sentence, and what follows in another.
pub fn party_sentence(party: &Party, state: &ProgramState) -> [Text; 2] {
    let setup = &state.setup;
    let who = holder_words(&party.holder);
    let connections = text!("lab_program.connections", n = party.connections);
    let mut pieces = Vec::new();
    if party.kept > 0 {
        pieces.push(text!("lab_program.part.kept", n = party.kept));
    }
    if party.unseen > 0 {
        pieces.push(text!("lab_program.part.unseen", n = party.unseen));
    }
    if party.gone > 0 {
        pieces.push(text!("lab_fate.part.gone", n = party.gone));
    }
    if party.late > 0 {
        let [_, _, most] = party.took.unwrap_or_default();
        pieces.push(if party.late_as_ended == party.late {
            text!("lab_judged.part.kept_until_ended", n = party.late)
        } else {
            text!("lab_judged.part.closed_late", n = party.late, time = within(most))
        });
    }
    if let Some(most) = party.prompt {
        let (n, time) = (party.closed - party.late, within(most));
        pieces.push(match setup.treatment {
            Treatment::Close | Treatment::HalfClose if party.unread => {
                text!("lab_program.part.closed_close", n = n, time = time)
            }
            Treatment::Close | Treatment::HalfClose => {
                text!("lab_program.part.closed_fin", n = n, time = time)
            }
            Treatment::Reset => text!("lab_program.part.closed_reset", n = n, time = time),
            Treatment::NeverRead | Treatment::NeverAccept => {
                text!("lab_program.part.gave_up", n = n, time = time)
            }
        });
    }
    if party.with_process > 0 {
        pieces.push(text!("lab_judged.part.with_process", n = party.with_process));
    }
    if party.closed_first > 0 {
        pieces.push(match setup.treatment {
            Treatment::NeverRead => {
                text!("lab_reaching.part.closed_first", n = party.closed_first)
            }
            _ => text!("lab_program.part.closed_first", n = party.closed_first),
        });
    }
    if party.unreached > 0 {
        pieces.push(text!("lab_judged.part.unreached", n = party.unreached));
    }
    if party.idle > 0 {
        pieces.push(text!("lab_reaching.part.idle", n = party.idle));
    }
    if party.open > 0 {
        pieces.push(text!("lab_program.part.open", n = party.open));
    }
    if party.not_made > 0 {
        pieces.push(text!("lab_program.part.not_made", n = party.not_made));
    }
    let unknown: usize = party.unknown.values().sum();
    if unknown > 0 {
        pieces.push(text!("lab_program.part.unknown", n = unknown));
    }
    let numbers = pieces
        .into_iter()
        .fold(connections, |before, part| text!("lab_program.and", before = before, part = part));
    [text!("lab_program.party", who = who, numbers = numbers), follows(party, state)]
}

/// The sentence for the whole: what the worst does, or why there is nothing to say.
pub fn conclusion(state: &ProgramState) -> [Text; 2] {
    if let (Phase::Starting | Phase::Running | Phase::Ended(_), Some(worst)) =
        (&state.phase, state.parties.first())
    {
        return party_sentence(worst, state);
    }
    match (&state.phase, &state.setup.side) {
        (Phase::Failed(failure), _) => failure_words(failure),
        (Phase::Starting, _) => [text!("lab_program.starting"), text!("lab_program.nothing")],
        // They are found in the table alone.
        (Phase::Ended(_), Side::Listener { .. })
            if state.setup.treatment == Treatment::NeverAccept
                && matches!(state.trouble, Some(Trouble::Owners(_))) =>
        {
            [text!("lab_fate.no_table"), text!("lab_fate.no_table_why")]
        }
        (Phase::Ended(_), Side::Listener { .. }) => {
            [text!("lab_program.nobody_came"), text!("lab_program.nobody_came_why")]
        }
        (Phase::Ended(_), Side::Client { .. }) => {
            [text!("lab_program.none_made"), text!("lab_program.nothing")]
        }
        (Phase::Running, Side::Listener { .. }) => {
            let address = state.address.map_or_else(String::new, |it: SocketAddr| it.to_string());
            [text!("lab_program.waits", address = address), text!("lab_program.waits_how")]
        }
        (Phase::Running, Side::Client { target, .. }) => [
            text!("lab_program.connects", target = target.to_string()),
            text!("lab_program.nothing"),
        ],
    }
}

/// Why a run could not begin, and what to try.
pub fn failure_words(failure: &super::Failure) -> [Text; 2] {
    let advice = failure.advice.clone().unwrap_or_else(|| text!("lab_program.nothing"));
    let what = failure.what.clone();
    let what = match &failure.error {
        Some(error) => text!(
            "lab_program.failed.because",
            what = what,
            errno = error.errno.as_str(),
            meaning = error.meaning.clone()
        ),
        None => what,
    };
    [what, advice]
}

/// What became of one connection.
pub fn fate_words(connection: &Connection, setup: &Setup) -> Text {
    match &connection.fate {
        Fate::Connecting => text!("lab_program.fate.connecting"),
        Fate::Open if setup.treatment == Treatment::NeverRead => text!("lab_reaching.fate.open"),
        Fate::Open => text!("lab_program.fate.open"),
        Fate::Waiting { .. } => match setup.treatment {
            Treatment::Close | Treatment::HalfClose if connection.unread => {
                text!("lab_program.fate.after_close")
            }
            Treatment::Close | Treatment::HalfClose => text!("lab_program.fate.after_fin"),
            Treatment::Reset => text!("lab_program.fate.after_reset"),
            Treatment::NeverRead | Treatment::NeverAccept => text!("lab_program.fate.still_waits"),
        },
        Fate::Unreached { obstacle, .. } => unreached::fate(*obstacle),
        Fate::Unseen { .. } => text!("lab_program.fate.unseen"),
        Fate::Closed { took: None, .. } if setup.treatment == Treatment::NeverRead => {
            text!("lab_reaching.fate.closed_first")
        }
        Fate::Closed { took: None, .. } => text!("lab_program.fate.closed_first"),
        Fate::Closed { took: Some(took), .. } => {
            let time = brief(*took);
            if connection.with_process {
                return text!("lab_judged.fate.with_process", time = time);
            }
            match setup.treatment {
                Treatment::Close | Treatment::HalfClose if connection.unread => {
                    text!("lab_program.fate.closed_close", time = time)
                }
                Treatment::Close | Treatment::HalfClose => {
                    text!("lab_program.fate.closed_fin", time = time)
                }
                Treatment::Reset => text!("lab_program.fate.closed_reset", time = time),
                Treatment::NeverRead | Treatment::NeverAccept => {
                    text!("lab_program.fate.gave_up", time = time)
                }
            }
        }
        Fate::NotMade(error) => text!("lab_program.fate.not_made", errno = error.errno.as_str()),
        Fate::NoAnswer { waited } => text!("lab_program.fate.no_answer", time = brief(*waited)),
        Fate::Unknown { kept: Some(kept), .. } if is_late(*kept, setup) => {
            text!("lab_fate.fate.gone", time = brief(*kept))
        }
        Fate::Unknown { why: Unknown::Reset, .. } => text!("lab_program.fate.reset"),
        Fate::Unknown { why: Unknown::BrokenFirst, .. } => text!("lab_judged.fate.broken_first"),
        Fate::Unknown { why: Unknown::Vanished, .. } => text!("lab_program.fate.vanished"),
        Fate::Unknown { why: Unknown::NotAsked, .. } => text!("lab_fate.fate.not_asked"),
        Fate::Unknown { why: Unknown::NotLooked, .. } => text!("lab_fate.fate.not_looked"),
    }
}

/// How far a run is, in a few words.
pub fn phase_words(state: &ProgramState) -> Text {
    match &state.phase {
        Phase::Starting => text!("lab_program.phase.starting"),
        Phase::Running => {
            let left = state.setup.time.saturating_sub(state.elapsed);
            text!("lab_program.phase.running", time = long(left))
        }
        Phase::Ended(Why::TimeUp) => text!("lab_program.phase.time_up"),
        Phase::Ended(Why::AllClosed) => text!("lab_program.phase.all_closed"),
        Phase::Ended(Why::AllJudged) => text!("lab_judged.phase.all_judged"),
        Phase::Ended(Why::NoneMade) => text!("lab_judged.phase.none_made"),
        Phase::Ended(Why::Stopped) => text!("lab_program.phase.stopped"),
        // Once it knew where, it had begun.
        Phase::Failed(_) if state.address.is_some() => text!("lab_program.phase.broke_off"),
        Phase::Failed(_) => text!("lab_program.phase.failed"),
    }
}

/// What goes wrong while a run goes on.
pub fn trouble_words(trouble: &Trouble) -> Text {
    match trouble {
        Trouble::Call { call, error } => text!(
            "lab_program.trouble.call",
            call = *call,
            errno = error.errno.as_str(),
            meaning = error.meaning.clone()
        ),
        Trouble::Descriptors(error) => text!(
            "lab_fate.trouble.descriptors",
            errno = error.errno.as_str(),
            meaning = error.meaning.clone()
        ),
        Trouble::NoAnswer => text!("lab_program.trouble.no_answer", time = long(CONNECT)),
        Trouble::Look(failure) => {
            text!(
                "lab_program.trouble.look",
                source = failure.source.as_str(),
                cause = cause(failure)
            )
        }
        Trouble::Owners(failure) => {
            text!(
                "lab_program.trouble.owners",
                source = failure.source.as_str(),
                cause = cause(failure)
            )
        }
    }
}

fn cause(failure: &PollFailure) -> String {
    match failure.operation {
        Operation::ReadSocketTable | Operation::RunCollector => failure.cause.clone(),
    }
}

/// What to say where the system's queue is shorter than what is held; none where it is not.
pub fn queue_warning(state: &ProgramState) -> Option<Text> {
    let accepts = state.setup.treatment != Treatment::NeverAccept;
    state.queue.filter(|_| accepts).map(|most| text!("lab_program.queue", most = most))
}

/// What to say before other computers can take part; none where they cannot.
pub fn reach_warning(setup: &Setup) -> Option<Text> {
    setup.reaches_out().then(|| match &setup.side {
        Side::Listener { address, .. } => {
            text!("lab_program.reach.listener", address = address.to_string())
        }
        Side::Client { target, .. } => {
            text!("lab_program.reach.client", target = target.to_string())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_not_in_the_table_is_not_said_to_be_on_another_computer() {
        let words = holder_words(&Holder::Elsewhere([10, 0, 0, 2].into())).plain();
        assert!(words.starts_with("10.0.0.2, not in this computer's table"), "{words}");
    }

    #[test]
    fn a_bound_is_no_less_than_what_it_bounds() {
        let said = |micros| within(Duration::from_micros(micros)).plain();
        assert_eq!(said(700), "1 ms");
        assert_eq!(said(2_497_400), "2.5 s");
        assert_eq!(said(2_400_000), "2.4 s");
        assert_eq!(brief(Duration::from_micros(2_497_400)).plain(), "2.4 s");
    }
}
