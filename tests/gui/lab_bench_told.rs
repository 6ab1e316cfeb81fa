//! What the lab's bench tells of what happened, and of what cannot be done.

use std::net::TcpListener;

use eframe::egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use sockscope::lab::{NUMBERING, Numbering};

use crate::harness::{Window, fixture};

const SIZE: [f32; 2] = [1_280.0, 800.0];

fn bench() -> Window {
    let mut window = Window::on(SIZE, fixture());
    window.show("Lab");
    window
}

/// A bench that is to connect to this listener of the test's own.
fn aimed_at(listener: &TcpListener, mut window: Window) -> Window {
    let target = listener.local_addr().expect("an address").to_string();
    window.show("Lab");
    window.press("Target, Built-in peer, IPv4");
    window.press("Another address…");
    window.type_into("Target address", &target);
    window
}

fn is_off(window: &Window, name: &str) -> bool {
    window.harness.get_by_label(name).accesskit_node().is_disabled()
}

/// Elsewhere nobody has measured whether what is told there is true.
const MEASURED: bool = matches!(NUMBERING, Numbering::Linux);
const NOT_MEASURED: &str = "not checked: nobody has measured this on this system";

#[test]
fn the_holder_of_another_programs_socket_is_named_once_it_has_accepted() {
    if !MEASURED {
        eprintln!("{NOT_MEASURED}");
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let mut window = aimed_at(&listener, Window::live(SIZE));
    window.press("Connect");
    window.until("Both directions are open.");
    window.until("not accepted");
    let (accepted, _) = listener.accept().expect("the bench's connection");
    let holder = format!(" {}", std::process::id());
    window.until(&holder);
    assert!(!window.sees("not accepted"));
    window.press("Client Close");
    window.until("The client has closed; the peer has not.");
    // All data is taken, and no read of this test's has given 0.
    assert!(!window.sees("has read the end of the stream"));
    drop(accepted);
}

#[test]
fn nothing_can_be_asked_of_another_programs_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let mut window = aimed_at(&listener, bench());
    window.press("Connect");
    window.until("not a socket of Sockscope");
    assert!(is_off(&window, "Peer SO_KEEPALIVE"));
    assert!(!is_off(&window, "Client SO_KEEPALIVE"));
}

/// Has the client bind to a port that is free on an address that no other test uses. A fixed one would be in TIME_WAIT for a
/// minute after each run.
fn fix_port(window: &mut Window, address: &str) {
    let free = TcpListener::bind((address, 0)).and_then(|free| free.local_addr());
    window.type_into("Client local address", address);
    window.type_into("Client local port", &free.expect("a port").port().to_string());
}

#[test]
fn who_has_a_port_in_time_wait_is_told_and_nothing_offered_that_must_fail() {
    if !MEASURED {
        eprintln!("{NOT_MEASURED}");
        return;
    }
    let mut window = bench();
    fix_port(&mut window, "127.41.7.10");
    window.press("Connect");
    window.until("Both directions are open.");
    window.press("Client Close");
    window.until("The client has closed; the peer has not.");
    window.press("Peer Close");
    window.until("The client closed first");
    window.press("Connect from the same port: bind is refused");
    window.until("A1 has the port, in TIME_WAIT, for ");
    assert!(window.sees("Neither socket has SO_REUSEADDR"));
    assert!(!window.sees("Set SO_REUSEADDR on the client"), "A1 lacks it for ever");
    assert!(!window.sees("Connect from the same port"));
    window.press("Client SO_REUSEADDR");
    window.press("Connect");
    window.until("It was made without SO_REUSEADDR");
    assert!(!window.sees("Connect from the same port"));
    window.press("Leave the port to the kernel");
    window.press("Connect again");
    window.until("Both directions are open.");
}

#[test]
fn a_port_in_time_wait_that_shares_is_had_again_by_one_that_does() {
    if !MEASURED {
        eprintln!("{NOT_MEASURED}");
        return;
    }
    let mut window = bench();
    fix_port(&mut window, "127.41.7.11");
    window.press("Client SO_REUSEADDR");
    window.press("Connect");
    window.until("Both directions are open.");
    window.press("Client Close");
    window.until("The client has closed; the peer has not.");
    window.press("Peer Close");
    window.until("The client closed first");
    window.press("Client SO_REUSEADDR");
    window.press("Connect from the same port: bind is refused");
    window.until("A1 has SO_REUSEADDR; the new socket needs it too.");
    window.press("Set SO_REUSEADDR on the client and try again");
    window.press("Connect from the same port");
    window.until("Both directions are open.");
}

