use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

mod offering;
mod reading;

use super::*;
use crate::analysis::phrases;
use crate::analysis::track::{Since, Track, Tracker};
use crate::model::{
    Host, Owner, Process, Queues, Snapshot, Socket, State, TcpInfo, Timer, TimerKind,
};

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn processes() -> BTreeMap<u32, Process> {
    let process = |pid, name: &str| Process { pid, name: name.to_owned(), started_s: None };
    [process(18_422, "Feed-Client"), process(900, "Web Content")]
        .into_iter()
        .map(|process| (process.pid, process))
        .collect()
}

fn users() -> BTreeMap<u32, Arc<str>> {
    [(26, "postgres"), (1_000, "mara"), (1_001, "1001")]
        .into_iter()
        .map(|(uid, name)| (uid, Arc::from(name)))
        .collect()
}

fn socket(owner: Owner) -> Socket {
    Socket::new(
        "192.168.7.21:49812".parse().expect("an address"),
        Some("10.0.0.9:443".parse().expect("an address")),
        State::CloseWait,
        owner,
    )
}

/// A row with every fact there is.
fn full() -> Socket {
    Socket {
        uid: Some(1_000),
        cgroup: NonZeroU64::new(4_821),
        queues: Some(Queues { receive: 513, send: 7 }),
        timer: Some(Timer { kind: TimerKind::Keepalive, remaining_ms: 41_000, tries: 0 }),
        tcp_info: Some(TcpInfo { retransmits: 2, rtt_us: 18_200, ..TcpInfo::default() }),
        ..socket(Owner::Known(Arc::from([18_422])))
    }
}

fn track(since: Since) -> Track {
    let table = Snapshot {
        taken_at: NOW,
        host: Arc::new(Host { name: String::new(), os: String::new() }),
        source: String::new(),
        took: None,
        sockets: vec![full()],
        processes: BTreeMap::new(),
        users: Arc::default(),
        gaps: Vec::new(),
    };
    let track = Tracker::new().observe(&mut table.clone(), NOW).tracks.remove(0);
    Track { since, ..track }
}

fn passes_at(filter: &str, socket: &Socket, track: Option<&Track>) -> bool {
    let filter = Filter::parse(filter).unwrap_or_else(|error| {
        panic!("{filter}: {}", phrases::filter_error(filter, &error).plain())
    });
    let now = NOW + Duration::from_hours(1);
    filter.matches(&Row { socket, processes: &processes(), users: &users(), track, now })
}

fn passes(filter: &str, socket: &Socket) -> bool {
    passes_at(filter, socket, None)
}

fn assert_all(socket: &Socket, taken: &[&str], not_taken: &[&str]) {
    for filter in taken {
        assert!(passes(filter, socket), "takes {filter}");
    }
    for filter in not_taken {
        assert!(!passes(filter, socket), "does not take {filter}");
    }
}

#[test]
fn words_without_a_key_mean_what_they_always_did() {
    let socket = socket(Owner::Known(Arc::from([18_422])));
    assert_all(
        &socket,
        &[
            "",
            "  ",
            "feed",
            "FEED-client 443",
            "close-wait",
            "CLOSE_WAIT 10.0.0.9",
            "18422",
            "49812",
            "pid:18422",
            "10.0.0",
            "10.0.0.9:443",
            // A state's name that is still being typed.
            "close",
            "close-",
            "close-wa",
            "close_wai",
        ],
        &[
            "established",
            "feed 80",
            "close-wait nginx",
            "fin-wait-2",
            "0.0.0.9",
            "10.0.0.9:44",
            "1842",
            "4981",
            "listen",
            "closed",
        ],
    );
    let v6 = Socket { local: "[dead:beef::1]:80".parse().expect("an address"), ..socket };
    assert_all(&v6, &["dead:beef::1", "[dead:beef::1]:80", "dead:", "dead:beef"], &["dead:bee::1"]);
}

