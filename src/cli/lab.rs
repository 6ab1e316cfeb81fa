//! `sockscope lab`: the experiments, in a terminal.

mod connect;
mod listen;
mod program;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::Exit;
use super::columns::{Align, table};
use super::output::Output;
use crate::error::{Error, Result};
use crate::lab::{self, Cancel, SCENARIOS, Scenario, ScenarioResult, Setup};
use crate::model::lab::{CallOutcome, Verdict};
use crate::text;

/// See what sockets really do on this computer
#[derive(Args)]
pub struct Lab {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Print the scenarios
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run a scenario on loopback sockets of its own, and judge it
    Run {
        /// Which one; `lab list` names them
        #[arg(value_parser = scenario, required_unless_present = "all")]
        name: Option<&'static dyn Scenario>,
        /// Run every scenario
        #[arg(long, conflicts_with = "name")]
        all: bool,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    Listen(listen::Listen),
    Connect(connect::Connect),
}

impl Lab {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        match &self.action {
            Action::Listen(listen) => listen.run(output),
            Action::Connect(connect) => connect.run(output),
            &Action::List { json } => list(json, output),
            &Action::Run { name, json, .. } => {
                let mut worst = Verdict::AsExpected;
                for scenario in SCENARIOS.iter().copied() {
                    if name.is_some_and(|wanted| wanted.name() != scenario.name()) {
                        continue;
                    }
                    let result = lab::run(scenario, Setup::new(scenario), &Cancel::new());
                    worst = worst.max(result.verdict());
                    if json {
                        let line = document(&result);
                        writeln!(output.data(), "{line}").map_err(Error::Output)?;
                    } else {
                        print(scenario, &result, output)?;
                    }
                    output.flush()?;
                }
                Ok(match worst {
                    Verdict::AsExpected => Exit::Fine,
                    Verdict::Differs => Exit::Found,
                    Verdict::CouldNotTell => Exit::CouldNotJudge,
                })
            }
        }
    }
}

fn scenario(name: &str) -> Result<&'static dyn Scenario, String> {
    let found = SCENARIOS.iter().copied().find(|scenario| scenario.name() == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name()).collect();
        format!("the scenarios are {}", names.join(", "))
    })
}

fn list(json: bool, output: &mut Output) -> Result<Exit> {
    if json {
        let scenarios: Vec<Value> = SCENARIOS
            .iter()
            .map(|scenario| {
                json!({
                    "name": scenario.name(),
                    "title": scenario.title().plain(),
                    "teaches": scenario.teaches().plain(),
                })
            })
            .collect();
        writeln!(output.data(), "{}", Value::from(scenarios)).map_err(Error::Output)?;
        return Ok(Exit::Fine);
    }
    for scenario in SCENARIOS {
        output.line(&format!("{}  {}", scenario.name(), scenario.title().plain()))?;
        output.line(&format!("    {}", scenario.teaches().plain()))?;
    }
    Ok(Exit::Fine)
}

fn print(scenario: &dyn Scenario, result: &ScenarioResult, output: &mut Output) -> Result<()> {
    output.line(&format!("{}: {}", scenario.title().plain(), result.verdict()))?;
    let header = [
        text!("column.judged"),
        text!("column.expected"),
        text!("column.observed"),
        text!("column.verdict"),
    ]
    .map(|title| title.plain().to_uppercase());
    let checks = result.checks.iter().map(|check| {
        let (expected, observed) = (check.expected.plain(), check.observed.plain());
        [check.subject.plain(), expected, observed, check.verdict.to_string()]
    });
    for line in table(header, [Align::Left; 4], checks) {
        output.line(&format!("  {line}"))?;
    }
    output.line("")?;
    let header =
        [text!("column.at_ms"), text!("column.end"), text!("column.call"), text!("column.result")]
            .map(|title| title.plain().to_uppercase());
    let calls = result.calls.iter().map(|call| {
        let at = format!("{:.2}", call.at.as_secs_f64() * 1_000.0);
        let result = match &call.outcome {
            CallOutcome::Returned(value) => value.clone(),
            CallOutcome::Failed { errno, meaning } => format!("{errno}: {meaning}"),
        };
        [at, call.who.to_string(), call.call.clone(), result]
    });
    for line in table(header, [Align::Right, Align::Left, Align::Left, Align::Left], calls) {
        output.line(&format!("  {line}"))?;
    }
    output.line("")
}

/// A result as JSON; the states that were passed are listed as they were seen, and never judged.
fn document(result: &ScenarioResult) -> Value {
    let micros = |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    json!({
        "scenario": result.scenario,
        "verdict": result.verdict().name(),
        "took_ms": u64::try_from(result.took.as_millis()).unwrap_or(u64::MAX),
        "checks": result.checks.iter().map(|check| json!({
            "subject": check.subject.plain(),
            "expected": check.expected.plain(),
            "observed": check.observed.plain(),
            "verdict": check.verdict.name(),
        })).collect::<Vec<_>>(),
        "calls": result.calls.iter().map(|call| {
            let mut value = json!({
                "at_us": micros(call.at),
                "end": call.who.role.name(),
                "connection": call.who.number,
                "call": call.call,
                "took_us": micros(call.took),
            });
            match &call.outcome {
                CallOutcome::Returned(returned) => value["returned"] = json!(returned),
                CallOutcome::Failed { errno, .. } => value["errno"] = json!(errno),
            }
            value
        }).collect::<Vec<_>>(),
        "changes": result.lanes.iter().flat_map(|lane| lane.changes.iter().map(|change| json!({
            "connection": lane.number,
            "at_us": micros(change.at),
            "end": change.end.name(),
            "state": change.state.map(crate::model::State::name),
        }))).collect::<Vec<_>>(),
    })
}
