//! Every call that the bench made, with what it returned.

use eframe::egui::{Align, Ui, UiBuilder, vec2};
use egui_material_icons::icons::{ICON_CONTENT_COPY, ICON_SCIENCE};

use crate::gui::cx::{Command, Cx};
use crate::gui::table::{Rows, TableColumn, table};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Button, Card, empty};
use crate::lab::{self, BenchState};
use crate::model::lab::{Call, CallOutcome};
use crate::text;

/// So many calls are listed.
pub(super) const MOST_CALLS: usize = 1_000;

/// The calls in the order they are shown, put there when there are new ones.
#[derive(Default)]
pub(super) struct CallsView {
    calls: Vec<Call>,
    /// How many calls each connection had then, by its number.
    known: Vec<(u64, u64)>,
}

impl CallsView {
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState) {
        self.take_calls(bench);
        self.calls_card(ui, cx, bench);
    }

    /// Puts the newest calls of all connections in one order, newest first, when there are new ones.
    fn take_calls(&mut self, bench: &BenchState) {
        let known: Vec<(u64, u64)> = bench
            .connections
            .iter()
            .map(|it| (it.number, it.calls.iter().len() as u64 + it.calls.dropped()))
            .collect();
        if known == self.known {
            return;
        }
        self.known = known;
        let mut calls: Vec<&Call> =
            bench.connections.iter().flat_map(|connection| connection.calls.iter()).collect();
        calls.sort_by_key(|call| std::cmp::Reverse(call.at));
        self.calls = calls.into_iter().take(MOST_CALLS).cloned().collect();
    }

    fn calls_card(&self, ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState) {
        let title = cx.say(&text!("lab_page.calls"));
        let note = cx.say(&text!("lab_page.newest_first", n = self.calls.len()));
        Card::new(&title).note(&note).flush().show(
            ui,
            |ui| {
                ui.add_enabled_ui(!self.calls.is_empty(), |ui| {
                    let copy = cx.say(&text!("lab_page.copy_calls"));
                    if Button::new(&copy).icon(ICON_CONTENT_COPY).small().show(ui).clicked() {
                        let lines: Vec<String> = self.calls.iter().rev().map(copied).collect();
                        cx.send(Command::Copy(lines.join("\n")));
                    }
                });
            },
            |ui| {
                let whole = ui.available_rect_before_wrap().shrink2(vec2(1.0, 0.0));
                ui.scope_builder(UiBuilder::new().max_rect(whole), |ui| {
                    if bench.connections.is_empty() {
                        let title = cx.say(&text!("lab_page.empty_title"));
                        let text = cx.say(&text!("lab_page.empty_text"));
                        empty(ui, ICON_SCIENCE, &title, &text, |_| {});
                        return;
                    }
                    let rows = CallRows { cx, calls: &self.calls };
                    table(ui, "calls", &call_columns(cx), &rows, None, None);
                });
                ui.advance_cursor_after_rect(whole);
            },
        );
    }
}

/// The last column, whose sentences may be longer than there is room.
const MEANING: usize = 5;

/// Calls as rows of a table.
pub(super) struct CallRows<'a> {
    pub(super) cx: &'a Cx<'a>,
    /// Newest first.
    pub(super) calls: &'a [Call],
}

pub(super) fn call_columns(cx: &Cx<'_>) -> Vec<TableColumn> {
    let column = |id, title, width, align| TableColumn {
        id,
        title: cx.say(&title),
        width,
        align,
        sorts: false,
        fills: id == "meaning",
    };
    vec![
        column("at", text!("column.at_ms"), 92.0, Align::Max),
        column("end", text!("column.end"), 70.0, Align::Min),
        column("call", text!("column.call"), 260.0, Align::Min),
        column("result", text!("column.result"), 150.0, Align::Min),
        column("took", text!("column.took_ms"), 76.0, Align::Max),
        column("meaning", text!("column.meaning"), 260.0, Align::Min),
    ]
}

impl Rows for CallRows<'_> {
    fn count(&self) -> usize {
        self.calls.len()
    }

    fn id(&self, row: usize) -> u64 {
        (self.calls.len() - row) as u64
    }

    fn name(&self, row: usize) -> String {
        self.calls.get(row).map_or_else(String::new, copied)
    }

    fn cell(&self, ui: &mut Ui, row: usize, column: usize) {
        let Some(call) = self.calls.get(row) else {
            return;
        };
        let theme = Theme::of(ui);
        let failed = matches!(call.outcome, CallOutcome::Failed { .. });
        let strong = if failed { theme.severity.critical.text } else { theme.text.primary };
        let (text, style, color) = match column {
            0 => (millis(call.at, 1), TypeStyle::MonoDense, theme.text.secondary),
            1 => (call.who.to_string(), TypeStyle::Dense, theme.text.primary),
            2 => (call.call.clone(), TypeStyle::MonoDense, theme.text.primary),
            3 => (result(call).to_owned(), TypeStyle::MonoDense, strong),
            4 => (millis(call.took, 2), TypeStyle::MonoDense, theme.text.secondary),
            _ => (self.meaning(call), TypeStyle::Dense, theme.text.secondary),
        };
        let label = ui.label(style.rich(&text).color(color));
        if column == MEANING && !text.is_empty() {
            label.on_hover_text(text);
        }
    }
}

impl CallRows<'_> {
    /// What the result means, where it needs a word.
    fn meaning(&self, call: &Call) -> String {
        match &call.outcome {
            CallOutcome::Failed { errno, meaning } => {
                lab::meaning(errno).map_or_else(|| meaning.clone(), |text| self.cx.say(&text))
            }
            CallOutcome::Returned(value) if value == "0" && call.call.starts_with("recv") => {
                self.cx.say(&text!("lab_page.end_of_stream"))
            }
            CallOutcome::Returned(_) => String::new(),
        }
    }
}

fn result(call: &Call) -> &str {
    match &call.outcome {
        CallOutcome::Returned(value) => value,
        CallOutcome::Failed { errno, .. } => errno,
    }
}

fn copied(call: &Call) -> String {
    let (at, took) = (millis(call.at, 1), millis(call.took, 2));
    format!("{at} ms\t{}\t{}\t{}\t{took} ms", call.who, call.call, result(call))
}

fn millis(time: std::time::Duration, digits: usize) -> String {
    format!("{:.digits$}", time.as_secs_f64() * 1_000.0)
}
