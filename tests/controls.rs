//! The drawn controls, as a keyboard and a screen reader meet them.

#![cfg(feature = "gui")]

use eframe::egui::{self, accesskit::Role};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_material_icons::icons::ICON_CLOSE;
use sockscope::gui::theme::{self, Tone};
use sockscope::gui::{glyph, widgets};
use sockscope::model::State;

/// What the controls under test wrote down.
#[derive(Default)]
struct Seen {
    on: bool,
    range: u8,
    presses: u32,
    refused: u32,
    text: String,
}

fn draw(ui: &mut egui::Ui, seen: &mut Seen) {
    theme::install(ui.ctx());
    widgets::switch(ui, &mut seen.on, "SO_LINGER");
    widgets::segmented(ui, &mut seen.range, &[(1, "1 m"), (5, "5 m")]);
    if widgets::icon_button(ui, ICON_CLOSE, "Clear filter").clicked() {
        seen.presses += 1;
    }
    ui.add_enabled_ui(false, |ui| {
        if widgets::button(ui, None, "Shutdown").clicked() {
            seen.refused += 1;
        }
    });
    widgets::field(ui, &mut seen.text, "Filter", "state:close-wait", 200.0);
    glyph::badge(ui, State::CloseWait);
    widgets::banner(ui, Tone::Warning, "Paused.", "The chart keeps the gap.", |_| ());
    widgets::card(ui, "Limits", |_| (), |ui| ui.label("none"));
}

#[test]
fn controls_work_by_name_and_say_what_they_are() {
    let mut harness = Harness::new_ui_state(draw, Seen::default());
    harness.run();

    let switch = harness.get_by_role_and_label(Role::CheckBox, "SO_LINGER");
    switch.click();
    harness.get_by_role_and_label(Role::RadioButton, "5 m").click();
    harness.get_by_role_and_label(Role::Button, "Clear filter").click();
    harness.run();
    assert!(harness.state().on);
    assert_eq!(harness.state().range, 5);
    assert_eq!(harness.state().presses, 1);

    harness.get_by_role_and_label(Role::Button, "Shutdown").click();
    harness.run();
    assert_eq!(harness.state().refused, 0);

    let filter = harness.get_by_role_and_label(Role::TextInput, "Filter");
    filter.focus();
    harness.run();
    harness.get_by_role_and_label(Role::TextInput, "Filter").type_text("nginx");
    harness.run();
    assert_eq!(harness.state().text, "nginx");
}

#[test]
fn the_keyboard_is_enough() {
    let mut harness = Harness::new_ui_state(draw, Seen::default());
    harness.run();
    harness.key_press(egui::Key::Tab);
    harness.run();
    harness.key_press(egui::Key::Space);
    harness.run();
    assert!(harness.state().on, "the first stop is the switch");
    for _ in 0..2 {
        harness.key_press(egui::Key::Tab);
        harness.run();
    }
    harness.key_press(egui::Key::Enter);
    harness.run();
    assert_eq!(harness.state().range, 5, "each segment is a stop");
}

#[test]
fn what_is_only_read_has_a_name_too() {
    let mut harness = Harness::new_ui_state(draw, Seen::default());
    harness.run();
    assert_eq!(harness.query_all_by_label("CLOSE_WAIT").count(), 1);
    assert_eq!(harness.query_all_by_label("Paused. The chart keeps the gap.").count(), 1);
    let card = harness.get_by_role_and_label(Role::Group, "Limits");
    assert_eq!(card.accesskit_node().role(), Role::Group);
}
