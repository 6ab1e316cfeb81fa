use std::time::Duration;

use super::*;
use crate::lab::link::Link;
use crate::lab::listener::{BACKLOG, Listener};
use crate::lab::log::Recorder;
use crate::lab::options::SocketOptions;
use crate::text::Text;

fn wait(bench: &Bench, enough: impl Fn(&BenchState) -> bool) -> Arc<BenchState> {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        let state = bench.latest();
        if enough(&state) {
            return state;
        }
        thread::sleep(Duration::from_millis(2));
    }
    panic!("waited in vain: {:?}", bench.latest());
}

fn connect(count: usize) -> Command {
    Command::Connect(Connect { count, ..Connect::new(Target::BuiltIn(Server::First)) })
}

#[test]
fn a_panic_in_the_worker_closes_the_sockets_and_shows() {
    let (told, pairs) = std::sync::mpsc::channel();
    let shared = Arc::new(Shared::new(
        BenchState::new(Arc::new(Observation::new(pair_probe().as_ref()))),
        Arc::new(|| {}),
    ));
    let inbox = Arc::new(Inbox::new(Cancel::new()));
    let bench = Bench::with_worker(inbox, shared, move |_| {
        let recorder = Recorder::new(Instant::now(), 100, Cancel::new());
        let listener =
            Listener::open(([127, 0, 0, 1], 0).into(), SocketOptions::NONE, BACKLOG, &recorder)
                .expect("a listener");
        let options = SocketOptions::default();
        let link = Link::open(&listener, [options; 2], 1, &recorder, |_| {}).expect("a link");
        told.send(link.pair).expect("a test that listens");
        panic!("on purpose: the bench has to show it");
    })
    .expect("a thread");
    let pair = pairs.recv().expect("a link");
    let state = wait(&bench, |state| state.failure.is_some());
    let failure = state.failure.as_ref().map(Text::plain);
    assert!(failure.is_some_and(|sentence| sentence.ends_with("All its sockets are closed.")));
    assert_eq!(pair_probe().lookup(&[pair]).expect("a table"), [[None, None]]);
    bench.send(connect(1));
    let state = wait(&bench, |state| state.refused.is_some());
    let reason = state.refused.as_ref().map(|refused| refused.reason.id());
    assert_eq!(reason, Some("lab.refused.stopped"));
}

#[test]
fn a_reset_sweeps_away_what_waits() {
    let inbox = Inbox::new(Cancel::new());
    for queued in 0..MAX_QUEUED {
        assert_eq!(inbox.push(connect(queued)), Ok(0));
    }
    let reason = inbox.push(connect(1)).map_err(|refused| refused.reason.id());
    assert_eq!(reason, Err("lab.refused.queue"));
    assert_eq!(inbox.push(Command::Reset), Ok(MAX_QUEUED as u64));
    assert!(inbox.cancel.is_cancelled());
    assert_eq!(inbox.push(connect(2)), Ok(0));
    assert_eq!(inbox.pop(), Some(Command::Reset));
    assert!(!inbox.cancel.is_cancelled());
    assert_eq!(inbox.pop(), Some(connect(2)));
    inbox.close();
    assert_eq!(inbox.pop(), None);
    assert!(inbox.push(Command::Reset).is_err());
}
