//! The language that says which sockets are meant: `state:close-wait process:java rport:443 age>5m not loopback`.
//!
//! Terms stand side by side or are joined by `and`, `or`, `not` and parentheses. A text is read once into a
//! [`Filter`], which then takes rows at the price of a few comparisons. What a row does not tell fits no
//! comparison, neither `recvq>1` nor `recvq!=1`; `not recvq>1` takes it.

mod choices;
mod complete;
mod error;
mod keys;
mod lexer;
mod matching;
mod network;
mod parse;
mod values;

pub use choices::{Choices, proposals};
pub use complete::{Completion, Offer, complete, is_begun};
pub use error::{Expected, FilterError, Problem, state_term, state_word};
pub use keys::{FLAGS, FlagLeaf, KEYS, Key, KeyLeaf, Kind};
pub use lexer::{Op, Piece, Term, Token, TokenKind, tokens};
pub use matching::Row;

use matching::{Described, fold};
use parse::{Expr, parse};

/// Which rows are meant. The normal one means every row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    text: String,
    expr: Expr,
    keys: Vec<Key>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { text: String::new(), expr: Expr::And(Vec::new()), keys: Vec::new() }
    }
}

impl Filter {
    /// Reads a filter. Fails at the first place that makes no sense.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let parsed = parse(text)?;
        Ok(Self { text: text.to_owned(), expr: parsed.expr, keys: parsed.keys })
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it takes every row because it says nothing.
    pub fn is_empty(&self) -> bool {
        self.expr == Expr::And(Vec::new())
    }

    /// Whether a term of it asks about this.
    pub fn asks(&self, key: Key) -> bool {
        self.keys.contains(&key)
    }

    /// Whether this row passes.
    pub fn matches(&self, row: &Row<'_>) -> bool {
        self.expr.passes(row, &Described::new())
    }

    /// The text of a filter that takes, of these rows, only those that a term takes as well.
    pub fn narrowed(&self, term: &str) -> String {
        let text = self.text.trim();
        let known = Self::parse(term).is_ok_and(|term| match &self.expr {
            Expr::And(all) => all.contains(&term.expr),
            expr => *expr == term.expr,
        });
        match &self.expr {
            _ if self.is_empty() => term.to_owned(),
            _ if known => text.to_owned(),
            Expr::Or(_) => format!("({text}) {term}"),
            _ => format!("{text} {term}"),
        }
    }
}

#[cfg(test)]
mod tests;
