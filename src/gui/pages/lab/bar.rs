//! Above the bench: to whom, how many, and the buttons that begin and end everything; and what went wrong.

use eframe::egui::{ComboBox, DragValue, RichText, Role, Ui, WidgetInfo};
use egui_material_icons::icons::{ICON_BOLT, ICON_INFO, ICON_RESTART_ALT, ICON_STOP};

use super::setup::{Choices, Place};
use crate::gui::cx::{Command, Cx};
use crate::gui::theme::measure::{Room, size, space};
use crate::gui::theme::{Theme, Tone, TypeStyle};
use crate::gui::widgets::{Button, banner, field, icon};
use crate::lab::{self, BenchState, MAX_CONNECTIONS, Target};
use crate::text;
use crate::text::Text;

/// The widths of the list of targets and of what is typed instead.
const TARGETS: f32 = 132.0;
const TYPED: f32 = 150.0;

/// Draws it from the right: the buttons, how many, to whom.
pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, choices: &mut Choices) {
    let theme = Theme::of(ui);
    let (why, commands) = match choices.connect(bench) {
        Ok(commands) => (bench.failure.clone(), commands),
        Err(why) => (Some(why), Vec::new()),
    };
    let button = |ui: &mut Ui, label: Text, icon, primary: bool, why: Option<Text>| {
        ui.add_enabled_ui(why.is_none(), |ui| {
            let label = cx.say(&label);
            let button = Button::new(&label).icon(icon);
            let response = if primary { button.primary() } else { button }.show(ui);
            match why {
                Some(why) => response.on_disabled_hover_text(cx.say(&why)).clicked(),
                None => response.clicked(),
            }
        })
        .inner
    };
    if button(ui, text!("lab_bench_page.connect"), ICON_BOLT, true, why) {
        choices.picked = None;
        for command in commands {
            cx.send(Command::Bench(command));
        }
    }
    let nothing = is_empty(bench).then(|| text!("lab_bench_page.why.nothing"));
    if button(ui, text!("lab_bench_page.reset"), ICON_RESTART_ALT, false, nothing) {
        choices.picked = None;
        cx.send(Command::Bench(lab::Command::Reset));
    }
    let idle = (!is_at_work(bench)).then(|| text!("lab_bench_page.why.idle"));
    if button(ui, text!("lab_bench_page.stop"), ICON_STOP, false, idle) {
        cx.send(Command::Bench(lab::Command::Stop));
    }
    let name = cx.say(&text!("lab_bench_page.how_many"));
    let drag = DragValue::new(&mut choices.count).range(1..=MAX_CONNECTIONS).speed(0.1);
    let count = ui.add_sized([40.0, size::CONTROL], drag);
    let label = ui.label(TypeStyle::Body.rich(name).color(theme.text.secondary));
    count.labelled_by(label.id);
    let narrow = Room::of(ui.ctx().content_rect().width()) == Room::Narrow;
    if choices.place == Place::Typed && !narrow {
        typed_target(ui, cx, choices, TYPED);
    }
    target(ui, cx, choices);
}

fn typed_target(ui: &mut Ui, cx: &Cx<'_>, choices: &mut Choices, width: f32) {
    let name = cx.say(&text!("lab_bench_page.typed_target"));
    let hint = cx.say(&text!("lab_bench_page.typed_hint"));
    field(ui, &mut choices.typed, &name, &hint, width);
}

fn target(ui: &mut Ui, cx: &Cx<'_>, choices: &mut Choices) {
    let name = cx.say(&text!("lab_bench_page.target"));
    let now = cx.say(&place(choices.place));
    let shown = RichText::new(&now).color(Theme::of(ui).text.primary);
    let combo =
        ComboBox::from_id_salt("target").selected_text(shown).width(TARGETS).show_ui(ui, |ui| {
            for each in Place::ALL {
                if ui.selectable_label(each == choices.place, cx.say(&place(each))).clicked() {
                    choices.place = each;
                    // By itself the list closes for the pointer only.
                    ui.close();
                }
            }
        });
    combo
        .response
        .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("{name}, {now}")));
}

fn place(place: Place) -> Text {
    match place {
        Place::BuiltIn4 => text!("lab_bench_page.place.v4"),
        Place::BuiltIn6 => text!("lab_bench_page.place.v6"),
        Place::Second => text!("lab_bench_page.place.second"),
        Place::Typed => text!("lab_bench_page.place.typed"),
    }
}

/// Whether there is nothing that a reset would end or forget.
fn is_empty(bench: &BenchState) -> bool {
    let listens = bench.listeners.iter().any(|listener| listener.last_address.is_some());
    bench.connections.is_empty() && bench.calls.iter().len() == 0 && !listens
}

/// Whether something runs that can be stopped.
fn is_at_work(bench: &BenchState) -> bool {
    let reads = |it: &lab::ConnectionState| {
        crate::model::lab::End::ALL.iter().any(|end| it.end(*end).reading)
    };
    !bench.running.is_empty() || bench.connections.iter().any(reads)
}

/// Whether this target was connected to since the last reset: then it was said already that packets are sent there.
fn was_connected(bench: &BenchState, typed: &str) -> bool {
    let is_it = |target: &Target| matches!(target, Target::Typed(was) if was == typed);
    bench.connections.iter().any(|connection| is_it(&connection.target))
}

/// What went wrong, and what leaves this machine.
pub(super) fn notes(ui: &mut Ui, cx: &Cx<'_>, choices: &mut Choices) {
    let narrow = Room::of(ui.ctx().content_rect().width()) == Room::Narrow;
    if choices.place == Place::Typed && narrow {
        let width = 2.0 * TYPED;
        typed_target(ui, cx, choices, width);
    }
    let Some(bench) = cx.bench else {
        banner(ui, Tone::Critical, "", &cx.say(&text!("lab_bench_page.no_bench")), |_| {});
        return;
    };
    if let Some(failure) = &bench.failure {
        banner(ui, Tone::Critical, "", &cx.say(failure), |_| {});
    } else if let Some(refused) = &bench.refused {
        banner(ui, Tone::Warning, "", &cx.say(&refused.reason), |_| {});
    }
    if let Some(failure) = &bench.observation.failure {
        let text = cx.say(&crate::analysis::phrases::poll_failure(failure));
        banner(ui, Tone::Warning, "", &text, |_| {});
    }
    let typed = choices.typed.trim();
    if choices.is_foreign() && typed.is_empty() {
        return;
    }
    if let Err(why) = choices.connect(bench) {
        let why = TypeStyle::Body.rich(cx.say(&why));
        ui.label(why.color(Theme::of(ui).severity.warning.text));
    } else if choices.is_foreign() && !was_connected(bench, typed) {
        let sends = cx.say(&text!("lab_bench_page.sends_packets", target = typed));
        let most = cx.say(&text!("lab_bench_page.sends_at_most", n = MAX_CONNECTIONS));
        let theme = Theme::of(ui);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            icon(ui, ICON_INFO, size::ICON, theme.severity.note.text);
            ui.label(TypeStyle::BodyStrong.rich(sends).color(theme.text.primary));
            ui.label(TypeStyle::Body.rich(most).color(theme.text.secondary));
        });
    }
}
