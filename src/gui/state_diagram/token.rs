//! The tokens of a connection's two ends: a disc on the upper right corner of the node where the end is.

use eframe::egui::{Align2, Rect, Role, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::analysis::diagram::{Node, Walk};
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{motion, stroke};
use crate::gui::theme::{Theme, TypeStyle};
use crate::text;

/// Half the size of a token.
const RADIUS: f32 = 8.5;

/// How far left of the node's corner, and above it, its middle lies: the node's name stays free.
const FROM_CORNER: Vec2 = vec2(10.0, 3.0);

/// Between two tokens on one node.
const BESIDE: f32 = 2.0 * RADIUS + 2.0;

/// One end of a connection on the diagram.
#[derive(Clone, Copy)]
pub struct Token<'a> {
    /// What stands on it.
    pub sign: &'a str,
    /// What it is called.
    pub name: &'a str,
    /// How the end came where it is.
    pub walk: &'a Walk,
    /// Where it is; none where it is not known.
    pub at: Option<Node>,
    /// Whether that is told by the other end alone: such a token is hollow.
    pub inferred: bool,
}

/// Says who is on a node.
pub(super) fn name_node(ui: &Ui, cx: &Cx<'_>, tokens: &[Token<'_>], node: Node, place: Rect) {
    let here: Vec<&str> =
        tokens.iter().filter(|token| token.at == Some(node)).map(|token| token.name).collect();
    if node == Node::After && here.is_empty() {
        return;
    }
    let state = node.state().name();
    let name = match here[..] {
        [] => state.to_owned(),
        [one] => cx.say(&text!("lab_bench_page.node", state = state, end = one)),
        [one, other, ..] => {
            cx.say(&text!("lab_bench_page.node_both", state = state, one = one, other = other))
        }
    };
    let id = ui.unique_id().with(("token node", node));
    let response = ui.interact(place, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
}

/// Paints the tokens, on their way where they are not there yet.
pub(super) fn paint(
    ui: &Ui,
    tokens: &[Token<'_>],
    at_once: bool,
    origin: Vec2,
    place: impl Fn(Node) -> Rect,
) {
    let theme = Theme::of(ui);
    let time = if at_once { 0.0 } else { motion::TOKEN_MOVE.as_secs_f32() };
    for (index, token) in tokens.iter().enumerate() {
        let Some(node) = token.at else { continue };
        // Of two on one node the first stands left.
        let right_of_it = tokens[index + 1..].iter().filter(|other| other.at == token.at).count();
        let beside = if right_of_it > 0 { BESIDE } else { 0.0 };
        let goal = place(node).right_top() - FROM_CORNER - vec2(beside, 0.0) - origin;
        let id = ui.unique_id().with(("token", index));
        let animate =
            |axis: &str, value: f32| ui.ctx().animate_value_with_time(id.with(axis), value, time);
        let middle = pos2(animate("x", goal.x), animate("y", goal.y)) + origin;
        let painter = ui.painter();
        let (fill, ink) = if token.inferred {
            (theme.surface.panel, theme.text.primary)
        } else {
            (theme.diagram.edge_taken, theme.surface.panel)
        };
        painter.circle(middle, RADIUS + 1.0, theme.surface.panel, Stroke::NONE);
        let frame = Stroke::new(stroke::LINE, theme.diagram.edge_taken);
        painter.circle(middle, RADIUS - 0.5, fill, frame);
        painter.text(middle, Align2::CENTER_CENTER, token.sign, TypeStyle::DenseStrong.font(), ink);
    }
}
