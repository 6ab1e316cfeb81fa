//! One of a few values, all of them in sight.

use eframe::egui::{
    Align2, CornerRadius, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

use super::paint::{focus_ring, unfaded};
use crate::gui::theme::measure::{radius, size, stroke};
use crate::gui::theme::{Color, Theme, TypeStyle};

/// The space left and right of a segment's label.
const PAD: f32 = 10.0;

/// Shows every value as a segment and puts the one that is picked into `value`.
///
/// The response covers all of them and is marked as changed when `value` did.
pub fn segmented<T: PartialEq + Clone>(
    ui: &mut Ui,
    value: &mut T,
    segments: &[(T, &str)],
) -> Response {
    let theme = Theme::of(ui);
    // Measured in the bold face, so that picking another one moves none.
    let bold = TypeStyle::BodyStrong.font();
    let widths: Vec<f32> = segments
        .iter()
        .map(|(_, label)| {
            let label = (*label).to_owned();
            let galley = ui.painter().layout_no_wrap(label, bold.clone(), Color::PLACEHOLDER);
            (galley.size().x + 2.0 * PAD).ceil().max(size::CONTROL_SMALL)
        })
        .collect();
    let wanted = vec2(widths.iter().sum(), size::SEGMENTED);
    let (rect, mut all) = ui.allocate_exact_size(wanted, Sense::hover());
    let painter = unfaded(ui);
    let whole = CornerRadius::same(radius::CONTROL);
    let mut focused = None;
    let mut left = rect.left();

    for (index, ((segment, label), width)) in segments.iter().zip(widths).enumerate() {
        let place =
            Rect::from_min_size(eframe::egui::pos2(left, rect.top()), vec2(width, rect.height()));
        left += width;
        let response = ui.interact(place, all.id.with(index), Sense::click());
        if response.clicked() && *value != *segment {
            *value = segment.clone();
            all.mark_changed();
        }
        let on = *value == *segment;
        response
            .widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), on, label));
        if response.has_focus() {
            focused = Some(place);
        }

        let first = index == 0;
        let last = index + 1 == segments.len();
        let outer = |outermost: bool| if outermost { radius::CONTROL } else { 0 };
        let corner =
            CornerRadius { nw: outer(first), sw: outer(first), ne: outer(last), se: outer(last) };
        if on {
            painter.rect_filled(place, corner, theme.surface.segment_on);
        } else if response.hovered() {
            painter.rect_filled(place, corner, theme.surface.hover);
        }
        if !last {
            let line = Stroke::new(stroke::HAIRLINE, theme.stroke.subtle);
            let x = painter.round_to_pixel_center(place.right() - 0.5);
            painter.vline(x, place.shrink2(vec2(0.0, 1.0)).y_range(), line);
        }
        let (style, color) = match (ui.is_enabled(), on) {
            (false, _) => (TypeStyle::Body, theme.text.disabled),
            (true, true) => (TypeStyle::BodyStrong, theme.text.primary),
            (true, false) => (TypeStyle::Body, theme.text.secondary),
        };
        let middle = place.center();
        painter.text(middle, Align2::CENTER_CENTER, label, style.font(), color);
    }

    let frame = Stroke::new(stroke::HAIRLINE, theme.stroke.normal);
    painter.rect_stroke(rect, whole, frame, StrokeKind::Inside);
    if let Some(place) = focused {
        focus_ring(&painter, theme, place, radius::SMALL_CONTROL);
    }
    all
}
