//! What stands above a scenario's outcome: what it teaches, its knobs, its buttons, and how far it is.

use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{
    Align, ComboBox, DragValue, Frame, Label, Layout, Margin, Rect, Role, Sense, Stroke, Ui,
    UiBuilder, WidgetInfo, vec2,
};
use egui_material_icons::icons::{
    ICON_CONTENT_COPY, ICON_ERROR, ICON_PLAY_ARROW, ICON_SAVE, ICON_STOP,
};

use super::phrases;
use crate::gui::cx::{Command, Cx};
use crate::gui::jobs::ScenarioForm;
use crate::gui::theme::measure::{radius, size, space, stroke};
use crate::gui::theme::{Theme, Tone, TypeStyle};
use crate::gui::widgets::{Button, button, chip, primary_button, segmented};
use crate::lab::{Knob, Order, Phase, Ran, Range, ScenarioResult};
use crate::text;
use crate::text::{age, clock, roughly, took};

/// How wide the sentences get at most.
const TEXT_WIDTH: f32 = 640.0;

/// The height of the bar that shows how far it is.
const BAR: f32 = 4.0;

/// A panel without a title of its own.
pub(super) fn panel<R>(ui: &mut Ui, name: &str, body: impl FnOnce(&mut Ui) -> R) -> R {
    let theme = Theme::of(ui);
    let named = UiBuilder::new().accessibility_role(Role::Group).accessibility_label(name);
    ui.scope_builder(named, |ui| {
        Frame::new()
            .fill(theme.surface.panel)
            .stroke(Stroke::new(stroke::HAIRLINE, theme.stroke.subtle))
            .corner_radius(radius::CARD)
            .inner_margin(Margin::same(12))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = space::S;
                body(ui)
            })
            .inner
    })
    .inner
}

/// Draws it; what is turned is put into `order`.
pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>, order: &mut Order) {
    let title = cx.say(&order.scenario.title());
    let phase = cx.scenarios.phase(order.scenario.name());
    panel(ui, &title, |ui| {
        let theme = Theme::of(ui);
        let wanted = vec2(ui.available_width(), size::CONTROL);
        ui.allocate_ui_with_layout(wanted, Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = space::M;
            run_button(ui, cx, order, phase);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let title = TypeStyle::Headline.rich(&title).color(theme.text.primary);
                ui.add(Label::new(title).truncate());
                if phase == Phase::Rests {
                    came_of_it(ui, cx, order);
                }
            });
        });
        ui.scope(|ui| {
            ui.set_max_width(ui.available_width().min(TEXT_WIDTH));
            let teaches = TypeStyle::Body.rich(cx.say(&order.scenario.teaches()));
            ui.add(Label::new(teaches.color(theme.text.secondary)).wrap());
        });
        ui.add_enabled_ui(phase == Phase::Rests, |ui| knobs(ui, cx, order));
    });
}

/// Runs it, or stops it.
fn run_button(ui: &mut Ui, cx: &Cx<'_>, order: &Order, phase: Phase) {
    match phase {
        Phase::Rests => {
            let ran = cx.scenarios.ran(order.scenario.name()).is_some();
            let run = cx.say(&if ran {
                text!("lab_scenarios_page.run_again")
            } else {
                text!("lab_scenarios_page.run")
            });
            if primary_button(ui, ICON_PLAY_ARROW, &run).clicked() {
                cx.send(Command::RunScenarios(vec![order.clone()]));
            }
        }
        Phase::Runs { stopping: true, .. } => {
            let stopping = cx.say(&text!("lab_scenarios_page.stopping"));
            ui.add_enabled_ui(false, |ui| button(ui, ICON_STOP, &stopping));
        }
        Phase::Waits | Phase::Runs { .. } => {
            if button(ui, ICON_STOP, &cx.say(&text!("lab_scenarios_page.stop"))).clicked() {
                cx.send(Command::StopScenario(order.scenario.name()));
            }
        }
    }
}

fn knobs(ui: &mut Ui, cx: &Cx<'_>, order: &mut Order) {
    let turned: Vec<(&'static Knob, u64)> = order.knobs.each().collect();
    if turned.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XL, space::S);
        for (place, (knob, value)) in turned.into_iter().enumerate() {
            let title = cx.say(&(knob.title)());
            let mut new = value;
            // Its name and its control stay in one line.
            let width = knob_width(ui, knob, &title);
            let fits = width <= ui.max_rect().width();
            let wanted = vec2(width.min(ui.max_rect().width()), size::CONTROL);
            let layout = Layout::left_to_right(Align::Center);
            ui.allocate_ui_with_layout(wanted, layout, |ui| {
                ui.set_min_size(wanted);
                ui.spacing_mut().item_spacing.x = space::M;
                let label = TypeStyle::Body.rich(&title).color(Theme::of(ui).text.secondary);
                let label = ui.add(Label::new(label).extend());
                match &knob.range {
                    Range::Number { min, max, unit, .. } => {
                        let unit =
                            if unit.is_empty() { String::new() } else { format!("\u{2009}{unit}") };
                        let drag =
                            DragValue::new(&mut new).range(*min..=*max).speed(0.1).suffix(unit);
                        ui.add_sized([NUMBER, size::CONTROL], drag).labelled_by(label.id);
                    }
                    Range::Choice(words) => {
                        let words: Vec<(u64, &str)> = (0..).zip(words.iter().copied()).collect();
                        if fits {
                            segmented(ui, &mut new, &words);
                        } else {
                            choice(ui, &title, &mut new, &words);
                        }
                    }
                }
            });
            if new != value {
                order.knobs.put(place, new);
            }
        }
    });
}

