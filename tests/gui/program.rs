//! Lab, Test my program, as somebody meets it.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::harness::{Window, fixture};

const ADDRESS: &str = "Listen at";

fn open(size: [f32; 2]) -> Window {
    let mut window = Window::on(size, fixture());
    window.show("Lab");
    window.press("Test my program");
    window
}

/// Types this over what stands in the field.
fn retype(window: &mut Window, name: &str, text: &str) {
    window.harness.get_by_role_and_label(Role::TextInput, name).focus();
    window.keys(Modifiers::COMMAND, Key::A);
    window.type_into(name, text);
    assert_eq!(window.text_of(name), text);
}

/// The address that is shown for one's client.
fn shown_address(window: &Window) -> String {
    let names = window.names();
    let copy = names.iter().find_map(|name| name.strip_prefix("Copy 127.0.0.1:"));
    format!("127.0.0.1:{}", copy.expect("an address to copy"))
}

#[test]
fn a_client_that_keeps_its_end_is_named_and_stopping_ends_it() {
    let mut window = open([1280.0, 800.0]);
    assert!(window.sees("Nothing is being tested"));
    window.press_role(Role::Button, "Start");
    window.until("Waiting for your client at 127.0.0.1:");
    assert!(window.sees("No connection yet"));
    let address = shown_address(&window);
    let mut stream = TcpStream::connect(&address).expect("it listens");
    window.until("Too early.");
    let me = format!("pid {} ", std::process::id());
    window.draw_until("the process", |window| window.rows().iter().any(|row| row.contains(&me)));
    // The FIN comes after two seconds, and five later an end that is still there counts as kept.
    window.until("Keeps.");
    let rows = window.rows();
    assert!(rows.iter().any(|row| row.contains("kept 1 open")), "{rows:#?}");
    assert!(rows.iter().any(|row| row.contains("CLOSE_WAIT, open since our FIN")), "{rows:#?}");
    window.press_role(Role::Button, "Stop");
    window.until("stopped");
    assert_eq!(stream.read(&mut [0; 1]).ok(), Some(0), "the FIN came first");
    assert!(TcpStream::connect(&address).is_err(), "nobody listens");
    assert!(window.sees("Keeps."), "the verdict stays");
}

#[test]
fn a_port_that_is_taken_is_said_with_what_to_try() {
    let taken = TcpListener::bind(sockscope::lab::loopback()).expect("loopback");
    let address = taken.local_addr().expect("an address").to_string();
    let mut window = open([900.0, 600.0]);
    retype(&mut window, ADDRESS, &address);
    window.press_role(Role::Button, "Start");
    window.until("EADDRINUSE");
    assert!(window.sees("Try another port, or port 0"));
    assert!(window.sees("could not start"));
    // What is said of that address is said of no other.
    retype(&mut window, ADDRESS, "127.0.0.1:0");
    assert!(!window.sees("could not start") && !window.sees("EADDRINUSE"), "{:?}", window.names());
    retype(&mut window, ADDRESS, "::1:8080");
    assert!(window.sees("needs brackets: [::1]:8080"), "{:?}", window.names());
    retype(&mut window, ADDRESS, &address);
    drop(taken);
    window.press_role(Role::Button, "Start");
    window.until(&format!("Waiting for your client at {address}"));
}

#[test]
fn what_reaches_other_computers_is_said_before_it_starts() {
    let mut window = open([900.0, 600.0]);
    assert!(!window.sees("Other computers"));
    retype(&mut window, ADDRESS, "0.0.0.0:0");
    assert!(window.sees("Other computers may be able to connect to 0.0.0.0:0"));
    retype(&mut window, ADDRESS, "nonsense");
    assert!(window.sees("An address and a port are wanted"));
    let start = window.harness.get_by_role_and_label(Role::Button, "Start");
    assert!(start.accesskit_node().is_disabled());
    window.press("Test my server");
    retype(&mut window, "Connect to", "example.org:80");
    assert!(window.sees("example.org:80 may be another computer"));
    assert!(!window.sees("Never accept"), "a client accepts nothing");
}