#[test]
fn every_key_asks_what_it_says() {
    let socket = full();
    for (taken, not_taken) in [
        (
            &["state:close-wait", "state:listen,CLOSEWAIT", "state!=listen"][..],
            &["state:estab"][..],
        ),
        (
            &["process:feed", "process=feed_client", "proc:CLIENT"],
            &["process=feed", "process!=feed-client"],
        ),
        (&["pid:18422", "pid>18000", "pid:1,18000-19000"], &["pid:1842", "pid!=18422"]),
        (
            &["user:1000", "uid=1000", "user:MARA", "user!=postgres"],
            &["user:100", "user!=1000", "user:root", "user!=mara"],
        ),
        (&["owner:known", "owner!=hidden"], &["owner:none,remembered,not_accepted,hidden"]),
        (&["local:192.168.", "local:private"], &["local:10.0.0.9", "local:any"]),
        (&["remote:10.0.0.0/8", "remote:10.0.0.9:443"], &["remote:192.168.", "remote!=10.0.0.9"]),
        (&["addr:192.168.7.21", "addr:10.0.0.9"], &["addr:10.0.0.8", "addr:::1"]),
        (&["lport:49812", "lport>=49812"], &["lport:443", "lport>49812"]),
        (&["rport:443", "rport:80,443", "rport<444"], &["rport:80", "rport<443", "rport!=443"]),
        (&["port:443", "port:49000-50000", "port<=443"], &["port:80", "port<443"]),
        (&["recvq>1", "recvq:513", "recvq > 512"], &["recvq>513", "recvq!=513"]),
        (&["sendq>0", "sendq:7"], &["sendq:0"]),
        (&["timer:keepalive", "timer:ka,exp"], &["timer:retransmit", "timer!=keepalive"]),
        (&["retrans>0", "retr:2"], &["retrans>2"]),
        (&["rtt>18ms", "rtt<=18.2ms", "rtt:10ms-1s"], &["rtt>18.2ms", "rtt>1s"]),
        (&["cgroup:4821"], &["cgroup:1"]),
        (&["family:ipv4", "proto:tcp4", "ipv4"], &["family:ipv6", "ipv6"]),
    ] {
        assert_all(&socket, taken, not_taken);
    }
    let keys: Vec<Key> = KEYS.iter().map(|leaf| leaf.key).collect();
    for leaf in KEYS {
        assert_eq!(leaf.key.leaf().name, leaf.name);
        for example in leaf.examples {
            let filter = Filter::parse(example).expect("an example is right");
            assert!(filter.asks(leaf.key), "{example}");
        }
        assert_eq!(keys.iter().filter(|key| **key == leaf.key).count(), 1);
    }
}

#[test]
fn owners_and_users_are_told_apart() {
    let owner = |owner| socket(owner);
    let remembered = Owner::Remembered(Arc::from([Process {
        pid: 19,
        name: "curl".to_owned(),
        started_s: None,
    }]));
    for (word, row) in [
        ("remembered", owner(remembered)),
        ("none", owner(Owner::NoOwner)),
        ("not-accepted", owner(Owner::NotAccepted)),
        ("hidden", owner(Owner::Hidden { user: Some("postgres".into()) })),
    ] {
        assert!(passes(&format!("owner:{word}"), &row), "{word}");
        assert!(!passes(&format!("owner!={word}"), &row), "{word}");
        assert_eq!(passes("process:curl pid:19", &row), word == "remembered");
        assert_eq!(passes("user:postgres", &row), word == "hidden");
    }
    let content = owner(Owner::Known(Arc::from([900])));
    assert_all(
        &content,
        &["process:\"Web Content\"", "\"web content\"", "process=\"web content\""],
        &["process:\"Web  Content\"", "\"content web\""],
    );
}