/// One of many words, where they do not fit side by side.
fn choice(ui: &mut Ui, title: &str, value: &mut u64, words: &[(u64, &str)]) {
    let chosen = words.iter().find(|(place, _)| place == value).map_or("", |(_, word)| *word);
    let list = ComboBox::from_id_salt(title).selected_text(chosen).show_ui(ui, |ui| {
        for (place, word) in words {
            ui.selectable_value(value, *place, *word);
        }
    });
    list.response.accessible_name(title);
}

/// The width of a field for a number.
const NUMBER: f32 = 72.0;

/// How wide a knob is with its name.
fn knob_width(ui: &Ui, knob: &Knob, title: &str) -> f32 {
    let wide = |text: &str, style: TypeStyle| {
        let color = Theme::of(ui).text.primary;
        ui.painter().layout_no_wrap(text.to_owned(), style.font(), color).size().x
    };
    let control = match &knob.range {
        Range::Number { .. } => NUMBER,
        Range::Choice(words) => words
            .iter()
            .map(|word| (wide(word, TypeStyle::BodyStrong) + 20.0).ceil().max(size::CONTROL_SMALL))
            .sum(),
    };
    wide(title, TypeStyle::Body).ceil() + space::M + control
}

/// What stands at the right end of the line above the outcome: how far the scenario is, or what can be done with its
/// result. It is drawn from the right.
pub(super) fn right_end(ui: &mut Ui, cx: &Cx<'_>, order: &Order) {
    ui.spacing_mut().item_spacing.x = space::S;
    let name = order.scenario.name();
    match cx.scenarios.phase(name) {
        Phase::Rests => {
            if let Some(result) = cx.scenarios.result(name) {
                result_buttons(ui, cx, result);
            }
        }
        Phase::Waits => {
            let waits = cx.say(&text!("lab_scenarios_page.waits_text"));
            ui.label(TypeStyle::Dense.rich(waits).color(Theme::of(ui).text.tertiary));
        }
        Phase::Runs { time, lasts, .. } => {
            progress(ui, cx, &cx.say(&order.scenario.title()), time, lasts);
        }
    }
}

/// How far a scenario is that runs.
fn progress(ui: &mut Ui, cx: &Cx<'_>, title: &str, time: Duration, lasts: Duration) {
    let theme = Theme::of(ui);
    let (since, about) = (age(time), roughly(lasts));
    let so_far =
        text!("lab_scenarios_page.progress", time = since.as_str(), lasts = about.as_str());
    ui.label(TypeStyle::Dense.rich(cx.say(&so_far)).color(theme.text.secondary));
    let wanted = vec2(ui.available_width() - space::XL, BAR);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
    // It is over when it says so, and not when the time is.
    let share = (time.as_secs_f32() / lasts.as_secs_f32().max(0.1)).min(0.97);
    let done = Rect::from_min_size(rect.min, vec2(rect.width() * share, rect.height()));
    ui.painter().rect_filled(rect, radius::GAUGE, theme.surface.track);
    ui.painter().rect_filled(done, radius::GAUGE, theme.accent.text);
    response.widget_info(|| {
        let name = text!(
            "lab_scenarios_page.progress_name",
            title = title,
            time = since.as_str(),
            lasts = about.as_str()
        );
        WidgetInfo::labeled(Role::ProgressIndicator, ui.is_enabled(), cx.say(&name))
    });
}

/// The verdict, and when it ran.
fn came_of_it(ui: &mut Ui, cx: &Cx<'_>, order: &Order) {
    match cx.scenarios.ran(order.scenario.name()) {
        None => {}
        Some(Ran::Lost(_)) => {
            let failed = cx.say(&text!("lab_scenarios_page.failed"));
            chip(ui, Tone::Critical, Some(ICON_ERROR), &failed);
        }
        Some(Ran::Result(result)) => {
            let verdict = result.verdict();
            let words = cx.say(&phrases::verdict(verdict));
            chip(ui, phrases::tone(verdict), Some(phrases::sign(verdict)), &words);
            let (began, took) = (clock(result.began_at, cx.zone), took(result.took));
            let started = text!("lab_scenarios_page.started", time = began, took = took);
            let started = TypeStyle::Dense.rich(cx.say(&started));
            ui.add(Label::new(started.color(Theme::of(ui).text.tertiary)).truncate());
        }
    }
}

/// From the right.
fn result_buttons(ui: &mut Ui, cx: &Cx<'_>, result: &Arc<ScenarioResult>) {
    for form in ScenarioForm::ALL.into_iter().rev() {
        let label = cx.say(&match form {
            ScenarioForm::Json => text!("lab_scenarios_page.save_json"),
            ScenarioForm::Markdown => text!("lab_scenarios_page.save_markdown"),
        });
        let hint = cx.say(&text!("lab_scenarios_page.save_as", format = form.name()));
        let save = Button::new(&label).icon(ICON_SAVE).small().show(ui);
        if save.on_hover_text(hint).clicked() {
            cx.send(Command::AskSaveScenario(Arc::clone(result), form));
        }
    }
    let copy = cx.say(&text!("lab_scenarios_page.copy"));
    if Button::new(&copy).icon(ICON_CONTENT_COPY).small().show(ui).clicked() {
        let result = Arc::clone(result);
        cx.send(Command::CopyComposed(Box::new(move || crate::lab::markdown(&result))));
    }
}
