use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

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
    filter.matches(&Row { socket, processes: &processes(), track, now })
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
        (&["user:1000", "uid=1000"], &["user:100", "user!=1000", "user:root"]),
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

fn wrong(text: &str) -> (Range<usize>, Problem, Expected) {
    match Filter::parse(text) {
        Ok(filter) => panic!("{text} is read as {filter:?}"),
        Err(error) => (error.span, error.problem, error.expected),
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    use Expected as E;
    use Problem as P;
    let value = |key: Key| E::Value(key.leaf().kind);
    for (text, span, problem, expected) in [
        ("stat:x", 0..4, P::UnknownKey("stat".to_owned()), E::Key),
        ("a http://x", 2..6, P::UnknownKey("http".to_owned()), E::Key),
        ("x=1", 0..1, P::UnknownKey("x".to_owned()), E::Key),
        ("state:", 6..6, P::NoValue(Key::State), value(Key::State)),
        ("state:listen,", 13..13, P::NoValue(Key::State), value(Key::State)),
        ("age> ", 4..4, P::NoValue(Key::Age), value(Key::Age)),
        ("(pid:)", 5..5, P::NoValue(Key::Pid), value(Key::Pid)),
        ("state:x", 6..7, P::WrongValue(Key::State, "x".to_owned()), value(Key::State)),
        ("é state:listen,x", 16..17, P::WrongValue(Key::State, "x".to_owned()), value(Key::State)),
        ("owner:me", 6..8, P::WrongValue(Key::Owner, "me".to_owned()), value(Key::Owner)),
        (
            "remote:10.0.0.0/99",
            7..18,
            P::WrongValue(Key::Remote, "10.0.0.0/99".to_owned()),
            value(Key::Remote),
        ),
        ("port:70000", 5..10, P::WrongValue(Key::Port, "70000".to_owned()), value(Key::Port)),
        ("pid:-1", 4..6, P::WrongValue(Key::Pid, "-1".to_owned()), value(Key::Pid)),
        ("pid:+1", 4..6, P::WrongValue(Key::Pid, "+1".to_owned()), value(Key::Pid)),
        ("age>5x", 4..6, P::WrongValue(Key::Age, "5x".to_owned()), E::Unit),
        ("age>5", 4..5, P::WrongValue(Key::Age, "5".to_owned()), E::Unit),
        ("age>m", 4..5, P::WrongValue(Key::Age, "m".to_owned()), value(Key::Age)),
        ("age>1.2.3s", 4..10, P::WrongValue(Key::Age, "1.2.3s".to_owned()), value(Key::Age)),
        (
            "age>99999999999999d",
            4..19,
            P::WrongValue(Key::Age, "99999999999999d".to_owned()),
            value(Key::Age),
        ),
        ("port:443-80", 5..11, P::Backwards, value(Key::Port)),
        ("state>listen", 5..6, P::NoOrder(Key::State), E::Equality),
        ("age:5m", 3..4, P::ExactTime(Key::Age), E::Order),
        (">5m", 0..3, P::NoKey, E::Key),
        ("a and", 5..5, P::NoTerm, E::Term),
        ("or a", 0..2, P::NoTerm, E::Term),
        ("a or or b", 5..7, P::NoTerm, E::Term),
        ("not", 3..3, P::NoTerm, E::Term),
        ("()", 1..2, P::NoTerm, E::Term),
        ("a \"b c", 2..6, P::UnclosedQuote, E::Quote),
        ("process:\"b", 8..10, P::UnclosedQuote, E::Quote),
        ("x (a or b ", 2..9, P::UnclosedParenthesis, E::Closing),
        ("a ) b", 2..3, P::UnopenedParenthesis, E::Nothing),
        (")", 0..1, P::UnopenedParenthesis, E::Nothing),
    ] {
        assert_eq!(wrong(text), (span, problem, expected), "{text}");
    }
    for deep in ["(".repeat(100_000), "not ".repeat(100_000), "-".repeat(100_000) + "x"] {
        assert_eq!(wrong(&deep).1, Problem::TooDeep);
    }
}

#[test]
fn a_wrong_filter_reads_as_a_sentence_and_can_be_mended() {
    let said = |text: &str| {
        let error = Filter::parse(text).expect_err("it is wrong");
        let mends: Vec<String> =
            error.mends(text).iter().map(|mend| error.mended(text, mend)).collect();
        for mended in &mends {
            assert!(Filter::parse(mended).is_ok(), "{mended}");
        }
        (phrases::filter_error(text, &error).plain(), mends)
    };
    assert_eq!(
        said("é and age>5x"),
        (
            "Column 11: “5x” does not fit “age”; expected ms, s, m, h or d.".to_owned(),
            vec!["é and age>5s".to_owned(), "é and age>5m".to_owned(), "é and age>5h".to_owned()]
        )
    );
    for (text, mended) in [
        ("stat:listen", "state:listen"),
        ("state:close-wiat", "state:close-wait"),
        ("state:estabished x", "state:established x"),
        ("owner:hiden", "owner:hidden"),
        ("port:443-80", "port:80-443"),
        ("(a or b", "(a or b)"),
        ("process:\"x", "process:\"x\""),
        ("state>listen", "state:listen"),
        ("age:5m", "age>5m"),
    ] {
        assert_eq!(said(text).1.first().map(String::as_str), Some(mended), "{text}");
    }
}

#[test]
fn a_filter_is_narrowed_by_one_term() {
    for (text, term, narrowed) in [
        ("", "pid:1", "pid:1"),
        ("  ", "pid:1", "pid:1"),
        ("state:listen", "pid:1", "state:listen pid:1"),
        ("state:listen or loopback", "pid:1", "(state:listen or loopback) pid:1"),
        ("state:listen (x or y)", "pid:1", "state:listen (x or y) pid:1"),
        ("state:listen pid:1", "pid:1", "state:listen pid:1"),
        ("state:LISTEN", "state:listen", "state:LISTEN"),
        ("not pid:1", "pid:1", "not pid:1 pid:1"),
        ("(pid:1 or pid:2) pid:1", "pid:1", "(pid:1 or pid:2) pid:1"),
    ] {
        let filter = Filter::parse(text).expect("it is right");
        assert_eq!(filter.narrowed(term), narrowed, "{text}");
        assert!(Filter::parse(narrowed).is_ok());
    }
}

fn choices(sockets: &[Socket]) -> Choices {
    let processes = processes();
    let row = |socket| Row { socket, processes: &processes, track: None, now: NOW };
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

#[test]
fn what_is_begun_can_be_completed_from_the_table() {
    let choices = choices(&some_sockets());
    let offers = |text: &str| {
        let cursor = text.find('|').expect("a cursor");
        let text = text.replace('|', "");
        let completion = complete(&text, cursor, &choices)?;
        Some(completion.applied(&text, completion.offers.first()?))
    };
    let first = |text: &str| offers(text).map(|(text, _)| text);
    for (text, completed) in [
        ("sta|", "state:"),
        ("ag|", "age>"),
        ("loop|", "loopback"),
        ("close|", "state:close-wait"),
        ("web|", "process:\"Web Content\""),
        ("state:|", "state:close-wait"),
        ("state:est|", "state:established"),
        ("state:listen,est| x", "state:listen,established x"),
        ("state:es|tab x", "state:established x"),
        ("process:cont|", "process:\"Web Content\""),
        ("remote:2|", "remote:2001:db8::20"),
        ("remote:pri|", "remote:private"),
        ("rport:5|", "rport:5432"),
        ("owner:hi|", "owner:hidden"),
        ("age>|", "age>5m"),
        ("(not proc|", "(not process:"),
    ] {
        assert_eq!(first(text).as_deref(), Some(completed), "{text}");
    }
    assert_eq!(offers("a sta| b"), Some(("a state: b".to_owned(), 8)));
    for nothing in
        ["|", "x |", "zzz|", "pid:1|", "state:close-wait|", "rport>5|", "foo:|", "\"st|\""]
    {
        assert_eq!(first(nothing), None, "{nothing}");
    }
}

#[test]
fn terms_are_proposed_that_would_narrow() {
    let sockets = some_sockets();
    let shown = choices(&sockets);
    let processes = processes();
    let propose = |filter: &str, selected: Option<&Socket>| {
        let filter = Filter::parse(filter).expect("it is right");
        let row =
            selected.map(|socket| Row { socket, processes: &processes, track: None, now: NOW });
        proposals(&filter, &shown, row.as_ref())
    };
    assert_eq!(
        propose("", None),
        [
            "state:close-wait",
            "process:Feed-Client",
            "recvq>1",
            "retrans>0",
            "owner:none",
            "remote:10.0.0.9"
        ]
    );
    let with_row = propose("state:close-wait", sockets.get(2));
    assert_eq!(with_row[..2], ["process:\"Web Content\"", "remote:10.0.0.9"]);
    assert!(!with_row.iter().any(|term| term.starts_with("state:")));
    for term in with_row {
        assert!(Filter::parse(&term).is_ok(), "{term}");
    }
    assert_eq!(proposals(&Filter::default(), &choices(&sockets[..1]), None), Vec::<String>::new());
}

/// Text that is nearly a filter.
fn nearly() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "state",
        "age",
        "port",
        ":",
        ">",
        "<=",
        "!=",
        "-",
        "(",
        ")",
        "\"",
        ",",
        " ",
        "and",
        "or",
        "not",
        "close-wait",
        "5m",
        "443",
        "10.0.",
        "/8",
        "::1",
        "[",
        "]",
        "é",
        "字",
        "\u{a0}",
        ".",
    ]);
    prop::collection::vec(parts, 0..20).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_text_panics_and_places_lie_between_characters(
        text in prop_oneof![any::<String>(), nearly()],
        cursor in any::<prop::sample::Index>(),
    ) {
        if let Err(error) = Filter::parse(&text) {
            prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error);
            phrases::filter_error(&text, &error).plain();
            for mend in error.mends(&text) {
                error.mended(&text, &mend);
            }
        }
        let mut end = 0;
        for token in tokens(&text) {
            prop_assert!(token.span.start >= end && !token.span.is_empty());
            prop_assert!(text.get(token.span.clone()).is_some());
            end = token.span.end;
        }
        let cursor = cursor.index(text.len() + 1);
        if let Some(completion) = complete(&text, cursor, &choices(&some_sockets())) {
            for offer in &completion.offers {
                let (completed, at) = completion.applied(&text, offer);
                prop_assert!(completed.is_char_boundary(at));
            }
        }
    }
}
