use std::net::TcpListener;
use std::time::Duration;

use super::*;
use crate::lab::loopback;
use crate::lab::program::setup::Payload;

fn setup(host: &str, port: u16) -> Setup {
    let target = Address::Name(host.to_owned(), port);
    Setup {
        side: Side::Client { target, payload: Payload::Nothing, count: 1 },
        treatment: Treatment::Close,
        after: Duration::ZERO,
        grace: Duration::from_secs(1),
        time: Duration::from_secs(10),
    }
}

#[test]
fn a_wish_to_stop_while_a_name_is_looked_up_is_no_failure() {
    let cancel = Cancel::new();
    cancel.cancel();
    // RFC 6761, section 6.4: `invalid` never resolves.
    let opened = Gate::open(&setup("nobody.invalid", 80), None, &cancel);
    assert!(matches!(opened, Ok(None)));
    let Err(failure) = Gate::open(&setup("nobody.invalid", 80), None, &Cancel::new()) else {
        panic!("nobody.invalid has an address");
    };
    assert!(failure.advice.is_some());
}

#[test]
fn an_address_that_the_system_refuses_at_once_is_left_for_the_next() {
    let server = TcpListener::bind(loopback()).expect("loopback");
    let good = server.local_addr().expect("an address");
    // Multicast has no connections.
    let bad = SocketAddr::from(([224, 0, 0, 1], 80));
    let mut gate = Gate::Target { addresses: vec![bad, good], shut: false };
    let came = gate.next(&setup("unused", 80));
    assert!(matches!(came, Ok(Some(Came { pair, .. })) if pair.peer == good));
    assert_eq!(gate.address(), Some(good));
    assert!(!gate.has_moved_on(), "there is no other");
}

#[test]
fn an_address_keeps_the_interface_that_it_means_nothing_without() {
    let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
    for (typed, connected, looked_up) in [
        ("[fe80::1%7]:80", "[fe80::1%7]:80", "[fe80::1%7]:80"),
        ("[fec0::1%7]:80", "[fec0::1%7]:80", "[fec0::1]:80"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1:80", "192.0.2.1:80"),
        ("[::]:80", "[::1]:80", "[::1]:80"),
        ("[::ffff:0.0.0.0]:80", "127.0.0.1:80", "127.0.0.1:80"),
    ] {
        let connected_to = connectable(address(typed));
        assert_eq!(connected_to, address(connected), "{typed}");
        assert_eq!(canonical(connected_to), address(looked_up), "{typed}");
    }
}
