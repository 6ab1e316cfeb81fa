//! What a pair of states means.
//!
//! The sentences hold for any connection with these two states; what a lab adds is that both ends are known.

use std::time::Duration;

use crate::analysis::explain::remaining;
use crate::gui::pages::lab::end::{Known, seen};
use crate::lab::{BenchState, ConnectionState, EndState, Holding, OptionName};
use crate::model::lab::{End, Resolution};
use crate::model::{Owner, Socket, State, TimerKind};
use crate::text;
use crate::text::{Text, age};

/// What is known of one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) end: End,
    pub(super) known: Known,
    pub(super) holding: Holding,
    /// Whether any process has a descriptor of it; none where that cannot be seen from here.
    pub(super) held: Option<bool>,
    /// Whether a read gave the end of the stream.
    pub(super) at_end: bool,
    /// Bytes received and not read, a FIN among them; none where the row does not tell.
    pub(super) unread: Option<u32>,
    /// Bytes not acknowledged, a FIN among them; none where the row does not tell.
    pub(super) unsent: Option<u32>,
    /// Whether what it sent waits for a window, and not for an acknowledgement.
    pub(super) stalled: bool,
    /// Whether it waits to be accepted.
    pub(super) waits: bool,
    /// When the kernel drops its row.
    pub(super) goes: Goes,
}

/// When the kernel drops a row that nobody holds any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Goes {
    /// So its timer says.
    In(Duration),
    /// After `tcp_fin_timeout`, so many seconds.
    Within(u64),
    #[default]
    Unknown,
}

impl Goes {
    /// FIN_WAIT_2 of a closed socket ends with its own timer. Where that does not show, as in the first part of a long
    /// one, the setting counts, unless the socket had one of its own (`TCP_LINGER2`).
    fn of(row: &Socket, end: &EndState, fin_timeout_s: Option<u64>) -> Self {
        if row.state != State::FinWait2 {
            return Self::Unknown;
        }
        match row.timer {
            Some(timer) if timer.kind == TimerKind::Expiry => {
                Self::In(remaining(timer, Duration::ZERO))
            }
            _ if end.asked.get(OptionName::FinWait2).is_some() => Self::Unknown,
            _ => fin_timeout_s.map_or(Self::Unknown, Self::Within),
        }
    }
}

impl Side {
    pub(super) fn of(
        bench: &BenchState,
        shown: &ConnectionState,
        end: End,
        fin_timeout_s: Option<u64>,
    ) -> Self {
        let state = shown.end(end);
        let row = bench.lane(shown).and_then(|lane| lane.row(end));
        let queues = row.and_then(|row| row.queues);
        Self {
            end,
            known: seen(bench, shown, end),
            holding: state.holding,
            held: match state.holding {
                Holding::Held | Holding::Leaked => Some(true),
                Holding::Closed => Some(false),
                Holding::Never => row.and_then(|row| held(row, bench.observation.resolution)),
            },
            at_end: state.at_end,
            unread: queues.map(|queues| queues.receive),
            unsent: queues.map(|queues| queues.send),
            stalled: row
                .and_then(|row| row.timer)
                .is_some_and(|timer| timer.kind == TimerKind::Persist),
            waits: end == End::Peer
                && row.is_some()
                && !shown.accepted
                && state.holding == Holding::Never
                && matches!(shown.target, crate::lab::Target::BuiltIn(_)),
            goes: row.map_or(Goes::Unknown, |row| Goes::of(row, state, fin_timeout_s)),
        }
    }

    /// Its state, seen or inferred.
    pub(super) const fn state(&self) -> Option<State> {
        match self.known {
            Known::Seen(state) | Known::Inferred(state) => Some(state),
            Known::NoRow | Known::Nothing => None,
        }
    }

    fn is(&self, state: State) -> bool {
        self.state() == Some(state)
    }

    pub(super) fn is_gone(&self) -> bool {
        self.known == Known::NoRow
    }

    pub(super) fn word(&self) -> Text {
        match self.end {
            End::Client => text!("lab_bench_page.word.client"),
            End::Peer => text!("lab_bench_page.word.peer"),
        }
    }
}

