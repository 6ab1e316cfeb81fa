use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::analysis::track::Tracker;
use crate::model::{Descriptors, Host, Snapshot, State};

const PATIENCE: Duration = Duration::from_secs(20);

/// A system in which one process runs, as pid 812 since the second 100; pid 13 makes it panic.
struct One;

impl InspectProcess for One {
    fn details(&mut self, pid: u32) -> Result<Option<ProcessDetails>, String> {
        match pid {
            812 => Ok(Some(ProcessDetails {
                process: process(812, Some(100)),
                command: "feed --client".to_owned(),
                user: Some("feed".to_owned()),
                parents: Vec::new(),
                unit: None,
                descriptors: Descriptors { open: Some(41), limit: Some(1_024) },
            })),
            13 => panic!("the system did something unheard of"),
            500 => Err("EPERM".to_owned()),
            _ => Ok(None),
        }
    }
}

fn process(pid: u32, started_s: Option<u64>) -> Process {
    Process { pid, name: "feed".to_owned(), started_s }
}

fn frame(owner: Owner, known: &[Process], health: Health) -> Arc<Frame> {
    let address = |text: &str| text.parse().unwrap();
    let socket = |local: &str, remote: &str, state, owner| {
        Socket::new(address(local), Some(address(remote)), state, owner)
    };
    let mut snapshot = Snapshot {
        taken_at: UNIX_EPOCH,
        host: Arc::new(Host { name: String::new(), os: String::new() }),
        source: "test".to_owned(),
        took: None,
        sockets: vec![
            socket("127.0.0.1:80", "127.0.0.1:40000", State::FinWait2, Owner::NoOwner),
            socket("127.0.0.1:40000", "127.0.0.1:80", State::CloseWait, owner),
        ],
        processes: known.iter().map(|it| (it.pid, it.clone())).collect::<BTreeMap<_, _>>(),
        users: Arc::default(),
        gaps: Vec::new(),
    };
    let tracks = Tracker::new().observe(&mut snapshot, UNIX_EPOCH).tracks;
    let mut frame = Frame::starting("test".to_owned(), Duration::from_secs(1), UNIX_EPOCH);
    frame.tracks = tracks.into();
    frame.snapshot = Some(Arc::new(snapshot));
    frame.health = health;
    Arc::new(frame)
}

fn look(owner: Owner, known: &[Process], health: Health) -> Inspection {
    let frame = frame(owner, known, health);
    inspect(&frame, frame.tracks[1].id, &mut One)
}

#[test]
fn a_row_is_found_with_its_other_end_and_its_process() {
    let found = look(Owner::Known(Arc::from([812])), &[process(812, Some(101))], Health::Live);
    let (other, track) = found.other_end().expect("it is on this machine");
    assert_eq!(other.state, State::FinWait2);
    assert_eq!(track.map(|track| track.id), Some(found.frame.tracks[0].id));
    assert_eq!(found.row, Some(1));
    let Details::Known(details) = &found.holders[0].details else {
        panic!("{:?}", found.holders);
    };
    assert_eq!(details.command, "feed --client");
}

#[test]
fn a_row_that_is_gone_is_not_found() {
    let frame = frame(Owner::NoOwner, &[], Health::Live);
    let (gone, here) = (frame.tracks[1].id, frame.tracks[0].id);
    let shorter = Frame { tracks: Arc::from(&frame.tracks[..1]), ..Frame::clone(&frame) };
    let shorter = Arc::new(shorter);
    assert_eq!(inspect(&shorter, gone, &mut One).row, None);
    assert_eq!(inspect(&shorter, here, &mut One).row, Some(0));
}

#[test]
fn a_pid_that_was_given_anew_tells_nothing_of_the_process_before() {
    let restarted = look(Owner::Known(Arc::from([812])), &[process(812, Some(40))], Health::Live);
    assert_eq!(restarted.holders[0].details, Details::Ended);
    let was = Owner::Remembered(Arc::from([process(7, Some(1))]));
    let gone = look(was, &[], Health::Live);
    assert_eq!(gone.holders[0].process.pid, 7);
    assert_eq!(gone.holders[0].details, Details::Ended);
    let unknown = look(Owner::Known(Arc::from([812])), &[], Health::Live);
    assert!(matches!(unknown.holders[0].details, Details::Known(_)));
}

#[test]
fn a_recordings_pids_are_not_looked_up_here_and_a_refusal_is_told() {
    let pids = || Owner::Known(Arc::from([812]));
    let recorded = look(pids(), &[process(812, Some(100))], Health::Recorded);
    assert_eq!(recorded.holders[0].details, Details::Recorded);
    let refused = look(Owner::Known(Arc::from([500])), &[], Health::Live);
    assert_eq!(refused.holders[0].details, Details::Unreadable("EPERM".to_owned()));
    let many = look(Owner::Known((0..100).map(|pid| pid + 1_000).collect()), &[], Health::Live);
    assert_eq!(many.holders.len(), MOST_PROCESSES);
}

#[test]
fn the_worker_outlives_a_panic_and_says_what_it_said() {
    let (woken, wait) = mpsc::channel();
    let woken = Mutex::new(woken);
    let wake: Wake = Arc::new(move || lock(&woken).send(()).expect("the test waits"));
    let inspector = Inspector::with(Box::new(One), wake).expect("a thread");
    let ask = |pid: u32, table| {
        let frame = frame(Owner::Known(Arc::from([pid])), &[], Health::Live);
        let frame = Arc::new(Frame { table, ..Frame::clone(&frame) });
        inspector.request(&frame, frame.tracks[1].id);
        inspector.request(&frame, frame.tracks[1].id);
        wait.recv_timeout(PATIENCE).expect("an answer");
        inspector.latest().expect("an answer")
    };
    assert_eq!(ask(13, 1).failure.as_deref(), Some("the system did something unheard of"));
    assert_eq!(ask(812, 2).failure, None);
    assert_eq!(ask(812, 3).holders.len(), 1);
    assert!(wait.try_recv().is_err(), "each table was looked at once");
}
