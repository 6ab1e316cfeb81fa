//! The bar at the top: what is shown, how often it is read, pause, snapshot, commands.

use std::time::Duration;

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    Align, Align2, ComboBox, CornerRadius, Frame, Layout, Margin, Panel, RichText, Role, Sense,
    Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use egui_material_icons::icons::{ICON_PAUSE, ICON_PHOTO_CAMERA, ICON_PLAY_ARROW, ICON_SEARCH};

use super::cx::{Command, Cx};
use super::palette::keycap;
use super::shortcuts::{self, Action};
use super::theme::measure::{Room, radius, size, space, stroke};
use super::theme::{Theme, TypeStyle};
use super::widgets::{Button, focus_ring, icon_button, paint_icon};
use crate::model::State;
use crate::monitor::Health;
use crate::store::Settings;
use crate::text;
use crate::text::{Text, age};

/// The width of what opens the list of commands.
const SEARCH: f32 = 300.0;

/// The intervals that are offered.
pub const INTERVALS: [Duration; 6] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// Draws the bar.
pub fn ui(ui: &mut Ui, cx: &Cx<'_>) {
    let theme = Theme::of(ui);
    let room = Room::of(ui.ctx().content_rect().width());
    let frame = Frame::new().fill(theme.surface.bar).inner_margin(Margin::symmetric(12, 0));
    Panel::top("top-bar")
        .exact_size(size::TOP_BAR)
        .resizable(false)
        .show_separator_line(true)
        .frame(frame)
        .show(ui, |ui| {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = space::M;
                brand(ui, room);
                source(ui, cx);
                controls(ui, cx, room);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| search(ui, cx, room));
            });
        });
}

/// What steers polling; nothing for a recording.
fn controls(ui: &mut Ui, cx: &Cx<'_>, room: Room) {
    if matches!(cx.frame.health, Health::Recorded) {
        return;
    }
    interval(ui, cx);
    let paused = cx.frame.paused.is_some();
    let (icon, label) = if paused {
        (ICON_PLAY_ARROW, text!("top.resume"))
    } else {
        (ICON_PAUSE, text!("top.pause"))
    };
    if tool(ui, cx, room, icon, &label, Action::TogglePause) {
        cx.send(Command::SetPaused(!paused));
    }
    ui.add_enabled_ui(cx.frame.snapshot.is_some(), |ui| {
        let label = text!("top.snapshot");
        if tool(ui, cx, room, ICON_PHOTO_CAMERA, &label, Action::TakeSnapshot) {
            cx.send(Command::TakeSnapshot);
        }
    });
}

