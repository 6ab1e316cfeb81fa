//! Something is under way, and it is not known for how long.

use eframe::egui::{Pos2, Response, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, vec2};

use crate::gui::theme::Theme;
use crate::gui::theme::measure::{motion, size, stroke};

/// How many steps a turn has.
const STEPS: u8 = 8;

/// An open ring that turns by an eighth each 125 ms: eight repaints a second and no more. `name` says what
/// is under way.
pub fn spinner(ui: &mut Ui, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(size::ICON, size::ICON), Sense::hover());
    if ui.is_rect_visible(rect) {
        let step = motion::SPINNER_STEP;
        let steps = ui.input(|input| input.time) / step.as_secs_f64();
        let turn = steps.floor().rem_euclid(f64::from(STEPS)) / f64::from(STEPS);
        ui.ctx().request_repaint_after(step);
        let color = Theme::of(ui).accent.text;
        let arc = arc(rect.center(), rect.width() / 2.0 - 2.0, turn);
        ui.painter().add(Shape::line(arc, Stroke::new(stroke::LINE, color)));
    }
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, ui.is_enabled(), name));
    response
}

/// Three quarters of a circle, from `turn` on.
fn arc(center: Pos2, radius: f32, turn: f64) -> Vec<Pos2> {
    const PIECES: u8 = 24;
    (0..=PIECES)
        .map(|piece| {
            let part = turn + 0.75 * f64::from(piece) / f64::from(PIECES);
            #[expect(clippy::cast_possible_truncation, reason = "an angle on the screen")]
            let angle = (part * std::f64::consts::TAU) as f32;
            center + radius * Vec2::angled(angle)
        })
        .collect()
}
