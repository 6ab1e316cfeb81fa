//! What became of the other end, from what was seen of both.

use std::net::SocketAddr;
use std::time::Duration;

use super::state::{Fate, Obstacle, Unknown};
use crate::lab::observe::{Lane, STEADY, Seen, Watch, other_end};
use crate::model::State;
use crate::model::lab::End;

/// A FIN that arrives so soon arrived at once: looks lie a little apart, and a machine that is busy looks late.
const PROMPT: Duration = Duration::from_millis(250);

/// What is known of a connection.
pub(super) struct Evidence<'a> {
    /// What was seen of both ends; none when it was never looked up.
    pub lane: Option<&'a Lane>,
    /// Which end is the other one.
    pub theirs: End,
    /// When it was treated: our FIN, our reset, or the beginning where nothing is done later.
    pub treated: Option<Duration>,
    /// What was sent then.
    pub sent: Sent,
    /// What our socket heard that ends it, and when.
    pub heard: Option<(Duration, Ending)>,
    /// Whether its process still has the descriptor, asked after the row was gone.
    pub descriptor: Descriptor,
    /// When it was last found to have it, so asked.
    pub held: Option<Duration>,
    /// Whether looks fail now.
    pub blind: bool,
    /// Whether our socket is there and would hear the end of it.
    pub hears: bool,
    /// How long an end may stay open.
    pub grace: Duration,
}

/// What ends a connection from our side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// Nothing.
    Nothing,
    /// A FIN, which may take long to arrive.
    Fin,
    /// A reset, which takes both rows at once.
    Reset,
}

/// What ends a connection, as our socket hears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The other end's FIN: a read of 0.
    Fin,
    /// An error: a reset, or its time was up.
    Broken,
}

/// What is known of the other end's descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Descriptor {
    /// It was not asked about yet.
    #[default]
    NotAsked,
    /// It is held.
    Held,
    /// It is closed; when that was found, where the row does not tell.
    Closed(Option<Duration>),
    /// It cannot be seen.
    CannotTell,
}

/// How the table shows the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// It is open, or that is concluded.
    Open,
    /// It is closed, or was shut down both ways, or broke, since about then.
    Over(Duration),
    /// Our own row is gone, since about then, and the other was never here to be seen.
    Vanished(Duration),
}

/// What became of the other end.
pub(super) fn fate(evidence: &Evidence<'_>) -> Fate {
    let arrival = arrival(evidence);
    let known = match arrival {
        Arrival::At(at) => Some(at),
        Arrival::Untold => evidence.treated,
        Arrival::Pending => None,
    };
    let open = || match (evidence.treated, known) {
        (None, _) => Fate::Open,
        (Some(treated), known) if is_out_of_sight(evidence, known.unwrap_or(treated)) => {
            let since = known.unwrap_or(treated);
            let at = evidence.lane.and_then(Lane::looked).unwrap_or_default().max(since);
            Fate::Unknown { why: Unknown::NotLooked, at, kept: Some(at.saturating_sub(since)) }
        }
        (Some(_), Some(since)) => Fate::Waiting { since },
        (Some(since), None) => Fate::Unreached { since, obstacle: obstacle(evidence) },
    };
    // Whoever has not heard of our FIN keeps nothing, and whoever closes then closes first.
    let since = |at: Duration| {
        known.filter(|_| evidence.treated <= Some(at)).map(|known| at.saturating_sub(known))
    };
    // A reset takes the rows at once. Anything else leaves them for as long as the other end is open, so that was proved
    // until they went.
    let unknown = |why: Unknown, gone: Duration| {
        let until = evidence.held.max(Some(gone).filter(|_| evidence.sent != Sent::Reset));
        Fate::Unknown { why, at: until.unwrap_or(gone), kept: until.and_then(since) }
    };
    let cannot_tell = match (evidence.sent, evidence.heard) {
        (Sent::Reset, _) => Unknown::Reset,
        (_, Some((at, Ending::Broken))) if evidence.treated.is_none_or(|treated| at < treated) => {
            Unknown::BrokenFirst
        }
        _ => Unknown::Vanished,
    };
    let over = match row(evidence) {
        Row::Open => return open(),
        Row::Vanished(gone) => return unknown(cannot_tell, gone),
        Row::Over(at) => at,
    };
    let closed = |at: Duration| {
        let took = since(at);
        Fate::Closed { at, took, kept: took.unwrap_or_default() }
    };
    // Between two looks, of which the earlier found it; where none did, it may have closed at once.
    let found_closed = |at: Duration| {
        let kept = evidence.held.and_then(since).unwrap_or_default();
        Fate::Closed { at, took: since(at), kept }
    };
    match evidence.descriptor {
        Descriptor::NotAsked => unknown(Unknown::NotAsked, over),
        Descriptor::Held => Fate::Unseen { since: known.unwrap_or(over) },
        Descriptor::CannotTell if evidence.sent == Sent::Reset => unknown(cannot_tell, over),
        Descriptor::Closed(Some(at)) => found_closed(at),
        Descriptor::Closed(None) => closed(over),
        // Our own close resets whoever sends after it, and a reset takes both rows whatever the program does.
        Descriptor::CannotTell if has_seen_fin(evidence) => closed(over),
        Descriptor::CannotTell => unknown(cannot_tell, over),
    }
}

