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
    let (unread, unsent, stalled) = (Some(0), Some(0), false);
    let (at_end, waits, goes) = (false, false, Goes::Unknown);
    Side { end, known, holding, held, at_end, unread, unsent, stalled, waits, goes }
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

#[test]
fn when_a_closed_end_goes_is_said_as_sharply_as_it_is_known() {
    let client = held(End::Client, CloseWait);
    let peer = side(End::Peer, Known::Seen(FinWait2), Holding::Closed);
    for (goes, part) in [
        (Goes::In(Duration::from_millis(2_400)), "goes in 2.4"),
        (Goes::Within(20), "within 20 seconds"),
        (Goes::Unknown, "within about a minute"),
    ] {
        let said = said(client, Side { goes, ..peer });
        assert!(said.replace('\u{2009}', " ").contains(part), "{said}");
    }
}

#[test]
fn the_timer_counts_before_the_option_and_the_option_before_the_setting() {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
    let row = Socket::new(address, None, FinWait2, Owner::NoOwner);
    let timer = crate::model::Timer { kind: TimerKind::Expiry, remaining_ms: 2_400, tries: 0 };
    let ending = Socket { timer: Some(timer), ..row.clone() };
    let mut end = EndState::default();
    assert_eq!(Goes::of(&row, &end, Some(120)), Goes::Within(120));
    assert_eq!(Goes::of(&row, &end, None), Goes::Unknown);
    end.asked.set(OptionName::FinWait2, Some(crate::lab::OptionValue::Number(3)));
    assert_eq!(Goes::of(&row, &end, Some(120)), Goes::Unknown);
    assert_eq!(Goes::of(&ending, &end, Some(120)), Goes::In(Duration::from_millis(2_400)));
}

/// Recv-Q 0 shows that all data was taken; a read that gave 0 is seen at our own sockets only.
#[test]
fn that_the_end_was_read_is_said_only_of_a_read_that_gave_it() {
    let client = side(End::Client, Known::Seen(FinWait2), Holding::Closed);
    let peer = |holding| {
        said(client, Side { held: Some(true), ..side(End::Peer, Known::Seen(CloseWait), holding) })
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
    let sends = |stalled| Side { unsent: Some(64), stalled, ..held(End::Client, Established) };
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
        said(Side { at_end, unread: Some(unread), ..client }, held(End::Peer, FinWait2))
    };
    assert!(half_closed(1, false).contains("has not read the end"), "{}", half_closed(1, false));
    assert!(half_closed(513, false).contains("512 bytes wait"), "{}", half_closed(513, false));
    assert!(half_closed(0, true).contains("has read the end"), "{}", half_closed(0, true));
}

#[test]
fn a_fin_that_waits_behind_data_is_said_with_its_bytes() {
    let full =
        Side { unsent: Some(4_097), ..side(End::Client, Known::Seen(FinWait1), Holding::Closed) };
    let said = said(full, held(End::Peer, Established));
    assert!(said.contains("4096 bytes") && said.contains("in the background"), "{said}");
}

/// As where the table has no queues: what nobody saw is not said, neither that there is something nor that there is nothing.
#[test]
fn queues_that_are_not_told_are_not_empty_ones() {
    let untold = |side: Side| Side { unread: None, unsent: None, ..side };
    let client = untold(held(End::Client, CloseWait));
    let half_closed = said(client, held(End::Peer, FinWait2));
    assert!(!half_closed.contains("The client has read"), "{half_closed}");
    assert!(half_closed.contains("Whether the client has read the end"), "{half_closed}");
    let read = said(Side { at_end: true, ..client }, held(End::Peer, FinWait2));
    assert!(read.contains("The client has read the end"), "its own call told: {read}");
    let [client, peer] = [End::Client, End::Peer].map(|end| held(end, Established));
    for (client, peer, tells) in [
        (client, peer, "Nothing waits on either side."),
        (client, untold(peer), "Nothing waits at the client;"),
        (untold(client), peer, "Nothing waits at the peer;"),
        (untold(client), untold(peer), "Whether anything waits cannot be told"),
    ] {
        let said = said(client, peer);
        assert!(said.contains(tells), "{said}");
        assert_eq!(said.contains("on either side"), client.unsent.and(peer.unsent).is_some());
    }
    let last = said(untold(held(End::Client, LastAck)), held(End::Peer, FinWait2));
    assert!(!last.contains("waits behind"), "{last}");
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
                let said = said(side(End::Client, client, holding), side(End::Peer, peer, holding));
                assert!(!said.contains("lab_bench_page") && !said.contains("%{"), "{said}");
            }
        }
    }
    let rare = said(held(End::Client, Closing), held(End::Peer, LastAck));
    assert!(rare.contains("CLOSING") && rare.contains("LAST_ACK"), "{rare}");
    assert!(said(held(End::Client, Closed), held(End::Peer, Closed)).contains("CLOSED"));
}
