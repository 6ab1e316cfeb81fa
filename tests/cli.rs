//! The command line, as a script and a person at a terminal meet it.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say so and end"
)]

mod program;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;

use program::{json, run, sockscope};
use serde_json::Value;

const FIXTURE: &str = "tests/fixtures/document/version-1.json";

/// A connection of which the peer has closed its end, so that the client's is in CLOSE_WAIT.
fn leaked() -> (TcpListener, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let client = TcpStream::connect(listener.local_addr().expect("an address")).expect("loopback");
    drop(listener.accept().expect("a connection"));
    (listener, client)
}

/// Both addresses of a connection: one alone may be a part of another connection, too.
fn addresses(client: &TcpStream) -> [String; 2] {
    [client.local_addr(), client.peer_addr()]
        .map(|address| address.expect("an address").to_string())
}

#[test]
fn list_shows_a_leaked_socket_with_its_owner() {
    let (_listener, client) = leaked();
    let [local, remote] = addresses(&client);
    let ran = run(&["list", "close-wait", &local, &remote, "--json"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let document = json(&ran.stdout);
    assert_eq!(document["format"], "sockscope-snapshot");
    assert_eq!(document["counts"], serde_json::json!({ "CLOSE_WAIT": 1 }));
    let socket = &document["sockets"][0];
    assert_eq!(
        (&socket["local"], &socket["state"]),
        (&local.as_str().into(), &"CLOSE_WAIT".into())
    );
    assert_eq!(socket["owner"]["processes"][0]["pid"], std::process::id());

    let columns = run(&["list", &local, &remote]).stdout;
    let lines: Vec<&str> = columns.lines().collect();
    assert!(lines[0].starts_with("STATE"), "{columns}");
    assert!(lines[1].starts_with("CLOSE_WAIT"), "{columns}");

    // What was filtered says so, and is not compared as a whole table.
    assert_eq!(
        document["gaps"].as_array().and_then(|gaps| gaps.last()).map(|gap| &gap["kind"]),
        Some(&"filtered".into())
    );
}

#[test]
fn a_recorded_snapshot_is_listed_like_a_live_one() {
    let ran = run(&["list", "--from", FIXTURE, "feed-client"]);
    assert_eq!((ran.status, ran.stdout.lines().count()), (0, 3), "{}", ran.stdout);
    assert!(ran.stdout.contains("feed-client 18422, pid 18430"), "{}", ran.stdout);
    assert!(ran.stderr.contains("The IPv6 sockets are missing"), "{}", ran.stderr);
    let ran = run(&["list", "--from", FIXTURE, "no-such-thing"]);
    assert_eq!((ran.status, ran.stdout.lines().count()), (0, 1));
    assert_eq!(run(&["watch", "--from", FIXTURE]).status, 2);
    // The window's own, which opens none beside a verb.
    assert_eq!(run(&["--from", FIXTURE, "watch"]).status, 2);
}

#[test]
fn only_what_takes_a_recording_offers_to() {
    let offers = |verb: &str| run(&[verb, "--help"]).stdout.contains("--from <FILE>");
    let verbs = ["list", "watch", "snapshot", "diff", "report", "lab", "limits", "doctor", "man"];
    assert_eq!(verbs.into_iter().filter(|verb| offers(verb)).collect::<Vec<_>>(), ["list"]);
    assert_eq!(run(&["--help"]).stdout.contains("--from <FILE>"), cfg!(feature = "gui"));
}

#[test]
fn watch_prints_a_line_a_poll() {
    let (_listener, client) = leaked();
    let [local, remote] = addresses(&client);
    let watch = ["watch", "--interval", "100ms", "--count", "3", "--json"];
    let ran = run(&[&watch[..], &["close-wait", &local, &remote]].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 3);
    for line in ran.stdout.lines() {
        assert_eq!(json(line)["counts"]["CLOSE_WAIT"], 1, "{line}");
    }
    let columns = run(&["watch", "--interval", "100ms", "--count", "1"]).stdout;
    assert!(columns.starts_with("TIME"), "{columns}");
    assert_eq!(columns.lines().count(), 2);
    for wrong in ["0ms", "-1s", "soon", "1h"] {
        assert_eq!(run(&["watch", "--interval", wrong]).status, 2, "{wrong}");
    }
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let mut child = sockscope(&[])
        .args(["watch", "--interval", "100ms"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn snapshots_are_saved_compared_and_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (a, b) = (path("a.json"), path("b.json.gz"));
    assert_eq!(run(&["snapshot", &a]).status, 0);
    let (_listener, client) = leaked();
    let [local, remote] = addresses(&client);
    assert_eq!(run(&["snapshot", &b]).status, 0);

    let ran = run(&["diff", &a, &b, "--json"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let comparison = json(&ran.stdout);
    let mine =
        |socket: &&Value| socket["local"] == local.as_str() && socket["remote"] == remote.as_str();
    let sockets = comparison["sockets"].as_array().expect("an array");
    let found = sockets.iter().find(mine).expect("the leaked socket");
    assert_eq!((&found["fate"], &found["state_b"]), (&"new".into(), &"CLOSE_WAIT".into()));
    assert_eq!(run(&["diff", &a, &b, "--fail-over", "0"]).status, 1);
    assert_eq!(run(&["diff", &a, &b, "--fail-over", "1000000"]).status, 0);
    assert_eq!(run(&["diff", &a, &a, "--fail-over", "0"]).status, 0);
    assert!(run(&["diff", &a, &b]).stdout.contains("CLOSE_WAIT"));

    let report = path("report.md");
    assert_eq!(run(&["report", &a, &b, "-o", &report]).status, 0);
    let text = fs::read_to_string(&report).expect("the report");
    assert!(text.starts_with("# Comparison"), "{text}");
    // Which sockets are listed depends on how many others this machine has.
    for part in ["## By state", "## By process", "| CLOSE_WAIT |"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(run(&["report", &a, &b, "-o", &path("report.xyz")]).status, 2);
    assert!(run(&["report", "--json"]).stdout.contains("\"counts\""));
}

#[test]
fn a_report_of_the_fixture_reads_as_it_always_did() {
    insta::assert_snapshot!(run(&["report", FIXTURE]).stdout);
}

#[test]
fn bad_files_are_a_clear_sentence_and_status_3() {
    let folder = tempfile::tempdir().expect("a folder");
    let damaged = folder.path().join("damaged.json");
    fs::write(&damaged, "{\"format\":\"sockscope-snapshot\"").expect("a file");
    let name = damaged.display().to_string();
    let ran = run(&["diff", &name, FIXTURE]);
    assert_eq!((ran.status, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("is damaged") && ran.stderr.contains("line 1"), "{}", ran.stderr);
    let ran = run(&["list", "--from", "no-such-file.json"]);
    assert_eq!(ran.status, 3);
    assert!(ran.stderr.contains("Could not read no-such-file.json"), "{}", ran.stderr);
    let nowhere = Path::new("/no-such-folder/s.json").display().to_string();
    let ran = run(&["snapshot", &nowhere]);
    assert_eq!(ran.status, 3);
    assert!(ran.stderr.contains("Could not save"), "{}", ran.stderr);
}

/// Elsewhere a window opens without asking the environment where.
#[cfg(target_os = "linux")]
#[test]
fn without_a_display_it_says_what_works_and_ends_with_3() {
    let ran = run(&[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("`sockscope list`"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`sockscope watch`"), "{}", ran.stderr);
    let cause = if cfg!(feature = "gui") { "there is no display" } else { "this build has none" };
    assert!(ran.stderr.contains(cause), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn wrong_arguments_are_status_2_and_help_is_0() {
    for wrong in
        [&["bogus"][..], &["diff", "a"], &["report", "--format", "pdf"], &["lab", "run", "x"]]
    {
        assert_eq!(run(wrong).status, 2, "{wrong:?}");
    }
    for right in [&["--help"][..], &["--version"], &["lab", "--help"]] {
        let ran = run(right);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{right:?}");
    }
}

#[test]
fn the_lab_runs_what_it_lists() {
    let list = json(&run(&["lab", "list", "--json"]).stdout);
    let names: Vec<&str> =
        list.as_array().expect("an array").iter().filter_map(|it| it["name"].as_str()).collect();
    assert!(names.len() >= 16, "{names:?}");
    // `tests/lab` runs each of them, and `tests/lab_verbs.rs` all at once.
    for name in [names[0], "reconnect-habits"] {
        let ran = run(&["lab", "run", name, "--json"]);
        let result = json(&ran.stdout);
        assert_eq!((ran.status, &result["verdict"]), (0, &"as_expected".into()), "{result:#}");
    }
}
