//! Two things side by side, equally high.

use eframe::egui::{Rect, Sense, Ui, UiBuilder, pos2, vec2};

/// Draws two things over the width there is, `height` points high; `share` of the width goes to the left
/// one, and `gap` stands between.
pub fn side_by_side(
    ui: &mut Ui,
    height: f32,
    share: f32,
    gap: f32,
    left: impl FnOnce(&mut Ui),
    right: impl FnOnce(&mut Ui),
) {
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let split = row.left() + ((row.width() - gap) * share).floor();
    let left_half = row.with_max_x(split);
    let right_half = Rect::from_min_max(pos2(split + gap, row.top()), row.max);
    ui.scope_builder(UiBuilder::new().max_rect(left_half).id_salt("left"), left);
    ui.scope_builder(UiBuilder::new().max_rect(right_half).id_salt("right"), right);
    ui.advance_cursor_after_rect(row);
}
