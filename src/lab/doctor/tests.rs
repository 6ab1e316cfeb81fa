use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::SystemTime;

use super::*;
use crate::lab::options::Numbering::Linux;
use crate::model::{Counters, Descriptors, Host, Limits, Owner, Socket, State};
use crate::os::Silent;
use crate::text::Text;

/// How long a true source may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Only tables that were made, or of which nothing hangs on when they are taken.
const NO_PATIENCE: Duration = Duration::ZERO;

/// A connection of ours, of which the table has nothing yet.
fn actor(port: u16, state: Option<State>, held: bool) -> Actor {
    let role = text!("doctor.check.listener", family = port.to_string());
    let (local, remote) = (([127, 0, 0, 1], port).into(), Some(([127, 0, 0, 1], 9).into()));
    Actor { role, local, remote, state, held }
}

/// The row of an actor.
fn shown(actor: &Actor, state: State, owner: Owner) -> Socket {
    Socket::new(actor.local, actor.remote, state, owner)
}

fn me() -> Owner {
    Owner::Known(Arc::from([std::process::id()]))
}

/// What is observed of one actor in these rows, and how that is judged.
fn judged(actor: &Actor, sockets: Vec<Socket>, unkept: Option<&Text>) -> (String, Verdict) {
    let snapshot = Snapshot { sockets, ..table(&[]) };
    let mut checks = judge::rows(&snapshot, &[actor], unkept);
    assert_eq!(checks.len(), 1);
    let check = checks.remove(0);
    (check.observed.plain(), check.verdict)
}

#[test]
fn each_row_is_judged_by_its_state_and_its_holder() {
    let held = actor(1, Some(State::CloseWait), true);
    let row = |state, owner| vec![shown(&held, state, owner)];
    let other = Owner::Known(Arc::from([0_u32]));
    let twice = [row(State::CloseWait, me()), row(State::CloseWait, me())].concat();
    for (rows, observed, verdict) in [
        (row(State::CloseWait, me()), "CLOSE_WAIT, this process", Verdict::AsExpected),
        (row(State::LastAck, me()), "LAST_ACK, this process", Verdict::Differs),
        (row(State::CloseWait, other), "CLOSE_WAIT, another process", Verdict::Differs),
        (row(State::CloseWait, Owner::NoOwner), "CLOSE_WAIT, no process", Verdict::Differs),
        (row(State::CloseWait, Owner::NotAccepted), "CLOSE_WAIT, not accepted", Verdict::Differs),
        (
            row(State::CloseWait, Owner::Hidden { user: None }),
            "CLOSE_WAIT, hidden",
            Verdict::Differs,
        ),
        (twice, "2 rows", Verdict::Differs),
        (Vec::new(), "no row", Verdict::Differs),
    ] {
        assert_eq!(judged(&held, rows, None), (observed.to_owned(), verdict));
    }
}

#[test]
fn a_row_that_should_be_gone_differs_when_it_is_there() {
    let gone = actor(1, None, false);
    assert_eq!(judged(&gone, Vec::new(), None).1, Verdict::AsExpected);
    let rows = vec![shown(&gone, State::LastAck, Owner::NoOwner)];
    assert_eq!(judged(&gone, rows, None).1, Verdict::Differs);
}

#[test]
fn a_row_of_nobody_may_be_missing_where_it_cannot_be_kept() {
    let closed = actor(1, Some(State::TimeWait), false);
    let full = text!("doctor.time_wait_full");
    assert_eq!(judged(&closed, Vec::new(), None).1, Verdict::Differs);
    let (observed, verdict) = judged(&closed, Vec::new(), Some(&full));
    assert_eq!((observed, verdict), (full.plain(), Verdict::CouldNotTell));
    let rows = vec![shown(&closed, State::TimeWait, Owner::NoOwner)];
    assert_eq!(judged(&closed, rows, Some(&full)).1, Verdict::AsExpected);
    let rows = vec![shown(&closed, State::FinWait2, Owner::NoOwner)];
    assert_eq!(judged(&closed, rows, Some(&full)).1, Verdict::Differs);
    let held = actor(2, Some(State::Established), true);
    assert_eq!(judged(&held, Vec::new(), Some(&full)).1, Verdict::Differs);
}

#[test]
fn time_wait_is_full_by_its_limit_or_when_the_kernel_let_go_of_a_row() {
    let rows = |time_wait, overflows| Counters {
        time_wait: Some(time_wait),
        time_wait_overflows: Some(overflows),
        ..Counters::default()
    };
    let limits = Limits { max_time_wait: Some(100), ..Limits::default() };
    let full = judge::time_wait_is_full;
    assert!(!full(&rows(99, 7), &rows(99, 7), &limits));
    assert!(full(&rows(99, 7), &rows(99, 8), &limits));
    assert!(full(&rows(100, 7), &rows(90, 7), &limits));
    assert!(full(&rows(90, 7), &rows(101, 7), &limits));
    let silent = Counters::default();
    assert!(!full(&silent, &silent, &limits));
    assert!(!full(&rows(100, 7), &rows(100, 7), &Limits::default()));
    assert!(!full(&silent, &rows(99, 7), &limits), "what was not told before has not grown");
}