#[test]
fn a_user_is_known_by_name_whether_or_not_the_owner_is() {
    let of = |uid, owner| Socket { uid: Some(uid), ..socket(owner) };
    let seen = of(26, Owner::Known(Arc::from([900])));
    let hidden = of(26, Owner::Hidden { user: Some("postgres".into()) });
    for row in [seen, hidden, of(26, Owner::NoOwner)] {
        assert_all(
            &row,
            &["user:postgres", "user:post", "user=Postgres", "user:26", "user!=mara"],
            &["user!=postgres", "user!=26", "user:mara", "user=post", "user:2"],
        );
    }
    let nameless = of(1_001, Owner::NoOwner);
    assert_all(&nameless, &["user:1001", "user!=postgres"], &["user:100", "user!=1001"]);
    let not_asked = of(7, Owner::NoOwner);
    assert_all(
        &not_asked,
        &["user:7", "user!=8", "user:postgres,7"],
        &["user:postgres", "user!=postgres", "user!=postgres,7"],
    );
}

#[test]
fn an_absent_fact_fits_no_comparison() {
    let bare = Socket { remote: None, ..socket(Owner::NoOwner) };
    for key in ["recvq", "sendq", "retrans", "cgroup", "pid", "rport"] {
        for op in [":", "=", "!=", "<", "<=", ">", ">="] {
            let filter = format!("{key}{op}0");
            assert!(!passes(&filter, &bare), "{filter}");
            assert!(passes(&format!("not {filter}"), &bare), "not {filter}");
        }
    }
    for filter in ["age>0s", "age<1d", "rtt<1d", "timer:ka", "timer!=ka", "user!=x", "process!=x"] {
        assert!(!passes(filter, &bare), "{filter}");
    }
    assert_all(&bare, &["remote:any", "not remote:private"], &["remote:10.", "remote!=10."]);
}

#[test]
fn an_age_counts_only_as_far_as_it_is_certain() {
    // Now is an hour after the epoch.
    let minutes = |minutes| NOW + Duration::from_mins(minutes);
    let between = track(Since { earliest: Some(minutes(50)), latest: minutes(54) });
    let open = track(Since { earliest: None, latest: minutes(54) });
    let socket = full();
    for (filter, bounded, unbounded) in [
        ("age>5m", true, true),
        ("age>=6m", true, true),
        ("age>6m", false, false),
        ("age<10m", false, false),
        ("age<=10m", true, false),
        ("age:5m-10m", true, false),
        ("age:7m-10m", false, false),
        ("not age<1h", false, true),
    ] {
        assert_eq!(passes_at(filter, &socket, Some(&between)), bounded, "{filter}");
        assert_eq!(passes_at(filter, &socket, Some(&open)), unbounded, "{filter}");
    }
}

#[test]
fn terms_are_joined_as_written() {
    let socket = full();
    assert_all(
        &socket,
        &[
            "state:listen or rport:443",
            "state:listen rport:80 or rport:443",
            "not (state:listen or rport:80)",
            "not state:listen and not rport:80",
            "-state:listen -(rport:80 or rport:81)",
            "NOT loopback AND ipv4",
            "state:close-wait process:feed remote:10.0.0.0/8 rport:443 recvq > 1 not loopback",
            "state: listen, close-wait",
            "recvq:>1",
            "not not ipv4",
            "(((ipv4)))",
        ],
        &[
            "state:listen (rport:80 or rport:443)",
            "not (state:listen or rport:443)",
            "-ipv4",
            "(state:listen or rport:80) or loopback",
        ],
    );
}

fn choices(sockets: &[Socket]) -> Choices {
    let processes = processes();
    let users = users();
    let row = |socket| Row { socket, processes: &processes, users: &users, track: None, now: NOW };
    Choices::of(sockets.iter().map(row))
}

fn some_sockets() -> Vec<Socket> {
    let remote = "[2001:db8::20]:5432".parse().expect("an address");
    vec![
        full(),
        full(),
        socket(Owner::Known(Arc::from([900]))),
        Socket { state: State::Established, remote: Some(remote), ..socket(Owner::NoOwner) },
    ]
}
