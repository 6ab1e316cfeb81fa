//! How each state's line is drawn, so that colour is not the only thing that tells two lines apart.

use eframe::egui::{Painter, Pos2, Shape, Stroke};

use super::Color;
use crate::model::State;

/// What a line is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LineKind {
    /// Without a gap.
    Solid,
    /// Dashes of this length, in points.
    Dashed(f32),
    /// Dots this far apart, in points.
    Dotted(f32),
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LineStyle {
    /// What it is made of.
    pub kind: LineKind,
    /// How thick it is, in points; for dots, their radius.
    pub width: f32,
}

/// How the line of a state is drawn, in the chart and in its legend.
///
/// Dotted lines are 1 wide, because the chart draws dots with the width as radius.
pub const fn line_style(state: State) -> LineStyle {
    let (kind, width) = match state {
        State::Listen => (LineKind::Dashed(16.0), 1.5),
        State::SynSent | State::SynReceived => (LineKind::Dotted(4.0), 1.0),
        State::Established => (LineKind::Solid, 1.5),
        State::FinWait1 | State::FinWait2 | State::Closing => (LineKind::Dashed(4.0), 1.5),
        State::TimeWait | State::LastAck => (LineKind::Dashed(8.0), 1.5),
        State::CloseWait => (LineKind::Solid, 2.5),
        State::Closed => (LineKind::Dotted(8.0), 1.0),
    };
    LineStyle { kind, width }
}

/// Paints a line as the chart does: the gap between dashes is the golden section of their length.
pub fn paint_line(painter: &Painter, path: &[Pos2], style: LineStyle, color: Color) {
    let stroke = Stroke::new(style.width, color);
    match style.kind {
        LineKind::Solid => {
            painter.add(Shape::line(path.to_vec(), stroke));
        }
        LineKind::Dashed(length) => {
            let gap = length * (std::f32::consts::GOLDEN_RATIO - 1.0);
            painter.extend(Shape::dashed_line(path, stroke, length, gap));
        }
        LineKind::Dotted(spacing) => {
            painter.extend(Shape::dotted_line(path, color, spacing, style.width));
        }
    }
}
