//! What rows can be put together by, and the line of a group.

use std::borrow::Cow;

use eframe::egui::{Align2, Rect, Shape, Stroke, Ui, pos2, vec2};

use crate::analysis::phrases;
use crate::gui::cx::{Command, Cx};
use crate::gui::theme::measure::space;
use crate::gui::theme::{Theme, TypeStyle};
use crate::model::State;
use crate::monitor::{Folds, Group, GroupBy, GroupKey, ViewSpec};
use crate::text;
use crate::text::Text;

/// What rows are put together by, in words.
fn by_name(by: GroupBy) -> Text {
    match by {
        GroupBy::Process => text!("sockets.by_process"),
        GroupBy::Remote => text!("sockets.by_remote"),
        GroupBy::Service => text!("sockets.by_service"),
        GroupBy::State => text!("sockets.by_state"),
    }
}

/// The menu that chooses it.
pub(super) fn menu(ui: &mut Ui, cx: &Cx<'_>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let now = cx.spec.group_by;
    let choices = std::iter::once(None).chain(GroupBy::ALL.into_iter().map(Some));
    for by in choices {
        let name = by.map_or_else(|| text!("sockets.no_groups"), by_name);
        if ui.selectable_label(by == now, cx.say(&name)).clicked() {
            let spec = ViewSpec { group_by: by, folds: Folds::default(), ..cx.spec.clone() };
            cx.send(Command::SetView(spec));
            ui.close();
        }
    }
    if now.is_some() {
        ui.separator();
        for (all, name) in
            [(true, text!("sockets.collapse_all")), (false, text!("sockets.expand_all"))]
        {
            if ui.button(cx.say(&name)).clicked() {
                let folds = Folds { all, ..Folds::default() };
                cx.send(Command::SetView(ViewSpec { folds, ..cx.spec.clone() }));
                ui.close();
            }
        }
    }
}

/// Collapses or expands a group.
pub(super) fn fold(cx: &Cx<'_>, group: &Group, collapsed: bool) {
    let folds = cx.spec.folds.with(&group.key, collapsed);
    cx.send(Command::SetView(ViewSpec { folds, ..cx.spec.clone() }));
}

/// What the rows of a group have in common.
fn name(key: &GroupKey) -> Text {
    match key {
        GroupKey::Process { pid, name, .. } => {
            text!("owner.known", processes = phrases::process_label(name, *pid))
        }
        GroupKey::Hidden(Some(user)) => text!("owner.hidden_user", user = &**user),
        GroupKey::Hidden(None) => text!("owner.hidden"),
        GroupKey::NotAccepted => text!("owner.not_accepted"),
        GroupKey::Kernel => text!("owner.none"),
        GroupKey::Remote(remote) => text!("sockets.group_word", word = remote.to_string()),
        GroupKey::NoRemote => text!("sockets.no_remote"),
        GroupKey::Service { port, here: true } => {
            text!("sockets.service_here", port = port.to_string())
        }
        GroupKey::Service { port, here: false } => {
            text!("sockets.service_there", port = port.to_string())
        }
        GroupKey::NoService => text!("sockets.no_service"),
        GroupKey::State(state) => text!("sockets.group_word", word = state.name()),
    }
}

/// A group in one sentence: who, how many, how many of them in CLOSE_WAIT.
pub(super) fn summary(group: &Group) -> Text {
    let sockets = text!("count.sockets", n = group.counts.total());
    match close_wait(group) {
        Some(count) => text!(
            "sockets.group_close_wait",
            group = name(&group.key),
            sockets = sockets,
            count = count
        ),
        None => text!("sockets.group", group = name(&group.key), sockets = sockets),
    }
}

/// How many of a group are in CLOSE_WAIT, where that says more than its name.
fn close_wait(group: &Group) -> Option<u32> {
    let count = group.counts[State::CloseWait];
    (count > 0 && !matches!(group.key, GroupKey::State(_))).then_some(count)
}

/// The line of a group, over all columns.
pub(super) fn paint(ui: &Ui, cx: &Cx<'_>, group: &Group, rect: Rect) {
    let theme = Theme::of(ui);
    let painter = ui.painter();
    let center = pos2(rect.left() + 12.0, rect.center().y);
    let points: [(f32, f32); 3] = if group.collapsed {
        [(-2.0, -4.0), (-2.0, 4.0), (3.0, 0.0)]
    } else {
        [(-4.0, -2.0), (4.0, -2.0), (0.0, 3.0)]
    };
    let points = points.iter().map(|(x, y)| center + vec2(*x, *y)).collect();
    painter.add(Shape::convex_polygon(points, theme.text.secondary, Stroke::NONE));

    let mut left = pos2(rect.left() + 24.0, rect.center().y);
    let style = match group.key {
        GroupKey::Remote(_) | GroupKey::State(_) => TypeStyle::Mono,
        _ => TypeStyle::DenseStrong,
    };
    let mut write = |text: Cow<'_, str>, style: TypeStyle, color| {
        let font = style.font();
        let drawn = painter.text(left, Align2::LEFT_CENTER, text, font, color);
        left.x = drawn.right() + space::L;
    };
    write(cx.say(&name(&group.key)).into(), style, theme.text.primary);
    let sockets = cx.say(&text!("count.sockets", n = group.counts.total()));
    write(sockets.into(), TypeStyle::Dense, theme.text.secondary);
    if let Some(count) = close_wait(group) {
        let color = theme.state(State::CloseWait).text;
        let text = cx.say(&text!("sockets.close_wait", count = count));
        write(text.into(), TypeStyle::Dense, color);
    }
    painter.hline(rect.x_range(), rect.bottom() - 0.5, (1.0, theme.stroke.subtle));
}
