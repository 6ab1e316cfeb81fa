//! How much of a limit is used.

use eframe::egui::{CornerRadius, Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};

use crate::gui::theme::Theme;
use crate::gui::theme::Tone;
use crate::gui::theme::measure::{radius, size};

/// Where a gauge carries ticks.
const TICKS: [f32; 2] = [0.5, 0.8];

/// A bar over `width` points, filled from 0 to 1, with ticks at a half and at four fifths; grey unless a
/// severity is given. `name` is read out, so it says both numbers.
pub fn gauge(ui: &mut Ui, width: f32, filled: f32, tone: Option<Tone>, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, size::GAUGE), Sense::hover());
    if ui.is_rect_visible(rect) {
        let theme = Theme::of(ui);
        let painter = ui.painter();
        let corner = CornerRadius::same(radius::GAUGE);
        painter.rect_filled(rect, corner, theme.surface.track);
        let color = tone.map_or(theme.text.tertiary, |tone| theme.tone(tone).stroke);
        // What is used at all is seen: never less than two points.
        let used = if filled > 0.0 {
            (rect.width() * filled.min(1.0)).max(2.0)
        } else {
            0.0
        };
        let bar = Rect::from_min_size(rect.min, vec2(used, rect.height()));
        painter.rect_filled(bar, corner, color);
        for tick in TICKS {
            let x = (rect.left() + rect.width() * tick).round();
            let line =
                Rect::from_min_size(eframe::egui::pos2(x, rect.top()), vec2(1.0, rect.height()));
            let shade = if x < bar.right() {
                theme.surface.panel
            } else {
                theme.text.tertiary
            };
            painter.rect_filled(line, 0.0, shade);
        }
    }
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, ui.is_enabled(), name);
        info.value = Some(f64::from(filled));
        info
    });
    response
}
