//! What could be typed next, from the keys there are and the rows at hand.

use std::ops::Range;

use super::choices::{Choices, Counted, quoted};
use super::error::{state_word, words};
use super::keys::{FLAGS, KEYS, Key, Kind};
use super::lexer::{Op, Piece, TokenKind, tokens};
use super::matching::fold;
use super::network::NAMED;
use super::values::begins_another;
use super::{KeyLeaf, Term};
use crate::model::State;
use crate::text;
use crate::text::Text;

/// The most that is offered.
const MOST: usize = 8;

/// Something that could be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What stands in the text then.
    pub insert: String,
    /// What it means, or how many rows it is in.
    pub about: Option<Text>,
}

/// What could stand at a place of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The place in bytes that an offer replaces.
    pub span: Range<usize>,
    /// What is offered, likely ones first.
    pub offers: Vec<Offer>,
}

impl Completion {
    /// The text with the place replaced by an offer, and where the cursor stands then, in bytes.
    pub fn applied(&self, text: &str, offer: &Offer) -> (String, usize) {
        let before = text.get(..self.span.start).unwrap_or(text);
        let after = text.get(self.span.end..).unwrap_or_default();
        (format!("{before}{}{after}", offer.insert), before.len() + offer.insert.len())
    }
}

/// What could be typed where the cursor stands, a byte of the text; none where nothing is begun or it is whole
/// already.
pub fn complete(text: &str, cursor: usize, choices: &Choices) -> Option<Completion> {
    let typed = text.get(..cursor)?;
    let token = tokens(typed).pop().filter(|token| token.span.end == cursor)?;
    let (span, mut offers) = match token.kind {
        TokenKind::Word(piece) if !piece.quoted => {
            let offers = of_word(&piece.text, choices);
            (piece.span, offers)
        }
        TokenKind::Term(term) => of_value(&term, choices)?,
        // A key alone reads like a word; what `and` begins is nothing.
        _ => return None,
    };
    let begun = &typed[span.clone()];
    offers.retain(|offer| offer.insert != begun);
    // What stands behind the cursor belongs to the same word.
    let rest = text[cursor..].find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ','));
    let end = rest.map_or(text.len(), |length| cursor + length);
    offers.truncate(MOST);
    (!offers.is_empty()).then_some(Completion { span: span.start..end, offers })
}

/// Whether the word at the cursor reads as one thing and is likely to become another: the beginning of a key reads as a
/// text, that of CLOSE_WAIT as CLOSED.
pub fn is_begun(text: &str, cursor: usize) -> bool {
    let token = text.get(..cursor).and_then(|typed| tokens(typed).pop());
    let Some(token) = token.filter(|token| token.span.end == cursor) else { return false };
    match token.kind {
        TokenKind::Word(word) if !word.quoted => {
            let word = word.text.to_ascii_lowercase();
            KEYS.iter().any(|leaf| leaf.name.starts_with(&word))
        }
        TokenKind::Term(term)
            if KeyLeaf::named(&term.name).is_some_and(|it| it.key == Key::State) =>
        {
            let state = term.values.last().map(|value| (fold(&value.text), value.text.parse()));
            matches!(state, Some((text, Ok(state))) if begins_another(&text, state))
        }
        _ => false,
    }
}

/// Keys, flags, states and processes that a word may be the beginning of.
fn of_word(word: &str, choices: &Choices) -> Vec<Offer> {
    let begun = fold(word);
    let mut offers = Vec::new();
    for leaf in KEYS.iter().filter(|leaf| leaf.name.starts_with(&begun)) {
        let sign = if leaf.kind == Kind::Time { '>' } else { ':' };
        let insert = format!("{}{sign}", leaf.name);
        offers.push(Offer { insert, about: Some((leaf.about)()) });
    }
    for flag in FLAGS.iter().filter(|flag| flag.name.starts_with(&begun)) {
        offers.push(Offer { insert: flag.name.to_owned(), about: Some((flag.about)()) });
    }
    for state in State::SHOWN.iter().filter(|state| fold(state.name()).starts_with(&begun)) {
        offers.push(Offer {
            insert: format!("state:{}", state_word(*state)),
            about: Some(rows(choices.states[*state] as usize)),
        });
    }
    let names = choices.processes.iter().filter(|(name, _)| fold(name).contains(&begun));
    offers.extend(names.take(MOST).map(|(name, count)| Offer {
        insert: format!("process:{}", quoted(name)),
        about: Some(rows(*count)),
    }));
    offers
}