#[test]
fn cookies_are_kept_and_each_is_another() {
    let actors = [
        actor(1, Some(State::Established), true),
        actor(2, Some(State::Established), true),
        actor(3, Some(State::TimeWait), false),
    ];
    let actors: Vec<&Actor> = actors.iter().collect();
    let with = |cookies: [u64; 3]| {
        let row = |(actor, cookie): (&&Actor, u64)| Socket {
            cookie: NonZeroU64::new(cookie),
            ..shown(actor, State::Established, me())
        };
        Snapshot { sockets: actors.iter().zip(cookies).map(row).collect(), ..table(&[]) }
    };
    let verdict =
        |first, last| judge::cookies(&with(first), &with(last), &actors).map(|check| check.verdict);
    assert_eq!(verdict([4, 5, 6], [4, 5, 6]), Some(Verdict::AsExpected));
    assert_eq!(verdict([4, 5, 0], [4, 5, 0]), Some(Verdict::AsExpected));
    assert_eq!(verdict([4, 5, 6], [4, 7, 6]), Some(Verdict::Differs));
    assert_eq!(verdict([7, 7, 7], [7, 7, 7]), Some(Verdict::Differs));
    assert_eq!(verdict([0, 0, 0], [0, 0, 0]), None);
}

#[test]
fn a_family_that_is_off_is_said_as_such_and_no_fault() {
    let error = |number| CallError::numbered(&std::io::Error::from_raw_os_error(number), Linux);
    let (lacks, used_up) = (error(99), error(98));
    assert!(lacks.is_without_address() && !used_up.is_without_address());
    let off = without(Family::V6, true, &lacks);
    assert_eq!(off.observed.plain(), "IPv6 is off here: this machine lacks its loopback address");
    let failed = without(Family::V6, false, &used_up);
    assert!(failed.observed.plain().starts_with("EADDRINUSE"), "{failed:?}");
    assert_eq!([off.verdict, failed.verdict], [Verdict::CouldNotTell; 2]);
}

#[test]
fn the_sources_of_this_system_differ_nowhere_from_what_is() {
    let shown = os::pair_probe().shows_unowned();
    let source = vec![os::live_source()];
    let diagnosis = examine_with(source, Box::new(Silent), shown, PATIENCE).expect("loopback");
    let checks = diagnosis.sources.iter().flat_map(|source| &source.checks);
    let differing: Vec<_> = checks.filter(|check| check.verdict == Verdict::Differs).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

/// A system that lets go of a connection in TIME_WAIT each time that it is asked.
#[derive(Default)]
struct Full(u64);

impl SystemInfo for Full {
    fn counters(&mut self) -> Counters {
        self.0 += 1;
        Counters { time_wait_overflows: Some(self.0), ..Counters::default() }
    }

    fn limits(&mut self) -> Limits {
        Limits::default()
    }

    fn descriptors(&mut self, _pid: u32) -> Descriptors {
        Descriptors::default()
    }
}

/// The true table, without TIME_WAIT.
struct Unkept(Box<dyn SocketSource>);

impl SocketSource for Unkept {
    fn name(&self) -> &'static str {
        "unkept"
    }

    fn is_live(&self) -> bool {
        true
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        let mut snapshot = self.0.poll()?;
        if let Some(snapshot) = &mut snapshot {
            snapshot.sockets.retain(|row| row.state != State::TimeWait);
        }
        Ok(snapshot)
    }
}

#[test]
fn no_source_is_blamed_for_what_a_full_time_wait_does_not_keep() {
    let source: Vec<Box<dyn SocketSource>> = vec![Box::new(Unkept(os::live_source()))];
    let diagnosis = examine_with(source, Box::new(Full::default()), true, NO_PATIENCE);
    let checks = diagnosis.expect("loopback").sources.remove(0).checks;
    let subject = text!("doctor.check.closed_client", family = "IPv4");
    let check = checks.iter().find(|check| check.subject == subject).expect("the check");
    assert_eq!(check.verdict, Verdict::CouldNotTell, "{check:?}");
    assert_eq!(check.observed.plain(), text!("doctor.time_wait_full").plain());
}

#[test]
fn a_source_that_fails_is_said_and_others_are_still_judged() {
    struct Broken;
    impl SocketSource for Broken {
        fn name(&self) -> &'static str {
            "broken"
        }
        fn is_live(&self) -> bool {
            true
        }
        fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
            Err(PollFailure {
                source: "broken".to_owned(),
                operation: Operation::ReadSocketTable,
                cause: "EIO".to_owned(),
                number: None,
            })
        }
    }
    let sources: Vec<Box<dyn SocketSource>> = vec![Box::new(Broken), os::live_source()];
    let shown = os::pair_probe().shows_unowned();
    let diagnosis = examine_with(sources, Box::new(Silent), shown, NO_PATIENCE).expect("loopback");
    let broken = &diagnosis.sources[0].checks;
    assert_eq!((broken.len(), broken[0].observed.plain().as_str()), (1, "EIO"));
    assert_eq!(broken[0].verdict, Verdict::Differs);
    assert!(diagnosis.sources[1].checks.len() > 1, "{:?}", diagnosis.sources[1].checks);
}

