//! Tables held against what is known. No socket is touched here.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use super::stage::Actor;
use crate::lab::result::Check;
use crate::model::lab::{Basis, Verdict};
use crate::model::{Counters, Gap, Limits, Owner, PollFailure, Snapshot, Socket, State};
use crate::text;
use crate::text::Text;

/// A table, and what the kernel counted before and after it was read.
pub(super) struct Look {
    pub(super) before: Counters,
    pub(super) snapshot: Snapshot,
    pub(super) after: Counters,
}

fn check(subject: &Text, expected: String, observed: String, verdict: Verdict) -> Check {
    Check {
        subject: subject.clone(),
        expected: expected.into(),
        observed: observed.into(),
        basis: Basis::Measured,
        verdict,
    }
}

const fn verdict(as_expected: bool) -> Verdict {
    if as_expected { Verdict::AsExpected } else { Verdict::Differs }
}

/// Whether the source itself answered, each time.
pub(super) fn answers(name: &str, looks: &[Result<Look, PollFailure>]) -> Check {
    let subject = text!("doctor.check.answers");
    let expected = name.to_owned();
    if let Some(failure) = looks.iter().find_map(|look| look.as_ref().err()) {
        return check(&subject, expected, failure.cause.clone(), Verdict::Differs);
    }
    let stand_in = looks.iter().flatten().find(|look| look.snapshot.source != name);
    if let Some(look) = stand_in {
        let cause = look.snapshot.gaps.iter().find_map(|gap| match gap {
            Gap::Fallback { cause, .. } => Some(cause.as_str()),
            _ => None,
        });
        let observed = format!("{} ({})", look.snapshot.source, cause.unwrap_or_default());
        return check(&subject, expected, observed, Verdict::Differs);
    }
    check(&subject, expected.clone(), expected, Verdict::AsExpected)
}

/// Who holds a row, as far as it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    ThisProcess,
    OtherProcess,
    NoProcess,
    NotAccepted,
    Hidden,
}

impl Holder {
    fn of(owner: &Owner) -> Self {
        match owner {
            Owner::Known(pids) if pids.contains(&std::process::id()) => Self::ThisProcess,
            Owner::Known(_) => Self::OtherProcess,
            Owner::Remembered(_) | Owner::NoOwner => Self::NoProcess,
            Owner::NotAccepted => Self::NotAccepted,
            Owner::Hidden { .. } => Self::Hidden,
        }
    }

    fn name(self) -> Text {
        match self {
            Self::ThisProcess => text!("doctor.this_process"),
            Self::OtherProcess => text!("doctor.other_process"),
            Self::NoProcess => text!("doctor.kernel"),
            Self::NotAccepted => text!("owner.not_accepted"),
            Self::Hidden => text!("owner.hidden"),
        }
    }
}

/// Whether each of our own rows is there, once, in its state, with its owner. `unkept` says why a row that no
/// process holds may be missing from a true table.
pub(super) fn rows(snapshot: &Snapshot, actors: &[&Actor], unkept: Option<&Text>) -> Vec<Check> {
    let judge = |actor: &&Actor| {
        let holder = if actor.held { Holder::ThisProcess } else { Holder::NoProcess };
        let expected = actor.state.map(|state| (state, holder));
        let found = snapshot.sockets.iter().filter(|row| is(row, actor));
        let found: Vec<_> = found.map(|row| (row.state, Holder::of(&row.owner))).collect();
        let judged =
            |observed, verdict| check(&actor.role, told(expected.as_slice()), observed, verdict);
        if found.is_empty() && expected.is_some() {
            if let Some(why) = unkept.filter(|_| !actor.held) {
                return judged(why.plain(), Verdict::CouldNotTell);
            }
            if snapshot.is_partial() {
                return judged(text!("doctor.partial").plain(), Verdict::CouldNotTell);
            }
        }
        judged(told(&found), verdict(found == expected.as_slice()))
    };
    actors.iter().map(judge).collect()
}

