//! Every call that the bench made, with what it returned and what that means.

use std::time::Duration;

use eframe::egui::{Align, Label, Popup, Ui, UiBuilder, vec2};
use egui_material_icons::icons::{ICON_CONTENT_COPY, ICON_SCIENCE};

use super::actions::menu_line;
use crate::gui::cx::{Command, Cx};
use crate::gui::table::{Rows, TableColumn, table};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Button, Card, empty};
use crate::lab::{self, BenchState, Bounded};
use crate::model::lab::{Call, CallOutcome, Role};
use crate::text;
use crate::text::{Text, thousands};

/// So many calls are listed.
const MOST_CALLS: usize = 1_000;

/// A call as it is read.
pub(super) struct CallRow {
    at: String,
    who: String,
    call: String,
    result: String,
    failed: bool,
    /// What the result means, and what to try; empty where it speaks for itself.
    meaning: String,
    took: String,
}

/// The calls in the order they are shown, written out when there are new ones.
#[derive(Default)]
pub(super) struct CallsView {
    rows: Vec<CallRow>,
    /// How many calls there were then.
    known: u64,
}

impl CallsView {
    /// Draws the card, this high.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, height: f32) {
        self.take_calls(cx, bench);
        let title = cx.say(&text!("lab_bench_page.calls"));
        let note = cx
            .say(&text!("lab_bench_page.newest_first", count = thousands(self.rows.len() as u64)));
        let rows = &self.rows;
        let width = ui.available_width();
        ui.allocate_ui(vec2(width, height), |ui| {
            Card::new(&title).note(&note).flush().height(height).show(
                ui,
                |ui| copy(ui, cx, rows),
                |ui| {
                    let whole = ui.available_rect_before_wrap().shrink2(vec2(1.0, 0.0));
                    ui.scope_builder(UiBuilder::new().max_rect(whole), |ui| {
                        if rows.is_empty() {
                            let title = cx.say(&text!("lab_bench_page.empty_title"));
                            let text = cx.say(&text!("lab_bench_page.empty_text"));
                            empty(ui, ICON_SCIENCE, &title, &text, |_| {});
                            return;
                        }
                        table(ui, "calls", &columns(cx), &CallRows { rows }, None, None);
                    });
                    ui.advance_cursor_after_rect(whole);
                },
            );
        });
    }

    /// Takes the newest calls, newest first, when there are new ones.
    fn take_calls(&mut self, cx: &Cx<'_>, bench: &BenchState) {
        let known = bench.calls.iter().len() as u64 + bench.calls.dropped();
        if known == self.known {
            return;
        }
        self.known = known;
        self.rows = newest(cx, &bench.calls);
    }
}

/// The button that copies, in one of two forms.
fn copy(ui: &mut Ui, cx: &Cx<'_>, rows: &[CallRow]) {
    ui.add_enabled_ui(!rows.is_empty(), |ui| {
        let label = cx.say(&text!("lab_bench_page.copy_calls"));
        let button = Button::new(&label).icon(ICON_CONTENT_COPY).small().show(ui);
        Popup::menu(&button).accessible_name(label).show(|ui| {
            let label = cx.say(&text!("lab_bench_page.copy_tabs"));
            if menu_line(ui, &label, &label, true).clicked() {
                cx.send(Command::Copy(tabs(cx, rows)));
                ui.close();
            }
            let label = cx.say(&text!("lab_bench_page.copy_markdown"));
            if menu_line(ui, &label, &label, true).clicked() {
                cx.send(Command::Copy(markdown(cx, rows)));
                ui.close();
            }
        });
    });
}

/// The newest calls, newest first, as they are read.
pub(super) fn newest(cx: &Cx<'_>, calls: &Bounded<Call>) -> Vec<CallRow> {
    calls.iter().rev().take(MOST_CALLS).map(|call| row(cx, call)).collect()
}

fn row(cx: &Cx<'_>, call: &Call) -> CallRow {
    let (result, failed) = match &call.outcome {
        CallOutcome::Returned(value) => (value.clone(), false),
        CallOutcome::Failed { errno, .. } => (errno.clone(), true),
    };
    let number = call.who.number.to_string();
    let who = match call.who.role {
        Role::Client => text!("lab_bench_page.who_client", number = number),
        Role::Peer => text!("lab_bench_page.who_peer", number = number),
        Role::Listener => text!("lab_bench_page.who_listener", number = number),
    };
    CallRow {
        at: millis(call.at),
        who: cx.say(&who),
        call: call.call.clone(),
        result,
        failed,
        meaning: meaning(cx, call),
        took: millis(call.took),
    }
}

