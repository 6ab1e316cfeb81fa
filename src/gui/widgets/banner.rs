//! The strip that says what matters now.

use eframe::egui::text::LayoutJob;
use eframe::egui::{
    Align, Frame, InnerResponse, Label, Layout, Margin, Role, Stroke, Ui, UiBuilder, vec2,
};

use super::paint::{icon, tone_icon};
use crate::gui::theme::measure::{radius, size, space, stroke};
use crate::gui::theme::{Theme, Tone, TypeStyle};

/// What stands beside the text: an icon with its margins, and a button.
const BESIDE: f32 = 150.0;

/// A strip over the whole width: an icon, what happened, what follows, and what can be done.
///
/// `buttons` fills it from the right end, so the first one added stands outermost. The strip grows with its
/// text.
pub fn banner<R>(
    ui: &mut Ui,
    tone: Tone,
    strong: &str,
    text: &str,
    buttons: impl FnOnce(&mut Ui) -> R,
) -> InnerResponse<R> {
    let theme = Theme::of(ui);
    let colors = theme.tone(tone);
    let mut sentence = LayoutJob::default();
    sentence.append(strong, 0.0, TypeStyle::BodyStrong.format(theme.text.primary));
    if !text.is_empty() {
        // A sign and not a gap, so that it is read out, and copied, as two sentences.
        let format = TypeStyle::Body.format(theme.text.primary);
        sentence.append(&format!(" {text}"), 0.0, format);
    }
    // As high as the sentence wants, beside an icon and, at a guess, one button.
    let mut measured = sentence.clone();
    measured.wrap.max_width = (ui.available_width() - BESIDE).max(1.0);
    let text_height = ui.painter().layout_job(measured).size().y;

    let named = UiBuilder::new().accessibility_role(Role::Status);
    ui.scope_builder(named, |ui| {
        Frame::new()
            .fill(colors.fill)
            .stroke(Stroke::new(stroke::HAIRLINE, colors.stroke))
            .corner_radius(radius::CARD)
            .inner_margin(Margin::symmetric(8, 0))
            .show(ui, |ui| {
                // The frame's own lines count.
                let height = size::BANNER.max(text_height + space::XL) - 2.0 * stroke::HAIRLINE;
                let wanted = vec2(ui.available_width(), height);
                let layout = Layout::right_to_left(Align::Center);
                ui.allocate_ui_with_layout(wanted, layout, |ui| {
                    ui.set_min_size(wanted);
                    let done = buttons(ui);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.add_space(space::XS);
                        icon(ui, tone_icon(tone), size::ICON_NAV, colors.text);
                        ui.add_space(space::XS);
                        ui.add(Label::new(sentence).wrap());
                    });
                    done
                })
                .inner
            })
            .inner
    })
}
