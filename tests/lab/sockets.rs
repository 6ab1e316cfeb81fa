//! Single sockets of the lab.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use sockscope::lab::{BACKLOG, Link, Listener, PATIENCE, SocketOptions};
use sockscope::model::lab::CallOutcome;

use super::{errno, recorder};

const DEFAULT: SocketOptions = SocketOptions::NONE;

#[test]
fn a_port_in_use_is_called_by_its_name() {
    let recorder = recorder();
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let first = Listener::open(SocketAddr::new(local, 0), DEFAULT, BACKLOG, &recorder)
        .expect("a free port");
    let second = Listener::open(first.address(), DEFAULT, BACKLOG, &recorder).map(|_| ());
    let error = second.expect_err("the port is taken");
    assert_eq!(error.errno, errno("EADDRINUSE"));
    let last = recorder.calls();
    let last = last.iter().next_back().expect("a call");
    assert_eq!(last.call, format!("bind({})", first.address()));
    let expected =
        CallOutcome::Failed { errno: errno("EADDRINUSE"), meaning: error.meaning.plain() };
    assert_eq!(last.outcome, expected);
}

#[test]
fn the_peer_listens_on_both_families() {
    for ip in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        let recorder = recorder();
        let listener = match Listener::open(SocketAddr::new(ip, 0), DEFAULT, BACKLOG, &recorder) {
            Ok(listener) => listener,
            Err(error) if ip.is_ipv6() => {
                eprintln!("not checked: this machine has no {ip}: {error}");
                continue;
            }
            Err(error) => panic!("no listener on {ip}: {error}"),
        };
        let mut link =
            Link::open(&listener, [DEFAULT; 2], 1, &recorder, |_| {}).expect("a connection");
        assert_eq!(link.client.send(3, PATIENCE), Ok(3));
        assert_eq!(link.peer.recv(PATIENCE), Ok(3));
        let began = Instant::now();
        let waited = link.peer.recv(Duration::from_millis(50));
        let names = [errno("EAGAIN"), errno("EWOULDBLOCK")];
        assert!(waited.as_ref().is_err_and(|error| names.contains(&error.errno)), "{waited:?}");
        assert!(began.elapsed() >= Duration::from_millis(50));
        assert!(link.peer.abort().is_ok() && !link.peer.is_held());
        assert_eq!(
            link.client.recv(PATIENCE).map_err(|error| error.errno),
            Err(errno("ECONNRESET"))
        );
    }
}
