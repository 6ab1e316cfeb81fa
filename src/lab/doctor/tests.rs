use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::SystemTime;

use super::*;
use crate::model::{Counters, Host, Owner, Socket, State};
use crate::os::Silent;

/// What a source does to the truth.
type Twist = fn(&mut Snapshot);

/// A true source, whose tables are changed on the way.
struct Twisted(Box<dyn SocketSource>, Twist);

impl SocketSource for Twisted {
    fn name(&self) -> &'static str {
        "twisted"
    }

    fn is_live(&self) -> bool {
        true
    }

    fn poll(&mut self) -> Result<Option<Snapshot>, PollFailure> {
        let mut snapshot = self.0.poll()?;
        if let Some(snapshot) = &mut snapshot {
            "twisted".clone_into(&mut snapshot.source);
            (self.1)(snapshot);
        }
        Ok(snapshot)
    }
}

/// What never comes right is not waited for long.
const IMPATIENCE: Duration = Duration::from_millis(500);

/// The subjects that differ.
fn differing(twist: Twist, patience: Duration) -> Vec<String> {
    let source = Twisted(os::live_source(), twist);
    let shown = os::pair_probe().shows_unowned();
    let diagnosis = examine_with(vec![Box::new(source)], Box::new(Silent), shown, patience);
    let diagnosis = diagnosis.expect("loopback");
    let checks = diagnosis.sources.into_iter().flat_map(|source| source.checks);
    checks.filter(|check| check.verdict == Verdict::Differs).map(|check| check.subject).collect()
}

fn mine(row: &Socket) -> bool {
    row.owner.pids().contains(&std::process::id())
}

#[test]
fn what_is_shown_as_it_is_differs_nowhere() {
    assert_eq!(differing(|_| {}, PATIENCE), Vec::<String>::new());
}

#[test]
fn a_state_that_is_shown_wrongly_is_found() {
    let found = differing(
        |snapshot| {
            let wrong = |row: &&mut Socket| row.state == State::CloseWait;
            for row in snapshot.sockets.iter_mut().filter(wrong) {
                row.state = State::LastAck;
            }
        },
        IMPATIENCE,
    );
    assert!(found.contains(&"IPv4 closed by the peer, client".to_owned()), "{found:?}");
    assert!(!found.contains(&"IPv4 open connection, client".to_owned()), "{found:?}");
}

#[test]
fn a_row_that_is_missing_or_double_is_found() {
    let missing =
        differing(|snapshot| snapshot.sockets.retain(|row| row.state != State::Listen), IMPATIENCE);
    assert!(missing.contains(&"IPv4 listener".to_owned()), "{missing:?}");
    let double = differing(
        |snapshot| {
            let rows: Vec<Socket> =
                snapshot.sockets.iter().filter(|row| mine(row)).cloned().collect();
            snapshot.sockets.extend(rows);
        },
        IMPATIENCE,
    );
    assert!(double.contains(&"IPv4 listener".to_owned()), "{double:?}");
}

#[test]
fn an_owner_that_is_another_or_none_is_found() {
    for owner in [Owner::NoOwner, Owner::Known(Arc::from([1_u32]))] {
        let twist: Twist = match owner {
            Owner::NoOwner => |snapshot| disown(snapshot, &Owner::NoOwner),
            _ => |snapshot| disown(snapshot, &Owner::Known(Arc::from([1_u32]))),
        };
        let found = differing(twist, IMPATIENCE);
        assert!(found.contains(&"IPv4 open connection, peer".to_owned()), "{owner:?}: {found:?}");
    }
}

fn disown(snapshot: &mut Snapshot, owner: &Owner) {
    for row in &mut snapshot.sockets {
        row.owner = owner.clone();
    }
}

#[test]
fn cookies_that_change_or_are_shared_are_found() {
    let found = differing(
        |snapshot| {
            for row in &mut snapshot.sockets {
                row.cookie = NonZeroU64::new(7);
            }
        },
        IMPATIENCE,
    );
    assert_eq!(found, ["cookies of our sockets at two polls"]);
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
            })
        }
    }
    let sources: Vec<Box<dyn SocketSource>> = vec![Box::new(Broken), os::live_source()];
    let shown = os::pair_probe().shows_unowned();
    let diagnosis = examine_with(sources, Box::new(Silent), shown, IMPATIENCE);
    let diagnosis = diagnosis.expect("loopback");
    let broken = &diagnosis.sources[0].checks;
    assert_eq!((broken.len(), broken[0].observed.as_str()), (1, "EIO"));
    assert_eq!(broken[0].verdict, Verdict::Differs);
    assert_eq!(diagnosis.trusted().map(|source| &source.name), Some(&diagnosis.sources[1].name));
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
