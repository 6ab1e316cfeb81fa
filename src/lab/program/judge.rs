//! From connections to a verdict by process; pure.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::setup::Setup;
use super::state::{Connection, Fate, Holder, Judged, Party};

/// So many more dead connections than before mean that their number grows, and not that one took another's place.
const GROWTH: usize = 2;

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
        let weight = (party.judged, party.kept + party.unseen, party.connections);
        std::cmp::Reverse(weight)
    });
    parties
}

fn party(holder: Holder, connections: &[&Connection], setup: &Setup, now: Duration) -> Party {
    let mut party = Party {
        holder,
        connections: connections.len(),
        reconnects: reconnects(connections),
        closed_first: 0,
        unread: connections.iter().any(|it| it.unread),
        closed: 0,
        took: None,
        kept: 0,
        unseen: 0,
        kept_for: None,
        open: 0,
        not_made: 0,
        unknown: BTreeMap::new(),
        states: BTreeMap::new(),
        judged: Judged::Closes,
    };
    let mut times = Vec::new();
    let mut wait = Duration::ZERO;
    for connection in connections {
        match &connection.fate {
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
            Fate::Closed { took: None, .. } => party.closed_first += 1,
            Fate::Closed { took: Some(took), .. } => {
                party.closed += 1;
                times.push(*took);
            }
            Fate::NotMade(_) => party.not_made += 1,
            Fate::Unknown(why) => *party.unknown.entry(*why).or_default() += 1,
        }
        if let Some(state) = connection.their_state {
            *party.states.entry(state).or_default() += 1;
        }
    }
    times.sort_unstable();
    if let [least, .., most] | [least @ most] = times[..] {
        party.took = Some([least, times[times.len() / 2], most]);
    }
    party.judged = if party.kept + party.unseen > 0 {
        if grows(connections, setup, now) { Judged::Leaks } else { Judged::Keeps }
    } else if party.open > 0 {
        Judged::TooEarly(wait)
    } else if party.unknown.is_empty() && party.not_made == 0 {
        Judged::Closes
    } else {
        Judged::CouldNotTell
    };
    party
}

/// When the other end is known to have been left alone with a dead connection for longer than the grace.
fn kept_since(connection: &Connection, setup: &Setup, now: Duration) -> Option<Duration> {
    match connection.fate {
        Fate::Waiting { since } | Fate::Unseen { since } => {
            Some(since).filter(|since| now.saturating_sub(*since) >= setup.grace)
        }
        _ => None,
    }
}

/// Whether the number of dead connections grows. A pool that holds some and replaces each before it opens another
/// closes as many as it opens; a leak opens and closes none.
fn grows(connections: &[&Connection], setup: &Setup, now: Duration) -> bool {
    let kept = |it: &&&Connection| kept_since(it, setup, now).is_some();
    let Some(first) = connections.iter().filter_map(|it| kept_since(it, setup, now)).min() else {
        return false;
    };
    let added = connections.iter().filter(kept).filter(|it| it.came > first).count();
    let replaced = connections
        .iter()
        .filter(|it| it.came <= first)
        .filter(|it| matches!(it.fate, Fate::Closed { at, .. } if at > first))
        .count();
    added >= replaced + GROWTH
}

/// How many came after the first of them was over: closed by the other end, or treated by us.
fn reconnects(connections: &[&Connection]) -> usize {
    let over = |it: &&Connection| match it.fate {
        Fate::Open | Fate::NotMade(_) | Fate::Unknown(_) => None,
        Fate::Waiting { since } | Fate::Unseen { since } => Some(since),
        Fate::Closed { at, took } => Some(at.saturating_sub(took.unwrap_or_default())),
    };
    let Some(first) = connections.iter().filter_map(over).min() else { return 0 };
    connections.iter().filter(|it| it.came > first).count()
}

#[cfg(test)]
mod tests;
