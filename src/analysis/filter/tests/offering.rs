//! What a table offers to whoever types.

use super::*;

#[test]
fn what_is_begun_can_be_completed_from_the_table() {
    let choices = choices(&some_sockets());
    let offers = |text: &str| {
        let cursor = text.find('|').expect("a cursor");
        let text = text.replace('|', "");
        let completion = complete(&text, cursor, &choices)?;
        Some(completion.applied(&text, completion.offers.first()?))
    };
    let first = |text: &str| offers(text).map(|(text, _)| text);
    for (text, completed) in [
        ("sta|", "state:"),
        ("ag|", "age>"),
        ("loop|", "loopback"),
        ("close|", "state:close-wait"),
        ("web|", "process:\"Web Content\""),
        ("state:|", "state:close-wait"),
        ("state:est|", "state:established"),
        ("state:listen,est| x", "state:listen,established x"),
        ("state:es|tab x", "state:established x"),
        ("process:cont|", "process:\"Web Content\""),
        ("remote:2|", "remote:2001:db8::20"),
        ("remote:pri|", "remote:private"),
        ("rport:5|", "rport:5432"),
        ("owner:hi|", "owner:hidden"),
        ("age>|", "age>5m"),
        ("(not proc|", "(not process:"),
    ] {
        assert_eq!(first(text).as_deref(), Some(completed), "{text}");
    }
    assert_eq!(offers("a sta| b"), Some(("a state: b".to_owned(), 8)));
    for nothing in
        ["|", "x |", "zzz|", "pid:1|", "state:close-wait|", "rport>5|", "foo:|", "\"st|\""]
    {
        assert_eq!(first(nothing), None, "{nothing}");
    }
}

#[test]
fn terms_are_proposed_that_would_narrow() {
    let sockets = some_sockets();
    let shown = choices(&sockets);
    let (processes, users) = (processes(), users());
    let propose = |filter: &str, selected: Option<&Socket>| {
        let filter = Filter::parse(filter).expect("it is right");
        let row = selected.map(|socket| Row {
            socket,
            processes: &processes,
            users: &users,
            track: None,
            now: NOW,
        });
        proposals(&filter, &shown, row.as_ref())
    };
    assert_eq!(
        propose("", None),
        [
            "state:close-wait",
            "process:Feed-Client",
            "recvq>1",
            "retrans>0",
            "owner:none",
            "remote:10.0.0.9"
        ]
    );
    let with_row = propose("state:close-wait", sockets.get(2));
    assert_eq!(with_row[..2], ["process:\"Web Content\"", "remote:10.0.0.9"]);
    assert!(!with_row.iter().any(|term| term.starts_with("state:")));
    for term in with_row {
        assert!(Filter::parse(&term).is_ok(), "{term}");
    }
    assert_eq!(proposals(&Filter::default(), &choices(&sockets[..1]), None), Vec::<String>::new());
}

#[test]
fn the_beginning_of_a_key_is_likely_to_become_one() {
    for (text, begun) in [
        ("proc", true),
        ("x age", true),
        ("-Sta", true),
        ("state:close", true),
        ("state:listen,close", true),
        ("state:closed", false),
        ("state:clo", false),
        ("prom", false),
        ("\"proc\"", false),
        ("proc ", false),
        ("process:", false),
        ("", false),
    ] {
        assert_eq!(is_begun(text, text.len()), begun, "{text:?}");
    }
    assert!(!is_begun("procure", 7) && is_begun("procure", 4));
}