/// What a result means and what to try, where it needs a word.
fn meaning(cx: &Cx<'_>, call: &Call) -> String {
    match &call.outcome {
        CallOutcome::Failed { errno, meaning } => {
            let means = lab::meaning(errno).map_or_else(|| meaning.clone(), |text| cx.say(&text));
            match lab::remedy(errno) {
                Some(text) => format!("{means} {}", cx.say(&text)),
                None => means,
            }
        }
        CallOutcome::Returned(value)
            if call.call.starts_with("recv") && (value == "0" || value.ends_with(", then 0")) =>
        {
            cx.say(&text!("lab_bench_page.end_of_stream"))
        }
        CallOutcome::Returned(_) => String::new(),
    }
}

/// `2 480.08`: milliseconds.
fn millis(time: Duration) -> String {
    let hundredths = u64::try_from(time.as_micros() / 10).unwrap_or(u64::MAX);
    format!("{}.{:02}", thousands(hundredths / 100), hundredths % 100)
}

/// What is copied has bare digits, which other programs can read.
fn bare(number: &str) -> String {
    number.replace('\u{2009}', "")
}

fn head(cx: &Cx<'_>) -> [String; 6] {
    columns(cx).map(|column| column.title)
}

fn cells(row: &CallRow) -> [String; 6] {
    [
        bare(&row.at),
        row.who.clone(),
        row.call.clone(),
        row.result.clone(),
        bare(&row.took),
        row.meaning.clone(),
    ]
}

/// All of them, oldest first, a line each.
fn tabs(cx: &Cx<'_>, rows: &[CallRow]) -> String {
    let rows = rows.iter().rev().map(|row| cells(row).join("\t"));
    std::iter::once(head(cx).join("\t")).chain(rows).collect::<Vec<_>>().join("\n")
}

/// All of them, oldest first, as a table of Markdown.
fn markdown(cx: &Cx<'_>, rows: &[CallRow]) -> String {
    let line = |cells: [String; 6]| {
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        format!("| {} |", cells.join(" | "))
    };
    let rule = "| ---: | --- | --- | --- | ---: | --- |".to_owned();
    let rows = rows.iter().rev().map(|row| line(cells(row)));
    [line(head(cx)), rule].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

/// The last column, whose sentences may be longer than there is room.
const MEANING: usize = 5;

/// Calls as rows of a table.
pub(super) struct CallRows<'a> {
    /// Newest first.
    pub(super) rows: &'a [CallRow],
}

pub(super) fn columns(cx: &Cx<'_>) -> [TableColumn; 6] {
    let column = |id, title: Text, width, align| TableColumn {
        id,
        title: cx.say(&title),
        width,
        align,
        sorts: false,
        fills: id == "meaning",
    };
    [
        column("at", text!("column.at_ms"), 80.0, Align::Max),
        column("end", text!("column.end"), 74.0, Align::Min),
        column("call", text!("column.call"), 226.0, Align::Min),
        column("result", text!("column.result"), 122.0, Align::Min),
        column("took", text!("column.took_ms"), 64.0, Align::Max),
        column("meaning", text!("column.meaning"), 160.0, Align::Min),
    ]
}

impl Rows for CallRows<'_> {
    fn count(&self) -> usize {
        self.rows.len()
    }

    fn id(&self, row: usize) -> u64 {
        (self.rows.len() - row) as u64
    }

    fn name(&self, row: usize) -> String {
        self.rows.get(row).map_or_else(String::new, |row| {
            format!("{}, {}, {}, {} ms, {}", row.who, row.call, row.result, row.took, row.meaning)
        })
    }

    fn cell(&self, ui: &mut Ui, row: usize, column: usize) {
        let Some(row) = self.rows.get(row) else { return };
        let theme = Theme::of(ui);
        let strong = if row.failed { theme.severity.critical.text } else { theme.text.primary };
        let (text, style, color) = match column {
            0 => (&row.at, TypeStyle::MonoDense, theme.text.secondary),
            1 => (&row.who, TypeStyle::Dense, theme.text.primary),
            2 => (&row.call, TypeStyle::MonoDense, theme.text.primary),
            3 => (&row.result, TypeStyle::MonoDense, strong),
            4 => (&row.took, TypeStyle::MonoDense, theme.text.secondary),
            _ => (&row.meaning, TypeStyle::Dense, theme.text.secondary),
        };
        let rich = style.rich(text).color(color);
        if column == MEANING {
            let label = ui.add(Label::new(rich).truncate());
            if !text.is_empty() {
                label.on_hover_text(text);
            }
        } else {
            ui.label(rich);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_have_two_digits_and_groups() {
        assert_eq!(millis(Duration::from_micros(20)), "0.02");
        assert_eq!(millis(Duration::from_micros(2_480_084)), "2\u{2009}480.08");
        assert_eq!(bare(&millis(Duration::from_secs(3_601))), "3601000.00");
    }
}
