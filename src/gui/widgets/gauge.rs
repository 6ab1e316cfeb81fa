//! How full something is.

use eframe::egui::{CornerRadius, Painter, Rect, Stroke};

use crate::gui::theme::measure::{radius, stroke};
use crate::gui::theme::{Color, Theme};

/// Where the ticks stand, as shares of the whole.
const TICKS: [f32; 2] = [0.5, 0.8];

/// Paints a gauge over `rect`, full at a share of 1, with ticks at 50 and 80 %. The numbers stand beside it.
pub fn paint_gauge(painter: &Painter, theme: &Theme, rect: Rect, share: f32, color: Color) {
    let corner = CornerRadius::same(radius::GAUGE);
    painter.rect_filled(rect, corner, theme.surface.track);
    let share = share.clamp(0.0, 1.0);
    if share > 0.0 {
        // However little it is, it is seen.
        let width = (rect.width() * share).max(2.0);
        // Cut from the whole, so that it keeps the whole's round end and has none of its own.
        let full = painter.with_clip_rect(rect.with_max_x(rect.left() + width));
        full.rect_filled(rect, corner, color);
    }
    for tick in TICKS {
        let color = if share > tick { theme.surface.panel } else { theme.stroke.control };
        let x = painter.round_to_pixel_center(rect.left() + rect.width() * tick);
        painter.vline(x, rect.y_range(), Stroke::new(stroke::HAIRLINE, color));
    }
}
