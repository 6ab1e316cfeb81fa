//! The course of a number, small.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions on the screen; a series is far shorter than what f32 counts exactly"
)]

use eframe::egui::{Mesh, Pos2, Rect, Response, Sense, Shape, Stroke, Ui, Vec2, pos2};

use crate::gui::theme::measure::stroke;
use crate::gui::theme::{Color, Theme};

/// Draws `values` over `size` from 0 to their highest, with the area below tinted and a dot on the last.
///
/// Each pixel shows the lowest and the highest value that falls into it, so no spike gets lost. It has no
/// accessible name: the number and the trend in words beside it say the same.
pub fn sparkline(ui: &mut Ui, size: Vec2, values: &[f32], color: Color) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    if ui.is_rect_visible(rect) && !values.is_empty() {
        let plot = rect.shrink(2.0);
        let columns = (plot.width() * ui.pixels_per_point()) as usize;
        let line = path(&decimate(values, columns.max(2)), plot);
        let tint = color.gamma_multiply(Theme::of(ui).alpha.area_spark);
        ui.painter().add(area(&line, rect.bottom(), tint));
        if let Some(end) = line.last() {
            ui.painter().circle_filled(*end, 2.0, color);
        }
        let stroke = Stroke::new(stroke::LINE, color);
        ui.painter().add(Shape::line(line, stroke));
    }
    response
}

/// The values with their places, from 0 to 1: at most two a column, its lowest and its highest in the order
/// in which they came.
fn decimate(values: &[f32], columns: usize) -> Vec<(f32, f32)> {
    let last = (values.len() - 1).max(1) as f32;
    let place = |index: usize| index as f32 / last;
    if values.len() <= 2 * columns {
        let points = values.iter().enumerate();
        return points
            .map(|(index, value)| (place(index), *value))
            .collect();
    }
    let mut kept = Vec::with_capacity(2 * columns);
    for column in 0..columns {
        let start = column * values.len() / columns;
        let end = (column + 1) * values.len() / columns;
        let range = start..end;
        let low = range
            .clone()
            .min_by(|a, b| values[*a].total_cmp(&values[*b]));
        let high = range.max_by(|a, b| values[*a].total_cmp(&values[*b]));
        if let (Some(low), Some(high)) = (low, high) {
            kept.push((place(low.min(high)), values[low.min(high)]));
            if low != high {
                kept.push((place(low.max(high)), values[low.max(high)]));
            }
        }
    }
    // The dot stands on the last value, whether or not it is an extreme.
    let newest = values.len() - 1;
    if kept.last().is_none_or(|(at, _)| *at < 1.0) {
        kept.push((1.0, values[newest]));
    }
    kept
}

fn path(points: &[(f32, f32)], plot: Rect) -> Vec<Pos2> {
    let highest = points.iter().map(|(_, value)| *value).fold(0.0, f32::max);
    let scale = if highest > 0.0 {
        plot.height() / highest
    } else {
        0.0
    };
    let to_screen = |(at, value): &(f32, f32)| {
        pos2(
            plot.left() + at * plot.width(),
            plot.bottom() - value * scale,
        )
    };
    points.iter().map(to_screen).collect()
}

/// The area between a line and the bottom. A mesh, because egui fills convex shapes only.
fn area(line: &[Pos2], bottom: f32, tint: Color) -> Mesh {
    let mut mesh = Mesh::default();
    for (point, index) in line.iter().zip((0_u32..).step_by(2)) {
        mesh.colored_vertex(*point, tint);
        mesh.colored_vertex(pos2(point.x, bottom), tint);
        if index >= 2 {
            mesh.add_triangle(index - 2, index - 1, index);
            mesh.add_triangle(index - 1, index, index + 1);
        }
    }
    mesh
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_survives_and_the_last_value_ends_it() {
        let mut values = vec![10.0; 1000];
        values[637] = 99.0;
        values[998] = 3.0;
        let kept = decimate(&values, 50);
        assert!(kept.len() <= 101);
        for extreme in [99.0, 3.0] {
            assert!(kept.iter().any(|(_, value)| (value - extreme).abs() < 0.01));
        }
        assert_eq!(kept.last(), Some(&(1.0, 10.0)));
        assert!(kept.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_short_series_stays_as_it_is() {
        assert_eq!(decimate(&[4.0], 10), [(0.0, 4.0)]);
        assert_eq!(decimate(&[4.0, 2.0], 10), [(0.0, 4.0), (1.0, 2.0)]);
    }
}
