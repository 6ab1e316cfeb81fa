//! What the pane's sections are made of.

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Align, CornerRadius, Frame, Label, Layout, Margin, Rect, Role, Sense, Ui, UiBuilder, vec2,
};

use crate::analysis::explain::Situation;
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{radius, size, space};
use crate::gui::theme::{Color, Theme, TypeStyle};
use crate::model::State;
use crate::text::Text;

/// What stands for a fact that the source does not tell.
pub(super) const UNKNOWN: &str = "–";

/// The width of a row's name.
const NAME: f32 = 92.0;

/// The narrowest and the widest bar.
const BAR: [f32; 2] = [36.0, 104.0];

/// The title of a section, and a weaker note at its right.
pub(super) fn title(ui: &mut Ui, cx: &Cx<'_>, title: &Text, note: Option<&Text>) {
    let theme = Theme::of(ui);
    ui.add_space(space::L);
    let wanted = vec2(ui.available_width(), TypeStyle::Dense.line());
    ui.allocate_ui_with_layout(wanted, Layout::left_to_right(Align::Center), |ui| {
        let title = TypeStyle::DenseStrong.rich(cx.say(title)).color(theme.text.secondary);
        ui.label(title);
        if let Some(note) = note {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let note = TypeStyle::Caption.rich(cx.say(note)).color(theme.text.tertiary);
                ui.add(Label::new(note).truncate());
            });
        }
    });
}

/// The situation on its state's fill.
pub(super) fn note(ui: &mut Ui, cx: &Cx<'_>, state: State, situation: &Situation) {
    let theme = Theme::of(ui);
    let colors = theme.state(state);
    let mut sentences = LayoutJob::default();
    let headline = cx.say(&situation.headline);
    sentences.append(&headline, 0.0, TypeStyle::BodyStrong.format(theme.text.primary));
    for detail in &situation.details {
        let detail = format!(" {}", cx.say(detail));
        sentences.append(&detail, 0.0, TypeStyle::Body.format(theme.text.primary));
    }
    let named = UiBuilder::new().accessibility_role(Role::Note);
    ui.scope_builder(named, |ui| {
        Frame::new()
            .fill(colors.fill)
            .corner_radius(radius::CONTROL)
            .inner_margin(Margin::symmetric(10, 8))
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.add(Label::new(sentences).wrap().selectable(true));
            });
    });
}

/// A name with a value beside it, as one text for a screen reader.
pub(super) fn row(ui: &mut Ui, name: &str, value: &str, color: Color) {
    row_of(ui, name, |ui| {
        let value = TypeStyle::Dense.rich(value).color(color);
        ui.add(Label::new(value).wrap().selectable(true));
    });
}

/// A name with something beside it.
pub(super) fn row_of(ui: &mut Ui, name: &str, value: impl FnOnce(&mut Ui)) {
    let theme = Theme::of(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let left = ui.cursor().left();
        ui.label(TypeStyle::Dense.rich(name).color(theme.text.secondary));
        // A name that is longer than its column moves its own value only.
        let short = NAME - (ui.cursor().left() - left);
        if short > 0.0 {
            ui.add_space(short);
        }
        ui.vertical(value);
    });
}

/// A bar that is filled by `share`, from 0 to 1, with a value beside it.
pub(super) fn bar(ui: &mut Ui, name: &str, share: f32, value: &str, color: Color) {
    row_of(ui, name, |ui| {
        ui.horizontal(|ui| {
            let theme = Theme::of(ui);
            let font = TypeStyle::DenseStrong.font();
            let value = ui.painter().layout_no_wrap(value.to_owned(), font, color);
            // The number is whole; the bar takes what it leaves.
            ui.spacing_mut().item_spacing.x = space::M;
            let left = ui.available_width() - space::M - value.size().x;
            let width = left.clamp(BAR[0], BAR[1]).floor();
            let wanted = vec2(width, TypeStyle::Dense.line());
            let (place, _) = ui.allocate_exact_size(wanted, Sense::hover());
            let track = Rect::from_center_size(place.center(), vec2(width, size::GAUGE));
            let corner = CornerRadius::same(radius::GAUGE);
            ui.painter().rect_filled(track, corner, theme.surface.track);
            if share > 0.0 {
                // What is not nothing can be seen.
                let filled = (width * share.min(1.0)).max(2.0);
                let filled = track.with_max_x(track.left() + filled);
                ui.painter().rect_filled(filled, corner, color);
            }
            ui.label(value);
        });
    });
}
