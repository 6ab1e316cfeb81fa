//! A result for people at a terminal.

use unicode_width::UnicodeWidthStr as _;

use crate::cli::columns::{Align, table};
use crate::cli::output::Output;
use crate::error::Result;
use crate::lab::words::{
    check_cells, check_header, exhibit_cells, exhibit_header, habit_cells, habit_header, returned,
};
use crate::lab::{Check, ScenarioResult, Step};
use crate::model::lab::Verdict;
use crate::text;
use crate::text::{Text, plain_took};

/// Wider tables are no tables any more on most terminals.
const WIDE: usize = 140;

/// Where lines for people go: to stdout, or beside the data that goes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Data,
    Notes,
}

impl Place {
    pub fn line(self, line: &str, output: &mut Output) -> Result<()> {
        match self {
            Self::Data => output.line(line)?,
            Self::Notes => output.note(line),
        }
        Ok(())
    }
}

pub fn step(step: &Step) -> String {
    format!("{:8.3} s  {}", step.at.as_secs_f64(), step.text.plain())
}

/// The verdict first, then what it rests on. The calls only where they are asked for: there may be thousands.
pub fn summary(result: &ScenarioResult, title: &Text, stopped: bool, calls: bool) -> Vec<String> {
    let mut lines = vec![verdict_line(result, title, stopped).plain(), String::new()];
    lines.extend(check_lines(&result.checks));
    if !result.habits.is_empty() {
        let align = [
            Align::Left,
            Align::Right,
            Align::Right,
            Align::Right,
            Align::Right,
            Align::Left,
            Align::Left,
            Align::Left,
        ];
        let habits = result.habits.iter().map(habit_cells);
        let title = text!("lab_terminal.habits");
        lines.extend(under(Some(&title), table(upper(habit_header()), align, habits)));
    }
    if !result.exhibits.is_empty() {
        let exhibits = result.exhibits.iter().map(exhibit_cells);
        let title = text!("lab_terminal.exhibits");
        lines.extend(under(
            Some(&title),
            table(upper(exhibit_header()), [Align::Left; 4], exhibits),
        ));
    }
    if calls {
        lines.extend(under(Some(&text!("lab_terminal.calls")), call_lines(result)));
    }
    lines
}

/// A table, or where that would be too wide to read, a paragraph for each check.
fn check_lines(checks: &[Check]) -> Vec<String> {
    let lines = table(upper(check_header()), [Align::Left; 5], checks.iter().map(check_cells));
    if lines.iter().all(|line| line.width() <= WIDE) {
        return lines;
    }
    checks.iter().flat_map(paragraph).collect()
}

fn paragraph(check: &Check) -> Vec<String> {
    let [subject, expected, observed, basis, verdict] = check_cells(check);
    let mut lines = vec![format!("{verdict}: {subject} ({basis})")];
    if expected != observed {
        let expected = text!("lab_terminal.expected", value = expected);
        lines.push(format!("    {}", expected.plain()));
    }
    lines.push(format!("    {}", text!("lab_terminal.observed", value = observed).plain()));
    lines
}

fn verdict_line(result: &ScenarioResult, title: &Text, stopped: bool) -> Text {
    let (verdict, title) = (result.verdict().to_string(), title.clone());
    let took = plain_took(result.took);
    if stopped {
        text!("lab_terminal.stopped", verdict = verdict, title = title, took = took)
    } else {
        text!("lab_terminal.verdict", verdict = verdict, title = title, took = took)
    }
}

fn under(title: Option<&Text>, lines: Vec<String>) -> impl Iterator<Item = String> {
    let heading = title.map(|title| [String::new(), title.plain()]);
    heading.into_iter().flatten().chain(lines)
}

fn upper<const N: usize>(header: [String; N]) -> [String; N] {
    header.map(|title| title.to_uppercase())
}

fn call_lines(result: &ScenarioResult) -> Vec<String> {
    let header =
        [text!("column.at_ms"), text!("column.end"), text!("column.call"), text!("column.result")]
            .map(|title| title.plain());
    let calls = result.calls.iter().map(|call| {
        let at = format!("{:.2}", call.at.as_secs_f64() * 1_000.0);
        [at, call.who.to_string(), call.call.clone(), returned(&call.outcome)]
    });
    let align = [Align::Right, Align::Left, Align::Left, Align::Left];
    let mut lines = table(upper(header), align, calls);
    let dropped = result.calls.dropped();
    if dropped > 0 {
        lines.insert(1, text!("lab_terminal.left_out", n = dropped).plain());
    }
    lines
}

/// One line of many runs, and beneath it the checks that are not as expected.
pub fn brief(result: &ScenarioResult) -> Vec<String> {
    let took = plain_took(result.took);
    let mut lines = vec![line_of_many(&result.verdict().to_string(), result.scenario, &took)];
    let unexpected = result.checks.iter().filter(|check| check.verdict != Verdict::AsExpected);
    lines.extend(unexpected.map(|check| {
        let [subject, expected, observed, basis, verdict] = check_cells(check);
        let line = text!(
            "lab_terminal.unexpected",
            verdict = verdict,
            subject = subject,
            expected = expected,
            observed = observed,
            basis = basis
        );
        format!("    {}", line.plain())
    }));
    lines
}

pub fn line_of_many(verdict: &str, name: &str, took: &str) -> String {
    format!("{verdict:<15} {name:<26} {took:>7}").trim_end().to_owned()
}
