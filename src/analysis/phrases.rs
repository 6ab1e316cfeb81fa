//! What the model's data is called in words, the same in the window, on the terminal and in reports.

mod events;
mod limits;
mod towards;

use std::collections::BTreeMap;

use super::diff::{Comparison, Fate, Holder};
use super::filter::{Expected, FilterError, Kind, Problem};
use crate::model::{Gap, Operation, Owner, PollFailure, Process, Snapshot, State};
use crate::text;
use crate::text::Text;

pub use events::{cause, event};
pub use limits::limited;
pub use towards::towards;

/// Who holds a socket: `feed-client 18422`, `was curl 19004`, `kernel, no owner`, `hidden: postgres`.
pub fn owner(owner: &Owner, processes: &BTreeMap<u32, Process>) -> Text {
    match owner {
        Owner::Known(pids) => {
            let names = pids.iter().map(|pid| {
                let name = processes.get(pid).map_or("", |process| process.name.as_str());
                process_label(name, *pid)
            });
            text!("owner.known", processes = join(names))
        }
        Owner::Remembered(was) => {
            let names = was.iter().map(|process| process_label(&process.name, process.pid));
            text!("owner.remembered", processes = join(names))
        }
        Owner::NoOwner => text!("owner.none"),
        Owner::NotAccepted => text!("owner.not_accepted"),
        Owner::Hidden { user: Some(user) } => text!("owner.hidden_user", user = &**user),
        Owner::Hidden { user: None } => text!("owner.hidden"),
    }
}

/// A process by name and pid; by its pid alone where the name could not be read.
pub fn process_label(name: &str, pid: u32) -> String {
    if name.is_empty() { format!("pid {pid}") } else { format!("{name} {pid}") }
}

