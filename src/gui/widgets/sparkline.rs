//! The course of a number, small.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions on the screen; a series is far shorter than what f32 counts exactly"
)]

use eframe::egui::{Mesh, Pos2, Response, Sense, Shape, Stroke, Ui, Vec2, pos2};

use crate::gui::theme::measure::stroke;
use crate::gui::theme::{Color, Theme};

/// Draws the course of a number over `size`, from 0 to its highest, with the area below tinted and a dot on
/// the last value.
///
/// Each segment has points with their place from 0 to 1 in ascending order; what lies between two segments
/// was not sampled and stays empty. Each pixel shows the lowest and the highest value that falls into it, so
/// no spike gets lost. It has no accessible name: the number and the trend in words beside it say the same.
pub fn sparkline(ui: &mut Ui, size: Vec2, segments: &[Vec<(f32, f32)>], color: Color) -> Response {
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let plot = rect.shrink(2.0);
    let columns = (plot.width() * ui.pixels_per_point()).max(2.0);
    let highest = segments.iter().flatten().map(|(_, value)| *value).fold(0.0, f32::max);
    let scale = if highest > 0.0 { plot.height() / highest } else { 0.0 };
    let to_screen = |(at, value): (f32, f32)| {
        pos2(plot.left() + at * plot.width(), plot.bottom() - value * scale)
    };
    let tint = color.gamma_multiply(Theme::of(ui).alpha.area_spark);
    for segment in segments {
        let line: Vec<Pos2> = decimate(segment, columns).into_iter().map(to_screen).collect();
        ui.painter().add(area(&line, rect.bottom(), tint));
        ui.painter().add(Shape::line(line, Stroke::new(stroke::LINE, color)));
    }
    if let Some(end) = segments.last().and_then(|segment| segment.last()) {
        ui.painter().circle_filled(to_screen(*end), 2.0, color);
    }
    response
}

/// At most three points a column of pixels: its lowest and its highest in the order in which they came, and
/// the last point of all.
fn decimate(points: &[(f32, f32)], columns: f32) -> Vec<(f32, f32)> {
    let mut kept = Vec::new();
    for column in
        points.chunk_by(|one, other| column_of(*one, columns) == column_of(*other, columns))
    {
        let low = column.iter().min_by(|a, b| a.1.total_cmp(&b.1));
        let high = column.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        if let (Some(low), Some(high)) = (low, high) {
            let (first, second) = if low.0 <= high.0 { (low, high) } else { (high, low) };
            kept.push(*first);
            if first.0 < second.0 {
                kept.push(*second);
            }
        }
    }
    if let Some(last) = points.last()
        && kept.last() != Some(last)
    {
        kept.push(*last);
    }
    kept
}

fn column_of((at, _): (f32, f32), columns: f32) -> usize {
    (at * columns).max(0.0) as usize
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
        let mut points: Vec<(f32, f32)> =
            (0_u16..1_000).map(|index| (f32::from(index) / 999.0, 10.0)).collect();
        points[637].1 = 99.0;
        points[998].1 = 3.0;
        let kept = decimate(&points, 50.0);
        assert!(kept.len() <= 103);
        for extreme in [99.0, 3.0] {
            assert!(kept.iter().any(|(_, value)| (value - extreme).abs() < 0.01));
        }
        assert_eq!(kept.last(), Some(&(1.0, 10.0)));
        assert!(kept.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn a_short_course_stays_as_it_is() {
        let points = [(0.0, 4.0), (0.5, 2.0), (1.0, 3.0)];
        assert_eq!(decimate(&points, 100.0), points);
        assert_eq!(decimate(&[], 100.0), []);
    }
}
