//! The lab's bench, on real sockets of this machine's loopback.

use std::net::TcpListener;

use eframe::egui::accesskit::Role;
use eframe::egui::{OutputCommand, Rect};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sockscope::lab::{NUMBERING, Numbering, OptionName};
use sockscope::model::lab::Role as Socket;

use crate::harness::{Window, fixture};

const SIZE: [f32; 2] = [1_280.0, 800.0];
const SIZES: [[f32; 2]; 3] = [[900.0, 600.0], SIZE, [1_920.0, 1_080.0]];

fn bench(size: [f32; 2]) -> Window {
    let mut window = Window::on(size, fixture());
    window.show("Lab");
    window
}

fn connected(size: [f32; 2]) -> Window {
    let mut window = bench(size);
    window.press("Connect");
    window.until("Both directions are open.");
    window
}

impl Window {
    fn is_off(&self, name: &str) -> bool {
        self.harness.get_by_label(name).accesskit_node().is_disabled()
    }

    /// Every place of a node with such a role and a name that begins so.
    fn places(&self, name: &str) -> Vec<(String, Rect)> {
        let roles = [Role::Button, Role::CheckBox, Role::SpinButton, Role::TextInput, Role::Link];
        let nodes = roles.into_iter().flat_map(|role| self.harness.query_all_by_role(role));
        nodes
            .filter_map(|node| Some((node.accesskit_node().label()?, node.rect())))
            .filter(|(label, _)| label.starts_with(name))
            .collect()
    }

    /// Where the title of a card stands: of all that are called so, the uppermost.
    fn title(&self, name: &str) -> Rect {
        let places = self.harness.query_all_by_role(Role::Label);
        let places = places.filter(|node| node.accesskit_node().value().as_deref() == Some(name));
        let top = |one: &Rect, other: &Rect| one.top().total_cmp(&other.top());
        places.map(|node| node.rect()).min_by(top).expect("a card")
    }
}

#[test]
fn every_control_lies_in_its_card_in_every_size() {
    for size in SIZES {
        for mut window in [bench(size), connected(size)] {
            window.harness.run_steps(3);
            let stacked = size[0] < 1_100.0;
            let side = if stacked { size[0] } else { window.title("TCP states").left() - 20.0 };
            let [client, peer] = ["Client", "Peer"].map(|name| window.title(name));
            let bottom = window.title("Both ends").top() - 8.0;
            for (end, from, to) in [("Client ", client, peer.left() - 20.0), ("Peer ", peer, side)]
            {
                let card = Rect::from_min_max(from.min, [to, bottom].into());
                let places = window.places(end);
                assert!(places.len() > 12, "{size:?}: {places:?}");
                for (name, place) in places {
                    let inside = card.expand(1.0).contains_rect(place);
                    assert!(inside, "{name} {place:?} of {card:?} at {size:?}");
                }
            }
        }
    }
}

#[test]
fn the_cards_stand_where_the_window_has_room() {
    for size in SIZES {
        let window = connected(size);
        let [states, seeing, lanes, calls] =
            ["TCP states", "What you are seeing", "Both ends", "Calls"]
                .map(|name| window.title(name));
        assert!(calls.top() > lanes.bottom() + 150.0, "{size:?}");
        if size[0] < 1_100.0 {
            assert!(states.top() > lanes.bottom() && seeing.left() > states.left());
        } else {
            assert!(states.left() > lanes.right() && seeing.top() > states.bottom());
            // With its header and a row.
            assert!(calls.bottom() + 80.0 < size[1], "{size:?}: {calls:?}");
        }
    }
}

#[test]
fn what_cannot_be_done_is_off_until_there_is_a_connection() {
    let mut window = bench(SIZE);
    for name in ["Client Send", "Client Close", "Peer Read", "Peer Leak", "Stop", "Reset"] {
        assert!(window.is_off(name), "{name}");
    }
    assert!(!window.is_off("Connect"));
    window.press("Connect");
    window.until("Both directions are open.");
    window.draw_until("a peer that can read", |window| !window.is_off("Peer Read"));
    for name in ["Client Send", "Client Close", "Peer Leak", "Reset"] {
        assert!(!window.is_off(name), "{name}");
    }
    window.press("Reset");
    window.until("Make a connection of your own.");
    assert!(window.is_off("Client Send"));
}

