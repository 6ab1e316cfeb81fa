//! The scenarios: what each teaches, and what it showed here.

use eframe::egui::{Label, ScrollArea, Ui};
use egui_material_icons::icons::{ICON_PLAY_ARROW, ICON_STOP};

use crate::gui::cx::{Command, Cx};
use crate::gui::theme::measure::space;
use crate::gui::theme::{Theme, Tone, TypeStyle};
use crate::gui::widgets::{Card, button, chip, primary_button, spinner};
use crate::lab::{SCENARIOS, Scenario, ScenarioResult};
use crate::model::lab::{Call, CallOutcome, Verdict};
use crate::text;
use crate::text::Text;

/// Draws every scenario.
pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for scenario in SCENARIOS {
            scenario_card(ui, cx, *scenario);
        }
    });
}

fn scenario_card(ui: &mut Ui, cx: &Cx<'_>, scenario: &dyn Scenario) {
    let title = cx.say(&scenario.title());
    let running = cx.scenarios.running();
    let result = cx.scenarios.result(scenario.name());
    Card::new(&title).show(
        ui,
        |ui| {
            if running == Some(scenario.name()) {
                if button(ui, ICON_STOP, &cx.say(&text!("lab_page.stop"))).clicked() {
                    cx.send(Command::StopScenario);
                }
                spinner(ui, &cx.say(&text!("lab_page.running")));
            } else {
                ui.add_enabled_ui(running.is_none(), |ui| {
                    if primary_button(ui, ICON_PLAY_ARROW, &cx.say(&text!("lab_page.run")))
                        .clicked()
                    {
                        cx.send(Command::RunScenario(scenario.name()));
                    }
                });
            }
            if let Some(result) = result {
                let (tone, word) = verdict(result.verdict());
                chip(ui, tone, None, &cx.say(&word));
            }
        },
        |ui| {
            let teaches = TypeStyle::Body.rich(cx.say(&scenario.teaches()));
            ui.add(Label::new(teaches.color(Theme::of(ui).text.secondary)).wrap());
            if let Some(result) = result {
                outcome(ui, cx, result);
            }
        },
    );
}

fn verdict(verdict: Verdict) -> (Tone, Text) {
    match verdict {
        Verdict::AsExpected => (Tone::Fine, text!("lab_page.as_expected")),
        Verdict::Differs => (Tone::Critical, text!("lab_page.differs")),
        Verdict::CouldNotTell => (Tone::Note, text!("lab_page.could_not_tell")),
    }
}

fn outcome(ui: &mut Ui, cx: &Cx<'_>, result: &ScenarioResult) {
    ui.add_space(space::XS);
    let titles = [
        text!("column.judged"),
        text!("column.expected"),
        text!("column.observed"),
        text!("column.verdict"),
    ];
    grid(ui, cx, "checks", titles, |ui| {
        for check in &result.checks {
            let theme = Theme::of(ui);
            ui.label(TypeStyle::Dense.rich(cx.say(&check.subject)).color(theme.text.primary));
            ui.label(
                TypeStyle::Mono.rich(check.expected.render(cx.locale)).color(theme.text.primary),
            );
            ui.label(
                TypeStyle::Mono.rich(check.observed.render(cx.locale)).color(theme.text.primary),
            );
            let (tone, word) = verdict(check.verdict);
            let word = TypeStyle::Dense.rich(cx.say(&word));
            ui.label(word.color(theme.tone(tone).text));
            ui.end_row();
        }
    });
    ui.add_space(space::XS);
    let titles =
        [text!("column.at_ms"), text!("column.end"), text!("column.call"), text!("column.result")];
    grid(ui, cx, "steps", titles, |ui| {
        for call in result.calls.iter() {
            step(ui, call);
            ui.end_row();
        }
    });
}

fn grid(ui: &mut Ui, cx: &Cx<'_>, id: &str, titles: [Text; 4], rows: impl FnOnce(&mut Ui)) {
    eframe::egui::Grid::new(id)
        .num_columns(4)
        .spacing([space::XXL, space::XS])
        .min_row_height(18.0)
        .show(ui, |ui| {
            for title in titles {
                let title = TypeStyle::Caption.rich(cx.say(&title));
                ui.label(title.color(Theme::of(ui).text.secondary));
            }
            ui.end_row();
            rows(ui);
        });
}

fn step(ui: &mut Ui, call: &Call) {
    let theme = Theme::of(ui);
    let at = format!("{:.1}", call.at.as_secs_f64() * 1_000.0);
    ui.label(TypeStyle::Mono.rich(at).color(theme.text.secondary));
    ui.label(TypeStyle::Dense.rich(call.who.to_string()).color(theme.text.primary));
    ui.label(TypeStyle::Mono.rich(&call.call).color(theme.text.primary));
    let (result, color) = match &call.outcome {
        CallOutcome::Returned(value) => (value, theme.text.primary),
        CallOutcome::Failed { errno, .. } => (errno, theme.severity.critical.text),
    };
    ui.label(TypeStyle::Mono.rich(result).color(color));
}
