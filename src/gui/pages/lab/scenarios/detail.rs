//! The chosen scenario: its head, and under it what came of it or every call it made.

use std::sync::Arc;

use eframe::egui::{Align, Layout, Ui, UiBuilder, vec2};
use egui_material_icons::icons::{ICON_SCIENCE, ICON_TABLE_ROWS};

use super::checks::{Lines, checks_card, steps_card};
use super::states::states_card;
use super::{habits, head, museum};
use crate::gui::cx::Cx;
use crate::gui::pages::lab::calls::{self, CallRows};
use crate::gui::pages::lab::scroll;
use crate::gui::table::{Rows as _, table};
use crate::gui::theme::Tone;
use crate::gui::theme::measure::{Room, size};
use crate::gui::widgets::{Card, banner, empty, segmented};
use crate::lab::{Order, Phase, Ran, ScenarioResult};
use crate::text;
use crate::text::roughly;

/// Which part of a result is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Outcome,
    Calls,
}

/// What the view of a result keeps: its sentences, put together when there is another result.
#[derive(Default)]
pub(super) struct Detail {
    part: Part,
    shown: Option<Arc<ScenarioResult>>,
    lines: Lines,
}

impl Detail {
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>, order: &mut Order) {
        ui.spacing_mut().item_spacing.y = Room::of(ui.ctx().content_rect().width()).gap();
        head::ui(ui, cx, order);
        let name = order.scenario.name();
        if cx.scenarios.ran(name).is_some() || cx.scenarios.phase(name) != Phase::Rests {
            self.bar(ui, cx, order);
        }
        match cx.scenarios.ran(name) {
            Some(Ran::Result(result)) => {
                self.take(cx, result);
                self.result(ui, cx, result);
            }
            Some(Ran::Lost(why)) => {
                banner(ui, Tone::Critical, "", &cx.say(why), |_| {});
            }
            None if cx.scenarios.phase(name) == Phase::Rests => {
                let title = cx.say(&text!("lab_scenarios_page.not_run_title"));
                let lasts = roughly(order.scenario.lasts(&order.knobs));
                let text = cx.say(&text!("lab_scenarios_page.not_run_text", lasts = lasts));
                empty(ui, ICON_SCIENCE, &title, &text, |_| {});
            }
            None => {}
        }
    }

    /// Which part is shown, and how far the scenario is.
    fn bar(&mut self, ui: &mut Ui, cx: &Cx<'_>, order: &Order) {
        let outcome = cx.say(&text!("lab_scenarios_page.outcome"));
        let calls = cx.say(&text!("lab_scenarios_page.calls"));
        let wanted = vec2(ui.available_width(), size::SEGMENTED);
        ui.allocate_ui_with_layout(wanted, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_height(size::SEGMENTED);
            let parts = [(Part::Outcome, outcome.as_str()), (Part::Calls, calls.as_str())];
            segmented(ui, &mut self.part, &parts);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                head::right_end(ui, cx, order);
            });
        });
    }

    /// Puts the sentences of another result together.
    fn take(&mut self, cx: &Cx<'_>, result: &Arc<ScenarioResult>) {
        if !self.shown.as_ref().is_some_and(|shown| Arc::ptr_eq(shown, result)) {
            self.shown = Some(Arc::clone(result));
            self.lines = Lines::of(cx, result);
        }
    }

    fn result(&mut self, ui: &mut Ui, cx: &Cx<'_>, result: &Arc<ScenarioResult>) {
        match self.part {
            Part::Calls => calls_card(ui, cx, result),
            Part::Outcome => {
                scroll(ui, |ui| {
                    if !result.habits.is_empty() {
                        habits::legend(ui, cx);
                        habits::grid(ui, cx, &result.habits);
                    }
                    if !result.exhibits.is_empty() {
                        museum::grid(ui, cx, result);
                    }
                    if !self.lines.checks.is_empty() {
                        checks_card(ui, cx, &self.lines);
                    }
                    if !self.lines.steps.is_empty() {
                        steps_card(ui, cx, &self.lines);
                    }
                    if !result.lanes.is_empty() {
                        states_card(ui, cx, result);
                    }
                });
            }
        }
    }
}

/// Every call, newest first.
fn calls_card(ui: &mut Ui, cx: &Cx<'_>, result: &ScenarioResult) {
    let rows = CallRows { cx, calls: &result.calls };
    let title = cx.say(&text!("lab_scenarios_page.calls"));
    let all = result.calls.iter().len() as u64 + result.calls.dropped();
    let note = text!("lab_scenarios_page.newest", shown = rows.count(), n = all);
    Card::new(&title).note(&cx.say(&note)).flush().show(
        ui,
        |_| {},
        |ui| {
            let whole = ui.available_rect_before_wrap().shrink2(vec2(1.0, 0.0));
            ui.scope_builder(UiBuilder::new().max_rect(whole), |ui| {
                if rows.count() == 0 {
                    let title = cx.say(&text!("lab_scenarios_page.no_calls"));
                    let text = cx.say(&text!("lab_scenarios_page.no_calls_text"));
                    empty(ui, ICON_TABLE_ROWS, &title, &text, |_| {});
                } else {
                    let columns = calls::columns(cx);
                    table(ui, "scenario-calls", &columns, &rows, None, None);
                }
            });
            ui.advance_cursor_after_rect(whole);
        },
    );
}
