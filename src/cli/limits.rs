//! `sockscope limits`: what the system allows, and how much of it is used.

use clap::Args;
use serde_json::{Map, Value, json};

use super::Exit;
use super::columns::{Align, table};
use super::list::note_gaps;
use super::output::Output;
use crate::analysis::kernel::{Amount, COUNTERS, SETTINGS, without_setting};
use crate::analysis::phrases;
use crate::analysis::readings::{Limited, Reading};
use crate::error::{Error, Result};
use crate::model::{Counters, Limits as Allowed};
use crate::monitor::{Usage, usage};
use crate::text;

/// Print what the system allows, and how much of it is used
///
/// First how much of each limit is used, the fullest first; then each setting with its present value, its default where
/// that is the same everywhere, and what it does and does not do; then what the kernel counts.
#[derive(Args)]
pub struct Limits {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Limits {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let Usage { limits, counters, readings } = usage();
        let (readings, snapshot) = match readings {
            Ok((readings, snapshot)) => (readings, Some(snapshot)),
            Err(failure) => {
                output.note(&phrases::poll_failure(&failure).plain());
                (Vec::new(), None)
            }
        };
        if let Some(snapshot) = &snapshot {
            note_gaps(snapshot, output);
        }
        let nothing =
            limits == Allowed::default() && counters == Counters::default() && readings.is_empty();
        if nothing {
            output.note(&text!("setting.nothing").plain());
        }
        if self.json {
            let document = document(&limits, &counters, &readings);
            writeln!(output.data(), "{document}").map_err(Error::Output)?;
        } else if !nothing {
            print_readings(&readings, output)?;
            print_settings(&limits, output)?;
            print_counters(&counters, output)?;
        }
        Ok(if nothing { Exit::CouldNotRun } else { Exit::Fine })
    }
}

fn print_readings(readings: &[Reading], output: &mut Output) -> Result<()> {
    let header = ["SHARE", "USED", "OF", "LIMIT"].map(str::to_owned);
    let rows = readings.iter().map(|reading| {
        let what = phrases::limited(&reading.what).plain();
        [percent(reading), reading.used.to_string(), reading.of.to_string(), what]
    });
    let align = [Align::Right, Align::Right, Align::Right, Align::Left];
    print_lines(table(header, align, rows), output)
}

fn percent(reading: &Reading) -> String {
    format!("{:.1} %", f64::from(reading.share()) * 100.0)
}

/// Each setting with a line of what it does. Where the system tells of none, there is nothing to say of them.
fn print_settings(limits: &Allowed, output: &mut Output) -> Result<()> {
    if *limits == Allowed::default() {
        return Ok(());
    }
    let header = ["SETTING", "NOW", "DEFAULT"].map(str::to_owned);
    let amount = |amount: Option<&Amount>, unit: &str| {
        amount.map_or_else(
            || "–".to_owned(),
            |amount| format!("{amount} {unit}").trim_end().to_owned(),
        )
    };
    let rows = SETTINGS.iter().map(|setting| {
        let now = (setting.value)(limits);
        let default = amount(setting.default.as_ref(), setting.unit);
        [setting.name.to_owned(), amount(now.as_ref(), setting.unit), default]
    });
    let mut lines = table(header, [Align::Left; 3], rows).into_iter();
    if let Some(header) = lines.next() {
        output.line(&header)?;
    }
    for (line, setting) in lines.zip(SETTINGS) {
        output.line(&line)?;
        output.line(&format!("    {}", (setting.about)().plain()))?;
    }
    for sentence in without_setting() {
        output.line(&sentence.plain())?;
    }
    output.line("")
}

fn print_counters(counters: &Counters, output: &mut Output) -> Result<()> {
    let header = ["COUNTER", "VALUE", "", "WHAT"].map(str::to_owned);
    let rows = COUNTERS.iter().filter_map(|counter| {
        let value = (counter.value)(counters)?.to_string();
        let span = if counter.is_now { text!("counter.now") } else { text!("counter.since_boot") };
        Some([counter.name.to_owned(), value, span.plain(), (counter.about)().plain()])
    });
    let align = [Align::Left, Align::Right, Align::Left, Align::Left];
    for line in table(header, align, rows) {
        output.line(&line)?;
    }
    Ok(())
}

fn print_lines(lines: Vec<String>, output: &mut Output) -> Result<()> {
    for line in lines {
        output.line(&line)?;
    }
    output.line("")
}

/// What the system does not tell is absent.
fn document(limits: &Allowed, counters: &Counters, readings: &[Reading]) -> Value {
    let settings = SETTINGS.iter().filter_map(|setting| {
        let mut value = json!({ "value": as_json(&(setting.value)(limits)?) });
        if let Some(default) = &setting.default {
            value["default"] = as_json(default);
        }
        if !setting.unit.is_empty() {
            value["unit"] = json!(setting.unit);
        }
        Some((setting.name.to_owned(), value))
    });
    let counters = COUNTERS
        .iter()
        .filter_map(|counter| Some((counter.name.to_owned(), json!((counter.value)(counters)?))));
    json!({
        "readings": readings.iter().map(reading).collect::<Vec<_>>(),
        "settings": settings.collect::<Map<_, _>>(),
        "counters": counters.collect::<Map<_, _>>(),
    })
}

fn as_json(amount: &Amount) -> Value {
    match amount {
        Amount::Number(number) => json!(number),
        Amount::Ports(ports) => json!([ports.start(), ports.end()]),
    }
}

fn reading(reading: &Reading) -> Value {
    let (kind, members) = match &reading.what {
        Limited::Descriptors(process) => {
            ("descriptors", json!({ "pid": process.pid, "process": process.name }))
        }
        Limited::AcceptQueue { local, process } => (
            "accept_queue",
            match process {
                Some(process) => {
                    json!({ "local": local, "pid": process.pid, "process": process.name })
                }
                None => json!({ "local": local }),
            },
        ),
        Limited::LocalPorts { local, remote } => {
            ("local_ports", json!({ "local": local, "remote": remote }))
        }
        Limited::TimeWaitTable => ("time_wait", json!({})),
        Limited::Orphans => ("orphans", json!({})),
        Limited::Memory => ("memory", json!({})),
        Limited::SystemFiles => ("system_files", json!({})),
    };
    let mut value = json!({ "limit": kind, "used": reading.used, "of": reading.of });
    if let (Some(value), Value::Object(members)) = (value.as_object_mut(), members) {
        value.extend(members);
    }
    value
}