/// What opens the list of commands: it looks like the field that it opens.
fn search(ui: &mut Ui, cx: &Cx<'_>, room: Room) {
    let theme = Theme::of(ui);
    let name = cx.say(&text!("palette.button"));
    let keys = shortcuts::written(ui.ctx(), Action::Palette).unwrap_or_default();
    if room == Room::Narrow {
        if icon_button(ui, ICON_SEARCH, &name).on_hover_text(keys).clicked() {
            cx.send(Command::Act(Action::Palette));
        }
        return;
    }
    let (rect, response) = ui.allocate_exact_size(vec2(SEARCH, size::CONTROL), Sense::click());
    let painter = ui.painter();
    let frame = if response.hovered() { theme.text.tertiary } else { theme.stroke.control };
    let corner = CornerRadius::same(radius::CONTROL);
    let line = Stroke::new(stroke::HAIRLINE, frame);
    painter.rect(rect, corner, theme.surface.input, line, StrokeKind::Inside);
    let middle = rect.left_center() + vec2(space::M + size::ICON / 2.0, 0.0);
    paint_icon(painter, middle, ICON_SEARCH, size::ICON, theme.text.secondary);
    let left = middle + vec2(size::ICON / 2.0 + space::M, 0.0);
    let keycap = keycap(ui, rect.right_center() - vec2(space::S, 0.0), &keys, theme.text.secondary);
    let hint = cx.say(&text!("palette.hint"));
    let mut hint = LayoutJob::single_section(hint, TypeStyle::Body.format(theme.text.tertiary));
    hint.wrap = TextWrapping::truncate_at_width(keycap.left() - space::S - left.x);
    let hint = painter.layout_job(hint);
    let at = Align2::LEFT_CENTER.anchor_size(left, hint.size());
    painter.galley(at.min, hint, theme.text.tertiary);
    if response.has_focus() {
        focus_ring(painter, theme, rect, radius::CONTROL);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    if response.clicked() {
        cx.send(Command::Act(Action::Palette));
    }
}

/// A button with its name, or, where there is little room, its icon alone.
fn tool(
    ui: &mut Ui,
    cx: &Cx<'_>,
    room: Room,
    icon: egui_material_icons::MaterialIcon,
    label: &Text,
    action: Action,
) -> bool {
    let label = cx.say(label);
    if room == Room::Narrow {
        return icon_button(ui, icon, &label).clicked();
    }
    let response = Button::new(&label).icon(icon).show(ui);
    let keys = shortcuts::written(ui.ctx(), action).unwrap_or_default();
    response.on_hover_text(keys).clicked()
}

fn brand(ui: &mut Ui, room: Room) {
    let theme = Theme::of(ui);
    let wide = room != Room::Narrow;
    // The bar's margin counts as part of the rail below it.
    let width = if wide { room.rail() - space::L } else { room.rail() - space::L + space::XS };
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::CONTROL), Sense::hover());
    let painter = ui.painter();
    // A square wave that ends in a dot: the program's icon, drawn.
    let left = rect.left() + 2.0;
    let middle = rect.center().y;
    let wave = [
        pos2(left, middle + 5.0),
        pos2(left, middle - 5.0),
        pos2(left + 7.0, middle - 5.0),
        pos2(left + 7.0, middle + 5.0),
        pos2(left + 13.0, middle + 5.0),
    ];
    let stroke = Stroke::new(2.5, theme.state(State::Established).mark);
    painter.add(eframe::egui::Shape::line(wave.to_vec(), stroke));
    painter.circle_filled(pos2(left + 15.0, middle + 5.0), 3.0, theme.state(State::CloseWait).mark);
    if wide {
        painter.text(
            pos2(left + 30.0, middle),
            Align2::LEFT_CENTER,
            "Sockscope",
            TypeStyle::Title.font(),
            theme.text.primary,
        );
    }
}

fn source(ui: &mut Ui, cx: &Cx<'_>) {
    let theme = Theme::of(ui);
    let name = match cx.frame.health {
        Health::Recorded => cx.say(&text!("top.recorded", file = cx.frame.source.as_str())),
        _ => cx.say(&text!("top.this_computer")),
    };
    ui.label(TypeStyle::BodyStrong.rich(name).color(theme.text.primary));
    let (word, color) = match (&cx.frame.health, cx.frame.paused) {
        (Health::Recorded, _) => return,
        (_, Some(_)) => (text!("top.paused"), theme.severity.warning.text),
        (Health::Starting, _) => (text!("top.starting"), theme.text.secondary),
        (Health::Live, _) => (text!("top.live"), theme.severity.fine.text),
        (Health::Failed { .. }, _) => (text!("top.failed"), theme.severity.critical.text),
    };
    let (dot, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
    ui.painter().circle_filled(dot.center(), 4.0, color);
    ui.label(TypeStyle::Body.rich(cx.say(&word)).color(color));
}

fn interval(ui: &mut Ui, cx: &Cx<'_>) {
    let theme = Theme::of(ui);
    let label = |interval| cx.say(&text!("top.every", time = short(interval)));
    let name = cx.say(&text!("top.interval"));
    let chosen = cx.settings.interval;
    let shown = RichText::new(label(chosen)).color(theme.text.primary);
    let combo =
        ComboBox::from_id_salt("interval").selected_text(shown).width(96.0).show_ui(ui, |ui| {
            for interval in INTERVALS {
                if ui.selectable_label(interval == chosen, label(interval)).clicked() {
                    cx.send(Command::SetSettings(Settings { interval, ..cx.settings.clone() }));
                    // By itself the list closes for the pointer only.
                    ui.close();
                }
            }
        });
    combo.response.widget_info(|| {
        let now = label(chosen);
        WidgetInfo::labeled(Role::ComboBox, true, format!("{name}, {now}"))
    });
}

/// `0.5 s`, `2 s`: an interval without idle digits.
pub fn short(interval: Duration) -> String {
    if interval.as_millis().is_multiple_of(1_000) && interval.as_secs() < 60 {
        format!("{}\u{2009}s", interval.as_secs())
    } else if interval.as_secs() < 10 {
        format!("{}\u{2009}s", interval.as_secs_f32())
    } else {
        age(interval)
    }
}