/// Whether an end that has been open since then may have been closed unseen. Once it was seen to be kept, that stays so.
fn is_out_of_sight(evidence: &Evidence<'_>, since: Duration) -> bool {
    let looked = evidence.lane.and_then(Lane::looked);
    let was_kept = looked.is_some_and(|looked| looked >= since + evidence.grace);
    evidence.blind && !evidence.hears && !was_kept
}

/// Whether our FIN has arrived at the other end.
enum Arrival {
    /// It has, by then.
    At(Duration),
    /// It was seen not to have.
    Pending,
    /// It did at once, as far as looks tell, or we sent none: whatever was done is heard of at once.
    Untold,
}

/// Whether our FIN has arrived: the other end is in a state that it comes to with it, or ours in one that it comes to with
/// the acknowledgement. An end of ours in `FIN_WAIT_1` waits for that (RFC 9293, section 3.6).
fn arrival(evidence: &Evidence<'_>) -> Arrival {
    let (Some(lane), Sent::Fin, Some(treated)) = (evidence.lane, evidence.sent, evidence.treated)
    else {
        return Arrival::Untold;
    };
    let mut is_pending = false;
    for change in lane.changes.iter() {
        let is_prompt = change.at.saturating_sub(treated) < PROMPT;
        let Some(state) = change.state else {
            // Gone between two looks, of which the earlier was as soon after our FIN as that was on its way.
            if is_pending && is_prompt {
                return Arrival::Untold;
            }
            continue;
        };
        let is_theirs = change.end == evidence.theirs;
        if is_theirs && has_got_fin(state) || !is_theirs && is_acknowledged(state) {
            return if is_pending && !is_prompt { Arrival::At(change.at) } else { Arrival::Untold };
        }
        is_pending |= !is_theirs && has_sent_fin(Some(state));
    }
    // What our socket hears may be the answer to it, sooner than a look shows that it was acknowledged.
    is_pending &= evidence.heard.is_none() || lane.was_found(evidence.theirs);
    if is_pending { Arrival::Pending } else { Arrival::Untold }
}

/// What keeps our FIN back.
fn obstacle(evidence: &Evidence<'_>) -> Obstacle {
    let Some(lane) = evidence.lane else { return Obstacle::NotSeen };
    let ours = lane.row(evidence.theirs.other());
    if !lane.was_found(evidence.theirs) && ours.is_some_and(|row| is_here(row.remote)) {
        return Obstacle::NoOtherEnd;
    }
    // The FIN itself counts as one.
    match ours.and_then(|row| row.queues).map_or(0, |queues| queues.send.saturating_sub(1)) {
        0 => Obstacle::NotSeen,
        bytes => Obstacle::Bytes(bytes),
    }
}

fn is_here(remote: Option<SocketAddr>) -> bool {
    remote.is_some_and(|it| it.ip().to_canonical().is_loopback())
}

/// Whether our end comes into this state with the acknowledgement of its FIN.
const fn is_acknowledged(state: State) -> bool {
    matches!(state, State::FinWait2 | State::TimeWait)
}

/// Whether a FIN of the other end was seen: read, in its own state, or in ours.
fn has_seen_fin(evidence: &Evidence<'_>) -> bool {
    if matches!(evidence.heard, Some((_, Ending::Fin))) {
        return true;
    }
    let Some(lane) = evidence.lane else { return false };
    lane.changes.iter().any(|change| match change.state {
        Some(state) if change.end == evidence.theirs => sends_fin(state),
        Some(state) => has_got_fin(state),
        None => false,
    })
}

