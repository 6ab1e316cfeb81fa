//! The processes behind the socket: what they are, what started them, and how many descriptors they may still open.

use eframe::egui::{Label, Ui};

use super::Subject;
use super::parts::{UNKNOWN, bar, row, row_of, title};
use crate::analysis::phrases::process_label;
use crate::gui::cx::{Command, Cx};
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::Button;
use crate::model::{Descriptors, Owner, Process, ProcessDetails, Unit};
use crate::monitor::{Details, Holder};
use crate::text;
use crate::text::{Text, date, printable, thousands};

/// From this share of the limit on, what is open stands out.
const NEARLY_ALL: f32 = 0.8;

/// How many digits of a container's id its runtime's own tools show.
const CONTAINER_ID: usize = 12;

/// Draws the section.
pub(super) fn ui(ui: &mut Ui, Subject { cx, socket, inspection, .. }: Subject<'_>) {
    title(ui, cx, &text!("details.process"), None);
    if let Some(sentence) = without_process(&socket.owner) {
        sentence_of(ui, cx, &sentence);
        return;
    }
    let Some(inspection) = inspection else {
        return;
    };
    if let Some(cause) = &inspection.failure {
        sentence_of(ui, cx, &text!("details.inspection_failed", cause = cause.as_str()));
    }
    for holder in &inspection.holders {
        one(ui, cx, holder, matches!(socket.owner, Owner::Remembered(_)));
        ui.add_space(space::S);
    }
    let more = socket.owner.pids().len().saturating_sub(inspection.holders.len());
    if more > 0 {
        sentence_of(ui, cx, &text!("details.more_holders", n = more));
    }
}

/// Why no process can be shown.
fn without_process(owner: &Owner) -> Option<Text> {
    match owner {
        Owner::Known(_) | Owner::Remembered(_) => None,
        Owner::NoOwner => Some(text!("details.no_owner")),
        Owner::NotAccepted => Some(text!("details.not_accepted")),
        Owner::Hidden { user: Some(user) } => Some(text!("details.hidden_user", user = &**user)),
        Owner::Hidden { user: None } => Some(text!("details.hidden")),
    }
}

fn sentence_of(ui: &mut Ui, cx: &Cx<'_>, sentence: &Text) {
    let sentence = TypeStyle::Dense.rich(cx.say(sentence)).color(Theme::of(ui).text.secondary);
    ui.add(Label::new(sentence).wrap().selectable(true));
}

fn one(ui: &mut Ui, cx: &Cx<'_>, holder: &Holder, remembered: bool) {
    let theme = Theme::of(ui);
    let label = printable(&process_label(&holder.process.name, holder.process.pid));
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL_SMALL);
        let name = TypeStyle::DenseStrong.rich(&label).color(theme.text.primary);
        ui.add(Label::new(name).selectable(true));
        let show = cx.say(&text!("details.show_sockets"));
        let name = cx.say(&text!("details.show_sockets_of", process = label.as_str()));
        if Button::new(&show).name(&name).small().show(ui).clicked() {
            cx.send(Command::ShowSockets(format!("pid:{}", holder.process.pid)));
        }
    });
    match &holder.details {
        Details::Known(details) => facts(ui, cx, details),
        Details::Ended => sentence_of(ui, cx, &text!("details.ended")),
        Details::Recorded => sentence_of(ui, cx, &text!("details.recorded")),
        Details::Unreadable(cause) => {
            sentence_of(ui, cx, &text!("details.unreadable", cause = cause.as_str()));
        }
    }
    if remembered && matches!(holder.details, Details::Known(_)) {
        sentence_of(ui, cx, &text!("details.let_go"));
    }
}

fn facts(ui: &mut Ui, cx: &Cx<'_>, details: &ProcessDetails) {
    let theme = Theme::of(ui);
    let name = |text: Text| cx.say(&text);
    let value = |ui: &mut Ui, name: &str, value: Option<String>| match value {
        Some(value) => row(ui, name, &printable(&value), theme.text.primary),
        None => row(ui, name, UNKNOWN, theme.text.tertiary),
    };
    row_of(ui, &name(text!("details.command")), |ui| {
        let empty = details.command.is_empty();
        let command = if empty { UNKNOWN.to_owned() } else { printable(&details.command) };
        let color = if empty { theme.text.tertiary } else { theme.text.primary };
        let line = TypeStyle::MonoDense.rich(&command).color(color);
        ui.add(Label::new(line).wrap().selectable(true));
    });
    let started = details.process.started_s.and_then(since_epoch);
    value(ui, &name(text!("details.started")), started.map(|time| date(time, cx.zone)));
    value(ui, &name(text!("details.user")), details.user.clone());
    if let Some(unit) = &details.unit {
        let (kind, unit) = unit_text(unit);
        value(ui, &name(kind), Some(unit));
    }
    value(ui, &name(text!("details.parents")), parents(&details.parents));
    descriptors(ui, cx, details.descriptors);
}

fn since_epoch(seconds: u64) -> Option<std::time::SystemTime> {
    std::time::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(seconds))
}

fn unit_text(unit: &Unit) -> (Text, String) {
    match unit {
        Unit::Service(name) => (text!("details.service"), name.clone()),
        Unit::Container(id) => {
            (text!("details.container"), id.chars().take(CONTAINER_ID).collect())
        }
        Unit::Other(name) => (text!("details.control_group"), name.clone()),
    }
}

/// `bash 812 ← sshd 400 ← systemd 1`: nearest first.
fn parents(parents: &[Process]) -> Option<String> {
    let labels: Vec<String> =
        parents.iter().map(|parent| process_label(&parent.name, parent.pid)).collect();
    (!labels.is_empty()).then(|| labels.join(" ← "))
}

fn descriptors(ui: &mut Ui, cx: &Cx<'_>, Descriptors { open, limit }: Descriptors) {
    let theme = Theme::of(ui);
    let name = cx.say(&text!("details.descriptors"));
    let (Some(open), Some(limit)) = (open, limit) else {
        let value = match (open, limit) {
            (Some(open), None) => cx.say(&text!("details.open", n = open)),
            (None, Some(limit)) => cx.say(&text!("details.open_unknown", limit = thousands(limit))),
            _ => UNKNOWN.to_owned(),
        };
        row(ui, &name, &value, theme.text.primary);
        return;
    };
    #[expect(clippy::cast_precision_loss, reason = "the length of a bar")]
    let share = open as f32 / limit.max(1) as f32;
    let color = if share >= NEARLY_ALL { theme.severity.warning.text } else { theme.text.primary };
    let value = text!("details.open_of", open = thousands(open), limit = thousands(limit));
    bar(ui, &name, share, &cx.say(&value), color);
}
