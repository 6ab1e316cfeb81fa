//! On or off, at once.

use eframe::egui::{
    CornerRadius, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::paint::{focus_ring, unfaded};
use crate::gui::theme::measure::{size, stroke};
use crate::gui::theme::{NONE, Theme};

/// Width, height, and half the height, of what is seen; more than that can be hit.
const WIDTH: f32 = 26.0;
const HEIGHT: f32 = 14.0;
const ROUND: u8 = 7;

/// A switch: blue when on. `name` is its accessible name; the label beside it is the caller's.
pub fn switch(ui: &mut Ui, on: &mut bool, name: &str) -> Response {
    let wanted = vec2(WIDTH, size::CONTROL_SMALL);
    let (rect, mut response) = ui.allocate_exact_size(wanted, Sense::click());
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    if ui.is_rect_visible(rect) {
        let theme = Theme::of(ui);
        let painter = unfaded(ui);
        let enabled = ui.is_enabled();
        let track = Rect::from_center_size(rect.center(), vec2(WIDTH, HEIGHT));
        let (fill, frame, knob) = match (*on, enabled) {
            (true, true) => (theme.accent.fill, theme.accent.fill, theme.accent.on_fill),
            (true, false) => (theme.surface.track, theme.stroke.normal, theme.text.disabled),
            (false, true) if response.hovered() => {
                (theme.surface.hover, theme.stroke.control, theme.text.primary)
            }
            (false, true) => (theme.surface.track, theme.stroke.control, theme.text.secondary),
            (false, false) => (NONE, theme.stroke.normal, theme.text.disabled),
        };
        let frame = Stroke::new(stroke::HAIRLINE, frame);
        let corner = CornerRadius::same(ROUND);
        painter.rect(track, corner, fill, frame, StrokeKind::Inside);
        let x = if *on { track.right() - HEIGHT / 2.0 } else { track.left() + HEIGHT / 2.0 };
        painter.circle_filled(pos2(x, track.center().y), HEIGHT / 2.0 - 2.0, knob);
        if response.has_focus() {
            focus_ring(&painter, theme, track, ROUND);
        }
    }
    let now = *on;
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), now, name));
    response
}