/// Whether some process holds a socket that is none of ours; none where its row does not tell.
fn held(row: &Socket, resolution: Resolution) -> Option<bool> {
    match (&row.owner, row.inode) {
        (Owner::Known(_) | Owner::NotAccepted | Owner::Hidden { .. }, _) | (_, Some(_)) => {
            Some(true)
        }
        // An exact look tells the inode of every socket that has one.
        (Owner::NoOwner | Owner::Remembered(_), None) => {
            (resolution == Resolution::Exact).then_some(false)
        }
    }
}

/// What the two ends tell together: the sentence that names it, then what follows.
pub(super) fn sentences(sides: &[Side; 2]) -> Vec<Text> {
    let [client, peer] = sides;
    let mut said = if client.is_gone() && peer.is_gone() {
        over(client, peer)
    } else {
        both(client, peer)
            .or_else(|| one(client, peer))
            .or_else(|| one(peer, client))
            .unwrap_or_else(|| on_the_way(client, peer))
    };
    let leaked = sides.iter().filter(|side| side.holding == Holding::Leaked);
    said.extend(leaked.map(|side| text!("lab_bench_page.see.leaked", end = side.word())));
    said
}

fn over(client: &Side, peer: &Side) -> Vec<Text> {
    let held = |side: &Side| side.holding.is_open();
    let left = [client, peer].into_iter().find(|side| held(side));
    match left {
        Some(left) => {
            vec![
                text!("lab_bench_page.see.over_held", end = left.word()),
                text!("lab_bench_page.see.over_close"),
            ]
        }
        None => vec![text!("lab_bench_page.see.over"), text!("lab_bench_page.see.over_free")],
    }
}

/// Both directions open.
fn both(client: &Side, peer: &Side) -> Option<Vec<Text>> {
    if !(client.is(State::Established) && peer.is(State::Established)) {
        return None;
    }
    if peer.waits {
        let queue = text!("lab_bench_page.see.not_accepted_queue");
        return Some(vec![text!("lab_bench_page.see.not_accepted"), queue]);
    }
    let mut said = vec![text!("lab_bench_page.see.open")];
    for (this, other) in [(client, peer), (peer, client)] {
        if let Some(n @ 1..) = this.unsent {
            let (from, to) = (this.word(), other.word());
            said.push(if this.stalled || other.unread > Some(0) {
                text!("lab_bench_page.see.unsent", n = n, this = from, other = to)
            } else {
                text!("lab_bench_page.see.unacknowledged", n = n, this = from, other = to)
            });
        } else if let Some(n @ 1..) = other.unread {
            said.push(text!("lab_bench_page.see.unread", n = n, other = other.word()));
        }
    }
    if said.len() == 1 {
        said.push(idle(client, peer));
    }
    Some(said)
}

/// Nothing is seen to wait, as far as that can be seen.
fn idle(client: &Side, peer: &Side) -> Text {
    let is_told = |side: &Side| side.unread.is_some() && side.unsent.is_some();
    let at = |this: &Side, other: &Side| {
        text!("lab_bench_queues.idle_at", this = this.word(), other = other.word())
    };
    match (is_told(client), is_told(peer)) {
        (true, true) => text!("lab_bench_page.see.open_idle"),
        (true, false) => at(client, peer),
        (false, true) => at(peer, client),
        (false, false) => text!("lab_bench_queues.not_told"),
    }
}

