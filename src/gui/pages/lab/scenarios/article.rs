//! The article that this program grew out of, claim by claim, each with what shows it here.

use eframe::egui::{Align, Label, Layout, Ui, vec2};
use egui_material_icons::icons::{ICON_PLAY_ARROW, ICON_STOP};

use super::head::panel;
use super::phrases;
use crate::gui::cx::{Command, Cx};
use crate::gui::pages::lab::scroll;
use crate::gui::theme::measure::{Room, size, space};
use crate::gui::theme::{Color, Theme, Tone, TypeStyle};
use crate::gui::widgets::{Button, chip, icon, spinner};
use crate::lab::article::{CLAIMS, Claim, Proof, Shows, Standing, speaks_of_this_system};
use crate::lab::{Order, Phase, Ran, ScenarioResult};
use crate::model::lab::Verdict;
use crate::text;
use crate::text::roughly;

/// How wide the sentences get at most.
const TEXT_WIDTH: f32 = 680.0;

/// Draws it; gives the name of a scenario whose whole result is wanted.
pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>) -> Option<&'static str> {
    let mut wanted = None;
    ui.spacing_mut().item_spacing.y = Room::of(ui.ctx().content_rect().width()).gap();
    scroll(ui, |ui| {
        let title = cx.say(&text!("lab_scenarios_page.article"));
        panel(ui, &title, |ui| {
            let theme = Theme::of(ui);
            ui.label(TypeStyle::Headline.rich(&title).color(theme.text.primary));
            sentence(ui, &cx.say(&text!("lab_scenarios_page.claims.text")), theme.text.secondary);
            if !speaks_of_this_system() {
                let system = phrases::system();
                let elsewhere = text!("lab_scenarios_page.claims.elsewhere", system = system);
                sentence(ui, &cx.say(&elsewhere), theme.severity.warning.text);
            }
        });
        for claim in &CLAIMS {
            if claim_panel(ui, cx, claim) {
                wanted = Some(claim.proof.scenario);
            }
        }
    });
    wanted
}

fn sentence(ui: &mut Ui, text: &str, color: Color) {
    ui.scope(|ui| {
        ui.set_max_width(ui.available_width().min(TEXT_WIDTH));
        ui.add(Label::new(TypeStyle::Body.rich(text).color(color)).wrap());
    });
}

const fn tone(standing: Standing) -> Tone {
    match standing {
        Standing::Right => Tone::Fine,
        Standing::RightInEffect | Standing::MostlyRight => Tone::Note,
        Standing::Wrong => Tone::Critical,
    }
}

/// Draws one; says whether the whole result is wanted.
fn claim_panel(ui: &mut Ui, cx: &Cx<'_>, claim: &Claim) -> bool {
    let number = claim.number;
    let name = cx.say(&text!("lab_scenarios_page.claims.claim", number = number));
    panel(ui, &name, |ui| {
        let theme = Theme::of(ui);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::M;
            ui.label(TypeStyle::BodyStrong.rich(&name).color(theme.text.primary));
            chip(ui, tone(claim.standing), None, &cx.say(&claim.standing.said()));
        });
        sentence(ui, &cx.say(&(claim.says)()), theme.text.primary);
        sentence(ui, &cx.say(&(claim.because)()), theme.text.secondary);
        // The lab's own tests hold every proof against its scenario.
        let Some(order) = claim.proof.order() else { return false };
        let whole = proof_row(ui, cx, number, &order, &claim.proof);
        shown(ui, cx, &claim.proof);
        whole
    })
}

/// What came of the scenario, if it ran with the knobs that the proof wants.
fn result<'a>(cx: &'a Cx<'_>, proof: &Proof) -> Option<&'a ScenarioResult> {
    let result = cx.scenarios.result(proof.scenario)?;
    let with = |written: &&str| {
        written.split_once('=').is_none_or(|(name, value)| {
            let mut knobs = result.knobs.iter();
            knobs.any(|(knob, set)| *knob == name && set.split(' ').next() == Some(value))
        })
    };
    let found = |shows: &Shows| shows.find(result).is_some();
    (proof.knobs.iter().all(with) || proof.shown_by.iter().any(found)).then_some(result.as_ref())
}