/// How the table shows the other end, or what follows where it shows nothing.
pub(super) fn row(evidence: &Evidence<'_>) -> Row {
    let shown = shown(evidence);
    if shown != Row::Open {
        return shown;
    }
    // Nobody can have its addresses while an end of it is there.
    if let Some(Watch::Replaced { by }) = evidence.lane.map(|lane| lane.watch) {
        return Row::Over(by);
    }
    match (evidence.heard, evidence.treated) {
        (Some((at, _)), _) if evidence.blind => Row::Over(at),
        // It takes the rows at once.
        (None, Some(treated)) if evidence.blind && evidence.sent == Sent::Reset => {
            Row::Over(treated)
        }
        _ => Row::Open,
    }
}

/// How the last look that succeeded shows the other end.
fn shown(evidence: &Evidence<'_>) -> Row {
    let heard = || evidence.heard.map_or(Row::Open, |(at, _)| Row::Over(at));
    let Some(lane) = evidence.lane else { return heard() };
    let (theirs, ours) = (evidence.theirs, evidence.theirs.other());
    // When it came into the last run of such states.
    let since = |such: fn(Option<State>) -> bool| {
        let changes = lane.changes.iter().rev().filter(|it| it.end == theirs);
        changes.take_while(|it| such(it.state)).last().map_or(Duration::ZERO, |it| it.at)
    };
    if lane.was_found(theirs) {
        return match lane.seen(theirs) {
            Seen::State(state) if is_over(Some(state)) => Row::Over(since(is_over)),
            // Closed by its program and not by us: the kernel alone has it.
            Seen::State(state)
                if has_sent_fin(Some(state))
                    && lane.row(theirs).is_some_and(|row| row.inode.is_none())
                    && shows_inodes(lane, theirs) =>
            {
                Row::Over(since(has_sent_fin))
            }
            Seen::NoRow if lane.looks_unchanged(theirs) >= STEADY => Row::Over(since(is_over)),
            Seen::Unknown | Seen::NoRow | Seen::State(_) => Row::Open,
        };
    }
    if evidence.heard.is_some() {
        return heard();
    }
    let changed = || {
        let last = lane.changes.iter().rev().find(|it| it.end == ours);
        last.map_or(Duration::ZERO, |it| it.at)
    };
    match lane.seen(ours) {
        // Its FIN came: whoever does not read hears nothing of it.
        Seen::State(state) if has_got_fin(state) => Row::Over(changed()),
        Seen::NoRow if lane.looks_unchanged(ours) >= STEADY && evidence.treated.is_some() => {
            Row::Vanished(changed())
        }
        Seen::Unknown | Seen::NoRow | Seen::State(_) => Row::Open,
    }
}

/// The state of the other end, and whether it is only concluded.
pub(super) fn their_state(lane: Option<&Lane>, theirs: End) -> (Option<State>, bool) {
    let Some(lane) = lane else { return (None, false) };
    match (lane.seen(theirs), lane.seen(theirs.other())) {
        (Seen::State(state), _) => (Some(state), false),
        (_, Seen::State(ours)) if !lane.was_found(theirs) => {
            let state = other_end(ours).filter(|state| *state != State::Closed);
            (state, state.is_some())
        }
        _ => (None, false),
    }
}

/// Whether an end in this state, or without a row, has nothing more to send or to hear.
const fn is_over(state: Option<State>) -> bool {
    matches!(state, None | Some(State::TimeWait | State::LastAck | State::Closed))
}

/// Whether an end in this state, or without a row, has sent its FIN.
const fn has_sent_fin(state: Option<State>) -> bool {
    match state {
        Some(state) => sends_fin(state) || matches!(state, State::Closed),
        None => true,
    }
}

/// Whether an end comes into this state by sending its FIN.
const fn sends_fin(state: State) -> bool {
    use State::{Closing, FinWait1, FinWait2, LastAck, TimeWait};
    matches!(state, FinWait1 | FinWait2 | Closing | LastAck | TimeWait)
}

/// Whether an end in this state got the other's FIN.
const fn has_got_fin(state: State) -> bool {
    matches!(state, State::CloseWait | State::LastAck | State::TimeWait | State::Closing)
}

/// Whether this system's table tells of descriptors at all: on Linux a row has an inode while there is one.
fn shows_inodes(lane: &Lane, end: End) -> bool {
    lane.row(end).is_some_and(|row| row.cookie.is_some())
}
