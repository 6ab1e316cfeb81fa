//! The line at the bottom: how far the picture can be trusted.

use eframe::egui::{Align, Frame, Layout, Margin, Panel, Response, Ui};
use egui_material_icons::MaterialIcon;
use egui_material_icons::icons::{ICON_INFO, ICON_LOCK, ICON_VISIBILITY_OFF, ICON_WARNING};

use super::cx::Cx;
use super::theme::measure::{Room, size, space};
use super::theme::{Color, Theme, TypeStyle};
use super::widgets::icon;
use crate::analysis::phrases;
use crate::model::Gap;
use crate::text;
use crate::text::{Text, age, clock};

/// Draws the line.
pub fn ui(ui: &mut Ui, cx: &Cx<'_>) {
    let theme = Theme::of(ui);
    let frame = Frame::new().fill(theme.surface.bar).inner_margin(Margin::symmetric(12, 0));
    Panel::bottom("coverage")
        .exact_size(size::COVERAGE_LINE)
        .resizable(false)
        .show_separator_line(true)
        .frame(frame)
        .show(ui, |ui| {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| line(ui, cx));
        });
}

fn line(ui: &mut Ui, cx: &Cx<'_>) {
    let theme = Theme::of(ui);
    let Some(snapshot) = &cx.frame.snapshot else {
        item(ui, cx, None, &text!("coverage.nothing_yet"), theme.text.secondary);
        return;
    };
    item(ui, cx, None, &text!("count.sockets", n = snapshot.sockets.len()), theme.text.primary);
    if let Some(hidden) = phrases::hidden_owners(snapshot) {
        separator(ui);
        item(ui, cx, Some((ICON_LOCK, theme.severity.warning.text)), &hidden, theme.text.secondary);
    }
    for note in snapshot.gaps.iter().filter_map(|gap| Some((gap, phrases::gap_note(gap)?))).take(2)
    {
        let (gap, short) = note;
        separator(ui);
        let sign = Some((ICON_INFO, theme.text.secondary));
        let response = item(ui, cx, sign, &short, theme.text.secondary);
        response.on_hover_text(cx.say(&phrases::gap(gap)));
    }
    let missing: Vec<&Gap> = snapshot.gaps.iter().filter(|gap| gap.loses_rows()).collect();
    if let [first, ..] = missing.as_slice() {
        separator(ui);
        let sign = Some((ICON_VISIBILITY_OFF, theme.severity.warning.text));
        item(ui, cx, sign, &phrases::gap(first), theme.severity.warning.text);
    }
    separator(ui);
    let source = match snapshot.took {
        Some(took) => {
            let millis = format!("{:.1}\u{2009}ms", took.as_secs_f64() * 1_000.0);
            text!("coverage.source_took", source = snapshot.source.as_str(), time = millis)
        }
        None => text!("coverage.source", source = snapshot.source.as_str()),
    };
    item(ui, cx, None, &source, theme.text.secondary);

    if Room::of(ui.ctx().content_rect().width()) == Room::Narrow {
        return;
    }
    if cx.frame.interval.is_stretched() {
        separator(ui);
        let every = text!("coverage.stretched", time = age(cx.frame.interval.actual));
        let sign = Some((ICON_WARNING, theme.severity.warning.text));
        item(ui, cx, sign, &every, theme.text.secondary);
    }
    if !snapshot.is_partial() {
        separator(ui);
        item(ui, cx, None, &text!("coverage.complete"), theme.text.secondary);
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let time = clock(snapshot.taken_at, cx.zone);
        ui.label(TypeStyle::Dense.rich(time).color(theme.text.secondary));
    });
}

fn item(
    ui: &mut Ui,
    cx: &Cx<'_>,
    sign: Option<(MaterialIcon, Color)>,
    text: &Text,
    color: Color,
) -> Response {
    if let Some((sign, color)) = sign {
        icon(ui, sign, 14.0, color);
        ui.add_space(-space::XS);
    }
    ui.label(TypeStyle::Dense.rich(cx.say(text)).color(color))
}

fn separator(ui: &mut Ui) {
    let theme = Theme::of(ui);
    ui.add_space(space::XS);
    let (rect, _) =
        ui.allocate_exact_size(eframe::egui::vec2(1.0, 12.0), eframe::egui::Sense::hover());
    ui.painter().rect_filled(rect, 0.0, theme.stroke.normal);
    ui.add_space(space::XS);
}
