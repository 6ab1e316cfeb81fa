//! From connections to a verdict by process; pure.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::setup::{CONNECT, Setup, Side, Treatment};
use super::state::{Connection, Fate, Holder, Judged, Party, Unknown};

/// So many more dead connections than before mean that their number grows, and not that one took another's place.
const GROWTH: i32 = 2;

/// The connections by who has the other end, the worst first.
pub(super) fn parties(connections: &[Arc<Connection>], setup: &Setup, now: Duration) -> Vec<Party> {
    let mut by_holder: BTreeMap<&Holder, Vec<&Connection>> = BTreeMap::new();
    for connection in connections {
        by_holder.entry(&connection.holder).or_default().push(connection);
    }
    let mut parties: Vec<Party> = by_holder
        .into_iter()
        .map(|(holder, connections)| party(holder.clone(), &connections, setup, now))
        .collect();
    parties.sort_by_key(|party| {
        let weight = (party.judged, party.kept + party.unseen + party.gone, party.connections);
        std::cmp::Reverse(weight)
    });
    parties
}

fn party(holder: Holder, connections: &[&Connection], setup: &Setup, now: Duration) -> Party {
    let mut party = none_of(holder);
    party.connections = connections.len();
    party.reconnects = reconnects(connections, setup);
    party.unread = connections.iter().any(|it| it.unread);
    let never_reads = setup.treatment == Treatment::NeverRead;
    let mut times = Vec::new();
    let mut wait = Duration::ZERO;
    for connection in connections {
        match &connection.fate {
            Fate::Connecting => {
                party.open += 1;
                let most = connection.came + CONNECT + setup.after + setup.grace;
                wait = wait.max(most.saturating_sub(now));
            }
            // Its sending may block at any time, or never.
            Fate::Open if never_reads && now.saturating_sub(connection.came) >= setup.grace => {
                party.idle += 1;
            }
            Fate::Open if never_reads => {
                party.open += 1;
                wait = wait.max((connection.came + setup.grace).saturating_sub(now));
            }
            Fate::Open => {
                party.open += 1;
                wait = wait.max((connection.came + setup.after + setup.grace).saturating_sub(now));
            }
            Fate::Waiting { since } | Fate::Unseen { since } => {
                let lasted = now.saturating_sub(*since);
                if lasted < setup.grace {
                    party.open += 1;
                    wait = wait.max(setup.grace.saturating_sub(lasted));
                } else {
                    let unseen = matches!(connection.fate, Fate::Unseen { .. });
                    *(if unseen { &mut party.unseen } else { &mut party.kept }) += 1;
                    party.kept_for = party.kept_for.max(Some(lasted));
                }
            }
            Fate::Unreached { since, obstacle } => {
                let lasted = now.saturating_sub(*since);
                if lasted < setup.grace {
                    party.open += 1;
                    wait = wait.max(setup.grace.saturating_sub(lasted));
                } else {
                    party.unreached += 1;
                    party.obstacle.get_or_insert(*obstacle);
                }
            }
            Fate::Closed { took: None, .. } => party.closed_first += 1,
            Fate::Closed { took: Some(took), kept, .. }
                if connection.with_process && !is_late(*kept, setup) =>
            {
                party.with_process += 1;
                party.ended_after = party.ended_after.max(Some(*took));
            }
            Fate::Closed { took: Some(took), kept, .. } => {
                party.closed += 1;
                if is_late(*kept, setup) {
                    party.late += 1;
                    party.late_as_ended += usize::from(connection.with_process);
                } else {
                    party.prompt = party.prompt.max(Some(*took));
                }
                times.push(*took);
            }
            Fate::NotMade(_) | Fate::NoAnswer { .. } => party.not_made += 1,
            Fate::Unknown { kept: Some(kept), .. } if is_late(*kept, setup) => {
                party.gone += 1;
                party.kept_for = party.kept_for.max(Some(*kept));
            }
            Fate::Unknown { why: Unknown::NotAsked | Unknown::NotLooked, at, kept }
                if now.saturating_sub(at.saturating_sub(kept.unwrap_or_default()))
                    < setup.grace =>
            {
                party.open += 1;
                wait = wait.max(setup.grace);
            }
            Fate::Unknown { why, .. } => *party.unknown.entry(*why).or_default() += 1,
        }
        if let Some(state) = connection.their_state {
            *party.states.entry(state).or_default() += 1;
        }
    }
    party.took = spread(times);
    party.judged = judged(&party, connections, setup, wait, now);
    party
}

