//! What changed around a moment: the counts before and after it, and whose sockets came and went.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::history::{History, Sample};
use super::phrases;
use super::towards::Towards;
use super::track::{Track, Vanished};
use crate::model::{Listeners, Owner, Snapshot, Socket, State};
use crate::text::Text;

/// So much time lies on either side of the moment, where there is that much.
const HALF: Duration = Duration::from_secs(5);

/// The change of one state's count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The state.
    pub state: State,
    /// The count before.
    pub from: u32,
    /// The count after.
    pub to: u32,
    /// Whose sockets make half of it at least; none where nobody's do, or that is not known any more.
    pub who: Option<Who>,
}

impl Change {
    /// How many more there are; fewer when negative.
    pub fn difference(&self) -> i64 {
        i64::from(self.to) - i64::from(self.from)
    }
}

/// Whose sockets changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Their owner.
    pub owner: Text,
    /// Where they lead, if they lead anywhere.
    pub towards: Option<Towards>,
    /// How many of them came into the state, less those that left it.
    pub number: i64,
}

/// What changed around a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The sample before.
    pub from: SystemTime,
    /// The sample after.
    pub to: SystemTime,
    /// The states whose count changed, those that changed most first.
    pub changes: Vec<Change>,
}

/// What is known of single sockets.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The present table.
    pub snapshot: &'a Snapshot,
    /// What is known of each of its rows.
    pub tracks: &'a [Track],
    /// The rows that are not there any more.
    pub vanished: &'a [std::sync::Arc<Vanished>],
}

impl Moment {
    /// What changed around `at`; none where a break lies there, or nothing was sampled around it.
    ///
    /// Whose sockets changed is told by the rows that are still there or vanished not long ago.
    pub fn around(history: &History, rows: Option<Rows<'_>>, at: SystemTime) -> Option<Self> {
        let (from, to) = samples_around(history, at)?;
        let mut moved = rows.map(|rows| moved(rows, from.at, to.at)).unwrap_or_default();
        let mut changes: Vec<Change> = State::SHOWN
            .into_iter()
            .filter(|state| from.counts[*state] != to.counts[*state])
            .map(|state| {
                let mut change =
                    Change { state, from: from.counts[state], to: to.counts[state], who: None };
                let grew = change.difference().signum();
                let all = moved.remove(&state).unwrap_or_default();
                // Who moved it the way it went, and did so with half of it at least, made it go that way.
                let half = change.difference().unsigned_abs().div_ceil(2);
                let most = all
                    .into_iter()
                    .filter(|(_, number)| number.signum() == grew)
                    .filter(|(_, number)| number.unsigned_abs() >= half)
                    .max_by_key(|(_, number)| number.unsigned_abs());
                change.who = most.map(|((owner, towards), number)| {
                    let processes = rows.map(|rows| &rows.snapshot.processes);
                    let owner = phrases::owner(owner, processes.unwrap_or(&BTreeMap::new()));
                    Who { owner, towards, number }
                });
                change
            })
            .collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.difference().unsigned_abs()));
        Some(Self { from: from.at, to: to.at, changes })
    }

    /// How much time it covers.
    pub fn span(&self) -> Duration {
        self.to.duration_since(self.from).unwrap_or_default()
    }

    /// Whether nothing will be added to what this history has around `at`: all of that time has passed, or lies
    /// before a break.
    pub fn is_settled(history: &History, at: SystemTime) -> bool {
        let passed = history.last().is_some_and(|sample| sample.at >= at + HALF);
        passed || history.breaks().any(|gap| gap.from >= at)
    }
}

/// The last sample before the time around `at` and the last in it, with no break between them.
fn samples_around(history: &History, at: SystemTime) -> Option<(Sample, Sample)> {
    let earliest = at.checked_sub(HALF)?;
    // A sample of long ago stands for ten seconds, and polls may be slower.
    let reach = Duration::from_mins(2);
    let near: Vec<&Sample> = history
        .since(earliest.checked_sub(reach)?)
        .take_while(|sample| sample.at <= at + HALF + reach)
        .collect();
    let nearest = nearest(&near, at)?;
    let mut first = nearest;
    while first > 0 && !near[first].parted && near[first].at > earliest {
        first -= 1;
    }
    let mut last = nearest;
    while last + 1 < near.len() && !near[last + 1].parted && near[last].at < at + HALF {
        last += 1;
    }
    (first < last).then(|| (*near[first], *near[last]))
}