fn proof_row(ui: &mut Ui, cx: &Cx<'_>, number: &str, order: &Order, proof: &Proof) -> bool {
    let theme = Theme::of(ui);
    let phase = cx.scenarios.phase(proof.scenario);
    let result = result(cx, proof);
    let mut whole = false;
    ui.horizontal(|ui| {
        ui.set_min_height(size::CONTROL);
        ui.spacing_mut().item_spacing.x = space::M;
        if phase == Phase::Rests {
            let mut verb = if result.is_some() {
                text!("lab_scenarios_page.claims.prove_again")
            } else {
                text!("lab_scenarios_page.claims.prove")
            };
            if let Some(time) = proof.takes_long() {
                verb = text!("lab_article.lasting", what = verb, time = roughly(time));
            }
            let verb = cx.say(&verb);
            let name = text!(
                "lab_scenarios_page.claims.prove_name",
                verb = verb.as_str(),
                number = number
            );
            let button = Button::new(&verb).icon(ICON_PLAY_ARROW);
            if button.name(&cx.say(&name)).show(ui).clicked() {
                cx.send(Command::RunScenarios(vec![order.clone()]));
            }
        } else {
            let stop = cx.say(&text!("lab_scenarios_page.stop"));
            if Button::new(&stop).icon(ICON_STOP).show(ui).clicked() {
                cx.send(Command::StopScenario(proof.scenario));
            }
        }
        let title = cx.say(&order.scenario.title());
        let by = cx.say(&text!("lab_scenarios_page.claims.by", scenario = title.as_str()));
        ui.label(TypeStyle::Dense.rich(by).color(theme.text.tertiary));
        match phase {
            Phase::Runs { .. } => {
                spinner(ui, &cx.say(&text!("lab_scenarios_page.running")));
            }
            Phase::Waits => {
                let waits = cx.say(&text!("lab_scenarios_page.waits"));
                ui.label(TypeStyle::Dense.rich(waits).color(theme.text.tertiary));
            }
            Phase::Rests => {
                if let Some(result) = result {
                    let verdict = proof.verdict(result);
                    let words = cx.say(&phrases::on_this_system(verdict));
                    chip(ui, phrases::tone(verdict), Some(phrases::sign(verdict)), &words);
                } else if let Some(Ran::Lost(why)) = cx.scenarios.ran(proof.scenario) {
                    let why = TypeStyle::Dense.rich(cx.say(why));
                    ui.add(Label::new(why.color(theme.severity.critical.text)).truncate());
                }
            }
        }
        if result.is_some() {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let label = cx.say(&text!("lab_scenarios_page.claims.show_all"));
                let name =
                    cx.say(&text!("lab_scenarios_page.claims.show_all_name", number = number));
                whole = Button::new(&label).name(&name).small().show(ui).clicked();
            });
        }
    });
    whole
}

/// What shows it, each with its verdict.
fn shown(ui: &mut Ui, cx: &Cx<'_>, proof: &Proof) {
    let Some(result) = result(cx, proof) else { return };
    let theme = Theme::of(ui);
    for shows in proof.shown_by {
        let Some(subject) = shows.subject(result) else { continue };
        let check = shows.find(result);
        let missing = || cx.say(&text!("lab_scenarios_page.claims.missing"));
        // While it runs, what is not judged may be yet.
        if check.is_none() && !result.finished {
            continue;
        }
        let observed = check.map_or_else(missing, |check| check.observed.render(cx.locale));
        let verdict = check.map_or(Verdict::CouldNotTell, |it| it.verdict);
        ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            let sign = size::ICON - 2.0;
            icon(ui, phrases::sign(verdict), sign, phrases::color(theme, verdict));
            let subject = cx.say(&subject);
            let said =
                text!("lab_scenarios_page.claims.shown", subject = subject, observed = observed);
            let said = TypeStyle::Dense.rich(cx.say(&said)).color(theme.text.secondary);
            let wanted = vec2(ui.available_width(), 0.0);
            ui.allocate_ui_with_layout(wanted, Layout::top_down(Align::Min), |ui| {
                ui.add(Label::new(said).wrap());
            });
        });
    }
}
