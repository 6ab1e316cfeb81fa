//! A result as Markdown that fits into a ticket.

use super::words::{
    check_cells, check_header, exhibit_cells, exhibit_header, habit_cells, habit_header, returned,
};
use super::{ScenarioResult, Step};
use crate::lab::SCENARIOS;
use crate::model::lab::{Call, CallOutcome, Resolution};
use crate::text;
use crate::text::markdown::{escape, fenced, table};
use crate::text::{Text, plain_took, utc};

/// How many calls a ticket is shown.
const MAX_CALLS: usize = 120;

/// Of too many calls, how many of the first, and of the last, are shown; the rest is for those that failed.
const FIRST: usize = 40;
const LAST: usize = 20;

/// A result as Markdown. Where there are very many calls, the first, the last and those that failed are shown, and
/// between them how many are left out.
pub fn markdown(result: &ScenarioResult) -> String {
    let mut out = headline(result);
    out += &steps(&result.steps);
    let checks = table(&check_header(), "lllll", result.checks.iter().map(check_cells));
    out += &section(&text!("lab_terminal.checks"), &checks);
    let habits = table(&habit_header(), "lrrrrlll", result.habits.iter().map(habit_cells));
    out += &section(&text!("lab_terminal.habits"), &habits);
    let exhibits = table(&exhibit_header(), "llll", result.exhibits.iter().map(exhibit_cells));
    out += &section(&text!("lab_terminal.exhibits"), &exhibits);
    out + &section(&text!("lab_terminal.calls"), &calls(result))
}

fn headline(result: &ScenarioResult) -> String {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name() == result.scenario);
    let title = scenario.map_or_else(|| result.scenario.to_owned(), |it| it.title().plain());
    let mut paragraphs = vec![format!("# {}: {}", escape(&title), result.verdict())];
    if !result.finished {
        paragraphs.push(format!("**{}**", text!("lab_terminal.unfinished").plain()));
    }
    if let Some(scenario) = scenario {
        paragraphs.push(escape(&scenario.teaches().plain()));
    }
    let facts = facts(result);
    let facts: Vec<String> =
        facts.iter().map(|fact| format!("* {}", escape(&fact.plain()))).collect();
    paragraphs.push(facts.join("\n"));
    paragraphs.join("\n\n") + "\n\n"
}

/// On what it ran, when, and with what.
fn facts(result: &ScenarioResult) -> Vec<Text> {
    let program = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));
    let took = plain_took(result.took);
    let knobs: Vec<String> =
        result.knobs.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let mut facts = vec![
        text!("lab_terminal.fact.scenario", name = result.scenario),
        text!("lab_terminal.fact.system", os = &*result.os),
        text!("lab_terminal.fact.taken_at", at = utc(result.began_at), took = took),
        text!("lab_terminal.fact.program", program = program),
    ];
    if !knobs.is_empty() {
        facts.push(text!("lab_terminal.fact.knobs", knobs = knobs.join(", ")));
    }
    facts.push(match result.resolution {
        Resolution::Exact => text!("lab_terminal.fact.exact"),
        Resolution::Table => text!("lab_terminal.fact.table"),
    });
    facts
}

/// A heading with what stands under it; nothing without.
fn section(title: &Text, body: &str) -> String {
    if body.is_empty() { String::new() } else { format!("## {}\n\n{body}", title.plain()) }
}

fn steps(steps: &[Step]) -> String {
    let line = |(place, step): (usize, &Step)| {
        let at = step.at.as_secs_f64();
        format!("{}. {at:.3} s: {}\n", place + 1, escape(&step.text.plain()))
    };
    let lines: String = steps.iter().enumerate().map(line).collect();
    if lines.is_empty() {
        return lines;
    }
    section(&text!("lab_terminal.steps"), &(lines + "\n"))
}

/// One line a call, in a fence: `0.002 s  client 1    connect(...) = 0`.
fn calls(result: &ScenarioResult) -> String {
    let calls: Vec<&Call> = result.calls.iter().collect();
    if calls.is_empty() {
        return String::new();
    }
    let shown = chosen(&calls);
    let mut lines = Vec::new();
    // Calls that went before the first one kept count as left out as well.
    let mut left_out = result.calls.dropped();
    for (call, shown) in calls.iter().zip(shown) {
        if !shown {
            left_out += 1;
            continue;
        }
        lines.extend(omission(left_out));
        left_out = 0;
        let at = call.at.as_secs_f64();
        let who = call.who.to_string();
        lines.push(format!("{at:8.4} s  {who:<12} {} = {}", call.call, returned(&call.outcome)));
    }
    lines.extend(omission(left_out));
    fenced(lines)
}

fn omission(left_out: u64) -> Option<String> {
    (left_out > 0).then(|| text!("lab_terminal.left_out", n = left_out).plain())
}

/// Which calls matter: all, or of too many the first, the last, and as many as there is room for of those that failed.
fn chosen(calls: &[&Call]) -> Vec<bool> {
    if calls.len() <= MAX_CALLS {
        return vec![true; calls.len()];
    }
    let mut room = MAX_CALLS - FIRST - LAST;
    let last = calls.len() - LAST;
    let choose = |(place, call): (usize, &&Call)| {
        let failed = matches!(call.outcome, CallOutcome::Failed { .. });
        let between = (FIRST..last).contains(&place);
        if between && failed && room > 0 {
            room -= 1;
            return true;
        }
        !between
    };
    calls.iter().enumerate().map(choose).collect()
}
