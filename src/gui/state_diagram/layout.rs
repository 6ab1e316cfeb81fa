//! Where the diagram's nodes and arrows lie, for any width.

use eframe::egui::{Pos2, Rect, Vec2, pos2, vec2};

use crate::analysis::diagram::Node;
use crate::gui::theme::TypeStyle;
use crate::model::State;

/// The nodes in the order in which a keyboard meets them: from top left.
pub const NODES: [Node; 12] = [
    Node::Before,
    Node::In(State::Listen),
    Node::In(State::SynSent),
    Node::In(State::SynReceived),
    Node::In(State::Established),
    Node::In(State::FinWait1),
    Node::In(State::CloseWait),
    Node::In(State::FinWait2),
    Node::In(State::Closing),
    Node::In(State::LastAck),
    Node::In(State::TimeWait),
    Node::After,
];

/// Three columns, six rows.
const ROWS: f32 = 6.0;

/// The least room between two columns.
const GAP: f32 = 4.0;

/// How far from a node's middle a slanting arrow starts, and ends.
const SLANT: f32 = 6.0;

/// How far the two arrows at TIME_WAIT's right side lie apart from its middle.
const BESIDE: f32 = 4.0;

/// From which widths on the diagram has more room.
const ROOMY: f32 = 340.0;
const LARGE: f32 = 480.0;

/// The column and the row of a node.
const fn cell(node: Node) -> (u8, u8) {
    match node {
        Node::Before | Node::In(State::Closed) => (1, 0),
        Node::In(State::Listen) => (0, 1),
        Node::In(State::SynSent) => (2, 1),
        Node::In(State::SynReceived) => (0, 2),
        Node::In(State::Established) => (2, 2),
        Node::In(State::FinWait1) => (0, 3),
        Node::In(State::CloseWait) => (2, 3),
        Node::In(State::FinWait2) => (0, 4),
        Node::In(State::Closing) => (1, 4),
        Node::In(State::LastAck) => (2, 4),
        Node::In(State::TimeWait) => (0, 5),
        Node::After => (2, 5),
    }
}

/// The measures of a diagram.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The whole.
    pub size: Vec2,
    /// What the nodes are written in.
    pub style: TypeStyle,
    /// Whether a number has room beside a node's name.
    pub has_numbers: bool,
    node: Vec2,
    pitch: f32,
}

impl Layout {
    /// A diagram of this width.
    pub fn new(width: f32) -> Self {
        let (style, height, pitch, widest) = if width >= LARGE {
            (TypeStyle::MonoBadge, 32.0, 54.0, 168.0)
        } else if width >= ROOMY {
            (TypeStyle::Diagram, 26.0, 42.0, 112.0)
        } else {
            (TypeStyle::DiagramDense, 25.0, 40.0, 96.0)
        };
        let width = width.floor();
        let node = vec2(((width - 2.0 * GAP) / 3.0).min(widest).floor(), height);
        let size = vec2(width, (ROWS - 1.0) * pitch + height);
        Self { size, style, has_numbers: node.x >= 150.0, node, pitch }
    }

    /// The place of a node, from the diagram's upper left corner.
    pub fn node(&self, node: Node) -> Rect {
        let (column, row) = cell(node);
        let left = ((self.size.x - self.node.x) / 2.0 * f32::from(column)).floor();
        Rect::from_min_size(pos2(left, self.pitch * f32::from(row)), self.node)
    }

    /// The points of an arrow from one node to another.
    pub fn edge(&self, from: Node, to: Node) -> Vec<Pos2> {
        let (start, end) = (self.node(from), self.node(to));
        let ((column, row), (to_column, to_row)) = (cell(from), cell(to));
        match (from, to) {
            (Node::In(State::Closing), Node::In(State::TimeWait)) => {
                let y = end.center().y - BESIDE;
                vec![start.center_bottom(), pos2(start.center().x, y), pos2(end.right(), y)]
            }
            (Node::In(State::TimeWait), Node::After) => {
                let down = vec2(0.0, BESIDE);
                vec![start.right_center() + down, end.left_center() + down]
            }
            // From the side, round one corner, into the top.
            (Node::Before | Node::In(State::FinWait1), _) if column != to_column => {
                let side =
                    if to_column > column { start.right_center() } else { start.left_center() };
                vec![side, pos2(end.center().x, side.y), end.center_top()]
            }
            _ if column == to_column => vec![start.center_bottom(), end.center_top()],
            _ if row == to_row => vec![start.right_center(), end.left_center()],
            _ => {
                let slant = vec2(0.0, SLANT);
                vec![start.left_center() + slant, end.right_center() - slant]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::diagram::EDGES;

    const WIDTHS: [f32; 6] = [280.0, 288.0, 320.0, 376.0, 520.0, 900.0];

    #[test]
    fn nodes_lie_inside_and_apart() {
        for width in WIDTHS {
            let layout = Layout::new(width);
            let whole = Rect::from_min_size(Pos2::ZERO, layout.size);
            for (index, one) in NODES.into_iter().enumerate() {
                assert!(whole.contains_rect(layout.node(one)), "{one:?} at {width}");
                for other in &NODES[index + 1..] {
                    assert!(
                        !layout.node(one).intersects(layout.node(*other)),
                        "{one:?} {other:?} at {width}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_arrow_leads_from_border_to_border_and_through_no_other_node() {
        let on_border = |rect: Rect, point: Pos2| {
            rect.expand(0.1).contains(point) && !rect.shrink(0.1).contains(point)
        };
        for width in WIDTHS {
            let layout = Layout::new(width);
            for edge in EDGES {
                let path = layout.edge(edge.from, edge.to);
                assert!(on_border(layout.node(edge.from), path[0]), "{edge:?} at {width}");
                assert!(
                    on_border(layout.node(edge.to), path[path.len() - 1]),
                    "{edge:?} at {width}"
                );
                for node in NODES.into_iter().filter(|node| *node != edge.from && *node != edge.to)
                {
                    let rect = layout.node(node);
                    for ends in path.windows(2) {
                        let points =
                            (0_u8..=100).map(|part| ends[0].lerp(ends[1], f32::from(part) / 100.0));
                        for point in points {
                            assert!(!rect.contains(point), "{edge:?} through {node:?} at {width}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn more_room_makes_larger_nodes_with_numbers() {
        assert!(!Layout::new(288.0).has_numbers);
        assert!(Layout::new(900.0).has_numbers);
        assert!(Layout::new(376.0).size.y > Layout::new(288.0).size.y);
    }
}
