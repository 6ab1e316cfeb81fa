//! The verbs for a terminal, against sockets that the test itself holds.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should say so and end"
)]

mod program;

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;

use program::{json, run, sockscope};
use serde_json::Value;

const FIXTURE: &str = "tests/fixtures/document/version-1.json";

/// Connections to one listener, of which the peer has closed its end.
struct Leak {
    _listener: TcpListener,
    clients: Vec<TcpStream>,
    /// Where they lead.
    service: String,
}

impl Leak {
    fn of(connections: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let service = listener.local_addr().expect("an address");
        let connect = |_| {
            let client = TcpStream::connect(service).expect("loopback");
            drop(listener.accept().expect("a connection"));
            client
        };
        let clients = (0..connections).map(connect).collect();
        Self { clients, service: service.to_string(), _listener: listener }
    }
}

/// Fields of one record of RFC 4180.
fn fields(record: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let (mut quoted, mut characters) = (false, record.chars().peekable());
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                fields.last_mut().expect("one").push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().expect("one").push(other),
        }
    }
    assert!(!quoted, "{record}");
    fields
}

#[test]
fn columns_are_chosen_and_sorted_by() {
    let leak = Leak::of(3);
    let list = ["list", "close-wait", &leak.service, "--columns", "pid,local,state"];
    let ran = run(&[&list[..], &["--sort", "local"]].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let lines: Vec<Vec<&str>> =
        ran.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["PID", "LOCAL", "STATE"]);
    let pid = std::process::id().to_string();
    let mut ports: Vec<u16> =
        leak.clients.iter().map(|client| client.local_addr().expect("an address").port()).collect();
    ports.sort_unstable();
    let row = |port: &u16| vec![pid.clone(), format!("127.0.0.1:{port}"), "CLOSE_WAIT".to_owned()];
    assert_eq!(lines[1..], ports.iter().map(row).collect::<Vec<_>>());
    let reversed = run(&[&list[..], &["--sort", "local", "--reverse"]].concat()).stdout;
    let reversed: Vec<&str> = reversed.lines().skip(1).collect();
    let straight: Vec<&str> = ran.stdout.lines().skip(1).collect();
    assert_eq!(reversed.into_iter().rev().collect::<Vec<_>>(), straight);
}

#[test]
fn a_column_that_is_not_there_is_status_2_with_those_that_are() {
    for wrong in [&["list", "--columns", "state,smell"][..], &["list", "--sort", "smell"]] {
        let ran = run(wrong);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{wrong:?}");
        for part in ["'smell'", "state", "receive_queue", "control_group"] {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
    }
    for clash in [
        &["list", "--json", "--csv"][..],
        &["list", "--json", "--columns", "state"],
        &["list", "--by", "state", "--sort", "state"],
        &["list", "--reverse"],
        &["list", "--by", "smell"],
    ] {
        assert_eq!(run(clash).status, 2, "{clash:?}");
    }
}

#[test]
fn what_is_not_known_is_a_dash_for_people_and_empty_for_programs() {
    let list = ["list", "--from", FIXTURE, "close-wait", "--columns", "state,rtt"];
    let ran = run(&list);
    assert!(ran.stdout.lines().skip(1).all(|line| line.ends_with('–')), "{}", ran.stdout);
    assert!(ran.stdout.lines().count() > 1, "{}", ran.stdout);
    let csv = run(&[&list[..], &["--csv"]].concat()).stdout;
    assert!(csv.starts_with("state,rtt_us\r\nCLOSE_WAIT,\r\n"), "{csv}");
}

#[test]
fn csv_is_that_of_rfc_4180_and_no_name_is_a_formula() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("named.json").display().to_string();
    let fixture = std::fs::read_to_string(FIXTURE).expect("the fixture");
    assert!(fixture.contains("\"feed-client\""));
    let named = fixture.replace("\"feed-client\"", "\"=HYPERLINK(\\\"x\\\",1)\"");
    std::fs::write(&path, named).expect("a file");

    let list = ["list", "--from", &path, "--csv", "--columns", "process,local"];
    let ran = run(&list);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.ends_with("\r\n"));
    let records: Vec<Vec<String>> = ran.stdout.trim_end().split("\r\n").map(fields).collect();
    assert_eq!(records[0], ["process", "local"]);
    assert!(records.iter().all(|record| record.len() == 2), "{records:?}");
    let name = "'=HYPERLINK(\"x\",1)";
    assert!(records.iter().any(|record| record[0].starts_with(name)), "{records:?}");
    assert!(!records.iter().any(|record| record[0].starts_with('=')), "{records:?}");
}