fn told(rows: &[(State, Holder)]) -> String {
    match rows {
        [] => text!("lab.check.no_row").plain(),
        [(state, holder)] => format!("{state}, {}", holder.name().plain()),
        rows => text!("doctor.rows", n = rows.len()).plain(),
    }
}

fn is(row: &Socket, actor: &Actor) -> bool {
    row.local == actor.local && row.remote == actor.remote
}

/// Whether the kernel may have let go of a connection that should have stayed in TIME_WAIT, because as many rows
/// are there as it keeps.
pub(super) fn time_wait_is_full(before: &Counters, after: &Counters, limits: &Limits) -> bool {
    let overflows = before.time_wait_overflows.zip(after.time_wait_overflows);
    let overflowed = overflows.is_some_and(|(before, after)| before != after);
    let full = |counters: &Counters| {
        counters.time_wait.zip(limits.max_time_wait).is_some_and(|(rows, most)| rows >= most)
    };
    overflowed || full(before) || full(after)
}

/// Whether there are as many rows as the kernel counts, where it does. Both counts are taken once before the table
/// is read and once after it, since others' sockets come and go meanwhile.
pub(super) fn counts(look: &Look) -> Vec<Check> {
    let [mut in_use, mut unsure, mut time_wait] = [0_u64; 3];
    for row in &look.snapshot.sockets {
        match row.state {
            State::TimeWait => time_wait += 1,
            // Small rows like those of TIME_WAIT, but full sockets while more than 60 s are left to them.
            State::FinWait2 if row.owner == Owner::NoOwner => unsure += 1,
            // Requests as a rule, which do not count as sockets; full sockets where both ends opened at once.
            State::SynReceived => unsure += 1,
            // Bound at most, and counted nowhere.
            State::Closed => {}
            _ => in_use += 1,
        }
    }
    let quiet = moving(&look.before) == moving(&look.after);
    let judge = |subject: Text, rows: u64, of: fn(&Counters) -> Option<u64>| {
        let (before, after) = (of(&look.before)?, of(&look.after)?);
        let (least, most) = (before.min(after), before.max(after));
        let kernel = if least == most { least.to_string() } else { format!("{least}-{most}") };
        let observed =
            if unsure == 0 { rows.to_string() } else { format!("{rows}-{}", rows + unsure) };
        let verdict = if rows <= most && rows + unsure >= least {
            Verdict::AsExpected
        } else if !quiet || look.snapshot.is_partial() {
            Verdict::CouldNotTell
        } else {
            Verdict::Differs
        };
        Some(check(&subject, kernel, observed, verdict))
    };
    let checks = [
        judge(text!("doctor.check.in_use"), in_use, |counters| counters.in_use),
        judge(text!("doctor.check.time_wait"), time_wait, |counters| counters.time_wait),
    ];
    checks.into_iter().flatten().collect()
}

/// What changes when a socket comes or goes, even when as many come as go.
fn moving(counters: &Counters) -> [Option<u64>; 4] {
    [counters.in_use, counters.time_wait, counters.active_opens, counters.passive_opens]
}

/// Whether our own sockets keep their cookies from poll to poll, and no two have the same; none where the source
/// tells no cookies.
pub(super) fn cookies(first: &Snapshot, last: &Snapshot, actors: &[&Actor]) -> Option<Check> {
    let of = |snapshot: &Snapshot, actor: &Actor| {
        snapshot.sockets.iter().find(|row| is(row, actor)).and_then(|row| row.cookie)
    };
    let pairs: Vec<_> = actors.iter().map(|actor| (of(first, actor), of(last, actor))).collect();
    let told = pairs.iter().filter(|(_, last)| last.is_some()).count();
    if told == 0 {
        return None;
    }
    let kept = pairs.iter().filter(|(first, last)| last.is_some() && first == last).count();
    let distinct = pairs.iter().filter_map(|(_, last)| *last).collect::<HashSet<_>>().len();
    Some(check(
        &text!("doctor.check.cookies"),
        text!("doctor.cookies", kept = told, distinct = told).plain(),
        text!("doctor.cookies", kept = kept, distinct = distinct).plain(),
        verdict(kept == told && distinct == told),
    ))
}