#[test]
fn why_a_listener_does_not_open_again_is_told_and_mended() {
    if !MEASURED {
        eprintln!("{NOT_MEASURED}");
        return;
    }
    let mut window = bench();
    window.press("Connect");
    window.until("Both directions are open.");
    window.press("Listener");
    window.press("Listener Close");
    window.until("closed; it was 127.0.0.1:");
    window.press("Listener Reopen");
    window.until("The listener is closed: bind(127.0.0.1:");
    assert!(window.sees("An accepted socket has its listener’s SO_REUSEADDR, which was off"));
    window.press("Set SO_REUSEADDR there and on the listener, and reopen");
    window.until("0 wait, room for");
    assert!(!window.sees("The listener is closed"));
}

#[test]
fn an_address_that_this_machine_lacks_is_called_so_and_left_to_the_kernel() {
    let mut window = bench();
    // TEST-NET-1 of RFC 5737, which nobody has.
    window.type_into("Client local address", "192.0.2.1");
    window.press("Connect");
    window.until("There is no connection: bind(192.0.2.1:0) gave EADDRNOTAVAIL.");
    assert!(window.sees("This machine does not have this address."));
    assert!(!window.sees("Connect again"));
    window.press("Leave the client’s address and port to the kernel");
    window.press("Connect again");
    window.until("Both directions are open.");
}

#[test]
fn addresses_of_two_families_are_refused_beside_the_fields() {
    let mut window = bench();
    window.type_into("Client local address", "::1");
    window.until("The target is IPv4, the local address IPv6.");
    assert!(is_off(&window, "Connect"));
    window.press("Leave the client’s address and port to the kernel");
    assert!(!is_off(&window, "Connect"));
}

#[test]
fn a_copy_that_keeps_the_connection_open_is_the_news() {
    let mut window = bench();
    window.press("Connect");
    window.until("Both directions are open.");
    window.press("Client dup");
    window.until("and 1 copy");
    window.press("Client Close");
    window.until(
        "close() closed a descriptor of the client; 1 is left and keeps the connection open",
    );
    window.press("Close the last descriptor of the client: that sends the FIN");
    window.until("The client has closed; the peer has not.");
    assert!(!window.sees("1 is left and keeps"));
}

#[test]
fn what_a_reset_threw_away_is_told_in_bytes() {
    if !MEASURED {
        eprintln!("{NOT_MEASURED}");
        return;
    }
    let mut window = bench();
    window.press("Connect");
    window.until("Both directions are open.");
    window.press("Fill the buffers: send 8 MiB that nobody reads");
    window.until("the peer does not read.");
    window.press("Client Abort");
    window.until("The peer still holds a descriptor of a connection that is over.");
    window.until(" bytes at the last look before.");
}

#[test]
fn when_fin_wait_2_ends_is_told_by_its_timer() {
    if !MEASURED {
        eprintln!("{NOT_MEASURED}");
        return;
    }
    let mut window = bench();
    window.press("Connect");
    window.until("Both directions are open.");
    window.press("Client Close");
    window.until("The client has closed; the peer has not.");
    window.until("The client’s row goes in ");
}

/// How many calls are wholly in sight above the status bar.
fn calls_in_sight(window: &Window) -> usize {
    let rows = window.harness.query_all_by_role(Role::Row);
    rows.filter(|row| row.rect().bottom() <= SIZE[1] - 38.0).count()
}

#[test]
fn four_calls_are_in_sight_in_a_usual_window_whatever_stands_above_them() {
    let mut window = bench();
    window.press("Connect");
    window.until("Both directions are open.");
    window.draw_until("four calls", |window| calls_in_sight(window) >= 4);
    window.press("Connect");
    window.until("All 2");
    window.draw_until("four calls beside two connections", |window| calls_in_sight(window) >= 4);

    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let mut window = aimed_at(&listener, bench());
    for connections in ["not a socket of Sockscope", "All 2", "All 3"] {
        window.press("Connect");
        window.until(connections);
    }
    window.draw_until("four calls of a typed target", |window| calls_in_sight(window) >= 4);
}

#[test]
fn that_the_buttons_act_on_another_client_is_said_where_its_connection_is_not_shown() {
    let mut window = bench();
    window.press("Connect");
    window.until("Both directions are open.");
    window.press("B");
    window.press("Connect");
    window.until("All 2");
    window.press("B’s");
    assert!(!window.sees("the buttons act on B’s"), "B's is shown");
    window.press("Connection 1 of client A: client ESTABLISHED, peer ESTABLISHED");
    window.until("the buttons act on B’s");
    window.press("Client Close");
    window.draw_until("B's is closed", |window| is_off(window, "Client Close"));
    assert!(window.sees("Connection 1 of client A: client ESTABLISHED, peer ESTABLISHED"));
    window.press("All 2");
    assert!(!window.sees("the buttons act on") && !is_off(&window, "Client Close"));
    window.press("Connection 2 of client B: client FIN_WAIT_2, peer CLOSE_WAIT");
    window.until("the buttons act on A1 \u{b7} descriptor closed");
}
