//! What can be wrong with a filter, where, and what would mend it.

use std::ops::Range;

use super::keys::{KEYS, Key, Kind};
use super::matching::{FAMILIES, OWNERS};
use crate::model::{State, TimerKind};

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No key has this name.
    UnknownKey(String),
    /// Nothing stands behind a key.
    NoValue(Key),
    /// What stands behind a key is not what it takes.
    WrongValue(Key, String),
    /// A range whose end lies before its beginning.
    Backwards,
    /// `<` or `>` with values that have no order.
    NoOrder(Key),
    /// One exact length of time, which no row ever has.
    ExactTime(Key),
    /// A comparison without a key before it.
    NoKey,
    /// `and`, `or`, `not` or a parenthesis without a term.
    NoTerm,
    /// A quote that does not end.
    UnclosedQuote,
    /// A parenthesis that does not end.
    UnclosedParenthesis,
    /// A parenthesis that ends nothing.
    UnopenedParenthesis,
    /// More parentheses or `not` within each other than anybody means.
    TooDeep,
}

/// What should have stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A key, or quotes around a text.
    Key,
    /// What a key takes.
    Value(Kind),
    /// A number's unit of time.
    Unit,
    /// `:` or `=`.
    Equality,
    /// `<` or `>`.
    Order,
    /// A term.
    Term,
    /// `"`
    Quote,
    /// `)`
    Closing,
    /// Nothing: it should not stand there.
    Nothing,
}

/// A text that is no filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The place in bytes, on the boundaries of characters; empty where something is missing.
    pub span: Range<usize>,
    /// What is wrong there.
    pub problem: Problem,
    /// What was expected.
    pub expected: Expected,
}

/// The most mends that are offered.
const MENDS: usize = 3;

impl FilterError {
    /// The column of the place, counted in characters from 1.
    pub fn column(&self, text: &str) -> usize {
        text.get(..self.span.start).unwrap_or(text).chars().count() + 1
    }

    /// Whether the text may still be on its way to a filter: nothing is wrong but that it ends too early.
    pub fn is_unfinished(&self, text: &str) -> bool {
        let at_end = self.span.end >= text.trim_end().len();
        at_end
            && matches!(
                self.problem,
                Problem::NoValue(_)
                    | Problem::NoTerm
                    | Problem::UnclosedQuote
                    | Problem::UnclosedParenthesis
            )
    }

    /// Texts that could stand at the place instead, likely ones first; none when there is nothing to guess.
    pub fn mends(&self, text: &str) -> Vec<String> {
        let written = text.get(self.span.clone()).unwrap_or_default();
        match (&self.problem, self.expected) {
            (Problem::UnknownKey(name), _) => {
                let names = KEYS.iter().map(|leaf| leaf.name.to_owned());
                nearest(name, names)
            }
            (Problem::WrongValue(..), Expected::Unit) => {
                let digits = written.trim_end_matches(|c: char| !c.is_ascii_digit());
                let number = if digits.is_empty() { "5" } else { digits };
                ["s", "m", "h"].map(|unit| format!("{number}{unit}")).to_vec()
            }
            (Problem::WrongValue(_, value), Expected::Value(kind)) => nearest(value, words(kind)),
            (Problem::Backwards, _) => match written.split_once('-') {
                Some((from, to)) => vec![format!("{to}-{from}")],
                None => Vec::new(),
            },
            (Problem::ExactTime(_), _) => vec![">".to_owned(), "<".to_owned()],
            (Problem::NoOrder(_), _) => vec![":".to_owned()],
            (Problem::UnclosedParenthesis, _) => vec![format!("{written})")],
            (Problem::UnclosedQuote, _) => vec![format!("{written}\"")],
            (Problem::UnopenedParenthesis, _) => vec![String::new()],
            _ => Vec::new(),
        }
    }

    /// The whole text with the place replaced.
    pub fn mended(&self, text: &str, mend: &str) -> String {
        let before = text.get(..self.span.start).unwrap_or(text);
        let after = text.get(self.span.end..).unwrap_or_default();
        format!("{before}{mend}{after}")
    }
}

/// The words that a key of this kind takes, where they can be counted.
pub fn words(kind: Kind) -> Vec<String> {
    match kind {
        Kind::State => State::SHOWN.map(state_word).to_vec(),
        Kind::Owner => OWNERS.iter().map(|(name, _)| (*name).to_owned()).collect(),
        Kind::Timer => TimerKind::ALL.map(|kind| kind.name().to_owned()).to_vec(),
        Kind::Family => FAMILIES.iter().map(|name| (*name).to_owned()).collect(),
        Kind::Address | Kind::Port | Kind::Number | Kind::Time | Kind::Name => Vec::new(),
    }
}

/// A state as it is typed: `close-wait`.
pub fn state_word(state: State) -> String {
    state.name().to_ascii_lowercase().replace('_', "-")
}

/// The term that asks for one state: `state:close-wait`.
pub fn state_term(state: State) -> String {
    format!("{}:{}", Key::State.name(), state_word(state))
}

/// The candidates that could have been meant, the nearest first.
fn nearest(typed: &str, candidates: impl IntoIterator<Item = String>) -> Vec<String> {
    let typed = typed.to_lowercase();
    let mut near: Vec<(usize, String)> = candidates
        .into_iter()
        .map(|candidate| (distance(&typed, &candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= 1 + candidate.len() / 4 || candidate.starts_with(typed.as_str())
        })
        .collect();
    near.sort();
    near.truncate(MENDS);
    near.into_iter().map(|(_, candidate)| candidate).collect()
}

/// How many letters must be put in, left out, replaced, or swapped with their neighbour, to make one word of the
/// other.
fn distance(one: &str, other: &str) -> usize {
    // What is longer than any candidate is near to none; a pasted novel shall not be compared.
    const LONGEST: usize = 32;
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len() > LONGEST {
        return one.len();
    }
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for i in 1..=one.len() {
        let mut next = vec![i];
        for j in 1..=other.len() {
            let replaced = row[j - 1] + usize::from(one[i - 1] != other[j - 1]);
            let mut least = replaced.min(row[j] + 1).min(next[j - 1] + 1);
            let swapped =
                i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
            if swapped {
                least = least.min(above[j - 2] + 1);
            }
            next.push(least);
        }
        above = std::mem::replace(&mut row, next);
    }
    row[other.len()]
}
