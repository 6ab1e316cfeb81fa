//! Settings: the few things to choose, and the keys.

use eframe::egui::{Align, Layout, ScrollArea, Ui, vec2};
use egui_material_icons::icons::ICON_SETTINGS;

use super::{Page, PageLeaf};
use crate::gui::cx::{Command, Cx};
use crate::gui::shortcuts;
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{card, segmented};
use crate::store::{Settings, ThemeChoice};
use crate::text;
use crate::text::Text;

pub(super) const LEAF: PageLeaf = PageLeaf {
    name: "settings",
    title: || text!("page.settings"),
    icon: ICON_SETTINGS,
    at_foot: true,
    make: || Box::new(SettingsPage),
};

/// The zooms that are offered, in percent.
const ZOOMS: [(u8, &str); 5] =
    [(80, "80 %"), (100, "100 %"), (125, "125 %"), (150, "150 %"), (200, "200 %")];

const WIDTH: f32 = 640.0;

/// The page.
struct SettingsPage;

impl Page for SettingsPage {
    fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(WIDTH);
            appearance(ui, cx);
            ui.add_space(space::L);
            keys(ui, cx);
        });
    }
}

fn appearance(ui: &mut Ui, cx: &Cx<'_>) {
    card(
        ui,
        &cx.say(&text!("settings.appearance")),
        |_| {},
        |ui| {
            let mut theme = cx.settings.theme;
            let names = [
                (ThemeChoice::System, cx.say(&text!("settings.theme_system"))),
                (ThemeChoice::Dark, cx.say(&text!("settings.theme_dark"))),
                (ThemeChoice::Light, cx.say(&text!("settings.theme_light"))),
            ];
            let segments: Vec<(ThemeChoice, &str)> =
                names.iter().map(|(choice, name)| (*choice, name.as_str())).collect();
            row(ui, cx, &text!("settings.theme"), |ui| {
                if segmented(ui, &mut theme, &segments).changed() {
                    cx.send(Command::SetSettings(Settings { theme, ..cx.settings.clone() }));
                }
            });
            let mut zoom = nearest_zoom(cx.settings.zoom);
            row(ui, cx, &text!("settings.zoom"), |ui| {
                if segmented(ui, &mut zoom, &ZOOMS).changed() {
                    let zoom = f32::from(zoom) / 100.0;
                    cx.send(Command::SetSettings(Settings { zoom, ..cx.settings.clone() }));
                }
            });
            if ui.ctx().zoom_factor() + 0.01 < cx.settings.zoom {
                let hint = TypeStyle::Dense.rich(cx.say(&text!("settings.zoom_hint")));
                ui.label(hint.color(Theme::of(ui).text.secondary));
            }
        },
    );
}

fn keys(ui: &mut Ui, cx: &Cx<'_>) {
    card(
        ui,
        &cx.say(&text!("settings.keys")),
        |_| {},
        |ui| {
            for shortcut in shortcuts::table() {
                key_row(ui, cx, &shortcut.title(), &shortcut.written(ui.ctx()));
            }
        },
    );
}

fn key_row(ui: &mut Ui, cx: &Cx<'_>, name: &Text, keys: &str) {
    row(ui, cx, name, |ui| {
        ui.label(TypeStyle::Mono.rich(keys).color(Theme::of(ui).text.primary));
    });
}

fn row(ui: &mut Ui, cx: &Cx<'_>, name: &Text, value: impl FnOnce(&mut Ui)) {
    let wanted = vec2(ui.available_width(), size::CONTROL);
    ui.allocate_ui_with_layout(wanted, Layout::left_to_right(Align::Center), |ui| {
        ui.label(TypeStyle::Body.rich(cx.say(name)).color(Theme::of(ui).text.secondary));
        ui.with_layout(Layout::right_to_left(Align::Center), value);
    });
}

/// The offered zoom, in percent, that is nearest to this one.
fn nearest_zoom(zoom: f32) -> u8 {
    let distance = |percent: u8| (f32::from(percent) / 100.0 - zoom).abs();
    ZOOMS
        .iter()
        .map(|(percent, _)| *percent)
        .min_by(|one, other| distance(*one).total_cmp(&distance(*other)))
        .unwrap_or(100)
}
