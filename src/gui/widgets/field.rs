//! A line to type in.

use eframe::egui::{Align2, Margin, Response, TextEdit, Ui, Vec2, vec2};

use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};

/// A field of `width` points. `hint` stands in it while it is empty; `name` is its accessible name.
pub fn field(ui: &mut Ui, text: &mut String, name: &str, hint: &str, width: f32) -> Response {
    sized(ui, text, name, hint, vec2(width, size::CONTROL))
}

/// The same, 24 points high instead of 28.
pub fn small_field(ui: &mut Ui, text: &mut String, name: &str, hint: &str, width: f32) -> Response {
    sized(ui, text, name, hint, vec2(width, size::CONTROL_SMALL))
}

fn sized(ui: &mut Ui, text: &mut String, name: &str, hint: &str, wanted: Vec2) -> Response {
    let theme = Theme::of(ui);
    ui.scope(|ui| {
        // The frame of a field is the control, so it has to be seen better than a button's.
        ui.visuals_mut().widgets.inactive.bg_stroke.color = theme.stroke.control;
        let line = TextEdit::singleline(text)
            .font(TypeStyle::Body.font())
            .hint_text(TypeStyle::Body.rich(hint).color(theme.text.tertiary))
            .margin(Margin::symmetric(8, 0))
            .align(Align2::LEFT_CENTER)
            .desired_width(wanted.x - 2.0 * space::M)
            .min_size(wanted);
        ui.add(line).accessible_name(name)
    })
    .inner
}
