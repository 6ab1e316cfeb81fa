//! What stands behind a key, read into what rows are held against.

use std::ops::RangeInclusive;

use super::error::{Expected, FilterError, Problem};
use super::keys::{Key, Kind};
use super::lexer::{Op, Piece, Term};
use super::matching::{Amount, Ends, FAMILIES, Fact, Name, OWNERS, Ranges, Test, fold, state_bit};
use super::network::Place;
use crate::model::{State, TimerKind};

/// The test that a term means.
pub fn read(key: Key, term: &Term) -> Result<Test, FilterError> {
    let kind = key.leaf().kind;
    if term.op.is_order() && !kind.is_ordered() {
        return Err(FilterError {
            span: term.op_span.clone(),
            problem: Problem::NoOrder(key),
            expected: Expected::Equality,
        });
    }
    if let Some(empty) = term.values.iter().find(|value| value.text.is_empty()) {
        return Err(FilterError {
            span: empty.span.clone(),
            problem: Problem::NoValue(key),
            expected: Expected::Value(kind),
        });
    }
    let fact = Reader { key, kind, term }.fact()?;
    Ok(Test { fact, negated: term.op == Op::IsNot })
}

struct Reader<'a> {
    key: Key,
    kind: Kind,
    term: &'a Term,
}

impl Reader<'_> {
    fn fact(&self) -> Result<Fact, FilterError> {
        Ok(match self.key {
            Key::State => Fact::State(self.set(|text| text.parse().ok().map(state_bit))?),
            Key::Owner => Fact::Owner(self.set(owner)?),
            Key::Timer => Fact::Timer(self.each(timer)?),
            Key::Family => Fact::Family(self.each(family)?),
            Key::Local => Fact::Place(Ends::Local, self.each(Place::read)?),
            Key::Remote => Fact::Place(Ends::Remote, self.each(Place::read)?),
            Key::Address => Fact::Place(Ends::Either, self.each(Place::read)?),
            Key::LocalPort => Fact::Port(Ends::Local, self.numbers(u16::MAX.into())?),
            Key::RemotePort => Fact::Port(Ends::Remote, self.numbers(u16::MAX.into())?),
            Key::Port => Fact::Port(Ends::Either, self.numbers(u16::MAX.into())?),
            Key::Pid => Fact::Pid(self.numbers(u32::MAX.into())?),
            Key::ReceiveQueue => self.amount(Amount::ReceiveQueue)?,
            Key::SendQueue => self.amount(Amount::SendQueue)?,
            Key::Retransmits => self.amount(Amount::Retransmits)?,
            Key::Cgroup => self.amount(Amount::Cgroup)?,
            Key::RoundTrip => Fact::Amount(Amount::RoundTripMicros, self.times()?),
            Key::Age => Fact::Age(self.times()?),
            Key::Process => Fact::Process(self.names()),
            Key::User => Fact::User(self.names()),
        })
    }

    fn wrong(&self, value: &Piece, expected: Expected) -> FilterError {
        let problem = Problem::WrongValue(self.key, value.text.clone());
        FilterError { span: value.span.clone(), problem, expected }
    }

    fn each<T>(&self, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, FilterError> {
        let values = self.term.values.iter();
        values
            .map(|value| {
                read(&value.text).ok_or_else(|| self.wrong(value, Expected::Value(self.kind)))
            })
            .collect()
    }

    /// The bits of all values together.
    fn set<T: Default + std::ops::BitOr<Output = T>>(
        &self,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<T, FilterError> {
        Ok(self.each(read)?.into_iter().fold(T::default(), |set, bit| set | bit))
    }

    fn amount(&self, amount: Amount) -> Result<Fact, FilterError> {
        Ok(Fact::Amount(amount, self.numbers(u64::MAX)?))
    }

    fn names(&self) -> Vec<Name> {
        let whole = self.term.op != Op::Has;
        let name = |value: &Piece| Name {
            folded: fold(&value.text),
            whole,
            number: value.text.parse().ok(),
        };
        self.term.values.iter().map(name).collect()
    }

    fn numbers(&self, most: u64) -> Result<Ranges, FilterError> {
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
            text.parse().ok().filter(|number| digits && *number <= most)
        };
        self.ranges(|text| number(text).ok_or(Expected::Value(self.kind)))
    }

    fn times(&self) -> Result<Ranges, FilterError> {
        let ranges = self.ranges(time)?;
        let single = matches!(self.term.op, Op::Has | Op::Is | Op::IsNot)
            && ranges.iter().any(|range| range.start() == range.end());
        if single {
            return Err(FilterError {
                span: self.term.op_span.clone(),
                problem: Problem::ExactTime(self.key),
                expected: Expected::Order,
            });
        }
        Ok(ranges)
    }

    fn ranges(&self, read: impl Fn(&str) -> Result<u64, Expected>) -> Result<Ranges, FilterError> {
        let values = self.term.values.iter();
        values
            .map(|value| {
                let number =
                    |text: &str| read(text).map_err(|expected| self.wrong(value, expected));
                if self.term.op.is_order() {
                    return Ok(beyond(self.term.op, number(&value.text)?));
                }
                let Some((from, to)) = value.text.split_once('-') else {
                    let number = number(&value.text)?;
                    return Ok(number..=number);
                };
                let range = number(from)?..=number(to)?;
                if range.is_empty() {
                    return Err(FilterError {
                        span: value.span.clone(),
                        problem: Problem::Backwards,
                        expected: Expected::Value(self.kind),
                    });
                }
                Ok(range)
            })
            .collect()
    }
}

