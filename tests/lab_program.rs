//! `lab listen` and `lab connect`, against each other and against sockets of the test's own.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say so and end"
)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A verb that runs; it is ended with the test.
struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("sockscope"));
        command.arg("lab").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program is built");
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, lines }
    }

    /// The next line; empty at the end.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("text");
        line
    }

    /// The next document.
    fn document(&mut self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    /// Documents up to the verdict, which is the last.
    fn verdict(&mut self) -> (Vec<Value>, Value) {
        let mut before = Vec::new();
        loop {
            let document = self.document();
            if document["event"] == "verdict" {
                return (before, document);
            }
            before.push(document);
        }
    }

    /// How it ended, and what it said beside its data.
    fn end(&mut self) -> (i32, String) {
        let mut notes = String::new();
        let mut stderr = self.child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut notes).expect("text");
        (self.child.wait().expect("it ends").code().expect("it is not killed"), notes)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended as a rule, and then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_client_that_closes_is_fine_and_named_with_its_pid() {
    let mut listener = Running::start(&[
        "listen",
        "--then",
        "close",
        "--after",
        "300ms",
        "--connections",
        "3",
        "--json",
    ]);
    let begun = listener.document();
    let address = begun["address"].as_str().expect("an address").to_owned();
    // This client closes when the other end does, as it should; it would wait for long by itself.
    let client = Running::start(&["connect", &address, "--count", "3", "--after", "50s"]);
    let (events, verdict) = listener.verdict();
    assert_eq!(verdict["verdict"], "closes", "{verdict:#}");
    assert_eq!(verdict["connections"], 3);
    let party = &verdict["parties"][0];
    assert_eq!(party["owner"]["processes"][0]["pid"], client.child.id());
    assert_eq!(party["closed"], 3, "{party:#}");
    let said = |event: &str| events.iter().filter(|it| it["event"] == event).count();
    assert_eq!((said("connected"), said("over")), (3, 3), "a line each: {events:#?}");
    assert_eq!(listener.end(), (0, String::new()));
}

#[test]
fn a_server_that_keeps_is_found_and_that_is_status_1() {
    let server = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = server.local_addr().expect("an address").to_string();
    let mut verb = Running::start(&[
        "connect", &address, "--after", "100ms", "--grace", "200ms", "--count", "2",
    ]);
    let kept: Vec<TcpStream> = (0..2).map(|_| server.accept().expect("a client").0).collect();
    assert_eq!(verb.line(), format!("Connecting to {address}\n"));
    let (status, notes) = verb.end();
    let mut text = String::new();
    verb.lines.read_to_string(&mut text).expect("text");
    assert_eq!((status, notes.as_str()), (1, ""), "{text}");
    assert!(text.contains("ended: all judged"), "{text}");
    let me = std::process::id();
    assert!(text.contains(&format!("Keeps: pid {me} ")), "{text}");
    assert!(text.contains("2 connections, kept 2 open."), "{text}");
    assert!(text.contains("left in the table: 2 CLOSE_WAIT"), "{text}");
    drop(kept);
}

#[test]
fn a_name_is_listened_at_and_all_addresses_of_this_computer_are_none_of_another() {
    let listen = ["listen", "localhost:0", "--connections", "1", "--after", "50s", "--json"];
    let mut listener = Running::start(&listen);
    let begun = listener.document();
    let address = begun["address"].as_str().expect("an address").to_owned();
    let stream = TcpStream::connect(&address).expect("it listens");
    assert!(stream.peer_addr().is_ok_and(|it| it.ip().is_loopback()), "{address}");
    drop(stream);
    let (_, verdict) = listener.verdict();
    assert_eq!(verdict["verdict"], "not_tried", "whoever closes first is none: {verdict:#}");
    assert_eq!(listener.end(), (4, String::new()), "no other computer is warned of");

    let server = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = server.local_addr().expect("an address").port();
    let mut verb =
        Running::start(&["connect", &format!("0.0.0.0:{port}"), "--after", "50s", "--json"]);
    assert_eq!(verb.document()["address"], format!("127.0.0.1:{port}"));
    drop(server.accept().expect("a client"));
    let (events, verdict) = verb.verdict();
    let names: Vec<_> = events.iter().map(|it| it["event"].as_str().unwrap_or("")).collect();
    assert_eq!(names, ["connected", "over"], "{events:#?}");
    assert_ne!(verdict["parties"][0]["owner"]["kind"], "elsewhere");
    assert_eq!(verb.end(), (4, String::new()), "it closed first");
}

#[test]
fn a_connect_that_fails_was_never_connected() {
    let free = TcpListener::bind(sockscope::lab::loopback()).expect("loopback");
    let address = free.local_addr().expect("an address").to_string();
    drop(free);
    let mut verb = Running::start(&["connect", &address, "--json"]);
    let begun = verb.document();
    assert_eq!((&begun["event"], &begun["address"]), (&"begun".into(), &address.into()));
    let (events, verdict) = verb.verdict();
    let names: Vec<_> = events.iter().map(|it| (&it["event"], &it["fate"])).collect();
    assert_eq!(names, [(&"over".into(), &"not_made".into())], "{events:#?}");
    assert_eq!(verdict["parties"][0]["not_made"], 1);
    assert_eq!(verdict["parties"][0]["owner"]["kind"], "not_reached");
    let said = verdict["parties"][0]["sentence"].as_str().expect("a sentence");
    assert!(said.ends_with("No connection was made."), "{said}");
    let (status, notes) = verb.end();
    assert!(status == 4 && notes.contains("ECONNREFUSED"), "{notes}");
}

#[test]
fn a_connect_that_the_system_does_not_begin_is_told_like_one_that_fails() {
    // A connection to all nodes at once cannot be (RFC 4291, section 2.7), which the system says at once.
    let mut verb = Running::start(&["connect", "[ff02::1%1]:9", "--json"]);
    assert_eq!(verb.document()["event"], "begun");
    let (events, verdict) = verb.verdict();
    let [event] = &events[..] else { panic!("{events:#?}") };
    assert_eq!((&event["event"], &event["fate"]), (&"over".into(), &"not_made".into()));
    assert!(event["errno"].is_string() && event["local"].is_null(), "{event:#}");
    assert_eq!(
        (&verdict["connections"], &verdict["parties"][0]["not_made"]),
        (&1.into(), &1.into())
    );
    assert_eq!(verb.end().0, 4);
}

/// Half of the descriptors are for connections, and the others wait for their turn.
#[cfg(unix)]
#[test]
fn a_client_with_few_descriptors_connects_no_more_often_than_it_was_told() {
    const COUNT: usize = 60;
    let server = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let target = server.local_addr().expect("an address").to_string();
    let program = assert_cmd::cargo::cargo_bin("sockscope");
    let script = format!(
        "ulimit -n 40 && exec \"$0\" lab connect {target} --count {COUNT} --after 50ms --grace 20s --json"
    );
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(program).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a shell");
    let lines = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut running = Running { child, lines };
    // Each is closed by the other end first, and then here.
    for _ in 0..COUNT {
        let (mut accepted, _) = server.accept().expect("a client");
        assert_eq!(accepted.read(&mut [0; 1]).ok(), Some(0), "its FIN, no reset");
    }
    let (_, verdict) = running.verdict();
    assert_eq!(verdict["connections"], COUNT);
    assert_eq!((&verdict["refused"], verdict["verdict"].as_str()), (&0.into(), Some("closes")));
    server.set_nonblocking(true).expect("an option");
    assert!(server.accept().is_err(), "nobody else came");
}

#[test]
fn when_nobody_comes_that_is_status_4_and_a_taken_port_is_3() {
    let mut verb = Running::start(&["listen", "--for", "200ms", "--json"]);
    let (_, verdict) = verb.verdict();
    assert_eq!(
        (&verdict["verdict"], &verdict["connections"]),
        (&"could_not_tell".into(), &0.into())
    );
    assert_eq!(verb.end().0, 4);

    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = taken.local_addr().expect("an address").to_string();
    let (status, notes) = Running::start(&["listen", &address]).end();
    assert_eq!(status, 3);
    assert!(notes.contains(&address) && notes.contains("EADDRINUSE"), "{notes}");
    // It sets SO_REUSEADDR itself, which is no remedy where somebody listens.
    assert!(notes.contains("If a listener has this one, close it."), "{notes}");
    assert!(notes.contains("port 0"), "what to try: {notes}");
}

#[test]
fn what_is_not_loopback_is_said_plainly() {
    const WARNING: &str = "Other computers may be able to connect";
    let (status, notes) = Running::start(&["listen", "0.0.0.0:0", "--for", "0s"]).end();
    assert_eq!(status, 4);
    assert!(notes.contains(WARNING), "{notes}");
    // Nothing listens there: the address is of no computer's (RFC 5737).
    let (status, notes) = Running::start(&["listen", "192.0.2.1:0"]).end();
    assert_eq!(status, 3);
    assert!(!notes.contains(WARNING), "{notes}");
    let (status, notes) = Running::start(&["listen", "127.0.0.1:0", "--for", "0s"]).end();
    assert_eq!((status, notes.as_str()), (4, ""));
}

#[test]
fn arguments_out_of_bounds_are_refused() {
    for arguments in [
        &["listen", "--for", "2h"][..],
        &["listen", "--then", "explode"],
        &["listen", "--connections", "5000"],
        &["connect"],
        &["connect", "localhost"],
        &["connect", "localhost:80", "--then", "never-accept"],
        &["connect", "localhost:80", "--send", "bytes:17000000"],
        &["connect", "localhost:80", "--count", "0"],
        &["listen", "::1:0"],
        &["connect", "[fe80::1]:80"],
    ] {
        let (status, notes) = Running::start(arguments).end();
        assert_eq!(status, 2, "{arguments:?}: {notes}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_its_verdict_and_closes_everything() {
    ends_with_its_verdict("-INT");
}

#[cfg(unix)]
#[test]
fn so_does_sigterm() {
    ends_with_its_verdict("-TERM");
}

#[cfg(unix)]
fn ends_with_its_verdict(signal: &str) {
    let mut verb =
        Running::start(&["listen", "--then", "never-accept", "--grace", "100ms", "--json"]);
    let begun = verb.document();
    let address = begun["address"].as_str().expect("an address").to_owned();
    let stream = TcpStream::connect(&address).expect("it listens");
    let came = verb.document();
    assert_eq!(came["event"], "connected", "{came:#}");
    std::thread::sleep(Duration::from_millis(200));
    let pid = verb.child.id().to_string();
    let killed = Command::new("kill").args([signal, &pid]).status().expect("a command");
    assert!(killed.success());
    let (_, verdict) = verb.verdict();
    assert_eq!(verdict["verdict"], "keeps", "{verdict:#}");
    assert!(verdict["took_ms"].as_u64() < Some(59_000), "not because its time was up: {verdict:#}");
    assert_eq!(verb.end().0, 1);
    let mut rest = Vec::new();
    // A reset is an end as well.
    let _ = (&stream).read_to_end(&mut rest);
    assert!(TcpStream::connect(&address).is_err(), "nobody listens");
}
