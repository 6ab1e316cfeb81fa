//! What a result is saved as: JSON for programs, Markdown for tickets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use sockscope::lab::{
    Attempt, Bounded, Cancel, Check, Exhibit, Habit, Outcome, Recipe, ScenarioResult, Setup, Step,
    document, markdown, run,
};
use sockscope::model::State;
use sockscope::model::lab::{Basis, Call, CallOutcome, Role, Verdict, Who};
use sockscope::text;

use super::scenarios::scenario;

/// Values that a system, or whoever names things on it, might come up with.
const HOSTILE: &str = "a|b `c` ``` \r\n# <i>d</i>\n```\n| e |\u{1b}[2J";

fn ran(name: &str) -> ScenarioResult {
    let scenario = scenario(name);
    run(scenario, Setup::new(scenario), &Cancel::new())
}

fn calls(count: usize, outcome: impl Fn(usize) -> CallOutcome) -> Arc<Bounded<Call>> {
    let mut calls = Bounded::new(10_000);
    for number in 0..count {
        calls.push(Call {
            at: Duration::from_millis(number as u64),
            who: Who { role: Role::Client, number: 1 },
            call: format!("call {number}"),
            outcome: outcome(number),
            took: Duration::ZERO,
        });
    }
    Arc::new(calls)
}

fn hostile() -> ScenarioResult {
    let mut result = ran("client-closes-first");
    result.os = HOSTILE.into();
    result.knobs = vec![("knob", HOSTILE.to_owned())];
    result.steps = vec![Step {
        at: Duration::ZERO,
        text: text!("lab.check.call", end = HOSTILE, call = HOSTILE),
    }];
    result.checks = vec![Check {
        subject: text!("lab.check.state", end = HOSTILE),
        expected: HOSTILE.into(),
        observed: HOSTILE.into(),
        basis: Basis::Documented,
        verdict: Verdict::Differs,
    }];
    result.habits = vec![Habit {
        name: "habit",
        title: text!("lab.check.state", end = HOSTILE),
        note: text!("lab.check.state", end = HOSTILE),
        recipe: Recipe::Half,
        attempts: vec![
            Attempt::CloseWait,
            Attempt::Failed { call: "bind", errno: HOSTILE.to_owned() },
        ],
        connects: 1,
        descriptors: 2,
        close_wait: 1,
        ports: 1,
        server: BTreeMap::from([(State::FinWait2, 1)]),
        error: Some(HOSTILE.to_owned()),
        outcome: Outcome::FailsAndLeaks,
        verdict: None,
    }];
    result.exhibits = vec![Exhibit {
        state: State::Listen,
        recipe: text!("lab.check.state", end = HOSTILE),
        local: ([127, 0, 0, 1], 80).into(),
        remote: None,
        since: None,
    }];
    result.calls = calls(2, |_| CallOutcome::Failed {
        errno: HOSTILE.to_owned(),
        meaning: HOSTILE.to_owned(),
    });
    result
}

#[test]
fn a_document_says_what_ran_where_and_what_came_of_it() {
    let value = document(&ran("client-closes-first"));
    assert_eq!(
        (&value["format"], &value["version"], &value["scenario"], &value["finished"]),
        (&"sockscope-lab-result".into(), &1.into(), &"client-closes-first".into(), &true.into())
    );
    assert_eq!(value["verdict"], "as_expected", "{value:#}");
    assert_eq!(value["program_version"], env!("CARGO_PKG_VERSION"));
    assert!(value["os"].as_str().is_some_and(|os| !os.is_empty()), "{value:#}");
    let taken_at = value["taken_at"].as_str().expect("a time");
    assert!(taken_at.len() == 24 && taken_at.ends_with('Z'), "{taken_at}");
    assert!(["exact", "table"].map(Value::from).contains(&value["resolution"]), "{value:#}");
    assert!(value["took_ms"].is_u64() && value["steps"][0]["at_us"].is_u64(), "{value:#}");
    let check = &value["checks"][0];
    for key in ["subject", "expected", "observed", "basis", "verdict"] {
        assert!(check[key].is_string(), "{key}: {check}");
    }
    let calls = value["calls"].as_array().expect("calls");
    let connect =
        calls.iter().find(|call| call["call"].as_str().is_some_and(|c| c.starts_with("connect")));
    let connect = connect.expect("a connect");
    assert_eq!((&connect["who"], &connect["connection"]), (&"client".into(), &1.into()));
    assert!(connect["took_us"].is_u64() && connect["returned"].is_string(), "{connect}");
    let connection = &value["connections"][0];
    assert_eq!(connection["connection"], 1);
    let changes = connection["changes"].as_array().expect("changes");
    assert!(!changes.is_empty(), "{connection:#}");
    for change in changes {
        assert!(change["at_us"].is_u64() && change["end"].is_string(), "{change}");
        assert!(change.get("state").is_none_or(Value::is_string), "{change}");
    }
    for absent in ["habits", "exhibits", "calls_dropped"] {
        assert!(value.get(absent).is_none(), "{absent}");
    }
}