#[test]
fn the_first_source_that_contradicts_nothing_is_trusted() {
    let source = |name: &str, verdicts: &[Verdict]| Examined {
        checks: verdicts.iter().map(|verdict| check(*verdict)).collect(),
        ..Examined::new(name)
    };
    let differs = source("differs", &[Verdict::AsExpected, Verdict::Differs]);
    let unsure = source("unsure", &[Verdict::CouldNotTell, Verdict::AsExpected]);
    let right = source("right", &[Verdict::AsExpected]);
    let diagnosis = Diagnosis { os: String::new(), sources: vec![differs, unsure, right] };
    assert_eq!(diagnosis.trusted().map(|source| source.name.as_str()), Some("unsure"));
    assert_eq!(diagnosis.verdict(), Verdict::Differs);
}

fn check(verdict: Verdict) -> Check {
    Check {
        subject: text!("doctor.check.answers"),
        expected: "".into(),
        observed: "".into(),
        basis: Basis::Measured,
        verdict,
    }
}

fn table(rows: &[(State, Owner)]) -> Snapshot {
    let row = |(state, owner): &(State, Owner)| {
        Socket::new(([127, 0, 0, 1], 80).into(), None, *state, owner.clone())
    };
    Snapshot {
        taken_at: SystemTime::UNIX_EPOCH,
        host: Arc::new(Host { name: String::new(), os: String::new() }),
        source: "made".to_owned(),
        took: None,
        sockets: rows.iter().map(row).collect(),
        processes: BTreeMap::new(),
        users: Arc::default(),
        gaps: Vec::new(),
    }
}

#[test]
fn counts_agree_within_what_may_change() {
    let us = Owner::Known(Arc::from([1_u32]));
    let snapshot = table(&[
        (State::Listen, us.clone()),
        (State::FinWait2, us),
        (State::FinWait2, Owner::NoOwner),
        (State::TimeWait, Owner::NoOwner),
        (State::Closed, Owner::NoOwner),
    ]);
    let counters = |in_use| Counters { in_use: Some(in_use), ..Counters::default() };
    let opened = |opens, in_use| Counters { active_opens: Some(opens), ..counters(in_use) };
    let judged = |before: Counters, after: Counters| {
        judge::counts(&Look { before, snapshot: snapshot.clone(), after })
            .into_iter()
            .map(|check| check.verdict)
            .collect::<Vec<_>>()
    };
    // The orphan may count as a socket, or not.
    assert_eq!(judged(counters(2), counters(2)), [Verdict::AsExpected]);
    assert_eq!(judged(counters(3), counters(3)), [Verdict::AsExpected]);
    assert_eq!(judged(counters(4), counters(4)), [Verdict::Differs]);
    assert_eq!(judged(counters(1), counters(1)), [Verdict::Differs]);
    assert_eq!(judged(counters(1), counters(2)), [Verdict::AsExpected]);
    assert_eq!(judged(counters(4), counters(7)), [Verdict::CouldNotTell]);
    // As many came as went.
    assert_eq!(judged(opened(1, 4), opened(2, 4)), [Verdict::CouldNotTell]);
    assert_eq!(judged(opened(1, 4), opened(1, 4)), [Verdict::Differs]);
}

#[test]
fn names_of_users_stay_here() {
    let hidden = |user: &str| Gap::OwnersHidden { user: Some(Arc::from(user)), sockets: 2 };
    let gaps = judge::without_names(&[hidden("alice"), Gap::Interrupted, hidden("bob")]);
    assert_eq!(gaps, [Gap::OwnersHidden { user: None, sockets: 4 }, Gap::Interrupted]);
}

#[test]
fn what_the_other_shows_all_along_must_be_there() {
    let us = Owner::Known(Arc::from([1_u32]));
    let look = |listeners: usize, opens: u64| {
        let rows = vec![(State::Listen, us.clone()); listeners];
        let counters = Counters { active_opens: Some(opens), ..Counters::default() };
        Look { before: counters, snapshot: table(&rows), after: counters }
    };
    let verdict = |here: usize, [one, two]: [usize; 2], opens: u64| {
        let (first, second) = (look(here, 1), look(here, 1));
        let others = [Ok(look(one, 1)), Ok(look(two, opens))];
        judge::others("other", true, &[&first, &second], &others).map(|check| check.verdict)
    };
    assert_eq!(verdict(200, [200, 200], 1), Some(Verdict::AsExpected));
    // What came or went between the other's looks need not be there.
    assert_eq!(verdict(190, [200, 190], 1), Some(Verdict::AsExpected));
    assert_eq!(verdict(199, [200, 200], 1), Some(Verdict::Differs));
    assert_eq!(verdict(199, [200, 200], 5), Some(Verdict::CouldNotTell));
    assert_eq!(verdict(190, [200, 200], 5), Some(Verdict::Differs));
}