fn join(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// What could not be seen, as a sentence.
pub fn gap(gap: &Gap) -> Text {
    match gap {
        Gap::OwnersHidden { user: Some(user), sockets } => {
            text!("gap.owners_hidden_user", n = *sockets, user = &**user)
        }
        Gap::OwnersHidden { user: None, sockets } => text!("gap.owners_hidden", n = *sockets),
        Gap::FamilyUnreadable { family, cause } => {
            text!("gap.family", family = family.name(), cause = cause.as_str())
        }
        Gap::RowsUnreadable { rows, cause } => text!("gap.rows", n = *rows, cause = cause.as_str()),
        Gap::UnknownState { rows } => text!("gap.unknown_state", n = *rows),
        Gap::NamesUnreadable { cause } => text!("gap.names", cause = cause.as_str()),
        Gap::OwnersElsewhere { sockets } => text!("gap.owners_elsewhere", n = *sockets),
        Gap::OwnersUnreadable { sockets, cause } => {
            text!("gap.owners_unreadable", n = *sockets, cause = cause.as_str())
        }
        Gap::Interrupted => text!("gap.interrupted"),
        Gap::Fallback { source, cause } => {
            text!("gap.fallback", source = source.as_str(), cause = cause.as_str())
        }
        Gap::OtherNamespaces { namespaces } => text!("gap.other_namespaces", n = *namespaces),
        Gap::Filtered { filter } => text!("gap.filtered", filter = filter.as_str()),
        Gap::Other(gap) => text!("gap.other", kind = gap.kind.as_str()),
    }
}

/// What a gap that loses no rows is called in a few words; none for one that has a place of its own, or none worth a
/// line.
pub fn gap_note(gap: &Gap) -> Option<Text> {
    match gap {
        Gap::OwnersElsewhere { sockets } => Some(text!("coverage.owners_elsewhere", n = *sockets)),
        Gap::OwnersUnreadable { sockets, .. } => {
            Some(text!("coverage.owners_unreadable", n = *sockets))
        }
        Gap::OtherNamespaces { namespaces } => {
            Some(text!("coverage.other_namespaces", n = *namespaces))
        }
        Gap::Fallback { source, .. } => Some(text!("coverage.fallback", source = source.as_str())),
        Gap::NamesUnreadable { .. } => Some(text!("coverage.names")),
        Gap::UnknownState { rows } => Some(text!("coverage.unknown_state", n = *rows)),
        Gap::OwnersHidden { .. }
        | Gap::FamilyUnreadable { .. }
        | Gap::RowsUnreadable { .. }
        | Gap::Interrupted
        | Gap::Filtered { .. }
        | Gap::Other(_) => None,
    }
}

/// How many owners are hidden, and from which users: `37 owners hidden: root 31, postgres 6`.
pub fn hidden_owners(snapshot: &Snapshot) -> Option<Text> {
    let mut total = 0_usize;
    let mut users = Vec::new();
    for gap in &snapshot.gaps {
        if let Gap::OwnersHidden { user, sockets } = gap {
            // A document may claim anything.
            total = total.saturating_add(*sockets);
            users.extend(user.as_ref().map(|user| (*sockets, user)));
        }
    }
    users.sort_by(|one, other| other.cmp(one));
    let users = join(users.into_iter().map(|(sockets, user)| format!("{user} {sockets}")));
    match (total, users.is_empty()) {
        (0, _) => None,
        (n, true) => Some(text!("coverage.owners_hidden", n = n)),
        (n, false) => Some(text!("coverage.owners_hidden_of", n = n, users = users)),
    }
}

/// Why there is no table.
pub fn poll_failure(failure: &PollFailure) -> Text {
    let source = failure.source.as_str();
    let cause = failure.cause.as_str();
    match failure.operation {
        Operation::ReadSocketTable => text!("failure.read", source = source, cause = cause),
        Operation::RunCollector => text!("failure.collector", source = source, cause = cause),
    }
}

/// The word for what became of a socket.
pub fn fate(fate: Fate) -> Text {
    match fate {
        Fate::Stuck => text!("fate.stuck"),
        Fate::Changed => text!("fate.changed"),
        Fate::New => text!("fate.new"),
        Fate::Gone => text!("fate.gone"),
    }
}

/// Who held sockets in either snapshot: `feed-client 18422 → 20117`.
pub fn holder(holder: &Holder) -> Text {
    match holder {
        Holder::Process { name, pid_a, pid_b } => {
            let label = match (pid_a, pid_b) {
                (Some(a), Some(b)) if a != b => format!("{} → {b}", process_label(name, *a)),
                (Some(pid), _) | (None, Some(pid)) => process_label(name, *pid),
                (None, None) => name.clone(),
            };
            text!("owner.known", processes = label)
        }
        Holder::Hidden(Some(user)) => text!("owner.hidden_user", user = &**user),
        Holder::Hidden(None) => text!("owner.hidden"),
        Holder::NotAccepted => text!("owner.not_accepted"),
        Holder::Kernel => text!("owner.none"),
    }
}

/// Which state other than CLOSE_WAIT changed most, in one sentence; none when no other changed.
pub fn largest_other_change(comparison: &Comparison) -> Option<Text> {
    let (a, b) = (comparison.counts_a, comparison.counts_b);
    let state = State::SHOWN
        .into_iter()
        .filter(|state| *state != State::CloseWait && a[*state] != b[*state])
        .max_by_key(|state| a[*state].abs_diff(b[*state]))?;
    Some(text!("verdict.other", state = state.name(), a = a[state], b = b[state]))
}

/// What a comparison says of CLOSE_WAIT, in one sentence.
///
/// Rows that went because their process was restarted are not called fixed.
pub fn comparison_verdict(comparison: &Comparison) -> Text {
    let (a, b) = (comparison.counts_a[State::CloseWait], comparison.counts_b[State::CloseWait]);
    if comparison.a.is_partial() || comparison.b.is_partial() {
        return text!("verdict.partial", a = a, b = b);
    }
    let stuck = comparison.count(Fate::Stuck);
    let restarted = comparison.holders.iter().find(|change| {
        change.holder.was_restarted() && change.a[State::CloseWait] > change.b[State::CloseWait]
    });
    match (a, b, restarted) {
        (0, 0, _) => text!("verdict.none"),
        (_, _, Some(change)) if b < a => {
            text!("verdict.restarted", a = a, b = b, process = holder(&change.holder))
        }
        (_, 0, _) => text!("verdict.all_gone", n = a),
        _ if b > a => text!("verdict.more", n = b - a, a = a, b = b, stuck = stuck),
        _ if b < a => text!("verdict.fewer", n = a - b, a = a, b = b, stuck = stuck),
        _ => text!("verdict.same", n = a, stuck = stuck),
    }
}

/// What is wrong with a filter's text, where, and what was expected there.
pub fn filter_error(text: &str, error: &FilterError) -> Text {
    let problem = match &error.problem {
        Problem::UnknownKey(name) => text!("filter.unknown_key", name = name.as_str()),
        Problem::NoValue(key) => text!("filter.no_value", key = key.name()),
        Problem::WrongValue(key, value) => {
            text!("filter.wrong_value", value = value.as_str(), key = key.name())
        }
        Problem::Backwards => text!("filter.backwards"),
        Problem::NoOrder(key) => text!("filter.no_order", key = key.name()),
        Problem::ExactTime(key) => text!("filter.exact_time", key = key.name()),
        Problem::NoKey => text!("filter.no_key"),
        Problem::NoTerm => text!("filter.no_term"),
        Problem::UnclosedQuote => text!("filter.unclosed_quote"),
        Problem::UnclosedParenthesis => text!("filter.unclosed_parenthesis"),
        Problem::UnopenedParenthesis => text!("filter.unopened_parenthesis"),
        Problem::TooDeep => text!("filter.too_deep"),
    };
    let column = error.column(text);
    match filter_expected(error.expected) {
        Some(expected) => {
            text!("filter.error", column = column, problem = problem, expected = expected)
        }
        None => text!("filter.error_alone", column = column, problem = problem),
    }
}

fn filter_expected(expected: Expected) -> Option<Text> {
    Some(match expected {
        Expected::Key => text!("filter.expected_key"),
        Expected::Value(Kind::State) => text!("filter.expected_state"),
        Expected::Value(Kind::Owner) => text!("filter.expected_owner"),
        Expected::Value(Kind::Timer) => text!("filter.expected_timer"),
        Expected::Value(Kind::Family) => text!("filter.expected_family"),
        Expected::Value(Kind::Address) => text!("filter.expected_address"),
        Expected::Value(Kind::Port) => text!("filter.expected_port"),
        Expected::Value(Kind::Number) => text!("filter.expected_number"),
        Expected::Value(Kind::Time) => text!("filter.expected_time"),
        Expected::Value(Kind::Name) => text!("filter.expected_name"),
        Expected::Unit => text!("filter.expected_unit"),
        Expected::Equality => text!("filter.expected_equality"),
        Expected::Order => text!("filter.expected_order"),
        Expected::Term => text!("filter.expected_term"),
        Expected::Quote => text!("filter.expected_quote"),
        Expected::Closing => text!("filter.expected_closing"),
        Expected::Nothing => return None,
    })
}
