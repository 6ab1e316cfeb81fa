//! The TCP state diagram (RFC 9293, figure 5), painted: where a socket is, how it came there, and how many others are
//! where; or where the two ends of one connection are, each a token.
//!
//! ```text
//!            [ CLOSED ]              solid: seen     dotted: must have been, unseen
//!          /            \            lit: the present state
//!   [ LISTEN ] ------ [ SYN_SENT ]   a node is a button that filters by its state, unless tokens move over it
//! ```

mod layout;
mod token;

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
pub use token::Token;

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
    subject: Subject<'a>,
}

/// What the diagram tells of.
#[derive(Clone, Copy)]
enum Subject<'a> {
    /// Many sockets by their counts, and one of them by its walk.
    Sockets(&'a StateCounts, Option<&'a Walk>),
    /// The ends of one connection, and whether their tokens move there at once.
    Tokens(&'a [Token<'a>], bool),
}

impl<'a> StateDiagram<'a> {
    /// The diagram with these counts in its nodes' names, and written in nodes that are wide enough.
    pub const fn new(counts: &'a StateCounts) -> Self {
        Self { subject: Subject::Sockets(counts, None) }
    }

    /// With one socket's walk over it.
    pub const fn walk(mut self, walk: &'a Walk) -> Self {
        if let Subject::Sockets(_, of_one) = &mut self.subject {
            *of_one = Some(walk);
        }
        self
    }

    /// The diagram with these tokens on it; `at_once` spares them the way from node to node.
    pub const fn of_tokens(tokens: &'a [Token<'a>], at_once: bool) -> Self {
        Self { subject: Subject::Tokens(tokens, at_once) }
    }

    fn walks(&self) -> impl Iterator<Item = &'a Walk> {
        let (one, tokens) = match self.subject {
            Subject::Sockets(_, walk) => (walk, &[][..]),
            Subject::Tokens(tokens, _) => (None, tokens),
        };
        one.into_iter().chain(tokens.iter().map(|token| token.walk))
    }

    /// Whether a socket, or a token, is in this place now.
    fn is_present(&self, node: Node) -> bool {
        match self.subject {
            Subject::Sockets(_, walk) => walk.and_then(Walk::present) == Some(node),
            Subject::Tokens(tokens, _) => tokens.iter().any(|token| token.at == Some(node)),
        }
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
            if let Subject::Tokens(tokens, at_once) = self.subject {
                let place = |node| layout.node(node).translate(origin);
                token::paint(ui, tokens, at_once, origin, place);
            }
            pressed
        })
        .inner
    }

    fn edges(&self, ui: &Ui, layout: &Layout, origin: Vec2) {
        let theme = Theme::of(ui);
        let course = |edge: usize| {
            self.walks().map(|walk| walk.courses[edge]).max().unwrap_or(Course::Other)
        };
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
        let present = self.is_present(node);
        let seen = self.walks().any(|walk| walk.seen.contains(&node));
        let response = match self.subject {
            Subject::Sockets(counts, walk) => (node != Node::After).then(|| {
                let lit = walk.and_then(Walk::present).map(Node::state) == Some(state);
                node_button(ui, cx, state, counts[state], lit, place)
            }),
            Subject::Tokens(tokens, _) => {
                token::name_node(ui, cx, tokens, node, place);
                None
            }
        };
        let hovered = response.as_ref().is_some_and(Response::hovered);
        let (fill, frame, text, sign) = if present {
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
        if let Subject::Sockets(counts, _) = self.subject
            && layout.has_numbers
            && node != Node::After
        {
            let right = place.right_center() - vec2(PAD, 0.5);
            let number = thousands(counts[state].into());
            painter.text(right, Align2::RIGHT_CENTER, number, TypeStyle::Dense.font(), text);
        }
        if response.as_ref().is_some_and(Response::has_focus) {
            focus_ring(painter, theme, place, radius::BADGE);
        }
        response
    }
}

/// A node as a button that shows the sockets in its state.
fn node_button(ui: &Ui, cx: &Cx<'_>, state: State, count: u32, lit: bool, place: Rect) -> Response {
    let id = ui.unique_id().with(("state", state.index()));
    let response = ui.interact(place, id, Sense::click());
    let sockets = text!("count.sockets", n = count);
    let name = cx.say(&if lit {
        text!("diagram.node_present", state = state.name(), sockets = sockets)
    } else {
        text!("diagram.node", state = state.name(), sockets = sockets)
    });
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &name));
    let hint = cx.say(&text!("overview.show_sockets", state = state.name()));
    response.on_hover_text(hint)
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
