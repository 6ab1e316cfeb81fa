//! Settings: the few things to choose, and the keys.

use std::time::Duration;

use eframe::egui::{Align, Layout, ScrollArea, Ui, vec2};
use egui_material_icons::icons::ICON_SETTINGS;

use super::{Page, PageLeaf};
use crate::gui::cx::{Command, Cx};
use crate::gui::shortcuts;
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::top_bar::{INTERVALS, short};
use crate::gui::widgets::{card, segmented, switch};
use crate::store::{Settings, ThemeChoice, Thresholds};
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

/// The thresholds that are offered: how full, in percent, and how much is unread, in bytes.
const FULL: [(u8, &str); 4] = [(50, "50 %"), (70, "70 %"), (80, "80 %"), (95, "95 %")];
const UNREAD: [(u32, &str); 4] =
    [(2, "1 B"), (1_024, "1 KiB"), (65_536, "64 KiB"), (1 << 20, "1 MiB")];

const WIDTH: f32 = 640.0;

/// The page.
struct SettingsPage;

impl Page for SettingsPage {
    fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.set_max_width(WIDTH);
            appearance(ui, cx);
            ui.add_space(space::L);
            reading(ui, cx);
            ui.add_space(space::L);
            lab(ui, cx);
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

/// How often the table is read, and from where on numbers in it are marked.
fn reading(ui: &mut Ui, cx: &Cx<'_>) {
    let title = cx.say(&text!("settings.reading"));
    let set = |settings: Settings| cx.send(Command::SetSettings(settings));
    card(
        ui,
        &title,
        |_| {},
        |ui| {
            let mut interval = cx.settings.interval;
            let names = INTERVALS.map(|interval| (interval, short(interval)));
            row(ui, cx, &text!("settings.interval"), |ui| {
                let segments: Vec<(Duration, &str)> =
                    names.iter().map(|(interval, name)| (*interval, name.as_str())).collect();
                if segmented(ui, &mut interval, &segments).changed() {
                    set(Settings { interval, ..cx.settings.clone() });
                }
            });
            let thresholds = cx.settings.thresholds;
            let mut full_percent = thresholds.full_percent;
            row(ui, cx, &text!("settings.full"), |ui| {
                if segmented(ui, &mut full_percent, &FULL).changed() {
                    let thresholds = Thresholds { full_percent, ..thresholds };
                    set(Settings { thresholds, ..cx.settings.clone() });
                }
            });
            let mut unread_bytes = thresholds.unread_bytes;
            row(ui, cx, &text!("settings.unread"), |ui| {
                if segmented(ui, &mut unread_bytes, &UNREAD).changed() {
                    let thresholds = Thresholds { unread_bytes, ..thresholds };
                    set(Settings { thresholds, ..cx.settings.clone() });
                }
            });
        },
    );
}

/// What becomes of the lab's sockets.
fn lab(ui: &mut Ui, cx: &Cx<'_>) {
    card(
        ui,
        &cx.say(&text!("page.lab")),
        |_| {},
        |ui| {
            let name = text!("settings.keep_lab_open");
            row(ui, cx, &name, |ui| {
                let mut keep_lab_open = cx.settings.keep_lab_open;
                if switch(ui, &mut keep_lab_open, &cx.say(&name)).changed() {
                    let settings = Settings { keep_lab_open, ..cx.settings.clone() };
                    cx.send(Command::SetSettings(settings));
                }
            });
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