/// Every way to put rows together counts each row once.
#[test]
fn groups_count_the_rows_of_the_list() {
    for by in ["state", "process", "remote", "port"] {
        let list = ["list", "--from", FIXTURE];
        let document = json(&run(&[&list[..], &["--json"]].concat()).stdout);
        let groups = json(&run(&[&list[..], &["--by", by, "--json"]].concat()).stdout);
        assert_eq!(groups["by"], by);
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut all = 0;
        for group in groups["groups"].as_array().expect("an array") {
            let states = group["counts"].as_object().expect("an object");
            let sum: u64 = states.values().filter_map(Value::as_u64).sum();
            assert_eq!(group["sockets"], sum, "{group}");
            all += sum;
            for (state, count) in states {
                *counts.entry(state.clone()).or_default() += count.as_u64().expect("a count");
            }
        }
        assert_eq!(serde_json::json!(counts), document["counts"], "{by}");
        assert_eq!(all, document["sockets"].as_array().expect("an array").len() as u64);

        let csv = run(&[&list[..], &["--by", by, "--csv"]].concat()).stdout;
        let rows: Vec<Vec<String>> = csv.trim_end().split("\r\n").map(fields).collect();
        assert_eq!(rows[0][..3], [by, "sockets", "CLOSE_WAIT"]);
        let total: u64 = rows[1..].iter().map(|row| row[1].parse::<u64>().expect("a number")).sum();
        assert_eq!((rows[0].len(), total), (13, all), "{csv}");
        let table = run(&[&list[..], &["--by", by]].concat()).stdout;
        assert_eq!(table.lines().count(), rows.len(), "{table}");
    }
}

#[test]
fn a_leak_is_one_group_with_its_process() {
    let leak = Leak::of(4);
    let list = ["list", "close-wait", &leak.service, "--by"];
    let by_process = json(&run(&[&list[..], &["process", "--json"]].concat()).stdout);
    let group = &by_process["groups"][0];
    assert_eq!((&group["pid"], &group["sockets"]), (&std::process::id().into(), &4.into()));
    let by_remote = json(&run(&[&list[..], &["remote", "--json"]].concat()).stdout);
    assert_eq!(by_remote["groups"][0]["name"], leak.service.as_str());
    let port = leak.service.rsplit(':').next().expect("a port");
    let by_port = run(&[&list[..], &["port"]].concat()).stdout;
    assert!(by_port.lines().nth(1).is_some_and(|line| line.starts_with(port)), "{by_port}");
    assert!(by_port.starts_with("PORT"), "{by_port}");
}

/// What only the kernel's own interface tells.
#[cfg(target_os = "linux")]
#[test]
fn every_column_has_a_value_where_the_kernel_tells_it() {
    let leak = Leak::of(1);
    // A residence shorter than a look is none that is told.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let every = "queues state residence owner local remote protocol process pid user receive_queue \
        send_queue rtt rto retransmits bytes_sent bytes_received congestion_window last_sent \
        last_received cookie inode";
    let names: Vec<&str> = every.split_whitespace().skip(1).collect();
    let ran = run(&["list", "close-wait", &leak.service, "--csv", "--columns", &names.join(",")]);
    let records: Vec<Vec<String>> = ran.stdout.trim_end().split("\r\n").map(fields).collect();
    let [header, row] = records.as_slice() else { panic!("{}", ran.stdout) };
    for (name, value) in header.iter().zip(row) {
        assert!(!value.is_empty(), "{name}: {}", ran.stdout);
    }
    let value =
        |name: &str| row[header.iter().position(|other| other == name).expect(name)].as_str();
    // The end of the stream is not read: it counts as one.
    assert_eq!((value("receive_queue"), value("state")), ("1", "CLOSE_WAIT"));
    assert!(value("rtt_us").parse::<u64>().is_ok_and(|rtt| rtt > 0));
}