/// The numbers on one side of this one; an empty range where there are none.
#[expect(clippy::reversed_empty_ranges, reason = "nothing is below 0 or above the largest")]
fn beyond(op: Op, number: u64) -> RangeInclusive<u64> {
    match op {
        Op::Less => number.checked_sub(1).map_or(1..=0, |last| 0..=last),
        Op::AtMost => 0..=number,
        Op::Greater => number.checked_add(1).map_or(1..=0, |first| first..=u64::MAX),
        Op::AtLeast => number..=u64::MAX,
        Op::Has | Op::Is | Op::IsNot => number..=number,
    }
}

fn owner(text: &str) -> Option<u8> {
    let text = fold(text);
    OWNERS.iter().find(|(name, _)| fold(name) == text).map(|(_, bit)| *bit)
}

fn timer(text: &str) -> Option<TimerKind> {
    let named = |kind: &TimerKind| {
        [kind.name(), kind.short()].iter().any(|name| name.eq_ignore_ascii_case(text))
    };
    TimerKind::ALL.into_iter().find(named)
}

/// Whether the family is IPv6.
fn family(text: &str) -> Option<bool> {
    let [v4, v6] = FAMILIES;
    match text.to_ascii_lowercase().as_str() {
        name if name == v4 => Some(false),
        name if name == v6 => Some(true),
        "4" | "inet" | "tcp4" => Some(false),
        "6" | "inet6" | "tcp6" => Some(true),
        _ => None,
    }
}

/// A length of time in microseconds: `90s`, `1.5s`, `1h30m`.
fn time(text: &str) -> Result<u64, Expected> {
    const UNITS: [(&str, u64); 6] = [
        ("us", 1),
        ("ms", 1_000),
        ("s", 1_000_000),
        ("m", 60_000_000),
        ("h", 3_600_000_000),
        ("d", 86_400_000_000),
    ];
    let number_ends = |text: &str| text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let mut sum = 0_u64;
    let mut rest = text;
    loop {
        let digits = number_ends(rest).unwrap_or(rest.len());
        if digits == 0 {
            return Err(Expected::Value(Kind::Time));
        }
        let unit_length = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let (number, unit) = (&rest[..digits], &rest[digits..digits + unit_length]);
        let size = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let size = size.ok_or(Expected::Unit)?.1;
        let part = scaled(number, size).ok_or(Expected::Value(Kind::Time))?;
        sum = sum.checked_add(part).ok_or(Expected::Value(Kind::Time))?;
        rest = &rest[digits + unit_length..];
        if rest.is_empty() {
            return Ok(sum);
        }
    }
}

/// `1.5` times a unit, without the roundings of a float.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let mut sum = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let mut worth = unit;
    for digit in fraction.chars() {
        worth /= 10;
        sum = sum.checked_add(u64::from(digit.to_digit(10)?) * worth)?;
    }
    (!fraction.is_empty()).then_some(sum)
}

/// What a word without a key means: a state's name, a whole address, a port or a pid, or a text anywhere in the row.
pub fn bare(word: &Piece) -> Fact {
    let text = fold(&word.text);
    if word.quoted {
        return Fact::Text(text);
    }
    match text.as_str() {
        "loopback" => return Fact::Loopback,
        "ipv4" => return Fact::Family(vec![false]),
        "ipv6" => return Fact::Family(vec![true]),
        _ => {}
    }
    let address = word.text.parse().map(|address| Place::Exact(super::network::canonical(address)));
    if let Ok(place) = address.or_else(|_| word.text.parse().map(Place::one)) {
        return Fact::Place(Ends::Either, vec![place]);
    }
    match word.text.parse::<State>() {
        // `close`, which some systems call CLOSED, may be a CLOSE_WAIT that is still being typed.
        Ok(state) if !begins_another(&text, state) => Fact::State(state_bit(state)),
        _ => text.parse().map_or(Fact::Text(text), Fact::Number),
    }
}

/// Whether a folded text that names one state is the beginning of another's name.
pub fn begins_another(text: &str, state: State) -> bool {
    State::ALL.iter().any(|other| *other != state && fold(other.name()).starts_with(text))
}
