//! The version 1 document: frozen by a fixture and a schema, and safe to read from anybody.

#![expect(clippy::expect_used, reason = "a test that cannot go on should say so and end")]

use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use serde_json::Value;
use sockscope::error::Error;
use sockscope::model::{
    Gap, Host, OtherGap, Owner, Process, Queues, Snapshot, Socket, State, TcpInfo, Timer, TimerKind,
};
use sockscope::store;

const FIXTURE: &str = "tests/fixtures/document/version-1.json";

fn written(snapshot: &Snapshot) -> String {
    let mut bytes = Vec::new();
    store::write_snapshot(snapshot, &mut bytes).expect("writing to memory");
    String::from_utf8(bytes).expect("JSON is text")
}

fn load(bytes: &[u8]) -> Result<Snapshot, Error> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("snapshot.json");
    fs::write(&path, bytes).expect("a file");
    store::load_snapshot(&path)
}

fn validator() -> jsonschema::Validator {
    let text = fs::read_to_string("assets/schema/snapshot-1.schema.json").expect("the schema");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is a schema")
}

fn assert_valid(document: &str) {
    let value: Value = serde_json::from_str(document).expect("it is JSON");
    let errors: Vec<String> = validator()
        .iter_errors(&value)
        .map(|error| format!("{} {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn the_fixture_of_version_1_reads_and_writes_back_to_the_byte() {
    let text = fs::read_to_string(FIXTURE).expect("the fixture");
    assert_valid(&text);
    let snapshot = store::load_snapshot(Path::new(FIXTURE)).expect("it reads");
    assert_eq!(snapshot.sockets.len(), 7);
    assert_eq!(snapshot.counts()[State::CloseWait], 3);
    let Owner::Known(pids) = &snapshot.sockets[1].owner else { panic!("its owner is known") };
    assert_eq!(&**pids, [18_422, 18_430]);
    assert_eq!(
        snapshot.gaps.last(),
        Some(&Gap::Other(OtherGap {
            kind: "clock_stopped".to_owned(),
            rows_missing: true,
            cause: Some("EIO".to_owned()),
            ..OtherGap::default()
        }))
    );
    assert!(snapshot.is_partial());
    assert_eq!(written(&snapshot), text);
}

#[test]
fn keys_that_are_not_known_are_ignored() {
    let mut value: Value =
        serde_json::from_str(&fs::read_to_string(FIXTURE).expect("the fixture")).expect("JSON");
    value["recorded_by"] = "a later version".into();
    value["sockets"][0]["flow_label"] = 7.into();
    value["sockets"][1]["owner"]["processes"][0]["parent"] = 1.into();
    let snapshot = load(value.to_string().as_bytes()).expect("it reads");
    assert_eq!(snapshot, store::load_snapshot(Path::new(FIXTURE)).expect("it reads"));
}

#[test]
fn a_snapshot_comes_back_from_a_file_plain_and_compressed() {
    let snapshot = store::load_snapshot(Path::new(FIXTURE)).expect("it reads");
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["s.json", "s.json.gz"] {
        let path = folder.path().join(name);
        store::save_snapshot(&snapshot, &path).expect("it is saved");
        assert_eq!(store::load_snapshot(&path).expect("it reads"), snapshot);
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let text = fs::read_to_string(FIXTURE).expect("the fixture");
    let swap = |from: &str, to: &str| load(text.replacen(from, to, 1).as_bytes());
    let damaged = [
        (
            "\"LISTEN\",\"owner\"",
            "\"LISTENS\",\"owner\"",
            "\"LISTENS\" is not a TCP state at line 1",
        ),
        ("0.0.0.0:9100", "0.0.0.0", "invalid socket address"),
        ("\"kind\":\"no_owner\"", "\"kind\":\"nobody\"", "unknown variant `nobody`"),
        ("\"protocol\":\"tcp\"", "\"protocol\":\"sctp\"", "unknown variant `sctp`"),
        ("2026-11-23T14:20:07.125Z", "yesterday", "failed to parse four digit"),
        ("[{\"pid\":18960,\"name\":\"curl\"}]", "[]", "an owner without a process"),
        ("\"host\":\"build-17\",", "", "missing field `host`"),
    ];
    for (from, to, expected) in damaged {
        let error = swap(from, to).expect_err(expected);
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.to_string().contains("column") || expected.contains("missing"), "{error}");
    }
    for (from, to, expected) in [
        ("sockscope-snapshot", "netls", "it is \"netls\", version 1"),
        ("\"version\":1", "\"version\":2", "version 2"),
        ("\"version\":1", "\"version\":\"1\"", "version \"1\""),
        ("\"format\":\"sockscope-snapshot\",", "", "without a format"),
    ] {
        let error = swap(from, to).expect_err(expected);
        assert!(matches!(error, Error::Foreign { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
    for bytes in [&b""[..], b"[]", b"\xff\xfe", b"null", b"{\"format\":"] {
        let error = load(bytes).expect_err("it is no snapshot");
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
    }
    let deep = "[".repeat(100_000);
    assert!(matches!(load(deep.as_bytes()), Err(Error::Damaged { .. })));
    let missing = store::load_snapshot(&PathBuf::from("tests/no-such-file"));
    assert!(matches!(missing, Err(Error::Read { .. })));
}

#[test]
fn a_gap_without_its_numbers_still_says_that_rows_are_missing() {
    let text = fs::read_to_string(FIXTURE).expect("the fixture");
    let (head, _) = text.split_once("\"gaps\":").expect("gaps");
    for gap in
        ["{\"kind\":\"rows_unreadable\",\"sockets\":5}", "{\"kind\":\"new\",\"rows_missing\":true}"]
    {
        let document = format!("{head}\"gaps\":[{gap}]}}");
        assert_valid(&document);
        assert!(load(document.as_bytes()).expect("it reads").is_partial(), "{gap}");
    }
}

#[test]
fn a_document_that_would_fill_the_memory_is_refused() {
    let text = fs::read_to_string(FIXTURE).expect("the fixture");
    let many = |item: &str, count: usize| vec![item; count].join(",");
    let processes =
        text.replacen("{\"pid\":18960,\"name\":\"curl\"}", &many("{\"pid\":1}", 5_000), 1);
    let gaps = text.replacen(
        "{\"kind\":\"clock_stopped\"",
        &(many("{\"kind\":\"x\"}", 2_000) + ",{\"kind\":\"y\""),
        1,
    );
    for document in [processes, gaps] {
        let error = load(document.as_bytes()).expect_err("too many");
        assert!(error.to_string().contains("an array of at most"), "{error}");
    }
    let users: Vec<String> = (0..=65_536).map(|uid| format!("\"{uid}\":\"u\"")).collect();
    let users =
        text.replacen("\"gaps\":", &format!("\"users\":{{{}}},\"gaps\":", users.join(",")), 1);
    let error = load(users.as_bytes()).expect_err("too many");
    assert!(error.to_string().contains("an object of at most"), "{error}");
}

fn any_owner() -> impl Strategy<Value = Owner> {
    let process =
        (any::<u32>(), ".{0,8}").prop_map(|(pid, name)| Process { pid, name, started_s: None });
    prop_oneof![
        proptest::collection::vec(1..50_u32, 1..3).prop_map(|pids| Owner::Known(Arc::from(pids))),
        proptest::collection::vec(process, 1..3).prop_map(|was| Owner::Remembered(Arc::from(was))),
        Just(Owner::NoOwner),
        Just(Owner::NotAccepted),
        proptest::option::of(".{0,8}")
            .prop_map(|user| Owner::Hidden { user: user.map(|user| Arc::from(user.as_str())) }),
    ]
}

fn any_socket() -> impl Strategy<Value = Socket> {
    let address = any::<std::net::SocketAddr>().prop_map(|mut address| {
        // A scope or flow label is not a part of the table.
        if let std::net::SocketAddr::V6(v6) = &mut address {
            v6.set_flowinfo(0);
            v6.set_scope_id(0);
        }
        address
    });
    let state = proptest::sample::select(State::ALL.to_vec());
    let bare = (address.clone(), proptest::option::of(address), state, any_owner())
        .prop_map(|(local, remote, state, owner)| Socket::new(local, remote, state, owner));
    (bare, any_facts()).prop_map(|(bare, facts)| Socket {
        protocol: bare.protocol,
        state: bare.state,
        local: bare.local,
        remote: bare.remote,
        owner: bare.owner,
        ..facts
    })
}

/// A row whose facts beyond address, state and owner are any.
fn any_facts() -> impl Strategy<Value = Socket> {
    let timer = (proptest::sample::select(TimerKind::ALL.to_vec()), any::<u32>(), any::<u8>())
        .prop_map(|(kind, remaining_ms, tries)| Timer { kind, remaining_ms, tries });
    let queues = any::<[u32; 2]>().prop_map(|[receive, send]| Queues { receive, send });
    let info = (any::<[u32; 9]>(), any::<[u64; 2]>()).prop_map(|(small, large)| TcpInfo {
        last_data_sent_ms: small[0],
        last_data_received_ms: small[1],
        last_ack_received_ms: small[2],
        rtt_us: small[3],
        rtt_variation_us: small[4],
        rto_us: small[5],
        congestion_window: small[6],
        send_mss: small[7],
        retransmits: small[8],
        bytes_acknowledged: large[0],
        bytes_received: large[1],
    });
    let numbers =
        (any::<Option<NonZeroU64>>(), any::<[Option<u32>; 2]>(), any::<Option<NonZeroU64>>());
    let queues = proptest::option::of(queues);
    let timer = proptest::option::of(timer);
    let info = proptest::option::of(info);
    (numbers, queues, timer, info).prop_map(
        |((cookie, [inode, uid], cgroup), queues, timer, tcp_info)| Socket {
            cookie,
            inode,
            uid,
            cgroup,
            queues,
            timer,
            tcp_info,
            ..Socket::new(([0, 0, 0, 0], 0).into(), None, State::Closed, Owner::NoOwner)
        },
    )
}

fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    (proptest::collection::vec(any_socket(), 0..20), 0..4_000_000_000_000_u64, ".{0,12}").prop_map(
        |(sockets, millis, host)| {
            let named: std::collections::BTreeSet<u32> =
                sockets.iter().flat_map(|socket| socket.owner.pids().to_vec()).collect();
            let uids = sockets.iter().filter_map(|socket| socket.uid);
            let users = uids.map(|uid| (uid, Arc::from(format!("u\u{1b}{uid}")))).collect();
            let users = Arc::new(users);
            Snapshot {
                taken_at: SystemTime::UNIX_EPOCH + Duration::from_millis(millis),
                host: Arc::new(Host { name: host, os: "Linux".to_owned() }),
                source: "test".to_owned(),
                took: Some(Duration::from_millis(7)),
                sockets,
                processes: named
                    .into_iter()
                    .map(|pid| {
                        (pid, Process { pid, name: format!("p\u{1b}{pid}"), started_s: Some(9) })
                    })
                    .collect(),
                users,
                gaps: Vec::new(),
            }
        },
    )
}

proptest! {
    #[test]
    fn every_snapshot_is_valid_and_comes_back_the_same(snapshot in any_snapshot()) {
        let text = written(&snapshot);
        assert_valid(&text);
        prop_assert_eq!(load(text.as_bytes()).expect("it reads"), snapshot);
    }

    #[test]
    fn a_damaged_document_is_an_error_or_a_snapshot_and_never_a_panic(
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = fs::read(FIXTURE).expect("the fixture");
        let place = place.index(bytes.len());
        if cut {
            bytes.truncate(place);
        } else {
            bytes[place] = byte;
        }
        // What a changed byte still means is the document's own business.
        let _ = load(&bytes);
    }
}