/// The values that the last one of a term may be the beginning of.
fn of_value(term: &Term, choices: &Choices) -> Option<(Range<usize>, Vec<Offer>)> {
    let key = KeyLeaf::named(&term.name)?.key;
    let value: &Piece = term.values.last()?;
    let begun = fold(&value.text);
    let offers = match key {
        Key::State => states(&begun, choices),
        Key::Process => names(&begun, &choices.processes),
        Key::User => names(&begun, &choices.users),
        Key::Remote => places(&begun, &[&choices.remotes]),
        Key::Local => places(&begun, &[&choices.locals]),
        Key::Address => places(&begun, &[&choices.remotes, &choices.locals]),
        Key::RemotePort => ports(term, &begun, &[&choices.remote_ports]),
        Key::LocalPort => ports(term, &begun, &[&choices.local_ports]),
        Key::Port => ports(term, &begun, &[&choices.remote_ports, &choices.local_ports]),
        Key::Age => times(&begun, ["5m", "1m", "1h"]),
        Key::RoundTrip => times(&begun, ["100ms", "10ms", "1s"]),
        Key::Owner | Key::Timer | Key::Family => words(key.leaf().kind)
            .into_iter()
            .filter(|word| fold(word).starts_with(&begun))
            .map(|insert| Offer { insert, about: None })
            .collect(),
        Key::Pid | Key::ReceiveQueue | Key::SendQueue | Key::Retransmits | Key::Cgroup => {
            Vec::new()
        }
    };
    Some((value.span.clone(), offers))
}

fn rows(count: usize) -> Text {
    text!("count.sockets", n = count)
}

/// States that have rows, then those that have none.
fn states(begun: &str, choices: &Choices) -> Vec<Offer> {
    let mut states: Vec<State> =
        State::SHOWN.into_iter().filter(|state| fold(state.name()).starts_with(begun)).collect();
    states.sort_by_key(|state| choices.states[*state] == 0);
    let offer = |state: State| Offer {
        insert: state_word(state),
        about: Some(rows(choices.states[state] as usize)),
    };
    states.into_iter().map(offer).collect()
}

/// Names that begin so, then those that have it elsewhere.
fn names(begun: &str, known: &Counted<String>) -> Vec<Offer> {
    let mut found: Vec<&(String, usize)> =
        known.iter().filter(|(name, _)| fold(name).contains(begun)).collect();
    found.sort_by_key(|(name, _)| !fold(name).starts_with(begun));
    let offer =
        |(name, count): &(String, usize)| Offer { insert: quoted(name), about: Some(rows(*count)) };
    found.into_iter().map(offer).collect()
}

fn places(begun: &str, known: &[&Counted<std::net::IpAddr>]) -> Vec<Offer> {
    let named = NAMED.iter().filter(|(name, _)| !begun.is_empty() && name.starts_with(begun));
    let named = named.map(|(name, _)| Offer { insert: (*name).to_owned(), about: None });
    let addresses = known.iter().flat_map(|counted| counted.iter());
    let addresses = addresses.map(|(ip, count)| (ip.to_string(), count));
    let addresses = addresses.filter(|(ip, _)| ip.starts_with(begun)).take(MOST);
    let offer = |(insert, count): (String, &usize)| Offer { insert, about: Some(rows(*count)) };
    named.chain(addresses.map(offer)).collect()
}

/// Ports that many rows have; behind `<` and `>` a port from the table is not what anybody means.
fn ports(term: &Term, begun: &str, known: &[&Counted<u16>]) -> Vec<Offer> {
    if !matches!(term.op, Op::Has | Op::Is | Op::IsNot) {
        return Vec::new();
    }
    let ports = known.iter().flat_map(|counted| counted.iter());
    let ports = ports.map(|(port, count)| (port.to_string(), count));
    let ports = ports.filter(|(port, _)| port.starts_with(begun)).take(MOST);
    ports.map(|(insert, count)| Offer { insert, about: Some(rows(*count)) }).collect()
}

fn times<const N: usize>(begun: &str, usual: [&str; N]) -> Vec<Offer> {
    let fitting = usual.into_iter().filter(|time| time.starts_with(begun));
    fitting.map(|time| Offer { insert: time.to_owned(), about: None }).collect()
}
