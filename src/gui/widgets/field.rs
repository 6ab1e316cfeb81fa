//! A line to type in.

use eframe::egui::{Align2, Margin, Response, TextEdit, Ui, vec2};

use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};

/// A field of `width` points. `hint` stands in it while it is empty; `name` is its accessible name.
pub fn field(ui: &mut Ui, text: &mut String, name: &str, hint: &str, width: f32) -> Response {
    let theme = Theme::of(ui);
    ui.scope(|ui| {
        // The frame of a field is the control, so it has to be seen better than a button's.
        ui.visuals_mut().widgets.inactive.bg_stroke.color = theme.stroke.control;
        let line = TextEdit::singleline(text)
            .font(TypeStyle::Body.font())
            .hint_text(TypeStyle::Body.rich(hint).color(theme.text.tertiary))
            .margin(Margin::symmetric(8, 0))
            .align(Align2::LEFT_CENTER)
            .desired_width(width - 2.0 * space::M)
            .min_size(vec2(width, size::CONTROL));
        ui.add(line).accessible_name(name)
    })
    .inner
}
