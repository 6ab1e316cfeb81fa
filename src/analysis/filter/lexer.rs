//! A filter's text in pieces, each with its place. Any text has pieces; whether they make sense is the parser's
//! to say.

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use super::keys::KeyLeaf;

/// How a key is held against its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `:`, one of these; of a name, a part of it.
    Has,
    /// `=`, exactly one of these.
    Is,
    /// `!=`, none of these.
    IsNot,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Op {
    /// The operator at the beginning of a text, and its length in bytes. A colon may stand before a comparison.
    fn at(text: &str) -> Option<(Self, usize)> {
        const SIGNS: [(&str, Op); 8] = [
            ("!=", Op::IsNot),
            ("<=", Op::AtMost),
            (">=", Op::AtLeast),
            ("==", Op::Is),
            ("<", Op::Less),
            (">", Op::Greater),
            ("=", Op::Is),
            (":", Op::Has),
        ];
        let (sign, op) = SIGNS.into_iter().find(|(sign, _)| text.starts_with(sign))?;
        match Self::at(&text[sign.len()..]) {
            Some((compared, length)) if op == Self::Has && compared != Self::Has => {
                Some((compared, sign.len() + length))
            }
            _ => Some((op, sign.len())),
        }
    }

    /// Whether it needs values that have an order.
    pub const fn is_order(self) -> bool {
        matches!(self, Self::Less | Self::AtMost | Self::Greater | Self::AtLeast)
    }
}

/// A value or a word, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its place, quotes included.
    pub span: Range<usize>,
    /// What it says.
    pub text: String,
    /// Whether any of it stood in quotes.
    pub quoted: bool,
}

/// A key with what it is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The key as it is written.
    pub name: String,
    /// Where it stands.
    pub key: Range<usize>,
    /// How it is compared.
    pub op: Op,
    /// Where that stands.
    pub op_span: Range<usize>,
    /// The values between commas; empty ones are there, too.
    pub values: Vec<Piece>,
}

/// What a piece of the text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `and`
    And,
    /// `or`
    Or,
    /// `not`, or `-` before a term
    Not,
    /// `key:value`
    Term(Term),
    /// A word without a key.
    Word(Piece),
    /// A comparison without a key before it.
    Stray,
    /// A quote that does not end.
    Unclosed,
}

/// A piece of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its place in bytes, on the boundaries of characters.
    pub span: Range<usize>,
    /// What it is.
    pub kind: TokenKind,
}

/// The pieces of a text, in its order.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0 };
    std::iter::from_fn(|| lexer.next()).collect()
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn next(&mut self) -> Option<Token> {
        self.skip_space();
        let start = self.at;
        let mut ahead = self.rest().chars();
        let (first, second) = (ahead.next()?, ahead.next());
        let sign = match first {
            '(' => Some(TokenKind::Open),
            ')' => Some(TokenKind::Close),
            '-' if second.is_some_and(|c| !ends_word(c) || c == '(') => Some(TokenKind::Not),
            _ => None,
        };
        if let Some(kind) = sign {
            self.at += first.len_utf8();
            return Some(Token { span: start..self.at, kind });
        }
        let kind = match self.word() {
            Err(quote) => {
                self.at = self.text.len();
                return Some(Token { span: quote..self.at, kind: TokenKind::Unclosed });
            }
            Ok(word) => self.term(&word).unwrap_or_else(|| Ok(self.bare(word))),
        };
        Some(match kind {
            Ok(kind) => Token { span: start..self.at, kind },
            Err(quote) => {
                self.at = self.text.len();
                Token { span: quote..self.at, kind: TokenKind::Unclosed }
            }
        })
    }

    /// Passes what stands up to the next space or parenthesis outside quotes. `Err` is the quote that does not
    /// end.
    fn word(&mut self) -> Result<Range<usize>, usize> {
        let start = self.at;
        let mut quote = None;
        for (index, c) in self.text[start..].char_indices() {
            match c {
                '"' if quote.is_some() => quote = None,
                '"' => quote = Some(start + index),
                _ if quote.is_none() && ends_word(c) => {
                    self.at = start + index;
                    return Ok(start..self.at);
                }
                _ => {}
            }
        }
        self.at = self.text.len();
        quote.map_or(Ok(start..self.at), Err)
    }

    /// The term that begins with this word, if one does: spaces may stand around a comparison, and behind a colon
    /// or a comma.
    fn term(&mut self, word: &Range<usize>) -> Option<Result<TokenKind, usize>> {
        let text = &self.text[word.clone()];
        let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
        let key = word.start..word.start + length;
        let op_at = if length == text.len() && KeyLeaf::named(text).is_some() {
            // `age > 5m`
            let spaces = self.rest().len() - self.rest().trim_start().len();
            let op_at = self.at + spaces;
            Op::at(&self.text[op_at..]).filter(|(op, _)| *op != Op::Has)?;
            op_at
        } else {
            key.end
        };
        let (op, op_length) = Op::at(&self.text[op_at..])?;
        let op_span = op_at..op_at + op_length;
        if length == 0 && op != Op::Has {
            return Some(Ok(TokenKind::Stray));
        }
        if op_at == key.end && !is_key(text, length, op) {
            return None;
        }
        self.at = op_span.end;
        let name = self.text[key.clone()].to_owned();
        Some(self.values().map(|values| TokenKind::Term(Term { name, key, op, op_span, values })))
    }

    fn values(&mut self) -> Result<Vec<Piece>, usize> {
        let mut values = Vec::new();
        loop {
            if self.text[self.at..].starts_with(char::is_whitespace) {
                let before = self.at;
                self.skip_space();
                if self.rest().is_empty() || self.rest().starts_with(['(', ')']) {
                    self.at = before;
                }
            }
            let word = self.word()?;
            values.extend(split(self.text, word));
            // A comma at the end asks for more; the piece behind it is only empty if there is none.
            let more = values.len() > 1 && values.last().is_some_and(|last| last.span.is_empty());
            let rest = self.rest().trim_start();
            if !more || rest.is_empty() || rest.starts_with(['(', ')']) {
                return Ok(values);
            }
            values.pop();
        }
    }

    fn bare(&self, word: Range<usize>) -> TokenKind {
        let text = &self.text[word.clone()];
        for (name, kind) in
            [("and", TokenKind::And), ("or", TokenKind::Or), ("not", TokenKind::Not)]
        {
            if text.eq_ignore_ascii_case(name) {
                return kind;
            }
        }
        TokenKind::Word(piece(self.text, word))
    }
}

/// Whether the letters before an operator are meant as a key: an address has letters before a colon, too.
fn is_key(word: &str, letters: usize, op: Op) -> bool {
    let name = &word[..letters];
    if letters == 0 {
        return false;
    }
    let begins_address = op == Op::Has
        && (word.parse::<IpAddr>().is_ok()
            || word.parse::<SocketAddr>().is_ok()
            || letters <= 4 && name.bytes().all(|c| c.is_ascii_hexdigit()));
    KeyLeaf::named(name).is_some() || !begins_address
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')')
}

/// The parts between commas outside quotes.
fn split(text: &str, word: Range<usize>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = word.start;
    let mut quoted = false;
    for (index, c) in text[word.clone()].char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                pieces.push(piece(text, start..word.start + index));
                start = word.start + index + 1;
            }
            _ => {}
        }
    }
    pieces.push(piece(text, start..word.end));
    pieces
}

fn piece(text: &str, span: Range<usize>) -> Piece {
    let written = &text[span.clone()];
    Piece { span, text: written.replace('"', ""), quoted: written.contains('"') }
}
