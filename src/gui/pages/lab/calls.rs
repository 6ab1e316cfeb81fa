//! Every call that the bench made, with what it returned and what that means.

mod waiting;

use std::time::Duration;

use eframe::egui::{Align, Label, Popup, Ui, UiBuilder, vec2};
use egui_material_icons::icons::{ICON_CONTENT_COPY, ICON_SCIENCE};

use super::actions::menu_line;
use super::lanes::{CALM_STEP, STEP};
use crate::gui::cx::{Command, Cx};
use crate::gui::table::{Rows, TableColumn, table};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Button, Card, empty};
use crate::lab::{BenchState, Bounded, PATIENCE};
use crate::model::lab::{Call, CallOutcome, Role, Who};
use crate::text;
use crate::text::{Text, thousands, took};
use waiting::BenchRows;

/// A `close()` that took so long has waited for something: nothing but `SO_LINGER` makes it.
const WAITED: Duration = Duration::from_millis(500);

/// So many calls are listed.
const MOST_CALLS: usize = 1_000;

/// Draws the card, this high.
pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, height: f32) {
    if !bench.running.is_empty() {
        // What waits takes longer and longer, and cannot ring.
        ui.ctx().request_repaint_after(if cx.calm { CALM_STEP } else { STEP });
    }
    let rows = BenchRows { made: CallRows { cx, calls: &bench.calls }, bench };
    let title = cx.say(&text!("lab_bench_page.calls"));
    let note =
        cx.say(&text!("lab_bench_page.newest_first", count = thousands(rows.made.count() as u64)));
    let width = ui.available_width();
    ui.allocate_ui(vec2(width, height), |ui| {
        Card::new(&title).note(&note).flush().height(height).show(
            ui,
            |ui| copy(ui, &rows.made),
            |ui| {
                let whole = ui.available_rect_before_wrap().shrink2(vec2(1.0, 0.0));
                ui.scope_builder(UiBuilder::new().max_rect(whole), |ui| {
                    if rows.count() == 0 {
                        let title = cx.say(&text!("lab_bench_page.empty_title"));
                        let text = cx.say(&text!("lab_bench_page.empty_text"));
                        empty(ui, ICON_SCIENCE, &title, &text, |_| {});
                        return;
                    }
                    table(ui, "calls", &columns(cx), &rows, None, None);
                });
                ui.advance_cursor_after_rect(whole);
            },
        );
    });
}

/// The button that copies, in one of two forms.
fn copy(ui: &mut Ui, rows: &CallRows<'_>) {
    let cx = rows.cx;
    ui.add_enabled_ui(rows.count() > 0, |ui| {
        let label = cx.say(&text!("lab_bench_page.copy_calls"));
        let button = Button::new(&label).icon(ICON_CONTENT_COPY).small().show(ui);
        Popup::menu(&button).accessible_name(label).show(|ui| {
            let label = cx.say(&text!("lab_bench_page.copy_tabs"));
            if menu_line(ui, &label, &label, true).clicked() {
                cx.send(Command::Copy(tabs(rows)));
                ui.close();
            }
            let label = cx.say(&text!("lab_bench_page.copy_markdown"));
            if menu_line(ui, &label, &label, true).clicked() {
                cx.send(Command::Copy(markdown(rows)));
                ui.close();
            }
        });
    });
}

/// One cell of a call's row, as it is read.
fn written(cx: &Cx<'_>, call: &Call, column: usize) -> String {
    match column {
        AT => millis(call.at),
        WHO => who(cx, call.who),
        CALL => call.call.clone(),
        RESULT => match &call.outcome {
            CallOutcome::Returned(value) => value.clone(),
            CallOutcome::Failed { errno, .. } => errno.clone(),
        },
        TOOK => millis(call.took),
        _ => meaning(cx, call),
    }
}

fn who(cx: &Cx<'_>, who: Who) -> String {
    let number = who.number.to_string();
    cx.say(&match who.role {
        Role::Client => text!("lab_bench_page.who_client", number = number),
        Role::Peer => text!("lab_bench_page.who_peer", number = number),
        Role::Listener => text!("lab_bench_page.who_listener", number = number),
    })
}

