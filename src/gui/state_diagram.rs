//! The TCP state diagram (RFC 9293, figure 5), painted: where a socket is, how it came there, and how many others are
//! where.
//!
//! ```text
//!            [ CLOSED ]              solid: seen     dotted: must have been, unseen
//!          /            \            lit: the present state
//!   [ LISTEN ] ------ [ SYN_SENT ]   a node is a button that filters by its state
//! ```

mod layout;

use std::f32::consts::FRAC_PI_2;

use eframe::egui::{
    Align2, CornerRadius, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    UiBuilder, Vec2, WidgetInfo, vec2,
};

use super::cx::Cx;
use super::glyph::{GLYPH, glyph_width, paint_glyph};
use super::theme::measure::{radius, space, stroke};
use super::theme::{Color, Theme, TypeStyle};
use super::widgets::focus_ring;
use crate::analysis::diagram::{Course, EDGES, Node, Walk};
use crate::model::{State, StateCounts};
use crate::text;
use crate::text::thousands;
use layout::{Layout, NODES};

/// The length of an arrow's head, and half its width.
const HEAD: (f32, f32) = (5.0, 3.0);

/// Dash and gap of a step that was not seen.
const DOTS: (f32, f32) = (2.0, 3.0);

/// The space left of a node's sign.
const PAD: f32 = 6.0;

/// The diagram. It takes the width there is and keeps its proportions.
#[derive(Clone, Copy)]
#[must_use = "a diagram is drawn by `show`"]
pub struct StateDiagram<'a> {
    counts: &'a StateCounts,
    walk: Option<&'a Walk>,
}

impl<'a> StateDiagram<'a> {
    /// The diagram with these counts in its nodes' names, and written in nodes that are wide enough.
    pub const fn new(counts: &'a StateCounts) -> Self {
        Self { counts, walk: None }
    }

    /// With one socket's walk over it.
    pub const fn walk(mut self, walk: &'a Walk) -> Self {
        self.walk = Some(walk);
        self
    }

    /// Draws it; gives the state whose node was pressed.
    pub fn show(self, ui: &mut Ui, cx: &Cx<'_>) -> Option<State> {
        let layout = Layout::new(ui.available_width());
        let name = cx.say(&text!("diagram.name"));
        let named = UiBuilder::new().accessibility_role(Role::Group).accessibility_label(&name);
        ui.scope_builder(named, |ui| {
            let (rect, _) = ui.allocate_exact_size(layout.size, Sense::hover());
            let origin = rect.min.to_vec2();
            self.edges(ui, &layout, origin);
            let mut pressed = None;
            for node in NODES {
                let place = layout.node(node).translate(origin);
                if self.node(ui, cx, &layout, node, place).is_some_and(|node| node.clicked()) {
                    pressed = Some(node.state());
                }
            }
            pressed
        })
        .inner
    }

    fn edges(&self, ui: &Ui, layout: &Layout, origin: Vec2) {
        let theme = Theme::of(ui);
        let course = |edge: usize| self.walk.map_or(Course::Other, |walk| walk.courses[edge]);
        // What was taken lies over what was not.
        for drawn in [Course::Other, Course::Inferred, Course::Seen] {
            for (edge, step) in EDGES.iter().enumerate().filter(|(edge, _)| course(*edge) == drawn)
            {
                let path: Vec<Pos2> =
                    layout.edge(step.from, step.to).iter().map(|point| *point + origin).collect();
                paint_edge(ui, theme, path, course(edge));
            }
        }
    }

    /// Draws a node; the second CLOSED says nothing that the first does not, and is no button.
    fn node(
        &self,
        ui: &Ui,
        cx: &Cx<'_>,
        layout: &Layout,
        node: Node,
        place: Rect,
    ) -> Option<Response> {
        let (theme, state) = (Theme::of(ui), node.state());
        let colors = theme.state(state);
        let present = self.walk.and_then(Walk::present);
        let seen = self.walk.is_some_and(|walk| walk.seen.contains(&node));
        let response = (node != Node::After).then(|| {
            let id = ui.unique_id().with(("state", state.index()));
            let response = ui.interact(place, id, Sense::click());
            let lit = present.is_some_and(|present| present.state() == state);
            let sockets = text!("count.sockets", n = self.counts[state]);
            let name = if lit {
                text!("diagram.node_present", state = state.name(), sockets = sockets)
            } else {
                text!("diagram.node", state = state.name(), sockets = sockets)
            };
            let name = cx.say(&name);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &name));
            let hint = cx.say(&text!("overview.show_sockets", state = state.name()));
            response.on_hover_text(hint)
        });
        let hovered = response.as_ref().is_some_and(Response::hovered);
        let (fill, frame, text, sign) = if present == Some(node) {
            let ink = theme.text_on(colors.mark);
            (colors.mark, colors.mark, ink, ink)
        } else if seen {
            (colors.fill, colors.edge, colors.text, colors.text)
        } else {
            let fill = if hovered { theme.surface.hover } else { theme.diagram.node_fill };
            (fill, theme.diagram.node_stroke, theme.text.secondary, colors.text)
        };
        let frame = if hovered { theme.stroke.control } else { frame };
        let painter = ui.painter();
        painter.rect(
            place,
            CornerRadius::same(radius::BADGE),
            fill,
            Stroke::new(stroke::HAIRLINE, frame),
            StrokeKind::Inside,
        );
        let left = place.left_center() + vec2(PAD, 0.0);
        paint_glyph(painter, left, GLYPH, state, sign);
        let at = left + vec2(glyph_width(state, GLYPH) + space::XS, -0.5);
        painter.text(at, Align2::LEFT_CENTER, state.name(), layout.style.font(), text);
        if layout.has_numbers && node != Node::After {
            let right = place.right_center() - vec2(PAD, 0.5);
            let number = thousands(self.counts[state].into());
            painter.text(right, Align2::RIGHT_CENTER, number, TypeStyle::Dense.font(), text);
        }
        if response.as_ref().is_some_and(Response::has_focus) {
            focus_ring(painter, theme, place, radius::BADGE);
        }
        response
    }
}

fn paint_edge(ui: &Ui, theme: &Theme, mut path: Vec<Pos2>, course: Course) {
    let [.., before, end] = path.as_slice() else {
        return;
    };
    let (before, end) = (*before, *end);
    let (color, width) = match course {
        Course::Other => (theme.diagram.edge, stroke::HAIRLINE),
        Course::Inferred | Course::Seen => (theme.diagram.edge_taken, stroke::PATH_TAKEN),
    };
    let painter = ui.painter();
    painter.add(head(before, end, color));
    // The line ends inside the head, so that its tip stays sharp.
    if let Some(last) = path.last_mut() {
        *last = end - (end - before).normalized() * HEAD.0;
    }
    let line = Stroke::new(width, color);
    if course == Course::Inferred {
        painter.extend(Shape::dashed_line(&path, line, DOTS.0, DOTS.1));
    } else {
        painter.add(Shape::line(path, line));
    }
}

/// An arrow's head at the end of a line.
fn head(before: Pos2, end: Pos2, color: Color) -> Shape {
    let along = (end - before).normalized();
    let across = Vec2::angled(along.angle() + FRAC_PI_2);
    let back = end - along * HEAD.0;
    let corners = vec![end, back + across * HEAD.1, back - across * HEAD.1];
    Shape::convex_polygon(corners, color, Stroke::NONE)
}
