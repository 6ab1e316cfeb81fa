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

use serde_json::Value;
use sockscope::lab::{NUMBERING, Numbering};

/// The program in a process that may have so many descriptors.
fn start(descriptors: u32, arguments: &[&str]) -> Child {
    let program = assert_cmd::cargo::cargo_bin("sockscope");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {descriptors} && exec \"$0\" \"$@\"")]);
    command.arg(program).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a shell")
}

#[test]
fn a_listener_keeps_half_of_its_descriptors_free_and_says_so() {
    let arguments = ["lab", "listen", "--after", "50s", "--for", "3s"];
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

/// What `lab run` says as JSON, and its exit status.
fn run(descriptors: u32, arguments: &[&str]) -> (Value, Option<i32>) {
    let arguments = [&["lab", "run", "--json"], arguments].concat();
    let run = start(descriptors, &arguments).wait_with_output().expect("it ends by itself");
    let text = String::from_utf8_lossy(&run.stdout);
    let result = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text} {}", String::from_utf8_lossy(&run.stderr)));
    (result, run.status.code())
}

fn observed(result: &Value) -> &str {
    let checks = result["checks"].as_array().expect("checks");
    let last = checks.last().unwrap_or_else(|| panic!("nothing was judged: {result:#}"));
    last["observed"].as_str().expect("text")
}

#[test]
fn the_most_reconnects_fit_below_the_smallest_usual_limit() {
    let (result, status) = run(256, &["reconnect-habits", "reconnects=25"]);
    assert!(!result.to_string().contains("EMFILE"), "{result:#}");
    if NUMBERING == Numbering::Linux {
        assert_eq!((result["verdict"].as_str(), status), (Some("as_expected"), Some(0)));
    }
}

#[test]
fn a_scenario_without_enough_descriptors_cannot_tell_and_says_what_to_try() {
    let (result, status) = run(40, &["reconnect-habits"]);
    assert_eq!((result["verdict"].as_str(), status), (Some("could_not_tell"), Some(4)));
    let said = observed(&result);
    assert!(said.contains("EMFILE") && said.contains("`ulimit -n`"), "{said}");
}

#[test]
fn a_limit_that_the_child_may_not_have_is_said_and_judged_by_nobody() {
    let (result, status) = run(40, &["descriptor-limit", "limit=64"]);
    assert_eq!((result["verdict"].as_str(), status), (Some("could_not_tell"), Some(4)));
    if NUMBERING == Numbering::Linux {
        let said = observed(&result);
        assert!(said.contains("setrlimit") && said.contains("`ulimit -Hn`"), "{said}");
    }
}

#[test]
fn the_doctor_blames_no_source_where_descriptors_are_lacking() {
    for descriptors in [8, 10, 16] {
        let ran = start(descriptors, &["doctor"]).wait_with_output().expect("it ends by itself");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!((ran.status.code(), ran.stdout.as_slice()), (Some(4), &b""[..]), "{said}");
        assert!(said.contains("EMFILE") && said.contains("`ulimit -n`"), "{said}");
    }
}