#[test]
fn leaving_the_lab_closes_what_it_opened_unless_it_is_to_be_kept() {
    let mut window = connected(SIZE);
    window.show("Sockets");
    window.until("The lab was left");
    window.show("Lab");
    window.until("Make a connection of your own.");

    window.show("Settings");
    window.press_role(Role::CheckBox, "Keep the lab’s sockets open when its page is left");
    window.show("Lab");
    window.press("Connect");
    window.until("Both directions are open.");
    window.show("Sockets");
    window.show("Lab");
    assert!(window.sees("Both directions are open."), "{:#?}", window.names());
}

/// The article's half recipe by hand: SO_REUSEADDR lets the port be bound again, and the window says who has the connection.
#[test]
fn who_holds_the_addresses_is_named() {
    if NUMBERING != Numbering::Linux {
        eprintln!("not checked: nobody has measured this on this system");
        return;
    }
    let mut window = bench(SIZE);
    window.type_into("Client local address", "127.41.7.9");
    window.type_into("Client local port", "24018");
    window.press("Client SO_REUSEADDR");
    window.press("Connect");
    window.until("Both directions are open.");
    window.press("Peer Shutdown…");
    window.press("Peer Shut down sending");
    window.until("The peer has half-closed.");
    window.press("Connect");
    window.until("Connection 1, in CLOSE_WAIT, still has 127.41.7.9:24018");
}

#[test]
fn a_half_close_is_seen_told_and_ended() {
    let mut window = connected(SIZE);
    window.press("Peer Shutdown…");
    window.press("Peer Shut down sending");
    window.until("The peer has half-closed.");
    // The two ends may be looked up just before and just after the acknowledgement.
    window.until("CLOSE_WAIT: Client");
    window.until("FIN_WAIT_2: Peer");
    assert!(window.is_off("Peer Send"), "its FIN is out");
    assert!(window.sees("Client: ESTABLISHED from"), "the lanes in words");
    window.press("Read to the end on the client");
    window.until("The client has read the end of the stream and not closed.");
    window.press("Client Send");
    window.until("64 B sent");
    window.press("Peer Read");
    window.until("64 B read");
    window.press("Client Close");
    window.draw_until("a closed client", |window| window.is_off("Client Close"));
    window.until("descriptor closed");
    window.press("Peer Close");
    window.until("The peer closed first");
}

#[test]
fn a_row_that_is_gone_and_a_descriptor_that_is_held_are_two_things() {
    let mut window = connected(SIZE);
    window.press("Client Abort");
    window.until("The peer still holds a descriptor of a connection that is over.");
    window.until("descriptor still held");
    if NUMBERING == Numbering::Linux {
        window.until("TCP_INFO says CLOSED");
    }
    assert!(window.sees("no row from"), "the lane ends: {:#?}", window.names());
    window.press("Close the descriptor of the peer");
    window.until("The connection is over.");
}

#[test]
fn what_the_kernel_made_of_an_option_stands_beside_it() {
    let mut window = connected(SIZE);
    window.press("Client SO_LINGER");
    window.until("on, 0 s");
    window.press("Client SO_LINGER");
    window.draw_until("linger off again", |window| !window.sees("on, 0 s"));
    window.press("Peer 8 more options");
    window.press("Peer SO_RCVBUF");
    if NUMBERING == Numbering::Linux {
        // socket(7): the kernel doubles it.
        window.until("8 192 B");
    }
    assert!(window.sees("Peer SO_RCVBUF value"));
}

#[test]
fn an_option_that_this_system_lacks_is_there_with_the_reason() {
    let mut window = bench(SIZE);
    window.press("Listener");
    window.harness.get_all_by_role(Role::Link).next().expect("more options").click();
    window.harness.run_steps(3);
    let absent: Vec<_> = OptionName::ALL
        .into_iter()
        .filter(|name| name.suits(Socket::Listener) || name.suits(Socket::Client))
        .filter_map(|name| Some((name, name.absence()?.plain())))
        .collect();
    assert!(!absent.is_empty(), "no system has them all");
    for (name, why) in absent {
        assert!(window.sees(name.name()) && window.sees(&why), "{name}: {:#?}", window.names());
        assert!(!window.sees(&format!("Listener {name}")), "{name} has no switch");
    }
}

