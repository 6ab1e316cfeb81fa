//! What a result is called in words, wherever it is shown.

use super::{Check, Exhibit, Habit, Outcome};
use crate::model::State;
use crate::model::lab::{Basis, CallOutcome};
use crate::text;
use crate::text::Text;

/// How it is known what is expected.
pub fn basis_word(basis: Basis) -> Text {
    match basis {
        Basis::Measured => text!("lab_terminal.measured"),
        Basis::Documented => text!("lab_terminal.documented"),
        Basis::Unknown => text!("lab_terminal.not_known"),
    }
}

/// What a way to reconnect comes to.
pub fn outcome_word(outcome: Outcome) -> Text {
    match outcome {
        Outcome::Running => text!("lab_terminal.outcome.running"),
        Outcome::CutShort => text!("lab_terminal.outcome.cut_short"),
        Outcome::NotTried => text!("lab_terminal.outcome.not_tried"),
        Outcome::Works => text!("lab_terminal.outcome.works"),
        Outcome::Leaks => text!("lab_terminal.outcome.leaks"),
        Outcome::LeaksUnseen => text!("lab_terminal.outcome.leaks_unseen"),
        Outcome::Fails => text!("lab_terminal.outcome.fails"),
        Outcome::FailsAndLeaks => text!("lab_terminal.outcome.fails_and_leaks"),
    }
}

/// The columns of a table of habits. The second to the fifth hold numbers.
pub fn habit_header() -> [String; 8] {
    [
        text!("lab_terminal.habit").plain(),
        text!("lab_terminal.connected").plain(),
        text!("lab_terminal.descriptors").plain(),
        State::CloseWait.name().to_owned(),
        text!("lab_terminal.ports").plain(),
        text!("lab_terminal.server").plain(),
        text!("lab_terminal.error").plain(),
        text!("lab_terminal.comes_to").plain(),
    ]
}

/// A row under [`habit_header`].
pub fn habit_cells(habit: &Habit) -> [String; 8] {
    let server: Vec<String> =
        habit.server.iter().map(|(state, count)| format!("{} {count}", state.name())).collect();
    [
        habit.title.plain(),
        format!("{}/{}", habit.connects, habit.attempts.len()),
        habit.descriptors.to_string(),
        habit.close_wait.to_string(),
        habit.ports.to_string(),
        server.join(", "),
        habit.error.clone().unwrap_or_default(),
        outcome_word(habit.outcome).plain(),
    ]
}

/// The columns of a table of exhibits.
pub fn exhibit_header() -> [String; 4] {
    [
        text!("column.state"),
        text!("column.local"),
        text!("column.remote"),
        text!("lab_terminal.recipe"),
    ]
    .map(|title| title.plain())
}

/// A row under [`exhibit_header`].
pub fn exhibit_cells(exhibit: &Exhibit) -> [String; 4] {
    [
        exhibit.state.name().to_owned(),
        exhibit.local.to_string(),
        exhibit.remote.map(|remote| remote.to_string()).unwrap_or_default(),
        exhibit.recipe.plain(),
    ]
}

/// The columns of a table of checks.
pub fn check_header() -> [String; 5] {
    [
        text!("column.judged"),
        text!("column.expected"),
        text!("column.observed"),
        text!("lab_terminal.basis"),
        text!("column.verdict"),
    ]
    .map(|title| title.plain())
}

/// A row under [`check_header`].
pub fn check_cells(check: &Check) -> [String; 5] {
    [
        check.subject.plain(),
        check.expected.plain(),
        check.observed.plain(),
        basis_word(check.basis).plain(),
        check.verdict.to_string(),
    ]
}

/// What a call returned: its value, or its errno and what that means.
pub fn returned(outcome: &CallOutcome) -> String {
    match outcome {
        CallOutcome::Returned(value) => value.clone(),
        CallOutcome::Failed { errno, meaning } => format!("{errno}: {meaning}"),
    }
}
