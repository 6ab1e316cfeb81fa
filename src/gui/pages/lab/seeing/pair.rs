//! What a pair of states means.
//!
//! The sentences hold for any connection with these two states; what a lab adds is that both ends are known.

use crate::gui::pages::lab::end::{Known, seen};
use crate::lab::{BenchState, ConnectionState, Holding};
use crate::model::lab::{End, Resolution};
use crate::model::{Owner, Socket, State, TimerKind};
use crate::text;
use crate::text::Text;

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
    /// Bytes received and not read, a FIN among them.
    pub(super) unread: u32,
    /// Bytes not acknowledged, a FIN among them.
    pub(super) unsent: u32,
    /// Whether what it sent waits for a window, and not for an acknowledgement.
    pub(super) stalled: bool,
    /// Whether it waits to be accepted.
    pub(super) waits: bool,
}

impl Side {
    pub(super) fn of(bench: &BenchState, shown: &ConnectionState, end: End) -> Self {
        let state = shown.end(end);
        let row = bench.lane(shown).and_then(|lane| lane.row(end));
        let queues = row.and_then(|row| row.queues).unwrap_or_default();
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
            unread: queues.receive,
            unsent: queues.send,
            stalled: row
                .and_then(|row| row.timer)
                .is_some_and(|timer| timer.kind == TimerKind::Persist),
            waits: end == End::Peer
                && row.is_some()
                && !shown.accepted
                && state.holding == Holding::Never
                && matches!(shown.target, crate::lab::Target::BuiltIn(_)),
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

    fn is_gone(&self) -> bool {
        self.known == Known::NoRow
    }

    fn word(&self) -> Text {
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
        if this.unsent > 0 {
            let (n, from, to) = (this.unsent, this.word(), other.word());
            said.push(if this.stalled || other.unread > 0 {
                text!("lab_bench_page.see.unsent", n = n, this = from, other = to)
            } else {
                text!("lab_bench_page.see.unacknowledged", n = n, this = from, other = to)
            });
        } else if other.unread > 0 {
            let (n, word) = (other.unread, other.word());
            said.push(text!("lab_bench_page.see.unread", n = n, other = word));
        }
    }
    if said.len() == 1 {
        said.push(text!("lab_bench_page.see.open_idle"));
    }
    Some(said)
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
        State::FinWait1 | State::LastAck | State::Closing if this.unsent > 1 => {
            let mut said = vec![text!(
                "lab_bench_page.see.fin_waits",
                this = name,
                other = across,
                n = this.unsent - 1
            )];
            said.push(if this.holding.is_open() {
                text!("lab_bench_page.see.fin_waits_held")
            } else {
                text!("lab_bench_page.see.fin_waits_closed")
            });
            said
        }
        State::FinWait2 if other.is_gone() => vec![
            text!("lab_bench_page.see.fin_wait_2_alone", this = name.clone(), other = across),
            text!("lab_bench_page.see.fin_wait_2_ends"),
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
    said.extend(read_so_far(this));
    said.push(match other.held {
        Some(true) => text!("lab_bench_page.see.both_stay"),
        Some(false) => text!("lab_bench_page.see.this_stays", this = name, other = across),
        None => text!("lab_bench_page.see.this_stays_alone", this = name, other = across),
    });
    said
}

/// What of the stream was read by an end whose peer sent its FIN; none where that cannot be seen.
fn read_so_far(this: &Side) -> Option<Text> {
    let name = this.word();
    match (this.at_end, this.unread) {
        (true, _) => Some(text!("lab_bench_page.see.end_read", this = name)),
        (false, _) if matches!(this.known, Known::Inferred(_)) => None,
        // An empty queue shows that the data was taken, not that a read of another program gave 0.
        (false, 0) if this.holding == Holding::Never => {
            Some(text!("lab_seen.all_taken", this = name))
        }
        (false, 0 | 1) => Some(text!("lab_bench_page.see.end_unread", this = name)),
        (false, more) => Some(text!("lab_bench_page.see.data_unread", n = more - 1, this = name)),
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
mod tests {
    use super::*;
    use State::{
        CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, SynReceived, SynSent,
        TimeWait,
    };

    fn side(end: End, known: Known, holding: Holding) -> Side {
        let held = match holding {
            Holding::Held | Holding::Leaked => Some(true),
            Holding::Closed => Some(false),
            Holding::Never => None,
        };
        let (unread, unsent, stalled) = (0, 0, false);
        Side { end, known, holding, held, at_end: false, unread, unsent, stalled, waits: false }
    }

    fn said(client: Side, peer: Side) -> String {
        let texts = sentences(&[client, peer]);
        texts.iter().map(Text::plain).collect::<Vec<_>>().join(" ")
    }

    fn held(end: End, state: State) -> Side {
        side(end, Known::Seen(state), Holding::Held)
    }

    #[test]
    fn each_pair_says_who_did_what() {
        use End::{Client, Peer};
        let gone = |end, holding| side(end, Known::NoRow, holding);
        let closed = |end, state| side(end, Known::Seen(state), Holding::Closed);
        let cases = [
            (held(Client, Established), held(Peer, Established), "Both directions are open."),
            (held(Client, CloseWait), held(Peer, FinWait2), "The peer has half-closed."),
            (held(Client, FinWait2), held(Peer, CloseWait), "The client has half-closed."),
            (
                held(Client, CloseWait),
                closed(Peer, FinWait2),
                "The peer has closed; the client has not.",
            ),
            (held(Client, CloseWait), gone(Peer, Holding::Closed), "EPIPE"),
            (closed(Client, TimeWait), gone(Peer, Holding::Closed), "The client closed first"),
            (gone(Client, Holding::Closed), gone(Peer, Holding::Closed), "The connection is over."),
            (
                gone(Client, Holding::Held),
                gone(Peer, Holding::Closed),
                "The client still holds a descriptor",
            ),
            (held(Client, Established), gone(Peer, Holding::Closed), "does not know"),
            (held(Client, TimeWait), held(Peer, TimeWait), "Both ends closed"),
            (held(Client, Established), held(Peer, SynReceived), "TCP_DEFER_ACCEPT"),
            (held(Client, SynSent), side(Peer, Known::Nothing, Holding::Never), "no answer"),
        ];
        for (client, peer, part) in cases {
            let said = said(client, peer);
            assert!(said.contains(part), "{client:?} {peer:?}: {said}");
        }
    }

    /// A FIN alone does not tell a close from a shutdown: a program elsewhere may hold its socket for ever.
    #[test]
    fn who_holds_the_end_of_another_program_is_said_as_far_as_it_is_known() {
        let client = held(End::Client, CloseWait);
        let other = |known, held| Side { held, ..side(End::Peer, known, Holding::Never) };
        for (known, held, begins, ends) in [
            (Known::Seen(FinWait2), Some(true), "The peer has half-closed.", "No timer ends this"),
            (Known::Seen(FinWait2), Some(false), "The peer has closed;", "about a minute"),
            (Known::Inferred(FinWait2), None, "The peer has sent its FIN", "cannot be seen"),
        ] {
            let said = said(client, other(known, held));
            assert!(said.starts_with(begins) && said.contains(ends), "{said}");
        }
    }

    /// Recv-Q 0 shows that all data was taken; a read that gave 0 is seen at our own sockets only.
    #[test]
    fn that_the_end_was_read_is_said_only_of_a_read_that_gave_it() {
        let client = side(End::Client, Known::Seen(FinWait2), Holding::Closed);
        let peer = |holding| {
            said(
                client,
                Side { held: Some(true), ..side(End::Peer, Known::Seen(CloseWait), holding) },
            )
        };
        let (foreign, ours) = (peer(Holding::Never), peer(Holding::Held));
        assert!(foreign.contains("cannot be seen"), "{foreign}");
        assert!(ours.contains("has not read the end"), "{ours}");
        assert!(!foreign.contains("has read the end"), "{foreign}");
    }

    #[test]
    fn a_row_tells_who_holds_it_by_its_inode_where_looks_are_exact() {
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
        let row = Socket::new(address, None, FinWait2, Owner::NoOwner);
        let with_inode = Socket { inode: Some(7), ..row.clone() };
        assert_eq!(super::held(&with_inode, Resolution::Exact), Some(true));
        assert_eq!(super::held(&row, Resolution::Exact), Some(false));
        assert_eq!(super::held(&row, Resolution::Table), None);
    }

    #[test]
    fn what_is_not_acknowledged_is_no_fault_of_a_reader() {
        let sends = |stalled| Side { unsent: 64, stalled, ..held(End::Client, Established) };
        let far = side(End::Peer, Known::Inferred(Established), Holding::Never);
        let (waits, on_the_way) = (said(sends(true), far), said(sends(false), far));
        assert!(waits.contains("does not read"), "{waits}");
        assert!(!on_the_way.contains("does not read") && on_the_way.contains("64"), "{on_the_way}");
    }

    /// The kernel counts the FIN as one byte: Recv-Q is 1 before the end is read, and 0 after.
    #[test]
    fn what_is_unread_before_the_end_is_counted_without_the_fin() {
        let half_closed = |unread: u32, at_end: bool| {
            let client = held(End::Client, CloseWait);
            said(Side { at_end, unread, ..client }, held(End::Peer, FinWait2))
        };
        assert!(
            half_closed(1, false).contains("has not read the end"),
            "{}",
            half_closed(1, false)
        );
        assert!(half_closed(513, false).contains("512 bytes wait"), "{}", half_closed(513, false));
        assert!(half_closed(0, true).contains("has read the end"), "{}", half_closed(0, true));
    }

    #[test]
    fn a_fin_that_waits_behind_data_is_said_with_its_bytes() {
        let full =
            Side { unsent: 4_097, ..side(End::Client, Known::Seen(FinWait1), Holding::Closed) };
        let said = said(full, held(End::Peer, Established));
        assert!(said.contains("4096 bytes") && said.contains("in the background"), "{said}");
    }

    #[test]
    fn every_pair_has_sentences_without_gaps() {
        let states = State::ALL.map(Known::Seen).into_iter().chain([
            Known::NoRow,
            Known::Nothing,
            Known::Inferred(CloseWait),
        ]);
        for client in states.clone() {
            for peer in states.clone() {
                for holding in [Holding::Never, Holding::Held, Holding::Leaked, Holding::Closed] {
                    let said =
                        said(side(End::Client, client, holding), side(End::Peer, peer, holding));
                    assert!(!said.contains("lab_bench_page") && !said.contains("%{"), "{said}");
                }
            }
        }
        let rare = said(held(End::Client, Closing), held(End::Peer, LastAck));
        assert!(rare.contains("CLOSING") && rare.contains("LAST_ACK"), "{rare}");
        assert!(said(held(End::Client, Closed), held(End::Peer, Closed)).contains("CLOSED"));
    }
}