type Key = (SocketAddr, Option<SocketAddr>, State);

/// How often each row is in a table: listeners may share an address.
fn tally(snapshot: &Snapshot) -> HashMap<Key, usize> {
    let mut tally = HashMap::new();
    for row in &snapshot.sockets {
        *tally.entry((row.local, row.remote, row.state)).or_default() += 1;
    }
    tally
}

/// Whether what another source showed both before and after is in this one's table in between. `first` when this
/// one is asked before the other in each round.
pub(super) fn others(
    name: &str,
    first: bool,
    tables: &[&Look],
    others: &[Result<Look, PollFailure>],
) -> Option<Check> {
    let ([one, two], [Ok(before), Ok(after)]) = (tables, others) else { return None };
    let between = tally(&if first { two } else { one }.snapshot);
    // Bound sockets are in some tables and not in others, by what a source asks for.
    let stayed = |(key, count): &(&Key, usize)| key.2 != State::Closed && *count > 0;
    let quiet = moving(&before.before) == moving(&after.after);
    let (before, after) = (tally(&before.snapshot), tally(&after.snapshot));
    let lasting: Vec<(&Key, usize)> = before
        .iter()
        .map(|(key, count)| (key, (*count).min(after.get(key).copied().unwrap_or_default())))
        .filter(stayed)
        .collect();
    let all: usize = lasting.iter().map(|(_, count)| count).sum();
    let seen: usize = lasting
        .iter()
        .map(|(key, count)| (*count).min(between.get(*key).copied().unwrap_or_default()))
        .sum();
    let partial = tables.iter().any(|look| look.snapshot.is_partial());
    // While others' sockets move, an address may be used again between two looks, or its row passed by.
    let few = (all - seen) * 100 <= all;
    let missing = if partial || !quiet && few { Verdict::CouldNotTell } else { Verdict::Differs };
    Some(check(
        &text!("doctor.check.others", source = name),
        text!("doctor.rows", n = all).plain(),
        text!("doctor.rows", n = seen).plain(),
        if seen == all { Verdict::AsExpected } else { missing },
    ))
}

/// Whether a row has a fact.
type Has = fn(&Socket) -> bool;

/// Which facts any row has beside address, state and owner.
pub(super) fn tells(snapshot: &Snapshot) -> Vec<&'static str> {
    let facts: [(_, Has); 7] = [
        ("cookie", |row| row.cookie.is_some()),
        ("inode", |row| row.inode.is_some()),
        ("uid", |row| row.uid.is_some()),
        ("cgroup", |row| row.cgroup.is_some()),
        ("queues", |row| row.queues.is_some()),
        ("timer", |row| row.timer.is_some()),
        ("tcp_info", |row| row.tcp_info.is_some()),
    ];
    let told = |has: Has| snapshot.sockets.iter().any(has);
    facts.into_iter().filter(|(_, has)| told(*has)).map(|(name, _)| name).collect()
}

/// Gaps without the names of users.
pub(super) fn without_names(gaps: &[Gap]) -> Vec<Gap> {
    let hidden = |gap: &Gap| match gap {
        Gap::OwnersHidden { sockets, .. } => Some(*sockets),
        _ => None,
    };
    let sockets: usize = gaps.iter().filter_map(hidden).sum();
    let summed = (sockets > 0).then_some(Gap::OwnersHidden { user: None, sockets });
    let others = gaps.iter().filter(|gap| hidden(gap).is_none()).cloned();
    summed.into_iter().chain(others).collect()
}

/// The middle one; the higher of two.
pub(super) fn median(times: impl Iterator<Item = Duration>) -> Option<Duration> {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}
