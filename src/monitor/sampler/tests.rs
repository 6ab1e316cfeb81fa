use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc;

use super::super::sample;
use super::*;
use crate::model::{Host, StateCounts};

/// Gives what it is told to give, one a poll.
struct Scripted(mpsc::Receiver<Poll>);

enum Poll {
    Table,
    Failure,
    Panic,
}

impl SocketSource for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn is_live(&self) -> bool {
        true
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        match self.0.try_recv() {
            Ok(Poll::Panic) => panic!("scripted"),
            Ok(Poll::Failure) => Err(PollFailure {
                source: "scripted".to_owned(),
                operation: Operation::ReadSocketTable,
                cause: "EPERM".to_owned(),
                number: None,
            }),
            Ok(Poll::Table) | Err(_) => Ok(Some(Snapshot {
                taken_at: SystemTime::now(),
                host: Arc::new(Host { name: String::new(), os: String::new() }),
                source: "scripted".to_owned(),
                took: None,
                sockets: Vec::new(),
                processes: BTreeMap::new(),
                users: Arc::default(),
                gaps: Vec::new(),
            })),
        }
    }
}

/// A monitor that polls only when asked, after its first poll.
fn start(first: Poll) -> (Monitor, mpsc::Sender<Poll>, mpsc::Receiver<()>) {
    let (script, polls) = mpsc::channel();
    script.send(first).expect("the other end is held");
    let (announce, wakes) = mpsc::channel();
    // The window may be gone by the time a worker calls.
    let wake: Wake = Arc::new(move || {
        let _ = announce.send(());
    });
    let source = SourceChoice::Other(Box::new(Scripted(polls)));
    let monitor = Monitor::start(source, Duration::from_hours(1), wake).expect("a thread");
    next(&wakes);
    (monitor, script, wakes)
}

fn next(wakes: &mpsc::Receiver<()>) {
    wakes.recv_timeout(Duration::from_secs(20)).expect("a worker publishes");
}

#[test]
fn a_failed_poll_keeps_the_last_table_and_is_no_sample() {
    let (monitor, script, wakes) = start(Poll::Table);
    let good = monitor.frame();
    assert_eq!((&good.health, good.table), (&Health::Live, 1));

    script.send(Poll::Failure).expect("the source is held");
    monitor.poll_now();
    next(&wakes);
    let failed = monitor.frame();
    assert!(matches!(failed.health, Health::Failed { retries: true, .. }));
    assert_eq!(failed.table, 1);
    assert!(failed.snapshot.is_some());
    assert_eq!(failed.history.since(SystemTime::UNIX_EPOCH).count(), 1);
    assert_eq!(failed.history.breaks().count(), 1);

    monitor.poll_now();
    next(&wakes);
    assert_eq!(monitor.frame().health, Health::Live);
    assert_eq!(monitor.frame().history.last().map(|s| s.counts), Some(StateCounts::default()));
}

#[test]
fn a_panicking_source_is_shown_and_at_last_left_alone_until_asked() {
    let (monitor, script, wakes) = start(Poll::Panic);
    assert!(matches!(monitor.frame().health, Health::Failed { retries: true, .. }));
    for retries in [true, false] {
        script.send(Poll::Panic).expect("the source is held");
        monitor.poll_now();
        next(&wakes);
        let Health::Failed { failure, retries: now, .. } = &monitor.frame().health else {
            panic!("it did not fail");
        };
        assert_eq!((*now, failure.cause.as_str()), (retries, "scripted"));
    }
    monitor.poll_now();
    next(&wakes);
    assert_eq!(monitor.frame().health, Health::Live);
}

#[test]
fn a_pause_is_a_break_and_a_poll_during_it_does_not_end_it() {
    let (monitor, _script, wakes) = start(Poll::Table);
    monitor.set_paused(true);
    next(&wakes);
    assert!(monitor.frame().paused.is_some());
    monitor.poll_now();
    next(&wakes);
    let frame = monitor.frame();
    assert!(frame.paused.is_some());
    assert_eq!(frame.table, 2);
    assert_eq!(frame.history.breaks().filter(|gap| gap.to.is_none()).count(), 1);
    monitor.set_paused(false);
    next(&wakes);
    assert!(monitor.frame().paused.is_none());
}

#[test]
fn a_recording_is_played_to_its_end() {
    let (_script, polls) = mpsc::channel();
    let snapshot = Scripted(polls).poll().expect("a table").expect("a table");
    let replay = || SourceChoice::Replay {
        file: PathBuf::from("before.json"),
        snapshots: vec![snapshot.clone(), snapshot.clone()],
    };
    let (announce, wakes) = mpsc::channel();
    let wake: Wake = Arc::new(move || {
        let _ = announce.send(());
    });
    let monitor = Monitor::start(replay(), Duration::from_secs(1), wake).expect("a thread");
    for _ in 0..3 {
        next(&wakes);
    }
    let frame = monitor.frame();
    assert_eq!((&frame.health, frame.table), (&Health::Recorded, 2));
    assert_eq!(frame.source, "before.json");
    assert!(sample(replay()).is_ok());
    let empty = SourceChoice::Replay { file: PathBuf::from("empty"), snapshots: Vec::new() };
    assert!(sample(empty).is_err());
}