/// Nobody's connections yet.
const fn none_of(holder: Holder) -> Party {
    Party {
        holder,
        connections: 0,
        reconnects: 0,
        closed_first: 0,
        unread: false,
        closed: 0,
        with_process: 0,
        ended_after: None,
        late: 0,
        late_as_ended: 0,
        took: None,
        prompt: None,
        kept: 0,
        unseen: 0,
        gone: 0,
        kept_for: None,
        unreached: 0,
        obstacle: None,
        open: 0,
        idle: 0,
        not_made: 0,
        unknown: BTreeMap::new(),
        states: BTreeMap::new(),
        judged: Judged::Closes,
    }
}

/// The shortest, the middle and the longest of these times; none where there is none.
fn spread(mut times: Vec<Duration>) -> Option<[Duration; 3]> {
    times.sort_unstable();
    Some([*times.first()?, times[times.len() / 2], *times.last()?])
}

/// What follows from the numbers; `wait` is how long it takes at most until more can be said.
fn judged(
    party: &Party,
    connections: &[&Connection],
    setup: &Setup,
    wait: Duration,
    now: Duration,
) -> Judged {
    let never_reads = setup.treatment == Treatment::NeverRead;
    // What was kept stays so: once its process has ended, the system has closed all of it.
    if party.kept + party.unseen + party.gone + party.late > 0 {
        if grew(connections, setup, now) { Judged::Leaks } else { Judged::Keeps }
    } else if party.open > 0 {
        Judged::TooEarly(wait)
    } else if !party.unknown.is_empty() || party.not_made > 0 {
        Judged::CouldNotTell
    } else if party.with_process + party.unreached > 0
        || party.closed == 0 && (setup.treatment.waits() || never_reads)
    {
        Judged::NotTried
    } else {
        Judged::Closes
    }
}

/// Whether an end that was kept for so long was kept too long. Giving up on a peer that does nothing is never late.
pub(super) fn is_late(kept: Duration, setup: &Setup) -> bool {
    setup.treatment.waits() && kept >= setup.grace
}

/// Since when the other end was left alone with a dead connection, where that lasted longer than the grace.
fn kept_since(connection: &Connection, setup: &Setup, now: Duration) -> Option<Duration> {
    match connection.fate {
        Fate::Waiting { since } | Fate::Unseen { since } => {
            Some(since).filter(|since| now.saturating_sub(*since) >= setup.grace)
        }
        Fate::Closed { at, took: Some(took), kept } if is_late(kept, setup) => {
            Some(at.saturating_sub(took))
        }
        Fate::Unknown { at, kept: Some(kept), .. } if is_late(kept, setup) => {
            Some(at.saturating_sub(kept))
        }
        _ => None,
    }
}

/// Whether the number of dead connections ever grew. A pool that holds some and replaces each before it opens another
/// closes as many as it opens; a leak opens and closes none, until its process ends and the system closes all.
fn grew(connections: &[&Connection], setup: &Setup, now: Duration) -> bool {
    let kept = |it: &&Connection| kept_since(it, setup, now);
    let Some(first) = connections.iter().filter_map(kept).min() else { return false };
    // When one more was dead than at first, and when one fewer.
    let mut changes = Vec::new();
    for connection in connections {
        // What is out of sight may be closed.
        let over = match connection.fate {
            Fate::Closed { at, .. } | Fate::Unknown { at, .. } => Some(at),
            _ => None,
        };
        if connection.came <= first {
            changes.extend(over.filter(|at| *at > first).map(|at| (at, -1)));
        } else if let Some(since) = kept(connection) {
            changes.push((since + setup.grace, 1));
            changes.extend(over.map(|at| (at, -1)));
        }
    }
    // Of two at the same time, the close is first.
    changes.sort_unstable();
    let mut more = 0;
    changes.iter().any(|(_, change)| {
        more += change;
        more >= GROWTH
    })
}

/// How many came to our listener after the first of them was over: closed by the other end, or ended by us. A peer that
/// does nothing ends nothing, and what our client connects is no reconnect of anybody's.
fn reconnects(connections: &[&Connection], setup: &Setup) -> usize {
    if matches!(setup.side, Side::Client { .. }) {
        return 0;
    }
    let ended_by_us = |since: Duration| Some(since).filter(|_| setup.treatment.waits());
    let over = |it: &&Connection| match it.fate {
        Fate::Waiting { since } | Fate::Unseen { since } => ended_by_us(since),
        Fate::Closed { at, took, .. } | Fate::Unknown { at, kept: took, .. } => {
            took.and_then(|took| ended_by_us(at.saturating_sub(took))).or(Some(at))
        }
        _ => None,
    };
    let Some(first) = connections.iter().filter_map(over).min() else { return 0 };
    connections.iter().filter(|it| it.came > first).count()
}

#[cfg(test)]
mod tests;
