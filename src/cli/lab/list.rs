//! `sockscope lab list`: the scenarios, and what can be chosen of each.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::output::Output;
use crate::error::{Error, Result};
use crate::lab::{Knob, Knobs, Range, SCENARIOS, Scenario};
use crate::text;
use crate::text::plain_took;

/// Print the scenarios, what each teaches, and what can be chosen
#[derive(Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        if self.json {
            let scenarios: Value = SCENARIOS.iter().map(|scenario| document(*scenario)).collect();
            writeln!(output.data(), "{scenarios}").map_err(Error::Output)?;
            return Ok(Exit::Fine);
        }
        for (place, scenario) in SCENARIOS.iter().enumerate() {
            if place > 0 {
                output.line("")?;
            }
            print(*scenario, output)?;
        }
        Ok(Exit::Fine)
    }
}

fn print(scenario: &dyn Scenario, output: &mut Output) -> Result<()> {
    let lasts = plain_took(scenario.lasts(&Knobs::of(scenario.knobs())));
    let title = scenario.title();
    let head = text!("lab_terminal.list.head", name = scenario.name(), title = title, time = lasts);
    output.line(&head.plain())?;
    output.line(&format!("    {}", scenario.teaches().plain()))?;
    for knob in scenario.knobs() {
        let title = (knob.title)().plain();
        output.line(&format!("    {}  {}: {title}", usual(knob), knob.range.takes()))?;
    }
    Ok(())
}

/// A knob as one would type it to leave it as it is: `hold=5`.
fn usual(knob: &Knob) -> String {
    match &knob.range {
        Range::Number { default, .. } => format!("{}={default}", knob.name),
        Range::Choice(words) => format!("{}={}", knob.name, words.first().copied().unwrap_or("")),
    }
}

fn document(scenario: &dyn Scenario) -> Value {
    let lasts = scenario.lasts(&Knobs::of(scenario.knobs()));
    json!({
        "name": scenario.name(),
        "title": scenario.title().plain(),
        "teaches": scenario.teaches().plain(),
        "lasts_ms": u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX),
        "knobs": scenario.knobs().iter().map(knob).collect::<Vec<_>>(),
    })
}

fn knob(knob: &Knob) -> Value {
    let title = (knob.title)().plain();
    match &knob.range {
        Range::Number { min, max, default, unit } => {
            let mut value = json!({
                "name": knob.name,
                "title": title,
                "min": min,
                "max": max,
                "default": default,
            });
            if !unit.is_empty() {
                value["unit"] = json!(unit);
            }
            value
        }
        Range::Choice(words) => json!({
            "name": knob.name,
            "title": title,
            "choices": words,
            "default": words.first(),
        }),
    }
}