/// What a result means and what to try; empty where it speaks for itself.
fn meaning(cx: &Cx<'_>, call: &Call) -> String {
    match &call.outcome {
        CallOutcome::Failed { errno, meaning } => {
            let means = super::meaning::meaning(&call.call, errno);
            let means = means.map_or_else(|| meaning.clone(), |text| cx.say(&text));
            match super::meaning::remedy(&call.call, errno) {
                Some(text) => format!("{means} {}", cx.say(&text)),
                None => means,
            }
        }
        CallOutcome::Returned(value)
            if call.call.starts_with("recv") && (value == "0" || value.ends_with(", then 0")) =>
        {
            cx.say(&text!("lab_bench_page.end_of_stream"))
        }
        CallOutcome::Returned(_) if call.call.starts_with("send") && call.took >= PATIENCE => {
            cx.say(&text!("lab_bench_page.send_waited", time = took(PATIENCE)))
        }
        CallOutcome::Returned(_) if call.call.starts_with("close") && call.took >= WAITED => {
            cx.say(&text!("lab_bench_page.close_waited"))
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

/// Those that are listed as they are copied, oldest first.
fn copied(rows: &CallRows<'_>) -> impl Iterator<Item = [String; 6]> {
    let older = rows.calls.iter().len() - rows.count();
    rows.calls.iter().skip(older).map(|call| {
        std::array::from_fn(|column| {
            let cell = written(rows.cx, call, column);
            if matches!(column, AT | TOOK) { bare(&cell) } else { cell }
        })
    })
}

/// All of them, oldest first, a line each.
fn tabs(rows: &CallRows<'_>) -> String {
    let lines = copied(rows).map(|cells| cells.join("\t"));
    std::iter::once(head(rows.cx).join("\t")).chain(lines).collect::<Vec<_>>().join("\n")
}

/// All of them, oldest first, as a table of Markdown.
fn markdown(rows: &CallRows<'_>) -> String {
    let line = |cells: [String; 6]| {
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        format!("| {} |", cells.join(" | "))
    };
    let rule = "| ---: | --- | --- | --- | ---: | --- |".to_owned();
    let lines = copied(rows).map(line);
    [line(head(rows.cx)), rule].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
}

// The columns. The last one's sentences may be longer than there is room.
const AT: usize = 0;
const WHO: usize = 1;
const CALL: usize = 2;
const RESULT: usize = 3;
const TOOK: usize = 4;
const MEANING: usize = 5;

/// The newest calls as rows of a table, newest first. Only what is in sight is written out.
pub(super) struct CallRows<'a> {
    pub(super) cx: &'a Cx<'a>,
    pub(super) calls: &'a Bounded<Call>,
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
        self.calls.iter().len().min(MOST_CALLS)
    }

    fn id(&self, row: usize) -> u64 {
        // Its place since the log began, so that a row keeps its name while newer ones come.
        self.calls.dropped() + (self.calls.iter().len() - row) as u64
    }

    fn name(&self, row: usize) -> String {
        self.calls.newest(row).map_or_else(String::new, |call| {
            let [who, made, result, took, meaning] =
                [WHO, CALL, RESULT, TOOK, MEANING].map(|column| written(self.cx, call, column));
            format!("{who}, {made}, {result}, {took} ms, {meaning}")
        })
    }

    fn cell(&self, ui: &mut Ui, row: usize, column: usize) {
        let Some(call) = self.calls.newest(row) else { return };
        let theme = Theme::of(ui);
        let failed = matches!(call.outcome, CallOutcome::Failed { .. });
        let (style, color) = match column {
            AT | TOOK => (TypeStyle::MonoDense, theme.text.secondary),
            WHO => (TypeStyle::Dense, theme.text.primary),
            RESULT if failed => (TypeStyle::MonoDense, theme.severity.critical.text),
            CALL | RESULT => (TypeStyle::MonoDense, theme.text.primary),
            _ => (TypeStyle::Dense, theme.text.secondary),
        };
        let text = written(self.cx, call, column);
        let rich = style.rich(&text).color(color);
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
