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
