//! A result as JSON, version 1: what `lab run --json` prints and the window saves.
//!
//! Version 1 only ever gains keys. Keys are in snake case, durations are integers that end in `_ms` or `_us` and count
//! from when the run began unless they say how long something took, times are RFC 3339, and an absent fact is an absent key.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Attempt, Check, Exhibit, Habit, ScenarioResult, Step};
use crate::lab::observe::Lane;
use crate::model::State;
use crate::model::lab::{Call, CallOutcome, Change, Verdict};
use crate::text::utc;

/// What the document calls itself.
const FORMAT: &str = "sockscope-lab-result";

/// The version that is written.
const VERSION: u32 = 1;

/// A result as JSON. A run that goes on yet says so by `finished`.
pub fn document(result: &ScenarioResult) -> Value {
    let knobs: Map<String, Value> =
        result.knobs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let mut document = json!({
        "format": FORMAT,
        "version": VERSION,
        "program": env!("CARGO_PKG_NAME"),
        "program_version": env!("CARGO_PKG_VERSION"),
        "taken_at": utc(result.began_at),
        "os": &*result.os,
        "scenario": result.scenario,
        "knobs": knobs,
        "verdict": result.verdict().name(),
        "finished": result.finished,
        "took_ms": millis(result.took),
        "resolution": result.resolution.name(),
        "steps": each(&result.steps, step),
        "checks": each(&result.checks, check),
        "calls": each(result.calls.iter(), call),
        "connections": each(&result.lanes, |lane| connection(lane)),
    });
    if result.calls.dropped() > 0 {
        document["calls_dropped"] = json!(result.calls.dropped());
    }
    if !result.habits.is_empty() {
        document["habits"] = each(&result.habits, habit);
    }
    if !result.exhibits.is_empty() {
        document["exhibits"] = each(&result.exhibits, exhibit);
    }
    document
}

fn each<T>(items: impl IntoIterator<Item = T>, write: impl FnMut(T) -> Value) -> Value {
    items.into_iter().map(write).collect()
}

fn step(step: &Step) -> Value {
    json!({ "at_us": micros(step.at), "text": step.text.plain() })
}

fn check(check: &Check) -> Value {
    json!({
        "subject": check.subject.plain(),
        "expected": check.expected.plain(),
        "observed": check.observed.plain(),
        "basis": check.basis.name(),
        "verdict": check.verdict.name(),
    })
}

fn habit(habit: &Habit) -> Value {
    let server: Map<String, Value> =
        habit.server.iter().map(|(state, count)| (state.name().to_owned(), json!(count))).collect();
    let mut value = json!({
        "name": habit.name,
        "title": habit.title.plain(),
        "note": habit.note.plain(),
        "recipe": habit.recipe.name(),
        "attempts": each(&habit.attempts, attempt),
        "connects": habit.connects,
        "descriptors": habit.descriptors,
        "close_wait": habit.close_wait,
        "ports": habit.ports,
        "server": server,
        "outcome": habit.outcome.name(),
    });
    put(&mut value, "error", habit.error.as_deref());
    put(&mut value, "verdict", habit.verdict.map(Verdict::name));
    value
}

fn attempt(attempt: &Attempt) -> Value {
    let mut value = json!({ "outcome": attempt.name() });
    if let Attempt::Failed { call, errno } = attempt {
        value["call"] = json!(call);
        value["errno"] = json!(errno);
    }
    value
}

fn exhibit(exhibit: &Exhibit) -> Value {
    let mut value = json!({
        "state": exhibit.state.name(),
        "recipe": exhibit.recipe.plain(),
        "local": exhibit.local.to_string(),
    });
    put(&mut value, "remote", exhibit.remote.map(|remote| remote.to_string()));
    put(&mut value, "since_us", exhibit.since.map(micros));
    value
}

fn call(call: &Call) -> Value {
    let mut value = json!({
        "at_us": micros(call.at),
        "who": call.who.role.name(),
        "call": call.call,
        "took_us": micros(call.took),
    });
    // Number 0 is a socket that is the only one of its kind.
    put(&mut value, "connection", (call.who.number > 0).then_some(call.who.number));
    match &call.outcome {
        CallOutcome::Returned(returned) => value["returned"] = json!(returned),
        CallOutcome::Failed { errno, meaning } => {
            value["errno"] = json!(errno);
            value["meaning"] = json!(meaning);
        }
    }
    value
}

/// The states of a connection's ends, as they were seen; short ones are missed, and none of them is judged.
fn connection(lane: &Lane) -> Value {
    let mut value = json!({
        "connection": lane.number,
        "client": lane.pair.client.to_string(),
        "peer": lane.pair.peer.to_string(),
        "changes": each(lane.changes.iter(), change),
    });
    let dropped = lane.changes.dropped();
    put(&mut value, "changes_dropped", (dropped > 0).then_some(dropped));
    value
}

/// Without a state the end has no row from then on.
fn change(change: &Change) -> Value {
    let mut value = json!({ "at_us": micros(change.at), "end": change.end.name() });
    put(&mut value, "state", change.state.map(State::name));
    value
}

fn put(object: &mut Value, key: &str, fact: Option<impl Into<Value>>) {
    if let Some(fact) = fact {
        object[key] = fact.into();
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
