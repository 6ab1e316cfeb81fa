#![cfg(target_os = "linux")]

use std::io;

use super::*;
use crate::model::State;

struct Nameless;

impl ProcessInfo for Nameless {
    fn describe(
        &mut self,
        _pids: &std::collections::BTreeSet<u32>,
    ) -> Result<Vec<Process>, String> {
        Err("EACCES".to_owned())
    }
}

/// Another source, which works or does not.
struct Other(Result<(), ()>);

impl SocketSource for Other {
    fn name(&self) -> &'static str {
        "other"
    }

    fn is_live(&self) -> bool {
        true
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        let failure = PollFailure {
            source: "other".to_owned(),
            operation: Operation::ReadSocketTable,
            cause: "EIO".to_owned(),
            number: None,
        };
        self.0.map_err(|()| failure).map(|()| {
            Some(Snapshot {
                taken_at: SystemTime::UNIX_EPOCH,
                host: Arc::new(Host { name: String::new(), os: String::new() }),
                source: "other".to_owned(),
                took: None,
                sockets: Vec::new(),
                processes: BTreeMap::new(),
                users: Arc::default(),
                gaps: Vec::new(),
            })
        })
    }
}

fn refused() -> Open {
    Box::new(|| Err(io::Error::from_raw_os_error(1)))
}

fn live() -> Open {
    Box::new(|| Ok(Box::new(Netlink::open()?) as Box<dyn Wire>))
}

#[test]
fn a_kernel_that_refuses_is_said_and_another_source_stands_in() {
    let proc = tempfile::tempdir().expect("a folder");
    let source = |other| {
        DiagSource::with(refused(), proc.path(), Box::new(Nameless), Box::new(Other(other)))
    };
    let snapshot = source(Ok(())).poll().expect("a table").expect("a live one");
    assert_eq!(snapshot.source, "other");
    let [Gap::Fallback { source: name, cause }] = snapshot.gaps.as_slice() else {
        panic!("one gap: {:?}", snapshot.gaps);
    };
    assert_eq!(name, "sock_diag");
    assert!(cause.contains("os error 1"), "{cause}");
    let failure = source(Err(())).poll().expect_err("neither works");
    assert!(failure.cause.contains("os error 1") && failure.cause.contains("other: EIO"));
}

#[test]
fn processes_that_cannot_be_seen_hide_owners_for_that_reason() {
    let nowhere = Path::new("/nowhere/at/all");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let local = listener.local_addr().expect("its address");
    let mut source = DiagSource::with(live(), nowhere, Box::new(Nameless), Box::new(Other(Ok(()))));
    let snapshot = source.poll().expect("a table").expect("a live one");
    let row = snapshot.sockets.iter().find(|socket| socket.local == local).expect("its row");
    assert!(matches!(row.owner, Owner::Hidden { user: Some(_) }), "{:?}", row.owner);
    assert!(
        matches!(
            snapshot.gaps.as_slice(),
            [Gap::NamesUnreadable { .. }, Gap::OwnersUnreadable { sockets: 1.., .. }]
        ),
        "{:?}",
        snapshot.gaps
    );
}

#[test]
fn a_process_that_could_not_be_listed_is_told_with_its_reason_and_not_as_hidden() {
    let proc = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(proc.path().join("self")).expect("a folder");
    std::fs::create_dir_all(proc.path().join("10")).expect("a folder");
    // ENOTDIR: no refusal, and no process that is over.
    std::fs::write(proc.path().join("10/fd"), "").expect("a file");
    let _listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    let other = Box::new(Other(Ok(())));
    let mut source = DiagSource::with(live(), proc.path(), Box::new(Nameless), other);
    let snapshot = source.poll().expect("a table").expect("a live one");
    let [Gap::NamesUnreadable { .. }, Gap::OwnersUnreadable { sockets: 1.., cause }] =
        snapshot.gaps.as_slice()
    else {
        panic!("the owners and their reason: {:?}", snapshot.gaps);
    };
    assert!(cause.contains("os error 20"), "{cause}");
}

#[test]
fn what_nobody_holds_is_the_listeners_or_the_kernels() {
    let row = |state, port: u16| {
        let local = ([10, 0, 0, 1], port).into();
        Socket::new(local, Some(([10, 0, 0, 9], 443).into()), state, Owner::NoOwner)
    };
    let listener =
        Socket { remote: None, owner: Owner::Known(Arc::from([1_u32])), ..row(State::Listen, 80) };
    let held = Socket { inode: Some(9), ..row(State::Established, 80) };
    let mut sockets = [
        listener.clone(),
        row(State::Established, 80),
        row(State::CloseWait, 80),
        row(State::CloseWait, 81),
        row(State::TimeWait, 80),
        row(State::FinWait2, 80),
        held,
    ];
    let hidden = explain_unheld(&mut sockets, &mut Users::default());
    assert_eq!(hidden, BTreeMap::from([(None, 1)]));
    let owners = sockets.map(|socket| socket.owner);
    let expected = [
        listener.owner,
        Owner::NotAccepted,
        Owner::NotAccepted,
        Owner::NoOwner,
        Owner::NoOwner,
        Owner::NoOwner,
        Owner::Hidden { user: None },
    ];
    assert_eq!(owners, expected);
}