#[test]
fn limits_are_told_or_it_is_said_that_none_are() {
    let ran = run(&["limits"]);
    let document = json(&run(&["limits", "--json"]).stdout);
    if !cfg!(target_os = "linux") {
        assert!(ran.status == 0 || ran.stderr.contains("tells nothing"), "{}", ran.stderr);
        return;
    }
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let timeout = std::fs::read_to_string("/proc/sys/net/ipv4/tcp_fin_timeout").expect("a number");
    let setting = &document["settings"]["net.ipv4.tcp_fin_timeout"];
    assert_eq!(setting["value"].to_string(), timeout.trim());
    assert_eq!((&setting["default"], &setting["unit"]), (&60.into(), &"s".into()));
    for part in [
        "net.ipv4.tcp_fin_timeout",
        "changes neither TIME_WAIT",
        "Gone since Linux 4.12",
        "CLOSE_WAIT has no timer",
        "listen_overflows",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    let shares: Vec<f64> = document["readings"]
        .as_array()
        .expect("an array")
        .iter()
        .filter_map(|reading| Some(reading["used"].as_f64()? / reading["of"].as_f64()?))
        .collect();
    assert!(!shares.is_empty() && shares.is_sorted_by(|one, other| one >= other), "{shares:?}");
}

#[test]
fn the_doctor_finds_this_system_in_order() {
    let ran = run(&["doctor", "--json"]);
    let document = json(&ran.stdout);
    assert_eq!(ran.status, 0, "{document:#}");
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["trusted"], document["sources"][0]["name"]);
    let judged = |source: &Value, subject: &str| {
        let checks = source["checks"].as_array().expect("an array");
        let check = checks.iter().find(|check| check["subject"] == subject);
        check.unwrap_or_else(|| panic!("{subject}: {source:#}"))["verdict"].clone()
    };
    for source in document["sources"].as_array().expect("an array") {
        for subject in ["IPv4 listener", "IPv4 closed by the peer, client"] {
            assert_eq!(judged(source, subject), "as_expected", "{subject}");
        }
    }
    let text = run(&["doctor"]).stdout;
    for part in ["Sockscope ", std::env::consts::ARCH, "VERDICT", "CLOSE_WAIT, this process"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn completions_and_pages_are_there_for_everything() {
    for (shell, part) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef sockscope"),
        ("fish", "complete -c sockscope"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let ran = run(&["completions", shell]);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{shell}");
        assert!(ran.stdout.contains(part), "{shell}: {}", ran.stdout);
        assert!(ran.stdout.contains("columns"), "{shell}: {}", ran.stdout);
    }
    assert!(run(&["completions", "bash"]).stdout.contains("receive_queue"));
    assert_eq!(run(&["completions", "csh"]).status, 2);

    let page = run(&["man"]);
    assert_eq!((page.status, page.stderr.as_str()), (0, ""));
    assert!(page.stdout.contains(".TH sockscope 1"), "{}", page.stdout);
    let page = run(&["man", "list"]);
    assert!(page.stdout.contains(".TH sockscope-list 1"), "{}", page.stdout);
    assert!(page.stdout.contains("Examples:"), "{}", page.stdout);
    let ran = run(&["man", "smell"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("list, watch, snapshot"), "{}", ran.stderr);
}

#[test]
fn a_closed_pipe_is_no_error_for_any_verb() {
    for arguments in [
        &["list", "--from", FIXTURE, "--csv"][..],
        &["list", "--from", FIXTURE, "--by", "process"],
        &["limits"],
        &["doctor"],
        &["completions", "zsh"],
        &["man", "list"],
    ] {
        let mut child = sockscope(&[])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        assert!(!said.contains("Could not write"), "{arguments:?}: {said}");
    }
}

/// A program that is stopped sees nothing meanwhile, and must not show that as a poll like any other.
#[cfg(target_os = "linux")]
#[test]
fn time_that_was_not_sampled_is_a_line_of_its_own() {
    use std::io::{BufRead as _, BufReader};

    let mut child = sockscope(&[])
        .args(["watch", "--interval", "100ms", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let pid = child.id().to_string();
    let signal = |name: &str| {
        let sent = std::process::Command::new("kill").args([name, &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{name}");
    };
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = || json(&lines.next().expect("a line").expect("text"));
    let first = next();
    signal("-STOP");
    // Longer than two intervals and two seconds, also where a busy machine stretches these.
    std::thread::sleep(std::time::Duration::from_secs(8));
    signal("-CONT");
    let gap = (0..40).map(|_| next()).find(|line| line["counts"].is_null());
    drop(lines);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert!(first["counts"].is_object(), "{first}");
    let gap = gap.expect("a line for what was not sampled");
    let time = gap["not_sampled_ms"].as_u64().expect("a time");
    assert!((7_000..120_000).contains(&time), "{gap}");
}