#[test]
fn a_document_has_the_ways_and_the_exhibits_and_leaves_absent_facts_out() {
    let value = document(&hostile());
    let habit = &value["habits"][0];
    assert_eq!(
        (&habit["recipe"], &habit["outcome"], &habit["server"]["FIN_WAIT_2"]),
        (&"half".into(), &"fails_and_leaks".into(), &1.into())
    );
    assert_eq!(habit["attempts"][0], serde_json::json!({ "outcome": "close_wait" }));
    assert_eq!(habit["attempts"][1]["errno"], HOSTILE);
    assert!(habit.get("verdict").is_none(), "{habit}");
    let exhibit = &value["exhibits"][0];
    assert_eq!((&exhibit["state"], &exhibit["local"]), (&"LISTEN".into(), &"127.0.0.1:80".into()));
    assert!(exhibit.get("remote").is_none() && exhibit.get("since_us").is_none(), "{exhibit}");
    assert_eq!(value["checks"][0]["basis"], "documented");
    assert!(!value.to_string().contains("null"), "{value:#}");
}

#[test]
fn no_value_breaks_the_markdown() {
    let text = markdown(&hostile());
    assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text}");
    let fences: Vec<&str> = text.lines().filter(|line| line.starts_with("```")).collect();
    assert!(matches!(fences[..], [open, close] if open == format!("{close}text")), "{fences:?}");
    let longest = text.split(|c| c != '`').map(str::len).max();
    assert_eq!(longest, fences.last().map(|fence| fence.len()), "{text}");
    let prose = text.split(fences[0]).next().expect("what comes first");
    let headings: Vec<&str> = prose.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(headings.len(), 6, "{headings:?}");
    assert!(headings[0].ends_with(": differs"), "{headings:?}");
    assert!(!prose.contains("<i>"), "{prose}");
    // Each row of a table has as many cells as its header.
    let mut columns = None;
    for line in prose.lines() {
        let bars = line.replace("\\|", "").matches('|').count();
        match columns {
            _ if !line.starts_with('|') => {
                assert_eq!(bars, 0, "{line}");
                columns = None;
            }
            None => columns = Some(bars),
            Some(columns) => assert_eq!(bars, columns, "{line}"),
        }
    }
}

#[test]
fn a_ticket_is_shown_the_calls_that_matter() {
    let mut result = ran("client-closes-first");
    let failed = |number| match number {
        500 | 501 => {
            CallOutcome::Failed { errno: "EMFILE".to_owned(), meaning: "Full.".to_owned() }
        }
        _ => CallOutcome::Returned("0".to_owned()),
    };
    result.calls = calls(1_000, failed);
    let text = markdown(&result);
    let shown = text.lines().filter(|line| line.contains("  call ")).count();
    assert_eq!(shown, 62, "{text}");
    assert_eq!(text.matches("EMFILE: Full.").count(), 2, "{text}");
    assert!(text.contains("… 460 calls left out\n"), "{text}");
    assert!(text.contains("… 478 calls left out\n"), "{text}");
    result.calls = calls(120, failed);
    assert!(!markdown(&result).contains("left out"));
    // Failures are many as well, where a program leaks.
    result.calls = calls(1_000, |_| failed(500));
    let text = markdown(&result);
    assert_eq!(text.matches("EMFILE: Full.").count(), 120, "{text}");
    assert!(text.contains("… 880 calls left out\n"), "{text}");
}
