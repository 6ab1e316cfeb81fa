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

/// Linux measured: elsewhere the sentences are not known to be true.
fn is_measured() -> bool {
    let measured = NUMBERING == Numbering::Linux;
    if !measured {
        eprintln!("not checked: nobody has measured this on this system");
    }
    measured
}

#[test]
fn the_holder_of_another_programs_socket_is_named_once_it_has_accepted() {
    if !is_measured() {
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

/// A port that the bench of this process alone binds to: another test's would be in its way.
const PORTS: [&str; 3] = ["24117", "24118", "24119"];

#[test]
fn who_has_a_port_in_time_wait_is_told_and_nothing_offered_that_must_fail() {
    if !is_measured() {
        return;
    }
    let mut window = bench();
    window.type_into("Client local address", "127.41.7.10");
    window.type_into("Client local port", PORTS[0]);
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
    if !is_measured() {
        return;
    }
    let mut window = bench();
    window.type_into("Client local address", "127.41.7.11");
    window.type_into("Client local port", PORTS[1]);
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
    if !is_measured() {
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
    if !is_measured() {
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
    if !is_measured() {
        return;
    }
    let mut window = bench();
    window.press("Connect");
    window.until("Both directions are open.");
    window.press("Client Close");
    window.until("The client has closed; the peer has not.");
    window.until("The client’s row goes in ");
}
