//! From pieces to an expression: `or` binds loosest, then `and`, which need not be written, then `not`.

use std::ops::Range;

use super::error::{Expected, FilterError, Problem};
use super::keys::{Key, KeyLeaf};
use super::lexer::{Term, Token, TokenKind, tokens};
use super::matching::{Described, Row, Test};
use super::values;

/// How deep parentheses and `not` may lie within each other; reading and matching go down as deep.
const DEEPEST: usize = 64;

/// What a filter asks of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// All of these; of none, every row.
    And(Vec<Expr>),
    /// Any of these.
    Or(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// This.
    Test(Test),
}

impl Expr {
    /// Whether the row passes.
    pub fn passes(&self, row: &Row<'_>, described: &Described) -> bool {
        match self {
            Self::And(all) => all.iter().all(|part| part.passes(row, described)),
            Self::Or(any) => any.iter().any(|part| part.passes(row, described)),
            Self::Not(inner) => !inner.passes(row, described),
            Self::Test(test) => test.fits(row, described),
        }
    }

    fn cost(&self) -> u8 {
        match self {
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().map(Self::cost).max().unwrap_or_default()
            }
            Self::Not(inner) => inner.cost(),
            Self::Test(test) => test.cost(),
        }
    }
}

/// A text that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What it asks, what costs least first.
    pub expr: Expr,
    /// The keys that stand in it.
    pub keys: Vec<Key>,
}

/// Reads a filter.
pub fn parse(text: &str) -> Result<Parsed, FilterError> {
    let mut parser =
        Parser { end: text.trim_end().len(), tokens: tokens(text), at: 0, keys: Vec::new() };
    if parser.tokens.is_empty() {
        return Ok(Parsed { expr: Expr::And(Vec::new()), keys: Vec::new() });
    }
    let expr = parser.or(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(Parsed { expr, keys: parser.keys }),
        // Only a parenthesis that ends nothing stops the reading before the end.
        Some(token) => Err(FilterError {
            span: token.span.clone(),
            problem: Problem::UnopenedParenthesis,
            expected: Expected::Nothing,
        }),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    /// Where the text ends, but for spaces.
    end: usize,
    keys: Vec<Key>,
}

impl Parser {
    fn next_is(&self, kind: &TokenKind) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.kind == *kind)
    }

    fn take(&mut self, kind: &TokenKind) -> bool {
        let taken = self.next_is(kind);
        self.at += usize::from(taken);
        taken
    }

    /// The place of what comes next; the end of the text where nothing does.
    fn here(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.end..self.end, |token| token.span.clone())
    }

    fn or(&mut self, depth: usize) -> Result<Expr, FilterError> {
        let mut any = vec![self.and(depth)?];
        while self.take(&TokenKind::Or) {
            any.push(self.and(depth)?);
        }
        Ok(join(any, Expr::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Expr, FilterError> {
        let mut all = vec![self.not(depth)?];
        loop {
            let said = self.take(&TokenKind::And);
            let ends = self.at == self.tokens.len()
                || self.next_is(&TokenKind::Or)
                || self.next_is(&TokenKind::Close);
            if ends && !said {
                return Ok(join(all, Expr::And));
            }
            all.push(self.not(depth)?);
        }
    }

    fn not(&mut self, depth: usize) -> Result<Expr, FilterError> {
        let span = self.here();
        let failed = |problem, expected| Err(FilterError { span: span.clone(), problem, expected });
        if depth == DEEPEST {
            return failed(Problem::TooDeep, Expected::Nothing);
        }
        let Some(token) = self.tokens.get(self.at).cloned() else {
            return failed(Problem::NoTerm, Expected::Term);
        };
        self.at += 1;
        match token.kind {
            TokenKind::Not => Ok(Expr::Not(Box::new(self.not(depth + 1)?))),
            TokenKind::Open => self.group(depth + 1, token.span),
            TokenKind::Term(term) => self.term(&term),
            TokenKind::Word(word) => {
                Ok(Expr::Test(Test { fact: values::bare(&word), negated: false }))
            }
            TokenKind::Stray => failed(Problem::NoKey, Expected::Key),
            TokenKind::Unclosed => failed(Problem::UnclosedQuote, Expected::Quote),
            TokenKind::Close if depth == 0 && self.at == 1 => {
                failed(Problem::UnopenedParenthesis, Expected::Nothing)
            }
            TokenKind::Close | TokenKind::And | TokenKind::Or => {
                failed(Problem::NoTerm, Expected::Term)
            }
        }
    }

    fn group(&mut self, depth: usize, open: Range<usize>) -> Result<Expr, FilterError> {
        let inner = self.or(depth)?;
        if self.take(&TokenKind::Close) {
            return Ok(inner);
        }
        Err(FilterError {
            span: open.start..self.end,
            problem: Problem::UnclosedParenthesis,
            expected: Expected::Closing,
        })
    }

    fn term(&mut self, term: &Term) -> Result<Expr, FilterError> {
        let Some(leaf) = KeyLeaf::named(&term.name) else {
            return Err(FilterError {
                span: term.key.clone(),
                problem: Problem::UnknownKey(term.name.clone()),
                expected: Expected::Key,
            });
        };
        self.keys.push(leaf.key);
        Ok(Expr::Test(values::read(leaf.key, term)?))
    }
}

/// One part is itself; several are sorted, so that what decides cheaply decides first.
fn join(mut parts: Vec<Expr>, make: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    parts.sort_by_key(Expr::cost);
    make(parts)
}
