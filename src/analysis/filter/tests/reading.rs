//! What cannot be read, and that nothing else happens to any text.

use std::ops::Range;

use proptest::prelude::*;

use super::*;

fn wrong(text: &str) -> (Range<usize>, Problem, Expected) {
    match Filter::parse(text) {
        Ok(filter) => panic!("{text} is read as {filter:?}"),
        Err(error) => (error.span, error.problem, error.expected),
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    use Expected as E;
    use Problem as P;
    let value = |key: Key| E::Value(key.leaf().kind);
    for (text, span, problem, expected) in [
        ("stat:x", 0..4, P::UnknownKey("stat".to_owned()), E::Key),
        ("a http://x", 2..6, P::UnknownKey("http".to_owned()), E::Key),
        ("x=1", 0..1, P::UnknownKey("x".to_owned()), E::Key),
        ("state:", 6..6, P::NoValue(Key::State), value(Key::State)),
        ("state:listen,", 13..13, P::NoValue(Key::State), value(Key::State)),
        ("age> ", 4..4, P::NoValue(Key::Age), value(Key::Age)),
        ("(pid:)", 5..5, P::NoValue(Key::Pid), value(Key::Pid)),
        ("state:x", 6..7, P::WrongValue(Key::State, "x".to_owned()), value(Key::State)),
        ("é state:listen,x", 16..17, P::WrongValue(Key::State, "x".to_owned()), value(Key::State)),
        ("owner:me", 6..8, P::WrongValue(Key::Owner, "me".to_owned()), value(Key::Owner)),
        (
            "remote:10.0.0.0/99",
            7..18,
            P::WrongValue(Key::Remote, "10.0.0.0/99".to_owned()),
            value(Key::Remote),
        ),
        ("port:70000", 5..10, P::WrongValue(Key::Port, "70000".to_owned()), value(Key::Port)),
        ("pid:-1", 4..6, P::WrongValue(Key::Pid, "-1".to_owned()), value(Key::Pid)),
        ("pid:+1", 4..6, P::WrongValue(Key::Pid, "+1".to_owned()), value(Key::Pid)),
        ("age>5x", 4..6, P::WrongValue(Key::Age, "5x".to_owned()), E::Unit),
        ("age>5", 4..5, P::WrongValue(Key::Age, "5".to_owned()), E::Unit),
        ("age>m", 4..5, P::WrongValue(Key::Age, "m".to_owned()), value(Key::Age)),
        ("age>1.2.3s", 4..10, P::WrongValue(Key::Age, "1.2.3s".to_owned()), value(Key::Age)),
        (
            "age>99999999999999d",
            4..19,
            P::WrongValue(Key::Age, "99999999999999d".to_owned()),
            value(Key::Age),
        ),
        ("port:443-80", 5..11, P::Backwards, value(Key::Port)),
        ("state>listen", 5..6, P::NoOrder(Key::State), E::Equality),
        ("age:5m", 3..4, P::ExactTime(Key::Age), E::Order),
        (">5m", 0..3, P::NoKey, E::Key),
        ("a and", 5..5, P::NoTerm, E::Term),
        ("or a", 0..2, P::NoTerm, E::Term),
        ("a or or b", 5..7, P::NoTerm, E::Term),
        ("not", 3..3, P::NoTerm, E::Term),
        ("()", 1..2, P::NoTerm, E::Term),
        ("a \"b c", 2..6, P::UnclosedQuote, E::Quote),
        ("process:\"b", 8..10, P::UnclosedQuote, E::Quote),
        ("x (a or b ", 2..9, P::UnclosedParenthesis, E::Closing),
        ("a ) b", 2..3, P::UnopenedParenthesis, E::Nothing),
        (")", 0..1, P::UnopenedParenthesis, E::Nothing),
    ] {
        assert_eq!(wrong(text), (span, problem, expected), "{text}");
    }
    for deep in ["(".repeat(100_000), "not ".repeat(100_000), "-".repeat(100_000) + "x"] {
        assert_eq!(wrong(&deep).1, Problem::TooDeep);
    }
}

#[test]
fn a_wrong_filter_reads_as_a_sentence_and_can_be_mended() {
    let said = |text: &str| {
        let error = Filter::parse(text).expect_err("it is wrong");
        let mends: Vec<String> =
            error.mends(text).iter().map(|mend| error.mended(text, mend)).collect();
        for mended in &mends {
            assert!(Filter::parse(mended).is_ok(), "{mended}");
        }
        (phrases::filter_error(text, &error).plain(), mends)
    };
    assert_eq!(
        said("é and age>5x"),
        (
            "Column 11: “5x” does not fit “age”; expected ms, s, m, h or d.".to_owned(),
            vec!["é and age>5s".to_owned(), "é and age>5m".to_owned(), "é and age>5h".to_owned()]
        )
    );
    for (text, mended) in [
        ("stat:listen", "state:listen"),
        ("state:close-wiat", "state:close-wait"),
        ("state:estabished x", "state:established x"),
        ("owner:hiden", "owner:hidden"),
        ("port:443-80", "port:80-443"),
        ("(a or b", "(a or b)"),
        ("process:\"x", "process:\"x\""),
        ("state>listen", "state:listen"),
        ("age:5m", "age>5m"),
    ] {
        assert_eq!(said(text).1.first().map(String::as_str), Some(mended), "{text}");
    }
}

#[test]
fn a_filter_is_narrowed_by_one_term() {
    for (text, term, narrowed) in [
        ("", "pid:1", "pid:1"),
        ("  ", "pid:1", "pid:1"),
        ("state:listen", "pid:1", "state:listen pid:1"),
        ("state:listen or loopback", "pid:1", "(state:listen or loopback) pid:1"),
        ("state:listen (x or y)", "pid:1", "state:listen (x or y) pid:1"),
        ("state:listen pid:1", "pid:1", "state:listen pid:1"),
        ("state:LISTEN", "state:listen", "state:LISTEN"),
        ("not pid:1", "pid:1", "not pid:1 pid:1"),
        ("(pid:1 or pid:2) pid:1", "pid:1", "(pid:1 or pid:2) pid:1"),
    ] {
        let filter = Filter::parse(text).expect("it is right");
        assert_eq!(filter.narrowed(term), narrowed, "{text}");
        assert!(Filter::parse(narrowed).is_ok());
    }
}

/// Text that is nearly a filter.
fn nearly() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "state",
        "age",
        "port",
        ":",
        ">",
        "<=",
        "!=",
        "-",
        "(",
        ")",
        "\"",
        ",",
        " ",
        "and",
        "or",
        "not",
        "close-wait",
        "5m",
        "443",
        "10.0.",
        "/8",
        "::1",
        "[",
        "]",
        "é",
        "字",
        "\u{a0}",
        ".",
    ]);
    prop::collection::vec(parts, 0..20).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_text_panics_and_places_lie_between_characters(
        text in prop_oneof![any::<String>(), nearly()],
        cursor in any::<prop::sample::Index>(),
    ) {
        if let Err(error) = Filter::parse(&text) {
            prop_assert!(text.get(error.span.clone()).is_some(), "{:?}", error);
            phrases::filter_error(&text, &error).plain();
            for mend in error.mends(&text) {
                error.mended(&text, &mend);
            }
        }
        let mut end = 0;
        for token in tokens(&text) {
            prop_assert!(token.span.start >= end && !token.span.is_empty());
            prop_assert!(text.get(token.span.clone()).is_some());
            end = token.span.end;
        }
        let cursor = cursor.index(text.len() + 1);
        if let Some(completion) = complete(&text, cursor, &choices(&some_sockets())) {
            for offer in &completion.offers {
                let (completed, at) = completion.applied(&text, offer);
                prop_assert!(completed.is_char_boundary(at));
            }
        }
    }
}