#[test]
fn two_clients_have_options_and_actions_of_their_own() {
    let mut window = connected(SIZE);
    window.press("B");
    window.press("Connect");
    window.until("Connection 2 of client B: client ESTABLISHED");
    window.until("All 2");
    window.press("A’s");
    window.press("Client Leak");
    window.draw_until("a leak", |window| window.is_off("Client Leak"));
    assert!(window.sees("descriptor held"), "B's is shown, and held");
    let first = "Connection 1 of client A: client ESTABLISHED, peer ESTABLISHED";
    window.until(first);
    window.press(first);
    window.until("leaked: open and forgotten");
    window.press("All 2");
    window.press("Client Close");
    window.until("Connection 2 of client B: client FIN_WAIT_2, peer CLOSE_WAIT");
    assert!(window.sees(first), "what is leaked is not closed");
}

#[test]
fn a_closed_listener_refuses_and_can_be_opened_again() {
    let mut window = connected(SIZE);
    window.press("Listener");
    window.until("0 wait, room for");
    window.press("Listener Close");
    window.until("closed; it was 127.0.0.1:");
    window.press("Connect");
    window.until("There is no connection: connect(127.0.0.1:");
    window.until("ECONNREFUSED.");
    if NUMBERING == Numbering::Linux {
        // The accepted connection still has the port, and neither socket shares it.
        window.press("Listener Reopen");
        window.until("EADDRINUSE \u{b7} closed; it was");
    }
    window.press("Open the listener on a new port");
    window.until("0 wait, room for");
    window.press("Connect again");
    window.until("Both directions are open.");
}

#[test]
fn without_accepting_a_connection_waits_in_the_queue() {
    let mut window = connected(SIZE);
    window.press_role(Role::CheckBox, "accepts by itself");
    window.press("Connect");
    window.until("no program has accepted it");
    window.press("Accept one connection on the listener");
    window.until("Both directions are open.");
}

#[test]
fn another_target_is_said_before_anything_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let target = listener.local_addr().expect("an address").to_string();
    let mut window = bench(SIZE);
    window.press("Target, Built-in peer, IPv4");
    window.press("Another address…");
    assert!(window.is_off("Connect"), "nothing is typed");
    window.type_into("Target address", &target);
    window.until(&format!("Connect sends packets to {target}."));
    window.press("Connect");
    window.until("not a socket of Sockscope");
    assert!(window.is_off("Peer Close"), "that end is not ours");
    assert!(!window.is_off("Client Close"));
}

#[test]
fn reconnecting_leaves_behind_what_is_chosen() {
    let mut window = bench(SIZE);
    window.press("Client Loop of reconnects…");
    window.press("Close");
    window.press("Reconnect now");
    window.until("Connection 20 of client A");
    window.until("All 20");
    window.draw_until("twenty closed clients", |window| {
        window
            .names()
            .iter()
            .filter(|name| name.starts_with("Connection "))
            .all(|name| !name.contains("client ESTABLISHED") && !name.contains("client CLOSE_WAIT"))
    });
}

#[test]
fn the_log_is_copied_with_who_and_when() {
    let mut window = connected(SIZE);
    window.press("Copy all");
    window.harness.get_by_label("Markdown table").click();
    let mut copied = None;
    for _ in 0..5 {
        window.harness.step();
        let commands = &window.harness.output().platform_output.commands;
        copied = copied.or(commands.iter().find_map(|command| match command {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        }));
    }
    let text = copied.expect("a text");
    assert!(text.lines().all(|line| line.starts_with("| ") && line.ends_with(" |")), "{text}");
    assert!(text.contains("| Client 1 | connect(127.0.0.1:"), "{text}");
}

#[test]
fn nothing_is_drawn_while_nothing_lives() {
    let mut window = connected(SIZE);
    window.press("Client Abort");
    window.until("Close the descriptor of the peer");
    window.press("Close the descriptor of the peer");
    window.until("The connection is over.");
    window.draw_until("stillness", |window| {
        let outputs = &window.harness.output().viewport_output;
        outputs.values().all(|output| output.repaint_delay > std::time::Duration::from_millis(500))
    });
}