/// What the state of one end tells, whichever it is.
fn one(this: &Side, other: &Side) -> Option<Vec<Text>> {
    let (name, across) = (this.word(), other.word());
    if this.is_gone() && other.known == Known::Nothing {
        return Some(vec![
            text!("lab_bench_page.see.own_gone", this = name),
            text!("lab_bench_page.see.other_unknown", other = across),
        ]);
    }
    Some(match this.state()? {
        State::CloseWait => close_wait(this, other),
        State::FinWait1 | State::LastAck | State::Closing
            if let Some(unsent @ 2..) = this.unsent =>
        {
            let mut said = vec![text!(
                "lab_bench_page.see.fin_waits",
                this = name,
                other = across.clone(),
                n = unsent - 1
            )];
            said.push(if this.holding.is_open() {
                text!("lab_bench_page.see.fin_waits_held")
            } else {
                text!("lab_bench_page.see.fin_waits_closed", other = across)
            });
            said
        }
        State::FinWait2 if other.is_gone() => vec![
            text!("lab_bench_page.see.fin_wait_2_alone", this = name.clone(), other = across),
            match this.goes {
                Goes::In(time) => text!("lab_seen.fin_wait_2_ends_in", time = age(time)),
                Goes::Within(_) | Goes::Unknown => text!("lab_bench_page.see.fin_wait_2_ends"),
            },
        ],
        State::TimeWait if other.is(State::TimeWait) => {
            let stays = text!("lab_bench_page.see.time_wait_stays");
            vec![text!("lab_bench_page.see.time_wait_both"), stays]
        }
        State::TimeWait => {
            let stays = text!("lab_bench_page.see.time_wait_stays");
            vec![text!("lab_bench_page.see.time_wait", this = name, other = across), stays]
        }
        State::SynSent => {
            vec![
                text!("lab_bench_page.see.syn_sent", this = name),
                text!("lab_bench_page.see.syn_sent_why"),
            ]
        }
        State::SynReceived if other.is(State::Established) => {
            vec![text!("lab_bench_page.see.syn_received_half", this = name, other = across)]
        }
        State::SynReceived => vec![text!("lab_bench_page.see.syn_received", this = name)],
        State::Established if other.is_gone() => vec![
            text!("lab_bench_page.see.half_open", this = name, other = across),
            text!("lab_bench_page.see.half_open_next"),
        ],
        _ => return None,
    })
}

/// The other end sent its FIN, and this one has not closed.
fn close_wait(this: &Side, other: &Side) -> Vec<Text> {
    let (name, across) = (this.word(), other.word());
    if other.is_gone() {
        return vec![
            text!("lab_bench_page.see.close_wait_alone", this = name, other = across),
            text!("lab_bench_page.see.close_wait_lies"),
        ];
    }
    let mut said = vec![match other.held {
        Some(true) => text!("lab_bench_page.see.half_closed", other = across.clone()),
        Some(false) => {
            text!("lab_bench_page.see.closed_there", other = across.clone(), this = name.clone())
        }
        None => text!("lab_bench_page.see.fin_there", other = across.clone()),
    }];
    said.push(read_so_far(this));
    said.push(match other.held {
        Some(true) => text!("lab_bench_page.see.both_stay"),
        Some(false) => match other.goes {
            Goes::In(time) => {
                text!("lab_seen.stays.in", this = name, other = across, time = age(time))
            }
            Goes::Within(n) => text!("lab_seen.stays.within", n = n, this = name, other = across),
            Goes::Unknown => text!("lab_bench_page.see.this_stays", this = name, other = across),
        },
        None => text!("lab_bench_page.see.this_stays_alone", this = name, other = across),
    });
    said
}

/// What of the stream was read by an end whose peer sent its FIN.
fn read_so_far(this: &Side) -> Text {
    let name = this.word();
    match (this.at_end, this.unread) {
        (true, _) => text!("lab_bench_page.see.end_read", this = name),
        // An empty queue shows that the data was taken, not that a read of another program gave 0.
        (false, Some(0)) if this.holding == Holding::Never => {
            text!("lab_seen.all_taken", this = name)
        }
        (false, Some(0 | 1)) => text!("lab_bench_page.see.end_unread", this = name),
        (false, Some(more)) => text!("lab_bench_page.see.data_unread", n = more - 1, this = name),
        (false, None) => text!("lab_bench_queues.end_not_told", this = name),
    }
}

/// Nothing that stays.
fn on_the_way(client: &Side, peer: &Side) -> Vec<Text> {
    let state = |side: &Side| match side.known {
        Known::Seen(state) | Known::Inferred(state) => {
            text!("lab_bench_page.see.in_state", state = state.name())
        }
        Known::NoRow => text!("lab_bench_page.see.in_none"),
        Known::Nothing => text!("lab_bench_page.see.in_unknown"),
    };
    vec![text!("lab_bench_page.see.pair", client = state(client), peer = state(peer))]
}

#[cfg(test)]
mod tests;
