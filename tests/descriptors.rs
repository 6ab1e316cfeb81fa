//! What the program does where it may have few descriptors.

#![cfg(unix)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say so and end"
)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// The lab's verb in a process that may have so many descriptors.
fn start(descriptors: u32, arguments: &[&str]) -> Child {
    let program = assert_cmd::cargo::cargo_bin("sockscope");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {descriptors} && exec \"$0\" lab \"$@\"")]);
    command.arg(program).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a shell")
}

#[test]
fn a_listener_keeps_half_of_its_descriptors_free_and_says_so() {
    let arguments = ["listen", "--after", "50s", "--for", "3s"];
    let mut listener = start(64, &arguments);
    let mut lines = BufReader::new(listener.stdout.take().expect("a pipe"));
    let mut line = String::new();
    lines.read_line(&mut line).expect("text");
    let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
    let port: u16 = port.unwrap_or_else(|| panic!("where it listens: {line:?}"));
    let clients: Vec<TcpStream> =
        (0..40).map(|_| TcpStream::connect(("127.0.0.1", port)).expect("it listens")).collect();
    let mut said = String::new();
    listener.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    assert!(
        said.contains("8 connections were reset as they came: 32 were held already")
            && said.contains("`ulimit -n`"),
        "{said}"
    );
    drop(clients);
    listener.wait().expect("it ends by itself");
}