/// Which sample of an ascending list is nearest to a time.
fn nearest(samples: &[&Sample], at: SystemTime) -> Option<usize> {
    let distance =
        |sample: &Sample| sample.at.duration_since(at).unwrap_or_else(|before| before.duration());
    (0..samples.len()).min_by_key(|index| distance(samples[*index]))
}

/// By state, then by owner and where they lead: how many more there are.
type Moved<'a> = BTreeMap<State, BTreeMap<(&'a Owner, Option<Towards>), i64>>;

/// Who came into which state and left which, in the time after `from` until `to`.
fn moved<'a>(rows: Rows<'a>, from: SystemTime, to: SystemTime) -> Moved<'a> {
    let mut moved = Moved::new();
    let listening = Listeners::among(&rows.snapshot.sockets);
    let mut count = |socket: &'a Socket, state: State, number: i64| {
        let who = moved.entry(state).or_default();
        *who.entry((&socket.owner, Towards::of(socket, &listening))).or_default() += number;
    };
    let within = |at: SystemTime| from < at && at <= to;
    let present =
        rows.snapshot.sockets.iter().zip(rows.tracks).map(|(row, track)| (row, track, None));
    let gone = rows.vanished.iter().map(|gone| (&gone.socket, &gone.track, Some(gone.at)));
    for (socket, track, gone_at) in present.chain(gone) {
        match &track.path {
            None if within(track.since.latest) && !track.from_start => {
                count(socket, socket.state, 1);
            }
            None => {}
            Some(path) => {
                for (step, transition) in path.iter().enumerate() {
                    if !within(transition.since.latest) {
                        continue;
                    }
                    if step > 0 || !track.from_start {
                        count(socket, transition.state, 1);
                    }
                    if let Some(before) = step.checked_sub(1).and_then(|before| path.get(before)) {
                        count(socket, before.state, -1);
                    }
                }
            }
        }
        if gone_at.is_some_and(within) {
            count(socket, socket.state, -1);
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use super::*;
    use crate::analysis::history::Cause;
    use crate::analysis::track::Tracker;
    use crate::model::{Host, Process, StateCounts};

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000 + second)
    }

    fn socket(port: u16, state: State) -> Socket {
        let local = SocketAddr::from(([10, 0, 0, 1], port));
        let remote = SocketAddr::from(([10, 0, 0, 9], 443));
        Socket::new(local, Some(remote), state, Owner::Known(Arc::from([7])))
    }

    fn table(sockets: Vec<Socket>) -> Snapshot {
        let process = Process { pid: 7, name: "feed".to_owned(), started_s: None };
        Snapshot {
            taken_at: at(0),
            host: Arc::new(Host { name: String::new(), os: String::new() }),
            source: String::new(),
            took: None,
            sockets,
            processes: BTreeMap::from([(7, process)]),
            users: Arc::default(),
            gaps: Vec::new(),
        }
    }

    /// At each second one more connection is turned from ESTABLISHED to CLOSE_WAIT.
    fn leak() -> (History, Snapshot, Vec<Track>) {
        let mut tracker = Tracker::new();
        let mut history = History::default();
        let mut last = (table(Vec::new()), Vec::new());
        for second in 0..30_u16 {
            let state = |port| if port < second { State::CloseWait } else { State::Established };
            let mut table = table((0..40).map(|port| socket(port, state(port))).collect());
            let now = at(second.into());
            let tracks = tracker.observe(&mut table, now).tracks;
            history.push(now, table.counts());
            last = (table, tracks);
        }
        (history, last.0, last.1)
    }

    #[test]
    fn the_counts_before_and_after_and_who_made_them() {
        let (history, snapshot, tracks) = leak();
        let rows = Rows { snapshot: &snapshot, tracks: &tracks, vanished: &[] };
        let moment = Moment::around(&history, Some(rows), at(15)).expect("samples around");
        assert_eq!((moment.from, moment.to, moment.span()), (at(10), at(20), HALF * 2));
        let [first, second] = moment.changes.as_slice() else { panic!("{moment:?}") };
        assert_eq!((first.state, first.from, first.to), (State::CloseWait, 10, 20));
        assert_eq!((second.state, second.difference()), (State::Established, -10));
        let who = first.who.as_ref().expect("the rows are there");
        assert_eq!((who.owner.plain().as_str(), who.number), ("feed 7", 10));
        assert_eq!(who.towards, Some(Towards::Service(SocketAddr::from(([10, 0, 0, 9], 443)))));
        assert_eq!(second.who.as_ref().map(|who| who.number), Some(-10));
        assert!(Moment::is_settled(&history, at(24)) && !Moment::is_settled(&history, at(25)));
    }

    #[test]
    fn who_made_less_than_half_of_a_change_is_not_named_for_it() {
        let (mut history, snapshot, tracks) = leak();
        let mut counts = snapshot.counts();
        for second in 30..36 {
            counts[State::CloseWait] += 100;
            history.push(at(second), counts);
        }
        let rows = Rows { snapshot: &snapshot, tracks: &tracks, vanished: &[] };
        let moment = Moment::around(&history, Some(rows), at(29)).expect("samples around");
        let change = moment.changes.first().expect("a change");
        assert_eq!((change.state, change.who.as_ref()), (State::CloseWait, None));
    }

    #[test]
    fn what_vanished_is_told_of_as_well() {
        let (mut history, mut snapshot, mut tracks) = leak();
        let socket = snapshot.sockets.remove(3);
        let track = tracks.remove(3);
        let gone = [Arc::new(Vanished { socket, track, at: at(31) })];
        let mut counts = snapshot.counts();
        counts[State::Established] = 40 - 29;
        for second in 30..40 {
            history.push(at(second), if second == 30 { leak().1.counts() } else { counts });
        }
        let rows = Rows { snapshot: &snapshot, tracks: &tracks, vanished: &gone };
        let moment = Moment::around(&history, Some(rows), at(36)).expect("samples around");
        assert_eq!(moment.changes, [], "before it: nothing changes after second 31");
        let moment = Moment::around(&history, Some(rows), at(35)).expect("samples around");
        let [change] = moment.changes.as_slice() else { panic!("{moment:?}") };
        assert_eq!((change.state, change.difference()), (State::CloseWait, -1));
        assert_eq!(change.who.as_ref().map(|who| who.number), Some(-1));
    }

    #[test]
    fn nothing_is_compared_across_a_break() {
        let (mut history, ..) = leak();
        history.interrupt(at(30), Cause::Paused);
        for second in 100..103 {
            history.push(at(second), StateCounts::default());
        }
        let before = Moment::around(&history, None, at(28)).expect("samples before the break");
        assert_eq!((before.from, before.to), (at(23), at(29)));
        let after = Moment::around(&history, None, at(101)).expect("samples after the break");
        assert_eq!((after.from, after.to, after.changes), (at(100), at(102), Vec::new()));
        assert_eq!(Moment::around(&history, None, at(5_000)), None);
    }

    #[test]
    fn what_lies_before_a_break_is_settled_and_what_lies_in_it_is_not() {
        let (mut history, ..) = leak();
        assert!(!Moment::is_settled(&history, at(28)));
        history.interrupt(at(30), Cause::Paused);
        assert!(Moment::is_settled(&history, at(28)) && Moment::is_settled(&history, at(29)));
        assert!(!Moment::is_settled(&history, at(31)), "it may be nearer to what comes after");
        history.push(at(32), StateCounts::default());
        assert!(Moment::is_settled(&history, at(28)) && !Moment::is_settled(&history, at(31)));
        history.push(at(36), StateCounts::default());
        assert!(Moment::is_settled(&history, at(31)));
    }
}
